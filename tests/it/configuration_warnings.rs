//! What will surprise an operator is said by `httpd -t` and at startup, and stops neither.

use mtlsprotect_testkit::{Authority, Builder, Certificate, Digest, Httpd, Key, Poly};

const FOLDER: &str = "<Directory {docroot}>\nMTLSProtect On\n</Directory>";

/// A server without hosts that knows Poly's CAs.
fn bare() -> Builder {
    Httpd::builder().with_module().without_vhosts().file("device-ca.pem", Poly::shared().bundle_pem())
}

/// A TLS host of this name, with these lines in it.
fn host(name: &str, lines: &str) -> String {
    format!("<VirtualHost 127.0.0.1:{{https}}>\nServerName {name}\nSSLEngine on\n{lines}\n</VirtualHost>")
}

/// The configuration passes, and both `httpd -t` and the log at startup say all of this in one line.
fn warned(builder: Builder, words: &[&str]) {
    let says = |line: &str| line.contains("mtlsprotect: ") && words.iter().all(|word| line.contains(word));
    let output = builder.clone().configtest();
    assert!(output.ok && output.text.contains("Syntax OK"), "{}", output.text);
    assert_eq!(output.text.lines().filter(|line| says(line)).count(), 1, "{words:?}: {}", output.text);
    let httpd = builder.start();
    let logged = httpd.wait_for_log_line(says).unwrap_or_else(|log| panic!("{words:?} is not in the log:\n{log}"));
    assert!(logged.contains(":warn]"), "{logged}");
    assert_eq!(httpd.own_log().lines().filter(|line| says(line)).count(), 1, "{}", httpd.error_log());
}

fn with_list(pem: Vec<u8>) -> Builder {
    Httpd::builder().protected([Poly::shared().bundle_pem(), pem].concat())
}

#[test]
fn of_a_proper_configuration_nothing_is_said_whatever_others_say() {
    // of which httpd warns, as mod_ssl does of an OpenSSL older than the one that it was compiled with
    let builder = with_list(Vec::new()).config("NameVirtualHost 127.0.0.1:1");
    let output = builder.clone().configtest();
    assert!(output.ok && output.text.contains("NameVirtualHost has no effect"), "{}", output.text);
    assert!(!output.text.contains("mtlsprotect:"), "{}", output.text);
    let httpd = builder.start();
    httpd.wait_for_log("mtlsprotect: localhost");
    let log = httpd.own_log();
    assert!(log.lines().all(|line| line.contains("[mtlsprotect:notice]")), "{log}");
}

#[test]
fn a_host_that_serves_the_protected_folder_and_trusts_nobody() {
    let protected = host("a.example", "SSLVerifyClient optional_no_ca\nMTLSProtectCAFile {device_ca}");
    let others = [
        ("DocumentRoot {docroot}/cfg", "/docroot/cfg"),
        ("DocumentRoot {docroot}", "/docroot"),
        ("DocumentRoot {root}/logs\nAlias /phones {docroot}/cfg", "/docroot/cfg"),
        ("DocumentRoot {root}/logs\n<Location /phones>\nAlias {docroot}/cfg/\n</Location>", "/docroot/cfg"),
        ("DocumentRoot {root}/logs\nAliasMatch ^/p/(.*)$ {docroot}/cfg/$1", "/docroot/cfg/$1"),
    ];
    for (line, path) in others {
        let other = format!("<VirtualHost *:80>\nServerName b.example\n{line}\n</VirtualHost>");
        let builder = bare().page("cfg/x.cfg", "x").config(&format!("{protected}\n{other}\n{FOLDER}"));
        warned(builder, &["b.example", path, "no device CAs", "nobody is trusted", "httpd.conf:"]);
    }
}

#[test]
fn the_main_server_answers_where_no_host_listens() {
    let lines = "SSLVerifyClient optional_no_ca\nMTLSProtectCAFile {device_ca}\nMTLSProtect On";
    let builder = bare().config(&host("a.example", lines));
    let words =
        ["httpd.conf:", "Listen 127.0.0.1:", "the main server answers", "a.example (", "protects that", "<Directory"];
    warned(builder.clone(), &words);
    let elsewhere = "<VirtualHost *>\nServerName b.example\nRedirect / https://a.example/\n</VirtualHost>";
    let output = builder.clone().config(elsewhere).configtest();
    assert!(output.ok && !output.text.contains("mtlsprotect:"), "{}", output.text);
    let output = builder.config(FOLDER).configtest();
    assert!(output.ok && !output.text.contains("main server answers"), "{}", output.text);
}

#[test]
fn a_host_elsewhere_is_no_surprise() {
    let protected = host("a.example", "SSLVerifyClient optional_no_ca\nMTLSProtectCAFile {device_ca}");
    let other = "<VirtualHost *:80>\nServerName b.example\nDocumentRoot {root}/docroot-of-another\n</VirtualHost>";
    let builder = bare().file("docroot-of-another/x", "").config(&format!("{protected}\n{other}\n{FOLDER}"));
    let output = builder.configtest();
    assert!(output.ok && !output.text.contains("mtlsprotect:"), "{}", output.text);
}

