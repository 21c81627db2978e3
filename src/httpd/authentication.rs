//! httpd's own authentication: its modules look whether a request comes with somebody's password.

use crate::ffi;
use crate::httpd::request::Request;
use crate::httpd::table::Table;
use mtlsprotect_memory::bytes;
use std::ptr::null_mut;

/// What httpd's modules say of a request's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticated<'r> {
    /// It is this user's.
    User(&'r [u8]),
    /// Nobody has looked at one, or whoever did says of no user that he has one.
    Unchecked,
    /// The answer is this status, from 300 on: 401 with the challenge of the module that asks. `is_stale` if the password
    /// was right and only the challenge too old to which it answers (RFC 7616, section 3.3).
    Refused { status: u16, is_stale: bool },
}

/// The types of authentication in which a client shows that it knows a password.
const BY_PASSWORD: [&[u8]; 2] = [b"Basic", b"Digest"];

impl<'r> Request<'r> {
    /// Has the modules that check passwords (`AuthType`) look at the request, whatever they have said of it before.
    ///
    /// A user that stood there already counts for nothing, since a failed password, SSLUserName and others leave one. It
    /// is put back where nobody is found to have sent a password, so that no error page sees a user of ours that is none.
    pub fn authenticate(&self) -> Authenticated<'r> {
        let raw = self.as_ptr();
        // SAFETY: fields of a request that only this thread uses; what stands there lives as long as the request.
        let (user, kind) = unsafe { ((&raw const (*raw).user).read(), (&raw const (*raw).ap_auth_type).read()) };
        let set = |user, kind| {
            // SAFETY: as above; null, or what httpd had there.
            unsafe {
                (&raw mut (*raw).user).write(user);
                (&raw mut (*raw).ap_auth_type).write(kind);
            }
        };
        set(null_mut(), null_mut());
        // SAFETY: httpd runs the same hook for the same request.
        let answer = unsafe { ffi::ap_run_check_user_id(raw) };
        // SAFETY: null, or strings of the request's or its sections', which are replaced rather than changed.
        let (found, by) =
            unsafe { (bytes((&raw const (*raw).user).read()), bytes((&raw const (*raw).ap_auth_type).read())) };
        let is_password = by.is_some_and(|by| BY_PASSWORD.iter().any(|kind| by.eq_ignore_ascii_case(kind)));
        if let Some(user) = found.filter(|_| answer == ffi::OK && is_password) {
            return Authenticated::User(user);
        }
        set(user, kind);
        match u16::try_from(answer) {
            Ok(status @ 300..=599) => Authenticated::Refused { status, is_stale: self.is_challenge_renewed() },
            _ => Authenticated::Unchecked,
        }
    }

    /// Whether the answer's challenge says that the last one was too old.
    fn is_challenge_renewed(&self) -> bool {
        // SAFETY: the table lives as long as the request, in whose thread we are.
        let headers = unsafe { Table::new((&raw const (*self.as_ptr()).err_headers_out).read()) };
        let challenge = headers.and_then(|headers| headers.get(c"WWW-Authenticate")).unwrap_or_default();
        challenge.windows(b"stale=true".len()).any(|part| part.eq_ignore_ascii_case(b"stale=true"))
    }

    /// The user that httpd has for the request.
    pub fn user(&self) -> &'r [u8] {
        // SAFETY: as in `authenticate`.
        unsafe { bytes((&raw const (*self.as_ptr()).user).read()) }.unwrap_or_default()
    }
}
