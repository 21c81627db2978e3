//! What a certificate says about itself, beyond what OpenSSL's verifier looks at.

use crate::der::{BIT_STRING, BOOLEAN, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use crate::fingerprint::Fingerprint;
use crate::time::{DAY, UnixTime};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509Ref};

/// id-ce-keyUsage, -basicConstraints, -nameConstraints and -extKeyUsage (RFC 5280, section 4.2.1).
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];

/// keyCertSign, bit 5 of key usage (section 4.2.1.3), and the two purposes with which a certificate may
/// authenticate a TLS client: anyExtendedKeyUsage and id-kp-clientAuth (section 4.2.1.12).
const KEY_CERT_SIGN: u8 = 0x80 >> 5;
const CLIENT_PURPOSES: [&[u8]; 2] = [&[0x55, 0x1d, 0x25, 0x00], &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02]];

/// Whether the certificate may issue others: basicConstraints with cA true and, where key usage is
/// restricted at all, keyCertSign (RFC 5280, sections 4.2.1.3 and 4.2.1.9).
pub(crate) fn is_ca(certificate: &X509Ref) -> bool {
    says_ca(certificate) && allows(certificate, KEY_USAGE, signs_certificates)
}

/// Whether basicConstraints says cA, or can't be read: such a certificate is not a device's.
pub(crate) fn says_ca(certificate: &X509Ref) -> bool {
    match extension(certificate, BASIC_CONSTRAINTS) {
        Extension::Absent => false,
        Extension::Unreadable => true,
        Extension::Value(value) => {
            let Some(content) = Reader::new(&value).expect(SEQUENCE) else { return true };
            matches!(Reader::new(content).element(), Some((BOOLEAN, [truth])) if *truth != 0)
        }
    }
}

/// Whether the certificate limits the names below it.
pub(crate) fn constrains_names(certificate: &X509Ref) -> bool {
    !matches!(extension(certificate, NAME_CONSTRAINTS), Extension::Absent)
}

/// Whether the certificate may authenticate a TLS client: extended key usage absent, clientAuth or
/// any. OpenSSL's own purpose refuses anyExtendedKeyUsage, and keys not marked digitalSignature,
/// though the handshake has proven that they sign.
pub(crate) fn is_for_clients(certificate: &X509Ref) -> bool {
    allows(certificate, EXTENDED_KEY_USAGE, authenticates_clients)
}

/// Whether an extension that limits what a certificate is for allows it. One that can't be read doesn't.
fn allows(certificate: &X509Ref, limit: &[u8], allowed_by: fn(&[u8]) -> Option<bool>) -> bool {
    match extension(certificate, limit) {
        Extension::Absent => true,
        Extension::Unreadable => false,
        Extension::Value(value) => allowed_by(&value) == Some(true),
    }
}

/// Whether a key usage has keyCertSign; the first byte of a BIT STRING counts its unused bits.
fn signs_certificates(key_usage: &[u8]) -> Option<bool> {
    let bits = Reader::new(key_usage).expect(BIT_STRING)?;
    Some(bits.get(1).is_some_and(|first| first & KEY_CERT_SIGN != 0))
}

/// Whether an extended key usage has a purpose of clients.
fn authenticates_clients(extended_key_usage: &[u8]) -> Option<bool> {
    let mut purposes = Reader::new(Reader::new(extended_key_usage).expect(SEQUENCE)?);
    let mut found = false;
    while !purposes.is_empty() {
        found |= CLIENT_PURPOSES.contains(&purposes.expect(OBJECT_IDENTIFIER)?);
    }
    Some(found)
}

/// SHA-256 of the certificate's DER; an error when OpenSSL can't compute it.
pub fn fingerprint(certificate: &X509Ref) -> Result<Fingerprint, openssl::error::ErrorStack> {
    Ok(Fingerprint::of(&certificate.to_der()?))
}

/// The first and last second of the certificate's validity, in Unix time.
pub fn validity(certificate: &X509Ref) -> Option<(UnixTime, UnixTime)> {
    Some((unix_time(certificate.not_before())?, unix_time(certificate.not_after())?))
}

