//! The servers that benches compare, and the phones that ask them.

use crate::pki::{Certificate, Identity};
use crate::{Authority, Builder, Client, Connection, Httpd, Key, Mpm, Subject};
use mtlsprotect_core::learned::{Line, ProofLine, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_core::{Fingerprint, Mac};
use openssl::hash::MessageDigest;
use openssl::x509::X509;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The phone that asks.
pub const PHONE: &str = "0004f2aabbcc";

/// What a Poly phone asks for.
pub const FILE: &str = "/cfg/0004f2aabbcc.cfg";

/// What a Poly phone says that it is.
pub const USER_AGENT: (&str, &str) = ("User-Agent", "FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application");

/// TLS as phones speak it, and no log of ours or httpd's.
const HOST: &str = "SSLProtocol TLSv1.2\nSSLCipherSuite ECDHE-RSA-AES128-GCM-SHA256\n\
                    SSLCertificateFile \"{root}/rsa.crt\"\nSSLCertificateKeyFile \"{root}/rsa.key\"\n\
                    SSLVerifyClient optional_no_ca\nSSLVerifyDepth 5\nCustomLog /dev/null \"%>s\"";

/// Three CAs like Poly's, and phones below them.
pub struct Vendor {
    issuing: Authority,
    server: Identity,
    /// The root's certificate in PEM.
    pub root: Vec<u8>,
    /// The CAs' certificates in PEM.
    pub bundle: Vec<u8>,
}

impl Vendor {
    /// A root, a policy and an issuing CA with keys of one kind.
    pub fn new(key: Key) -> Self {
        let root = Certificate::ca("Bench Root CA").key(key).issue_authority();
        let policy = Certificate::ca("Bench Policy CA").key(key).issuer(&root).issue_authority();
        let issuing = Certificate::ca("Bench Issuing CA").key(key).issuer(&policy).issue_authority();
        let bundle = [root.pem(), policy.pem(), issuing.pem()].concat();
        let server = Certificate::leaf("localhost").key(Key::Rsa(2048)).dns_names(&["localhost"]).issue();
        Vendor { issuing, server, root: root.pem(), bundle }
    }

    /// A phone's certificate for an existing key.
    pub fn phone(&self, mac: &str, key: &Identity) -> Identity {
        self.issuing.leaf(Subject::poly(mac)).existing_key(&key.key).issue()
    }

    /// A phone with a key of its own.
    pub fn first_phone(&self, key: Key) -> Identity {
        self.issuing.leaf(Subject::poly(PHONE)).key(key).issue()
    }
}

/// Callgrind before httpd, which writes `out.1`, `out.2` and so on into a folder whenever it is about to call a function.
pub fn callgrind(folder: &Path, marked_by: &str) -> Vec<String> {
    // httpd changes its user, and callgrind writes as somebody else.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("its owner may");
    let mut arguments =
        ["valgrind", "--quiet", "--vgdb=no", "--tool=callgrind", "--dump-line=no"].map(str::to_owned).to_vec();
    arguments.push(format!("--dump-before={marked_by}"));
    arguments.push(format!("--callgrind-out-file={}", folder.join("out").display()));
    arguments
}

/// httpd without the module, and `extra` in its virtual host.
pub fn stock(mpm: Mpm, vendor: &Vendor, extra: &str) -> Builder {
    with_folder(mpm, vendor, extra, "")
}

/// Both have the same sections, since httpd takes its time to merge them.
fn with_folder(mpm: Mpm, vendor: &Vendor, extra: &str, folder: &str) -> Builder {
    let file = FILE.trim_start_matches('/');
    let builder =
        Httpd::builder().mpm(mpm).log_level("warn").access_log("%>s").vhost(HOST).vhost(extra).page(file, "secret\n");
    let builder = builder.config(&format!("<Directory \"{{docroot}}\">\nOptions None\n{folder}\n</Directory>"));
    builder.file("rsa.crt", vendor.server.cert_pem()).file("rsa.key", vendor.server.key_pem())
}

/// The same httpd with the module in front of the phones' files.
pub fn protected(mpm: Mpm, vendor: &Vendor) -> Builder {
    with_folder(mpm, vendor, "", "MTLSProtect On")
        .with_module()
        .file("device-ca.pem", &vendor.bundle)
        .config("MTLSProtectCAFile \"{device_ca}\"")
}

/// The same with a list of its own for the vendor, and a closed device file.
pub fn with_devices(mpm: Mpm, vendor: &Vendor) -> Builder {
    with_folder(mpm, vendor, "", "MTLSProtect On")
        .with_module()
        .file("device-ca.pem", &vendor.bundle)
        .file("devices", devices())
        .config("MTLSProtectVendor poly ca=device-ca.pem\nMTLSProtectDeviceFile devices closed")
}

/// The same with all that can be on for one phone: Learn, a learned file with the phone's line, and a status page. The
/// fleet is counted everywhere.
pub fn with_everything(mpm: Mpm, vendor: &Vendor, phone: &Identity) -> Builder {
    with_folder(mpm, vendor, "", "MTLSProtect Learn")
        .with_module()
        .file("device-ca.pem", &vendor.bundle)
        .file("devices", devices())
        .file("learned", learned(vendor, phone))
        .config("MTLSProtectVendor poly ca=device-ca.pem\nMTLSProtectDeviceFile devices closed")
        .config("MTLSProtectLearnedFile learned")
        .config("<Location \"/mtlsprotect-status\">\nSetHandler mtlsprotect-status\n</Location>")
}

/// A learned file with the phone's line.
fn learned(vendor: &Vendor, phone: &Identity) -> Vec<u8> {
    learned_by(vendor, [(PHONE.parse().expect("a MAC"), digest(&phone.cert))])
}

/// A learned file in which these devices have proven themselves, each with the certificate of a digest.
pub fn learned_by(vendor: &Vendor, devices: impl IntoIterator<Item = (Mac, Fingerprint)>) -> Vec<u8> {
    let root = digest(&X509::from_pem(&vendor.root).expect("a root's certificate"));
    let time = UnixTime::now() - 60;
    written(devices.into_iter().map(|(mac, leaf)| Line::Proof(ProofLine { mac, time, vendor: b"poly", leaf, root })))
}

fn digest(certificate: &X509) -> Fingerprint {
    let digest = certificate.digest(MessageDigest::sha256()).expect("OpenSSL has SHA-256");
    Fingerprint::new((*digest).try_into().expect("32 bytes"))
}

/// A device file of 100,000 lines, blocked, exempted and allowed devices, the phone one of them.
pub fn devices() -> String {
    let rule = |number: u32| match number % 4 {
        0 => "block # stolen".to_owned(),
        1 => format!("exempt from=10.{}.{}.0/24 until=2099-12-31", number >> 8 & 255, number & 255),
        _ => "allow".to_owned(),
    };
    let lines = (1..100_000u32).map(|number| format!("64167f{number:06x} {}\n", rule(number)));
    lines.collect::<String>() + PHONE + " allow\n"
}

/// A phone asks for its own file; anything but the file ends the bench.
fn fetch(connection: &mut Connection) {
    let response = connection.request("GET", FILE, &[USER_AGENT], b"").expect("the server answers");
    assert_eq!((response.status, response.text().as_str()), (200, "secret\n"));
}

/// A connection of its own for one file.
pub fn fetch_anew(client: &Client) -> Connection {
    let mut connection = client.connect().expect("the server takes the phone");
    fetch(&mut connection);
    connection
}
