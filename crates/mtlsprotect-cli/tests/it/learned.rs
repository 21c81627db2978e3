//! An operator shares, shows and forgets what servers have learned.

use crate::running::{Ran, run, run_with_input};
use mtlsprotect_testkit::{Httpd, Poly};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

const LEAF: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ROOT: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

/// A proof of an hour in 2026.
fn proof(mac: &str, hour: u32) -> String {
    format!("{mac} 2026-11-20T{hour:02}:00:00Z poly {LEAF} {ROOT}\n")
}

fn forget(mac: &str, hour: u32) -> String {
    format!("{mac} 2026-11-20T{hour:02}:00:00Z forget\n")
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the command in the folder of the files.
    fn run(&self, words: &str) -> Ran {
        let words = words.split(' ').map(|word| match word.strip_prefix("./") {
            Some(name) => self.path(name).to_str().unwrap().to_owned(),
            None => word.to_owned(),
        });
        run(words)
    }
}

#[test]
fn what_one_server_has_learned_is_added_to_anothers_file_once() {
    let files = Files::new();
    files.write("own", proof("0004f2aaaaaa", 1)).write("other", proof("0004f2aaaaaa", 2) + &proof("0004f2bbbbbb", 2));
    files.run("learned merge --into ./own ./other").said(0, &["other: 1 proof added, 0 forgotten"]);
    let merged = proof("0004f2aaaaaa", 1) + "\n" + &proof("0004f2bbbbbb", 2);
    assert_eq!(files.text("own"), merged);
    let again = files.run("learned merge --into ./own ./other");
    assert_eq!((again.code, again.out.as_str(), files.text("own")), (0, "", merged));
    files.run("learned show --file ./own").said(0, &["0004f2aaaaaa", "0004f2bbbbbb", "2 devices are proven"]);
}

#[test]
fn who_is_forgotten_at_one_server_is_forgotten_at_the_others() {
    let files = Files::new();
    files.write("own", proof("0004f2aaaaaa", 1)).write("other", proof("0004f2aaaaaa", 2) + &forget("0004f2aaaaaa", 3));
    files.run("learned merge --into ./own ./other").said(0, &["other: 0 proofs added, 1 forgotten"]);
    files
        .run("learned show 0004f2aaaaaa --file ./own")
        .said(1, &["no", "2026-11-20T03:00:00Z", "0 devices are proven"]);
    files.write("other", proof("0004f2aaaaaa", 2) + &forget("0004f2aaaaaa", 3) + &proof("0004f2aaaaaa", 4));
    files.run("learned merge --into ./own ./other").said(0, &["1 proof added"]);
    files.run("learned show 0004f2aaaaaa --file ./own").said(0, &["2026-11-20T04:00:00Z"]);
}

#[test]
fn a_file_that_is_missing_or_half_copied_does_not_stop_the_rest() {
    let files = Files::new();
    let cut = proof("0004f2bbbbbb", 1);
    files.write("own", "").write("a/half.learned", proof("0004f2aaaaaa", 1) + &cut[..80]);
    files.write("a/whole.learned", proof("0004f2cccccc", 1)).write("a/notes.txt", "nothing\n");
    files.write("a/bad.learned", "\0\0\x1b[31m\n".to_owned() + &proof("0004f2dddddd", 1));
    symlink("/etc/passwd", files.path("a/link.learned")).unwrap();
    fs::create_dir(files.path("a/folder.learned")).unwrap();
    let ran = files.run("learned merge --into ./own ./gone ./a");
    ran.said(
        1,
        &[
            "gone: does not exist",
            "half.learned: its last line has no end yet",
            "bad.learned:1: it does not begin with a MAC",
            "link.learned: is a symbolic link",
            "folder.learned: cannot be read",
        ],
    );
    assert!(!ran.err.contains('\x1b') && !ran.err.contains("root:"), "{}", ran.err);
    files.run("learned show --file ./own").said(0, &["3 devices are proven"]);
    files.write("a/half.learned", proof("0004f2aaaaaa", 1) + &cut);
    files.run("learned merge --into ./own ./a/half.learned").said(0, &["1 proof added"]);
}

