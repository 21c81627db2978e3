//! httpd's callbacks: each turns raw pointers into safe types and is a boundary for panics.

use crate::ffi;
use crate::httpd::boundary::guard;
use crate::httpd::checked::Checked;
use crate::httpd::connection::Connection;
use crate::httpd::log;
use crate::httpd::module::{Answer, Judges, Module};
use crate::httpd::pool::Pool;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::httpd::slots::ModuleRecord;
use crate::httpd::while_reading::WhileReading;
use crate::httpd::{tls, tls_hooks};
use std::borrow::Cow;
use std::ffi::{CStr, c_void};
use std::os::raw::{c_char, c_int};
use std::ptr::{NonNull, null, null_mut};

/// What a module exports under the name that LoadModule gives; `source` is its name for `<IfModule>`, `mod_NAME.c`.
/// As `STANDARD20_MODULE_STUFF` of http_config.h, httpd fills in the rest.
pub const fn record<M: Module>(source: &'static CStr, directives: &'static [ffi::command_rec]) -> ModuleRecord {
    ModuleRecord::new(ffi::module {
        version: ffi::MODULE_MAGIC_NUMBER_MAJOR,
        minor_version: ffi::MODULE_MAGIC_NUMBER_MINOR,
        module_index: -1,
        name: source.as_ptr(),
        dynamic_load_handle: null_mut(),
        next: null_mut(),
        magic: ffi::MODULE_MAGIC_COOKIE as _,
        rewrite_args: None,
        create_dir_config: Some(create_dir_config::<M>),
        merge_dir_config: Some(merge_dir_config::<M>),
        create_server_config: Some(create_server_config::<M>),
        merge_server_config: Some(merge_server_config::<M>),
        cmds: directives.as_ptr(),
        register_hooks: Some(register_hooks::<M>),
        flags: 0,
    })
}

unsafe extern "C" fn create_dir_config<M: Module>(pool: *mut ffi::apr_pool_t, _: *mut c_char) -> *mut c_void {
    // SAFETY: httpd passes the configuration's pool, or for .htaccess the request's.
    let pool: Pool<'_> = unsafe { memory(pool) };
    place(pool, guard("create_dir_config", M::Dir::default, failed_dir::<M>))
}

unsafe extern "C" fn merge_dir_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    outer: *mut c_void,
    inner: *mut c_void,
) -> *mut c_void {
    // SAFETY: both were made by `create_dir_config` or here; the pool is the request's or the configuration's, as the
    // result is.
    let (pool, outer, inner): (Pool<'_>, _, _) =
        unsafe { (memory(pool), &*outer.cast::<M::Dir<'_>>(), &*inner.cast::<M::Dir<'_>>()) };
    match guard("merge_dir_config", || M::merge_dir(outer, inner), |panic| Cow::Owned(failed_dir::<M>(panic))) {
        // Both live as long as what httpd makes of them, and nobody changes either.
        Cow::Borrowed(one) => std::ptr::from_ref(one).cast_mut().cast(),
        Cow::Owned(merged) => place(pool, merged),
    }
}

unsafe extern "C" fn create_server_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    _: *mut ffi::server_rec,
) -> *mut c_void {
    // SAFETY: httpd passes the configuration's pool.
    let pool: Pool<'_> = unsafe { memory(pool) };
    place(pool, guard("create_server_config", M::Server::default, failed_server::<M>))
}

