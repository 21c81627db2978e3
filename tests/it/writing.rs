//! What phones and attackers write: PUT, DELETE, COPY and MOVE through mod_dav.

use crate::asking::{OTHER, OWN, ask, get, phone, secret, server};
use mtlsprotect_testkit::{Client, Httpd};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const MISMATCH: &str = "403 deny mac-mismatch";
const WRITE: &str = "403 deny write";
const AMBIGUOUS: &str = "403 deny ambiguous-name";

/// A WebDAV folder at `/dav` with a file of each phone, and these methods.
fn dav(methods: &str) -> Httpd {
    let httpd = server()
        .modules(&["dav", "dav_fs"])
        .config(&format!(
            "Alias /dav \"{{writable}}\"\n<Directory \"{{writable}}\">\nDav On\nRequire all granted\nMTLSProtect On\n\
             MTLSProtectMethods {methods}\n</Directory>"
        ))
        .start();
    let all = |path: &str, content: &str| {
        let file = httpd.root().join("writable").join(path);
        fs::write(&file, content).expect("the folder is there");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("its owner may");
    };
    all(&format!("{OWN}.cfg"), &secret(OWN));
    all(&format!("{OTHER}.cfg"), &secret(OTHER));
    all("000000000000.cfg", "shared by all;");
    httpd
}

fn file(httpd: &Httpd, name: &str) -> Option<String> {
    fs::read_to_string(httpd.root().join("writable").join(name)).ok()
}

fn put(client: &Client, path: &str) -> String {
    ask(client, "PUT", path, &[("Content-Type", "text/plain")], b"written")
}

fn to(client: &Client, method: &str, path: &str, destination: &str) -> String {
    ask(client, method, path, &[("Destination", destination), ("Overwrite", "T")], b"")
}

fn untouched(httpd: &Httpd) {
    assert_eq!(file(httpd, &format!("{OTHER}.cfg")).as_deref(), Some(secret(OTHER).as_str()));
    assert_eq!(file(httpd, "000000000000.cfg").as_deref(), Some("shared by all;"));
}

#[test]
fn a_phone_uploads_its_own_logs_and_nothing_else() {
    let httpd = dav("GET HEAD OPTIONS PUT");
    let client = httpd.phone(&phone());
    for own in
        ["0004f2aaaaaa-boot.log", "0004F2AAAAAA-app.log", "0004f2aaaaaa-20261123-app.log", "0004f2aaaaaa-phone.cfg"]
    {
        assert_eq!(put(&client, &format!("/dav/{own}")), "201 allow own-file", "{own}");
        assert_eq!(file(&httpd, own).as_deref(), Some("written"), "{own}");
    }
    for (path, answer) in [
        (format!("/dav/{OTHER}.cfg"), MISMATCH),
        ("/dav/000000000000.cfg".to_owned(), WRITE),
        ("/dav/sip.ld".to_owned(), WRITE),
        (format!("/dav/sip.ld?mac={OWN}"), WRITE),
        (format!("/dav/{OWN}/../000000000000.cfg"), WRITE),
        (format!("/dav/{OWN}/%2e%2e/000000000000.cfg"), WRITE),
        (format!("/dav/{OWN}/..;/000000000000.cfg"), WRITE),
        (format!("/dav/{OTHER}/../{OWN}.cfg"), AMBIGUOUS),
        (format!("/dav/.htaccess?{OWN}"), WRITE),
        (format!("/dav/.{OWN}"), WRITE),
        (format!("/dav/%2e{OWN}"), WRITE),
        (format!("/dav/{OWN}/.htaccess"), WRITE),
        (format!("/dav/{OWN}/%2ehtaccess"), WRITE),
    ] {
        assert_eq!(put(&client, &path), answer, "{path}");
    }
    assert_eq!(ask(&httpd.client(), "PUT", format!("/dav/{OWN}.cfg"), &[], b"x"), "403 deny no-certificate");
    untouched(&httpd);
}

