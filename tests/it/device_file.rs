//! Devices blocked, exempted or, in a closed file, the only ones let in.

use crate::judged::{self, LET_IN, MAC, OWN, judged_at, judged_each_way, server, unique};
use mtlsprotect_testkit::{Builder, Client, Httpd, Poly, tools};

fn with_file(devices: impl AsRef<[u8]>, closed: &str) -> Builder {
    server(Poly::shared().bundle_pem())
        .page("sip.ld", judged::SECRET)
        .page("0004f2bbbbbb.cfg", judged::SECRET)
        .file("devices", devices)
        .config(&format!("MTLSProtectDeviceFile devices {closed}"))
}

fn rewrite(httpd: &Httpd, devices: impl AsRef<[u8]>) {
    std::fs::write(httpd.root().join("devices"), devices).expect("the device file can be written");
}

/// How a client fares with a file on a new connection.
fn asks(httpd: &Httpd, client: &Client, path: &str) -> String {
    let mut connection = client.connect().expect("no handshake is dropped");
    judged_at(httpd, &mut connection, &unique(path), &[])
}

#[test]
fn a_stolen_phone_is_shut_out_and_nobody_gets_its_file() {
    let httpd = with_file(format!("{MAC} block # stolen, RMA 4711\n"), "").module("http2").start();
    let (stolen, other) = (Poly::shared().phone(MAC), Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&stolen)), ["403 blocked-device"; 4]);
    assert_eq!(asks(&httpd, &httpd.phone(&stolen), "/sip.ld"), "403 blocked-device");
    assert_eq!(asks(&httpd, &httpd.phone(&other), OWN), "403 blocked-device");
    assert_eq!(asks(&httpd, &httpd.client(), OWN), "403 blocked-device");
    assert_eq!(asks(&httpd, &httpd.phone(&other), "/0004f2bbbbbb.cfg"), "200 own-file");
    assert_eq!(httpd.phone(&stolen).request("POST", OWN, &[], b"").unwrap().status, 403);
    let response = tools::curl_h2(httpd.https(), None, OWN);
    assert!(response.status == 403 && !response.text().contains(judged::SECRET));
}

#[test]
fn a_phone_without_a_certificate_is_let_at_its_own_file_from_its_site() {
    let httpd = with_file("0004f2aaaaaa exempt from=127.0.0.0/8 until=2099-12-31\n", "").start();
    let none = httpd.client();
    assert_eq!(asks(&httpd, &none, OWN), "200 exempt-device");
    assert_eq!(asks(&httpd, &none, "/sip.ld"), "200 exempt-device");
    assert_eq!(asks(&httpd, &none, "/0004f2bbbbbb.cfg"), "403 no-certificate");
    let self_signed = httpd.phone(&judged::self_signed());
    assert_eq!(judged_each_way(&httpd, &self_signed), ["200 exempt-device"; 4]);
    assert_eq!(asks(&httpd, &httpd.phone(&Poly::shared().phone("0004f2bbbbbb")), OWN), "403 mac-mismatch");
    assert_eq!(asks(&httpd, &httpd.phone(&Poly::shared().phone(MAC)), OWN), "200 own-file");
    let plain = httpd.plain_client().get(OWN).unwrap();
    assert_eq!(plain.status, 403);
    httpd.wait_for_log("denied reason=plain-http");
}

#[test]
fn an_exempt_phone_uploads_its_own_log_and_nothing_else() {
    let httpd = with_file("0004f2aaaaaa exempt from=127.0.0.1 until=2099-12-31\n", "")
        .modules(&["dav", "dav_fs"])
        .config("<Directory {docroot}>\nDav On\n</Directory>")
        .start();
    for (path, status) in [
        ("/0004f2aaaaaa-boot.log", 201),
        ("/0004f2bbbbbb-boot.log", 403),
        ("/boot.log", 403),
        ("/boot.log?mac=0004f2aaaaaa", 403),
        ("/0004f2aaaaaa/../boot.log", 403),
        ("/.htaccess?0004f2aaaaaa", 403),
    ] {
        let response = httpd.client().request("PUT", path, &[], b"log").unwrap();
        assert_eq!(response.status, status, "{path}: {}", response.text());
    }
}

#[test]
fn an_exemption_ends_with_its_site_and_its_day() {
    let devices = "0004f2aaaaaa exempt from=203.0.113.0/24 until=2099-12-31\n\
                   0004f2bbbbbb exempt from=127.0.0.1 until=2025-01-01\n";
    let httpd = with_file(devices, "").start();
    for path in [OWN, "/0004f2bbbbbb.cfg", "/sip.ld"] {
        assert_eq!(asks(&httpd, &httpd.client(), path), "403 no-certificate", "{path}");
    }
    let line = httpd.wait_for_log("exemptions that have ended");
    assert!(line.contains("1 exemptions") && line.contains("0004f2bbbbbb in line 2 ended on 2025-01-01"), "{line}");
}