unsafe extern "C" fn merge_server_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    base: *mut c_void,
    own: *mut c_void,
) -> *mut c_void {
    // SAFETY: both were made by `create_server_config` or here.
    let (pool, base, own): (Pool<'_>, _, _) =
        unsafe { (memory(pool), &*base.cast::<M::Server<'_>>(), &*own.cast::<M::Server<'_>>()) };
    place(pool, guard("merge_server_config", || M::merge_server(base, own), failed_server::<M>))
}

/// The pool for something that httpd needs in any case. It never passes null; if it did, there would be no answer.
///
/// # Safety
/// As [`Pool::new`].
unsafe fn memory<'p>(pool: *mut ffi::apr_pool_t) -> Pool<'p> {
    // SAFETY: the caller vouches for it.
    unsafe { Pool::new(pool) }.unwrap_or_else(|| std::process::abort())
}

fn failed_dir<'c, M: Module>(panic: &str) -> M::Dir<'c> {
    log::failed_start::<M>(panic);
    M::failed_dir()
}

/// A host that says nothing trusts nobody.
fn failed_server<'c, M: Module>(panic: &str) -> M::Server<'c> {
    log::failed_start::<M>(panic);
    M::Server::default()
}

fn place<T: Copy>(pool: Pool<'_>, value: T) -> *mut c_void {
    std::ptr::from_ref(pool.place(value)).cast_mut().cast()
}

/// A list of modules for the order of hooks, which APR reads when it sorts them, long after they
/// were registered.
struct Neighbours([*const c_char; 2]);

// SAFETY: pointers to static strings that nobody writes to.
unsafe impl Sync for Neighbours {}

static MOD_SSL: Neighbours = Neighbours([c"mod_ssl.c".as_ptr(), null()]);
static MOD_HTTP2: Neighbours = Neighbours([c"mod_http2.c".as_ptr(), null()]);
static MOD_CACHE: Neighbours = Neighbours([c"mod_cache.c".as_ptr(), null()]);

unsafe extern "C" fn register_hooks<M: Module>(_: *mut ffi::apr_pool_t) {
    let (mod_ssl, mod_http2, mod_cache) = (MOD_SSL.0.as_ptr(), MOD_HTTP2.0.as_ptr(), MOD_CACHE.0.as_ptr());
    let (middle, last) = (ffi::APR_HOOK_MIDDLE, ffi::APR_HOOK_LAST);
    let first = ffi::APR_HOOK_REALLY_FIRST;
    // SAFETY: the lists of names are static and end with null.
    unsafe {
        ffi::ap_hook_check_config(Some(check_config::<M>), null(), null(), last);
        ffi::ap_hook_test_config(Some(test_config::<M>), null(), null(), middle);
        ffi::ap_hook_post_config(Some(post_config::<M>), mod_ssl, null(), last);
        ffi::ap_hook_monitor(Some(monitor::<M>), null(), null(), middle);
        ffi::ap_hook_process_connection(Some(process_connection::<M>), mod_ssl, mod_http2, middle);
        ffi::ap_hook_check_access(
            Some(access_checker::<M>),
            mod_ssl,
            null(),
            last,
            // Subrequests of the same sections may skip it: fixups judges them.
            ffi::AP_AUTH_INTERNAL_PER_CONF,
        );
        ffi::ap_hook_fixups(Some(fixups::<M>), null(), null(), first);
        ffi::ap_hook_handler(Some(handler::<M>), null(), mod_cache, first);
        ffi::ap_hook_log_transaction(Some(log_transaction::<M>), null(), null(), middle);
        ffi::shim_hook_init_server(Some(init_server::<M>));
        ffi::shim_hook_pre_handshake(Some(pre_handshake::<M>));
        ffi::shim_hook_status(Some(mod_status::<M>));
    }
}

/// Registers [`Module::last_fixups`], once for the configuration that is being read. httpd sorts its
/// hooks again when all directives have been read, so that they may add some.
pub(super) fn register_last_fixups<M: Module>(reading: &WhileReading<'_, M>) {
    if !reading.has_last_fixups.replace(true) {
        // SAFETY: hooks go with the configuration, as its pool does.
        unsafe { ffi::ap_hook_fixups(Some(last_fixups::<M>), null(), null(), ffi::APR_HOOK_REALLY_LAST) };
    }
}

/// Registers [`Module::arrived`], and what notes where connections come from, as above.
pub(super) fn register_arrivals<M: Module>(reading: &WhileReading<'_, M>) {
    if !reading.has_arrivals.replace(true) {
        // SAFETY: as above.
        unsafe {
            ffi::ap_hook_pre_connection(Some(pre_connection::<M>), null(), null(), BEFORE_ALL);
            ffi::ap_hook_post_read_request(Some(post_read_request::<M>), null(), null(), BEFORE_ALL);
        }
    }
}

/// Before those that ask to be really first (mod_log_forensic, mod_security).
const BEFORE_ALL: c_int = ffi::APR_HOOK_REALLY_FIRST - 10;

/// Ends the start of the server with what went wrong.
fn fail_startup(result: Result<(), ()>) -> c_int {
    match result {
        Ok(()) => ffi::OK,
        Err(()) => ffi::HTTP_INTERNAL_SERVER_ERROR,
    }
}

/// A step of the start, which a panic ends.
fn startup_step<M: Module, T>(name: &'static str, step: impl FnOnce() -> Result<T, ()>) -> Result<T, ()> {
    guard(name, step, |panic| {
        log::failed_start::<M>(panic);
        Err(())
    })
}

unsafe extern "C" fn check_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    _: *mut ffi::apr_pool_t,
    temporary: *mut ffi::apr_pool_t,
    _: *mut ffi::server_rec,
) -> c_int {
    // SAFETY: httpd passes the configuration's pool and one below it that lives during the start.
    let (checked, temporary) = unsafe { (Pool::new(pool).map(|pool| Checked::new(pool)), Pool::new(temporary)) };
    fail_startup(startup_step::<M, _>("check_config", || M::check_config(checked.ok_or(())?, temporary.ok_or(())?)))
}

