//! What comes out of headers, and what never does.

use crate::forwarded::{Certificates, Format, LONGEST, MOST_CERTIFICATES, Unreadable, Written, is_absent, read, write};
use crate::reference::forwarded::reference;
use crate::time::UnixTime;
use crate::trust::{ClientCertificate, fingerprint};
use crate::vendors::{Sources, Vendors};
use mtlsprotect_testkit::{Certificate, Identity, Poly, Subject};
use openssl::x509::X509;
use proptest::prelude::*;
use std::sync::LazyLock;

const OWN: &str = "0004f2aaaaaa";

/// A DER sequence around any content.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82], &length[..], content].concat()
}

fn certificates() -> impl Strategy<Value = Certificates> {
    let der = || prop::collection::vec(any::<u8>(), 0..200).prop_map(|content| sequence(&content));
    (der(), prop::collection::vec(der(), 0..4)).prop_map(|(leaf, chain)| Certificates { leaf, chain })
}

fn of(identity: &Identity) -> Certificates {
    let der = |certificate: &X509| certificate.to_der().unwrap();
    Certificates { leaf: der(&identity.cert), chain: identity.chain.iter().map(der).collect() }
}

fn read_back(format: Format, Written { leaf, chain }: &Written) -> Result<Certificates, Unreadable> {
    read(format, leaf.as_bytes(), chain.as_deref().unwrap_or_default().as_bytes())
}

fn has_no_chain(format: Format) -> bool {
    matches!(format, Format::Nginx | Format::Aws)
}

/// Envoy's Chain= has the leaf too, and the leaf alone has no certificate above it to be found by.
fn expected(format: Format, sent: &Certificates) -> Certificates {
    let chain = match format {
        _ if has_no_chain(format) => Vec::new(),
        Format::Envoy => std::iter::once(&sent.leaf).chain(&sent.chain).cloned().collect(),
        _ => sent.chain.clone(),
    };
    Certificates { leaf: sent.leaf.clone(), chain }
}

static VENDORS: LazyLock<Vendors> = LazyLock::new(|| {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), Poly::shared().bundle_pem()).unwrap();
    let mut sources = Sources::default();
    sources.list.add_file(file.path()).unwrap();
    Vendors::new(&sources, None, None, UnixTime::EPOCH).unwrap()
});

/// Whose certificate a header has, as the module judges it.
fn device_in(format: Format, leaf: &[u8]) -> Option<String> {
    let certificate = ClientCertificate::forwarded(&read(format, leaf, b"").ok()?).ok()?;
    let judged = VENDORS.judge(certificate.leaf(), certificate.sent(), UnixTime::now());
    judged.ok()?.trusted.mac.map(|mac| mac.to_string())
}

proptest! {
    #[test]
    fn what_a_balancer_writes_is_what_is_read(sent in certificates()) {
        for format in Format::ALL {
            let written = write(format, &sent);
            prop_assert_eq!(read_back(format, &written), Ok(expected(format, &sent)), "{:?}", written);
        }
    }

    #[test]
    fn whatever_is_read_the_obvious_way_reads_too(
        format in prop::sample::select(Format::ALL.to_vec()),
        sent in certificates(),
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..3),
        cut in 0_usize..3,
    ) {
        let mut leaf = write(format, &sent).leaf.into_bytes();
        let at = at.index(leaf.len());
        leaf.splice(at..(at + cut).min(leaf.len()), with);
        if let Ok(found) = read(format, &leaf, b"") {
            prop_assert_eq!(reference(format, &leaf), Some(found), "{}", leaf.escape_ascii());
        }
    }

    #[test]
    fn no_bytes_make_a_failure(
        format in prop::sample::select(Format::ALL.to_vec()),
        leaf in prop::collection::vec(any::<u8>(), 0..300),
        chain in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _ = read(format, &leaf, &chain);
    }

    #[test]
    fn a_changed_header_is_never_another_phones(
        format in prop::sample::select(Format::ALL.to_vec()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut leaf = write(format, &of(&Poly::shared().phone(OWN))).leaf.into_bytes();
        let at = at.index(leaf.len());
        leaf[at] = byte;
        let device = device_in(format, &leaf);
        prop_assert!(device.as_deref().is_none_or(|mac| mac == OWN), "{:?} {}", device, leaf.escape_ascii());
    }
}

#[test]
fn a_phones_certificate_comes_through_every_balancer() {
    let phone = Poly::shared().phone(OWN);
    for format in Format::ALL {
        let written = write(format, &of(&phone));
        let found = ClientCertificate::forwarded(&read_back(format, &written).unwrap()).unwrap();
        assert_eq!(*found.fingerprint(), fingerprint(&phone.cert).unwrap(), "{format:?}");
        assert_eq!(device_in(format, written.leaf.as_bytes()).as_deref(), Some(OWN), "{format:?}");
    }
}

