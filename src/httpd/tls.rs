//! The TLS connection below mod_ssl. The only place where bindgen's OpenSSL types meet those of
//! the openssl crate: both describe the one library that mod_ssl uses.

use crate::ffi;
use crate::httpd::Server;
use crate::httpd::hooks::{Module, config_slot, module_index};
use foreign_types::ForeignTypeRef;
use openssl::ssl::SslOptions;
use openssl::stack::StackRef;
use openssl::x509::{X509, X509Ref};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::os::raw::{c_int, c_uchar};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Certificates looked at of those that a client sends with its own; no chain is as long.
const MOST_SENT: usize = 32;

/// mod_ssl's optional function `ssl_is_https`, set whenever the configuration has been read.
static IS_HTTPS: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

/// Looks up what mod_ssl offers to others.
pub(super) fn find_mod_ssl() {
    // SAFETY: looks a name up in APR's registry.
    let function = unsafe { ffi::apr_dynamic_fn_retrieve(c"ssl_is_https".as_ptr()) };
    IS_HTTPS.store(function.map_or(std::ptr::null_mut(), |function| function as *mut c_void), Ordering::Relaxed);
}

/// Whether some module encrypts the connection, mod_ssl or another.
pub(super) fn is_tls(connection: *mut ffi::conn_rec) -> bool {
    let function = IS_HTTPS.load(Ordering::Relaxed);
    if function.is_null() {
        return false;
    }
    // SAFETY: mod_ssl.h declares it so, and it stays loaded while requests are served.
    unsafe {
        let is_https: unsafe extern "C" fn(*mut ffi::conn_rec) -> c_int = std::mem::transmute(function);
        is_https(connection) != 0
    }
}

/// The TLS state of a connection, for its own thread, while mod_ssl keeps it.
pub struct Tls<'c> {
    ssl: NonNull<ffi::SSL>,
    lifetime: PhantomData<&'c ()>,
}

impl Tls<'_> {
    /// # Safety
    /// `ssl` is valid during `'c`, and only this thread uses it.
    pub(super) unsafe fn new(ssl: NonNull<ffi::SSL>) -> Self {
        Tls { ssl, lifetime: PhantomData }
    }

    /// Whether no handshake is under way.
    pub fn is_ready(&self) -> bool {
        // SAFETY: see `new`.
        unsafe { ffi::SSL_is_init_finished(self.ssl.as_ptr()) != 0 }
    }

    /// The client's own certificate, of a full or a resumed handshake.
    pub fn leaf(&self) -> Option<&X509Ref> {
        // SAFETY: the session keeps the certificate at least until the next handshake, which can't
        // run while `self` is borrowed; a null leaf means that the client sent none.
        unsafe {
            let session = ffi::SSL_get_session(self.ssl.as_ptr());
            let leaf = if session.is_null() { std::ptr::null_mut() } else { ffi::SSL_SESSION_get0_peer(session) };
            (!leaf.is_null()).then(|| X509Ref::from_ptr(leaf.cast()))
        }
    }

    /// What the client sent with its certificate in a full handshake; nothing in a resumed one.
    pub fn sent(&self) -> Vec<X509> {
        // SAFETY: as for `leaf`.
        unsafe { owned_chain(ffi::SSL_get_peer_cert_chain(self.ssl.as_ptr())) }
    }

    /// What was put into the session when its handshake was a full one.
    pub fn session_data(&self) -> Vec<u8> {
        // SAFETY: as for `leaf`.
        unsafe { session_data(ffi::SSL_get_session(self.ssl.as_ptr())) }
    }
}

/// # Safety
/// `session` is null or a valid session.
unsafe fn session_data(session: *mut ffi::SSL_SESSION) -> Vec<u8> {
    let mut data = std::ptr::null_mut::<c_void>();
    let mut length = 0;
    // SAFETY: OpenSSL lends its own copy, which stays while the session does.
    unsafe {
        if session.is_null()
            || ffi::SSL_SESSION_get0_ticket_appdata(session, &raw mut data, &raw mut length) == 0
            || data.is_null()
        {
            return Vec::new();
        }
        std::slice::from_raw_parts(data.cast::<u8>(), length).to_vec()
    }
}

