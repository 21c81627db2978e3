//! `mtlsprotect explain` and the module come to the same verdict, case by case of the integration suite.

mod passwords;

use crate::running::run;
use mtlsprotect_testkit::cases::names::{FILES, HARMLESS_USER_AGENTS, LOOSE, QUERIES, SPELLINGS, USER_AGENTS, escaped};
use mtlsprotect_testkit::cases::{certificates, subjects};
use mtlsprotect_testkit::pki::SURNAME;
use mtlsprotect_testkit::{
    Authority, Builder, Certificate, Client, Crl, Digest, Httpd, Identity, Key, Poly, StringType, Subject,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

const OWN: &str = "0004f2aaaaaa";
const OTHER: &str = "0004f2bbbbbb";

/// A server, and the options of `explain` that say the same as its configuration.
struct Both {
    httpd: Httpd,
    options: Vec<String>,
    files: tempfile::TempDir,
    /// Reasons that came up.
    seen: Mutex<BTreeSet<String>>,
}

impl Both {
    fn new(builder: Builder, options: &[&str]) -> Self {
        let httpd = builder
            .config("Header always set X-Verdict \"expr=%{note:mtlsprotect-verdict} %{note:mtlsprotect-reason}\"")
            .start();
        let root = httpd.root().display().to_string();
        let options = options.iter().map(|option| option.replace("{root}", &root)).collect();
        Both { httpd, options, files: tempfile::tempdir().unwrap(), seen: Mutex::default() }
    }

    /// Poly's four CAs, and nothing else.
    fn poly() -> Self {
        let builder =
            Httpd::builder().protected(Poly::shared().bundle_pem()).file("ca.pem", Poly::shared().bundle_pem());
        Both::new(builder, &["--ca", "{root}/ca.pem"])
    }

    fn write(&self, name: &str, identity: &Identity) -> PathBuf {
        let name: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
        identity.write(self.files.path(), &name).chain
    }

    /// Both say the same of a request.
    fn agree(&self, who: Option<(&str, &Identity)>, method: &str, target: &str, user_agent: &str) {
        self.agree_over(true, who, method, target, user_agent);
    }

    fn agree_over(&self, tls: bool, who: Option<(&str, &Identity)>, method: &str, target: &str, user_agent: &str) {
        let header = [("User-Agent", user_agent)];
        let headers = if user_agent.is_empty() { &[][..] } else { &header };
        self.agree_with(tls, who, method, target, headers, &[format!("--user-agent={user_agent}")]);
    }

    /// The same of a request with these headers, for which `explain` has these options too.
    fn agree_with(
        &self,
        tls: bool,
        who: Option<(&str, &Identity)>,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        more: &[String],
    ) {
        let client = match (tls, who) {
            (false, _) => self.httpd.plain_client(),
            (true, None) => self.httpd.client(),
            (true, Some((_, identity))) => self.httpd.phone(identity),
        };
        let module = self.module(&client, method, target, headers);
        let scheme = if tls { "https" } else { "http" };
        let mut arguments = vec![
            "explain".to_owned(),
            "--json".to_owned(),
            format!("--url={scheme}://localhost{target}"),
            format!("--method={method}"),
            "--from=127.0.0.1".to_owned(),
        ];
        arguments.extend(self.options.iter().chain(more).cloned());
        if let Some((name, identity)) = who {
            arguments.push(format!("--cert={}", self.write(name, identity).display()));
        }
        let ran = run(&arguments);
        let name = who.map_or("nobody", |(name, _)| name);
        let json: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{name} {target}: {error}: {ran:?}"));
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let explained = format!("{} {}", text("verdict"), text("reason"));
        assert_eq!(module, explained, "{name}: {method} {target} {more:?}: {}", ran.out);
        assert_eq!(ran.code, i32::from(!explained.starts_with("allow")), "{ran:?}");
        // the rule that matches is the one that the verdict names, and nothing after it was looked at
        let rules = json["rules"].as_array().unwrap();
        let matches: Vec<Option<bool>> = rules.iter().map(|rule| rule["matches"].as_bool()).collect();
        let first = matches.iter().position(|&matches| matches == Some(true)).expect("one rule matches");
        assert!(matches[..first].iter().all(|&matches| matches == Some(false)), "{matches:?}");
        assert!(matches[first + 1..].iter().all(Option::is_none), "{matches:?}");
        self.seen.lock().unwrap().insert(explained);
    }

    fn module(&self, client: &Client, method: &str, target: &str, headers: &[(&str, &str)]) -> String {
        let response = client.request(method, target, headers, b"").expect("an answer");
        response.header("X-Verdict").unwrap_or_else(|| panic!("no verdict for {target}: {response:?}")).to_owned()
    }

    #[track_caller]
    fn saw(&self, verdicts: &[&str]) {
        let seen = self.seen.lock().unwrap();
        for verdict in verdicts {
            assert!(seen.contains(*verdict), "{verdict} did not come up: {seen:?}");
        }
    }
}

#[test]
fn on_every_certificate() {
    let both = Both::poly();
    for (name, identity) in certificates::all() {
        for target in ["/0004f2aaaaaa.cfg", "/0004f2bbbbbb.cfg", "/sip.ld"] {
            both.agree(Some((name, &identity)), "GET", target, "");
        }
    }
    both.saw(&[
        "allow own-file",
        "allow other-file",
        "deny mac-mismatch",
        "deny untrusted-certificate",
        "deny expired-certificate",
    ]);
}

#[test]
fn on_every_subject() {
    let both = Both::poly();
    for (name, subject) in subjects::nobodys().into_iter().chain(subjects::spelled()) {
        both.agree(Some((name, &Poly::shared().leaf(subject).issue())), "GET", "/0004f2aaaaaa.cfg", "");
    }
    both.saw(&["allow own-file", "deny no-device-identity"]);
}

#[test]
fn on_every_spelling_of_a_name() {
    let both = Both::poly();
    let phone = Poly::shared().phone(OWN);
    let agree = |target: String| both.agree(Some(("phone", &phone)), "GET", &target, "");
    for file in FILES {
        agree(format!("/cfg/{}", escaped(file, false)));
        agree(format!("/cfg/{}", escaped(file, true)));
        agree(format!("/cfg/{OWN}/../{}", escaped(file, false)));
    }
    for name in SPELLINGS {
        agree(format!("/cfg//{name}.cfg"));
        agree(format!("/cfg/{OWN}/{name}.cfg"));
        agree(format!("/cfg/./x/%2e%2e/{name}.cfg"));
    }
    both.saw(&["deny mac-mismatch", "deny ambiguous-name"]);
}

#[test]
fn on_every_query() {
    let both = Both::poly();
    let phone = Poly::shared().phone(OWN);
    let agree = |target: String| both.agree(Some(("phone", &phone)), "GET", &target, "");
    for query in LOOSE.iter().chain(QUERIES) {
        agree(format!("/app?{query}"));
        agree(format!("/app?mac={OWN}&{query}"));
        agree(format!("/cfg/{OWN}.cfg?{query}"));
    }
    for value in ["", "0004f2", "0004f2aaaaaa0", "xyz", "000000000000", OWN] {
        agree(format!("/app?mac={value}"));
        agree(format!("/app?MAC[]={value}"));
    }
    both.saw(&[
        "allow own-file",
        "allow other-file",
        "deny mac-mismatch",
        "deny ambiguous-name",
        "deny malformed-name",
    ]);
}

#[test]
fn on_every_user_agent() {
    let both = Both::poly();
    let phone = Poly::shared().phone(OWN);
    for agent in USER_AGENTS.iter().chain(HARMLESS_USER_AGENTS) {
        both.agree(Some(("phone", &phone)), "GET", "/app", agent);
        both.agree(Some(("phone", &phone)), "GET", "/cfg/0004f2aaaaaa.cfg", agent);
    }
}

#[test]
fn on_every_method_and_what_it_writes() {
    let both = Both::poly();
    let phone = Poly::shared().phone(OWN);
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE", "PROPFIND"] {
        for target in [
            format!("/{OWN}-boot.log"),
            format!("/{OTHER}-boot.log"),
            "/boot.log".to_owned(),
            format!("/boot.log?mac={OWN}"),
            format!("/{OWN}/../boot.log"),
            format!("/{OWN}/.htaccess"),
            format!("/.{OWN}"),
        ] {
            both.agree(Some(("phone", &phone)), method, &target, "");
            both.agree(None, method, &target, "");
            both.agree_over(false, None, method, &target, "");
        }
    }
    both.saw(&[
        "allow own-file",
        "deny write",
        "deny method",
        "deny mac-mismatch",
        "deny no-certificate",
        "deny plain-http",
    ]);
}

