//! httpd's callbacks: each turns raw pointers into safe types and is a boundary for panics.

use crate::ffi;
use crate::httpd::boundary::guard;
use crate::httpd::command::Entry;
use crate::httpd::log::{self, Level};
use crate::httpd::tls;
use crate::httpd::{Connection, Handshake, Pool, Request, Server, Tls};
use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::mem::transmute;
use std::os::raw::{c_char, c_int};
use std::ptr::{NonNull, null, null_mut};

/// What a hook says to httpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on with the others.
    Declined,
    /// Answer with this HTTP status.
    Status(u16),
}

impl Answer {
    fn raw(self) -> c_int {
        match self {
            Answer::Declined => ffi::HOOK_DECLINED,
            Answer::Status(status) => status.into(),
        }
    }
}

/// What the module judges of a host's TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judges {
    /// Nothing.
    Nothing,
    /// Tickets, by [`Module::resumes`].
    Tickets,
    /// Those, and certificates by [`Module::handshake`].
    Handshakes,
}

/// The module proper, in safe types.
pub trait Module: Sized + 'static {
    /// Per-directory configuration.
    type Dir: Default + Copy + Sync;
    /// Virtual host's configuration.
    type Server: Default + Sync;
    /// State of a TLS connection, which streams read from threads of their own.
    type Connection: Send + Sync;
    /// State of a request.
    type Request;
    /// What its directives keep while one configuration is read.
    type Reading: Default;

    /// A section's configuration inside an outer one.
    fn merge_dir(outer: &Self::Dir, inner: &Self::Dir) -> Self::Dir;
    /// A per-directory configuration under which everything is refused.
    fn failed_dir() -> Self::Dir;
    /// A virtual host's configuration on top of the main server's.
    fn merge_server(base: &Self::Server, own: &Self::Server) -> Self::Server;
    /// Checks and prepares the configuration; an error has been logged.
    fn check_config(pool: Pool<'static>, temporary: Pool<'_>) -> Result<(), ()>;
    /// Says what `httpd -t` should say.
    fn test_config();
    /// The last preparations, with logs open; an error has been logged.
    fn post_config() -> Result<(), ()>;
    /// What of a host with SSLEngine on is judged here.
    fn init_server(server: Server) -> Result<Judges, ()>;
    /// The state of a new TLS connection.
    fn new_connection(ssl: Ssl) -> Self::Connection;
    /// A connection whose handshake is over.
    fn connection_ready(connection: &Connection<'_>);
    /// A connection for which a callback failed: nothing of it is trusted.
    fn connection_failed(connection: &Connection<'_>);
    /// Whether a certificate is trusted.
    fn handshake(server: &Self::Server, handshake: &Handshake<'_>) -> bool;
    /// Whether a ticket with this session data may be taken up; else the handshake is a full one.
    fn resumes(session_data: &[u8]) -> bool;
    /// The access checker.
    fn access(request: &Request<'_>) -> Answer;
    /// Before all other fixups.
    fn fixups(request: &Request<'_>) -> Answer;
    /// After all other fixups, where a directive has asked for it.
    fn last_fixups(request: &Request<'_>) -> Answer;
    /// Before all other handlers.
    fn handler(request: &Request<'_>) -> Answer;
    /// A request for which one of these failed, with what went wrong.
    fn request_failed(request: &Request<'_>, message: &str) -> Answer;
}

/// mod_ssl's handle of a connection, good for nothing but [`Ssl::of`].
pub struct Ssl(NonNull<ffi::SSL>);

/// The connection speaks plain HTTP.
pub struct NotTls;

// SAFETY: the pointer is only followed in `of`, which answers the connection's own thread alone.
unsafe impl Send for Ssl {}
// SAFETY: as above.
unsafe impl Sync for Ssl {}

impl Ssl {
    /// The TLS state of `connection`: an error where mod_ssl doesn't encrypt it (any more), none
    /// where the calling thread may not touch it.
    pub fn of<'c>(&self, connection: &Connection<'c>) -> Result<Option<Tls<'c>>, NotTls> {
        if !connection.is_tls() {
            return Err(NotTls);
        }
        // SAFETY: the connection has just been asked.
        Ok(unsafe { connection.tls_of(self.0) })
    }
}

/// The record that the module exports for LoadModule.
pub const fn module<M: Module>(name: &'static CStr, directives: &'static [Entry]) -> ffi::module {
    ffi::module {
        create_dir_config: Some(create_dir_config::<M>),
        merge_dir_config: Some(merge_dir_config::<M>),
        create_server_config: Some(create_server_config::<M>),
        merge_server_config: Some(merge_server_config::<M>),
        cmds: directives.as_ptr(),
        register_hooks: Some(register_hooks::<M>),
        ..ffi::module_record(name)
    }
}

/// This module's place in httpd's vectors of configurations.
pub(super) fn module_index() -> c_int {
    // SAFETY: httpd writes it once, when it loads the module.
    unsafe { (&raw const crate::mtlsprotect_module.module_index).read() }
}

/// `ap_get_module_config`, a macro.
///
/// # Safety
/// `vector` is a vector of httpd's with a slot for every module.
pub(super) unsafe fn config_slot(vector: *mut ffi::ap_conf_vector_t, index: c_int) -> *mut c_void {
    // SAFETY: the caller vouches for it.
    unsafe { *vector.cast::<*mut c_void>().add(index as usize) }
}

/// `ap_set_module_config`, a macro.
///
/// # Safety
/// As [`config_slot`]; `value` lives as long as the vector is used.
pub(super) unsafe fn set_config_slot(vector: *mut ffi::ap_conf_vector_t, index: c_int, value: *mut c_void) {
    // SAFETY: the caller vouches for it.
    unsafe { *vector.cast::<*mut c_void>().add(index as usize) = value }
}

unsafe extern "C" fn create_dir_config<M: Module>(pool: *mut ffi::apr_pool_t, _: *mut c_char) -> *mut c_void {
    // SAFETY: httpd passes the configuration's pool, or for .htaccess the request's.
    let pool: Pool<'_> = unsafe { Pool::new(pool) };
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
        unsafe { (Pool::new(pool), &*outer.cast::<M::Dir>(), &*inner.cast::<M::Dir>()) };
    place(pool, guard("merge_dir_config", || M::merge_dir(outer, inner), failed_dir::<M>))
}

unsafe extern "C" fn create_server_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    _: *mut ffi::server_rec,
) -> *mut c_void {
    // SAFETY: httpd passes the configuration's pool.
    let pool: Pool<'static> = unsafe { Pool::new(pool) };
    std::ptr::from_ref(pool.keep(M::Server::default())).cast_mut().cast()
}

unsafe extern "C" fn merge_server_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    base: *mut c_void,
    own: *mut c_void,
) -> *mut c_void {
    // SAFETY: both were made by `create_server_config` or here.
    let (pool, base, own): (Pool<'static>, _, _) =
        unsafe { (Pool::new(pool), &*base.cast::<M::Server>(), &*own.cast::<M::Server>()) };
    // Without a CA list nothing is trusted.
    let merged = guard(
        "merge_server_config",
        || M::merge_server(base, own),
        |panic| {
            log_failure(panic);
            M::Server::default()
        },
    );
    std::ptr::from_ref(pool.keep(merged)).cast_mut().cast()
}

fn failed_dir<M: Module>(panic: &str) -> M::Dir {
    log_failure(panic);
    M::failed_dir()
}

fn place<T: Copy>(pool: Pool<'_>, value: T) -> *mut c_void {
    std::ptr::from_ref(pool.place(value)).cast_mut().cast()
}

/// mod_ssl's optional hooks, as mod_ssl_openssl.h declares them, and as APR takes any.
type InitServer = unsafe extern "C" fn(*mut ffi::server_rec, *mut ffi::apr_pool_t, c_int, *mut ffi::SSL_CTX) -> c_int;
type PreHandshake = unsafe extern "C" fn(*mut ffi::conn_rec, *mut ffi::SSL, c_int) -> c_int;
type OptionalHook = unsafe extern "C" fn();

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
    let (middle, last) = (ffi::APR_HOOK_MIDDLE as c_int, ffi::APR_HOOK_LAST as c_int);
    let first = ffi::APR_HOOK_REALLY_FIRST;
    // SAFETY: the lists of names are static and end with null. The two optional hooks have the types
    // that mod_ssl_openssl.h declares for their names.
    unsafe {
        ffi::ap_hook_check_config(Some(check_config::<M>), null(), null(), last);
        ffi::ap_hook_test_config(Some(test_config::<M>), null(), null(), middle);
        ffi::ap_hook_post_config(Some(post_config::<M>), mod_ssl, null(), last);
        ffi::ap_hook_process_connection(Some(process_connection::<M>), mod_ssl, mod_http2, middle);
        ffi::ap_hook_check_access(
            Some(access_checker::<M>),
            mod_ssl,
            null(),
            last,
            // Subrequests of the same sections may skip it: fixups judges them.
            ffi::AP_AUTH_INTERNAL_PER_CONF as c_int,
        );
        ffi::ap_hook_fixups(Some(fixups::<M>), null(), null(), first);
        ffi::ap_hook_handler(Some(handler::<M>), null(), mod_cache, first);
        let init = transmute::<InitServer, OptionalHook>(init_server::<M>);
        ffi::apr_optional_hook_add(c"init_server".as_ptr(), Some(init), null(), null(), middle);
        let handshake = transmute::<PreHandshake, OptionalHook>(pre_handshake::<M>);
        ffi::apr_optional_hook_add(c"pre_handshake".as_ptr(), Some(handshake), null(), null(), middle);
    }
}

/// Registers [`Module::last_fixups`], once for the configuration that is being read. httpd sorts its
/// hooks again when all directives have been read, so that they may add some.
pub(super) fn register_last_fixups<M: Module>(pool: Pool<'static>) {
    const DONE: &CStr = c"mtlsprotect-last-fixups";
    let mut done = null_mut();
    // SAFETY: the key is static, and its value is read by nobody. Hooks go with the configuration, as its pool does.
    unsafe {
        ffi::apr_pool_userdata_get(&raw mut done, DONE.as_ptr(), pool.as_ptr());
        if done.is_null() {
            ffi::apr_pool_userdata_set(DONE.as_ptr().cast(), DONE.as_ptr(), None, pool.as_ptr());
            let last = ffi::APR_HOOK_REALLY_LAST as c_int;
            ffi::ap_hook_fixups(Some(last_fixups::<M>), null(), null(), last);
        }
    }
}

/// What the directives of the configuration that is being read have kept, made at first use.
pub(super) fn reading<M: Module>(pool: Pool<'static>) -> &'static RefCell<M::Reading> {
    const KEY: &CStr = c"mtlsprotect-reading";
    let mut held = null_mut();
    // SAFETY: nobody else knows the key, under which stands what this function has put there, as old as the pool.
    // Directives are read by one thread.
    unsafe {
        ffi::apr_pool_userdata_get(&raw mut held, KEY.as_ptr(), pool.as_ptr());
        if let Some(held) = held.cast::<RefCell<M::Reading>>().as_ref() {
            return held;
        }
        let made = pool.keep(RefCell::new(M::Reading::default()));
        ffi::apr_pool_userdata_set(std::ptr::from_ref(made).cast(), KEY.as_ptr(), None, pool.as_ptr());
        made
    }
}

/// Ends the start of the server with what went wrong.
fn fail_startup(result: Result<(), ()>) -> c_int {
    match result {
        Ok(()) => ffi::HOOK_OK,
        Err(()) => ffi::HTTP_INTERNAL_SERVER_ERROR as c_int,
    }
}

fn log_failure(message: &str) {
    log::server(None, Level::Critical, &format!("MTLSP0901: mtlsprotect: {message}"));
}

unsafe extern "C" fn check_config<M: Module>(
    pool: *mut ffi::apr_pool_t,
    _: *mut ffi::apr_pool_t,
    temporary: *mut ffi::apr_pool_t,
    _: *mut ffi::server_rec,
) -> c_int {
    // SAFETY: httpd passes the configuration's pool and one that lives during the start.
    let (pool, temporary): (Pool<'static>, Pool<'_>) = unsafe { (Pool::new(pool), Pool::new(temporary)) };
    fail_startup(guard(
        "check_config",
        || M::check_config(pool, temporary),
        |panic| {
            log_failure(panic);
            Err(())
        },
    ))
}

unsafe extern "C" fn test_config<M: Module>(_: *mut ffi::apr_pool_t, _: *mut ffi::server_rec) {
    guard("test_config", M::test_config, log_failure);
}

unsafe extern "C" fn post_config<M: Module>(
    _: *mut ffi::apr_pool_t,
    _: *mut ffi::apr_pool_t,
    _: *mut ffi::apr_pool_t,
    _: *mut ffi::server_rec,
) -> c_int {
    tls::find_mod_ssl();
    fail_startup(guard("post_config", M::post_config, |panic| {
        log_failure(panic);
        Err(())
    }))
}

unsafe extern "C" fn init_server<M: Module>(
    server: *mut ffi::server_rec,
    _: *mut ffi::apr_pool_t,
    is_proxy: c_int,
    context: *mut ffi::SSL_CTX,
) -> c_int {
    if is_proxy != 0 {
        return ffi::HOOK_OK;
    }
    // SAFETY: mod_ssl passes a server of the configuration and the server's context.
    let server = unsafe { Server::new(server) };
    let judged = guard(
        "init_server",
        || M::init_server(server),
        |panic| {
            log_failure(panic);
            Err(())
        },
    );
    // SAFETY: `M::init_server` has made sure that both sides use one OpenSSL.
    unsafe {
        match judged {
            Ok(Judges::Handshakes) => {
                tls::judge_tickets::<M>(context);
                tls::judge_handshakes::<M>(server, context);
            }
            Ok(Judges::Tickets) => tls::judge_tickets::<M>(context),
            Ok(Judges::Nothing) | Err(()) => {}
        }
    }
    fail_startup(judged.map(|_| ()))
}

unsafe extern "C" fn pre_handshake<M: Module>(
    connection: *mut ffi::conn_rec,
    ssl: *mut ffi::SSL,
    is_proxy: c_int,
) -> c_int {
    let Some(ssl) = NonNull::new(ssl) else { return ffi::HOOK_DECLINED };
    if is_proxy == 0 {
        // SAFETY: mod_ssl passes a connection that has just been accepted.
        let connection = unsafe { Connection::new(connection) };
        // Without a state the connection counts as failed.
        guard(
            "pre_handshake",
            || connection.set_state::<M>(M::new_connection(Ssl(ssl))),
            |panic| log::connection(&connection, Level::Error, &format!("MTLSP0901: mtlsprotect: {panic}")),
        );
    }
    ffi::HOOK_OK
}

unsafe extern "C" fn process_connection<M: Module>(connection: *mut ffi::conn_rec) -> c_int {
    // SAFETY: httpd passes a connection of this thread.
    let connection = unsafe { Connection::new(connection) };
    if !connection.is_stream() {
        guard(
            "process_connection",
            || M::connection_ready(&connection),
            |panic| {
                log::connection(&connection, Level::Error, &format!("MTLSP0901: mtlsprotect: {panic}"));
                M::connection_failed(&connection);
            },
        );
    }
    ffi::HOOK_DECLINED
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

fn gate<M: Module>(name: &'static str, request: Request<'_>, judge: fn(&Request<'_>) -> Answer) -> c_int {
    guard(name, || judge(&request), |panic| M::request_failed(&request, panic)).raw()
}
