//! The last steps before the server serves, with the logs open.

use crate::configuration::counting;
use crate::httpd::log::Level;
use crate::httpd::{
    Checked, Judges, Server, is_config_test, is_first_pass, is_loaded, openssl_mismatch, with_main_server,
};
use crate::learned;
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::time::UnixTime;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Lines for the error log.
#[derive(Default)]
pub struct Messages {
    /// What is wrong without ending the server.
    pub errors: Vec<Message>,
    /// What will surprise.
    pub warnings: Vec<Message>,
    /// What protects each host.
    pub notices: Vec<Message>,
    /// The tables of `-D DUMP_MTLSPROTECT`.
    pub tables: Option<String>,
}

/// What check_config found to say, for the hooks after it.
static MESSAGES: Mutex<Option<Messages>> = Mutex::new(None);
/// An error of init_server, whose result mod_ssl ignores.
static FAILED: AtomicBool = AtomicBool::new(false);
static CACHE_IS_LOADED: AtomicBool = AtomicBool::new(false);
static MAY_BE_CACHED: AtomicBool = AtomicBool::new(true);
static HAS_PAGES: AtomicBool = AtomicBool::new(false);
/// The last second in which a password is good for anything on any host, in Unix time.
static PASSWORDS_END: AtomicI64 = AtomicI64::new(i64::MIN);

/// Keeps what is to be said until it can be.
pub fn keep(messages: Messages) {
    *MESSAGES.lock().unwrap_or_else(PoisonError::into_inner) = Some(messages);
}

/// Takes out what was kept: httpd may unload the module between the two passes at startup.
fn take() -> Messages {
    MESSAGES.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
}

fn say(messages: &Messages, notices_too: bool) {
    for error in &messages.errors {
        error.log_for_server(None, Level::Error);
    }
    for warning in &messages.warnings {
        warning.log_for_server(None, Level::Warning);
    }
    for notice in messages.notices.iter().filter(|_| notices_too) {
        notice.log_for_server(None, Level::Notice);
    }
}

/// `httpd -t`: there are no logs, and no server to start.
pub fn test_config() {
    if is_config_test() {
        let messages = take();
        say(&messages, false);
        if let Some(tables) = &messages.tables {
            // As httpd itself writes what -S asks for.
            print!("{tables}");
        }
    }
}

/// Says what the configuration protects, once the logs are open, and has it counted.
pub fn post_config(checked: Checked<'_>) -> Result<(), ()> {
    let is_cache_loaded = is_loaded(c"mod_cache.c");
    let has_proxies = checked.servers().any(|host| checked.config::<Mtlsprotect>(host).directives.proxies.is_some());
    CACHE_IS_LOADED.store(is_cache_loaded, Ordering::Relaxed);
    MAY_BE_CACHED.store(is_cache_loaded || has_proxies, Ordering::Relaxed);
    if FAILED.swap(false, Ordering::Relaxed) {
        return Err(());
    }
    let messages = take();
    if !is_first_pass() {
        say(&messages, true);
        counting::prepare(checked);
        learned::start();
    }
    Ok(())
}

/// Notes whether the status page is shown anywhere, which most requests need not look for.
pub fn note_pages(are_there: bool) {
    HAS_PAGES.store(are_there, Ordering::Relaxed);
}

/// Whether it is.
pub fn has_pages() -> bool {
    HAS_PAGES.load(Ordering::Relaxed)
}

/// Notes when the passwords of all hosts have ended; long ago where there are none.
pub fn note_passwords_end(end: UnixTime) {
    PASSWORDS_END.store(end.seconds(), Ordering::Relaxed);
}

/// When they have.
pub fn passwords_end() -> UnixTime {
    UnixTime::from_seconds(PASSWORDS_END.load(Ordering::Relaxed))
}

/// Whether there is anything that could keep responses of any host: mod_cache, or a balancer.
pub fn may_be_cached() -> bool {
    MAY_BE_CACHED.load(Ordering::Relaxed)
}

/// Whether mod_cache is loaded, which could keep responses.
pub fn is_cache_loaded() -> bool {
    CACHE_IS_LOADED.load(Ordering::Relaxed)
}

/// What this module does for a host whose TLS mod_ssl has just set up, if it shares mod_ssl's OpenSSL.
pub fn init_server(server: Server<'_>) -> Result<Judges, ()> {
    // For hosts that share an address, the first one's context opens the tickets of all.
    let sessions = with_main_server(|main| main.config::<Mtlsprotect>().intermediates.is_some()).unwrap_or(false);
    let trust = server.config::<Mtlsprotect>().trust;
    if !sessions && trust.is_none() {
        return Ok(Judges::Nothing);
    }
    if let Some(mismatch) = openssl_mismatch::<Mtlsprotect>() {
        Number::OpensslMismatch.says(mismatch).log_for_server(Some(server), Level::Critical);
        FAILED.store(true, Ordering::Relaxed);
        return Err(());
    }
    let handshakes = trust.and_then(|trust| trust.judges_handshakes_of(server));
    Ok(handshakes.unwrap_or(if sessions { Judges::Tickets } else { Judges::Nothing }))
}
