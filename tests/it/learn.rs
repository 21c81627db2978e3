//! `MTLSProtect Learn`: a phone that has proven itself is protected, and one that never has is served as before.

use crate::judged::{self, MAC, OWN, SECRET, unique};
use mtlsprotect_core::learned::{Line, ProofLine, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_testkit::{Authority, Builder, Client, Httpd, Identity, Poly, tools};
use openssl::hash::MessageDigest;
use openssl::x509::X509;

/// A phone that has proven nothing.
const NEW: &str = "0004f2bbbbbb";
const NEW_FILE: &str = "/0004f2bbbbbb.cfg";

fn digest(certificate: &X509) -> Fingerprint {
    let bytes = certificate.digest(MessageDigest::sha256()).unwrap();
    Fingerprint::new((*bytes).try_into().unwrap())
}

/// The lines of a learned file in which these phones have proven themselves by a root.
fn proven_by(root: &X509, phones: &[(&str, &X509)]) -> Vec<u8> {
    let line = |&(mac, leaf): &(&str, &X509)| {
        let (mac, leaf, root) = (mac.parse::<Mac>().unwrap(), digest(leaf), digest(root));
        Line::Proof(ProofLine { mac, time: UnixTime::now() - 60, vendor: b"poly", leaf, root })
    };
    written(phones.iter().map(line))
}

/// The phone with the secret has proven itself.
pub fn learned() -> Vec<u8> {
    let phone = Poly::shared().phone(MAC);
    proven_by(&Poly::shared().root.cert, &[(MAC, &phone.cert)])
}

fn protected(mode: &str, learned: impl AsRef<[u8]>) -> Builder {
    unprotected()
        .page(NEW_FILE, SECRET)
        .page("sip.ld", SECRET)
        .file("learned", learned)
        .config(&format!("MTLSProtectLearnedFile learned\n<Directory {{docroot}}>\nMTLSProtect {mode}\n</Directory>"))
}

/// A server with the phone's file, and without any `MTLSProtect`.
pub fn unprotected() -> Builder {
    Httpd::builder()
        .with_module()
        .file("poly.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile poly.pem")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(OWN, SECRET)
}

/// A server that learns.
pub fn server(learned: impl AsRef<[u8]>) -> Builder {
    protected("Learn", learned)
}

/// What becomes of a request: `200 would-deny reason=no-certificate`.
fn sent(httpd: &Httpd, client: &Client, method: &str, path: &str) -> String {
    let path = match path.split_once('?') {
        Some((path, query)) => format!("{}&{query}", unique(path)),
        None => unique(path),
    };
    let response = client.request(method, path.as_str(), &[], b"").expect("an answer");
    let line = httpd.wait_for_access(&format!("{path} HTTP/"));
    let (_, fields) = line.split_once(" verdict=").expect("the kit's log has the verdict");
    let mut words = fields.split(' ');
    let (verdict, reason) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if response.status == 403 {
        assert!(verdict == "deny" && !response.text().contains(SECRET), "{line}");
    } else {
        assert_ne!(verdict, "deny", "{line}");
    }
    format!("{} {verdict} {reason}", response.status)
}

pub fn got(httpd: &Httpd, client: &Client, path: &str) -> String {
    sent(httpd, client, "GET", path)
}

fn phone(mac: &str) -> Identity {
    Poly::shared().phone(mac)
}

#[test]
fn a_phone_that_has_proven_itself_is_protected_from_everybody_else() {
    let httpd = server(learned()).module("http2").start();
    let (none, plain) = (httpd.client(), httpd.plain_client());
    assert_eq!(got(&httpd, &httpd.phone(&phone(MAC)), OWN), "200 allow reason=own-file");
    assert_eq!(got(&httpd, &none, OWN), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&judged::self_signed()), OWN), "403 deny reason=untrusted-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&judged::from_a_wrong_ca()), OWN), "403 deny reason=untrusted-certificate");
    assert_eq!(got(&httpd, &plain, OWN), "403 deny reason=plain-http");
    assert_eq!(got(&httpd, &httpd.phone(&phone(NEW)), OWN), "403 deny reason=mac-mismatch");
    assert_eq!(got(&httpd, &none, "/sip.ld?mac=0004f2aaaaaa"), "403 deny reason=no-certificate");
    for path in
        ["/0004f2aaaaaa/../0004f2bbbbbb.cfg", "/0004f2bbbbbb.cfg/0004f2aaaaaa", "/0004f2bbbbbb.cfg?mac=0004f2aaaaaa"]
    {
        assert_eq!(got(&httpd, &none, path), "403 deny reason=ambiguous-name", "{path}");
    }
    assert_eq!(sent(&httpd, &none, "PUT", "/0004f2aaaaaa-boot.log"), "403 deny reason=no-certificate");
    assert_eq!(sent(&httpd, &plain, "PUT", "/0004f2aaaaaa-boot.log"), "403 deny reason=plain-http");
    let response = tools::curl_h2(httpd.https(), None, OWN);
    assert!(response.status == 403 && !response.text().contains(SECRET));
}

