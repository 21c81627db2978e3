//! The two servers: the module as the only judge of certificates, and mod_ssl as the only one.

use crate::fleet::Phone;
use mtlsprotect_testkit::measure::{Vendor, protected, stock};
use mtlsprotect_testkit::{Builder, Mpm};

pub const FIRMWARE: &str = "/firmware/3111-48500-001.sip.ld";
pub const DIRECTORY: &str = "/cfg/000000000000-directory.xml";

/// How many connections are served at once.
pub const AT_ONCE: u16 = 64;

/// Bytes of the firmware: little, or its encryption would hide what is compared.
const FIRMWARE_BYTES: usize = 16 * 1024;

/// Without the module, and with it. Their files are in memory: a disk's file system would take more than what is
/// compared, and not the same each time.
pub fn servers(mpm: Mpm, vendor: &Vendor, phones: &[Phone]) -> [Builder; 2] {
    let verifying = "SSLVerifyClient require\nSSLCACertificateFile \"{device_ca}\"";
    let without = stock(mpm, vendor, verifying).file("device-ca.pem", &vendor.bundle);
    [without, protected(mpm, vendor)].map(|builder| site(builder, mpm, phones))
}

fn site(builder: Builder, mpm: Mpm, phones: &[Phone]) -> Builder {
    let builder = match mpm {
        Mpm::Prefork => builder.children(AT_ONCE).threads(1),
        // more than come: event closes connections between requests when a child has no idle thread
        Mpm::Event | Mpm::Worker => builder.children(2).threads(2 * AT_ONCE),
    };
    let builder = builder.in_memory().modules(&["dav", "dav_fs"]).config(
        "MaxConnectionsPerChild 0\nListenBacklog 1024\nAlias /up \"{writable}\"\n\
         <Directory \"{writable}\">\nDav On\nRequire all granted\nSetHandler none\nOptions None\n\
         <IfModule mtlsprotect_module>\nMTLSProtect On\n</IfModule>\n</Directory>",
    );
    let builder = builder.page(FIRMWARE, vec![0; FIRMWARE_BYTES]).page(DIRECTORY, "<directory/>\n");
    phones.iter().fold(builder, |builder, phone| builder.page(&own_file(phone), "secret\n"))
}

/// What a phone is there for.
pub fn own_file(phone: &Phone) -> String {
    format!("/cfg/{}.cfg", phone.mac)
}

/// Where a phone writes what it did while it booted.
pub fn boot_log(phone: &Phone) -> String {
    format!("/up/{}-boot.log", phone.mac)
}
