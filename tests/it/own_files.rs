//! What phones of every vendor ask for reaches them, whatever their TLS version and HTTP version.

use crate::asking::{OWN, ask, get, phone, server};
use mtlsprotect_testkit::{Httpd, Poly, tools};

/// A phone's MAC and the files that its vendor's phones ask for.
const VENDORS: [(&str, &[&str]); 8] = [
    (
        "64167fa1b2c3",
        &[
            "64167fa1b2c3.cfg",
            "64167fa1b2c3-phone.cfg",
            "64167fa1b2c3-web.cfg",
            "64167fa1b2c3-license.cfg",
            "64167fa1b2c3-calls.xml",
            "64167fa1b2c3-directory.xml",
            "64167fa1b2c3-user.cfg",
            "64167fa1b2c3-cloud.cfg",
            "64167fa1b2c3-boot.log",
            "64167FA1B2C3.cfg",
        ],
    ),
    ("001565a1b2c3", &["001565a1b2c3.cfg", "001565a1b2c3.boot", "001565a1b2c3-local.cfg"]),
    ("000b82a1b2c3", &["cfg000b82a1b2c3", "cfg000b82a1b2c3.xml"]),
    ("000413a1b2c3", &["snom370-000413A1B2C3.htm", "snom.php?mac=000413A1B2C3"]),
    ("000e08a1b2c3", &["SEP000E08A1B2C3.cnf.xml", "spa000E08A1B2C3.xml"]),
    ("0080f0a1b2c3", &["Config0080f0a1b2c3.cfg"]),
    ("0022eea1b2c3", &["algom0022eea1b2c3.conf"]),
    // A prefix that nobody knows yet.
    ("aabbcca1b2c3", &["aabbcca1b2c3.cfg", "aa-bb-cc-a1-b2-c3.xml", "aabbcca1b2c3-20261123-app.log"]),
];

/// Files that are everybody's.
const SHARED: [&str; 7] = [
    "000000000000.cfg",
    "000000000000-license.cfg",
    "000000000000-directory.xml",
    "sip.ld",
    "y000000000025.cfg",
    "3111-44500-001.sip.ld",
    "3111-44500-001.3111-44500-001.sip.ld",
];

fn provisioning() -> Httpd {
    let own = VENDORS.iter().flat_map(|(_, files)| files.iter()).map(|file| file.split('?').next().unwrap());
    own.chain(SHARED)
        .fold(server().module("http2"), |builder, file| builder.page(file, format!("this is {file}")))
        .start()
}

#[test]
fn every_vendors_phones_get_their_own_files() {
    let httpd = provisioning();
    for (mac, files) in VENDORS {
        let identity = Poly::shared().phone(mac);
        for client in [httpd.phone(&identity).tls12(), httpd.phone(&identity).tls13()] {
            for file in files {
                assert_eq!(get(&client, format!("/{file}")), "200 allow own-file", "{file}");
            }
        }
        for file in files {
            let response = tools::curl_h2_with(httpd.https(), Some(&identity), &format!("/{file}"), &[]);
            assert_eq!(response.status, 200, "{file} over HTTP/2: {}", response.text());
        }
    }
}

#[test]
fn shared_files_and_firmware_are_for_every_trusted_device() {
    let httpd = provisioning();
    let client = httpd.phone(&phone());
    for file in SHARED {
        assert_eq!(get(&client, format!("/{file}")), "200 allow other-file", "{file}");
        assert_eq!(get(&httpd.client(), format!("/{file}")), "403 deny no-certificate", "{file}");
    }
}

#[test]
fn own_files_under_a_uuid_or_token_directory_and_logs_with_dates() {
    let files = [
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6/0004f2aaaaaa.cfg",
        "9f86d081884c7d659a2feaa0c55ad015/0004f2aaaaaa.cfg",
        "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae/0004f2aaaaaa-phone.cfg",
        "0004f2aaaaaa-20261123-app.log",
        "0004f2aaaaaa-app-202611230715.log",
        "0004f2aaaaaa_2026-11-23_07.15.log",
        "log-20261123071502-0004f2aaaaaa.log",
        "202611230715/0004f2aaaaaa.log",
    ];
    let httpd = files.iter().fold(server(), |builder, file| builder.page(file, "own")).start();
    for file in files {
        assert_eq!(get(&httpd.phone(&phone()), format!("/{file}")), "200 allow own-file", "{file}");
    }
}

#[test]
fn other_files_are_for_devices_for_anybody_or_for_nobody() {
    let httpd = server()
        .page("allow/x.ld", "x")
        .page("deny/x.ld", "x")
        .page(&format!("allow/{OWN}.cfg"), "own")
        .page(&format!("deny/{OWN}.cfg"), "own")
        .config("<Directory \"{docroot}/allow\">\nMTLSProtectOtherFiles allow\n</Directory>")
        .config("<Directory \"{docroot}/deny\">\nMTLSProtectOtherFiles deny\n</Directory>")
        .start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&httpd.client(), "/allow/x.ld"), "200 allow other-file");
    assert_eq!(get(&httpd.plain_client(), "/allow/x.ld"), "200 allow other-file");
    assert_eq!(get(&httpd.client(), format!("/allow/{OWN}.cfg")), "403 deny no-certificate");
    assert_eq!(ask(&httpd.client(), "PUT", "/allow/x.ld", &[], b"x"), "403 deny no-certificate");
    assert_eq!(get(&client, "/deny/x.ld"), "403 deny other-file");
    assert_eq!(get(&client, format!("/deny/{OWN}.cfg")), "200 allow own-file");
}