unsafe extern "C" fn test_config<M: Module>(_: *mut ffi::apr_pool_t, _: *mut ffi::server_rec) {
    guard("test_config", M::test_config, log::failed_start::<M>);
}

unsafe extern "C" fn post_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    _: *mut ffi::apr_pool_t,
    _: *mut ffi::apr_pool_t,
    _: *mut ffi::server_rec,
) -> c_int {
    // SAFETY: httpd passes the configuration's pool; no thread serves yet.
    let checked = unsafe { Pool::new(pool).map(|pool| Checked::new(pool)) };
    fail_startup(startup_step::<M, _>("post_config", || {
        tls::find_mod_ssl();
        let checked = checked.ok_or(())?;
        checked.take_silent_dirs::<M>();
        M::post_config(checked)
    }))
}

/// In the parent, whose end would be the server's.
unsafe extern "C" fn monitor<M: Module>(_: *mut ffi::apr_pool_t, _: *mut ffi::server_rec) -> c_int {
    guard("monitor", M::monitor, |panic| log::failure::<M>(None, panic));
    ffi::DECLINED
}

unsafe extern "C" fn init_server<M: Module>(
    server: *mut ffi::server_rec,
    _: *mut ffi::apr_pool_t,
    is_proxy: c_int,
    context: *mut ffi::SSL_CTX,
) -> c_int {
    if is_proxy != 0 {
        return ffi::OK;
    }
    // SAFETY: mod_ssl passes a server of the configuration.
    let server = unsafe { Server::new(server) };
    fail_startup(startup_step::<M, _>("init_server", || {
        let server = server.ok_or(())?;
        let judged = M::init_server(server)?;
        // SAFETY: mod_ssl passes the server's context, and `M::init_server` has made sure that both sides use one
        // OpenSSL.
        unsafe {
            if judged != Judges::Nothing {
                tls_hooks::judge_tickets::<M>(context);
            }
            if let Judges::Handshakes { one_ticket } = judged {
                tls_hooks::judge_handshakes::<M>(server, context);
                if one_ticket {
                    tls_hooks::give_one_ticket(context);
                }
            }
        }
        Ok(())
    }))
}

unsafe extern "C" fn pre_handshake<M: Module>(
    connection: *mut ffi::conn_rec,
    ssl: *mut ffi::SSL,
    is_proxy: c_int,
) -> c_int {
    // SAFETY: mod_ssl passes a connection that has just been accepted.
    let connection = unsafe { Connection::new(connection) };
    let (Some(connection), Some(ssl)) = (connection, NonNull::new(ssl)) else { return ffi::DECLINED };
    if is_proxy == 0 {
        // Without a state the connection counts as failed.
        guard(
            "pre_handshake",
            || {
                // SAFETY: no other thread knows the connection yet, and mod_ssl encrypts it with this.
                unsafe { connection.set_state::<M>(ssl, M::new_connection()) }
            },
            |panic| log::failure::<M>(Some(&connection), panic),
        );
    }
    ffi::OK
}