#[test]
fn a_folder_whose_name_is_not_utf8_is_not_missing() {
    let protected = host("a.example", "SSLVerifyClient optional_no_ca\nMTLSProtectCAFile {device_ca}");
    let section = b"DocumentRoot \"${ROOT}/logs\"\nAlias /p \"${ROOT}/t\xe9l\"\n<Directory \"${ROOT}/t\xe9l\">\nMTLSProtect On\n</Directory>\n";
    let builder = bare().file("site.conf", section);
    let output = builder.config(&format!("Define ROOT {{root}}\nInclude {{root}}/site.conf\n{protected}")).configtest();
    assert!(output.ok && !output.text.contains("mtlsprotect:"), "{}", output.text);
}

#[test]
fn a_phones_certificate_in_the_list() {
    let poly = Poly::shared();
    warned(with_list(poly.phone("0004f2aaaaaa").cert_pem()), &["CN=0004F2AAAAAA", "device-ca.pem", "is not a CA"]);
    let version1 = Certificate::ca("GXE50XX").version1().issue();
    warned(with_list(version1.cert_pem()), &["CN=GXE50XX", "device-ca.pem", "is not a CA"]);
    let folder = Httpd::builder()
        .protected(poly.bundle_pem())
        .file("cas/a.pem", poly.root_pem())
        .file("cas/b.crt", poly.phone("0004f2aaaaaa").cert_pem())
        .config("MTLSProtectCAPath {root}/cas");
    warned(folder, &["CN=0004F2AAAAAA", "cas/b.crt", "is not a CA"]);
}

#[test]
fn a_ca_that_has_expired_or_soon_will() {
    let root = &Poly::shared().root;
    warned(with_list(root.ca("TEST old").expired().issue_authority().pem()), &["CN=TEST old", "has expired"]);
    let soon = root.ca("TEST soon").days(-1, 100).issue_authority();
    warned(with_list(soon.pem()), &["CN=TEST soon", "expires in ", "days"]);
    let early = root.ca("TEST early").not_yet_valid().issue_authority();
    warned(with_list(early.pem()), &["CN=TEST early", "not valid yet"]);
}

#[test]
fn a_ca_that_is_there_twice() {
    let root = Poly::shared().root_pem();
    warned(with_list(root.clone()), &["CN=TEST Polycom Root CA", "in the list twice"]);
    let again = with_list(Vec::new()).file("again.pem", root).config("MTLSProtectCAFile again.pem");
    warned(again, &["CN=TEST Polycom Root CA", "again.pem", "in the list twice"]);
}

#[test]
fn an_intermediate_whose_issuer_is_missing() {
    let orphan = Authority::root("TEST Missing Root").issue_ca("TEST orphan");
    warned(with_list(orphan.pem()), &["CN=TEST orphan", "CN=TEST Missing Root", "not in the list"]);
}

#[test]
fn a_key_or_digest_below_the_level() {
    let weak = Certificate::ca("TEST weak key").key(Key::Rsa(1024)).issue_authority();
    warned(with_list(weak.pem()), &["CN=TEST weak key", "below security level 2"]);
    let sha1 = Poly::shared().root.ca("TEST weak digest").digest(Digest::Sha1).issue_authority();
    warned(with_list(sha1.pem()), &["CN=TEST weak digest", "below security level 2"]);
}

#[test]
fn roots_of_several_vendors_in_one_list() {
    let yealink = Authority::root("TEST Yealink Root CA");
    warned(with_list(yealink.pem()), &["several vendors", "poly, yealink"]);
}

#[test]
fn a_host_with_the_same_folder_where_the_module_is_off() {
    let protected =
        host("a.example", "SSLVerifyClient optional_no_ca\nMTLSProtectCAFile {device_ca}\nMTLSProtect Report");
    let plain = "<VirtualHost *:80>\nServerName b.example\n</VirtualHost>";
    let words = ["b.example", "a.example", "/docroot", "<Directory"];
    warned(bare().config(&format!("{protected}\n{plain}")), &words);
    warned(bare().config(&format!("{plain}\n{protected}")), &words);
    let off =
        "<VirtualHost *:80>\nServerName b.example\nMTLSProtect Off\nMTLSProtectCAFile {device_ca}\n</VirtualHost>";
    warned(bare().config(&format!("{protected}\n{off}")), &words);
}

#[test]
fn a_host_that_switches_a_protected_folder_off_for_itself() {
    let protected = host("a.example", "SSLVerifyClient optional_no_ca");
    for section in ["<Directory {docroot}>", "<Location />"] {
        let end = section[1..].split(' ').next().unwrap();
        let off =
            format!("<VirtualHost *:80>\nServerName b.example\n{section}\nMTLSProtect Off\n</{end}>\n</VirtualHost>");
        let builder = bare().config(&format!("MTLSProtectCAFile {{device_ca}}\n{protected}\n{off}\n{FOLDER}"));
        warned(builder, &["b.example", "/docroot", "Off"]);
    }
}

