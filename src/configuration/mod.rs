//! What the operator says: the configuration as a whole, checked before the server starts or restarts.
//!
//! httpd -t runs check_config but not post_config, and an error in post_config during a graceful
//! restart ends the server: so everything is checked here.

mod checks;
mod dump;
mod extent;
mod folders;
mod notices;
mod prepare;
mod read_once;
mod site;
mod warnings;

pub use prepare::unix_time;
pub use read_once::ReadOnce;

use crate::httpd::log::Level;
use crate::httpd::{Pool, is_config_test};
use crate::message::Message;
use crate::{notes, startup};
use site::Site;

/// Lines for the error log.
#[derive(Default)]
pub struct Messages {
    /// What will surprise.
    pub warnings: Vec<Message>,
    /// What protects each host.
    pub notices: Vec<Message>,
    /// The table of `-D DUMP_MTLSPROTECT`.
    pub table: Option<String>,
}

/// Checks the configuration and prepares the CA lists; each error is logged with its place.
pub fn check_config(pool: Pool<'static>, temporary: Pool<'_>) -> Result<(), ()> {
    let site = Site::read(temporary);
    let mut errors = Vec::new();
    let mut messages = Messages::default();
    prepare::lists(&site, pool, &mut errors, &mut messages.warnings);
    prepare::prefixes(&site, pool);
    checks::check_protection(&site, &mut errors);
    checks::check_handshakes(&site, pool, &mut errors);
    checks::check_lax_vendors(&site, &mut errors, &mut messages.warnings);
    for error in &errors {
        error.log_for_server(None, Level::Critical);
    }
    if !errors.is_empty() {
        return Err(());
    }
    let protection = extent::Protection::of(&site);
    if !is_config_test() {
        notices::find(&site, &protection, &mut messages.notices);
    }
    warnings::find(&site, &protection, temporary, &mut messages.warnings);
    if is_config_test() && dump::is_asked_for() {
        messages.table = Some(dump::table(&site, &protection));
    }
    notes::look_for_readers(temporary);
    startup::keep(messages);
    Ok(())
}