/// A stack of certificates as owned references.
///
/// # Safety
/// `stack` is null or a valid stack of certificates.
unsafe fn owned_chain(stack: *mut ffi::stack_st_X509) -> Vec<X509> {
    if stack.is_null() {
        return Vec::new();
    }
    // SAFETY: not null, and the caller vouches for it.
    let stack: &StackRef<X509> = unsafe { StackRef::from_ptr(stack.cast()) };
    stack.iter().take(MOST_SENT).map(X509Ref::to_owned).collect()
}

/// A client certificate in the moment that the handshake asks whether it is welcome.
pub struct Handshake<'h> {
    context: NonNull<ffi::X509_STORE_CTX>,
    ssl: NonNull<ffi::SSL>,
    lifetime: PhantomData<&'h ()>,
}

impl<'h> Handshake<'h> {
    /// The client's own certificate.
    pub fn leaf(&self) -> Option<&'h X509Ref> {
        // SAFETY: the context holds it during the handshake's question.
        unsafe {
            let leaf = ffi::X509_STORE_CTX_get0_cert(self.context.as_ptr());
            (!leaf.is_null()).then(|| X509Ref::from_ptr(leaf.cast()))
        }
    }

    /// Everything that the client sent.
    pub fn sent(&self) -> Vec<X509> {
        // SAFETY: the context holds them during the handshake's question.
        unsafe { owned_chain(ffi::X509_STORE_CTX_get0_untrusted(self.context.as_ptr())) }
    }

    /// Puts data into the session, to be found when it is resumed, in whichever child.
    pub fn set_session_data(&self, data: &[u8]) -> bool {
        // SAFETY: the handshake has a session by now, and OpenSSL copies the data.
        unsafe {
            let session = ffi::SSL_get_session(self.ssl.as_ptr());
            !session.is_null() && ffi::SSL_SESSION_set1_ticket_appdata(session, data.as_ptr().cast(), data.len()) != 0
        }
    }

    /// Whether the session will go into a ticket of TLS 1.3, whole; earlier versions' tickets may be
    /// large, and without tickets the server keeps the session itself.
    pub fn session_is_ticket(&self) -> bool {
        // SAFETY: reads fields of the SSL.
        let (version, options) =
            unsafe { (ffi::SSL_version(self.ssl.as_ptr()), ffi::SSL_get_options(self.ssl.as_ptr())) };
        version == ffi::TLS1_3_VERSION as c_int && options & SslOptions::NO_TICKET.bits() == 0
    }

    /// How many bytes the session has by now, without the client's certificate.
    pub fn session_length(&self) -> usize {
        // SAFETY: the handshake has a session by now; nothing is written where null is given.
        let length = unsafe { ffi::i2d_SSL_SESSION(ffi::SSL_get_session(self.ssl.as_ptr()), std::ptr::null_mut()) };
        usize::try_from(length).unwrap_or(0)
    }

    /// Gives out no TLS 1.3 ticket any more. mod_ssl drops a resumed session with a certificate that
    /// it doesn't trust when only a section asked for one; earlier tickets carry no certificate.
    pub fn withhold_tickets(&self) {
        // SAFETY: sets a field of the SSL.
        unsafe { ffi::SSL_set_num_tickets(self.ssl.as_ptr(), 0) };
    }

    /// The connection, where mod_ssl has told the SSL of it.
    pub fn connection(&self) -> Option<super::Connection<'h>> {
        // SAFETY: mod_ssl keeps its conn_rec as the SSL's application data, SSL_get_app_data.
        unsafe {
            let connection = ffi::SSL_get_ex_data(self.ssl.as_ptr(), 0).cast::<ffi::conn_rec>();
            (!connection.is_null()).then(|| super::Connection::new(connection))
        }
    }

    /// Whether the section asks for `SSLVerifyClient require`: staff with a CA of their own.
    fn is_required(&self) -> bool {
        // SAFETY: reads a field of the SSL.
        let mode = unsafe { ffi::SSL_get_verify_mode(self.ssl.as_ptr()) };
        mode & ffi::SSL_VERIFY_FAIL_IF_NO_PEER_CERT as c_int != 0
    }

    /// Tells mod_ssl through its own verify callback, as the chain builder that we stand in for
    /// would, so that SSL_CLIENT_VERIFY stays what stock mod_ssl says.
    fn report(&self, trusted: bool) -> c_int {
        let error = if trusted { 0 } else { ffi::X509_V_ERR_CERT_UNTRUSTED as c_int };
        let context = self.context.as_ptr();
        // SAFETY: the context is OpenSSL's own, as is the callback that mod_ssl set.
        unsafe {
            ffi::X509_STORE_CTX_set_current_cert(context, ffi::X509_STORE_CTX_get0_cert(context));
            ffi::X509_STORE_CTX_set_error_depth(context, 0);
            ffi::X509_STORE_CTX_set_error(context, error);
            match ffi::X509_STORE_CTX_get_verify_cb(context) {
                Some(callback) => callback(c_int::from(trusted), context),
                None => c_int::from(trusted),
            }
        }
    }
}

