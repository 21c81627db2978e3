//! WebDAV beyond PUT: collections, locks, properties, and destinations spelled so that the module and mod_dav might differ.

use crate::asking::{OTHER, OWN, ask, phone, secret, server};
use mtlsprotect_testkit::{Builder, Client, Httpd, Poly};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const MISMATCH: &str = "403 deny mac-mismatch";
const WRITE: &str = "403 deny write";
const AMBIGUOUS: &str = "403 deny ambiguous-name";
const SHARED: &str = "000000000000.cfg";

/// A WebDAV folder at `/dav` where all of its methods are allowed.
fn site() -> Builder {
    server().modules(&["dav", "dav_fs"]).config(
        "Alias /dav \"{writable}\"\n<Directory \"{writable}\">\nDav On\nRequire all granted\nMTLSProtect On\n\
         MTLSProtectMethods GET HEAD OPTIONS PUT DELETE COPY MOVE MKCOL PROPFIND PROPPATCH LOCK UNLOCK\n</Directory>",
    )
}

fn start(builder: Builder) -> Httpd {
    let httpd = builder.start();
    for (name, content) in [(OWN, secret(OWN)), (OTHER, secret(OTHER))] {
        let folder = path(&httpd, name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        write(&httpd, &format!("{name}/phone.cfg"), &content);
        write(&httpd, &format!("{name}.cfg"), &content);
    }
    write(&httpd, SHARED, "shared by all;");
    httpd
}

fn path(httpd: &Httpd, name: &str) -> PathBuf {
    httpd.root().join("writable").join(name)
}

/// A file that the server's user may change.
fn write(httpd: &Httpd, name: &str, content: &str) {
    fs::write(path(httpd, name), content).unwrap();
    fs::set_permissions(path(httpd, name), Permissions::from_mode(0o666)).unwrap();
}

fn read(httpd: &Httpd, name: &str) -> Option<String> {
    fs::read_to_string(path(httpd, name)).ok()
}

fn others_are_untouched(httpd: &Httpd, case: &str) {
    for name in [format!("{OTHER}.cfg"), format!("{OTHER}/phone.cfg")] {
        assert_eq!(read(httpd, &name), Some(secret(OTHER)), "{case}: {name}");
    }
    assert_eq!(read(httpd, SHARED).as_deref(), Some("shared by all;"), "{case}");
}

/// An address as mod_dav wants a Destination: of this very server.
fn here(httpd: &Httpd, path: &str) -> String {
    format!("https://localhost:{}{path}", httpd.https())
}

/// COPY or MOVE with this Host, so that a Destination of [`here`] is this server's.
fn to(httpd: &Httpd, client: &Client, method: &str, source: &str, destination: &str) -> String {
    let host = format!("localhost:{}", httpd.https());
    ask(client, method, source, &[("Host", &host), ("Destination", destination), ("Overwrite", "T")], b"")
}

#[test]
fn another_phones_file_as_the_source() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    for method in ["COPY", "MOVE"] {
        for source in [format!("/dav/{OTHER}.cfg"), format!("/dav/{OTHER}/phone.cfg"), format!("/dav/{OTHER}/")] {
            let answer = to(&httpd, &client, method, &source, &here(&httpd, &format!("/dav/{OWN}-stolen")));
            assert_eq!(answer, MISMATCH, "{method} {source}");
            others_are_untouched(&httpd, &source);
        }
    }
    assert!(!path(&httpd, &format!("{OWN}-stolen")).exists());
}

