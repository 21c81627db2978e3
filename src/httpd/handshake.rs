//! A TLS handshake that asks whether a certificate is welcome.

use crate::ffi;
use crate::httpd::connection::Connection;
use crate::httpd::tls::owned_chain;
use foreign_types::ForeignTypeRef;
use openssl::x509::{X509, X509Ref};
use std::marker::PhantomData;
use std::os::raw::c_int;
use std::ptr::NonNull;

/// A client certificate at the moment when the handshake asks whether to accept it.
pub struct Handshake<'h> {
    context: NonNull<ffi::X509_STORE_CTX>,
    ssl: NonNull<ffi::SSL>,
    lifetime: PhantomData<&'h ()>,
}

impl<'h> Handshake<'h> {
    /// `None` where the certificate is not one of a TLS connection's.
    ///
    /// # Safety
    /// `context` is null or what OpenSSL asks with during `'h`.
    pub(super) unsafe fn new(context: *mut ffi::X509_STORE_CTX) -> Option<Self> {
        let context = NonNull::new(context)?;
        // SAFETY: OpenSSL keeps the SSL that it asks for at this index of the context.
        let ssl = unsafe {
            let index = ffi::SSL_get_ex_data_X509_STORE_CTX_idx();
            ffi::X509_STORE_CTX_get_ex_data(context.as_ptr(), index).cast::<ffi::SSL>()
        };
        Some(Handshake { context, ssl: NonNull::new(ssl)?, lifetime: PhantomData })
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> Option<&'h X509Ref> {
        // SAFETY: the context holds it during the handshake's question.
        unsafe {
            let leaf = ffi::X509_STORE_CTX_get0_cert(self.context.as_ptr());
            (!leaf.is_null()).then(|| X509Ref::from_ptr(leaf))
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
        version == ffi::TLS1_3_VERSION && options & ffi::SSL_OP_NO_TICKET == 0
    }

    /// How many bytes the session has by now, without the client's certificate.
    pub fn session_length(&self) -> usize {
        // SAFETY: the handshake has a session by now; nothing is written where null is given.
        let length = unsafe { ffi::i2d_SSL_SESSION(ffi::SSL_get_session(self.ssl.as_ptr()), std::ptr::null_mut()) };
        usize::try_from(length).unwrap_or(0)
    }

    /// Stops giving out TLS 1.3 tickets. mod_ssl drops a resumed session with a certificate that it doesn't trust when
    /// only a section asked for one; earlier tickets carry no certificate.
    pub fn withhold_tickets(&self) {
        // SAFETY: sets a field of the SSL.
        unsafe { ffi::SSL_set_num_tickets(self.ssl.as_ptr(), 0) };
    }

    /// Gives out as many tickets of TLS 1.3 as the host says: if it was found by its name, OpenSSL would still give as many
    /// as the address's first host says.
    pub(super) fn count_tickets_as_host(&self) {
        let ssl = self.ssl.as_ptr();
        // SAFETY: an SSL has a context; both are fields.
        unsafe { ffi::SSL_set_num_tickets(ssl, ffi::SSL_CTX_get_num_tickets(ffi::SSL_get_SSL_CTX(ssl))) };
    }

    /// The connection, where mod_ssl has told the SSL of it.
    pub fn connection(&self) -> Option<Connection<'h>> {
        // SAFETY: null or mod_ssl's connection, which is there while its handshake asks.
        unsafe { Connection::new(ffi::shim_connection_of(self.ssl.as_ptr())) }
    }

    /// Whether the section asks for `SSLVerifyClient require`: staff with a CA of their own.
    pub(super) fn is_required(&self) -> bool {
        // SAFETY: reads a field of the SSL.
        let mode = unsafe { ffi::SSL_get_verify_mode(self.ssl.as_ptr()) };
        mode & ffi::SSL_VERIFY_FAIL_IF_NO_PEER_CERT != 0
    }

    /// What OpenSSL says by itself, without a callback.
    pub(super) fn verify(&self) -> c_int {
        // SAFETY: the context is OpenSSL's own, ready for it.
        unsafe { ffi::X509_verify_cert(self.context.as_ptr()) }
    }

    /// Tells mod_ssl through its own verify callback, as the chain builder that we stand in for
    /// would, so that SSL_CLIENT_VERIFY stays what stock mod_ssl says.
    pub(super) fn report(&self, trusted: bool) -> c_int {
        let error = if trusted { ffi::X509_V_OK } else { ffi::X509_V_ERR_CERT_UNTRUSTED };
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
