//! The certificate asked for by a section only: renegotiation in TLS 1.2, post-handshake authentication in TLS 1.3.

use crate::judged::{self, LET_IN, MAC, OWN, SECRET, UNTRUSTED, copy_of, judged_at, unique};
use mtlsprotect_testkit::{Authority, Builder, Client, Connection, Httpd, Identity, Mpm, Poly, Subject};
use openssl::ec::EcKey;
use openssl::pkey::PKey;

const OWN_BELOW: &str = "/phones/0004f2aaaaaa.cfg";
const PUBLIC: &str = "welcome";

/// Below /phones a certificate is asked for; / is public, but for what is protected there.
fn sections() -> Builder {
    sections_with(Poly::shared().bundle_pem())
}

fn sections_with(ca_list: Vec<u8>) -> Builder {
    Httpd::builder()
        .with_module()
        .file("device-ca.pem", ca_list)
        .config("MTLSProtectCAFile {device_ca}")
        .config("<Directory {docroot}>\nMTLSProtect On\nMTLSProtectOtherFiles allow\n</Directory>")
        .vhost("<Location /phones>\nSSLVerifyClient optional_no_ca\n</Location>")
        .page(OWN_BELOW, SECRET)
        .page(OWN, SECRET)
        .page("public.txt", PUBLIC)
}

fn versions(client: &Client) -> [Client; 2] {
    [client.clone().tls12(), client.clone().tls13()]
}

fn ask(httpd: &Httpd, connection: &mut Connection) -> String {
    judged_at(httpd, connection, &unique(OWN_BELOW), &[])
}

fn senders() -> Vec<(&'static str, Identity, &'static str)> {
    let poly = Poly::shared();
    vec![
        ("right phone", poly.phone(MAC), LET_IN),
        ("right phone, the leaf alone", poly.phone(MAC).without_chain(), LET_IN),
        ("wrong phone", poly.phone("0004f2bbbbbb"), "403 mac-mismatch"),
        ("self-signed", judged::self_signed(), UNTRUSTED),
        ("wrong CA", judged::from_a_wrong_ca(), UNTRUSTED),
        ("expired", poly.leaf(Subject::poly(MAC)).expired().issue(), "403 expired-certificate"),
        ("two CNs", poly.leaf(Subject::cn(MAC).and_cn(MAC)).issue(), "403 no-device-identity"),
    ]
}

#[test]
fn a_section_that_asks_lets_the_right_phone_in_and_nobody_else() {
    for mpm in Mpm::ALL {
        let httpd = sections().mpm(mpm).start();
        for (name, identity, expected) in senders() {
            for client in versions(&httpd.phone(&identity)) {
                let mut connection = client.connect().unwrap();
                for round in ["asked", "known"] {
                    let case = format!("{name}, {mpm:?}, {}, {round}", connection.tls_version());
                    assert_eq!(ask(&httpd, &mut connection), expected, "{case}");
                }
            }
        }
        for client in versions(&httpd.client()) {
            assert_eq!(ask(&httpd, &mut client.connect().unwrap()), "403 no-certificate");
        }
    }
}

#[test]
fn a_connection_that_first_asked_for_a_public_file_is_judged_by_the_certificate_that_came_later() {
    for mpm in Mpm::ALL {
        let httpd = sections().mpm(mpm).start();
        for (name, identity, expected) in senders() {
            for client in versions(&httpd.phone(&identity)) {
                let mut connection = client.connect().unwrap();
                let case = format!("{name}, {mpm:?}, {}", connection.tls_version());
                assert_eq!(connection.get("/public.txt").unwrap().text(), PUBLIC, "{case}");
                assert_eq!(judged_at(&httpd, &mut connection, &unique(OWN), &[]), "403 no-certificate", "{case}");
                assert_eq!(ask(&httpd, &mut connection), expected, "{case}");
                // by now the certificate is known outside the section too
                assert_eq!(judged_at(&httpd, &mut connection, &unique(OWN), &[]), expected, "{case}");
            }
        }
    }
}