#[test]
fn methods_that_phones_do_not_use_are_refused() {
    let httpd = dav("GET HEAD OPTIONS PUT");
    let client = httpd.phone(&phone());
    for method in ["POST", "DELETE", "PROPFIND", "COPY", "MOVE", "MKCOL", "LOCK", "PATCH", "TEST"] {
        assert_eq!(ask(&client, method, format!("/dav/{OWN}.cfg"), &[], b""), "403 deny method", "{method}");
    }
    assert_eq!(ask(&client, "HEAD", format!("/dav/{OWN}.cfg"), &[], b""), "200 allow own-file");
    assert_eq!(ask(&client, "OPTIONS", format!("/dav/{OWN}.cfg"), &[], b""), "200 allow own-file");
    let read_only = dav("GET");
    let client = read_only.phone(&phone());
    assert_eq!(ask(&client, "HEAD", format!("/dav/{OWN}.cfg"), &[], b""), "200 allow own-file", "HEAD goes with GET");
    assert_eq!(put(&client, &format!("/dav/{OWN}.cfg")), "403 deny method");
}

#[test]
fn delete_copy_and_move_stay_within_the_phones_own_names() {
    let httpd = dav("GET PUT DELETE COPY MOVE MKCOL PROPFIND LOCK");
    let client = httpd.phone(&phone());
    let (own, other) = (format!("/dav/{OWN}.cfg"), format!("/dav/{OTHER}.cfg"));
    let shared = "/dav/000000000000.cfg";
    assert_eq!(ask(&client, "DELETE", &other, &[], b""), MISMATCH);
    assert_eq!(ask(&client, "DELETE", shared, &[], b""), WRITE);
    assert_eq!(ask(&client, "DELETE", "/dav/", &[], b""), WRITE, "a whole collection");
    assert_eq!(ask(&client, "PROPFIND", "/dav/", &[("Depth", "1")], b""), WRITE);
    assert_eq!(ask(&client, "LOCK", &other, &[], b""), MISMATCH);
    for method in ["COPY", "MOVE"] {
        assert_eq!(to(&client, method, &other, &format!("/dav/{OWN}-stolen.cfg")), MISMATCH, "{method}");
        assert_eq!(to(&client, method, "/dav/", &format!("/dav/{OWN}/")), WRITE, "{method} of a collection");
        for (destination, answer) in [
            (other.clone(), MISMATCH),
            (format!("https://localhost{other}"), MISMATCH),
            (format!("/dav/%30{}.cfg", &OTHER[1..]), MISMATCH),
            (shared.to_owned(), WRITE),
            (format!("/dav/{OWN}/../000000000000.cfg"), WRITE),
            (format!("/dav/{OWN}/%2e%2e/000000000000.cfg"), WRITE),
            (format!("/dav/{OWN}/../{OTHER}.cfg"), AMBIGUOUS),
            (format!("{shared}?{OWN}"), WRITE),
            (format!("{shared}#{OWN}"), WRITE),
            (format!("/dav/.{OWN}"), WRITE),
            (String::new(), WRITE),
        ] {
            assert_eq!(to(&client, method, &own, &destination), answer, "{method} to {destination}");
        }
    }
    untouched(&httpd);
    let here = |path: &str| format!("https://localhost:{}{path}", httpd.https());
    assert_eq!(to(&client, "COPY", &own, &here(&format!("/dav/{OWN}-copy.cfg"))), "201 allow own-file");
    assert_eq!(ask(&client, "DELETE", format!("/dav/{OWN}-copy.cfg"), &[], b""), "204 allow own-file");
    assert_eq!(ask(&client, "MKCOL", format!("/dav/{OWN}"), &[], b""), "201 allow own-file");
    assert_eq!(to(&client, "MOVE", &own, &here(&format!("/dav/{OWN}/moved.cfg"))), "201 allow own-file");
    assert_eq!(get(&client, format!("/dav/{OWN}/moved.cfg")), "200 allow own-file");
}