#[test]
fn the_own_file_must_be_there_and_may_be_damaged() {
    let files = Files::new();
    files.write("other", proof("0004f2aaaaaa", 1)).write("own", &proof("0004f2bbbbbb", 1)[..100]);
    files.run("learned merge --into ./gone ./other").said(3, &["gone: does not exist; httpd makes it"]);
    assert!(!files.path("gone").exists());
    files.run("learned merge --into ./own ./other").said(0, &["1 proof added"]);
    files
        .run("learned show --file ./own")
        .said(1, &["own:1: the certificate's SHA-256", "0004f2aaaaaa", "1 device is proven"]);
    files.run("learned merge --into /dev/null ./other").said(3, &["/dev/null: cannot be read"]);
}

#[test]
fn ten_thousand_devices_are_written_in_whole_lines() {
    let files = Files::new();
    let others: String = (0..10_000).map(|number| proof(&format!("0004f2{number:06x}"), 1)).collect();
    files.write("own", "").write("other", &others);
    files.run("learned merge --into ./own ./other").said(0, &["10000 proofs added"]);
    assert_eq!(
        files.text("own").lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(),
        others.lines().collect::<Vec<_>>()
    );
}

#[test]
fn a_disk_that_is_full_is_said_and_leaves_no_line_that_proves_what_it_does_not_say() {
    let files = Files::new();
    let others: String = (0..100).map(|number| proof(&format!("0004f2{number:06x}"), 1)).collect();
    files.write("own", "").write("other", &others);
    // what is written beyond a limit ends with an error, as on a full disk
    let limited = |blocks: u32| {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_mtlsprotect"), "learned", "merge", "--into"]);
        crate::running::of(command.arg(files.path("own")).arg(files.path("other")).output().unwrap())
    };
    limited(4).said(3, &["own: only 4096 of", "is the disk full?"]);
    let shown = files.run("learned show --file ./own --json");
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["devices"].as_array().unwrap().len(), 4095 / proof("0004f2000000", 1).len(), "{shown}");
    files.run("learned merge --into ./own ./other").said(0, &["proofs added"]);
    files.run("learned show --file ./own").said(1, &["100 devices are proven"]);
}

#[test]
fn a_device_is_forgotten_until_it_proves_itself_again() {
    let files = Files::new();
    files.write("own", proof("0004f2aaaaaa", 1) + &proof("0004f2bbbbbb", 1));
    files
        .run("device forget 00:04:f2:aa:aa:aa 0004f2bbbbbb --learned ./own")
        .said(0, &["0004f2aaaaaa forgotten until"]);
    let text = files.text("own");
    let added = text.strip_prefix(&(proof("0004f2aaaaaa", 1) + &proof("0004f2bbbbbb", 1))).unwrap();
    assert!(added.starts_with("\n0004f2aaaaaa 20") && added.ends_with("Z forget\n"), "{added}");
    files.run("learned show --file ./own").said(0, &["0 devices are proven"]);
    files.run("device forget 0004f2aaaaaa --learned ./own").said(0, &["it was not proven"]);
    let before = files.text("own");
    let refused = files.run("device forget 0004f2aaaaaa 0004f2cccccc --learned ./own");
    refused.said(3, &["0004f2cccccc is not in", "nothing is forgotten", "--force"]);
    assert_eq!(files.text("own"), before);
    files.run("device forget 0004f2cccccc --force --learned ./own").said(0, &["0004f2cccccc forgotten"]);
    files.run("device forget 0004f2aaaaaa --learned ./gone").said(3, &["gone: does not exist"]);
    let path = files.path("own");
    let words = ["device", "forget", "-", "--learned", path.to_str().unwrap()];
    run_with_input(words, b"0004f2bbbbbb # back in stock\n").said(0, &["0004f2bbbbbb forgotten"]);
}

