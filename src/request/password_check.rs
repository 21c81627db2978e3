//! What came of asking for a password, as a request keeps it.

use mtlsprotect_core::Mac;

/// What came of asking for a password.
#[derive(Clone, Copy)]
pub enum PasswordCheck {
    /// This device's has come.
    Device(Mac),
    /// A user's has come that is not a device.
    NoDevice,
    /// Nobody here looks at passwords.
    Unchecked,
    /// Anybody on the way could read it.
    Readable,
    /// httpd answers with this status.
    Refused { status: u16, because: Because },
}

/// Why httpd answers with a status instead of a user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// No password came, or only the answer to an old challenge: it is asked for.
    Asks,
    /// The one that came is wrong.
    Wrong,
    /// It could not be looked at: a database that is down, or a header that can't be read.
    Failed,
}
