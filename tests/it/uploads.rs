//! How a phone sends a file: over HTTP/2, in chunks, after asking first, in parts, to a script.

use crate::asking::{OTHER, OWN, ask, body, phone, server};
use mtlsprotect_testkit::{Builder, Client, Httpd, Mpm, tools};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

const MISMATCH: &str = "403 deny mac-mismatch";
const WRITE: &str = "403 deny write";

/// A folder for uploads at `/up`, with the default methods.
fn site() -> Builder {
    server().modules(&["dav", "dav_fs", "http2"]).config(
        "Alias /up \"{writable}\"\n<Directory \"{writable}\">\nDav On\nRequire all granted\nMTLSProtect On\n</Directory>",
    )
}

fn uploads() -> Httpd {
    site().start()
}

fn stored(httpd: &Httpd, name: &str) -> Option<String> {
    fs::read_to_string(httpd.root().join("writable").join(name)).ok()
}

fn put(client: &Client, name: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    ask(client, "PUT", format!("/up/{name}"), headers, body)
}

#[test]
fn an_upload_over_http2() {
    let httpd = uploads();
    let send = |name: &str| {
        let options = ["-X", "PUT", "--data-binary", "sent over h2"];
        let response = tools::curl_h2_with(httpd.https(), Some(&phone()), &format!("/up/{name}"), &options);
        format!("{} {}", response.status, response.header("X-Verdict").unwrap_or("-"))
    };
    assert_eq!(send(&format!("{OWN}-app.log")), "201 allow own-file");
    assert_eq!(stored(&httpd, &format!("{OWN}-app.log")).as_deref(), Some("sent over h2"));
    for (name, answer) in [
        (format!("{OTHER}-app.log"), MISMATCH),
        ("shared.cfg".to_owned(), WRITE),
        (format!("shared.cfg?mac={OWN}"), WRITE),
        (format!("{OWN}/../shared.cfg"), WRITE),
        (format!("{OWN}/%2e%2e/shared.cfg"), WRITE),
        (format!(".htaccess?{OWN}"), WRITE),
    ] {
        assert_eq!(send(&name), answer, "{name}");
    }
    assert!(stored(&httpd, &format!("{OTHER}-app.log")).is_none() && stored(&httpd, "shared.cfg").is_none());
}

#[test]
fn an_upload_in_chunks() {
    let httpd = uploads();
    let client = httpd.phone(&phone());
    let chunked = [("Transfer-Encoding", "chunked")];
    let content = b"5\r\nchunk\r\n3\r\n ok\r\n0\r\n\r\n";
    assert_eq!(put(&client, &format!("{OWN}.log"), &chunked, content), "201 allow own-file");
    assert_eq!(stored(&httpd, &format!("{OWN}.log")).as_deref(), Some("chunk ok"));
    assert_eq!(put(&client, &format!("{OTHER}.log"), &chunked, content), MISMATCH);
    assert_eq!(stored(&httpd, &format!("{OTHER}.log")), None);
}