#[test]
fn no_certificate_is_empty_or_what_httpd_writes_for_nothing() {
    for absent in ["", " ", "(null)", " (null) "] {
        assert!(is_absent(absent.as_bytes()), "{absent}");
    }
    for other in ["null", "(null)(null)", "-", ":"] {
        assert!(!is_absent(other.as_bytes()), "{other}");
    }
    let sent = Certificates { leaf: sequence(b"x"), chain: Vec::new() };
    for chain in ["", "(null)", "(null)(null)", "(null) (null)"] {
        let leaf = write(Format::Apache, &sent).leaf;
        assert_eq!(read(Format::Apache, leaf.as_bytes(), chain.as_bytes()).as_ref(), Ok(&sent), "{chain}");
    }
    let with_chain = Certificates { chain: vec![sequence(b"y")], ..sent };
    let Written { leaf, chain } = write(Format::Apache, &with_chain);
    let chain = chain.unwrap() + " (null)";
    assert_eq!(read(Format::Apache, leaf.as_bytes(), chain.as_bytes()), Ok(with_chain));
}

#[test]
fn a_header_that_came_twice_is_unreadable() {
    let (own, victim) = (of(&Poly::shared().phone(OWN)), of(&Poly::shared().phone("0004f2bbbbbb")));
    for format in Format::ALL {
        let one = |of: &Certificates| write(format, of).leaf;
        for twice in [
            format!("{}, {}", one(&victim), one(&own)),
            format!("{}, {}", one(&own), one(&own)),
            format!(", {}", one(&own)),
            format!("{},", one(&own)),
            format!("{}, ", one(&victim)),
            format!("x, {}", one(&own)),
        ] {
            assert!(read(format, twice.as_bytes(), b"").is_err(), "{format:?} {twice}");
        }
    }
    let plain = |of: &Certificates| write(Format::Nginx, of).leaf;
    let twice = format!("{}, {}", plain(&victim), plain(&own));
    assert_eq!(read(Format::Nginx, twice.as_bytes(), b""), Err(Unreadable::Twice));
    // httpd joins two headers by a comma and a space, and Traefik writes none
    let bare = |of: &Certificates| write(Format::Traefik, of).leaf;
    let twice = format!("{}, {}", bare(&victim), bare(&own));
    assert_eq!(read(Format::Traefik, twice.as_bytes(), b""), Err(Unreadable::Twice));
}

#[test]
fn a_certificate_with_something_around_it_is_unreadable() {
    let phone = of(&Poly::shared().phone(OWN));
    let written = |format| write(format, &phone).leaf;
    let longer = Certificates { leaf: [&phone.leaf[..], b"\0"].concat(), chain: Vec::new() };
    let shorter = Certificates { leaf: phone.leaf[..phone.leaf.len() - 1].to_vec(), chain: Vec::new() };
    for format in Format::ALL {
        for other in [&longer, &shorter] {
            assert_eq!(read_back(format, &write(format, other)), Err(Unreadable::NotDer), "{format:?}");
        }
        for around in [format!("=x{}", written(format)), format!("{}x", written(format))] {
            assert!(read(format, around.as_bytes(), b"").is_err(), "{format:?}");
        }
    }
    let prose = "Certificate:%0A".to_owned() + &written(Format::Nginx);
    assert_eq!(read(Format::Nginx, prose.as_bytes(), b""), Err(Unreadable::NotPem));
    let unescaped = written(Format::Apache);
    assert_eq!(read(Format::Nginx, unescaped.as_bytes(), b""), Err(Unreadable::NotEscaped));
    let escaped_twice = written(Format::Nginx).replace('%', "%25");
    assert!(read(Format::Nginx, escaped_twice.as_bytes(), b"").is_err());
    let cut = &written(Format::Nginx)[..40];
    assert!(read(Format::Nginx, cut.as_bytes(), b"").is_err());
    assert_eq!(read(Format::Nginx, b"-----BEGIN%2", b""), Err(Unreadable::Escape));
    assert_eq!(read(Format::Rfc9440, b":MAA=:;a=1", b""), Err(Unreadable::NotByteSequence));
    assert_eq!(read(Format::Rfc9440, b":", b""), Err(Unreadable::NotByteSequence));
    for not_base64 in [":MAA:", ":MAB=:", ":M AA=:", ":MAA=\n:", ":%4dAA=:", ":-_AA:"] {
        assert_eq!(read(Format::Rfc9440, not_base64.as_bytes(), b""), Err(Unreadable::NotBase64), "{not_base64}");
    }
    assert!(read(Format::Rfc9440, b":MAA=:", b"").is_ok());
    for format in [Format::Nginx, Format::Aws, Format::Apache] {
        let two = Certificates { leaf: sequence(b"x"), chain: vec![sequence(b"y")] };
        let both = write(Format::AwsPassthrough, &two).leaf;
        let both = if format == Format::Apache {
            write(Format::Apache, &two).leaf + " " + &write(Format::Apache, &two).chain.unwrap()
        } else {
            both
        };
        assert_eq!(read(format, both.as_bytes(), b""), Err(Unreadable::MoreThanLeaf), "{format:?}");
    }
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    let longest = vec![b'A'; LONGEST];
    let longer = vec![b'A'; LONGEST + 1];
    for format in Format::ALL {
        assert_eq!(read(format, &longer, b""), Err(Unreadable::TooLong));
        assert_eq!(read(format, b"x", &longer), Err(Unreadable::TooLong));
        assert!(read(format, &longest, b"").is_err_and(|error| error != Unreadable::TooLong));
    }
    let with = |count| Certificates { leaf: sequence(b"x"), chain: vec![sequence(b"y"); count] };
    for format in Format::ALL.into_iter().filter(|&format| !has_no_chain(format)) {
        // Envoy's chain has the leaf as well
        let most = MOST_CERTIFICATES - 1 - usize::from(format == Format::Envoy);
        assert!(read_back(format, &write(format, &with(most))).is_ok(), "{format:?}");
        for too_many in [most + 1, 50] {
            assert_eq!(
                read_back(format, &write(format, &with(too_many))),
                Err(Unreadable::TooMany),
                "{format:?} {too_many}"
            );
        }
    }
}

