//! Every field of the JSON is in docs/command_json.md with its type, and nothing else is.

use crate::running::run;
use mtlsprotect_testkit::status::fleet::{Fleet, quiet, status};
use mtlsprotect_testkit::status::server::Server;
use mtlsprotect_testkit::{Httpd, Poly};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Fields with their types, of a section.
type Fields = BTreeMap<String, String>;

/// The sections of the document by the subcommands that they are about.
fn documented() -> BTreeMap<String, Fields> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/command_json.md");
    let text = fs::read_to_string(file).unwrap();
    let section = |section: &str| -> (Vec<String>, Fields) {
        let (heading, body) = section.split_once('\n').unwrap();
        let row = |line: &str| {
            let (field, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((field.to_owned(), rest.split(" | ").next()?.trim_end_matches(" |").to_owned()))
        };
        (heading.split(", ").map(str::to_owned).collect(), body.lines().filter_map(row).collect())
    };
    let sections = text.split("\n## ").skip(1).map(section);
    sections.flat_map(|(names, fields)| names.into_iter().map(move |name| (name, fields.clone()))).collect()
}

/// Calls `found` with the path of every field below a value. A list has one path, whatever is in it.
fn each(path: &str, value: &Value, found: &mut impl FnMut(&str, Option<&Value>)) {
    match value {
        Value::Object(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            fields.iter().for_each(|(name, value)| each(&format!("{path}{dot}{name}"), value, found));
        }
        Value::Array(elements) => {
            let path = format!("{path}[]");
            found(&path, None);
            elements.iter().for_each(|element| each(&path, element, found));
        }
        value => found(path, Some(value)),
    }
}

fn is_time(text: &str) -> bool {
    text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T' && text.starts_with("20")
}

fn is_of(kind: &str, value: &Value) -> bool {
    match value {
        Value::Null => kind.ends_with(" or null") || kind.ends_with(", or null"),
        Value::Bool(_) => kind.starts_with("yes or no"),
        Value::Number(_) => kind.starts_with("number"),
        Value::String(text) => kind.starts_with("text") || (kind.starts_with("time") && is_time(text)),
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// What several runs of a subcommand printed agrees with the document.
#[track_caller]
fn agrees(subcommand: &str, runs: &[Vec<&str>]) {
    let documented = documented().remove(subcommand).unwrap_or_else(|| panic!("{subcommand} has no section"));
    let mut seen = BTreeSet::new();
    for arguments in runs {
        let ran = run(subcommand.split(' ').chain(arguments.iter().copied()).chain(["--json"]));
        assert!(ran.out.is_ascii() && ran.code < 2, "{ran:?}");
        let json: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        each("", &json, &mut |path, value| {
            seen.insert(path.to_owned());
            let Some(value) = value else { return };
            let kind = documented.get(path).unwrap_or_else(|| panic!("{subcommand}: {path} is not documented"));
            assert!(is_of(kind, value), "{subcommand}: {path} is {value}, not {kind}");
        });
    }
    let missing: Vec<&String> = documented.keys().filter(|path| !seen.contains(*path)).collect();
    assert!(missing.is_empty(), "{subcommand}: documented, and never printed: {missing:?}");
}

/// The manual pages of the subcommands that have none of their own, by name.
fn pages() -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    run(["man", dir.path().to_str().unwrap()]).said(0, &[]);
    let page = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        let name = name.strip_prefix("mtlsprotect-")?.strip_suffix(".1")?.replace('-', " ");
        Some((name, fs::read_to_string(entry.path()).unwrap()))
    };
    let mut pages: BTreeMap<String, String> = fs::read_dir(dir.path()).unwrap().flatten().filter_map(page).collect();
    let names: Vec<String> = pages.keys().cloned().collect();
    pages.retain(|name, _| !names.iter().any(|other| other.starts_with(&format!("{name} "))));
    pages
}

#[test]
fn every_subcommand_that_prints_json_has_its_section() {
    let (with, without): (Vec<_>, Vec<_>) = pages().into_iter().partition(|(_, page)| page.contains("\\-\\-json"));
    let names = |pages: Vec<(String, String)>| pages.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(documented().into_keys().collect::<Vec<_>>(), names(with));
    assert_eq!(names(without), ["completions", "man"], "all others print JSON");
    // and below each is run
    let (_, runs) = include_str!("json.rs").split_once("/// Files for the runs.").unwrap();
    let not_run: Vec<String> = documented().into_keys().filter(|name| !runs.contains(&format!("\"{name}\""))).collect();
    assert!(not_run.is_empty(), "documented, and not compared: {not_run:?}");
}

/// Files for the runs.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Files(tempfile::tempdir().unwrap());
        let poly = Poly::shared();
        files.write("ca.pem", poly.bundle_pem()).write("issuing.pem", poly.issuing1.pem());
        poly.phone("0004f2aaaaaa").write(files.0.path(), "phone");
        files
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