#[test]
fn the_address_that_mod_remoteip_leaves_is_the_one_that_counts() {
    let httpd = with_file("0004f2aaaaaa exempt from=203.0.113.0/24,2001:db8::/32 until=2099-12-31\n", "")
        .module("remoteip")
        .config("RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1")
        .start();
    for (address, verdict) in [
        ("203.0.113.7", "200 exempt-device"),
        ("2001:db8::5", "200 exempt-device"),
        ("203.0.114.7", "403 no-certificate"),
        ("127.0.0.1", "403 no-certificate"),
    ] {
        let mut connection = httpd.client().connect().unwrap();
        let found = judged_at(&httpd, &mut connection, &unique(OWN), &[("X-Client", address)]);
        assert_eq!(found, verdict, "{address}");
    }
}

#[test]
fn an_exempt_phone_proves_no_address_to_applications() {
    let httpd = with_file("0004f2aaaaaa exempt from=127.0.0.1 until=2099-12-31\n", "")
        .module("cgi")
        .config("<Directory {docroot}>\nOptions ExecCGI\nAddHandler cgi-script .sh\nRequire all granted\n</Directory>")
        .start();
    httpd.write_script(
        "who.sh",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nmac=%s' \"${MTLSPROTECT_MAC-unset}\"\n",
    );
    let answer = httpd.client().get("/who.sh?mac=0004f2aaaaaa").unwrap();
    assert_eq!((answer.status, answer.text()), (200, "mac=unset".into()));
}

#[test]
fn a_closed_file_lets_in_only_whom_it_has() {
    let httpd = with_file("0004f2bbbbbb allow\n", "closed").start();
    let (unknown, known) = (Poly::shared().phone(MAC), Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&unknown)), ["403 unknown-device"; 4]);
    assert_eq!(asks(&httpd, &httpd.phone(&unknown), "/sip.ld"), "403 unknown-device");
    assert_eq!(asks(&httpd, &httpd.phone(&known), "/0004f2bbbbbb.cfg"), "200 own-file");
    assert_eq!(asks(&httpd, &httpd.phone(&known), "/sip.ld"), "200 other-file");
    let open = with_file("0004f2bbbbbb allow\n", "").start();
    assert_eq!(judged_each_way(&open, &open.phone(&unknown)), [LET_IN; 4]);
}

#[test]
fn the_file_is_read_again_on_a_graceful_restart() {
    let phone = Poly::shared().phone(MAC);
    let mut httpd = with_file("", "").start();
    let client = httpd.phone(&phone).tls12();
    let mut before = client.connect().unwrap();
    assert_eq!(before.get(OWN).unwrap().status, 200);
    let session = judged::copy_of(&before.session());
    rewrite(&httpd, format!("{MAC} block\n"));
    httpd.graceful();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&phone)), ["403 blocked-device"; 4]);
    let mut again = client.resume(&session).connect().unwrap();
    assert_eq!(judged::judged_on(&httpd, &mut again), "403 blocked-device");
    rewrite(&httpd, "# none\n");
    httpd.graceful();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&phone)), [LET_IN; 4]);
}

#[test]
fn a_bad_line_is_a_configuration_error_with_its_number() {
    for (devices, words) in [
        ("# fine\n0004f2aaaaaa allow\n0004f2aaaaaa block\n", "devices:3: 0004f2aaaaaa is in line 2 already"),
        ("0004f2aaaaaa\n", "devices:1: expected allow, block, exempt or password"),
        ("\n\nnonsense allow\n", "devices:3: \"nonsense\" is not a device's MAC"),
        ("0004f2aaaaaa exempt until=2099-12-31\n", "devices:1: from= is missing"),
    ] {
        let output = with_file(devices, "").configtest();
        assert!(!output.ok && output.text.contains(words), "{devices}: {}", output.text);
        assert!(output.text.contains("MTLSProtectDeviceFile"), "{}", output.text);
    }
    let output = with_file("", "open").configtest();
    assert!(!output.ok && output.text.contains("found \"open\""), "{}", output.text);
    let missing = server(Poly::shared().bundle_pem()).config("MTLSProtectDeviceFile nowhere").configtest();
    assert!(!missing.ok && missing.text.contains("nowhere: cannot be read"), "{}", missing.text);
}

#[test]
fn a_blocked_phone_of_a_watched_vendor_is_refused() {
    let httpd = Httpd::builder()
        .with_module()
        .file("poly.pem", Poly::shared().bundle_pem())
        .file("devices", format!("{MAC} block\n"))
        .config("MTLSProtectVendor poly ca=poly.pem mode=report\nMTLSProtectDeviceFile devices")
        .config("<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page(OWN, judged::SECRET)
        .start();
    assert_eq!(judged_each_way(&httpd, &httpd.phone(&Poly::shared().phone(MAC))), ["403 blocked-device"; 4]);
}
