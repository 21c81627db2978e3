//! `MTLSProtectPassword`: an old phone proves itself by its password, and nobody else by anything.

use crate::judged::{MAC, OWN, SECRET, unique};
use crate::learn::learned;
use mtlsprotect_testkit::{Builder, Client, Httpd, Poly};
use openssl::base64::encode_block;
use openssl::sha::sha1;

mod attacks;
mod behind;
mod configuration;
mod fleet;
mod guide;
mod users;
mod ways;

/// A phone without a certificate that has proven nothing.
const OLD: &str = "0004f2bbbbbb";
const OLD_FILE: &str = "/0004f2bbbbbb.cfg";
/// Another like it.
const OTHER: &str = "0004f2cccccc";
const OTHER_FILE: &str = "/0004f2cccccc.cfg";

/// The section's lines with which httpd asks.
const BASIC: &str = "AuthType Basic\nAuthName provisioning\nAuthUserFile passwords\nRequire all granted";

/// A line of a password file, as `htpasswd -s` writes it: everybody's password is `of-` and the name.
fn user(name: &str) -> String {
    format!("{name}:{{SHA}}{}\n", encode_block(&sha1(format!("of-{name}").as_bytes())))
}

fn users() -> String {
    [MAC, OLD, OTHER, "bob", "phone-0004F2BBBBBB@office"].map(user).concat()
}

/// The header with which a client sends a name and the password of a user.
fn basic(name: &str, of: &str) -> String {
    format!("Basic {}", encode_block(format!("{name}:of-{of}").as_bytes()))
}

/// The files of an old phone, of another, and of one that has proven itself, without any section.
fn files() -> Builder {
    Httpd::builder()
        .with_module()
        .modules(&["auth_basic", "authn_file"])
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("learned", learned())
        .file("passwords", users())
        .config("MTLSProtectCAFile poly.pem\nMTLSProtectLearnedFile learned")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(OWN, SECRET)
        .page(OLD_FILE, SECRET)
        .page(OTHER_FILE, SECRET)
        .page("sip.ld", SECRET)
}

/// The same with a section that has these lines.
fn with(section: &str) -> Builder {
    files().config(&format!("<Directory {{docroot}}>\n{section}\n</Directory>"))
}

fn server() -> Builder {
    with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}"))
}

/// What became of a request with these headers: `401 deny password`.
fn sent(httpd: &Httpd, client: &Client, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let path = unique(path);
    let response = client.request(method, path.as_str(), headers, b"").expect("an answer");
    let line = httpd.wait_for_access(&format!("{path} HTTP/"));
    let (_, fields) = line.split_once(" verdict=").expect("the kit's log has the verdict");
    let [verdict, reason] = fields.splitn(3, ' ').take(2).collect::<Vec<_>>()[..] else { panic!("{line}") };
    if response.status != 200 {
        assert!(verdict != "allow" || response.status == 404, "{line}");
        assert!(!response.text().contains(SECRET), "{line}");
    }
    let is_asked = response.header("WWW-Authenticate").is_some();
    assert_eq!(is_asked, response.status == 401, "{line}");
    format!("{} {verdict} {}", response.status, reason.trim_start_matches("reason="))
}

/// As a user with the user's password.
fn got(httpd: &Httpd, name: &str, path: &str) -> String {
    sent(httpd, &httpd.client(), "GET", path, &[("Authorization", &basic(name, name))])
}

/// Without a password.
fn asked(httpd: &Httpd, client: &Client, path: &str) -> String {
    sent(httpd, client, "GET", path, &[])
}

const ASKED: &str = "401 deny password";
const LET_IN: &str = "200 allow password";
const NO_CERTIFICATE: &str = "403 deny no-certificate";
const MISMATCH: &str = "403 deny mac-mismatch";

#[test]
fn an_old_phone_is_asked_for_its_password_and_gets_its_file_by_it() {
    let httpd = server().log_level("warn mtlsprotect:debug").start();
    assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    assert_eq!(sent(&httpd, &httpd.client(), "HEAD", OLD_FILE, &[("Authorization", &basic(OLD, OLD))]), LET_IN);
    let [asked, allowed] = [": denied", ": allowed"].map(|what| {
        httpd.wait_for_log(&format!("MTLSP0119: mtlsprotect{what} reason=password cert-mac=- named={OLD} found-in=uri"))
    });
    assert!(asked.contains(":debug]") && allowed.contains(":debug]"), "{asked} {allowed}");
    assert_eq!(httpd.own_log().matches(":warn]").count(), 0, "{}", httpd.own_log());
}

