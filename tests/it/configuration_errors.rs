//! What an operator gets wrong fails `httpd -t`, with file, line and what to do.

use mtlsprotect_testkit::{Builder, Certificate, Httpd, Poly};
use std::os::unix::fs::symlink;

/// A host whose phones can prove who they are.
const PHONES: &str = "<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\n</VirtualHost>\n";

/// A server with this in an included file, where lines can be counted.
fn site(text: &str) -> Builder {
    Httpd::builder()
        .with_module()
        .without_vhosts()
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .file("site.conf", text)
        .config("Define ROOT {root}\nDefine DOCROOT {docroot}\nDefine HTTPS {https}\nInclude {root}/site.conf")
}

/// Tests the configuration, which must fail with one complaint about this line of site.conf, with all the `hints`.
fn refused(builder: Builder, line: usize, hints: &[&str]) {
    let output = builder.configtest();
    let text = &output.text;
    assert!(!output.ok, "accepted, not refused with {hints:?}: {text}");
    let places = [format!("on line {line} of "), format!("site.conf:{line}: ")];
    assert!(places.iter().any(|place| text.contains(place)) && text.contains("site.conf:"), "line {line}: {text}");
    for hint in hints {
        assert!(text.contains(hint), "no {hint:?} in: {text}");
    }
    assert!(!text.contains("panic"), "{text}");
}

#[test]
fn a_ca_file_that_is_missing() {
    let line = "#\nMTLSProtectCAFile absent.pem\n";
    refused(site(line), 2, &["MTLSProtectCAFile", "absent.pem", "cannot be read", "No such file"]);
    refused(site("MTLSProtectCAPath absent"), 1, &["MTLSProtectCAPath", "absent", "cannot be read"]);
}

#[test]
fn a_ca_file_that_cannot_be_read() {
    // also by root, whom no permission stops: a folder, and a link to itself
    refused(site("MTLSProtectCAFile docroot"), 1, &["docroot", "cannot be read"]);
    let outside = folder_of_links();
    symlink("loop.pem", outside.join("loop.pem")).unwrap();
    let text = format!("#\n#\nMTLSProtectCAFile {}/loop.pem", outside.display());
    refused(site(&text), 3, &["loop.pem", "cannot be read"]);
    let text = format!("MTLSProtectCAPath {}", outside.display());
    refused(site(&text), 1, &["loop.pem", "cannot be read"]);
    std::fs::remove_dir_all(outside).unwrap();
}

fn folder_of_links() -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("mtlsprotect-links-{}", std::process::id()));
    std::fs::create_dir(&path).unwrap();
    path
}

#[test]
fn a_ca_file_that_is_no_list_of_cas() {
    let poly = Poly::shared();
    let root = poly.root_pem();
    let leaf = poly.phone("0004f2aaaaaa");
    let damaged = String::from_utf8(root.clone()).unwrap().replacen("MI", "!!", 1);
    let cases: [(&str, Vec<u8>, &[&str]); 7] = [
        ("empty", Vec::new(), &["is empty", "BEGIN CERTIFICATE"]),
        ("garbage", b"hello".to_vec(), &["is not PEM", "BEGIN CERTIFICATE"]),
        ("DER", poly.root.cert.to_der().unwrap(), &["is not PEM", "openssl x509 -inform DER"]),
        ("cut short", root[..root.len() / 2].to_vec(), &["BEGIN CERTIFICATE", "damaged"]),
        ("damaged", damaged.into_bytes(), &["damaged"]),
        (
            "only a phone's own certificate",
            leaf.cert_pem(),
            &["no usable CA", "basicConstraints", "put the device CAs"],
        ),
        ("a private key", leaf.key_pem(), &["BEGIN CERTIFICATE"]),
    ];
    for (what, content, hints) in cases {
        println!("{what}");
        refused(site("\nMTLSProtectCAFile bad.pem").file("bad.pem", content.clone()), 2, hints);
        let hints: &[&str] = if hints.contains(&"no usable CA") { &["no usable CA", "*.pem"] } else { hints };
        refused(site("\nMTLSProtectCAPath cas").file("cas/bad.pem", content), 2, hints);
    }
    refused(site("MTLSProtectCAPath cas").file("cas/readme.txt", "nothing"), 1, &["no usable CA", "*.pem", "*.crt"]);
}

