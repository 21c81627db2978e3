//! What an operator decided for one place of the server.

use crate::built_in::known_prefixes::KnownPrefixes;
use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::decision::devices::DeviceFile;
use crate::mac::Mac;
use crate::names::pattern::{FilePattern, Ignore};
use std::borrow::Cow;
use std::fmt;

crate::words! {
    /// Whether requests are judged, and whether a refusal is carried out; the stricter the later.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Mode {
        /// Not judged.
        Off = "Off",
        /// Judged and logged, and let pass.
        Report = "Report",
        /// Judged, and refused where the verdict says so.
        On = "On",
    }
}

crate::words! {
    /// Who may read what names no device: firmware, dictionaries, `000000000000.cfg`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum OtherFiles {
        /// Any device with a trusted certificate.
        Device = "device",
        /// Anybody.
        Allow = "allow",
        /// Nobody.
        Deny = "deny",
    }
}

/// The methods that phones may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods(Cow<'static, [Cow<'static, str>]>);

impl Methods {
    /// What phones do: GET, HEAD, OPTIONS and PUT.
    pub const DEFAULT: Methods = Methods(Cow::Borrowed(&[
        Cow::Borrowed("GET"),
        Cow::Borrowed("HEAD"),
        Cow::Borrowed("OPTIONS"),
        Cow::Borrowed("PUT"),
    ]));

    /// A list of methods. Names are case-sensitive tokens (RFC 9110, section 9.1); every
    /// registered one is in capitals, so anything else is taken for a typing error.
    ///
    /// # Errors
    /// The word that is no method, in a sentence for the operator.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut methods = Vec::new();
        for word in words {
            if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
                return Err(format!("\"{word}\" is no HTTP method; methods are written in capitals, like GET"));
            }
            methods.push(Cow::Owned(word.to_owned()));
        }
        Ok(Methods(Cow::Owned(methods)))
    }

    /// Whether `method` is one of them. HEAD goes with GET.
    pub fn allow(&self, method: &[u8]) -> bool {
        let listed = |name: &[u8]| self.0.iter().any(|allowed| allowed.as_bytes() == name);
        listed(method) || (method == b"HEAD" && listed(b"GET"))
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Everything that judging a request depends on besides the request and its sender.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// Whether to judge at all.
    pub mode: Mode,
    /// Who may read what names nobody.
    pub other_files: OtherFiles,
    /// What phones may do.
    pub methods: &'a Methods,
    /// Query parameters whose value is a device's name, in lower case.
    pub name_parameters: &'a [Cow<'static, str>],
    /// Patterns that find names of the site's own making.
    pub file_patterns: &'a [FilePattern],
    /// Text that is cut out before the search.
    pub ignore: &'a [Ignore],
    /// Prefixes of phones.
    pub known: &'a KnownPrefixes,
    /// Devices blocked, exempted, or the only ones let in.
    pub devices: Option<&'a DeviceFile>,
}

/// `MTLSProtectMethods` where nobody sets it.
pub static DEFAULT_METHODS: Methods = Methods::DEFAULT;

/// `MTLSProtectNameParameter` where nobody sets it.
pub static DEFAULT_NAME_PARAMETERS: &[Cow<'static, str>] = &[Cow::Borrowed("mac")];

impl<'a> Policy<'a> {
    /// What counts where an operator says `MTLSProtect On` and nothing else.
    pub fn with_defaults(known: &'a KnownPrefixes) -> Self {
        Policy {
            mode: Mode::On,
            other_files: OtherFiles::Device,
            methods: &DEFAULT_METHODS,
            name_parameters: DEFAULT_NAME_PARAMETERS,
            file_patterns: &[],
            ignore: &[],
            known,
            devices: None,
        }
    }
}

/// Who sends the request, as far as it is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender<'a> {
    /// The connection is not TLS.
    PlainHttp,
    /// TLS without a client certificate.
    NoCertificate,
    /// A certificate that the device CAs don't vouch for.
    Untrusted,
    /// A certificate that the device CAs would vouch for, were it or a CA above it not expired.
    Expired,
    /// A certificate that a device CA has revoked, or below a CA that has been.
    Revoked,
    /// A trusted certificate whose subject is no device's name.
    Nobody,
    /// A trusted certificate of a device whose prefix its vendor can't speak for.
    OtherVendors(Mac),
    /// A trusted certificate of some device with one of these prefixes (`identity=none`).
    AnyOf(&'a OwnedPrefixes),
    /// A trusted certificate of this device.
    Device(Mac),
}

impl Sender<'_> {
    /// The MAC that the certificate proves.
    pub fn mac(self) -> Option<Mac> {
        match self {
            Sender::Device(mac) | Sender::OtherVendors(mac) => Some(mac),
            _ => None,
        }
    }

    /// Whether the device CAs vouch for the certificate.
    pub fn is_trusted(self) -> bool {
        matches!(self, Sender::Device(_) | Sender::OtherVendors(_) | Sender::AnyOf(_) | Sender::Nobody)
    }

    /// Whether the certificate speaks for this device.
    pub fn may_be(self, mac: Mac) -> bool {
        match self {
            Sender::Device(own) => own == mac,
            Sender::AnyOf(prefixes) => prefixes.contains(mac.oui()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_goes_with_get_and_no_other_method_with_any() {
        let methods = Methods::new(["GET", "VERSION-CONTROL"]).unwrap();
        assert!(methods.allow(b"GET") && methods.allow(b"HEAD") && methods.allow(b"VERSION-CONTROL"));
        assert!(!methods.allow(b"PUT") && !methods.allow(b"get") && !methods.allow(b""));
        assert!(!Methods::new(["PUT"]).unwrap().allow(b"HEAD"));
        assert_eq!(methods.to_string(), "GET VERSION-CONTROL");
    }

    #[test]
    fn a_sender_is_trusted_and_speaks_for_a_device_by_what_its_certificate_proves() {
        let (own, other) = (Mac::from_bits(0x0004_f2aa_aaaa), Mac::from_bits(0x0015_65bb_bbbb));
        let prefixes = OwnedPrefixes::none().with([own.oui()]);
        for (sender, mac, trusted, speaks) in [
            (Sender::PlainHttp, None, false, false),
            (Sender::NoCertificate, None, false, false),
            (Sender::Untrusted, None, false, false),
            (Sender::Expired, None, false, false),
            (Sender::Revoked, None, false, false),
            (Sender::Nobody, None, true, false),
            (Sender::OtherVendors(own), Some(own), true, false),
            (Sender::AnyOf(&prefixes), None, true, true),
            (Sender::Device(own), Some(own), true, true),
        ] {
            assert_eq!((sender.mac(), sender.is_trusted()), (mac, trusted), "{sender:?}");
            assert_eq!((sender.may_be(own), sender.may_be(other)), (speaks, false), "{sender:?}");
        }
    }

    #[test]
    fn a_word_that_is_no_method_is_named() {
        for word in ["get", "", "GET,PUT", "*"] {
            assert!(Methods::new([word]).unwrap_err().contains(&format!("\"{word}\"")));
        }
    }
}