#[test]
fn another_phones_or_a_shared_file_as_the_destination() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    let own = format!("/dav/{OWN}.cfg");
    for (destination, answer) in [
        (format!("/dav/{OTHER}.cfg"), MISMATCH),
        ("/dav/%30%30%304f2bbbbbb.cfg".to_owned(), MISMATCH),
        ("/dav/0004F2-BBBBBB.cfg".to_owned(), MISMATCH),
        (format!("/dav/x/../{OTHER}.cfg"), MISMATCH),
        (format!("/dav/{OTHER}/"), MISMATCH),
        (format!("/dav/{OWN}/../{OTHER}.cfg"), AMBIGUOUS),
        (format!("/dav/{OTHER}/{OWN}.cfg"), AMBIGUOUS),
        (format!("/dav/{SHARED}"), WRITE),
        ("/dav/".to_owned(), WRITE),
        (format!("/dav/{OWN}/../{SHARED}"), WRITE),
        (format!("/dav/{OWN}/%2e%2e/{SHARED}"), WRITE),
        (format!("/dav/{OWN}/%2E./{SHARED}"), WRITE),
        (format!("/dav/{SHARED}?{OWN}"), WRITE),
        (format!("/dav/{OWN}/.htaccess"), WRITE),
        (format!("/dav/{OWN}/%2ehtaccess"), WRITE),
    ] {
        for method in ["COPY", "MOVE"] {
            for spelled in [destination.clone(), here(&httpd, &destination)] {
                assert_eq!(to(&httpd, &client, method, &own, &spelled), answer, "{method} to {spelled}");
                others_are_untouched(&httpd, &spelled);
            }
        }
    }
    assert_eq!(read(&httpd, &format!("{OWN}.cfg")), Some(secret(OWN)), "nothing was moved");
}

/// mod_dav itself takes no fragment: whoever answers, nothing may be written.
#[test]
fn the_sender_named_in_the_fragment_of_a_destination() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    for fragment in [OWN.to_owned(), format!("/{OWN}.cfg"), format!("/../{OWN}")] {
        for method in ["COPY", "MOVE"] {
            let destination = here(&httpd, &format!("/dav/{SHARED}#{fragment}"));
            let answer = to(&httpd, &client, method, &format!("/dav/{OWN}.cfg"), &destination);
            assert!(answer.starts_with('4'), "{method} to {destination}: {answer}");
            others_are_untouched(&httpd, &destination);
        }
    }
}

#[test]
fn the_sender_named_in_the_authority_of_a_destination() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    let port = httpd.https();
    for destination in [
        format!("https://{OWN}@localhost:{port}/dav/{SHARED}"),
        format!("https://x:{OWN}@localhost:{port}/dav/{SHARED}"),
        format!("https://{OWN}.localhost:{port}/dav/{SHARED}"),
        format!("{OWN}://localhost:{port}/dav/{SHARED}"),
    ] {
        for method in ["COPY", "MOVE"] {
            let answer = to(&httpd, &client, method, &format!("/dav/{OWN}.cfg"), &destination);
            assert_eq!(answer, WRITE, "{method} to {destination}");
            others_are_untouched(&httpd, &destination);
        }
    }
}

#[test]
fn two_destinations_or_none() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    let (own, host) = (format!("/dav/{OWN}.cfg"), format!("localhost:{}", httpd.https()));
    let (good, bad) = (here(&httpd, &format!("/dav/{OWN}-2.cfg")), here(&httpd, &format!("/dav/{OTHER}.cfg")));
    for method in ["COPY", "MOVE"] {
        for both in [[&good, &bad], [&bad, &good]] {
            let headers = [("Host", host.as_str()), ("Destination", both[0]), ("Destination", both[1])];
            let answer = ask(&client, method, &own, &headers, b"");
            assert!(answer.starts_with("403 deny "), "{method} {both:?}: {answer}");
        }
        assert_eq!(ask(&client, method, &own, &[], b""), WRITE, "{method} without a destination");
        others_are_untouched(&httpd, method);
    }
}

#[test]
fn a_whole_collection() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    assert_eq!(ask(&client, "DELETE", "/dav/", &[], b""), WRITE);
    assert_eq!(ask(&client, "DELETE", "/dav", &[], b""), WRITE);
    assert_eq!(ask(&client, "DELETE", format!("/dav/{OTHER}/"), &[], b""), MISMATCH);
    assert_eq!(ask(&client, "DELETE", format!("/dav/{OWN}/.."), &[], b""), WRITE);
    assert_eq!(ask(&client, "DELETE", format!("/dav/?{OWN}"), &[], b""), WRITE);
    for method in ["COPY", "MOVE"] {
        for source in ["/dav/".to_owned(), "/dav".to_owned(), format!("/dav/{OWN}/.."), format!("/dav/?{OWN}")] {
            let answer = to(&httpd, &client, method, &source, &here(&httpd, &format!("/dav/{OWN}/all/")));
            assert_eq!(answer, WRITE, "{method} {source}");
        }
    }
    others_are_untouched(&httpd, "the collection");
    assert!(!path(&httpd, &format!("{OWN}/all")).exists());
}