#[test]
fn a_list_with_no_way_up_to_a_root() {
    let intermediates = Poly::shared().issuing1.pem();
    let text = format!("#\nMTLSProtectCAFile device-ca.pem\nMTLSProtectCAFile only.pem\n{PHONES}");
    assert!(site(&text).file("only.pem", &intermediates).configtest().ok);
    let text = format!("#\n#\nMTLSProtectCAFile only.pem\n{PHONES}");
    refused(site(&text).file("only.pem", &intermediates), 3, &["no usable CA", "self-signed root"]);
    let weak = Certificate::ca("TEST old").key(mtlsprotect_testkit::Key::Rsa(1024)).issue_authority();
    let text = format!("#\n#\nMTLSProtectCAFile weak.pem\n{PHONES}");
    refused(site(&text).file("weak.pem", weak.pem()), 3, &["no usable CA", "security level 2", "TEST old"]);
}

#[test]
fn a_value_that_no_directive_knows() {
    let cases: [(&str, &[&str]); 18] = [
        ("MTLSProtect Maybe", &["expected Off, Report, Learn or On", "Maybe"]),
        ("MTLSProtect", &["expected: Off, Report, Learn or On"]),
        ("MTLSProtect On Off", &["expected: Off, Report, Learn or On"]),
        ("MTLSProtectOtherFiles none", &["expected device, allow or deny", "none"]),
        ("MTLSProtectMethods get", &["\"get\" is not an HTTP method", "capitals"]),
        ("MTLSProtectMethods GET,PUT", &["\"GET,PUT\" is not an HTTP method"]),
        ("MTLSProtectMethods", &["one or more methods"]),
        ("MTLSProtectVerifyDepth 0", &["expected a number from 1"]),
        ("MTLSProtectVerifyDepth deep", &["expected a number from 1", "deep"]),
        ("MTLSProtectVerifyDepth -1", &["expected a number from 1"]),
        ("MTLSProtectNameParameter none mac", &["or none"]),
        ("MTLSProtectNameParameter \"\"", &["one or more parameter names"]),
        ("MTLSProtectNameParameter", &["one or more parameter names"]),
        ("MTLSProtectCAFile", &["a PEM file"]),
        ("MTLSProtectCAFile device-ca.pem device-ca.pem", &["a PEM file"]),
        ("MTLSProtectCAPath", &["a directory"]),
        ("MTLSProtectFilePattern a b", &["a regular expression"]),
        ("MTLSProtectIgnore", &["a regular expression"]),
    ];
    for (directive, hints) in cases {
        let name = directive.split(' ').next().unwrap();
        refused(site(&format!("#\n{directive}\n")), 2, &[&[name], hints].concat());
    }
}

#[test]
fn an_expression_that_names_nobody_or_the_sender_alone() {
    let cases: [(&str, &[&str]); 15] = [
        ("MTLSProtectNamedBy", &["an expression, like %{reqenv:PHONE}"]),
        ("MTLSProtectNamedBy %{req:X-Device} %{reqenv:PHONE}", &["an expression, like %{reqenv:PHONE}"]),
        ("MTLSProtectNamedBy \"\"", &["an expression, like %{reqenv:PHONE}"]),
        ("MTLSProtectNamedBy 0004f2aaaaaa", &["the same for every request"]),
        ("MTLSProtectNamedBy %{PHONE}", &["%{PHONE}", "is not an expression", "Variable 'PHONE' does not exist"]),
        ("MTLSProtectNamedBy %{reqenv:PHONE", &["is not an expression", "Unterminated"]),
        ("MTLSProtectNamedBy %{nothing:x}", &["is not an expression", "Function 'nothing' does not exist"]),
        ("MTLSProtectNamedBy expr=%{reqenv:PHONE}", &["write \"%{reqenv:PHONE}\", without expr="]),
        // Nothing starts a subrequest, or reads a file of the client's choice.
        ("MTLSProtectNamedBy %{LA-U:REQUEST_FILENAME}", &["look-ahead is not allowed", "%{reqenv:NAME}"]),
        ("MTLSProtectNamedBy %{tolower:%{la-f:REMOTE_USER}}", &["look-ahead is not allowed", "%{reqenv:NAME}"]),
        ("MTLSProtectNamedBy \"%{file:/etc/phones/%{req:X-Device}}\"", &["is not an expression", "file not available"]),
        // Nor does the sender name itself whatever it asks for.
        (
            "MTLSProtectNamedBy %{SSL_CLIENT_S_DN_CN}",
            &["names the phone that sends the request", "something that depends on what is asked for"],
        ),
        ("MTLSProtectNamedBy %{tolower:%{ssl:SSL_CLIENT_S_DN_CN}}", &["names the phone that sends the request"]),
        ("MTLSProtectNamedBy %{reqenv:MTLSPROTECT_MAC}", &["names the phone that sends the request"]),
        ("MTLSProtectNamedBy %{note:mtlsprotect-mac}", &["names the phone that sends the request"]),
    ];
    for (directive, hints) in cases {
        refused(site(&format!("#\n{directive}\n")), 2, &[&["MTLSProtectNamedBy"], hints].concat());
    }
}

