//! An operator edits the device file with `mtlsprotect device`.

use crate::running::{Ran, run, run_with_input};
use mtlsprotect_testkit::{Httpd, Poly};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A device file of this text in a directory of its own.
struct File {
    dir: tempfile::TempDir,
}

impl File {
    fn with(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("devices"), text).unwrap();
        File { dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("devices")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn device(&self, words: &[&str]) -> Ran {
        let file = format!("--file={}", self.path().display());
        run(["device"].iter().chain(words).copied().chain([file.as_str()]))
    }
}

#[test]
fn a_stolen_phone_is_blocked_and_let_in_again() {
    let file = File::with("# ours\n64167f001122 allow\n");
    let ran = file.device(&["block", "00:04:F2:DD:EE:FF", "--comment", "stolen, RMA 4711"]);
    ran.said(0, &["0004f2ddeeff block\n", "within half a minute"]);
    assert_eq!(file.text(), "# ours\n64167f001122 allow\n0004f2ddeeff block # stolen, RMA 4711\n");
    file.device(&["block", "0004f2ddeeff"]).said(0, &["0004f2ddeeff block, as before"]);
    file.device(&["allow", "0004f2ddeeff"]).said(0, &["0004f2ddeeff allow, was block"]);
    assert_eq!(file.text(), "# ours\n64167f001122 allow\n0004f2ddeeff allow # stolen, RMA 4711\n");
    file.device(&["remove", "0004f2ddeeff", "0004f2ddee00"])
        .said(0, &["0004f2ddeeff not in the file, was allow", "0004f2ddee00 was not in the file"]);
    assert_eq!(file.text(), "# ours\n64167f001122 allow\n");
}

#[test]
fn the_last_device_that_is_removed_leaves_no_empty_file() {
    let file = File::with("0004f2ddeeff block\n");
    file.device(&["remove", "0004f2ddeeff"]).said(0, &["was block"]);
    assert_eq!(file.text(), "# none\n");
}

#[test]
fn an_exemption_that_outlasts_proof_is_written_and_shown() {
    let file = File::with("");
    let words = ["exempt", "0004f2aaaaaa", "--from", "203.0.113.0/24", "--until", "2099-12-31", "--even-proven"];
    file.device(&words).said(0, &["exempt from=203.0.113.0/24 until=2099-12-31 even-proven"]);
    assert_eq!(file.text(), "0004f2aaaaaa exempt from=203.0.113.0/24 until=2099-12-31 even-proven\n");
    file.device(&["list"]).said(0, &["2099-12-31, even proven"]);
    assert_eq!(devices(&file.device(&["list", "--json"]))[0]["even_proven"], json!(true));
}

#[test]
fn other_lines_stay_byte_for_byte() {
    let before = "\t# kept \r\n 0004.f2aa.aaaa   ALLOW\n".replace("ALLOW", "allow");
    let file = File::with(&format!("{before}0004f2bbbbbb allow\n\n0004f2cccccc block #x"));
    file.device(&["block", "0004f2bbbbbb"]).said(0, &[]);
    assert_eq!(file.text(), format!("{before}0004f2bbbbbb block\n\n0004f2cccccc block #x\n"));
}

#[test]
fn a_password_is_written_with_its_day_or_without_and_shown() {
    let file = File::with("");
    file.device(&["password", "0004f2aaaaaa", "--until", "2099-12-31"]).said(0, &["password until=2099-12-31"]);
    file.device(&["password", "0004f2bbbbbb"]).said(0, &["0004f2bbbbbb password\n"]);
    assert_eq!(file.text(), "0004f2aaaaaa password until=2099-12-31\n0004f2bbbbbb password\n");
    file.device(&["list"]).said(0, &["password", "2099-12-31"]);
    file.device(&["password", "0004f2aaaaaa", "--until", "2020-12-31"]).said(2, &["that day has passed"]);
}

#[test]
fn an_exemption_needs_a_site_and_a_day_to_come() {
    let file = File::with("");
    let exempt = |from: &str, until: &str| file.device(&["exempt", "0004f2aabbcc", "--from", from, "--until", until]);
    exempt("203.0.113.77/24,2001:db8::1", "2099-03-31")
        .said(0, &["0004f2aabbcc exempt from=203.0.113.0/24,2001:db8::1"]);
    assert_eq!(file.text(), "0004f2aabbcc exempt from=203.0.113.0/24,2001:db8::1 until=2099-03-31\n");
    exempt("203.0.113.0/33", "2099-03-31").said(2, &["\"203.0.113.0/33\" is not an address or network"]);
    exempt("203.0.113.7", "2099-02-30").said(2, &["is not a day"]);
    exempt("203.0.113.7", "2020-01-01").said(2, &["that day has passed"]);
    file.device(&["exempt", "0004f2aabbcc", "--until", "2099-03-31"]).said(2, &["--from"]);
    file.device(&["exempt", "0004f2aabbcc", "--from", "::1"]).said(2, &["--until"]);
    assert_eq!(file.text(), "0004f2aabbcc exempt from=203.0.113.0/24,2001:db8::1 until=2099-03-31\n");
}

#[test]
fn a_bad_line_is_named_and_nothing_is_changed() {
    for (text, words) in [
        ("0004f2aaaaaa allow\nnonsense\n", "devices:2: \"nonsense\" is not a device's MAC"),
        ("0004f2aaaaaa allow\n0004f2aaaaaa block\n", "devices:2: 0004f2aaaaaa is listed twice"),
    ] {
        let file = File::with(text);
        file.device(&["block", "0004f2aaaaaa"]).said(3, &[words, "nothing was changed"]);
        assert_eq!(file.text(), text);
    }
    File::with("").device(&["block", "0004f2aaaaa"]).said(2, &["not a device's MAC address"]);
    File::with("").device(&["block", "000000000000"]).said(2, &["not a device's MAC address"]);
    File::with("").device(&["block", "0004f2aaaaaa", "--comment", "a\nb"]).said(2, &["a comment must be one line"]);
    run(["device", "block", "0004f2aaaaaa", "--file", "/nowhere/devices"])
        .said(3, &["/nowhere/devices", "cannot be written"]);
}

#[test]
fn commands_at_the_same_time_lose_no_line() {
    let file = File::with("# ours\n");
    let macs: Vec<String> = (0..40).map(|number| format!("0004f2ddee{number:02x}")).collect();
    let ran: Vec<Ran> = std::thread::scope(|scope| {
        let started: Vec<_> = macs.iter().map(|mac| scope.spawn(|| file.device(&["block", mac]))).collect();
        started.into_iter().map(|command| command.join().unwrap()).collect()
    });
    ran.iter().for_each(|ran| ran.said(0, &["block"]));
    let text = file.text();
    let lost: Vec<&String> = macs.iter().filter(|mac| !text.contains(&format!("{mac} block\n"))).collect();
    assert!(lost.is_empty() && text.lines().count() == 41, "{lost:?}\n{text}");
}

#[test]
fn a_new_file_is_made_and_an_old_one_keeps_its_mode() {
    let file = File::with("");
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
    file.device(&["block", "0004f2aaaaaa"]).said(0, &[]);
    assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(file.path()).unwrap();
    file.device(&["allow", "0004f2aaaaaa"]).said(0, &[]);
    assert_eq!(file.text(), "0004f2aaaaaa allow\n");
    assert_eq!(fs::read_dir(file.dir.path()).unwrap().count(), 1, "nothing is left over");
}

#[test]
fn the_module_reads_what_the_command_writes() {
    let file = File::with("");
    file.device(&["block", "0004f2aaaaaa", "--comment", "# stolen"]).said(0, &[]);
    file.device(&["exempt", "0004f2bbbbbb", "--from", "127.0.0.1", "--until", "2099-12-31"]).said(0, &[]);
    let httpd = Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .config(&format!("MTLSProtectDeviceFile \"{}\"", file.path().display()))
        .page("0004f2aaaaaa.cfg", "a")
        .page("0004f2bbbbbb.cfg", "b")
        .start();
    let status = |client: mtlsprotect_testkit::Client, path: &str| client.get(path).unwrap().status;
    assert_eq!(status(httpd.phone(&Poly::shared().phone("0004f2aaaaaa")), "/0004f2aaaaaa.cfg"), 403);
    assert_eq!(status(httpd.client(), "/0004f2bbbbbb.cfg"), 200);
    httpd.wait_for_log("reason=blocked-device");
}

#[test]
fn who_may_read_the_folder_can_hold_up_nobody() {
    let file = File::with("");
    let folder = fs::File::open(file.dir.path()).unwrap();
    flock(&folder, FlockOperation::LockExclusive).unwrap();
    let itself = fs::File::open(file.path()).unwrap();
    flock(&itself, FlockOperation::LockExclusive).unwrap();
    file.device(&["block", "0004f2aaaaaa"]).said(0, &["0004f2aaaaaa block"]);
    assert_eq!(file.text(), "0004f2aaaaaa block\n");
    assert_eq!(fs::read_dir(file.dir.path()).unwrap().count(), 1, "the lock is gone");
}

#[test]
fn a_lock_that_is_not_ours_is_named_and_not_followed() {
    let file = File::with("");
    let lock = file.dir.path().join(".devices.lock");
    symlink("victim", &lock).unwrap();
    file.device(&["block", "0004f2aaaaaa"]).said(3, &[".devices.lock is a symbolic link", "unchanged"]);
    assert!(!file.dir.path().join("victim").exists() && file.text().is_empty());
    fs::remove_file(&lock).unwrap();
    // what a command left that was killed
    fs::write(&lock, "").unwrap();
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o600)).unwrap();
    file.device(&["block", "0004f2aaaaaa"]).said(0, &[]);
    assert!(!lock.exists());
}

