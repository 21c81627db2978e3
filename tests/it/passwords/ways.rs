//! Where passwords come from, until when they count, and in which modes.

use super::*;
use mtlsprotect_testkit::tools;
use std::process::Command;

/// The section's lines with which httpd asks by Digest (RFC 7616).
const DIGEST: &str = "AuthType Digest\nAuthName provisioning\nAuthUserFile htdigest\nRequire all granted";

/// A file as `htdigest` writes it.
pub fn htdigest(names: &[&str]) -> String {
    let line = |name: &&str| {
        let secret = format!("{name}:provisioning:of-{name}");
        let digest = openssl::hash::hash(openssl::hash::MessageDigest::md5(), secret.as_bytes()).unwrap();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}:provisioning:{hex}\n")
    };
    names.iter().map(line).collect()
}

/// What curl gets with a user and a password by Digest, and the answer's headers.
pub fn by_digest(httpd: &Httpd, user: &str, of: &str, path: &str) -> String {
    let url = format!("https://127.0.0.1:{}{path}", httpd.https());
    tools::curl(["--digest", "--user", &format!("{user}:of-{of}"), "--include", &url]).text
}

/// The last status of an answer with its headers.
pub fn last_status(text: &str) -> &str {
    text.rsplit("HTTP/1.1 ").next().and_then(|rest| rest.split(' ').next()).unwrap_or_default()
}

fn digest_server(more: &str) -> Httpd {
    with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{DIGEST}\n{more}"))
        .module("auth_digest")
        .file("htdigest", htdigest(&[OLD, OTHER, "bob"]))
        .start()
}

#[test]
fn a_phone_answers_a_challenge_by_digest() {
    let httpd = digest_server("");
    let own = by_digest(&httpd, OLD, OLD, OLD_FILE);
    assert!(last_status(&own) == "200" && own.contains(SECRET) && own.contains("HTTP/1.1 401"), "{own}");
    for (user, of, path, status) in [
        (OLD, OTHER, OLD_FILE, "401"),
        (OLD, OLD, OTHER_FILE, "403"),
        ("bob", "bob", OLD_FILE, "403"),
        (OTHER, OTHER, OWN, "403"),
    ] {
        let other = by_digest(&httpd, user, of, path);
        assert!(last_status(&other) == status && !other.contains(SECRET), "{user} {path}: {other}");
    }
}

#[test]
fn an_answer_to_a_challenge_that_somebody_has_overheard_is_good_for_nothing_else() {
    let httpd = digest_server("AuthDigestNonceLifetime 1");
    let answered = tools::curl([
        "--digest",
        "--user",
        &format!("{OLD}:of-{OLD}"),
        "--verbose",
        &format!("https://127.0.0.1:{}{OLD_FILE}", httpd.https()),
    ]);
    let header = answered.text.lines().find_map(|line| line.trim().strip_prefix("> Authorization: "));
    let header = header.unwrap_or_else(|| panic!("curl sent no answer: {}", answered.text)).to_owned();
    let replayed = |path: &str| httpd.client().request("GET", path, &[("Authorization", &header)], b"").unwrap();
    let refused = replayed(OTHER_FILE);
    assert!(refused.status != 200 && !refused.text().contains(SECRET), "{}", refused.status);
    let stale = tools::wait_for(|| Some(replayed(OLD_FILE)).filter(|response| response.status == 401)).unwrap();
    assert!(stale.header("WWW-Authenticate").unwrap().contains("stale=true"));
    // a right password with an old challenge is asked for again, and is no wrong one; nor is one that was never looked at
    let log = httpd.own_log();
    let said = ["the password is wrong", "could not be checked: httpd answers 400"].map(|why| log.matches(why).count());
    assert_eq!(said, [0, 1], "{log}");
}

/// A database with the old phone's password.
pub fn database() -> Vec<u8> {
    let line = user(OLD);
    let (_, hash) = line.trim().split_once(':').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("phones.db");
    let table =
        format!("CREATE TABLE phones (mac TEXT, password TEXT); INSERT INTO phones VALUES ('{OLD}', '{hash}');");
    let made = tools::run(Command::new("sqlite3").arg(&database).arg(table), b"");
    assert!(made.ok, "{}", made.text);
    std::fs::read(&database).unwrap()
}