#[test]
fn on_other_files_for_anybody_and_for_nobody() {
    for who in ["device", "allow", "deny"] {
        let builder =
            Httpd::builder().protected(Poly::shared().bundle_pem()).file("ca.pem", Poly::shared().bundle_pem());
        let builder = builder.config(&format!("<Directory {{docroot}}>\nMTLSProtectOtherFiles {who}\n</Directory>"));
        let both = Both::new(builder, &["--ca", "{root}/ca.pem", "--other-files", who]);
        let phone = Poly::shared().phone(OWN);
        for target in ["/sip.ld", "/0004f2aaaaaa.cfg"] {
            for method in ["GET", "PUT"] {
                both.agree(Some(("phone", &phone)), method, target, "");
                both.agree(None, method, target, "");
                both.agree_over(false, None, method, target, "");
            }
        }
    }
}

#[test]
fn on_the_operators_own_names() {
    let builder = Httpd::builder().protected(Poly::shared().bundle_pem()).file("ca.pem", Poly::shared().bundle_pem()).config(
        "<Directory {docroot}>\nMTLSProtectFilePattern \"/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})\"\n\
         MTLSProtectIgnore \"order-[0-9a-f]{12}\"\nMTLSProtectMethods GET POST\nMTLSProtectNameParameter phone\n</Directory>",
    );
    let options = [
        "--ca",
        "{root}/ca.pem",
        "--file-pattern=/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})",
        "--ignore=order-[0-9a-f]{12}",
        "--methods=GET,POST",
        "--name-parameter=phone",
    ];
    let both = Both::new(builder, &options);
    let phone = Poly::shared().phone(OWN);
    for target in ["/p123456xabcdef", "/order-123456abcdef", "/order-0004f2bbbbbb", "/x?phone=12345", "/x?mac=12345"] {
        for method in ["GET", "POST", "PUT"] {
            both.agree(Some(("phone", &phone)), method, target, "");
        }
    }
}

