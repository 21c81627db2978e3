//! What an operator sees of each request: the error-log line and the notes for CustomLog.

use mtlsprotect_testkit::{Authority, Builder, Certificate, Httpd, Identity, Poly, StringType, Subject, curl_h2};
use openssl::hash::MessageDigest;

fn site() -> Builder {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .page("0004f2aaaaaa.cfg", "secret of a")
        .page("shared.cfg", "shared")
        .page("denied.html", "sorry")
}

fn owner() -> Identity {
    Poly::shared().phone("0004f2aaaaaa")
}

fn other() -> Identity {
    Poly::shared().phone("0004f2bbbbbb")
}

/// The two fields that tell one certificate from another.
fn serial_and_digest(identity: &Identity) -> String {
    let serial = identity.cert.serial_number().to_bn().unwrap().to_hex_str().unwrap().to_lowercase();
    let digest = identity.cert.digest(MessageDigest::sha256()).unwrap();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("serial={serial} sha256={digest}")
}

/// The error log's lines of decisions.
fn decisions(httpd: &Httpd) -> Vec<String> {
    httpd.own_log().lines().filter(|line| line.contains(" reason=")).map(str::to_owned).collect()
}

#[test]
fn a_denial_has_all_fields_in_their_order() {
    let httpd = site().start();
    let (other, stranger) = (other(), Authority::root("TEST Stranger").device("0004f2aaaaaa"));
    assert_eq!(httpd.get(&other, "/shared.cfg?of=0004F2-AAAAAA&x=%20").status, 403);
    let line = httpd.wait_for_log("reason=mac-mismatch");
    let expected = format!(
        "MTLSP0115: mtlsprotect: denied reason=mac-mismatch cert-mac=0004f2bbbbbb named=0004f2aaaaaa found-in=query vendor=poly \
         subject='O=Polycom Inc., CN=0004F2BBBBBB' issuer='CN=TEST Polycom Equipment Issuing CA 1' {} method=GET \
         path='/shared.cfg?of=0004F2-AAAAAA&x=%20' host='localhost' ua='-'",
        serial_and_digest(&other)
    );
    assert!(line.ends_with(&expected), "{line}\nis not\n{expected}");
    assert!(line.contains("[mtlsprotect:warn]") && line.contains("[client 127.0.0.1:"), "{line}");

    assert_eq!(httpd.client().request("PUT", "/0004f2aaaaaa.log", &[], b"x").unwrap().status, 403);
    let line = httpd.wait_for_log("reason=no-certificate");
    let expected = "MTLSP0107: mtlsprotect: denied reason=no-certificate cert-mac=- named=0004f2aaaaaa found-in=uri vendor=- \
                    subject='-' issuer='-' serial=- sha256=- method=PUT path='/0004f2aaaaaa.log' host='localhost' ua='-'";
    assert!(line.ends_with(expected), "{line}\nis not\n{expected}");

    assert_eq!(httpd.get(&stranger, "/0004f2aaaaaa.cfg").status, 403);
    let line = httpd.wait_for_log("reason=untrusted-certificate");
    let expected = format!(
        "mtlsprotect: denied reason=untrusted-certificate cert-mac=- named=0004f2aaaaaa found-in=uri vendor=- \
         subject='CN=0004f2aaaaaa' issuer='CN=TEST Stranger' {} method=GET path='/0004f2aaaaaa.cfg' host='localhost' ua='-'",
        serial_and_digest(&stranger)
    );
    assert!(line.contains(&expected), "{line}\nhas not\n{expected}");
    assert!(line.contains("why='"), "the operator must be told what is wrong with it: {line}");
}

#[test]
fn report_serves_the_file_and_logs_what_it_would_deny() {
    let httpd = site().config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>").start();
    let response = httpd.get(&other(), "/0004f2aaaaaa.cfg");
    assert_eq!((response.status, response.text()), (200, "secret of a".into()));
    httpd.wait_for_log("mtlsprotect: would-deny reason=mac-mismatch cert-mac=0004f2bbbbbb named=0004f2aaaaaa ");
    assert_eq!(httpd.client().get("/0004f2aaaaaa.cfg").unwrap().status, 200);
    httpd.wait_for_log("mtlsprotect: would-deny reason=no-certificate ");
    assert_eq!(httpd.get(&owner(), "/0004f2aaaaaa.cfg").status, 200);
    httpd.wait_for_access("verdict=allow reason=own-file");
    assert_eq!(decisions(&httpd).len(), 2, "{}", httpd.error_log());
    assert!(!httpd.own_log().contains("denied "), "{}", httpd.error_log());
}

