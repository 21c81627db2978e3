//! Whose password comes with a request, and whether it counts.

use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Passwords, User};
use mtlsprotect_core::names::IdentityPattern;
use mtlsprotect_core::time::UnixTime;

/// What `MTLSProtectPassword` says.
#[derive(Clone, Copy, Debug)]
pub struct Setting(pub Option<Passwords>);

/// Reads its words.
///
/// # Errors
/// What they may be.
pub fn parse_passwords(text: &str) -> Result<Setting, String> {
    let until = match (text.to_ascii_lowercase().as_str(), text.strip_prefix("until=")) {
        ("off", _) => return Ok(Setting(None)),
        ("on", _) => UnixTime::MAX,
        (_, Some(day)) => UnixTime::end_of_day(day).ok_or("is not a day; write until=2027-03-31")?,
        _ => return Err("expected Off, On or until=DATE".to_owned()),
    };
    Ok(Setting(Some(Passwords { until })))
}

/// The device that a user is whose password httpd has found right: the name is its MAC, or has it where the pattern says.
pub fn of(name: Option<&str>, pattern: Option<&IdentityPattern>) -> User {
    let device = |name: &str| match pattern {
        None => Mac::of_device(name.as_bytes()),
        Some(pattern) => pattern.mac(name.as_bytes()).filter(|mac| mac.is_device()),
    };
    match name.map(device) {
        None => User::Unknown,
        Some(None) => User::NoDevice,
        Some(Some(mac)) => User::Device(mac),
    }
}