/// Has the handshakes of a virtual host judged by the module instead of OpenSSL's chain builder.
///
/// # Safety
/// `context` is the host's own, valid while the configuration is.
pub(super) unsafe fn judge_handshakes<M: Module>(server: Server, context: *mut ffi::SSL_CTX) {
    // SAFETY: the configuration outlives the context.
    unsafe {
        let config = config_slot((*server.as_ptr()).module_config, module_index());
        ffi::SSL_CTX_set_cert_verify_callback(context, Some(verify::<M>), config);
    }
}

/// Has the tickets that clients bring looked at before they are taken up. OpenSSL opens them with the
/// context that a connection began with, before it looks for the host by name.
///
/// # Safety
/// `context` is a context of mod_ssl's.
pub(super) unsafe fn judge_tickets<M: Module>(context: *mut ffi::SSL_CTX) {
    // SAFETY: the caller vouches for the context; the callback needs no argument.
    unsafe { ffi::SSL_CTX_set_session_ticket_cb(context, None, Some(ticket::<M>), std::ptr::null_mut()) };
}

/// OpenSSL's callback for a ticket that has been opened, or could not be.
unsafe extern "C" fn ticket<M: Module>(
    _: *mut ffi::SSL,
    session: *mut ffi::SSL_SESSION,
    _: *const c_uchar,
    _: usize,
    status: c_int,
    _: *mut c_void,
) -> c_int {
    let as_before = match status as u32 {
        ffi::SSL_TICKET_SUCCESS => ffi::SSL_TICKET_RETURN_USE,
        ffi::SSL_TICKET_SUCCESS_RENEW => ffi::SSL_TICKET_RETURN_USE_RENEW,
        _ => return ffi::SSL_TICKET_RETURN_IGNORE_RENEW as c_int,
    };
    // SAFETY: OpenSSL passes the session that it has just read.
    let data = unsafe { session_data(session) };
    let resumes = super::boundary::guard(
        "ticket",
        || M::resumes(&data),
        |panic| {
            super::log::server(None, super::log::Level::Error, &format!("MTLSP0901: mtlsprotect: {panic}"));
            false
        },
    );
    (if resumes { as_before } else { ffi::SSL_TICKET_RETURN_IGNORE_RENEW }) as c_int
}

/// OpenSSL's certificate-verify callback.
unsafe extern "C" fn verify<M: Module>(context: *mut ffi::X509_STORE_CTX, config: *mut c_void) -> c_int {
    // SAFETY: OpenSSL calls with a valid context that belongs to an SSL.
    let ssl = unsafe {
        ffi::X509_STORE_CTX_get_ex_data(context, ffi::SSL_get_ex_data_X509_STORE_CTX_idx()).cast::<ffi::SSL>()
    };
    let (Some(context), Some(ssl)) = (NonNull::new(context), NonNull::new(ssl)) else { return 0 };
    let handshake = Handshake { context, ssl, lifetime: PhantomData };
    if handshake.is_required() {
        // SAFETY: what OpenSSL does without a callback.
        return unsafe { ffi::X509_verify_cert(context.as_ptr()) };
    }
    let trusted = super::boundary::guard(
        "handshake",
        || {
            // SAFETY: `judge_handshakes` passed the host's configuration.
            M::handshake(unsafe { &*config.cast::<M::Server>().cast_const() }, &handshake)
        },
        |panic| {
            if let Some(connection) = handshake.connection() {
                super::log::connection(
                    &connection,
                    super::log::Level::Error,
                    &format!("MTLSP0901: mtlsprotect: {panic}"),
                );
                M::connection_failed(&connection);
            }
            false
        },
    );
    handshake.report(trusted)
}