#[test]
fn what_is_allowed_is_logged_at_debug_only() {
    for (level, logged) in [("info", false), ("debug mtlsprotect:info", false), ("warn mtlsprotect:debug", true)] {
        let httpd = site().log_level(level).start();
        assert_eq!(httpd.get(&owner(), "/0004f2aaaaaa.cfg").status, 200);
        assert_eq!(httpd.get(&owner(), "/shared.cfg").status, 200);
        assert_eq!(httpd.get(&other(), "/0004f2aaaaaa.cfg").status, 403);
        httpd.wait_for_log("denied reason=mac-mismatch");
        let log = httpd.own_log();
        assert_eq!(
            log.contains("mtlsprotect: allowed reason=own-file cert-mac=0004f2aaaaaa"),
            logged,
            "{level}: {log}"
        );
        assert_eq!(
            log.contains("mtlsprotect: allowed reason=other-file cert-mac=0004f2aaaaaa"),
            logged,
            "{level}: {log}"
        );
    }
}

#[test]
fn no_client_can_forge_a_line_or_a_field() {
    let httpd = site().config("HttpProtocolOptions Unsafe").start();
    let hostile = b"x\"\n[forged] mtlsprotect: denied reason=forged \\ \r\x1b[31m\x01\x7f\xff\xc3\xbc%0a";
    let subject = |kind| Subject::cn_typed(kind, hostile);
    let before = httpd.error_log().len();
    let root = Certificate::ca(subject(StringType::T61)).issue_authority();
    let mut clients = vec![
        ("self-signed", Certificate::leaf(subject(StringType::T61)).issue()),
        ("issuer", root.device("0004f2aaaaaa")),
        (
            "trusted",
            Poly::shared().leaf(Subject::poly("0004f2bbbbbb").and("2.5.4.11", StringType::Ia5, hostile)).issue(),
        ),
    ];
    clients.push(("other", other()));
    for (number, (who, identity)) in clients.iter().enumerate() {
        let path = format!("/0004f2aaaaaa.cfg?{number}%22%0a%5c");
        let response = httpd.get(identity, &path);
        assert_eq!(response.status, 403, "{who}");
        assert!(!response.text().contains("secret"), "{who}");
        let line = httpd.wait_for_log(&format!("path='{path}'"));
        assert!(!line.contains("reason=forged") || line.contains(" reason=forged %5C"), "{who}: {line}");
    }
    // bytes as they are, which Strict would not let in
    let paths: [&[u8]; 4] = [
        b"/0004f2aaaaaa.cfg?a\"b reason=own-file",
        b"/0004f2aaaaaa.cfg?\\\x01\x1b[0m",
        b"/0004f2aaaaaa.cfg?\xff\xc3\xbc",
        b"/0004f2aaaaaa.cfg?\" method=\"\\\"",
    ];
    for path in paths {
        let mut connection = httpd.phone(&other()).connect().unwrap();
        let agent = "0004f2aaaaaa\" reason=own-file \\ \x1b[31m";
        let response = connection.request("GET", path, &[("User-Agent", agent)], b"").unwrap();
        assert!(matches!(response.status, 400 | 403), "{}: {response:?}", String::from_utf8_lossy(path));
        assert!(!response.text().contains("secret"));
    }
    let agent = "phone 0004f2aaaaaa\" reason=own-file \\";
    let shown = httpd.phone(&other()).request("GET", "/shared.cfg?agent", &[("User-Agent", agent)], b"").unwrap();
    assert_eq!(shown.status, 403);
    httpd.wait_for_log("path='/shared.cfg?agent'");
    let log = httpd.error_log();
    // what httpd said before may look as it likes
    for line in log[before..].lines() {
        assert!(line.starts_with('['), "a line of the client's making: {line:?}");
        assert!(!line.starts_with("[forged]"), "{line:?}");
        assert!(!line.chars().any(|char| char.is_control() || !char.is_ascii()), "{line:?}");
    }
    for line in decisions(&httpd) {
        let fields = &line[line.find("mtlsprotect: ").unwrap()..];
        let quotes = if fields.contains(" why='") { 12 } else { 10 };
        assert_eq!(fields.matches('\'').count(), quotes, "{line}");
        assert!(!fields.contains(['\\', '"']), "{line}");
        // outside of quotes nothing but the module's own words
        let unquoted: String = fields.split('\'').step_by(2).collect();
        assert_eq!(unquoted.matches(" reason=").count(), 1, "{line}");
        assert_eq!(unquoted.matches(" method=").count(), 1, "{line}");
    }
}

