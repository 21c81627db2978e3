//! A password in place of a certificate: `MTLSProtectPassword`.

use crate::decision::asked::{Asked, User};
use crate::decision::devices::list::DeviceList;
use crate::decision::policy::{OtherFiles, Policy};
use crate::decision::rule::Rule;
use crate::mac::Mac;
use crate::names::named::Source;

/// How a password stands in for the certificate that a request lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not at all.
    None,
    /// It is to be asked for.
    Missing,
    /// It is another device's.
    Others,
    /// It is that of the device named.
    Own,
}

impl Rule {
    /// Whether it refuses a request for a certificate in whose place there may be a password. What is revoked stays so.
    pub(super) const fn is_mended_by_password(self) -> bool {
        matches!(self, Rule::NoCertificate | Rule::Untrusted | Rule::Expired | Rule::NoIdentity)
    }
}

impl Standing {
    /// In a request that is refused for its certificate.
    pub(super) fn of(policy: &Policy<'_>, asked: &Asked<'_>) -> Self {
        match (may_be_proven_by_password(policy, asked), asked.user) {
            (None, _) | (_, User::NoDevice) => Standing::None,
            (_, User::Unknown) => Standing::Missing,
            (Some(device), User::Device(user)) if user == device => Standing::Own,
            (Some(_), User::Device(_)) => Standing::Others,
        }
    }
}

/// The device that may prove itself by a password in this request: the only one that it names, if its certificate is not
/// known, or its line in the device file has a password stand in for that.
pub fn may_be_proven_by_password(policy: &Policy<'_>, asked: &Asked<'_>) -> Option<Mac> {
    policy.passwords.filter(|passwords| asked.now <= passwords.until)?;
    // Where nothing is known, everybody may have proven itself.
    let proven = asked.proven?;
    let only = asked.names.only()?;
    // A file that names nobody is not the device's because its headers name that.
    let is_in_header = asked.names.found().all(|(_, source)| is_header(source));
    if is_in_header && policy.other_files == OtherFiles::Deny {
        return None;
    }
    let until = policy.devices.as_ref().and_then(|file| DeviceList::password_until(file, only));
    let may = until.map_or_else(|| !proven.is_proven(only), |until| asked.now <= until);
    may.then_some(only)
}

fn is_header(source: Source) -> bool {
    matches!(source, Source::Host | Source::UserAgent | Source::Cookie)
}

#[cfg(test)]
mod tests {
    use crate::decision::devices::DeviceFile;
    use crate::decision::devices::list::Listing;
    use crate::mac::Mac;
    use crate::names::named::Named;
    use crate::time::UnixTime;

    const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

    fn mac(text: &str) -> Mac {
        Mac::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_line_says_until_when_a_device_may_send_its_password() {
        let file = DeviceFile::parse(
            b"0004f2000001 password\n0004f2000002 password until=2027-01-31 # bathroom\n0004f2000003 allow\n",
            NOW,
        )
        .unwrap();
        let list = file.list(true);
        let last = UnixTime::end_of_day("2027-01-31").unwrap();
        let until = |text| list.password_until(mac(text));
        assert_eq!((until("0004f2000001"), until("0004f2000002")), (Some(UnixTime::MAX), Some(last)));
        assert_eq!((until("0004f2000003"), until("0004f2000004")), (None, None));
        assert_eq!(list.listing(mac("0004f2000001")), Listing::Listed);
        assert_eq!(list.says(mac("0004f2000002")), "password until=2027-01-31");
        assert!(!list.has_exemptions() && !list.exempts(Named::One(mac("0004f2000001")), [192, 0, 2, 1].into(), NOW));
        let warnings = DeviceFile::parse(b"0004f2000002 password until=2027-01-31\n", last + 1).unwrap();
        let ended = "has 1 lines whose password has ended: 0004f2000002 in line 1 ended on 2027-01-31";
        assert_eq!(warnings.warnings(), [ended]);
    }
}