#[test]
fn envoys_element_is_read_as_envoy_writes_it() {
    let phone = of(&Poly::shared().phone(OWN));
    let cert = write(Format::Nginx, &phone).leaf;
    let hash = fingerprint(&X509::from_der(&phone.leaf).unwrap()).unwrap();
    let read = |text: &str| read(Format::Envoy, text.as_bytes(), b"").map(|found| found.leaf == phone.leaf);
    for good in [
        format!("Hash={hash};Cert=\"{cert}\""),
        format!("By=spiffe://x;Hash={hash};Cert={cert};Subject=\"CN=\\\"a,b;c\\\",O=x\";URI=;DNS=a.example"),
        format!("hash={};CERT=\"{cert}\"", hash.to_string().to_uppercase()),
        format!("Hash={hash};Subject=\"x;Cert=y\";Cert=\"{cert}\""),
    ] {
        assert_eq!(read(&good), Ok(true), "{good}");
    }
    for (bad, why) in [
        (format!("Hash={hash};Subject=\"\""), Unreadable::NoCert),
        (format!("Cert=\"{cert}\""), Unreadable::NotItsHash),
        (format!("Hash=;Cert=\"{cert}\""), Unreadable::NotItsHash),
        (format!("Hash={};Cert=\"{cert}\"", "0".repeat(64)), Unreadable::NotItsHash),
        (format!("Hash={hash};Cert=\"{cert}\";Cert=\"{cert}\""), Unreadable::Twice),
        (format!("Hash={hash};cert=x;Cert=\"{cert}\""), Unreadable::Twice),
        (format!("Hash={hash};Cert=\"{cert}\",By=x"), Unreadable::Twice),
        (format!("By=x,Hash={hash};Cert=\"{cert}\""), Unreadable::Twice),
        (format!(",Hash={hash};Cert=\"{cert}\""), Unreadable::Twice),
        (format!("Hash={hash};Cert=\"{cert}"), Unreadable::NotAnElement),
        (format!("Hash={hash};Cert=\"{cert}\"x"), Unreadable::NotAnElement),
        (format!("Hash={hash};Cert=\"{cert}\";"), Unreadable::NotAnElement),
        (format!("Hash={hash};Cert=\"{cert}\\\""), Unreadable::NotAnElement),
        ("x".to_owned(), Unreadable::NotAnElement),
    ] {
        assert_eq!(read(&bad), Err(why), "{bad}");
    }
}

#[test]
fn a_name_in_envoys_element_that_goes_on_as_another_certificate() {
    let victim = of(&Poly::shared().phone("0004f2bbbbbb"));
    let stranger = of(&Certificate::leaf(Subject::poly(OWN)).issue());
    let own_hash = fingerprint(&X509::from_der(&stranger.leaf).unwrap()).unwrap();
    let victims_hash = fingerprint(&X509::from_der(&victim.leaf).unwrap()).unwrap();
    let (own, victims) = (write(Format::Nginx, &stranger).leaf, write(Format::Nginx, &victim).leaf);
    // what his URI says, which Envoy doesn't quote, with and without cert: true
    for cert in [format!("Cert=\"{own}\";"), String::new()] {
        for uri in [
            format!("x;Cert=\"{victims}\""),
            format!("x;Hash={victims_hash};Cert=\"{victims}\""),
            format!("x,Hash={victims_hash};Cert=\"{victims}\""),
        ] {
            let element = format!("By=x;Hash={own_hash};{cert}URI={uri}");
            assert!(read(Format::Envoy, element.as_bytes(), b"").is_err(), "{element}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_in_an_operators_words() {
    let all = Unreadable::ALL;
    let said: std::collections::HashSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), all.len());
    assert!(Unreadable::TooLong.to_string().contains(&LONGEST.to_string()));
    assert!(Unreadable::TooMany.to_string().contains(&MOST_CERTIFICATES.to_string()));
}
