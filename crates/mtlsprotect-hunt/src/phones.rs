//! Whose files there are, and who asks for them.

use mtlsprotect_testkit::{Certificate, Identity, Poly, Subject};

/// The phone that asks, as a rule: its owner has its key.
pub const OWN: &str = "0004f2aaaaaa";
/// A phone of the same vendor.
pub const OTHER: &str = "0004f2bbbbbb";
/// A phone whose MAC reads as a date and time; its prefix is known.
pub const DATED: &str = "000413102030";
/// A phone of another vendor, whose prefix has nothing but decimal digits.
pub const DECIMAL: &str = "001565123456";
/// A device whose prefix belongs to no vendor that the module knows.
pub const UNKNOWN: &str = "0a1b2c3d4e5f";
/// All that have files.
pub const ALL: [&str; 5] = [OWN, OTHER, DATED, DECIMAL, UNKNOWN];
/// Those whose files [`OWN`] must never have.
pub const VICTIMS: [&str; 4] = [OTHER, DATED, DECIMAL, UNKNOWN];

/// Whether phones are known to have this prefix: loose spellings count only for these.
pub fn is_known(mac: &str) -> bool {
    mac != UNKNOWN
}

/// The number that a site's map has for a phone.
pub fn extension(mac: &str) -> String {
    let index = ALL.iter().position(|&known| known == mac).expect("a phone of ours");
    format!("{}", 201 + index)
}

/// What stands in a phone's file, and nowhere else.
pub fn secret(mac: &str, place: &str) -> String {
    format!("secret-{mac}-{place};\n")
}

/// The phones whose secrets stand in a text.
pub fn secrets_in(text: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(text);
    ALL.into_iter().filter(|mac| text.contains(&format!("secret-{mac}-"))).collect()
}

mtlsprotect_testkit::listed! {
    /// Who sends a request.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Sender {
        /// The phone [`OWN`], with its own certificate and key.
        Own,
        /// The phone [`OTHER`].
        Other,
        /// Somebody without a certificate.
        Stranger,
        /// Somebody with a certificate of his own making that says [`OTHER`].
        Forger,
        /// Somebody who speaks plain HTTP.
        Plain,
    }
}

impl Sender {
    /// The phone that this sender proves to be.
    pub fn mac(self) -> Option<&'static str> {
        match self {
            Sender::Own => Some(OWN),
            Sender::Other => Some(OTHER),
            Sender::Stranger | Sender::Forger | Sender::Plain => None,
        }
    }

    /// What it shows in the handshake.
    pub fn identity(self) -> Option<Identity> {
        match self {
            Sender::Own => Some(Poly::shared().phone(OWN)),
            Sender::Other => Some(Poly::shared().phone(OTHER)),
            Sender::Forger => {
                Some(Certificate::ca("TEST Polycom Root CA").issue_authority().leaf(Subject::poly(OTHER)).issue())
            }
            Sender::Stranger | Sender::Plain => None,
        }
    }

    /// For people.
    pub fn title(self) -> String {
        match self {
            Sender::Own | Sender::Other => format!("phone {}", self.mac().unwrap_or_default()),
            Sender::Stranger => "a stranger without a certificate".to_owned(),
            Sender::Forger => format!("a stranger with a certificate of his own that says {OTHER}"),
            Sender::Plain => "a stranger over plain HTTP".to_owned(),
        }
    }
}