#[test]
fn a_phone_that_never_has_is_served_and_the_log_says_so() {
    let httpd = server(learned()).start();
    let none = httpd.client();
    assert_eq!(got(&httpd, &none, NEW_FILE), "200 would-deny reason=no-certificate");
    let line = httpd.wait_for_log("would-deny reason=no-certificate cert-mac=- named=0004f2bbbbbb");
    assert!(line.ends_with(" mode=learn"), "{line}");
    let self_signed = mtlsprotect_testkit::Certificate::leaf(mtlsprotect_testkit::Subject::poly(NEW)).issue();
    assert_eq!(got(&httpd, &httpd.phone(&self_signed), NEW_FILE), "200 would-deny reason=untrusted-certificate");
    let expired = Poly::shared().leaf(mtlsprotect_testkit::Subject::poly(NEW)).expired().issue();
    assert_eq!(got(&httpd, &httpd.phone(&expired), NEW_FILE), "200 would-deny reason=expired-certificate");
    assert_eq!(got(&httpd, &httpd.plain_client(), NEW_FILE), "200 would-deny reason=plain-http");
    assert_eq!(got(&httpd, &none, "/sip.ld"), "200 would-deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/sip.ld?mac=0004f2bbbbbb"), "200 would-deny reason=no-certificate");
    // what is served to somebody who names nobody is served to somebody who names a phone anywhere
    assert_eq!(got(&httpd, &none, "/sip.ld?x=0004f2bbbbbb"), "200 would-deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/sip.ld?x=0004f2aaaaaa"), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&phone(NEW)), NEW_FILE), "200 allow reason=own-file");
    assert_eq!(got(&httpd, &httpd.phone(&phone("0004f2cccccc")), NEW_FILE), "403 deny reason=mac-mismatch");
    assert_eq!(sent(&httpd, &none, "DELETE", NEW_FILE), "403 deny reason=method");
}