unsafe extern "C" fn pre_connection<M: Module>(connection: *mut ffi::conn_rec, _: *mut c_void) -> c_int {
    // SAFETY: httpd passes a connection that has just been accepted, or a stream of one.
    let connection = unsafe { Connection::new(connection) };
    if let Some(connection) = connection.filter(|connection| !connection.is_stream()) {
        // Without a peer it is nobody's that is believed.
        guard(
            "pre_connection",
            || {
                // SAFETY: no other thread knows the connection yet.
                unsafe { connection.note_peer::<M>(M::new_connection()) }
            },
            |panic| log::failure::<M>(Some(&connection), panic),
        );
    }
    ffi::OK
}

unsafe extern "C" fn post_read_request<M: Module>(request: *mut ffi::request_rec) -> c_int {
    // SAFETY: httpd passes a request of this thread.
    let Some(request) = (unsafe { Request::new(request) }) else { return ffi::HTTP_INTERNAL_SERVER_ERROR };
    guard(
        "post_read_request",
        || {
            M::arrived(&request);
            ffi::DECLINED
        },
        |panic| {
            log::failure::<M>(Some(&request.connection()), panic);
            ffi::HTTP_INTERNAL_SERVER_ERROR
        },
    )
}

unsafe extern "C" fn process_connection<M: Module>(connection: *mut ffi::conn_rec) -> c_int {
    // SAFETY: httpd passes a connection of this thread.
    let Some(connection) = (unsafe { Connection::new(connection) }) else { return ffi::DECLINED };
    if !connection.is_stream() {
        guard(
            "process_connection",
            || M::connection_ready(&connection),
            |panic| {
                log::failure::<M>(Some(&connection), panic);
                M::connection_failed(&connection);
            },
        );
    }
    ffi::DECLINED
}

unsafe extern "C" fn access_checker<M: Module>(request: *mut ffi::request_rec) -> c_int {
    // SAFETY: httpd passes a request of this thread.
    gate::<M>("access_checker", unsafe { Request::new(request) }, M::access)
}

unsafe extern "C" fn fixups<M: Module>(request: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    gate::<M>("fixups", unsafe { Request::new(request) }, M::fixups)
}

unsafe extern "C" fn last_fixups<M: Module>(request: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    gate::<M>("last_fixups", unsafe { Request::new(request) }, M::last_fixups)
}

unsafe extern "C" fn handler<M: Module>(request: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    gate::<M>("handler", unsafe { Request::new(request) }, M::handler)
}

unsafe extern "C" fn mod_status<M: Module>(request: *mut ffi::request_rec, flags: c_int) -> c_int {
    // SAFETY: as above.
    if let Some(request) = unsafe { Request::new(request) } {
        let is_for_programs = flags & ffi::AP_STATUS_SHORT != 0;
        guard(
            "mod_status",
            || M::mod_status(&request, is_for_programs),
            |panic| log::request::<M>(&request, log::Level::Error, format!("{}{panic}", M::FAILURE)),
        );
    }
    ffi::OK
}

/// Once for each request of a client's, also where httpd answers it itself, with the first of those that internal redirects
/// have made of it.
unsafe extern "C" fn log_transaction<M: Module>(request: *mut ffi::request_rec) -> c_int {
    // SAFETY: as above.
    if let Some(request) = unsafe { Request::new(request) } {
        guard(
            "log_transaction",
            || M::logged(&request),
            |panic| {
                // Not for the connection, which other streams of HTTP/2 use at the same time.
                log::request::<M>(&request, log::Level::Error, format!("{}{panic}", M::FAILURE));
            },
        );
    }
    ffi::DECLINED
}

#[inline(always)]
fn gate<M: Module>(
    name: &'static str,
    request: Option<Request<'_>>,
    judge: impl FnOnce(&Request<'_>) -> Answer,
) -> c_int {
    let Some(request) = request else { return ffi::HTTP_INTERNAL_SERVER_ERROR };
    match guard(name, || judge(&request), |panic| M::request_failed(&request, panic)) {
        Answer::Declined => ffi::DECLINED,
        Answer::Done => ffi::OK,
        Answer::Status(status) => status.into(),
    }
}