#[test]
fn one_line_for_each_request_and_reason() {
    let httpd = site()
        .modules(&["include", "rewrite", "negotiation", "autoindex", "http2"])
        .vhost("ErrorDocument 403 /denied.html\nRewriteEngine on\nRewriteRule ^/hop/(.*) /hop2/$1")
        .vhost("RewriteRule ^/hop2/(.*) /$1")
        .config("<Directory {docroot}>\nOptions Includes MultiViews Indexes\nDirectoryIndex 0004f2aaaaaa.cfg x.html\n")
        .config("AddOutputFilter INCLUDES .shtml\nIndexOptions ShowForbidden\n</Directory>")
        .page("list/0004f2aaaaaa.cfg", "secret")
        .page(
            "page.shtml",
            "<!--#include virtual=\"/0004f2aaaaaa.cfg\"--><!--#include virtual=\"/0004f2aaaaaa.cfg\"-->",
        )
        .start();
    let other = other();
    let phone = httpd.phone(&other);
    let mut connection = phone.connect().unwrap();
    let paths = ["/0004f2aaaaaa.cfg?1", "/hop/0004f2aaaaaa.cfg?2", "/0004f2aaaaaa?3", "/sub/0004f2aaaaaa/../x?4"];
    for (number, path) in paths.iter().enumerate() {
        let response = connection.get(path).unwrap();
        assert_eq!((response.status, response.text()), (403, "sorry".into()), "{path}");
        httpd.wait_for_access(&format!("{path} "));
        let lines = decisions(&httpd);
        assert_eq!(lines.len(), number + 1, "{path}: {lines:#?}");
        assert!(lines[number].contains("reason=mac-mismatch") && lines[number].contains(path), "{path}: {lines:#?}");
    }
    assert_eq!(curl_h2(httpd.https(), Some(&other), "/0004f2aaaaaa.cfg?5").status, 403);
    httpd.wait_for_log("0004f2aaaaaa.cfg?5'");
    assert_eq!(decisions(&httpd).len(), 5, "{:#?}", decisions(&httpd));
    // refused parts of a response are left out of it, and do not deny the request
    for path in ["/page.shtml", "/list/?6"] {
        let response = connection.get(path).unwrap();
        assert!(!response.text().contains("secret"), "{path}");
    }
    httpd.wait_for_access("/list/?6 ");
    let lines = decisions(&httpd);
    let parts: Vec<_> = lines.iter().filter(|line| line.contains("page.shtml")).collect();
    assert!(parts.len() <= 1, "{parts:#?}");
}

#[test]
fn notes_for_the_access_log() {
    let httpd = site()
        .config("<Directory {docroot}/report>\nMTLSProtect Report\n</Directory>")
        .config("<Directory {docroot}/off>\nMTLSProtect Off\n</Directory>")
        .config("<Location /page>\nErrorDocument 403 /denied.html\n</Location>")
        .page("report/0004f2aaaaaa.cfg", "reported")
        .page("page/0004f2aaaaaa.cfg", "secret")
        .page("off/0004f2aaaaaa.cfg", "open")
        .start();
    let (owner, other) = (httpd.phone(&owner()), httpd.phone(&other()));
    let unknown = httpd.phone(&Poly::shared().leaf("12345678abcd").issue());
    let cases = [
        (&owner, "/0004f2aaaaaa.cfg", "200", "allow own-file 0004f2aaaaaa 0004f2aaaaaa poly"),
        (&owner, "/shared.cfg", "200", "allow other-file 0004f2aaaaaa - poly"),
        (&other, "/0004f2aaaaaa.cfg", "403", "deny mac-mismatch 0004f2bbbbbb 0004f2aaaaaa poly"),
        (&other, "/page/0004f2aaaaaa.cfg", "403", "deny mac-mismatch 0004f2bbbbbb 0004f2aaaaaa poly"),
        (&other, "/report/0004f2aaaaaa.cfg", "200", "would-deny mac-mismatch 0004f2bbbbbb 0004f2aaaaaa poly"),
        (&other, "/off/0004f2aaaaaa.cfg", "200", "- - - - -"),
        (&httpd.client(), "/0004f2aaaaaa.cfg", "403", "deny no-certificate - 0004f2aaaaaa -"),
        (&owner, "/0004f2aaaaaa/missing.cfg", "404", "allow own-file 0004f2aaaaaa 0004f2aaaaaa poly"),
        (&unknown, "/12345678abcd.log", "404", "allow own-file 12345678abcd 12345678abcd -"),
        (&owner, "/shared.cfg?mac=12", "403", "deny malformed-name 0004f2aaaaaa - poly"),
    ];
    for (number, (client, path, status, expected)) in cases.into_iter().enumerate() {
        let path = format!("{path}{}case{number}", if path.contains('?') { '&' } else { '?' });
        let response = client.get(&path).unwrap();
        assert_eq!(response.status.to_string(), status, "{path}");
        if path.starts_with("/page") {
            assert_eq!(response.text(), "sorry");
        }
        let line = httpd.wait_for_access(&format!("{path} "));
        let values: Vec<&str> = expected.split(' ').collect();
        let notes = format!(
            "verdict={} reason={} mac={} named={} vendor={} ",
            values[0], values[1], values[2], values[3], values[4]
        );
        assert!(line.starts_with(status) && line.contains(&notes), "{path}: not {notes:?}: {line}");
    }
}
