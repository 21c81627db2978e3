//! How every subcommand ends: 0 all is well, 1 a finding, 2 a wrong command line, 3 it could not be done. Of `status` 2
//! is also what is critical.

use crate::running::{Ran, run, run_with_input};
use mtlsprotect_testkit::{Builder, HeldPort, Httpd, Poly};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

const FILE: &str = "0004f2aaaaaa.cfg";

/// Command lines with the code that they end with and words that they say. `DIR` stands for a directory with the files
/// below, `CLOSED` for a port that nobody listens on.
const TABLE: &[(&str, i32, &str)] = &[
    ("ca fetch poly --from DIR/poly", 3, "is not a certificate"),
    ("ca fetch poly --from /nowhere", 3, "cannot be read"),
    ("ca fetch poly --from http://127.0.0.1:CLOSED/x.pem", 3, "cannot be downloaded"),
    ("ca fetch house --vendors DIR/vendors.toml --from DIR/root.pem --output DIR/house.pem", 0, "1 CA,"),
    ("ca fetch house --vendors DIR/vendors.toml --from DIR/root.pem --json", 2, "--output"),
    ("ca fetch house --vendors DIR/gone.toml", 3, "gone.toml: cannot be read"),
    ("ca fetch house --vendors DIR/pinless.toml", 2, "is known by its digest"),
    ("ca fetch", 2, "VENDOR"),
    ("ca fetch acme", 2, "not a known vendor"),
    ("ca fetch cisco", 2, "is known by its digest"),
    ("ca fetch yealink", 2, "it is not known where"),
    ("ca fetch poly --from=", 2, "--from"),
    ("ca fetch poly --from ftp://mirror.example/", 2, "expected http:// or https://"),
    ("ca fetch poly --from https:///poly.pem", 2, "has no host"),
    ("ca fetch poly --timeout 0", 2, "--timeout"),
    ("ca fetch poly --timeout 99999999999999", 2, "--timeout"),
    ("ca show DIR/ca.pem", 0, "TEST Polycom Root CA"),
    ("ca show DIR/issuing.pem", 1, "no usable CA"),
    ("ca show DIR/ca.pem --seclevel 6", 2, "--seclevel"),
    ("ca show", 2, "FILE|DIR"),
    ("ca show DIR/text", 3, "is not PEM"),
    ("explain --ca DIR/ca.pem --cert DIR/phone.crt --url https://x/0004f2aaaaaa.cfg", 0, "allow own-file"),
    ("explain --ca DIR/ca.pem --url https://x/0004f2aaaaaa.cfg", 1, "deny no-certificate"),
    ("explain --ca DIR/ca.pem --cert DIR/text", 3, "no certificate in PEM or DER"),
    ("explain --ca /nowhere", 3, "cannot be read"),
    ("explain", 2, "--ca"),
    ("explain --ca DIR/ca.pem --url ftp://x/", 2, "expected https:// or http://"),
    ("explain --ca DIR/ca.pem --url https:///x", 2, "has no host"),
    ("explain --ca DIR/ca.pem --url=", 2, "has no host"),
    ("explain --ca DIR/ca.pem --url /a%00", 2, "400"),
    ("explain --ca DIR/ca.pem --method=", 2, "is not an HTTP method"),
    ("explain --ca DIR/ca.pem --from 1.2.3", 2, "--from"),
    ("explain --ca DIR/ca.pem --depth 0", 2, "--depth"),
    ("explain --ca DIR/ca.pem --closed", 2, "--device-file"),
    ("explain --ca DIR/ca.pem --password On", 2, "--learned"),
    ("explain --ca DIR/ca.pem --identity-pattern (", 2, "unclosed group"),
    ("explain --ca DIR/ca.pem --identity-pattern x", 2, "no group named mac"),
    ("explain --ca DIR/ca.pem --file-pattern (", 2, "unclosed group"),
    ("explain --ca DIR/ca.pem --file-pattern cfg", 2, "can never match a MAC"),
    ("explain --ca DIR/ca.pem --ignore (", 2, "unclosed group"),
    ("explain --ca DIR/ca.pem --methods get", 2, "is not an HTTP method"),
    ("explain --ca DIR/ca.pem --methods GET,,PUT", 2, "is not an HTTP method"),
    ("explain --ca DIR/ca.pem --name-parameter mac,", 2, "a parameter must have a name"),
    ("explain --ca DIR/ca.pem --name-parameter mac,none", 2, "none must stand alone"),
    ("explain --ca DIR/ca.pem --known-prefix 12", 2, "6 hex digits"),
    ("explain --ca DIR/ca.pem --known-prefix 000000", 2, "shared files"),
    ("explain --vendor=", 2, "expected a vendor's name"),
    ("explain --vendor poly", 2, "ca= is missing"),
    ("explain --vendor=poly\tca=DIR/ca.pem\tcolour=red", 2, "is not a key"),
    ("explain --vendor=poly\tca=DIR/ca.pem\tseclevel=9", 2, "seclevel="),
    ("explain --vendor=poly\tca=/nowhere\tcolour=red", 2, "is not a key"),
    ("explain --vendor=poly\tca=DIR/ca.pem --vendor=poly\tca=DIR/ca.pem", 2, "poly"),
    ("explain --vendor=poly\tca=/nowhere", 3, "/nowhere"),
    ("explain --vendor=poly\tca=DIR/ca.pem\tcrl=/nowhere", 3, "/nowhere"),
    ("names DIR/site", 0, "1 of 1 device"),
    ("names DIR/doubtful", 1, "look-alike"),
    ("names", 2, "DIR"),
    ("names DIR/site --at cfg", 2, "begins with a slash"),
    ("names DIR/site --ignore (", 2, "unclosed group"),
    ("names DIR/site --device-file /nowhere", 3, "cannot be read"),
    ("names /nowhere", 3, "cannot be read"),
    ("names DIR/text", 3, "is not a directory"),
    ("audit DIR/own.log", 0, "own-file"),
    ("audit DIR/denied.log", 1, "mac-mismatch"),
    ("audit DIR/own.log --since 2099-01-01", 0, "1 line left out"),
    ("audit /nowhere", 3, "cannot be opened"),
    ("audit DIR", 3, "is a directory"),
    ("audit DIR/text", 3, "is not a log"),
    ("audit DIR/binary", 3, "is not a log"),
    ("audit DIR/own.log --fleet /nowhere", 3, "cannot be read"),
    ("audit", 2, "LOG"),
    ("audit - -", 2, "can be read once"),
    ("audit - --fleet -", 2, "can be read once"),
    ("audit DIR/own.log --section fleet", 2, "--fleet"),
    ("audit DIR/own.log --section by", 2, "--by"),
    ("audit DIR/own.log --format json --section names", 2, "JSON has all sections"),
    ("audit DIR/own.log --json --format csv", 2, "cannot be used with"),
    ("audit DIR/own.log --by week", 2, "--by"),
    ("audit DIR/own.log --since yesterday", 2, "write 2026-11-23"),
    ("audit DIR/own.log --since 2026-02-30", 2, "write 2026-11-23"),
    ("audit DIR/own.log --zone Nowhere/Nothing", 2, "is not a time zone"),
    ("audit DIR/own.log --until 2099-01-01", 2, "--write-devices"),
    ("audit DIR/own.log --write-devices - --until 2020-01-01", 2, "this day has passed"),
    ("audit DIR/own.log --write-devices - --until 1.1.2099", 2, "write a day"),
    ("audit DIR/own.log --methods=", 2, "is not an HTTP method"),
    ("audit DIR/own.log --rows=-1", 2, "--rows"),
    ("check https://127.0.0.1:CLOSED/x --http-port CLOSED", 3, "TLS could not be established"),
    ("check https://no-such-host.invalid/x --timeout 20", 3, "has no address"),
    ("check https://127.0.0.1/x --cert /nowhere --key /nowhere", 3, "cannot be read"),
    ("check", 2, "URL"),
    ("check=", 2, "unrecognized subcommand"),
    ("check http://localhost/x", 2, "expected https://HOST/PATH"),
    ("check localhost/x", 2, "expected https://HOST/PATH"),
    ("check https:///x", 2, "has no host"),
    ("check https://localhost:99999/x", 2, "wrong port"),
    ("check https://localhost:0/x", 2, "wrong port"),
    ("check https://[::g]/x", 2, "has no host"),
    ("check https://user@localhost/x", 2, "user name"),
    ("check https://localhost/a\tb", 2, "white space"),
    ("check https://localhost/x --cert DIR/phone.crt", 2, "--key"),
    ("check https://localhost/x --resolve localhost", 2, "--resolve"),
    ("check https://localhost/x --http-port 0", 2, "--http-port"),
    ("check https://localhost/x --timeout 0", 2, "--timeout"),
    ("status", 2, "URL"),
    ("status ftp://x/", 2, "expected http:// or https://"),
    ("status http:///status", 2, "has no host"),
    ("status http://127.0.0.1:CLOSED/status", 3, "UNKNOWN - "),
    ("status http://127.0.0.1:CLOSED/status --prefix x", 2, "beginning of a MAC"),
    ("status http://127.0.0.1:CLOSED/status --json", 3, "cannot be downloaded"),
    ("device block 0004f2aaaaaa --file DIR/new", 0, "0004f2aaaaaa block"),
    ("device block", 2, "MAC"),
    ("device block 0004f2aaaaa", 2, "not a device's MAC"),
    ("device block 000000000000", 2, "not a device's MAC"),
    ("device block - -", 2, "can be read once"),
    ("device block -", 3, "has no MAC address"),
    ("device block 0004f2aaaaaa --file /nowhere/x", 3, "cannot be written"),
    ("device allow 0004f2aaaaaa --file DIR/new", 0, "allow, was block"),
    ("device allow 0004f2aaaaaa --file DIR/text", 3, "nothing was changed"),
    ("device allow x", 2, "not a device's MAC"),
    ("device password 0004f2aaaaaa --file DIR/new", 0, "password, was allow"),
    ("device password 0004f2aaaaaa --file DIR/text", 3, "nothing was changed"),
    ("device password x", 2, "not a device's MAC"),
    ("device exempt 0004f2aaaaaa --from ::1 --until 2099-01-01 --file DIR/new", 0, "exempt from=::1"),
    ("device exempt 0004f2aaaaaa --from ::1 --until 2099-01-01 --file DIR/text", 3, "nothing was changed"),
    ("device exempt 0004f2aaaaaa --until 2099-01-01", 2, "--from"),
    ("device exempt 0004f2aaaaaa --from ::1", 2, "--until"),
    ("device exempt 0004f2aaaaaa --from 203.0.113.0/33 --until 2099-01-01", 2, "not an address or network"),
    ("device exempt 0004f2aaaaaa --from= --until 2099-01-01", 2, "not an address or network"),
    ("device exempt 0004f2aaaaaa --from 0.0.0.0/0 --until 2099-01-01", 2, "everybody"),
    ("device exempt 0004f2aaaaaa --from ::1 --until 2099-02-30", 2, "is not a day"),
    ("device exempt 0004f2aaaaaa --from ::1 --until 2020-01-01", 2, "that day has passed"),
    ("device remove 0004f2aaaaaa --file DIR/new", 0, "not in the file, was exempt"),
    ("device remove 0004f2aaaaaa --file DIR/text", 3, "nothing was changed"),
    ("device remove", 2, "MAC"),
    ("device forget 0004f2aaaaaa --learned DIR/learned", 0, "0004f2aaaaaa forgotten"),
    ("device forget 0004f2bbbbbb --learned DIR/learned", 3, "--force"),
    ("device forget 0004f2aaaaaa --learned /nowhere", 3, "does not exist"),
    ("device forget", 2, "MAC"),
    ("learned show --file DIR/learned", 0, "0 devices are proven"),
    ("learned show 0004f2bbbbbb --file DIR/learned", 1, "0004f2bbbbbb"),
    ("learned show --file DIR", 3, "not a plain file"),
    ("learned show x", 2, "not a device's MAC"),
    ("learned merge --into DIR/learned DIR/learned", 0, ""),
    ("learned merge --into DIR/learned /nowhere", 1, "/nowhere: does not exist"),
    ("learned merge --into /nowhere DIR/learned", 3, "does not exist"),
    ("learned merge", 2, "FILE|DIR"),
    ("audit DIR/own.log --learned DIR/learned", 2, "--fleet"),
    ("device list --file DIR/devices", 0, "0004f2bbbbbb"),
    ("device list 0004f2bbbbbb", 2, "unexpected argument"),
    ("device list --file /nowhere", 3, "cannot be read"),
    ("device list --file DIR/twice", 3, "is in line 1 already"),
    ("device show 0004f2bbbbbb --file DIR/devices", 0, "block"),
    ("device show 0004f2bbbbbb 0004f2cccccc --file DIR/devices", 1, "not in the file"),
    ("device show", 2, "MAC"),
    ("device show x --file DIR/devices", 2, "not a device's MAC"),
    ("device show 0004f2bbbbbb --file DIR/text", 3, "text:1:"),
    ("pki demo DIR/demo", 0, "FOR TESTS ONLY"),
    ("pki demo DIR", 3, "is not empty"),
    ("pki demo", 2, "DIR"),
    ("pki demo DIR/other --phone x", 2, "not a device's MAC"),
    ("completions bash", 0, "complete -F"),
    ("completions", 2, "SHELL"),
    ("completions sh", 2, "invalid value"),
    ("man DIR/man", 0, ""),
    ("man", 2, "DIR"),
    ("man /nowhere", 3, "cannot be written"),
];

fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let poly = Poly::shared();
    let write = |name: &str, content: &[u8]| fs::write(dir.path().join(name), content).unwrap();
    poly.phone("0004f2aaaaaa").write(dir.path(), "phone");
    write("ca.pem", &poly.bundle_pem());
    write("root.pem", &poly.root.pem());
    write("issuing.pem", &poly.issuing1.pem());
    write("text", b"some text\n");
    write("poly", b"nothing");
    write("binary", b"\x7fELF\0\n\n\0\0\n");
    let digest = poly.root.cert.digest(openssl::hash::MessageDigest::sha256()).unwrap();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let vendor = "[[vendor]]\nname = \"house\"\n[[vendor.ca]]\nname = \"TEST Polycom Root CA\"\n";
    write("vendors.toml", format!("{vendor}sha256 = \"{digest}\"\n").as_bytes());
    write("pinless.toml", vendor.as_bytes());
    let digest = "0".repeat(64);
    write("learned", format!("0004f2aaaaaa 2026-11-25T20:59:57Z poly {digest} {digest}\n").as_bytes());
    write("devices", b"0004f2bbbbbb block # stolen\n");
    write("twice", b"0004f2bbbbbb block\n0004f2bbbbbb allow\n");
    let line = |named: &str, verdict: &str| {
        format!(
            "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] \"GET /{named}.cfg HTTP/1.1\" 200 5 \"-\" \"-\" {verdict} \
             0004f2aaaaaa {named} poly\n"
        )
    };
    write("own.log", line("0004f2aaaaaa", "allow own-file").as_bytes());
    write("denied.log", line("0004f2bbbbbb", "would-deny mac-mismatch").as_bytes());
    for folder in ["site", "doubtful", "man"] {
        fs::create_dir(dir.path().join(folder)).unwrap();
    }
    write("site/0004f2aaaaaa.cfg", b"");
    write("doubtful/123456~aaaaaa.cfg", b"");
    symlink("devices", dir.path().join("link")).unwrap();
    dir
}

