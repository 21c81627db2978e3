//! In whose name a request is searched for names: loosely written ones of the sender count too.

use crate::decision::methods::reads;
use crate::decision::policy::Policy;
use crate::decision::sender::Sender;
use crate::mac::Mac;
use crate::names::named::Names;

/// The device that the sender proves to be, or as which it writes. `names` finds those of the request in nobody's name.
#[inline]
pub fn searched_as(
    policy: &Policy<'_>,
    sender: Sender<'_>,
    method: &[u8],
    names: impl FnOnce() -> Names,
) -> Option<Mac> {
    sender.mac().or_else(|| claimed_writer(policy, sender, method, names))
}

/// The one device that a write names, where its sender proves no address of its own: a device that
/// the device file exempts, one that has not proven itself where that is learned, one that has a password, or any of a
/// vendor's. It may write as that device or not at all.
fn claimed_writer(
    policy: &Policy<'_>,
    sender: Sender<'_>,
    method: &[u8],
    names: impl FnOnce() -> Names,
) -> Option<Mac> {
    let may_claim =
        matches!(sender, Sender::AnyOf(_)) || policy.devices.is_some() || policy.learns || policy.passwords.is_some();
    if !may_claim || reads(method) {
        return None;
    }
    names().only()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::known_prefixes::KnownPrefixes;
    use crate::built_in::owned_prefixes::OwnedPrefixes;
    use crate::decision::devices::DeviceFile;
    use crate::names::named::Source;
    use crate::time::UnixTime;

    #[test]
    fn who_proves_no_address_writes_as_the_device_that_he_names_where_he_may_be_one() {
        let (own, other) = (Mac::from_bits(0x0004_f2aa_aaaa), Mac::from_bits(0x0004_f2bb_bbbb));
        let known = KnownPrefixes::built_in();
        let file = tempfile::NamedTempFile::new().unwrap();
        let file = DeviceFile::read(file.path(), UnixTime::EPOCH).unwrap();
        let plain = Policy::with_defaults(&known);
        let with_file = Policy { devices: Some(file.list(false)), ..plain };
        let learning = Policy { learns: true, ..plain };
        let prefixes = OwnedPrefixes::none().with([own.oui()]);
        let any = Sender::AnyOf(&prefixes);
        let names = || Names::of_value(b"0004f2bbbbbb", &plain.naming, None, Source::Uri);
        for (policy, sender, method, expected) in [
            (&plain, Sender::Device(own), "GET", Some(own)),
            (&plain, Sender::OtherVendors(own), "PUT", Some(own)),
            (&plain, Sender::NoCertificate, "PUT", None),
            (&plain, any, "PUT", Some(other)),
            (&plain, any, "GET", None),
            (&with_file, Sender::NoCertificate, "PUT", Some(other)),
            (&with_file, Sender::NoCertificate, "HEAD", None),
            (&with_file, Sender::Device(own), "PUT", Some(own)),
            (&learning, Sender::PlainHttp, "PUT", Some(other)),
            (&learning, Sender::Untrusted, "GET", None),
        ] {
            assert_eq!(searched_as(policy, sender, method.as_bytes(), names), expected, "{sender:?} {method}");
        }
        assert_eq!(searched_as(&plain, any, b"PUT", Names::default), None, "and as nobody where he names nobody");
    }
}