#[test]
fn on_what_an_expression_of_the_operators_names() {
    let phone = Poly::shared().phone(OWN);
    for value in ["0004F2-aaaaaa", OTHER, "000000000000", "1001", "-"] {
        let builder = Httpd::builder()
            .protected(Poly::shared().bundle_pem())
            .file("ca.pem", Poly::shared().bundle_pem())
            .config("MTLSProtectNamedBy %{reqenv:PHONE}\nMTLSProtectOtherFiles deny")
            .vhost(&format!("SetEnvIf Request_URI . PHONE={value}"));
        let named_by = format!("--named-by={value}");
        let both = Both::new(builder, &["--ca", "{root}/ca.pem", "--other-files=deny", &named_by]);
        for target in ["/1001.xml", "/0004f2aaaaaa.cfg", "/0004f2bbbbbb.cfg"] {
            for method in ["GET", "PUT"] {
                both.agree(Some(("phone", &phone)), method, target, "");
                both.agree(None, method, target, "");
            }
        }
    }
}

/// Vendors with every key, a CRL and a device file.
fn fleet() -> (Both, Vec<(&'static str, Identity)>) {
    let (poly, yealink) = (Authority::root("TEST Poly"), Authority::root("TEST Yealink"));
    let (cisco, panasonic) = (Authority::root("TEST Cisco"), Authority::root("TEST Panasonic"));
    let old = Certificate::ca("TEST VPN").key(Key::Rsa(1024)).digest(Digest::Md5).days(-5000, -30).issue_authority();
    let stolen = poly.device("0004f2cccccc");
    let surname = |mac: &str| Subject::cn("CP-8841").and(SURNAME, StringType::Printable, mac);
    let lines = [
        "poly ca={root}/poly.pem crl={root}/poly.crl oui=+aabbcc",
        "yealink ca={root}/yealink.pem mode=report",
        "cisco ca={root}/cisco.pem strict=yes",
        "panasonic ca={root}/panasonic.pem identity=none",
        "grandstream ca={root}/old.pem seclevel=0 expired=allow",
    ];
    let devices = "0004f2dddddd block\n0004f2eeeeee exempt from=127.0.0.1 until=2099-12-31\n";
    let builder = Httpd::builder()
        .with_module()
        .file("poly.pem", poly.pem())
        .file("poly.crl", Crl::of(&poly).revoke(&stolen.cert).pem())
        .file("yealink.pem", yealink.pem())
        .file("cisco.pem", cisco.pem())
        .file("panasonic.pem", panasonic.pem())
        .file("old.pem", old.pem())
        .file("devices", devices)
        .config(&lines.map(|line| format!("MTLSProtectVendor {line}")).join("\n"))
        .config("MTLSProtectDeviceFile devices\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca");
    let mut options: Vec<String> = lines.iter().map(|line| format!("--vendor={line}")).collect();
    options.push("--device-file={root}/devices".to_owned());
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let clients = vec![
        ("a Poly", poly.device(OWN)),
        ("a Poly of a bought block", poly.device("aabbccaaaaaa")),
        ("a Poly of a new block", poly.device("ddeeffaaaaaa")),
        ("a Poly as a Yealink", poly.device("001565aaaaaa")),
        ("a Yealink", yealink.device("001565aaaaaa")),
        ("a Yealink as a Poly", yealink.device(OWN)),
        ("a Yealink without a name", yealink.device("T46S")),
        ("a Cisco", cisco.leaf(surname("000E08AAAAAA")).issue()),
        ("a Cisco outside its blocks", cisco.leaf(surname("DDEEFFAAAAAA")).issue()),
        ("a Panasonic", panasonic.device("KX-TGP600")),
        ("an old Grandstream", old.leaf("000b82aaaaaa").key(Key::Rsa(1024)).digest(Digest::Md5).expired().issue()),
        ("a revoked Poly", stolen),
        ("a blocked Poly", poly.device("0004f2dddddd")),
        ("a stranger", Certificate::leaf(OWN).issue()),
    ];
    (Both::new(builder, &options), clients)
}

#[test]
fn on_a_mixed_fleet_with_crls_and_a_device_file() {
    let (both, clients) = fleet();
    let targets = [
        "/0004f2aaaaaa.cfg",
        "/001565aaaaaa.cfg",
        "/000e08aaaaaa.cfg",
        "/0080f0aaaaaa.cfg",
        "/000b82aaaaaa.cfg",
        "/aabbccaaaaaa.cfg",
        "/0004f2dddddd.cfg",
        "/0004f2eeeeee.cfg",
        "/001565aaaaaa/0004f2aaaaaa.cfg",
        "/sip.ld",
    ];
    for target in targets {
        for (name, identity) in &clients {
            both.agree(Some((name, identity)), "GET", target, "");
        }
        both.agree(None, "GET", target, "");
        both.agree_over(false, None, "GET", target, "");
    }
    for target in ["/0004f2eeeeee-boot.log", "/0080f0aaaaaa-boot.log", "/boot.log", "/boot.log?mac=0080f0aaaaaa"] {
        for (name, identity) in &clients {
            both.agree(Some((name, identity)), "PUT", target, "");
        }
        both.agree(None, "PUT", target, "");
    }
    both.saw(&[
        "allow own-file",
        "allow other-file",
        "allow exempt-device",
        "deny vendor-mismatch",
        "deny revoked-certificate",
        "deny blocked-device",
        "deny mac-mismatch",
        "deny no-certificate",
        "would-deny mac-mismatch",
        "would-deny no-device-identity",
        "would-deny no-certificate",
    ]);
}

#[test]
fn on_a_closed_device_file() {
    let builder = Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .file("ca.pem", Poly::shared().bundle_pem())
        .file("devices", "0004f2bbbbbb allow\n")
        .config("MTLSProtectDeviceFile devices closed");
    let both = Both::new(builder, &["--ca", "{root}/ca.pem", "--device-file", "{root}/devices", "--closed"]);
    for mac in [OWN, OTHER] {
        let phone = Poly::shared().phone(mac);
        for target in ["/0004f2aaaaaa.cfg", "/0004f2bbbbbb.cfg", "/sip.ld"] {
            both.agree(Some((mac, &phone)), "GET", target, "");
        }
    }
    both.saw(&["deny unknown-device", "allow own-file", "allow other-file", "deny mac-mismatch"]);
}