/// Splits a line of the table at its spaces; a tab stands for one that does not.
fn end_of(line: &str, dir: &str, closed: u16) -> Ran {
    let line = line.replace("DIR", dir).replace("CLOSED", &closed.to_string());
    run(line.split(' ').map(|word| word.replace('\t', " ")))
}

#[test]
fn every_command_line_ends_as_it_should() {
    let dir = files();
    let path = dir.path().to_str().unwrap();
    // nobody listens there
    let held = HeldPort::take();
    let closed = held.number();
    let mut wrong = Vec::new();
    for &(line, code, words) in TABLE {
        let ran = end_of(line, path, closed);
        let said = ran.out.contains(words) || ran.err.contains(words);
        // what is wrong with a command line stands on the standard error alone
        // and what a monitor reads on the standard output
        let is_silent = code < 2 || ran.out.is_empty() || (code == 3 && line.starts_with("status "));
        if ran.code != code || !said || !is_silent {
            wrong.push(format!("{line}: expected {code} and {words:?}: {ran:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The subcommands as the manual pages have them, which are made of the command's own tree.
fn subcommands() -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    run(["man", dir.path().to_str().unwrap()]).said(0, &[]);
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names
        .filter_map(|name| Some(name.strip_prefix("mtlsprotect-")?.strip_suffix(".1")?.replace('-', " ")))
        .collect();
    let is_group = |name: &String| names.iter().any(|other| other.starts_with(&format!("{name} ")));
    names.iter().filter(|name| !is_group(name)).cloned().collect()
}

#[test]
fn every_subcommand_is_in_the_table_with_its_failures() {
    let all = subcommands();
    assert!(all.contains("device show") && all.len() > 12, "{all:?}");
    // their findings are in the next test, and in status.rs, with servers
    let codes = |name: &str| match name {
        "completions" => vec![0, 2],
        "ca show" | "explain" | "names" | "audit" | "device show" | "learned merge" | "learned show" => {
            vec![0, 1, 2, 3]
        }
        "check" | "status" => vec![2, 3],
        _ => vec![0, 2, 3],
    };
    for name in all {
        let of = TABLE.iter().filter(|(line, ..)| *line == name || line.starts_with(&format!("{name} ")));
        let found: BTreeSet<i32> = of.map(|&(_, code, _)| code).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), codes(&name), "{name}");
    }
}

#[test]
fn a_check_ends_by_what_strangers_get() {
    let check = |builder: Builder| {
        let httpd = builder.page(FILE, "secret").start();
        let url = format!("https://localhost:{}/{FILE}", httpd.https());
        run(["check", &url, &format!("--http-port={}", httpd.http()), "--resolve=127.0.0.1"])
    };
    check(Httpd::builder().protected(Poly::shared().bundle_pem())).said(0, &["refused"]);
    check(Httpd::builder().vhost("")).said(1, &["SERVED"]);
}

#[test]
fn devices_of_the_standard_input_are_data_and_no_command_line() {
    let dir = files();
    let file = format!("--file={}", dir.path().join("devices").display());
    run_with_input(["device", "show", "-", &file], b"0004f2bbbbbb\n").said(0, &["block"]);
    run_with_input(["device", "show", "-", &file], b"0004f2bbbbbb\n\nphone 17\n")
        .said(3, &["the standard input:3: \"phone 17\" is not a device's MAC address"]);
}
