//! What hand-written SetEnvIf and Require lines let through or lock out, and the module does not.

use crate::asking::{CARELESS, OTHER, OWN, secret};
use mtlsprotect_testkit::{Authority, BY_HAND, Builder, Certificate, Client, Httpd, Identity, Poly, Subject, tools};

/// Another vendor, whose CA is in the list too.
fn yealink() -> Authority {
    Authority::root("TEST Yealink Root CA")
}

fn pages(builder: Builder, yealink: &Authority) -> Builder {
    builder
        .modules(&["http2", "setenvif"])
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("yealink.pem", yealink.pem())
        .file("both.pem", [Poly::shared().bundle_pem(), yealink.pem()].concat())
        .page(&format!("cfg/{OWN}.cfg"), secret(OWN))
        .page(&format!("cfg/{OTHER}.cfg"), secret(OTHER))
        .page("cfg/aabbccaaaaaa.cfg", secret("aabbccaaaaaa"))
}

/// The hand-written lines, and the module in their place.
fn both(yealink: &Authority) -> (Httpd, Httpd) {
    let by_hand =
        Httpd::builder().vhost("SSLCACertificateFile both.pem\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 5");
    let by_hand = pages(by_hand, yealink).config(BY_HAND);
    let module = Httpd::builder()
        .with_module()
        .config("MTLSProtectVendor poly ca=poly.pem\nMTLSProtectVendor yealink ca=yealink.pem")
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca");
    (by_hand.start(), pages(module, yealink).start())
}

/// The secret of a phone gets out, or nothing does.
fn leaks(client: &Client, path: &str, mac: &str) -> bool {
    client.get(path).is_ok_and(|response| response.text().contains(&secret(mac)))
}

fn own() -> Identity {
    Poly::shared().phone(OWN)
}

#[test]
fn a_stranger_who_resumes_a_tls_1_2_session() {
    let (by_hand, module) = both(&yealink());
    let stranger = Certificate::leaf(Subject::poly(OTHER)).issue();
    let path = format!("/cfg/{OTHER}.cfg");
    for (httpd, leak) in [(&by_hand, true), (&module, false)] {
        let client = httpd.phone(&stranger).tls12();
        let mut first = client.connect().unwrap();
        assert!(!first.get(&path).unwrap().text().contains(&secret(OTHER)), "the full handshake is refused");
        let mut again = client.resume(&first.session()).connect().unwrap();
        assert_eq!(again.get(&path).unwrap().text().contains(&secret(OTHER)), leak);
        assert!(again.resumed());
    }
    module.wait_for_log("reason=untrusted-certificate");
}

#[test]
fn a_vendors_ca_that_speaks_for_another_vendors_phone() {
    let yealink = yealink();
    let (by_hand, module) = both(&yealink);
    let forged = yealink.device(OTHER);
    let path = format!("/cfg/{OTHER}.cfg");
    assert!(leaks(&by_hand.phone(&forged).tls13(), &path, OTHER));
    assert!(!leaks(&module.phone(&forged).tls13(), &path, OTHER));
    module.wait_for_log("reason=vendor-mismatch");
}

#[test]
fn a_common_name_that_is_a_part_of_the_path() {
    let (by_hand, module) = both(&yealink());
    let generic = Poly::shared().leaf("cfg").issue();
    let path = format!("/cfg/{OTHER}.cfg");
    assert!(leaks(&by_hand.phone(&generic).tls13(), &path, OTHER));
    assert!(!leaks(&module.phone(&generic).tls13(), &path, OTHER));
    module.wait_for_log("reason=no-device-identity");
}

#[test]
fn a_prefix_that_the_pattern_does_not_list() {
    let (by_hand, module) = both(&yealink());
    let path = "/cfg/aabbccaaaaaa.cfg";
    assert!(leaks(&by_hand.client(), path, "aabbccaaaaaa"));
    assert!(!leaks(&module.client(), path, "aabbccaaaaaa"));
    module.wait_for_log("reason=no-certificate");
}

#[test]
fn a_phone_named_in_the_query_of_an_application() {
    let yealink = yealink();
    let application = |builder: Builder| {
        builder
            .module("cgi")
            .config("<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
    };
    let by_hand =
        Httpd::builder().vhost("SSLCACertificateFile both.pem\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 5");
    let by_hand = application(pages(by_hand, &yealink).config(BY_HAND)).start();
    let module = Httpd::builder().protected(Poly::shared().bundle_pem());
    let module = application(pages(module, &yealink)).start();
    for httpd in [&by_hand, &module] {
        httpd.write_script("app/run.sh", CARELESS);
    }
    let path = format!("/app/run.sh?mac={OTHER}");
    assert!(leaks(&by_hand.phone(&own()), &path, OTHER));
    assert!(!leaks(&module.phone(&own()), &path, OTHER));
    module.wait_for_log("reason=mac-mismatch");
}

#[test]
fn a_spelling_that_the_pattern_does_not_know() {
    let yealink = yealink();
    let spelled = "cfg/00-04-f2-bb-bb-bb.cfg";
    let by_hand =
        Httpd::builder().vhost("SSLCACertificateFile both.pem\nSSLVerifyClient optional_no_ca\nSSLVerifyDepth 5");
    let by_hand = pages(by_hand, &yealink).config(BY_HAND).page(spelled, secret(OTHER)).start();
    let module = pages(Httpd::builder().protected(Poly::shared().bundle_pem()), &yealink);
    let module = module.page(spelled, secret(OTHER)).start();
    assert!(leaks(&by_hand.phone(&own()), &format!("/{spelled}"), OTHER));
    assert!(!leaks(&module.phone(&own()), &format!("/{spelled}"), OTHER));
    module.wait_for_log("reason=mac-mismatch");
}

#[test]
fn the_right_phone_over_http2() {
    let (by_hand, module) = both(&yealink());
    let path = format!("/cfg/{OWN}.cfg");
    assert_eq!(tools::curl_h2(by_hand.https(), Some(&own()), &path).status, 403, "it locks the right phone out");
    let response = tools::curl_h2(module.https(), Some(&own()), &path);
    assert_eq!((response.status, response.text()), (200, secret(OWN)));
}
