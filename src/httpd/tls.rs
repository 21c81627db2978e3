//! The TLS connection below mod_ssl.

use crate::ffi;
use foreign_types::ForeignTypeRef;
use openssl::stack::StackRef;
use openssl::x509::{X509, X509Ref};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The maximum number of certificates looked at that a client sends with its own; no chain is as long.
const MOST_SENT: usize = 32;

/// mod_ssl's optional function `ssl_is_https`, set whenever the configuration has been read.
static IS_HTTPS: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

/// Looks up what mod_ssl offers to other modules.
pub(super) fn find_mod_ssl() {
    // SAFETY: looks a name up in APR's registry.
    let function = unsafe { ffi::shim_ssl_is_https() };
    IS_HTTPS.store(function.map_or(std::ptr::null_mut(), |function| function as *mut c_void), Ordering::Relaxed);
}

/// Whether some module encrypts the connection, mod_ssl or another.
pub(super) fn is_tls(connection: *mut ffi::conn_rec) -> bool {
    let function = IS_HTTPS.load(Ordering::Relaxed);
    // SAFETY: `find_mod_ssl` has stored one of this type, or null.
    let function = unsafe { std::mem::transmute::<*mut c_void, ffi::apr_OFN_ssl_is_https_t>(function) };
    // SAFETY: mod_ssl stays loaded while requests are served.
    function.is_some_and(|is_https| unsafe { is_https(connection) } != 0)
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

    /// Whether its last handshake resumed a session.
    pub fn is_resumed(&self) -> bool {
        // SAFETY: see `new`.
        unsafe { ffi::SSL_session_reused(self.ssl.as_ptr()) != 0 }
    }

    /// The client's own certificate, of a full or a resumed handshake.
    pub fn leaf(&self) -> Option<&X509Ref> {
        // SAFETY: the session keeps the certificate at least until the next handshake, which can't
        // run while `self` is borrowed; a null leaf means that the client sent none.
        unsafe {
            let session = ffi::SSL_get_session(self.ssl.as_ptr());
            let leaf = if session.is_null() { std::ptr::null_mut() } else { ffi::SSL_SESSION_get0_peer(session) };
            (!leaf.is_null()).then(|| X509Ref::from_ptr(leaf))
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
pub(super) unsafe fn session_data(session: *mut ffi::SSL_SESSION) -> Vec<u8> {
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
pub(super) unsafe fn owned_chain(stack: *mut ffi::stack_st_X509) -> Vec<X509> {
    if stack.is_null() {
        return Vec::new();
    }
    // SAFETY: not null, and the caller vouches for it.
    let stack: &StackRef<X509> = unsafe { StackRef::from_ptr(stack) };
    stack.iter().take(MOST_SENT).map(X509Ref::to_owned).collect()
}
