//! Where a password may take the place of a certificate.

use super::{Both, OTHER, OWN};
use mtlsprotect_testkit::{Authority, Certificate, Crl, Httpd, Identity};
use openssl::base64::encode_block;
use openssl::sha::{sha1, sha256};

/// Devices in several states; `OWN` has proven itself by its certificate, `OTHER` has not, and has no line anywhere.
const PROVEN_WITH_A_LINE: &str = "0004f2a00001";
const WITH_A_LINE: &str = "0004f2b00001";
const WITH_AN_ENDED_LINE: &str = "0004f2b00002";
const BLOCKED: &str = "0004f2b00003";
const ALL: [&str; 6] = [OWN, OTHER, PROVEN_WITH_A_LINE, WITH_A_LINE, WITH_AN_ENDED_LINE, BLOCKED];

/// Certificates of Poly's.
struct Fleet {
    poly: Authority,
    stolen: Identity,
}

impl Fleet {
    fn new() -> Self {
        let poly = Authority::root("TEST Poly");
        Fleet { stolen: poly.device(OTHER), poly }
    }

    /// The learned file with the two devices that have proven themselves.
    fn learned(&self) -> String {
        let hex = |der: Vec<u8>| sha256(&der).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let root = hex(self.poly.cert.to_der().unwrap());
        let line = |mac: &str| {
            let leaf = hex(self.poly.device(mac).cert.to_der().unwrap());
            format!("{mac} 2026-01-02T03:04:05Z poly {root} {leaf}\n")
        };
        [OWN, PROVEN_WITH_A_LINE].map(line).concat()
    }

    /// A server with `MTLSProtectPassword` of these words, and the options of `explain` for it.
    fn both(&self, words: &str, options: &[&str]) -> Both {
        let user = |name: &str| format!("{name}:{{SHA}}{}\n", encode_block(&sha1(b"secret")));
        let users: String = ALL.into_iter().chain(["bob"]).map(user).collect();
        let devices = format!(
            "{PROVEN_WITH_A_LINE} password\n{WITH_A_LINE} password until=2099-12-31\n\
             {WITH_AN_ENDED_LINE} password until=2020-12-31\n{BLOCKED} block\n"
        );
        let builder = Httpd::builder()
            .with_module()
            .modules(&["auth_basic", "authn_file"])
            .file("poly.pem", self.poly.pem())
            .file("poly.crl", Crl::of(&self.poly).revoke(&self.stolen.cert).pem())
            .file("learned", self.learned())
            .file("devices", devices)
            .file("users", users + &ALL.map(|mac| user(&format!("phone-{mac}@office"))).concat())
            .config("MTLSProtectVendor poly ca={root}/poly.pem crl={root}/poly.crl\nMTLSProtectLearnedFile learned")
            .config(&format!(
                "MTLSProtectDeviceFile devices\n<Directory {{docroot}}>\nMTLSProtect On\nMTLSProtectPassword {words}\n\
                 AuthType Basic\nAuthName x\nAuthUserFile users\nRequire all granted\n</Directory>"
            ))
            .vhost("SSLVerifyClient optional_no_ca");
        let files = [
            "--vendor=poly ca={root}/poly.pem crl={root}/poly.crl",
            "--learned={root}/learned",
            "--device-file={root}/devices",
        ];
        Both::new(builder, &[&files[..], options].concat())
    }
}

impl Both {
    /// Both say the same of a request that comes with the right password of a user.
    fn agree_by_password(&self, tls: bool, who: Option<(&str, &Identity)>, method: &str, target: &str, user: &str) {
        let header = format!("Basic {}", encode_block(format!("{user}:secret").as_bytes()));
        let option = format!("--user={user}");
        self.agree_with(tls, who, method, target, &[("Authorization", &header)], &[option]);
    }
}

#[test]
fn on_every_device_and_user() {
    let fleet = Fleet::new();
    let both = fleet.both("until=2099-12-31", &["--password=until=2099-12-31"]);
    for mac in ALL {
        let target = format!("/{mac}.cfg");
        both.agree(None, "GET", &target, "");
        both.agree_over(false, None, "GET", &target, "");
        for user in ALL.into_iter().chain(["bob"]) {
            both.agree_by_password(true, None, "GET", &target, user);
        }
        both.agree_by_password(false, None, "GET", &target, mac);
    }
    both.saw(&[
        "allow password",
        "deny password",
        "deny mac-mismatch",
        "deny no-certificate",
        "deny blocked-device",
        "deny plain-http",
    ]);
}

#[test]
fn on_who_sends_a_password_and_for_what() {
    let fleet = Fleet::new();
    let both = fleet.both("On", &["--password=On"]);
    let stranger = Certificate::leaf(OTHER).issue();
    let (expired, nameless) = (fleet.poly.leaf(OTHER).expired().issue(), fleet.poly.device("T46S"));
    let phone = fleet.poly.device(WITH_A_LINE);
    let senders = [
        None,
        Some(("a stranger", &stranger)),
        Some(("an expired one", &expired)),
        Some(("a nameless one", &nameless)),
        Some(("a stolen one", &fleet.stolen)),
        Some(("another phone", &phone)),
    ];
    let uri = format!("/{OTHER}.cfg");
    let targets = [
        ("GET", uri.clone()),
        ("PUT", format!("/{OTHER}-boot.log")),
        ("PUT", format!("/{OTHER}/../boot.log")),
        ("DELETE", uri),
        ("GET", format!("/{OTHER}/{WITH_A_LINE}.cfg")),
        ("GET", "/sip.ld".to_owned()),
        ("GET", format!("/app?mac={OTHER}")),
    ];
    for who in senders {
        for (method, target) in &targets {
            both.agree(who, method, target, "");
            both.agree_by_password(true, who, method, target, OTHER);
            both.agree_by_password(true, who, method, target, OWN);
        }
    }
    both.saw(&["allow password", "deny password", "deny revoked-certificate", "deny write", "deny ambiguous-name"]);
}

#[test]
fn on_a_day_that_is_over_and_users_that_are_more_than_a_mac() {
    let fleet = Fleet::new();
    let over = fleet.both("until=2020-12-31", &["--password=until=2020-12-31"]);
    let pattern = "^phone-(?<mac>[0-9a-f]{12})@";
    let named = fleet.both(
        &format!("until=2099-12-31 \"pattern={pattern}\""),
        &["--password=until=2099-12-31", &format!("--user-pattern={pattern}")],
    );
    for mac in ALL {
        let target = format!("/{mac}.cfg");
        over.agree(None, "GET", &target, "");
        over.agree_by_password(true, None, "GET", &target, mac);
        for user in [mac, &format!("phone-{mac}@office"), &format!("phone-{WITH_A_LINE}@office"), "bob"] {
            named.agree_by_password(true, None, "GET", &target, user);
        }
    }
    over.saw(&["deny no-certificate", "deny blocked-device"]);
    assert!(!over.seen.lock().unwrap().iter().any(|verdict| verdict.contains("password")));
    named.saw(&["allow password", "deny mac-mismatch", "deny no-certificate"]);
}