#[test]
fn a_phone_that_asks_first_is_refused_before_it_sends() {
    let httpd = uploads();
    // Nothing follows the head: the server that waited for the rest would not answer.
    let head =
        format!("PUT /up/{OTHER}.log HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    let refused = httpd.phone(&phone()).connect().unwrap().raw(head.as_bytes()).unwrap();
    assert_eq!((refused.status, refused.header("X-Verdict")), (403, Some("deny mac-mismatch")));
    let own = format!("{OWN}.log");
    let client = httpd.phone(&phone());
    assert_eq!(put(&client, &own, &[("Expect", "100-continue")], b"asked"), "201 allow own-file");
    assert_eq!(stored(&httpd, &own).as_deref(), Some("asked"));
}

#[test]
fn a_part_of_a_file_is_written_as_the_whole_is() {
    let httpd = uploads();
    let client = httpd.phone(&phone());
    let own = format!("{OWN}.log");
    assert_eq!(put(&client, &own, &[], b"0123456789"), "201 allow own-file");
    let range = [("Content-Range", "bytes 2-4/10")];
    for (name, answer) in [(format!("{OTHER}.log"), MISMATCH), ("shared.cfg".to_owned(), WRITE)] {
        assert_eq!(put(&client, &name, &range, b"xyz"), answer, "{name}");
        assert_eq!(stored(&httpd, &name), None, "{name}");
    }
    assert_eq!(put(&client, &own, &[], b"replaced"), "204 allow own-file");
    assert_eq!(stored(&httpd, &own).as_deref(), Some("replaced"));
    assert_eq!(body(&client, &format!("/up/{own}")), "replaced", "the phone reads it back");
}

#[test]
fn the_sender_named_only_where_nothing_is_written() {
    let httpd = uploads();
    let client = httpd.phone(&phone());
    for path in [
        format!("shared.cfg?mac={OWN}"),
        format!("shared.cfg?{OWN}.cfg"),
        format!("{OWN}/../shared.cfg"),
        format!("{OWN}/%2e%2e/shared.cfg"),
        format!("{OWN}/%2E./shared.cfg"),
        format!("{OWN}/x/../../shared.cfg"),
        format!("{OWN}//..//shared.cfg"),
        format!("./{OWN}/.././shared.cfg"),
    ] {
        assert_eq!(put(&client, &path, &[], b"x"), WRITE, "{path}");
    }
    assert_eq!(stored(&httpd, "shared.cfg"), None);
    assert_eq!(put(&client, &format!("x/../{OWN}.log"), &[], b"x"), "201 allow own-file", "what is left names it");
}

#[test]
fn a_dot_file_in_the_phones_own_directory() {
    let httpd = uploads();
    let folder = httpd.root().join("writable").join(OWN);
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let client = httpd.phone(&phone());
    for name in
        [".htaccess", "%2ehtaccess", "%2Ehtaccess", ".htpasswd", "sub/../.htaccess", "./.htaccess", ".git/config"]
    {
        assert_eq!(put(&client, &format!("{OWN}/{name}"), &[], b"MTLSProtect Off"), WRITE, "{name}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    assert_eq!(put(&client, &format!("{OWN}/a.log"), &[], b"x"), "201 allow own-file");
}

#[test]
fn a_method_in_a_header_changes_nothing() {
    let httpd = uploads();
    let client = httpd.phone(&phone());
    for header in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        assert_eq!(put(&client, "shared.cfg", &[(header, "GET")], b"x"), WRITE, "{header}");
        let post = ask(&client, "POST", format!("/up/{OWN}.log"), &[(header, "PUT")], b"x");
        assert_eq!(post, "403 deny method", "{header}");
    }
    assert_eq!(stored(&httpd, "shared.cfg"), None);
}

#[test]
fn an_upload_to_a_script_is_of_the_device_in_its_path_info() {
    const RECEIVER: &str =
        "#!/bin/sh\necho 'Content-Type: text/plain'; echo\necho \"stored for $PATH_INFO by $MTLSPROTECT_MAC\"\n";
    let httpd = server()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .config(
            "<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\nAcceptPathInfo On\n</Directory>",
        )
        .start();
    httpd.write_script("app/up.sh", RECEIVER);
    let client = httpd.phone(&phone());
    let own = client.request("PUT", format!("/app/up.sh/{OWN}.log"), &[], b"x").unwrap();
    assert_eq!((own.status, own.text()), (200, format!("stored for /{OWN}.log by {OWN}\n")));
    for (path, answer) in [
        (format!("/app/up.sh/{OTHER}.log"), MISMATCH),
        (format!("/app/up.sh/{OTHER}.log?mac={OWN}"), "403 deny ambiguous-name"),
        (format!("/app/up.sh?mac={OWN}"), WRITE),
        ("/app/up.sh".to_owned(), WRITE),
    ] {
        let response = client.request("PUT", &path, &[], b"x").unwrap();
        assert!(!response.text().contains("stored"), "{path}: {}", response.text());
        assert_eq!(format!("{} {}", response.status, response.header("X-Verdict").unwrap()), answer, "{path}");
    }
}

#[test]
fn without_protection_all_of_that_is_written() {
    let httpd = site().config("<Location />\nMTLSProtect Off\n</Location>").start();
    let client = httpd.phone(&phone());
    for name in [format!("{OTHER}.log"), "shared.cfg".to_owned(), format!("{OWN}/../shared2.cfg"), ".dot".to_owned()] {
        let status = client.request("PUT", format!("/up/{name}"), &[], b"x").unwrap().status;
        assert_eq!(status, 201, "{name}");
    }
    assert_eq!(stored(&httpd, "shared2.cfg").as_deref(), Some("x"));
}