#[test]
fn phones_without_sni_meet_a_host_that_does_not_ask() {
    let asks = host("a.example", "SSLVerifyClient optional_no_ca");
    let silent = host("b.example", "DocumentRoot {root}/logs");
    let list = "MTLSProtectCAFile {device_ca}";
    let words = ["first virtual host", "b.example", "a.example", "421", "SSLVerifyClient optional_no_ca"];
    warned(bare().config(&format!("{list}\n{silent}\n{asks}\n{FOLDER}")), &words);
    let output = bare().config(&format!("{list}\n{asks}\n{silent}\n{FOLDER}")).configtest();
    assert!(output.ok && !output.text.contains("421"), "{}", output.text);
}

#[test]
fn mod_speling_tells_names() {
    let words = ["mod_speling", "CheckSpelling"];
    warned(with_list(Vec::new()).module("speling"), &words);
    let on = with_list(Vec::new()).module("speling").vhost("CheckSpelling On");
    warned(on, &["mod_speling", "httpd.conf:", "CheckSpelling On"]);
    let unprotected = Httpd::builder().with_module().module("speling").configtest();
    assert!(unprotected.ok && !unprotected.text.contains("speling"), "{}", unprotected.text);
}

#[test]
fn staff_in_a_host_where_the_device_cas_judge() {
    let staff = Authority::root("TEST Staff CA");
    let with = |lines: &str| with_list(Vec::new()).file("staff.pem", staff.pem()).vhost(lines);
    let words =
        ["SSLCACertificateFile", "CN=TEST Staff CA", "not a device CA of virtual host", "a virtual host of their own"];
    warned(with("SSLCACertificateFile {root}/staff.pem"), &words);
    let folder = with_list(Vec::new()).file("cas/1234.0", staff.pem()).vhost("SSLCACertificatePath {root}/cas");
    warned(folder, &["SSLCACertificatePath", "CN=TEST Staff CA", "not a device CA of virtual host"]);
    let admin = "<Location /admin>\nRequire ssl-verify-client\n{more}\n</Location>";
    let words = ["Require ssl-verify-client", "every phone of the device CAs", "a virtual host of their own"];
    warned(with(&admin.replace("{more}", "")), &words);
    let asked_again = admin.replace("{more}", "SSLVerifyClient require");
    for quiet in
        ["SSLCACertificateFile {device_ca}", &format!("SSLCACertificateFile {{root}}/staff.pem\n{asked_again}")]
    {
        let output = with(quiet).configtest();
        assert!(output.ok && !output.text.contains("mtlsprotect:"), "{quiet}: {}", output.text);
    }
}

#[test]
fn a_lax_vendor_in_one_of_two_hosts_only() {
    let lax =
        "MTLSProtectVendor poly ca=device-ca.pem expired=allow\n<Directory {docroot}>\nMTLSProtect On\n</Directory>";
    let drops = "SSLVerifyClient optional\nSSLCACertificateFile {device_ca}";
    let both = format!("{lax}\n{}\n{}", host("a.example", "SSLVerifyClient optional_no_ca"), host("b.example", drops));
    warned(bare().config(&both), &["expired=allow of MTLSProtectVendor poly cannot take effect", "b.example"]);
}

#[test]
fn one_notice_for_each_protected_host() {
    let asks = "SSLVerifyClient optional_no_ca";
    let root = Certificate::ca("TEST Snom Root").days(-1, 400).issue_authority();
    let builder = bare()
        .file("snom.pem", root.pem())
        .config("MTLSProtectCAFile {device_ca}")
        .config(&host("a.example", &format!("{asks}\nMTLSProtect On")))
        .config(&host(
            "b.example",
            &format!("{asks}\nMTLSProtectCAFile snom.pem\nMTLSProtect Report\nMTLSProtectOtherFiles allow\nDocumentRoot {{root}}/logs"),
        ))
        .config(&host("c.example", "DocumentRoot {root}"));
    assert!(!builder.clone().configtest().text.contains("mode="), "a notice is no warning");
    let httpd = builder.start();
    let poly = httpd.wait_for_log("mtlsprotect: a.example");
    assert!(poly.contains("mtlsprotect:notice]"), "{poly}");
    assert!(poly.contains("mode=On vendors=poly cas=4 earliest-expiry="), "{poly}");
    assert!(poly.contains("other-files=device"), "{poly}");
    let snom = httpd.wait_for_log("mtlsprotect: b.example");
    assert!(snom.contains("mode=Report vendors=snom cas=1 earliest-expiry="), "{snom}");
    assert!(snom.contains(&root.cert.not_after().to_string()), "{snom}");
    assert!(snom.contains("other-files=allow"), "{snom}");
    let log = httpd.own_log();
    assert_eq!(log.matches("mode=").count(), 2, "{log}");
}