#[test]
fn a_clock_that_was_ahead_does_not_keep_a_device() {
    let files = Files::new();
    let soon = mtlsprotect_core::time::UnixTime::now() + 3600;
    files.write("own", format!("0004f2aaaaaa {soon} poly {LEAF} {ROOT}\n"));
    files.run("device forget 0004f2aaaaaa --learned ./own").said(0, &["forgotten until"]);
    assert!(files.text("own").ends_with(&format!("0004f2aaaaaa {soon} forget\n")));
    files.run("learned show 0004f2aaaaaa --file ./own").said(1, &["0 devices are proven"]);
}

#[test]
fn explain_says_whom_learn_lets_pass() {
    let files = Files::new();
    let poly = Poly::shared();
    let root = mtlsprotect_core::trust::fingerprint(&poly.root.cert).unwrap();
    files.write("ca.pem", poly.bundle_pem());
    files.write("own", format!("0004f2aaaaaa 2026-11-20T01:00:00Z poly {LEAF} {root}\n"));
    let explain =
        |url: &str, learned: &str| files.run(&format!("explain --ca ./ca.pem --url https://x/{url}{learned}"));
    explain("0004f2aaaaaa.cfg", " --learned ./own").said(1, &["deny no-certificate", "mode Learn"]);
    explain("0004f2bbbbbb.cfg", " --learned ./own").said(1, &["would-deny no-certificate"]);
    explain("0004f2bbbbbb.cfg", "").said(1, &["\ndeny no-certificate", "mode On"]);
    explain("sip.ld", " --learned ./own").said(1, &["would-deny no-certificate"]);
    explain("0004f2bbbbbb.cfg", " --learned ./gone").said(3, &["does not exist"]);
}

/// A server that learns, and what it makes of a phone's file asked for without a certificate.
fn server(learned: &str) -> Httpd {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .page("0004f2aaaaaa.cfg", "secret")
        .file("learned", learned)
        .config("MTLSProtectLearnedFile learned\n<Directory {docroot}>\nMTLSProtect Learn\n</Directory>")
        .start()
}

fn asked_without_certificate(httpd: &Httpd) -> u16 {
    httpd.client().get("/0004f2aaaaaa.cfg").unwrap().status
}

/// Waits for an answer to whoever asks without a certificate: httpd reads the file on by itself.
fn wait_for_status_of(httpd: &Httpd, status: u16) {
    let found = mtlsprotect_testkit::tools::wait_for(|| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        (asked_without_certificate(httpd) == status).then_some(())
    });
    assert!(found.is_some(), "never {status}: {}", httpd.own_log());
}

#[test]
fn a_phone_proven_at_one_server_is_protected_at_the_other_after_a_merge_and_forgotten_at_both() {
    let root = mtlsprotect_core::trust::fingerprint(&Poly::shared().root.cert).unwrap();
    let proven = format!("0004f2aaaaaa 2026-11-20T01:00:00Z poly {LEAF} {root}\n");
    let (one, two) = (server(&proven), server(""));
    let file = |httpd: &Httpd| httpd.root().join("learned").to_str().unwrap().to_owned();
    assert_eq!((asked_without_certificate(&one), asked_without_certificate(&two)), (403, 200));
    run(["learned", "merge", "--into", &file(&two), &file(&one)]).said(0, &["1 proof added"]);
    wait_for_status_of(&two, 403);
    run(["device", "forget", "0004f2aaaaaa", "--learned", &file(&two)]).said(0, &["forgotten"]);
    run(["learned", "merge", "--into", &file(&one), &file(&two)]).said(0, &["1 forgotten"]);
    wait_for_status_of(&one, 200);
    wait_for_status_of(&two, 200);
    // one that proves itself here, by coming, is protected there
    let answer = one.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2aaaaaa.cfg");
    assert_eq!(answer.status, 200);
    wait_for_status_of(&one, 403);
    run(["learned", "merge", "--into", &file(&two), &file(&one)]).said(0, &["1 proof added"]);
    wait_for_status_of(&two, 403);
}
