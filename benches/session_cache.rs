//! How many sessions of phones a session cache of mod_ssl holds that has been given more, and which are given to it.

use mtlsprotect_testkit::measure::{Vendor, fetch_anew, protected};
use mtlsprotect_testkit::pki::Identity;
use mtlsprotect_testkit::{Builder, Httpd, Key, Mpm};

/// The size of the cache that test servers have, and connections, each with a session of its own: more than there is room for.
const SIZE: u64 = 512_000;
const SESSIONS: usize = 1_000;

const NO_TICKETS: &str = "SSLSessionTickets off";

fn main() {
    let vendor = Vendor::new(Key::Rsa(4096));
    let list = || protected(Mpm::Prefork, &vendor);
    let root_alone = || list().file("device-ca.pem", &vendor.root);
    println!(
        "{:<50} {:>9} {:>15}",
        format!("shmcb of {SIZE} bytes, {SESSIONS} connections"),
        "sessions",
        "bytes a session"
    );
    let (ec, rsa) = (vendor.first_phone(Key::P256), vendor.first_phone(Key::Rsa(2048)));
    row("EC P-256 phone, no tickets", &ec, list().vhost(NO_TICKETS));
    row("the same, a list of the root alone", &ec, root_alone().vhost(NO_TICKETS));
    row("RSA-2048 phone, no tickets", &rsa, list().vhost(NO_TICKETS));
    row("the same, a list of the root alone", &rsa, root_alone().vhost(NO_TICKETS));
    row("RSA-2048 phone, tickets of TLS 1.2", &rsa, list());
    row("RSA-2048 phone, tickets of TLS 1.3", &rsa, list().vhost("SSLProtocol TLSv1.3"));
}

fn row(name: &str, phone: &Identity, builder: Builder) {
    let httpd: Httpd = builder
        .children(1)
        .module("status")
        .config("<Location \"/status\">\nSetHandler server-status\n</Location>")
        .start();
    let client = httpd.phone(phone);
    for _ in 0..SESSIONS {
        fetch_anew(&client);
    }
    let status = client.get("/status?auto").expect("the server answers").text();
    assert_eq!(number(&status, "CacheSharedMemory"), SIZE, "{status}");
    let sessions = number(&status, "CacheCurrentEntries");
    let bytes = SIZE.checked_div(sessions).map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
    println!("{name:<50} {sessions:>9} {bytes:>15}");
}

/// A number that mod_status tells by this name.
fn number(status: &str, name: &str) -> u64 {
    let told = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    told.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("no {name}: {status}"))
}