#[test]
fn an_expression_that_is_none_or_finds_no_mac() {
    let cases: [(&str, &[&str]); 7] = [
        ("MTLSProtectFilePattern \"([0-9\"", &["([0-9", "is not a regular expression"]),
        ("MTLSProtectIgnore \"(\"", &["is not a regular expression"]),
        ("MTLSProtectIdentityPattern \"(?<mac>[0-9a-f]{12}\"", &["is not a regular expression"]),
        ("MTLSProtectFilePattern \"(?!x)[0-9a-f]{12}\"", &["is not a regular expression", "look-around"]),
        ("MTLSProtectFilePattern \"[0-9a-f]{11}\"", &["can never match a MAC", "12 hex digits"]),
        ("MTLSProtectIdentityPattern \"(?<mac>[0-9]{6})\"", &["can never match a MAC"]),
        ("MTLSProtectIdentityPattern \"^SEP[0-9A-F]{12}$\"", &["no group named mac", "(?<mac>...)"]),
    ];
    for (directive, hints) in cases {
        refused(site(&format!("{directive}\n")), 1, hints);
    }
}

#[test]
fn protection_in_a_host_without_device_cas() {
    for (mode, inside) in [("On", false), ("Report", false), ("On", true), ("report", true)] {
        let directive = match inside {
            true => format!("<Directory ${{DOCROOT}}>\nMTLSProtect {mode}\n</Directory>"),
            false => format!("#\nMTLSProtect {mode}"),
        };
        let text = format!(
            "<VirtualHost 127.0.0.1:${{HTTPS}}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\n{directive}\n</VirtualHost>\n"
        );
        refused(site(&text), 5, &["no device CAs", "add MTLSProtectCAFile"]);
        assert!(site(&format!("MTLSProtectCAFile device-ca.pem\n{text}")).configtest().ok, "{text}");
    }
    // another host's list is not this one's
    let text = "<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\n\
                MTLSProtectCAFile device-ca.pem\n</VirtualHost>\n\
                <VirtualHost *:80>\nMTLSProtect On\n</VirtualHost>\n";
    refused(site(text), 7, &["no device CAs", "add MTLSProtectCAFile"]);
}

#[test]
fn protection_in_a_tls_host_that_never_asks() {
    let host = |verify: &str| {
        format!(
            "MTLSProtectCAFile device-ca.pem\n<VirtualHost 127.0.0.1:${{HTTPS}}>\nSSLEngine on\nMTLSProtect On\n{verify}\n</VirtualHost>\n"
        )
    };
    for verify in ["", "SSLVerifyClient none", "<Location /staff>\nSSLVerifyClient none\n</Location>"] {
        refused(site(&host(verify)), 4, &["never asks", "add SSLVerifyClient optional_no_ca"]);
    }
    for verify in [
        "SSLVerifyClient optional_no_ca",
        "SSLVerifyClient optional",
        "<Location /cfg>\nSSLVerifyClient optional_no_ca\n</Location>",
        "SSLVerifyClient none\n<Directory ${DOCROOT}>\n<Files *.cfg>\nSSLVerifyClient optional_no_ca\n</Files>\n</Directory>",
    ] {
        let output = site(&host(verify)).configtest();
        assert!(output.ok, "{verify}: {}", output.text);
    }
    let output = site(&format!("SSLVerifyClient optional_no_ca\n{}", host(""))).configtest();
    assert!(output.ok, "asked for in server scope: {}", output.text);
    let output = site(&host("").replace("MTLSProtect On", "MTLSProtect Off")).configtest();
    assert!(output.ok, "nothing is protected: {}", output.text);
}

