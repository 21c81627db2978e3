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
    /// httpd answers with this status; the request came with a password, which was wrong.
    Refused { status: u16, is_wrong: bool },
}