/// Unix time of an ASN.1 time.
pub(crate) fn unix_time(time: &Asn1TimeRef) -> Option<UnixTime> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Some(UnixTime::EPOCH + (i64::from(since.days) * DAY + i64::from(since.secs)))
}

/// A name as people write it, `O=Polycom Inc., CN=0004F28B54F4`, bytes as they are.
pub fn name_text(name: &X509NameRef) -> Vec<u8> {
    let mut text = Vec::new();
    for entry in name.entries() {
        if !text.is_empty() {
            text.extend(b", ");
        }
        let key = entry.object().nid().short_name().map_or_else(|_| entry.object().to_string(), str::to_owned);
        text.extend(key.as_bytes());
        text.push(b'=');
        text.extend(entry.data().as_slice());
    }
    text
}

/// The first Common Name of a subject; empty where there is none.
pub fn common_name(certificate: &X509Ref) -> Vec<u8> {
    let mut names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    names.next().map(|name| name.data().as_slice().to_vec()).unwrap_or_default()
}

enum Extension {
    Absent,
    Unreadable,
    Value(Vec<u8>),
}

/// The value of one extension of the certificate.
fn extension(certificate: &X509Ref, wanted: &[u8]) -> Extension {
    let Ok(der) = certificate.to_der() else { return Extension::Unreadable };
    find_extension(&der, wanted).unwrap_or(Extension::Unreadable)
}