#[test]
fn protection_of_a_folder_that_no_host_can_prove_a_phone_for() {
    let folder = "<Directory ${DOCROOT}>\nMTLSProtect On\n</Directory>\n";
    let list = "MTLSProtectCAFile device-ca.pem\n";
    let lacking = [
        ("no host at all", list.to_owned()),
        ("no list", PHONES.to_owned()),
        ("no TLS", format!("{list}{}", PHONES.replace("SSLEngine on\n", ""))),
        ("TLS switched off", format!("{list}{}", PHONES.replace("SSLEngine on\n", "SSLEngine off\n"))),
        ("nobody asks", format!("{list}{}", PHONES.replace("optional_no_ca", "none"))),
        (
            "each in another host",
            format!(
                "<VirtualHost *:80>\n{list}</VirtualHost>\n{PHONES}<VirtualHost *:81>\nSSLEngine on\n{list}</VirtualHost>\n"
            ),
        ),
    ];
    for (what, others) in lacking {
        println!("{what}");
        refused(site(&format!("{folder}{others}")), 2, &["no virtual host has", "MTLSProtectCAFile", "SSLEngine on"]);
    }
    for suitable in [format!("{list}{PHONES}"), PHONES.replace("SSLEngine", &format!("{list}SSLEngine"))] {
        let output = site(&format!("{folder}{suitable}")).configtest();
        assert!(output.ok, "{}", output.text);
    }
    for section in ["<Location />\n", "<Files *.cfg>\n", "<If \"true\">\n", "#\n"] {
        refused(site(&format!("{section}MTLSProtect Report\n{}", closing(section))), 2, &["no virtual host has"]);
    }
}

fn closing(section: &str) -> String {
    let name = section.trim_start_matches('<').split([' ', '>']).next().unwrap();
    if section.starts_with('<') { format!("</{name}>\n") } else { String::new() }
}

#[test]
fn what_include_ifmodule_and_define_bring_counts_where_it_stands() {
    let included = "#\n<IfModule mod_mtlsprotect.c>\n<IfDefine MODE>\nMTLSProtect ${MODE}\n</IfDefine>\n</IfModule>\n";
    let text = "<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nInclude ${ROOT}/inner.conf\n</VirtualHost>\n";
    let output = site(text).file("inner.conf", included).configtest();
    assert!(output.ok, "nothing is protected: {}", output.text);
    let output = site(&format!("Define MODE On\n{text}")).file("inner.conf", included).configtest();
    assert!(
        !output.ok && output.text.contains("inner.conf:4: ") && output.text.contains("no device CAs"),
        "{output:?}"
    );
    let ask = format!("MTLSProtectCAFile device-ca.pem\nDefine MODE On\nDefine ASK optional_no_ca\n{text}");
    let output = site(&ask).file("inner.conf", included).configtest();
    assert!(!output.ok && output.text.contains("inner.conf:4: ") && output.text.contains("never asks"), "{output:?}");
    let included = format!("<IfModule ssl_module>\nSSLVerifyClient ${{ASK}}\n</IfModule>\n{included}");
    let output = site(&ask).file("inner.conf", included).configtest();
    assert!(output.ok, "{}", output.text);
}

#[test]
fn mod_ssl_is_not_loaded() {
    let mut httpd = site("#\n").start();
    let file = httpd.root().join("httpd.conf");
    let without: Vec<String> = std::fs::read_to_string(&file)
        .unwrap()
        .lines()
        .filter(|line| !line.contains("SSL") && !line.starts_with("CustomLog") && !line.contains("ssl_module"))
        .map(str::to_owned)
        .collect();
    std::fs::write(&file, without.join("\n")).unwrap();
    let list = "MTLSProtectCAFile device-ca.pem\n";
    for protection in
        ["<Location />\nMTLSProtect On\n</Location>", "<VirtualHost *:80>\nMTLSProtect Report\n</VirtualHost>"]
    {
        std::fs::write(httpd.root().join("site.conf"), format!("{list}{protection}\n")).unwrap();
        let output = httpd.graceful_via_command();
        assert!(!output.ok, "{protection}: {}", output.text);
        for hint in ["site.conf:3: ", "needs mod_ssl", "add LoadModule ssl_module"] {
            assert!(output.text.contains(hint), "no {hint:?} in: {}", output.text);
        }
    }
    std::fs::write(httpd.root().join("site.conf"), list).unwrap();
    let output = httpd.graceful_via_command();
    assert!(output.ok, "nothing is protected: {}", output.text);
}

#[test]
fn checks_of_mod_ssl_beside_ours() {
    let directory = "<Directory ${DOCROOT}>\nMTLSProtect On\n</Directory>\n";
    let host = |line: &str| PHONES.replace("SSLEngine on\n", &format!("SSLEngine on\n{line}\n"));
    for (line, hint) in [
        ("SSLOCSPEnable on", "set SSLOCSPEnable off"),
        ("SSLOCSPEnable leaf", "set SSLOCSPEnable off"),
        ("SSLCARevocationCheck chain", "set SSLCARevocationCheck none"),
        ("SSLCARevocationCheck leaf", "set SSLCARevocationCheck none"),
    ] {
        let crl = "SSLCARevocationPath ${ROOT}";
        let text = format!("MTLSProtectCAFile device-ca.pem\n{}", host(&format!("{line}\n{crl}")));
        refused(site(&format!("{text}{directory}")), 4, &["cannot be combined", hint]);
        let text = format!("MTLSProtectCAFile device-ca.pem\n{line}\n{crl}\n{PHONES}{directory}");
        refused(site(&text), 2, &["cannot be combined", hint]);
        // staff with a CA of their own
        let text = format!("{}{line}\n", host("").replace("optional_no_ca", "require"));
        let output = site(&text).configtest();
        assert!(output.ok, "{line}: {}", output.text);
    }
    for line in ["SSLOCSPEnable off", "SSLCARevocationCheck none"] {
        let output = site(&format!("MTLSProtectCAFile device-ca.pem\n{}{directory}", host(line))).configtest();
        assert!(output.ok, "{line}: {}", output.text);
    }
}

