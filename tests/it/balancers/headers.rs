//! Headers that are not what a balancer of that kind writes.

use super::*;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_testkit::Authority;
use openssl::base64::encode_block;

const UNTRUSTED: &str = "403 deny untrusted-certificate";

/// What came of a header, and what the log says of it.
fn refused(httpd: &Httpd, leaf: &str, why: &str) {
    let before = httpd.error_log().len();
    assert_eq!(with(&httpd.plain_client(), &own_file(), leaf), UNTRUSTED, "{leaf}");
    let log = httpd.error_log().split_off(before);
    let line = log.lines().find(|line| line.contains("denied reason=untrusted-certificate")).unwrap_or_default();
    assert!(line.contains(" why='") && line.contains(why), "{leaf}: no {why:?} in {log}");
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let httpd = behind("certificate=rfc9440").start();
    // with a dash from OpenSSL 3 on
    refused(&httpd, &written(&self_signed()).leaf, "signed certificate");
    let elsewhere = Authority::root("TEST Polycom Root CA").device(OWN);
    refused(&httpd, &written(&elsewhere).leaf, "certificate");
    let ca = Poly::shared().issuing1.as_identity();
    refused(&httpd, &written(&ca).leaf, "CA");
    // a certificate of today under the name of the phone's issuer, whose key nobody has
    let named_alike = Certificate::ca("TEST Polycom Equipment Issuing CA 1").issue_authority().device(OWN);
    let Written { leaf, chain } = written(&named_alike);
    let whole = [("Client-Cert", leaf.as_str()), ("Client-Cert-Chain", chain.as_deref().unwrap_or(""))];
    assert_eq!(ask(&httpd.plain_client(), "GET", own_file(), &whole, b""), UNTRUSTED);
    assert_eq!(with(&httpd.plain_client(), &own_file(), &written(&phone()).leaf), "200 allow own-file");
}

#[test]
fn a_header_that_is_not_exactly_a_certificate() {
    let httpd = behind("certificate=rfc9440").start();
    let (own, der) = (written(&phone()).leaf, phone().cert.to_der().unwrap());
    let item = |der: &[u8]| format!(":{}:", encode_block(der));
    for (leaf, why) in [
        ("x".to_owned(), "is not a byte sequence"),
        (own.trim_matches(':').to_owned(), "is not a byte sequence"),
        (format!("{own};a=1"), "is not a byte sequence"),
        (format!("subject=x {own}"), "is not a byte sequence"),
        (own.replace("MII", "M II"), "is not base64"),
        (item(&[&der[..], b"\0"].concat()), "nothing behind it"),
        (item(&[&der[..], &der[..]].concat()), "nothing behind it"),
        (item(&der[..der.len() - 1]), "is not one certificate"),
        (item(b"0\x03\x02\x01\x01"), "is not a certificate that OpenSSL reads"),
        ("::".to_owned(), "is not one certificate"),
    ] {
        refused(&httpd, &leaf, why);
    }
}

#[test]
fn a_header_that_came_twice() {
    let httpd = behind("certificate=rfc9440").start();
    let client = httpd.plain_client();
    let (own, others) = (written(&phone()).leaf, written(&Poly::shared().phone(OTHER)).leaf);
    for (first, second) in [(&own, &others), (&others, &own), (&own, &own), (&own, &String::new())] {
        for path in [own_file(), other_file()] {
            let twice = [("Client-Cert", first.as_str()), ("Client-Cert", second)];
            assert_eq!(ask(&client, "GET", path, &twice, b""), UNTRUSTED);
        }
    }
    let line = httpd.wait_for_log("denied reason=untrusted-certificate");
    assert!(line.contains("the header Client-Cert came more than once"), "{line}");
    // its other spellings are nobody's, and don't reach the application
    for spelling in ["Client_Cert", "client_cert", "CLIENT_CERT"] {
        let both = [(spelling, others.as_str()), ("Client-Cert", &own)];
        let response = client.request("GET", own_file().as_bytes(), &both, b"").unwrap();
        assert_eq!(response.header("X-Verdict"), Some("allow own-file"));
        assert_eq!(response.header("X-Seen"), Some(format!("{own}|||").as_str()));
        assert_eq!(ask(&client, "GET", other_file(), &both, b""), "403 deny mac-mismatch");
        assert_eq!(ask(&client, "GET", other_file(), &both[..1], b""), "403 deny no-certificate");
    }
    httpd.wait_for_log("removed the header Client_Cert, which came through a balancer that writes another");
}

#[test]
fn a_header_folded_over_two_lines_or_with_spaces_around_it() {
    let httpd = behind("certificate=rfc9440").start();
    let own = written(&phone()).leaf;
    let send = |header: &str| {
        let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n", own_file());
        let response = httpd.plain_client().connect().unwrap().raw(request.as_bytes()).unwrap();
        (response.status, response.header("X-Verdict").unwrap_or_default().to_owned())
    };
    let (start, end) = own.split_at(100);
    assert_eq!(send(&format!("Client-Cert: {start}\r\n {end}")), (403, "deny untrusted-certificate".to_owned()));
    assert_eq!(send(&format!("Client-Cert:\t {own} \t")), (200, "allow own-file".to_owned()));
    assert_eq!(send(&format!("Client-Cert:\r\n {own}")).0, 200);
    // as a header that goes no further than the next server
    assert_eq!(send(&format!("Client-Cert: {own}\r\nConnection: Client-Cert")), (200, "allow own-file".to_owned()));
}