/// Certificate, tbsCertificate, then the explicitly tagged `[3]` extensions (RFC 5280, section 4.1);
/// `None` also where there are two, of which each reader could take another.
fn find_extension(der: &[u8], wanted: &[u8]) -> Option<Extension> {
    let certificate = Reader::new(der).expect(SEQUENCE)?;
    let mut fields = Reader::new(Reader::new(certificate).expect(SEQUENCE)?);
    let mut only = Extension::Absent;
    while !fields.is_empty() {
        let (0xa3, extensions) = fields.element()? else { continue };
        let mut extensions = Reader::new(Reader::new(extensions).expect(SEQUENCE)?);
        while !extensions.is_empty() {
            let mut extension = Reader::new(extensions.expect(SEQUENCE)?);
            let found = extension.expect(OBJECT_IDENTIFIER)?;
            let value = match extension.element()? {
                (OCTET_STRING, value) => value,
                _critical => extension.expect(OCTET_STRING)?,
            };
            if found == wanted {
                let Extension::Absent = only else { return None };
                only = Extension::Value(value.to_vec());
            }
        }
    }
    Some(only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtlsprotect_testkit::{Authority, Subject};
    use openssl::hash::MessageDigest;
    use openssl::x509::X509Name;

    #[test]
    fn the_seconds_of_a_day_count_too() {
        for time in [0, 1, 86_399, 86_400, 1_234_567_890, 2_000_000_001, -1, -86_401] {
            assert_eq!(unix_time(&Asn1Time::from_unix(time).unwrap()), Some(UnixTime::from_seconds(time)));
        }
    }

    #[test]
    fn a_name_is_written_as_people_write_it() {
        let name = |entries: &[(&str, &str)]| {
            let mut name = X509Name::builder().unwrap();
            entries.iter().for_each(|(key, value)| name.append_entry_by_text(key, value).unwrap());
            String::from_utf8(name_text(&name.build())).unwrap()
        };
        assert_eq!(name(&[("O", "Polycom Inc."), ("CN", "0004F28B54F4")]), "O=Polycom Inc., CN=0004F28B54F4");
        assert_eq!(name(&[("CN", "x")]), "CN=x");
        assert_eq!(name(&[]), "");
    }

    #[test]
    fn a_phones_certificate_says_what_it_is() {
        let ca = Authority::root("R");
        let phone = ca.leaf(Subject::poly("0004f2aaaaaa")).issue();
        assert_eq!(common_name(&phone.cert), b"0004F2AAAAAA");
        let (from, until) = validity(&phone.cert).unwrap();
        assert!(*phone.cert.not_before() == *Asn1Time::from_unix(from.seconds()).unwrap());
        assert!(*phone.cert.not_after() == *Asn1Time::from_unix(until.seconds()).unwrap());
        assert!(
            fingerprint(&phone.cert).unwrap().as_bytes()[..] == phone.cert.digest(MessageDigest::sha256()).unwrap()[..]
        );
        assert!(!says_ca(&phone.cert) && !is_ca(&phone.cert) && says_ca(&ca.cert) && is_ca(&ca.cert));
        assert!(!constrains_names(&ca.cert) && is_for_clients(&phone.cert));
    }

    #[test]
    fn bytes_that_are_no_certificate_have_no_extension_that_could_be_read() {
        let der = Authority::root("R").cert.to_der().unwrap();
        assert!(matches!(find_extension(&der, BASIC_CONSTRAINTS), Some(Extension::Value(_))));
        assert!(matches!(find_extension(&der, NAME_CONSTRAINTS), Some(Extension::Absent)));
        for length in [0, 1, 10, der.len() / 2, der.len() - 1] {
            assert!(find_extension(&der[..length], BASIC_CONSTRAINTS).is_none(), "{length}");
        }
    }

    #[test]
    fn key_usage_lets_a_ca_sign_by_one_bit() {
        for (usage, signs) in [
            (&[3, 2, 1, 6][..], true),
            (&[3, 2, 2, 4], true),
            (&[3, 3, 7, 0x05, 0x80], true),
            (&[3, 2, 1, 2], false),
            (&[3, 2, 0, 0xfb], false),
            (&[3, 1, 0], false),
            (&[3, 0], false),
            (&[4, 2, 1, 6], false),
            (&[], false),
        ] {
            assert_eq!(signs_certificates(usage) == Some(true), signs, "{usage:?}");
        }
    }

    #[test]
    fn extended_key_usage_is_read_to_its_end() {
        let purpose = |purpose: &[u8]| [&[6, u8::try_from(purpose.len()).unwrap()], purpose].concat();
        let usage = |purposes: &[Vec<u8>]| {
            let purposes = purposes.concat();
            [&[0x30, u8::try_from(purposes.len()).unwrap()], &purposes[..]].concat()
        };
        let [any, client] = CLIENT_PURPOSES.map(purpose);
        let server = purpose(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]);
        for purposes in [
            &[any.clone()][..],
            std::slice::from_ref(&client),
            &[any, client.clone()],
            &[client.clone(), server.clone()],
        ] {
            assert_eq!(authenticates_clients(&usage(purposes)), Some(true), "{purposes:?}");
        }
        for purposes in [&[][..], &[server]] {
            assert_eq!(authenticates_clients(&usage(purposes)), Some(false), "{purposes:?}");
        }
        for broken in [usage(&[client.clone(), vec![5, 0]]), usage(&[client.clone(), vec![6, 9, 1]]), client, vec![]] {
            assert_eq!(authenticates_clients(&broken), None, "{broken:?}");
        }
    }

    #[test]
    fn an_extension_that_stands_twice_counts_as_unreadable() {
        let of = |extensions: &[&[u8]]| {
            let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
            wrap(0x30, &wrap(0x30, &wrap(0xa3, &wrap(0x30, &extensions.concat()))))
        };
        let basic: &[u8] = &[0x30, 8, 6, 3, 0x55, 0x1d, 0x13, 4, 1, 7];
        let names: &[u8] = &[0x30, 11, 6, 3, 0x55, 0x1d, 0x1e, 1, 1, 0xff, 4, 1, 8];
        let value = |der: &[u8], wanted| match find_extension(der, wanted) {
            Some(Extension::Value(value)) => value,
            _ => Vec::new(),
        };
        assert_eq!(value(&of(&[basic, names]), BASIC_CONSTRAINTS), [7]);
        assert_eq!(value(&of(&[basic, names]), NAME_CONSTRAINTS), [8]);
        assert!(find_extension(&of(&[basic, names, basic]), BASIC_CONSTRAINTS).is_none());
    }
}