#[test]
fn of_cas_and_verdicts() {
    let files = Files::new();
    let (ca, issuing, phone) = (files.path("ca.pem"), files.path("issuing.pem"), files.path("phone-chain.crt"));
    agrees("ca show", &[vec![&ca], vec![&issuing]]);
    let url = ["--url", "https://x/0004f2aaaaaa.cfg"];
    agrees(
        "explain",
        &[vec!["--ca", &ca, "--cert", &phone, url[0], url[1]], vec!["--ca", &ca, url[0], url[1]], vec!["--ca", &ca]],
    );
    let digest = Poly::shared().root.cert.digest(openssl::hash::MessageDigest::sha256()).unwrap();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let vendor = "[[vendor]]\nname = \"house\"\n[[vendor.ca]]\nname = \"TEST Polycom Root CA\"\n";
    files.write("vendors.toml", format!("{vendor}sha256 = \"{digest}\"\n"));
    let (vendors, bundle) = (files.path("vendors.toml"), files.path("house.pem"));
    agrees("ca fetch", &[vec!["house", "--vendors", &vendors, "--from", &ca, "--output", &bundle]]);
    agrees("pki demo", &[vec![&files.path("demo")]]);
}

#[test]
fn of_a_folder() {
    let files = Files::new();
    files.write("site/0004f2aaaaaa.cfg", "").write("site/123456~bbbbbb", "");
    symlink("0004f2aaaaaa.cfg", files.path("site/latest")).unwrap();
    agrees("names", &[vec![&files.path("site")]]);
}

#[test]
fn of_logs() {
    let files = Files::new();
    let request = |from: u32, asked: &str, status: u32, verdict: &str| {
        format!(
            "203.0.113.{from} - - [23/Nov/2026:10:10:26 +0000] \"GET /{asked} HTTP/1.1\" {status} 5 \"-\" \"-\" {verdict}\n"
        )
    };
    let mut access = request(7, "0004f2aaaaaa.cfg", 200, "allow own-file 0004f2aaaaaa 0004f2aaaaaa poly");
    access += &request(7, "0004f2bbbbbb.cfg", 200, "would-deny no-certificate - 0004f2bbbbbb -");
    access += &(request(8, "people/alice", 200, "") + &request(8, "people/alice", 200, ""));
    access += &(0..30).map(|number| request(66, &format!("0004f20000{number:02}.cfg"), 404, "")).collect::<String>();
    files.write("access.log", access + "no line of a log\n");
    files.write(
        "error.log",
        "[Mon Nov 23 10:10:26.951453 2026] [ssl:info] [pid 1:tid 2] [client 198.51.100.1:41256] AH02276: Certificate \
         Verification: Error (10): certificate has expired [subject: CN=0004F2CCCCCC / issuer: CN=x / serial: 41 / \
         notbefore: x / notafter: y]\n",
    );
    files.write("fleet", "0004f2aaaaaa\n0004f2bbbbbb\n0004f2cccccc\n0004f2dddddd\n");
    let (access, error, fleet) = (files.path("access.log"), files.path("error.log"), files.path("fleet"));
    files.write("learned", LEARNED);
    let learned = files.path("learned");
    agrees("audit", &[vec![&access, &error, "--fleet", &fleet, "--by", "day", "--learned", &learned]]);
}

/// A device that is proven, and one that is forgotten.
const LEARNED: &str = "0004f2aaaaaa 2026-11-25T20:59:57Z poly \
    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad \
    2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\n0004f2bbbbbb 2026-11-25T20:59:57Z forget\n";

#[test]
fn of_the_learned_file() {
    let files = Files::new();
    files.write("learned", LEARNED).write("other", LEARNED).write("own", "");
    let (learned, other, own, gone) =
        (files.path("learned"), files.path("other"), files.path("own"), files.path("gone"));
    let file = format!("--file={learned}");
    agrees("learned show", &[vec!["0004f2aaaaaa", "0004f2bbbbbb", &file]]);
    agrees("learned merge", &[vec!["--into", &own, &other, &gone]]);
    agrees("device forget", &[vec!["0004f2aaaaaa", "--learned", &learned]]);
}

#[test]
fn of_a_server() {
    let httpd = Httpd::builder().protected(Poly::shared().bundle_pem()).page("0004f2aaaaaa.cfg", "x").start();
    let url = format!("https://localhost:{}/0004f2aaaaaa.cfg", httpd.https());
    let port = format!("--http-port={}", httpd.http());
    agrees("check", &[vec![&url, &port, "--resolve=127.0.0.1"]]);
}

#[test]
fn of_a_fleet() {
    let fleet = Fleet::of(3_000);
    let mut shown = quiet(&fleet);
    (shown.exemptions_ending, shown.history) = (1, status(&fleet).history);
    let server = Server::start(shown, fleet);
    let (url, prefix) = (server.url(""), "--prefix=0004f2");
    agrees("status", &[vec![&url, prefix, "--mismatches=9999"], vec![&url, "--mismatches=9999"]]);
}

#[test]
fn of_the_device_file() {
    let files = Files::new();
    files.write("devices", "0004f2aaaaaa block # stolen\n0004f2bbbbbb exempt from=::1 until=2099-01-01\n");
    let file = format!("--file={}", files.path("devices"));
    agrees("device list", &[vec![&file]]);
    agrees("device show", &[vec!["0004f2aaaaaa", "0004f2bbbbbb", "0004f2cccccc", &file]]);
    for edit in ["device block", "device allow", "device password", "device remove"] {
        agrees(edit, &[vec!["0004f2aaaaaa", "0004f2dddddd", &file]]);
    }
    agrees("device exempt", &[vec!["0004f2aaaaaa", "--from=::1", "--until=2099-01-01", &file]]);
}