#[test]
fn a_wrong_password_is_refused_and_logged_as_such() {
    let httpd = server().start();
    let wrong = basic(OLD, OTHER);
    assert_eq!(sent(&httpd, &httpd.client(), "GET", OLD_FILE, &[("Authorization", &wrong)]), ASKED);
    let line = httpd.wait_for_log("denied reason=password");
    assert!(line.contains("why='the password is wrong'"), "{line}");
}

#[test]
fn a_password_is_good_for_the_files_of_its_own_device_only() {
    let httpd = server().start();
    assert_eq!(got(&httpd, OLD, OTHER_FILE), MISMATCH);
    let line = httpd.wait_for_log("denied reason=mac-mismatch cert-mac=- named=0004f2cccccc");
    assert!(line.contains("why='the password is of 0004f2bbbbbb'"), "{line}");
    assert_eq!(got(&httpd, OLD, &format!("{OLD_FILE}/{OTHER}")), "403 deny ambiguous-name");
    // what names nobody needs a certificate, as before
    assert_eq!(got(&httpd, OLD, "/sip.ld"), NO_CERTIFICATE);
    assert_eq!(asked(&httpd, &httpd.client(), "/sip.ld"), NO_CERTIFICATE);
}

#[test]
fn a_device_that_has_proven_itself_is_not_asked_and_its_password_is_good_for_nothing() {
    let httpd = server().start();
    assert_eq!(asked(&httpd, &httpd.client(), OWN), NO_CERTIFICATE);
    assert_eq!(got(&httpd, MAC, OWN), NO_CERTIFICATE);
    assert_eq!(got(&httpd, OLD, OWN), NO_CERTIFICATE);
    let phone = httpd.phone(&Poly::shared().phone(MAC));
    assert_eq!(asked(&httpd, &phone, OWN), "200 allow own-file");
}

#[test]
fn an_old_phone_that_shows_a_certificate_at_last_needs_it_from_then_on() {
    let httpd = server().start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    let phone = httpd.phone(&Poly::shared().phone(OLD));
    assert_eq!(asked(&httpd, &phone, OLD_FILE), "200 allow own-file");
    assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE);
}

#[test]
fn a_phone_with_a_certificate_is_never_asked() {
    let httpd = server().start();
    let phone = httpd.phone(&Poly::shared().phone(OTHER));
    assert_eq!(asked(&httpd, &phone, OTHER_FILE), "200 allow own-file");
    assert_eq!(asked(&httpd, &phone, OLD_FILE), MISMATCH);
    let other = ("Authorization", &*basic(OLD, OLD));
    assert_eq!(sent(&httpd, &phone, "GET", OLD_FILE, &[other]), MISMATCH);
}

#[test]
fn a_user_is_a_device_by_any_spelling_or_by_the_pattern() {
    let httpd =
        with(&format!("MTLSProtect On\nMTLSProtectPassword \"pattern=^phone-(?<mac>[0-9A-F]{{12}})@\"\n{BASIC}"))
            .start();
    assert_eq!(got(&httpd, "phone-0004F2BBBBBB@office", OLD_FILE), LET_IN);
    assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE, "the pattern doesn't match");
    let httpd = server().file("passwords", ["00-04-F2-BB-BB-BB", "0004.f2bb.bbbb"].map(user).concat()).start();
    assert_eq!(got(&httpd, "00-04-F2-BB-BB-BB", OLD_FILE), LET_IN);
    assert_eq!(got(&httpd, "0004.f2bb.bbbb", OLD_FILE), LET_IN);
}

#[test]
fn a_user_that_is_no_device_is_as_nobody() {
    let httpd = server().start();
    assert_eq!(got(&httpd, "bob", OLD_FILE), NO_CERTIFICATE);
    let line = httpd.wait_for_log("denied reason=no-certificate");
    assert!(line.contains("why='the password is of the user bob, which is not a MAC'"), "{line}");
}