/// What a renegotiation has made mod_ssl never takes up again.
fn can_resume(connection: &Connection) -> bool {
    connection.tls_version() == "TLSv1.3"
}

/// A client of OpenSSL 1.1.1 that has resumed a session of TLS 1.3 and is asked once more sends no certificate, as whoever
/// has none.
fn when_resumed<'t>(connection: &Connection, expected: &'t str) -> &'t str {
    let sends_none = openssl::version::number() < 0x3000_0000 && connection.tls_version() == "TLSv1.3";
    if sends_none { "403 no-certificate" } else { expected }
}

#[test]
fn a_session_resumed_after_the_certificate_came_is_judged_like_the_first() {
    for tickets in ["on", "off"] {
        let httpd = sections().vhost(&format!("SSLSessionTickets {tickets}")).start();
        for (name, identity, expected) in senders() {
            for client in versions(&httpd.phone(&identity)) {
                let mut first = client.connect().unwrap();
                assert_eq!(ask(&httpd, &mut first), expected, "{name}");
                let session = copy_of(&first.session());
                let mut again = client.clone().resume(&session).connect().unwrap();
                let case = format!("{name}, {}, tickets {tickets}", again.tls_version());
                assert_eq!(again.resumed(), can_resume(&again), "{case}");
                let expected = when_resumed(&again, expected);
                assert_eq!(ask(&httpd, &mut again), expected, "{case}");
                assert_eq!(ask(&httpd, &mut again), expected, "{case}");
            }
        }
    }
}

#[test]
fn a_section_lets_in_by_a_list_of_roots_first_and_on_a_resumed_session_in_another_child() {
    for tickets in ["on", "off"] {
        let host = format!("SSLSessionTickets {tickets}");
        let httpd =
            sections_with(Poly::shared().root_pem()).mpm(Mpm::Prefork).children(2).threads(1).vhost(&host).start();
        for client in versions(&httpd.phone(&Poly::shared().phone(MAC))) {
            // held, so that the other child answers the next
            let mut first = client.connect().unwrap();
            assert_eq!(ask(&httpd, &mut first), LET_IN, "{}, tickets {tickets}", first.tls_version());
            let mut again = client.clone().resume(&copy_of(&first.session())).connect().unwrap();
            let case = format!("resumed, {}, tickets {tickets}", again.tls_version());
            assert_eq!(again.resumed(), can_resume(&again), "{case}");
            let expected = when_resumed(&again, LET_IN);
            assert_eq!(ask(&httpd, &mut again), expected, "{case}");
        }
    }
}

/// A phone's certificate, which is not secret, with a key that isn't its own.
fn without_its_key(phone: &Identity) -> Identity {
    let public = phone.cert.public_key().unwrap().ec_key().unwrap();
    let other = EcKey::generate(public.group()).unwrap();
    let key = EcKey::from_private_components(public.group(), other.private_key(), public.public_key()).unwrap();
    Identity { key: PKey::from_ec_key(key).unwrap(), ..phone.clone() }
}