#[test]
fn locks_properties_and_new_collections_are_writing() {
    const LOCK: &[u8] =
        b"<?xml version=\"1.0\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope>\
        <D:locktype><D:write/></D:locktype></D:lockinfo>";
    const SET: &[u8] =
        b"<?xml version=\"1.0\"?><D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><x>1</x></D:prop></D:set>\
        </D:propertyupdate>";
    let httpd = start(site());
    let client = httpd.phone(&phone());
    let xml = [("Content-Type", "application/xml"), ("Depth", "0")];
    for (method, content) in [("LOCK", LOCK), ("PROPFIND", b""), ("PROPPATCH", SET), ("UNLOCK", b""), ("MKCOL", b"")] {
        for (path, answer) in [
            (format!("/dav/{OTHER}.cfg"), MISMATCH),
            (format!("/dav/{OTHER}-new"), MISMATCH),
            (format!("/dav/{SHARED}"), WRITE),
            ("/dav/new".to_owned(), WRITE),
            (format!("/dav/new?mac={OWN}"), WRITE),
            (format!("/dav/.{OWN}"), WRITE),
        ] {
            let headers = if content.is_empty() { &xml[1..] } else { &xml[..] };
            assert_eq!(ask(&client, method, &path, headers, content), answer, "{method} {path}");
        }
    }
    assert!(!path(&httpd, &format!("{OTHER}-new")).exists() && !path(&httpd, "new").exists());
    others_are_untouched(&httpd, "locks");
    let own = format!("/dav/{OWN}.cfg");
    assert_eq!(ask(&client, "PROPFIND", &own, &xml[1..], b""), "207 allow own-file");
    assert_eq!(ask(&client, "PROPPATCH", &own, &xml, SET), "207 allow own-file");
    assert_eq!(ask(&client, "LOCK", &own, &xml, LOCK), "200 allow own-file");
    assert_eq!(ask(&client, "MKCOL", format!("/dav/{OWN}-new/"), &[], b""), "201 allow own-file");
    assert_eq!(ask(&client, "PUT", &own, &[], b"x").split(' ').next(), Some("423"), "the lock is there");
}

#[test]
fn a_phone_deletes_copies_and_moves_within_its_own_names() {
    let httpd = start(site());
    let client = httpd.phone(&phone());
    let own = |name: &str| format!("/dav/{OWN}{name}");
    let to = |method: &str, source: &str, destination: &str| {
        to(&httpd, &client, method, &own(source), &here(&httpd, &own(destination)))
    };
    assert_eq!(to("COPY", ".cfg", "-old.cfg"), "201 allow own-file");
    assert_eq!(to("COPY", ".cfg", "-old.cfg"), "204 allow own-file", "over its own");
    assert_eq!(to("MOVE", "-old.cfg", "/old.cfg"), "201 allow own-file");
    assert_eq!(read(&httpd, &format!("{OWN}/old.cfg")), Some(secret(OWN)));
    assert_eq!(to("COPY", "/", "-folder/"), "201 allow own-file", "its own collection");
    assert_eq!(read(&httpd, &format!("{OWN}-folder/phone.cfg")), Some(secret(OWN)));
    assert_eq!(ask(&client, "DELETE", own("/"), &[], b""), "204 allow own-file");
    assert!(!path(&httpd, OWN).exists());
    others_are_untouched(&httpd, "own names");
}

#[test]
fn without_protection_all_of_that_is_done() {
    let httpd = start(site().config("<Location />\nMTLSProtect Off\n</Location>"));
    let client = httpd.phone(&Poly::shared().phone(OWN));
    let onto = |path: &str| here(&httpd, path);
    let status = |answer: String| answer.split(' ').next().unwrap().to_owned();
    let own = format!("/dav/{OWN}.cfg");
    assert_eq!(status(to(&httpd, &client, "COPY", &own, &onto(&format!("/dav/{OWN}/../{SHARED}")))), "204");
    assert_eq!(read(&httpd, SHARED), Some(secret(OWN)), "the shared file was overwritten");
    assert_eq!(status(to(&httpd, &client, "MOVE", &format!("/dav/{OTHER}.cfg"), &onto("/dav/stolen"))), "201");
    assert_eq!(status(ask(&client, "DELETE", format!("/dav/{OTHER}/"), &[], b"")), "204");
    assert!(!path(&httpd, OTHER).exists());
}