#[test]
fn a_phone_that_has_not_proven_itself_writes_what_it_could_write_with_a_certificate() {
    let httpd = server(learned())
        .modules(&["dav", "dav_fs"])
        .config("<Directory {docroot}>\nDav On\nMTLSProtectMethods GET PUT COPY MOVE\n</Directory>")
        .start();
    let none = httpd.client();
    for (path, result) in [
        ("/0004f2bbbbbb-boot.log", "201 would-deny reason=no-certificate"),
        ("/0004f2aaaaaa-boot.log", "403 deny reason=no-certificate"),
        ("/boot.log", "403 deny reason=no-certificate"),
        ("/boot.log?mac=0004f2bbbbbb", "403 deny reason=no-certificate"),
        ("/0004f2bbbbbb/../boot.log", "403 deny reason=no-certificate"),
        ("/.htaccess?mac=0004f2bbbbbb", "403 deny reason=no-certificate"),
        ("/0004f2bbbbbb/.htaccess", "403 deny reason=no-certificate"),
    ] {
        assert_eq!(sent(&httpd, &none, "PUT", path), result, "{path}");
    }
    assert!(!httpd.docroot().join("boot.log").exists() && httpd.docroot().join("0004f2bbbbbb-boot.log").exists());
    // what may be read must not be copied to where another reads, or taken away from where another wrote
    for method in ["COPY", "MOVE"] {
        for to in ["0004f2aaaaaa-new.cfg", "sip.ld", "new.ld", ".htaccess"] {
            let destination = format!("https://localhost:{}/{to}", httpd.https());
            let headers = [("Destination", destination.as_str()), ("Overwrite", "T")];
            let response = none.request(method, NEW_FILE, &headers, b"").unwrap();
            assert_eq!(response.status, 403, "{method} {to}");
        }
    }
    assert!(httpd.docroot().join(&NEW_FILE[1..]).exists() && !httpd.docroot().join("new.ld").exists());
}

#[test]
fn through_a_rewrite_what_is_served_decides() {
    let httpd = server(learned())
        .module("rewrite")
        .vhost("RewriteEngine on\nRewriteRule ^/lab/(.*) /$1\nRewriteRule ^/as/(.*) /0004f2aaaaaa.cfg\nRewriteRule ^/boot/(.*) /sip.ld?mac=$1")
        .start();
    let none = httpd.client();
    for (path, result) in [
        ("/lab/0004f2aaaaaa.cfg", "403 deny reason=no-certificate"),
        ("/lab/0004f2bbbbbb.cfg", "200 would-deny reason=no-certificate"),
        ("/as/x", "403 deny reason=no-certificate"),
        ("/as/0004f2bbbbbb.cfg", "403 deny reason=ambiguous-name"),
        ("/boot/0004f2aaaaaa", "403 deny reason=no-certificate"),
    ] {
        assert_eq!(got(&httpd, &none, path), result, "{path}");
    }
}

#[test]
fn an_application_that_reads_the_url_by_itself_loses_no_phone_and_protects_the_proven() {
    let httpd = server(learned())
        .module("cgi")
        .config("ScriptAliasMatch \"^/prov/\" \"{root}/app.sh\"\n<Directory {root}>\nMTLSProtect Learn\nRequire all granted\n</Directory>")
        .start();
    let script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nanswer to %s' \"$REQUEST_URI\"\n";
    httpd.write_script("../app.sh", script);
    let none = httpd.client();
    for (path, result) in [
        ("/prov/0004f2bbbbbb.cfg", "200 would-deny reason=no-certificate"),
        ("/prov/0004f2aaaaaa.cfg", "403 deny reason=no-certificate"),
        ("/prov/0004F2-AAAAAA/phone.cfg", "403 deny reason=no-certificate"),
        ("/prov/0004f2bbbbbb.cfg?x=0004f2aaaaaa", "403 deny reason=ambiguous-name"),
        ("/prov/x?x=0004f2aaaaaa", "403 deny reason=no-certificate"),
        ("/prov/0004f2bbbbbb/0004f2aaaaaa.cfg", "403 deny reason=ambiguous-name"),
    ] {
        assert_eq!(got(&httpd, &none, path), result, "{path}");
    }
    assert_eq!(got(&httpd, &httpd.phone(&phone(NEW)), "/prov/0004f2bbbbbb.cfg"), "200 allow reason=own-file");
    assert_eq!(got(&httpd, &httpd.phone(&phone(NEW)), "/prov/0004f2aaaaaa.cfg"), "403 deny reason=mac-mismatch");
}

