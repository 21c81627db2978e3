//! Files that really stand in the folder under another phone's name, spelled in every way, and the ways there.

use crate::asking::{OTHER, OWN, body, get, phone, secret, server};
use mtlsprotect_testkit::cases::names::{FILES, escaped};
use mtlsprotect_testkit::{Builder, Httpd};

const MISMATCH: &str = "403 deny mac-mismatch";
const AMBIGUOUS: &str = "403 deny ambiguous-name";

fn folder() -> Builder {
    FILES.iter().fold(server(), |builder, file| {
        builder.page(&format!("cfg/{file}"), secret(OTHER)).page(&format!("cfg/{OWN}/{file}"), secret(OTHER))
    })
}

/// The door is there without the module, and shut with it.
fn is_shut(open: &Httpd, httpd: &Httpd, path: &str, answer: &str) {
    let through = open.phone(&phone()).get(path).expect("an answer");
    assert!(through.text().contains(&secret(OTHER)), "{path} leads nowhere: {}", through.status);
    assert_eq!(get(&httpd.phone(&phone()), path), answer, "{path}");
}

fn open_and_protected() -> (Httpd, Httpd) {
    (folder().config("<Location />\nMTLSProtect Off\n</Location>").start(), folder().start())
}

#[test]
fn every_spelling_of_a_file_that_is_there() {
    let (open, httpd) = open_and_protected();
    for file in FILES {
        is_shut(&open, &httpd, &format!("/cfg/{}", escaped(file, false)), MISMATCH);
        is_shut(&open, &httpd, &format!("/cfg/{}", escaped(file, true)), MISMATCH);
    }
    let line = httpd.wait_for_log("reason=mac-mismatch");
    assert!(line.contains("cert-mac=0004f2aaaaaa named=0004f2bbbbbb"), "{line}");
    assert_eq!(body(&httpd.phone(&phone()), &format!("/cfg/{OWN}.cfg")), secret(OWN));
}

#[test]
fn every_spelling_in_the_phones_own_directory() {
    let (open, httpd) = open_and_protected();
    for file in FILES {
        is_shut(&open, &httpd, &format!("/cfg/{OWN}/{}", escaped(file, false)), AMBIGUOUS);
        is_shut(&open, &httpd, &format!("/cfg/{OWN}/../{}", escaped(file, false)), AMBIGUOUS);
    }
    httpd.wait_for_log("reason=ambiguous-name");
}

#[test]
fn doubled_slashes_and_dot_segments_plain_and_escaped() {
    let (open, httpd) = open_and_protected();
    for way in [
        "//cfg/",
        "/cfg//",
        "/cfg////",
        "/./cfg/./",
        "/cfg/y/../",
        "/cfg/y/%2e%2e/",
        "/cfg/y/.%2E/",
        "/%2e/cfg/%2e/",
        "/%63%66%67/",
        "/y/../cfg/y/z/../../",
    ] {
        for file in ["0004f2bbbbbb.cfg", "%300%304f2bbbbb%62.cfg", "0004f2-bbbbbb.cfg"] {
            is_shut(&open, &httpd, &format!("{way}{file}"), MISMATCH);
        }
    }
    // Escaped twice it leads nowhere here, and would behind an application that decodes once more.
    for file in ["%2530004f2bbbbbb.cfg", "0004f2bbbbb%2562.cfg", "00%253a04%253af2%253abb%253abb%253abb.cfg"] {
        for way in ["/cfg/", "/cfg//", "/cfg/y/%252e%252e/", "/cfg/y/%2e%2e/"] {
            assert_eq!(get(&httpd.phone(&phone()), format!("{way}{file}")), MISMATCH, "{way}{file}");
        }
    }
}

#[test]
fn another_phone_as_path_info_of_a_plain_file() {
    let builder =
        || server().page("shared.cfg", "shared").config("<Directory \"{docroot}\">\nAcceptPathInfo On\n</Directory>");
    let httpd = builder().start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, "/shared.cfg/x"), "200 allow other-file", "path info is accepted");
    assert_eq!(get(&client, format!("/cfg/{OWN}.cfg/x")), "200 allow own-file");
    assert_eq!(get(&client, format!("/cfg/{OTHER}.cfg/{OWN}")), AMBIGUOUS);
    for other in
        ["0004f2bbbbbb", "0004F2BBBBBB.cfg", "00-04-f2-bb-bb-bb", "0004f2-bbbbbb", "%30004f2bbbbbb", "y//0004f2bbbbbb"]
    {
        assert_eq!(get(&client, format!("/shared.cfg/{other}")), MISMATCH, "{other}");
        assert_eq!(get(&client, format!("/cfg/{OWN}.cfg/{other}")), AMBIGUOUS, "{other}");
        assert_eq!(get(&client, format!("/shared.cfg/{other}/{OWN}")), AMBIGUOUS, "{other}");
        assert_eq!(get(&client, format!("/shared.cfg/{OWN}/{other}")), AMBIGUOUS, "{other}");
    }
}
