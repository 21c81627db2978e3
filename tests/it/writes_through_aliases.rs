//! A write is of what is written: an address that names the sender above a shared folder opens nothing.

use crate::asking::{OTHER, OWN, ask, phone, secret, server};
use mtlsprotect_testkit::{Builder, Client, Httpd, Mpm, Poly};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

const WRITE: &str = "403 deny write";
const MISMATCH: &str = "403 deny mac-mismatch";
const AMBIGUOUS: &str = "403 deny ambiguous-name";
const SHARED: &str = "000000000000.cfg";
const LOCK: &[u8] = b"<?xml version=\"1.0\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope>\
    <D:locktype><D:write/></D:locktype></D:lockinfo>";
const SET: &[u8] =
    b"<?xml version=\"1.0\"?><D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x>1</x></D:prop></D:set>\
    </D:propertyupdate>";
const XML: (&str, &str) = ("Content-Type", "application/xml");

/// A WebDAV folder with doors to it: by the name of each phone, as the phone's whole folder, as it is, and rewritten.
fn site() -> Builder {
    server()
        .modules(&["dav", "dav_fs", "rewrite", "http2"])
        .config(
            "Alias /dav \"{writable}/all\"\n\
         AliasMatch \"^/of/[0-9a-f]{12}(/.*)?$\" \"{writable}/all$1\"\n\
         AliasMatch \"^/log/([0-9a-f]{12})$\" \"{writable}/all/$1.log\"\n\
         Alias /mine \"{writable}/all/0004f2aaaaaa\"\n\
         <Directory \"{writable}\">\nDav On\nRequire all granted\nMTLSProtect On\n\
         MTLSProtectMethods GET HEAD OPTIONS PUT DELETE COPY MOVE MKCOL PROPFIND PROPPATCH LOCK UNLOCK\n</Directory>",
        )
        .vhost(
            "RewriteEngine on\nRewriteRule ^/logs/(.*)$ {writable}/all/$1\n\
         RewriteRule ^/tenant/\\w+/(.*)$ {writable}/all/$1\n\
         RewriteRule ^/via/\\w+/(.*)$ /dav/$1 [PT]",
        )
}

fn start(builder: Builder) -> Httpd {
    let httpd = builder.start();
    for name in ["", OWN, OTHER, "firmware"] {
        let folder = httpd.root().join("writable/all").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    }
    for (name, content) in contents() {
        let file = httpd.root().join("writable/all").join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    }
    httpd
}

fn contents() -> [(String, String); 5] {
    [
        (SHARED.to_owned(), "shared by all;".to_owned()),
        ("firmware/sip.ld".to_owned(), "firmware;".to_owned()),
        (format!("{OTHER}.cfg"), secret(OTHER)),
        (format!("{OTHER}/phone.cfg"), secret(OTHER)),
        (format!("{OWN}.cfg"), secret(OWN)),
    ]
}

fn read(httpd: &Httpd, name: &str) -> Option<String> {
    fs::read_to_string(httpd.root().join("writable/all").join(name)).ok()
}

fn all_is_untouched(httpd: &Httpd, case: &str) {
    for (name, content) in contents() {
        assert_eq!(read(httpd, &name), Some(content), "{case}: {name}");
    }
}

fn put(client: &Client, path: impl AsRef<[u8]>) -> String {
    ask(client, "PUT", path, &[], b"written")
}

/// COPY or MOVE to an address of this server.
fn to(httpd: &Httpd, client: &Client, method: &str, source: &str, destination: &str) -> String {
    let host = format!("localhost:{}", httpd.https());
    let destination = format!("https://{host}{destination}");
    ask(client, method, source, &[("Host", &host), ("Destination", &destination), ("Overwrite", "T")], b"")
}

/// Addresses that name the sender, above folders and files that don't.
fn doors() -> Vec<String> {
    let names = [SHARED, "firmware/sip.ld", "new.cfg", "firmware/", "", "firmware/new/"];
    let doors = [format!("/of/{OWN}/"), format!("/tenant/{OWN}/"), format!("/via/{OWN}/")];
    doors.iter().flat_map(|door| names.map(|name| format!("{door}{name}"))).collect()
}