/// An application that leaves out all but digits, and takes the last or the first 12.
const CUTS: &str = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n\
    digits=$(printf %s \"${QUERY_STRING#*x=}${PATH_INFO##*/}\" | tr -cd '0-9a-f')\n\
    for mac in $(printf %s \"$digits\" | tail -c 12) $(printf %s \"$digits\" | head -c 12); do cat \"../$mac.secret\"; done\n";

#[test]
fn whoever_hides_a_proven_phone_behind_anothers_name_gets_nothing_of_an_application_that_cuts_names() {
    let httpd = server(learned())
        .module("cgi")
        .file("0004f2aaaaaa.secret", SECRET)
        .config("ScriptAlias /app \"{root}/cgi/app.sh\"\n<Directory {root}/cgi>\nMTLSProtect Learn\nRequire all granted\n</Directory>")
        .start();
    httpd.write_script("../cgi/app.sh", CUTS);
    let none = httpd.client();
    let asks = |path: &str| none.get(path).expect("an answer").text().contains(SECRET);
    // so would the application answer
    let off = server(learned())
        .module("cgi")
        .file("0004f2aaaaaa.secret", SECRET)
        .config("ScriptAlias /app \"{root}/cgi/app.sh\"\n<Directory {root}/cgi>\nRequire all granted\n</Directory>")
        .start();
    off.write_script("../cgi/app.sh", CUTS);
    for path in [
        "/app/123456780004-f2aaaaaa",
        "/app/123456780004-f2aaaaaa?x=",
        "/app/0004-f2aa-aaaa12345678",
        "/app/12-34-56-78-00-04-f2aaaaaa",
        "/app?x=123456aa0004-f2aaaaaa",
        "/app?y=1&x=0004f2bb0004-f2aaaaaa",
    ] {
        assert!(off.client().get(path).expect("an answer").text().contains(SECRET), "{path}");
        assert!(!asks(path), "{path}");
        assert_eq!(got(&httpd, &none, path), "403 deny reason=no-certificate", "{path}");
    }
}

#[test]
fn a_phone_that_has_not_proven_itself_loses_nothing_by_what_follows_its_name() {
    // its last digits begin a prefix, so that what follows them may be a name
    let own = "0004f20004f2";
    let files =
        ["0004f20004f2.cfg", "0004f20004f2-20261126-0715.log", "0004f20004f2-app.log.10", "0004f20004f2-aaaaab.cfg"];
    let httpd = files.iter().fold(server(learned()), |builder, file| builder.page(file, SECRET)).start();
    let none = httpd.client();
    for file in files {
        assert_eq!(got(&httpd, &none, &format!("/{file}")), "200 would-deny reason=no-certificate", "{file}");
        let query = format!("/{file}?mac={own}&v=5.9.7.4477&time=20261126071500");
        assert_eq!(got(&httpd, &none, &query), "200 would-deny reason=no-certificate", "{query}");
    }
    // nor a phone with its certificate, whatever it hides
    let path = "/0004f20004f2-aaaaaa.cfg";
    assert_eq!(got(&httpd, &none, path), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&phone(own)), path), "404 allow reason=own-file");
}

#[test]
fn a_certificate_that_has_expired_since_it_proved_its_phone_does_not_shut_it_out() {
    let poly = Poly::shared();
    let expired = poly.leaf(mtlsprotect_testkit::Subject::poly(MAC)).expired().issue();
    let other = poly.leaf(mtlsprotect_testkit::Subject::poly(MAC)).expired().issue();
    let httpd = server(proven_by(&poly.root.cert, &[(MAC, &expired.cert)])).start();
    assert_eq!(got(&httpd, &httpd.phone(&expired), OWN), "200 would-deny reason=expired-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&other), OWN), "403 deny reason=expired-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&expired), NEW_FILE), "200 would-deny reason=expired-certificate");
    assert_eq!(got(&httpd, &httpd.client(), OWN), "403 deny reason=no-certificate");
}

#[test]
fn a_lab_whose_root_this_host_does_not_trust_proves_nothing_here() {
    let lab = Authority::root("TEST Lab Root CA");
    let leaf = lab.device(MAC);
    let httpd = server(proven_by(&lab.cert, &[(MAC, &leaf.cert)])).start();
    assert_eq!(got(&httpd, &httpd.client(), OWN), "200 would-deny reason=no-certificate");
}

