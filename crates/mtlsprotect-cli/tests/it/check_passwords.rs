//! An operator with old phones sees what their passwords open, with `mtlsprotect check --passwords`.

use crate::running::{Ran, run, run_with_input};
use mtlsprotect_book::blocks::blocks;
use mtlsprotect_book::project;
use mtlsprotect_testkit::{Builder, Httpd, Poly};
use openssl::base64::encode_block;
use openssl::hash::{MessageDigest, hash};
use openssl::sha::sha1;
use serde_json::{Value, json};

const OLD: &str = "0004f2bbbbbb";
const OTHER: &str = "0004f2cccccc";
const FILE: &str = "0004f2bbbbbb.cfg";
const USERS: &[u8] = b"0004f2bbbbbb:of-old\n0004f2cccccc:of:other\n";

/// The section of docs/passwords.md that has these words.
fn guide(words: &str) -> String {
    let page = std::fs::read_to_string(project().join("docs/passwords.md")).unwrap();
    let all = blocks(&page).unwrap();
    let block = all.iter().find(|block| block.text.contains(words)).expect("the page has it");
    let section = &block.text[block.text.find("<Directory").expect("has a section")..];
    section.replace("/srv/provisioning", "{docroot}").replace("/etc/mtlsprotect", "{root}").replace("2027-", "2099-")
}

fn server() -> Builder {
    Httpd::builder()
        .with_module()
        .modules(&["auth_basic", "auth_digest", "authn_file"])
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("learned", "")
        .config("MTLSProtectCAFile poly.pem\nMTLSProtectLearnedFile learned")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(FILE, "secret")
}

/// A file as `htpasswd -s` writes it.
fn htpasswd() -> String {
    let line = |(user, password): (&str, &str)| format!("{user}:{{SHA}}{}\n", encode_block(&sha1(password.as_bytes())));
    [(OLD, "of-old"), (OTHER, "of:other")].map(line).concat()
}

/// A file as `htdigest` writes it.
fn htdigest() -> String {
    let line = |(user, password): (&str, &str)| {
        let digest = hash(MessageDigest::md5(), format!("{user}:provisioning:{password}").as_bytes()).unwrap();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{user}:provisioning:{hex}\n")
    };
    [(OLD, "of-old"), (OTHER, "of:other")].map(line).concat()
}

fn basic() -> Builder {
    server().config(&guide("AuthType Basic")).file("passwords", htpasswd())
}

fn check(httpd: &Httpd, users: &[u8], options: &[&str]) -> Ran {
    let url = format!("https://localhost:{}/{FILE}", httpd.https());
    let port = format!("--http-port={}", httpd.http());
    let ca = format!("--server-ca={}", httpd.root().join("server.crt").display());
    let own = ["check", &url, &port, "--resolve=127.0.0.1", "--passwords=-", &ca];
    run_with_input(own.iter().chain(options), users)
}

/// What each row about a password means, the findings in capitals.
fn meant(ran: &Ran) -> Vec<(String, String)> {
    let json: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let about = |row: &&Value| !row["who"].as_str().unwrap().contains("certificate") && row["who"] != "self-signed";
    let row = |row: &Value| {
        let meaning = row["meaning"].as_str().unwrap();
        let meaning = if row["is_finding"] == json!(true) { meaning.to_uppercase() } else { meaning.to_owned() };
        (row["who"].as_str().unwrap().to_owned(), meaning)
    };
    let rows = json["rows"].as_array().unwrap().iter().filter(about).map(row);
    rows.filter(|(who, _)| !who.starts_with("self-signed") && !who.starts_with("without SNI")).collect()
}

fn row(who: &str, meaning: &str) -> (String, String) {
    (who.to_owned(), meaning.to_owned())
}

#[test]
fn a_phone_is_asked_and_gets_its_own_file_by_each_way_of_the_guide() {
    for (builder, way) in
        [(basic(), "Basic"), (server().config(&guide("AuthType Digest")).file("passwords", htdigest()), "Digest MD5")]
    {
        let httpd = builder.start();
        let ran = check(&httpd, USERS, &["--json"]);
        let expected = [
            row("over plain HTTP", "refused"),
            row("the device, without a password", "asked"),
            row(&format!("the device, by {way}"), "served"),
            row(&format!("another device, by {way}"), "refused"),
            row(&format!("a wrong password, by {way}"), "asked"),
            row("the device's password, over plain HTTP", "refused"),
        ];
        assert_eq!(meant(&ran), expected, "{ran:?}");
        assert_eq!(ran.code, 0, "{ran:?}");
        let json: Value = serde_json::from_str(&ran.out).unwrap();
        let first = json["rows"].as_array().unwrap().iter().find(|row| row["who"] == "the device, without a password");
        assert_eq!(first.unwrap()["asks"], json!([way]), "{json:#}");
        let text = check(&httpd, USERS, &[]);
        text.said(0, &[&format!("401, asks by {way}"), "another device", " asked"]);
        assert!(!text.out.contains("of-old") && !ran.out.contains("of-old"), "{}", text.out);
    }
}