#[test]
fn an_alias_that_names_the_sender_above_a_shared_folder() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    for path in doors() {
        assert_eq!(put(&client, &path), WRITE, "PUT {path}");
        for method in ["DELETE", "MKCOL"] {
            assert_eq!(ask(&client, method, &path, &[], b""), WRITE, "{method} {path}");
        }
        for depth in ["0", "infinity"] {
            assert_eq!(ask(&client, "LOCK", &path, &[XML, ("Depth", depth)], LOCK), WRITE, "LOCK {path}");
        }
        assert_eq!(ask(&client, "PROPPATCH", &path, &[XML], SET), WRITE, "PROPPATCH {path}");
        assert_eq!(ask(&client, "PROPFIND", &path, &[("Depth", "1")], b""), WRITE, "PROPFIND {path}");
        all_is_untouched(&httpd, &path);
    }
    assert_eq!(put(&client, format!("/of/{OWN}/{OTHER}.cfg")), AMBIGUOUS);
    for path in [format!("/of/{OWN}/{SHARED}"), format!("/tenant/{OWN}/firmware/sip.ld")] {
        assert!(ask(&client, "GET", &path, &[], b"").starts_with("200 "), "{path} can be read");
        assert!(ask(&client, "HEAD", &path, &[], b"").starts_with("200 "), "{path}");
        assert!(ask(&client, "OPTIONS", &path, &[], b"").starts_with("200 "), "{path}");
    }
    // Nobody was locked out.
    assert_eq!(ask(&client, "PUT", format!("/dav/{OWN}.cfg"), &[], b"mine"), "204 allow own-file");
}

#[test]
fn a_destination_that_names_the_sender_above_a_shared_folder() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    let own = format!("/dav/{OWN}.cfg");
    for method in ["COPY", "MOVE"] {
        for destination in doors() {
            // The Destination is refused as a part of the request, whose own verdict was another.
            let answer = to(&httpd, &client, method, &own, &destination);
            assert!(answer.starts_with("403 "), "{method} to {destination}: {answer}");
            all_is_untouched(&httpd, &destination);
        }
        for source in doors() {
            let answer = to(&httpd, &client, method, &source, &format!("/dav/{OWN}-stolen/"));
            assert_eq!(answer, WRITE, "{method} {source}");
            all_is_untouched(&httpd, &source);
        }
    }
    assert!(read(&httpd, "new.cfg").is_none());
    assert_eq!(to(&httpd, &client, "COPY", &own, &format!("/logs/{OWN}-old.cfg")), "201 allow own-file");
    assert_eq!(to(&httpd, &client, "MOVE", &own, "/mine/moved.cfg"), WRITE, "a Destination names its sender itself");
    assert_eq!(to(&httpd, &client, "MOVE", &own, &format!("/dav/{OWN}/moved.cfg")), "201 allow own-file");
}

#[test]
fn a_phone_writes_to_its_own_file_through_every_door() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    for (door, file) in [
        (format!("/dav/{OWN}-boot.log"), format!("{OWN}-boot.log")),
        (format!("/logs/{OWN}-app.log"), format!("{OWN}-app.log")),
        (format!("/log/{OWN}"), format!("{OWN}.log")),
        (format!("/of/{OWN}/{OWN}-x.log"), format!("{OWN}-x.log")),
        (format!("/dav/{OWN}/app.log"), format!("{OWN}/app.log")),
        ("/mine/mine.log".to_owned(), format!("{OWN}/mine.log")),
        (format!("/logs/{OWN}/0.log"), format!("{OWN}/0.log")),
    ] {
        assert_eq!(put(&client, &door), "201 allow own-file", "{door}");
        assert_eq!(read(&httpd, &file).as_deref(), Some("written"), "{door}");
        assert_eq!(ask(&client, "LOCK", &door, &[XML, ("Timeout", "Second-1")], LOCK), "200 allow own-file", "{door}");
        assert_eq!(ask(&client, "PROPFIND", &door, &[("Depth", "0")], b""), "207 allow own-file", "{door}");
    }
    assert_eq!(ask(&client, "MKCOL", format!("/dav/{OWN}-new"), &[], b""), "201 allow own-file");
    assert_eq!(ask(&client, "DELETE", format!("/logs/{OWN}-new/"), &[], b""), "204 allow own-file");
    for path in [format!("/logs/{OTHER}.log"), format!("/log/{OTHER}"), format!("/dav/{OTHER}/a.log")] {
        assert_eq!(put(&client, &path), MISMATCH, "{path}");
    }
    assert_eq!(put(&httpd.phone(&Poly::shared().phone(OTHER)), "/mine/x.log"), MISMATCH);
}

