//! Loosely written digits, which are a name where their prefix is known as a phone's.

use crate::judged::{self, OWN, judged_at, server, unique};
use mtlsprotect_testkit::{Builder, Httpd, Poly};

/// A file under a loosely written name, as an application that strips what is not a digit would find it.
fn with_file_of(builder: Builder, prefix: &str) -> Builder {
    builder.page(&file_of(prefix), judged::SECRET)
}

fn file_of(prefix: &str) -> String {
    format!("{prefix}~bbbbbb.cfg")
}

/// How a phone of Poly's fares with another's file.
fn attacker_gets(httpd: &Httpd, prefix: &str) -> String {
    let phone = Poly::shared().phone("0004f2aaaaaa");
    let mut connection = httpd.phone(&phone).connect().expect("no handshake is dropped");
    judged_at(httpd, &mut connection, &unique(&format!("/{}", file_of(prefix))), &[])
}

#[test]
fn an_attacker_spells_a_name_loosely_and_gets_no_phones_file_whoever_made_it() {
    let makers = [
        ("Mitel", "08000f"),
        ("Gigaset", "7c2f80"),
        ("Fanvil", "0c383e"),
        ("Avaya", "00040d"),
        ("Alcatel-Lucent Enterprise", "00809f"),
        ("Poly, once Plantronics", "8c9b2d"),
        ("Poly, once SpectraLink", "00907a"),
        ("Snom", "1c7126"),
        ("Cisco", "00000c"),
    ];
    let nobodys = "123456";
    let folder =
        makers.iter().fold(server(Poly::shared().bundle_pem()), |folder, (_, prefix)| with_file_of(folder, prefix));
    let httpd = with_file_of(folder, nobodys).start();
    for (maker, prefix) in makers {
        assert_eq!(attacker_gets(&httpd, prefix), "403 mac-mismatch", "{maker}");
    }
    assert_eq!(attacker_gets(&httpd, nobodys), "200 other-file", "the door is there");
}

#[test]
fn a_device_file_makes_the_prefixes_of_its_devices_known_in_its_host() {
    let folder = ["123456", "223456", "323456", "423456"]
        .iter()
        .fold(server(Poly::shared().bundle_pem()), |folder, prefix| with_file_of(folder, prefix));
    let devices = "123456000001 allow\n223456000001 block\n323456000001 exempt from=127.0.0.1 until=2099-12-31\n";
    let mut httpd = folder.file("devices", devices).config("MTLSProtectDeviceFile devices").start();
    for prefix in ["123456", "223456", "323456"] {
        assert_eq!(attacker_gets(&httpd, prefix), "403 mac-mismatch", "{prefix}");
    }
    assert_eq!(attacker_gets(&httpd, "423456"), "200 other-file");
    // and what its own name is does not change
    let phone = Poly::shared().phone("0004f2aaaaaa");
    let mut connection = httpd.phone(&phone).connect().expect("no handshake is dropped");
    assert_eq!(judged_at(&httpd, &mut connection, &unique(OWN), &[]), "200 own-file");
    // the list is read again with the configuration
    std::fs::write(httpd.root().join("devices"), "423456000001 allow\n").expect("the device file can be written");
    httpd.graceful();
    assert_eq!(attacker_gets(&httpd, "423456"), "403 mac-mismatch");
    assert_eq!(attacker_gets(&httpd, "123456"), "200 other-file");
}
