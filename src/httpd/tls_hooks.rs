//! OpenSSL's callbacks for certificates and tickets.

use crate::ffi;
use crate::httpd::boundary::guard;
use crate::httpd::handshake::Handshake;
use crate::httpd::log;
use crate::httpd::module::Module;
use crate::httpd::server::Server;
use crate::httpd::tls::session_data;
use std::ffi::c_void;
use std::os::raw::{c_int, c_uchar};

/// The number of tickets of TLS 1.3 that OpenSSL gives a client where nobody sets another.
const OPENSSLS_TICKETS: usize = 2;

/// Has the handshakes of a virtual host judged by the module instead of OpenSSL's chain builder.
///
/// # Safety
/// `context` is the host's own, valid while the configuration is.
pub(super) unsafe fn judge_handshakes<M: Module>(server: Server<'_>, context: *mut ffi::SSL_CTX) {
    let config = std::ptr::from_ref(server.config::<M>()).cast_mut().cast();
    // SAFETY: the caller vouches for the context; the configuration outlives it.
    unsafe { ffi::SSL_CTX_set_cert_verify_callback(context, Some(verify::<M>), config) };
}

/// Has each client given one ticket of TLS 1.3: phones keep one at most, and each costs as much as many requests.
///
/// # Safety
/// As [`judge_tickets`].
pub(super) unsafe fn give_one_ticket(context: *mut ffi::SSL_CTX) {
    // SAFETY: the caller vouches for the context.
    unsafe {
        // Another number has been set by somebody, in openssl.cnf for example.
        if ffi::SSL_CTX_get_num_tickets(context) == OPENSSLS_TICKETS {
            ffi::SSL_CTX_set_num_tickets(context, 1);
        }
    }
}

/// Has the tickets that clients bring checked before they are used. OpenSSL opens them with the context that a
/// connection began with, before it looks for the host by name.
///
/// # Safety
/// `context` is a context of mod_ssl's.
pub(super) unsafe fn judge_tickets<M: Module>(context: *mut ffi::SSL_CTX) {
    // SAFETY: the caller vouches for the context; the callback needs no argument.
    unsafe { ffi::SSL_CTX_set_session_ticket_cb(context, None, Some(ticket::<M>), std::ptr::null_mut()) };
}

/// For a ticket that has been opened, or could not be.
unsafe extern "C" fn ticket<M: Module>(
    _: *mut ffi::SSL,
    session: *mut ffi::SSL_SESSION,
    _: *const c_uchar,
    _: usize,
    status: ffi::SSL_TICKET_STATUS,
    _: *mut c_void,
) -> ffi::SSL_TICKET_RETURN {
    let as_before = match status {
        ffi::SSL_TICKET_SUCCESS => ffi::SSL_TICKET_RETURN_USE,
        ffi::SSL_TICKET_SUCCESS_RENEW => ffi::SSL_TICKET_RETURN_USE_RENEW,
        _ => return ffi::SSL_TICKET_RETURN_IGNORE_RENEW,
    };
    let resumes = guard(
        "ticket",
        || {
            // SAFETY: OpenSSL passes the session that it has just read.
            M::resumes(&unsafe { session_data(session) })
        },
        |panic| {
            log::failure::<M>(None, panic);
            false
        },
    );
    if resumes { as_before } else { ffi::SSL_TICKET_RETURN_IGNORE_RENEW }
}

/// For a client's certificate.
unsafe extern "C" fn verify<M: Module>(context: *mut ffi::X509_STORE_CTX, config: *mut c_void) -> c_int {
    // SAFETY: OpenSSL asks with its own context.
    let Some(handshake) = (unsafe { Handshake::new(context) }) else { return 0 };
    if handshake.is_required() {
        return handshake.verify();
    }
    handshake.count_tickets_as_host();
    let trusted = guard(
        "handshake",
        || {
            // SAFETY: `judge_handshakes` passed the host's configuration.
            M::handshake(unsafe { &*config.cast_const().cast::<M::Server<'_>>() }, &handshake)
        },
        |panic| {
            if let Some(connection) = handshake.connection() {
                log::failure::<M>(Some(&connection), panic);
                M::connection_failed(&connection);
            }
            false
        },
    );
    handshake.report(trusted)
}