#[test]
fn a_link_is_followed_and_one_that_leads_nowhere_is_not_replaced() {
    let file = File::with("");
    let link = file.dir.path().join("link");
    symlink("devices", &link).unwrap();
    let block = |link: &Path| run(["device", "block", "0004f2aaaaaa", "--file", link.to_str().unwrap()]);
    block(&link).said(0, &[]);
    assert_eq!(file.text(), "0004f2aaaaaa block\n");
    fs::remove_file(file.path()).unwrap();
    block(&link).said(3, &["a symbolic link whose target does not exist"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink() && !file.path().exists());
    block(Path::new("/dev/null")).said(3, &["not a plain file"]);
}

/// The devices that were printed as JSON.
fn devices(ran: &Ran) -> Vec<Value> {
    let json: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    json["devices"].as_array().unwrap().clone()
}

#[test]
fn an_operator_reads_what_the_file_says() {
    let text = "# ours\n0004f2aaaaaa allow\n0004f2bbbbbb block # stolen\x1b[31m\n\n\
                0004f2cccccc exempt from=203.0.113.0/24,2001:db8::1 until=2020-03-31\n123456dddddd allow\n";
    let file = File::with(text);
    let ran = file.device(&["list"]);
    ran.said(
        0,
        &["MAC", "0004f2bbbbbb  poly    block", "stolen%1B[31m", "2020-03-31, has ended", "1 exemption has ended"],
    );
    let listed = devices(&file.device(&["list", "--json"]));
    assert_eq!(listed.len(), 4);
    assert_eq!(
        listed[2],
        json!({"mac": "0004f2cccccc", "vendor": "poly", "entry": "exempt", "from": ["203.0.113.0/24", "2001:db8::1"],
               "until": "2020-03-31T23:59:59Z", "is_over": true, "even_proven": false, "comment": null, "line": 5})
    );
    assert_eq!((&listed[3]["vendor"], &listed[1]["comment"]), (&json!(null), &json!("stolen%1B[31m")));
    file.device(&["show", "0004F2BBBBBB"]).said(0, &["block"]);
    let ran = file.device(&["show", "00:04:f2:bb:bb:bb", "0004f2eeeeee", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let entries: Vec<Value> = devices(&ran).iter().map(|device| device["entry"].clone()).collect();
    assert_eq!(entries, [json!("block"), json!(null)]);
    assert_eq!(file.text(), text, "nothing is written");
    File::with("0004f2aaaaaa allow\nx\n").device(&["list"]).said(3, &["devices:2: \"x\" is not a device's MAC"]);
}

#[test]
fn macs_come_from_the_standard_input() {
    let file = File::with("");
    let option = format!("--file={}", file.path().display());
    let list = b"# stolen\n0004f2aaaaaa # lobby\r\n\n00:04:f2:bb:bb:bb\n0004f2aaaaaa\n";
    run_with_input(["device", "block", "-", "0004f2cccccc", &option], list).said(0, &[]);
    assert_eq!(file.text(), "0004f2aaaaaa block\n0004f2bbbbbb block\n0004f2cccccc block\n");
    let ran = run_with_input(["device", "remove", "-", &option, "--json"], b"0004f2aaaaaa\n0004f2dddddd\n");
    assert_eq!(
        devices(&ran),
        [
            json!({"mac": "0004f2aaaaaa", "was": "block", "now": null}),
            json!({"mac": "0004f2dddddd", "was": null, "now": null})
        ]
    );
    let before = file.text();
    for (input, words) in [(&b"0004f2cccccc\nx\n"[..], "the standard input:2"), (b"# none\n", "has no MAC address")] {
        run_with_input(["device", "remove", "-", &option], input).said(3, &[words]);
        assert_eq!(file.text(), before);
    }
}