#[test]
fn who_shows_a_phones_certificate_without_its_key_writes_nothing_and_reads_nothing() {
    let asking = [
        "<Location /phones>\nSSLVerifyClient optional_no_ca\n</Location>",
        "SSLCACertificateFile {device_ca}\n<Location /phones>\nSSLVerifyClient optional\nSSLVerifyDepth 5\n</Location>",
    ];
    for (asks, mpm) in asking.into_iter().flat_map(|asks| Mpm::ALL.map(|mpm| (asks, mpm))) {
        let httpd = Httpd::builder()
            .mpm(mpm)
            .modules(&["dav", "dav_fs"])
            .with_module()
            .file("device-ca.pem", Poly::shared().bundle_pem())
            .config("MTLSProtectCAFile {device_ca}\n<Directory {docroot}>\nMTLSProtect On\nDav On\n</Directory>")
            .vhost(asks)
            .page(OWN_BELOW, SECRET)
            .start();
        let phone = Poly::shared().phone(MAC);
        let thief = without_its_key(&phone);
        let put = |client: &Client, file: &str| {
            // the thief's connection may be gone before the answer is
            let answer = client.connect().unwrap().request("PUT", file, &[], b"forged");
            httpd.wait_for_access(&format!("PUT {file} "));
            (answer.map_or(0, |answer| answer.status), httpd.docroot().join(&file[1..]).exists())
        };
        let clients = versions(&httpd.phone(&phone)).into_iter().zip(versions(&httpd.phone(&thief)));
        for (round, (its, thiefs)) in clients.enumerate() {
            let case = format!("{asks} {mpm:?} {round}");
            let (status, written) = put(&thiefs, &format!("/phones/{MAC}-thief{round}.log"));
            assert!(!written && status != 201, "{case}: {status}");
            let read = thiefs.connect().unwrap().get(OWN_BELOW).map_or_else(|_| String::new(), |answer| answer.text());
            assert!(!read.contains(SECRET), "{case}: {read}");
            assert_eq!(put(&its, &format!("/phones/{MAC}-own{round}.log")), (201, true), "{case}");
        }
    }
}

/// Beside the phones, staff with a CA of their own in a section that requires it.
fn staff_server(host: &str, staff_ca: &Authority) -> Builder {
    Httpd::builder()
        .with_module()
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .file("staff.pem", staff_ca.pem())
        .config("MTLSProtectCAFile {device_ca}")
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost(host)
        .vhost("SSLCACertificateFile {root}/staff.pem\nSSLVerifyDepth 5")
        .vhost("<Location /staff>\nSSLVerifyClient require\nMTLSProtect Off\n</Location>")
        .page("staff/report.txt", "for staff")
        .page(OWN, SECRET)
        .page(OWN_BELOW, SECRET)
}

fn staff_page(client: &Client) -> Option<String> {
    // mod_ssl ends the connection of whom it doesn't trust there
    client.get("/staff/report.txt").ok().filter(|response| response.status == 200).map(|response| response.text())
}

fn staff_and_phones(host: &str, phones_file: &str, versions: &[&str]) {
    let staff_ca = Authority::root("Staff CA");
    let stranger = Authority::root("Staff CA").device("somebody");
    for mpm in Mpm::ALL {
        let httpd = staff_server(host, &staff_ca).mpm(mpm).start();
        let phone = Poly::shared().phone(MAC);
        for &version in versions {
            let client = if version == "TLS 1.2" { httpd.client().tls12() } else { httpd.client().tls13() };
            let case = format!("{mpm:?}, {version}");
            let staff = client.clone().identity(&staff_ca.device("somebody"));
            assert_eq!(staff_page(&staff).as_deref(), Some("for staff"), "{case}");
            for (name, refused) in
                [("a phone", &phone), ("a stranger", &stranger), ("self-signed", &judged::self_signed())]
            {
                assert_eq!(staff_page(&client.clone().identity(refused)), None, "{name}, {case}");
            }
            assert_eq!(staff_page(&client), None, "nobody, {case}");
            for (identity, expected) in
                [(&phone, LET_IN), (&judged::self_signed(), UNTRUSTED), (&staff_ca.device(MAC), UNTRUSTED)]
            {
                let mut connection = client.clone().identity(identity).connect().unwrap();
                assert_eq!(judged_at(&httpd, &mut connection, &unique(phones_file), &[]), expected, "{case}");
            }
        }
    }
}

#[test]
fn staff_with_a_ca_of_their_own_get_in_by_a_section_beside_a_host_of_phones() {
    // over TLS 1.3 mod_ssl itself can't ask a second time (AH10158)
    staff_and_phones("SSLVerifyClient optional_no_ca", OWN, &["TLS 1.2"]);
}

#[test]
fn staff_with_a_ca_of_their_own_get_in_by_a_section_beside_a_section_of_phones() {
    let phones = "<Location /phones>\nSSLVerifyClient optional_no_ca\n</Location>";
    staff_and_phones(phones, OWN_BELOW, &["TLS 1.2", "TLS 1.3"]);
}
