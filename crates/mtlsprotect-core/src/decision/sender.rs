//! Who sends a request.

use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::mac::Mac;
use crate::trust::distrust::Fault;

/// Who sends the request, as far as it is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender<'a> {
    /// The connection is not TLS.
    PlainHttp,
    /// TLS without a client certificate.
    NoCertificate,
    /// A certificate that the device CAs don't vouch for.
    Untrusted,
    /// A certificate that the device CAs would vouch for, if neither it nor a CA above it had expired.
    Expired,
    /// A certificate that a device CA has revoked, or below a CA that has been.
    Revoked,
    /// A trusted certificate whose subject is not a device's name.
    Nobody,
    /// A trusted certificate of a device whose prefix its vendor can't speak for.
    OtherVendors(Mac),
    /// A trusted certificate of some device with one of these prefixes (`identity=none`).
    AnyOf(&'a OwnedPrefixes),
    /// A trusted certificate of this device.
    Device(Mac),
}

impl From<Fault> for Sender<'_> {
    /// Whose certificate the device CAs don't vouch for.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::UnknownIssuer | Fault::Untrusted => Sender::Untrusted,
            Fault::Expired => Sender::Expired,
            Fault::Revoked => Sender::Revoked,
        }
    }
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
}