#[test]
fn proof_ends_an_exemption_by_address() {
    let devices =
        format!("{MAC} exempt from=127.0.0.0/8 until=2099-12-31\n{NEW} exempt from=127.0.0.0/8 until=2099-12-31\n");
    for mode in ["Learn", "On"] {
        let httpd =
            protected(mode, learned()).file("devices", &devices).config("MTLSProtectDeviceFile devices").start();
        assert_eq!(got(&httpd, &httpd.client(), OWN), "403 deny reason=no-certificate", "{mode}");
        assert_eq!(got(&httpd, &httpd.client(), NEW_FILE), "200 allow reason=exempt-device", "{mode}");
    }
}

#[test]
fn who_is_blocked_or_not_in_a_closed_file_is_refused_as_in_on() {
    let devices = "0004f2bbbbbb block\n0004f2cccccc allow\n";
    let httpd = server(learned())
        .page("0004f2cccccc.cfg", SECRET)
        .page("0004f2dddddd.cfg", SECRET)
        .file("devices", devices)
        .config("MTLSProtectDeviceFile devices closed")
        .start();
    let none = httpd.client();
    assert_eq!(got(&httpd, &none, NEW_FILE), "403 deny reason=blocked-device");
    assert_eq!(got(&httpd, &none, "/0004f2cccccc.cfg"), "200 would-deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/0004f2dddddd.cfg"), "403 deny reason=no-certificate");
}

#[test]
fn one_vendor_learns_while_the_others_are_enforced() {
    let yealink = Authority::root("TEST Yealink Root CA");
    let (proven, file) = ("001565aaaaaa", "/001565bbbbbb.cfg");
    let leaf = yealink.device(proven);
    let start = |mode: &str| {
        Httpd::builder()
            .with_module()
            .file("poly.pem", Poly::shared().bundle_pem())
            .file("yealink.pem", yealink.pem())
            .file("learned", proven_by(&yealink.cert, &[(proven, &leaf.cert)]))
            .config("MTLSProtectLearnedFile learned\nMTLSProtectVendor poly ca=poly.pem")
            .config("MTLSProtectVendor yealink ca=yealink.pem mode=learn")
            .config(&format!("<Directory {{docroot}}>\nMTLSProtect {mode}\n</Directory>"))
            .vhost("SSLVerifyClient optional_no_ca")
            .page("001565aaaaaa.cfg", SECRET)
            .page(file, SECRET)
            .page(NEW_FILE, SECRET)
            .page("sip.ld", SECRET)
            .start()
    };
    let httpd = start("On");
    let none = httpd.client();
    assert_eq!(got(&httpd, &none, file), "200 would-deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/001565aaaaaa.cfg"), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, NEW_FILE), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/sip.ld"), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &httpd.phone(&phone(NEW)), file), "403 deny reason=mac-mismatch");
    assert!(httpd.error_log().contains("vendors=poly,yealink(learn)"), "{}", httpd.error_log());
    let httpd = start("Report");
    assert_eq!(got(&httpd, &httpd.client(), "/001565aaaaaa.cfg"), "200 would-deny reason=no-certificate");
    let httpd = start("Learn");
    assert_eq!(got(&httpd, &httpd.client(), NEW_FILE), "200 would-deny reason=no-certificate");
}