#[test]
fn passwords_are_in_a_database() {
    let section = "AuthType Basic\nAuthName provisioning\nAuthBasicProvider dbd\n\
                   AuthDBDUserPWQuery \"SELECT password FROM phones WHERE mac = %s\"\nRequire all granted";
    let server = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{section}"))
        .modules(&["dbd", "authn_dbd"])
        .config("DBDriver sqlite3\nDBDParams {root}/phones.db");
    let httpd = server.file("phones.db", database()).start();
    assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    assert_eq!(got(&httpd, OLD, OTHER_FILE), MISMATCH);
    assert_eq!(got(&httpd, OTHER, OTHER_FILE), ASKED);
}

#[test]
fn passwords_end_on_a_day_for_all_and_for_one() {
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword until=2020-12-31\n{BASIC}")).start();
    assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), NO_CERTIFICATE);
    assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE);
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword until=2099-12-31\n{BASIC}"))
        .file("devices", format!("{OLD} password until=2020-12-31\n{MAC} password until=2099-12-31\n"))
        .config("MTLSProtectDeviceFile devices")
        .start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE, "its line has ended");
    assert_eq!(got(&httpd, OTHER, OTHER_FILE), LET_IN, "no line");
    assert_eq!(got(&httpd, MAC, OWN), LET_IN, "its line says so though it has proven itself");
    assert_eq!(asked(&httpd, &httpd.client(), OWN), ASKED);
}

#[test]
fn a_line_of_the_device_file_opens_nothing_where_passwords_are_off() {
    let devices = format!("{OLD} password\n{MAC} password\n");
    for section in ["MTLSProtect On", "MTLSProtect On\nMTLSProtectPassword Off"] {
        let httpd = with(&format!("{section}\n{BASIC}"))
            .file("devices", &devices)
            .config("MTLSProtectDeviceFile devices")
            .start();
        assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE);
        assert_eq!(got(&httpd, MAC, OWN), NO_CERTIFICATE);
    }
}

#[test]
fn a_closed_file_lets_in_by_password_whom_it_lists() {
    let httpd =
        server().file("devices", format!("{OLD} allow\n")).config("MTLSProtectDeviceFile devices closed").start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    // who is asked doesn't learn whom it lists
    assert_eq!(asked(&httpd, &httpd.client(), OTHER_FILE), ASKED);
    assert_eq!(got(&httpd, OTHER, OTHER_FILE), "403 deny unknown-device");
}

#[test]
fn nobody_is_asked_where_only_is_reported_or_learned() {
    for mode in ["Report", "Learn"] {
        let httpd = with(&format!("MTLSProtect {mode}\nMTLSProtectPassword On\n{BASIC}"))
            .file("devices", format!("{MAC} password\n"))
            .config("MTLSProtectDeviceFile devices")
            .start();
        assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), "200 would-deny password", "{mode}");
        assert_eq!(got(&httpd, OLD, OLD_FILE), "200 would-deny password", "{mode}");
        // which a device has to do that Learn protects already
        let proven = if mode == "Learn" { ASKED } else { "200 would-deny password" };
        assert_eq!(asked(&httpd, &httpd.client(), OWN), proven, "{mode}");
    }
    for mode in ["report", "learn"] {
        let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}"))
            .vhost(&format!("MTLSProtectVendor poly ca=poly.pem oui=+0004f2 mode={mode}"))
            .start();
        assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), "200 would-deny password", "{mode}");
    }
}

#[test]
fn an_inner_section_has_a_setting_of_its_own() {
    let httpd = server()
        .page("inner/0004f2bbbbbb.cfg", SECRET)
        .config("<Directory {docroot}/inner>\nMTLSProtectPassword Off\n</Directory>")
        .start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    assert_eq!(got(&httpd, OLD, &format!("/inner{OLD_FILE}")), NO_CERTIFICATE);
}

#[test]
fn a_name_that_a_rewrite_rule_makes_of_the_url_is_asked_for() {
    let httpd = server()
        .module("rewrite")
        .page("phones/4711.cfg", SECRET)
        .config(
            "<Directory {docroot}/phones>\nRewriteEngine On\nRewriteRule ^4711 - [E=PHONE:0004f2bbbbbb]\n\
             MTLSProtectNamedBy %{reqenv:PHONE}\n</Directory>",
        )
        .start();
    assert_eq!(asked(&httpd, &httpd.client(), "/phones/4711.cfg"), ASKED);
    assert_eq!(got(&httpd, OLD, "/phones/4711.cfg"), LET_IN);
    assert_eq!(got(&httpd, OTHER, "/phones/4711.cfg"), MISMATCH);
    assert_eq!(asked(&httpd, &httpd.client(), "/phones/4712.cfg"), NO_CERTIFICATE);
}