#[test]
fn without_another_device_the_rest_is_tried_and_the_gap_is_told() {
    let httpd = basic().start();
    let ran = check(&httpd, b"0004f2bbbbbb:of-old", &[]);
    ran.said(0, &["another device's password was not tried", "the device, by Basic"]);
    assert!(!ran.out.contains("another device, by"), "{}", ran.out);
}

#[test]
fn what_is_in_the_way_of_an_old_phone_is_told() {
    let httpd = basic().start();
    let wrong = check(&httpd, b"0004f2bbbbbb:old one\n", &[]);
    wrong.said(1, &["ASKED", "the device's password is not taken"]);
    let typo = check(&httpd, b"0004f2bbbbbb:of-old\n0004f2cccccc:of other\n", &[]);
    typo.said(0, &["another device's password is not taken, so that it says nothing"]);
    let others = check(&httpd, b"0004f2cccccc:of:other\n", &[]);
    others.said(1, &["REFUSED", "the device's password is right, and the file does not come"]);
    let mine = "0004f2bbbbbb password until=2020-01-01\n";
    let ended = basic().file("devices", mine).config("MTLSProtectDeviceFile devices").start();
    check(&ended, USERS, &[]).said(1, &["the device, without a password", "REFUSED", "nobody is asked"]);
}

#[test]
fn a_server_that_gives_any_user_any_file_and_asks_over_plain_http_is_found_out() {
    let section =
        "<Directory {docroot}>\nAuthType Basic\nAuthName x\nAuthUserFile passwords\nRequire valid-user\n</Directory>";
    let httpd = Httpd::builder()
        .modules(&["auth_basic", "authn_file"])
        .config(section)
        .vhost("")
        .file("passwords", htpasswd())
        .page(FILE, "secret")
        .start();
    let ran = check(&httpd, USERS, &["--json"]);
    let expected = [
        row("over plain HTTP", "ASKED"),
        row("the device, without a password", "asked"),
        row("the device, by Basic", "served"),
        row("another device, by Basic", "SERVED"),
        row("a wrong password, by Basic", "asked"),
        row("the device's password, over plain HTTP", "SERVED"),
    ];
    assert_eq!((meant(&ran), ran.code), (expected.into(), 1), "{ran:?}");
    check(&httpd, USERS, &[]).said(1, &["over plain HTTP, where everybody on the way can read it"]);
}

#[test]
fn no_password_is_sent_to_a_server_that_is_not_trusted() {
    let httpd = basic().start();
    let url = |host: &str| format!("https://{host}:{}/{FILE}", httpd.https());
    let port = format!("--http-port={}", httpd.http());
    let ca = httpd.root().join("server.crt").display().to_string();
    let asked = |host: &str, options: &[&str]| {
        let url = url(host);
        let own = ["check", &url, &port, "--resolve=127.0.0.1", "--passwords=-"];
        run_with_input(own.iter().chain(options), USERS)
    };
    let why = ["the server's certificate is not trusted", "no password was sent"];
    asked("localhost", &[]).said(3, &why);
    // a good certificate of another host
    asked("c.example", &["--server-ca", &ca]).said(3, &[why[0], "mismatch"]);
    asked("127.0.0.2", &["--server-ca", &ca]).said(3, &[why[0], "mismatch"]);
    assert_eq!(httpd.access_log().matches("GET ").count(), 0, "{}", httpd.access_log());
    asked("a.example", &["--server-ca", &ca]).said(0, &["the device, by Basic"]);
}

#[test]
fn a_wrong_command_line_and_a_file_that_is_none() {
    let httpd = basic().start();
    let ran = check(&httpd, b"0004f2bbbbbb secret\n", &[]);
    ran.said(3, &["standard input, line 1: expected USER:PASSWORD"]);
    assert!(!format!("{ran:?}").contains("secret\\n"), "{ran:?}");
    run(["check", "https://localhost/x", "--passwords=-", "--cert=x"]).said(2, &["cannot be used with"]);
    run(["check", "https://localhost/x", "--server-ca=x"]).said(2, &["--passwords"]);
    let url = format!("https://localhost:{}/sip.ld", httpd.https());
    let none = run_with_input(["check", &url, "--passwords=-", "--resolve=127.0.0.1"], USERS);
    none.said(2, &["--passwords needs the URL of a device's own file"]);
    let url = format!("https://localhost:{}/{FILE}", httpd.https());
    run_with_input(["check", &url, "--passwords=-", "--server-ca=/dev/null", "--resolve=127.0.0.1"], USERS)
        .said(3, &["/dev/null: has no CA in PEM"]);
}