#[test]
fn a_name_of_a_vendor_that_is_not_enforced_hides_none_of_one_that_is() {
    let yealink = Authority::root("TEST Yealink Root CA");
    // One that strips it and takes the last 12 digits reads another vendor's phone.
    let (own, both) = ("/001565bbbbbb-20261124.cfg", "/0015650004f2-aaaaaa.cfg");
    for mode in ["learn", "report"] {
        let httpd = Httpd::builder()
            .with_module()
            .file("poly.pem", Poly::shared().bundle_pem())
            .file("yealink.pem", yealink.pem())
            .file("learned", "")
            .config("MTLSProtectLearnedFile learned\nMTLSProtectVendor poly ca=poly.pem")
            .config(&format!("MTLSProtectVendor yealink ca=yealink.pem mode={mode}"))
            .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
            .vhost("SSLVerifyClient optional_no_ca")
            .page(&own[1..], SECRET)
            .page(&both[1..], SECRET)
            .start();
        assert_eq!(got(&httpd, &httpd.client(), own), "200 would-deny reason=no-certificate", "{mode}");
        assert_eq!(got(&httpd, &httpd.client(), both), "403 deny reason=no-certificate", "{mode}");
    }
}

#[test]
fn an_expression_that_names_a_proven_phone_late_is_obeyed_and_logged() {
    let httpd = server(learned())
        .module("rewrite")
        .vhost("RewriteEngine on\nRewriteRule ^/ext/(1)$ /sip.ld [E=PHONE:0004f2aaaaaa]\nRewriteRule ^/ext/(2)$ /sip.ld [E=PHONE:0004f2bbbbbb]")
        .config("<Directory {docroot}>\nRewriteEngine on\nRewriteRule ^late$ sip.ld [E=PHONE:0004f2aaaaaa]\nMTLSProtectNamedBy %{reqenv:PHONE}\n</Directory>")
        .page("late", SECRET)
        .start();
    let none = httpd.client();
    assert_eq!(got(&httpd, &none, "/ext/2"), "200 would-deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/ext/1"), "403 deny reason=no-certificate");
    assert_eq!(got(&httpd, &none, "/late"), "403 deny reason=no-certificate");
    httpd.wait_for_log_line(|line| line.contains("denied reason=no-certificate") && line.contains("'/late?")).unwrap();
    assert_eq!(got(&httpd, &none, "/sip.ld"), "200 would-deny reason=no-certificate");
}

#[test]
fn an_index_that_is_a_proven_phones_is_refused_and_others_are_not() {
    let httpd = server(learned())
        .modules(&["dir", "autoindex"])
        .config("<Directory {docroot}>\nDirectoryIndex 0004f2aaaaaa.cfg\nOptions Indexes\n</Directory>\n<Directory {docroot}/list>\nDirectoryIndex disabled\n</Directory>")
        .page("list/0004f2bbbbbb.cfg", SECRET)
        .page("list/0004f2aaaaaa.log", SECRET)
        .start();
    let none = httpd.client();
    // the access log has the directory's own verdict
    let index = none.get("/").unwrap();
    assert!(index.status == 403 && !index.text().contains(SECRET), "{}", index.text());
    let list = none.get("/list/").unwrap();
    assert!(list.text().contains("0004f2bbbbbb.cfg") && !list.text().contains("0004f2aaaaaa.log"), "{}", list.text());
}

#[test]
fn an_error_page_serves_nothing_that_was_refused() {
    let httpd = server(learned()).vhost("ErrorDocument 403 /0004f2bbbbbb.cfg").start();
    let response = httpd.client().get(OWN).unwrap();
    assert!(response.status == 403 && !response.text().contains(SECRET), "{}", response.text());
}

#[test]
fn what_the_server_protects_names_the_mode() {
    let httpd = server(learned()).start();
    let notice = httpd.wait_for_log("MTLSP0501");
    assert!(notice.contains("mode=Learn"), "{notice}");
    let table = server(learned()).configtest_with(&["-D", "DUMP_MTLSPROTECT"]);
    assert!(table.ok && table.text.contains(" Learn "), "{}", table.text);
    let replaced = server(learned())
        .config("<Location /lab>\nMTLSProtect Learn\n</Location>\n<Directory {docroot}>\nMTLSProtect On\n</Directory>");
    let output = replaced.configtest();
    assert!(
        output.ok && output.text.contains("MTLSP0405") && output.text.contains("has not proven itself"),
        "{}",
        output.text
    );
}