#[test]
fn several_errors_are_all_told_at_once() {
    let host = |port: u16| format!("<VirtualHost *:{port}>\nMTLSProtect On\n</VirtualHost>\n");
    let output = site(&format!("{}{}", host(80), host(81))).configtest();
    assert!(!output.ok);
    for place in ["site.conf:2: ", "site.conf:5: "] {
        assert!(output.text.contains(place), "{place}: {}", output.text);
    }
}

#[test]
fn a_vendors_line_that_cannot_be_meant() {
    for (line, hints) in [
        ("MTLSProtectVendor poly", &["a vendor's name and ca=FILE"][..]),
        ("MTLSProtectVendor poly oui=0004f2", &["ca= is missing"]),
        ("MTLSProtectVendor poly ca=nowhere.pem", &["nowhere.pem", "cannot be read"]),
        ("MTLSProtectVendor poly ca=device-ca.pem colour=red", &["\"colour\" is not a key", "seclevel"]),
        ("MTLSProtectVendor poly ca=device-ca.pem seclevel=9", &["from 0 to 5"]),
        ("MTLSProtectVendor poly ca=device-ca.pem mode=off", &["mode= takes on, learn or report"]),
        ("MTLSProtectVendor poly ca=device-ca.pem oui=0004f", &["\"0004f\" is not a prefix"]),
        ("MTLSProtectVendor poly ca=device-ca.pem pattern=(", &["is not a regular expression"]),
        ("MTLSProtectVendor poly ca=device-ca.pem pattern=[0-9a-f]{12}", &["no group named mac"]),
        ("MTLSProtectVendor house ca=device-ca.pem identity=none", &["specify them with oui="]),
        ("MTLSProtectVendor poly ca=device-ca.pem identity=mac", &["not a subject attribute"]),
        ("MTLSProtectCRLFile nowhere.crl", &["nowhere.crl", "cannot be read"]),
        ("MTLSProtectCRLFile device-ca.pem", &["device-ca.pem", "not a CRL"]),
    ] {
        let name = line.split(' ').next().unwrap();
        refused(site(&format!("#\n{line}\n")), 2, &[&[name], hints].concat());
    }
    let twice = "MTLSProtectVendor poly ca=device-ca.pem\nMTLSProtectVendor Poly ca=device-ca.pem\n";
    refused(site(twice), 2, &["poly is there already"]);
    let both = "MTLSProtectVendor poly ca=device-ca.pem\nMTLSProtectVendor house ca=device-ca.pem oui=aabbcc,64167f\n";
    refused(site(both), 2, &["64167f is claimed by both poly and house", "oui="]);
}

#[test]
fn a_lax_vendor_where_mod_ssl_drops_its_phones_first() {
    let host = |verify: &str, key: &str| {
        format!(
            "MTLSProtectVendor grandstream ca=device-ca.pem {key}\n<VirtualHost 127.0.0.1:${{HTTPS}}>\nSSLEngine on\n\
             MTLSProtect On\nSSLCACertificateFile device-ca.pem\n{verify}\n</VirtualHost>\n"
        )
    };
    for key in ["expired=allow", "seclevel=0", "seclevel=1"] {
        for verify in ["SSLVerifyClient optional", "SSLVerifyClient require"] {
            let hints = [&format!("{key} of MTLSProtectVendor grandstream cannot take effect"), "optional_no_ca"];
            refused(site(&host(verify, key)), 6, &hints);
        }
        let output = site(&host("SSLVerifyClient optional_no_ca", key)).configtest();
        assert!(output.ok, "{key}: {}", output.text);
    }
    for key in ["expired=deny", "seclevel=2", "seclevel=3"] {
        let output = site(&host("SSLVerifyClient optional", key)).configtest();
        assert!(output.ok || output.text.contains("level 3"), "{key}: {}", output.text);
    }
}
