//! Other TLS than mod_ssl's with our OpenSSL: another module beside it, and another library below it.

use crate::judged::{LET_IN, MAC, OWN, SECRET, judged, unique};
use mtlsprotect_testkit::httpd::module_path;
use mtlsprotect_testkit::{Builder, Client, Httpd, Poly};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A module that says it does TLS, compiled into this folder.
fn toy(folder: &TempDir) -> String {
    let say = |program: &str, arguments: &[&str]| {
        let output =
            Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let file = folder.path().join("mod_toy_tls.so").display().to_string();
    let include = format!("-I{}", say("apxs", &["-q", "INCLUDEDIR"]));
    let flags = say("apr-1-config", &["--cppflags", "--includes"]);
    let mut arguments = vec!["-shared", "-fPIC", "-o", &file, "tests/it/other_tls/mod_toy_tls.c", &include];
    arguments.extend(flags.split_whitespace());
    say("cc", &arguments);
    format!("LoadModule toy_tls_module \"{file}\"")
}

/// Phones' TLS is mod_ssl's; beside it a host on another port with these lines, and these in the server.
fn beside(host: &str, server: &str) -> Builder {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .config(server)
        .config(&format!("<VirtualHost 127.0.0.1:{{http_b}}>\nServerName other.example\n{host}\n</VirtualHost>"))
        .page(OWN, SECRET)
}

#[test]
fn a_server_starts_beside_a_tls_module_that_cannot_be_asked_without_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    let httpd = beside("", &toy(&folder)).start();
    assert_eq!(judged(&httpd, &httpd.phone(&Poly::shared().phone(MAC))), LET_IN);
}

#[test]
fn who_comes_by_another_modules_tls_is_refused_for_want_of_a_certificate_and_the_operator_is_warned() {
    let folder = tempfile::tempdir().unwrap();
    let load = toy(&folder);
    let engine = format!("{load}\nTLSEngine 127.0.0.1:{{http_b}}");
    for (host, server, directive) in
        [("GnuTLSEnable on", &load, "GnuTLSEnable on"), ("", &engine, "TLSEngine 127.0.0.1:")]
    {
        let tested = beside(host, server).configtest();
        let warns = |line: &str| {
            ["httpd.conf:", directive, "TLS here is not mod_ssl's", "other.example", "SSLEngine on", "no-certificate"]
                .iter()
                .all(|part| line.contains(part))
        };
        assert!(tested.ok && tested.text.lines().filter(|line| warns(line)).count() == 1, "{}", tested.text);
        let httpd = beside(host, server).start();
        httpd.wait_for_log_line(warns).unwrap();
        let path = unique(OWN);
        let response = Client::plain(httpd.http_b()).get(&path).unwrap();
        assert_eq!(response.status, 403, "{}", response.text());
        assert!(!response.text().contains(SECRET));
        let line = httpd.wait_for_log(&format!("path='{path}'"));
        assert!(
            line.contains("reason=no-certificate")
                && line.contains("TLS here is provided by another module than mod_ssl"),
            "{line}"
        );
        assert!(!httpd.error_log().contains("internal error"), "{}", httpd.error_log());
        // mod_ssl's own host beside it serves the phone
        assert_eq!(judged(&httpd, &httpd.phone(&Poly::shared().phone(MAC))), LET_IN);
    }
}

#[test]
fn a_host_of_another_tls_module_that_is_not_protected_makes_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let off = "GnuTLSEnable on\nDocumentRoot {root}/logs";
    let tested = beside(off, &toy(&folder)).configtest();
    assert!(tested.ok && !tested.text.contains("not mod_ssl's"), "{}", tested.text);
}

/// A copy of a file that is linked with OpenSSL's libraries under other names.
fn relinked(from: &Path, to: &Path) {
    let mut bytes = std::fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    replace(&mut bytes, b"libssl.so.", b"libssX.so.");
    replace(&mut bytes, b"libcrypto.so.", b"libcryptX.so.");
    // or the symbols would be taken from mod_ssl's libraries, which httpd has loaded for all
    replace(&mut bytes, b"OPENSSL_3.", b"OPENSSX_3.");
    replace(&mut bytes, b"OPENSSL_1_1", b"OPENSSX_1_1");
    std::fs::write(to, bytes).unwrap();
}

fn replace(bytes: &mut [u8], name: &[u8], other: &[u8]) {
    let places: Vec<usize> = (0..bytes.len() - name.len()).filter(|&at| bytes[at..].starts_with(name)).collect();
    for at in places {
        bytes[at..at + name.len()].copy_from_slice(other);
    }
}

/// The module's library whose name begins so: its name, and where it lies.
fn library(name: &str) -> (String, PathBuf) {
    let output = Command::new("ldd").arg(module_path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    (words[0].to_owned(), words[2].into())
}

#[test]
fn a_module_linked_with_another_openssl_of_the_same_version_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for (name, other) in [("libssl.so.", "libssX.so."), ("libcrypto.so.", "libcryptX.so.")] {
        let (own, path) = library(name);
        relinked(&path, &file(&own.replace(name, other)));
    }
    relinked(module_path(), &file("mod_mtlsprotect.so"));
    let path = format!("LD_LIBRARY_PATH={}", folder.path().display());
    let said = Httpd::builder()
        .under(&["env", &path])
        .config(&format!("LoadModule mtlsprotect_module \"{}\"", file("mod_mtlsprotect.so").display()))
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile {device_ca}")
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .start_expecting_failure();
    assert!(said.contains("mod_mtlsprotect another library") && said.contains("both must share one"), "{said}");
}