#[test]
fn a_script_is_handed_what_the_address_names() {
    const RECEIVER: &str = "#!/bin/sh\necho 'Content-Type: text/plain'; echo\necho \"stored for $MTLSPROTECT_MAC\"\n";
    let httpd = server()
        .mpm(Mpm::Prefork)
        .modules(&["cgi", "rewrite", "actions"])
        .config(
            "<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\nAcceptPathInfo On\n</Directory>\n\
             Script PUT /app/up.sh",
        )
        .vhost("RewriteEngine on\nRewriteRule ^/put/(\\w+)\\.log$ {docroot}/app/up.sh?for=$1")
        .page("logs/x", "")
        .start();
    httpd.write_script("app/up.sh", RECEIVER);
    let client = httpd.phone(&phone());
    for path in [format!("/app/up.sh/{OWN}.log"), format!("/put/{OWN}.log"), format!("/logs/{OWN}.log")] {
        let response = client.request("PUT", &path, &[], b"x").unwrap();
        assert_eq!((response.status, response.text()), (200, format!("stored for {OWN}\n")), "{path}");
    }
    for path in [format!("/put/{OTHER}.log"), format!("/logs/{OTHER}.log")] {
        assert_eq!(put(&client, &path), MISMATCH, "{path}");
    }
    assert_eq!(put(&client, "/logs/shared.log"), WRITE);
    assert_eq!(put(&client, format!("/app/up.sh?mac={OWN}")), WRITE);
}

#[test]
fn a_refused_upload_has_its_error_page_and_writes_nothing() {
    let builder = site().page("sorry.html", "sorry;").vhost("ErrorDocument 403 /sorry.html");
    let httpd = start(builder);
    let response = httpd.phone(&phone()).request("PUT", format!("/of/{OWN}/{SHARED}"), &[], b"x").unwrap();
    assert_eq!((response.status, response.text()), (403, "sorry;".to_owned()));
    assert_eq!(response.header("X-Verdict"), Some("deny write"));
    all_is_untouched(&httpd, "the error page");
}

#[test]
fn under_report_it_is_told_and_done() {
    let httpd = start(site().config("<Directory \"{writable}\">\nMTLSProtect Report\n</Directory>"));
    let client = httpd.phone(&phone());
    assert_eq!(put(&client, format!("/of/{OWN}/new.cfg")), "201 would-deny write");
    assert_eq!(put(&client, format!("/logs/{OWN}.log")), "201 allow own-file");
    httpd.wait_for_log("would-deny reason=write");
}

#[test]
fn without_protection_all_of_that_is_done() {
    let httpd = start(site().config("<Location />\nMTLSProtect Off\n</Location>"));
    let client = httpd.phone(&phone());
    let status = |answer: String| answer.split(' ').next().unwrap().to_owned();
    assert_eq!(status(put(&client, format!("/of/{OWN}/{SHARED}"))), "204");
    assert_eq!(read(&httpd, SHARED).as_deref(), Some("written"));
    assert_eq!(status(put(&client, format!("/tenant/{OWN}/new.cfg"))), "201");
    assert_eq!(status(to(&httpd, &client, "COPY", &format!("/dav/{OWN}.cfg"), &format!("/of/{OWN}/copy.cfg"))), "201");
    assert_eq!(status(ask(&client, "DELETE", format!("/via/{OWN}/firmware/"), &[], b"")), "204");
    assert!(read(&httpd, "firmware/sip.ld").is_none());
}
