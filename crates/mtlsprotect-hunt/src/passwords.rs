//! `MTLSProtectPassword`: users of httpd who are phones.

use crate::phones::ALL;
use openssl::base64::encode_block;
use openssl::sha::sha1;

/// A user who is no phone.
pub const STAFF: &str = "staff";

/// Names of a user who is this phone: each has the same password.
pub fn names(mac: &str) -> [String; 2] {
    let pairs = (0..6).map(|at| &mac[2 * at..2 * at + 2]).collect::<Vec<_>>().join("-");
    [mac.to_owned(), pairs.to_uppercase()]
}

/// The password of a user, or of a phone whatever it is called.
pub fn password(of: &str) -> String {
    format!("of-{of}")
}

/// What AuthUserFile has, as `htpasswd -s` writes it.
pub fn file() -> String {
    let line = |name: &str, of: &str| format!("{name}:{{SHA}}{}\n", encode_block(&sha1(password(of).as_bytes())));
    let phones = ALL.iter().flat_map(|mac| names(mac).map(|name| line(&name, mac)));
    phones.chain([line(STAFF, STAFF)]).collect()
}

/// The header with a user's name and the password of a user.
pub fn basic(name: &str, of: &str) -> String {
    format!("Basic {}", encode_block(format!("{name}:{}", password(of)).as_bytes()))
}