#[test]
fn a_header_of_64_kib_and_a_chain_of_fifty() {
    let httpd = behind("certificate=rfc9440").config("LimitRequestFieldSize 70000\nLimitRequestLine 70000").start();
    refused(&httpd, &format!(":{}:", "A".repeat(65_000)), "is longer than 32768 bytes");
    let own = written(&phone()).leaf;
    let long_chain = vec![own.as_str(); 50].join(", ");
    let whole = [("Client-Cert", own.as_str()), ("Client-Cert-Chain", long_chain.as_str())];
    assert_eq!(ask(&httpd.plain_client(), "GET", own_file(), &whole, b""), UNTRUSTED);
    let line = httpd.wait_for_log("has more than 16 certificates");
    assert!(line.contains("the header Client-Cert has more"), "{line}");
}

#[test]
fn a_balancer_that_says_http() {
    let httpd = behind("certificate=rfc9440").start();
    let own = written(&phone()).leaf;
    let client = httpd.plain_client();
    for (header, value) in [
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Proto", "https, HTTP"),
        ("X-Forwarded-Proto", "http, https"),
        ("Forwarded", "for=192.0.2.1;proto=http"),
        ("Forwarded", "for=192.0.2.1;proto=https, for=\"x;proto=http"),
    ] {
        let headers = [("Client-Cert", own.as_str()), (header, value)];
        assert_eq!(ask(&client, "GET", own_file(), &headers, b""), "403 deny plain-http", "{header}: {value}");
        assert_eq!(ask(&client, "GET", own_file(), &headers[1..], b""), "403 deny plain-http", "{header}: {value}");
    }
    let https = [("Client-Cert", own.as_str()), ("X-Forwarded-Proto", "https"), ("Forwarded", "proto=https")];
    assert_eq!(ask(&client, "GET", own_file(), &https, b""), "200 allow own-file");
    let twice = [("Client-Cert", own.as_str()), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")];
    assert_eq!(ask(&client, "GET", own_file(), &twice, b""), "403 deny plain-http");
}

/// PEM as OpenSSL writes it, and not the module's own writer.
fn pem(identity: &Identity) -> String {
    String::from_utf8(identity.cert.to_pem().unwrap()).unwrap()
}

fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn values_as_the_manuals_of_balancers_describe_them_that_were_not_run() {
    let envoy = |identity: &Identity, chain: &str| {
        // Envoy's documentation of x-forwarded-client-cert: "URL encoded PEM", quoted, in this order
        let encoded =
            |pem: &str| replaced(pem, &[("\n", "%0A"), (" ", "%20"), ("+", "%2B"), ("/", "%2F"), ("=", "%3D")]);
        let hash = Fingerprint::of(&identity.cert.to_der().unwrap());
        let cert = pem(identity);
        format!(
            "By=spiffe://cluster.local/ns/phones;Hash={hash};Cert=\"{}\";Chain=\"{}\";Subject=\"CN=0004F2AAAAAA,O=Polycom \
             Inc.\";URI=;DNS=phone.example",
            encoded(&cert),
            encoded(&(cert.clone() + chain))
        )
    };
    // Traefik's of passTLSClientCert: "delimiters and \n will be removed", several "separated by a ,"
    let bare = |pem: &str| {
        replaced(pem, &[("-----BEGIN CERTIFICATE-----", ""), ("-----END CERTIFICATE-----", ""), ("\n", "")])
    };
    let traefik = |identity: &Identity, chain: &str| match chain {
        "" => bare(&pem(identity)),
        chain => bare(&pem(identity)) + "," + &bare(chain),
    };
    // the ELB user guide: "URL-encoded PEM format, with +=/ as safe characters"
    let aws = |pem: &str| replaced(pem, &[("\n", "%0A"), (" ", "%20")]);
    let aws_leaf = |identity: &Identity, _chain: &str| aws(&pem(identity));
    let aws_all = |identity: &Identity, chain: &str| aws(&(pem(identity) + chain));
    type Value<'a> = &'a dyn Fn(&Identity, &str) -> String;
    let ways: [(Format, Value<'_>); 4] = [
        (Format::Envoy, &envoy),
        (Format::Traefik, &traefik),
        (Format::Aws, &aws_leaf),
        (Format::AwsPassthrough, &aws_all),
    ];
    let issuer = String::from_utf8(phone().chain[0].to_pem().unwrap()).unwrap();
    for (format, value) in ways {
        let httpd = behind(&format!("certificate={}", format.as_str())).config("LimitRequestFieldSize 16380").start();
        let header = format.default_header().unwrap();
        let client = httpd.plain_client();
        let get = |path: String, value: &str| ask(&client, "GET", path, &[(header, value)], b"");
        for chain in ["", &issuer] {
            let own = value(&phone(), chain);
            assert_eq!(get(own_file(), &own), "200 allow own-file", "{own}");
            assert_eq!(get(other_file(), &own), "403 deny mac-mismatch", "{own}");
        }
        assert_eq!(get(own_file(), &value(&self_signed(), "")), UNTRUSTED, "{header}");
        assert_eq!(get(own_file(), ""), "403 deny no-certificate", "{header}");
    }
}
