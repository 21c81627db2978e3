//! An operator reads whose each file of a folder is with `mtlsprotect names`.

use crate::running::{Ran, run};
use mtlsprotect_testkit::{Httpd, Poly};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const A: &str = "0004f2aaaaaa";
const B: &str = "0004f2bbbbbb";

struct Site(tempfile::TempDir);

impl Site {
    fn of(files: &[&str]) -> Self {
        let site = Site(tempfile::tempdir().unwrap());
        files.iter().for_each(|file| site.write(file));
        site
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join("site").join(name)
    }

    fn write(&self, name: impl AsRef<Path>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn link(&self, name: &str, target: &str) {
        symlink(target, self.path(name)).unwrap();
    }

    fn names(&self, options: &[&str]) -> Ran {
        let dir = self.path("");
        run(["names", dir.to_str().unwrap()].iter().chain(options))
    }

    fn json(&self, options: &[&str]) -> Value {
        let ran = self.names(&[options, &["--json"]].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    /// The doubts, file and kind, in order.
    fn doubts(&self, options: &[&str]) -> Vec<(String, String)> {
        let json = self.json(options);
        let text = |doubt: &Value, key: &str| doubt[key].as_str().unwrap().to_owned();
        let doubts = json["doubts"].as_array().unwrap().iter();
        let mut doubts: Vec<_> = doubts.map(|doubt| (text(doubt, "file"), text(doubt, "kind"))).collect();
        doubts.sort();
        let code = self.names(options).code;
        assert_eq!(code, i32::from(!doubts.is_empty()), "{json}");
        doubts
    }
}

fn doubt(file: &str, kind: &str) -> (String, String) {
    (file.to_owned(), kind.to_owned())
}

#[test]
fn a_tidy_site_is_told_file_by_file() {
    let site = Site::of(&[
        "0004F2AAAAAA.cfg",
        "0004f2aaaaaa/contacts.xml",
        "64-16-7f-00-00-01.xml",
        "cfg/SEP08000f~000001.xml",
        "000000000000.cfg",
        "y000000000025.cfg",
        "3111-40450-001.sip.ld",
        "fw/backup-20261124154922.tgz",
        "fw/da39a3ee5e6b4b0d3255bfef95601890afd80709",
    ]);
    let ran = site.names(&[]);
    ran.said(0, &["0004f2aaaaaa  0004F2AAAAAA.cfg\n", "nobody        y000000000025.cfg\n"]);
    ran.said(
        0,
        &["08000f000001  cfg/SEP08000f~000001.xml\n", "9 files: 4 of 3 devices, 5 of nobody, 0 of several; 0 doubtful"],
    );
    let json = site.json(&[]);
    assert_eq!(json["files"].as_array().unwrap().len(), 9);
    let own = json!({"file": "0004f2aaaaaa/contacts.xml", "whose": "device", "devices": [A], "link": null});
    assert!(json["files"].as_array().unwrap().contains(&own), "{json}");
    assert_eq!(
        json["summary"],
        json!({"files": 9, "of_devices": 4, "of_nobody": 5, "of_several": 0, "devices": 3, "doubtful": 0,
               "folders_not_read": 0})
    );
}

#[test]
fn digits_that_look_like_a_mac_and_name_nobody_are_doubtful() {
    let site = Site::of(&[
        "123456~bbbbbb.cfg",
        "app 123456 cccccc/sip.ld",
        "app 123456 cccccc/x/y",
        "0004f2aaaaaa/123456~b.cfg",
    ]);
    assert_eq!(site.doubts(&[]), [doubt("123456~bbbbbb.cfg", "look-alike"), doubt("app 123456 cccccc", "look-alike")]);
    site.names(&[]).said(1, &["123456bbbbbb looks like a MAC but names nobody"]);
    assert_eq!(site.doubts(&["--known-prefix", "123456"]), []);
    let devices = site.0.path().join("devices");
    fs::write(&devices, "123456000000 allow\n").unwrap();
    assert_eq!(site.doubts(&["--device-file", devices.to_str().unwrap()]), []);
    assert_eq!(site.doubts(&["--ignore", "123456[~ ]"]), []);
    assert_eq!(site.json(&["--file-pattern", "/app (?<mac>[^/]*)"])["summary"]["devices"], 2);
    assert_eq!(site.json(&["--doubtful"])["files"], json!([]));
}

#[test]
fn a_link_to_what_is_anothers_is_doubtful() {
    let site = Site::of(&["0004f2aaaaaa.cfg", "0004f2bbbbbb/own.cfg"]);
    site.link("0004f2bbbbbb.cfg", "0004f2aaaaaa.cfg");
    site.link("latest.cfg", "0004f2aaaaaa.cfg");
    site.link("0004f2aaaaaa-web.cfg", "0004f2aaaaaa.cfg");
    site.link("current", B);
    site.link("gone.cfg", "nowhere");
    let expected = [doubt("0004f2bbbbbb.cfg", "link"), doubt("current", "link"), doubt("latest.cfg", "link")];
    assert_eq!(site.doubts(&[]), expected);
    site.names(&[]).said(
        1,
        &[
            "0004f2bbbbbb.cfg: leads to 0004f2aaaaaa.cfg, which is 0004f2aaaaaa's",
            "0004f2bbbbbb  0004f2bbbbbb.cfg -> 0004f2aaaaaa.cfg\n",
        ],
    );
    let elsewhere = Site::of(&["0004f2bbbbbb.cfg"]);
    let site = Site::of(&["x"]);
    site.link("0004f2aaaaaa.cfg", elsewhere.path("0004f2bbbbbb.cfg").to_str().unwrap());
    assert_eq!(site.doubts(&[]), [doubt("0004f2aaaaaa.cfg", "link")]);
}

#[test]
fn a_file_of_nobodys_to_which_one_devices_links_lead_is_doubtful() {
    let site = Site::of(&["people/alice.cfg", "common.cfg"]);
    site.link("0004f2aaaaaa.cfg", "people/alice.cfg");
    for mac in [A, B] {
        site.link(&format!("{mac}-web.cfg"), "common.cfg");
    }
    assert_eq!(site.doubts(&[]), [doubt("people/alice.cfg", "led-to")]);
    site.names(&[]).said(1, &["only links of 0004f2aaaaaa lead to it"]);
}

#[test]
fn a_file_that_only_its_folder_names_is_doubtful_where_it_has_another_name() {
    let site = Site::of(&["0004f2aaaaaa/phone.cfg", "0004f2aaaaaa/0004f2aaaaaa.cfg", "0004f2bbbbbb/phone.cfg"]);
    assert_eq!(site.doubts(&[]), []);
    fs::hard_link(site.path("0004f2aaaaaa/phone.cfg"), site.path("alice.cfg")).unwrap();
    fs::hard_link(site.path("0004f2aaaaaa/0004f2aaaaaa.cfg"), site.path("0004f2aaaaaa-old.cfg")).unwrap();
    assert_eq!(site.doubts(&[]), [doubt("0004f2aaaaaa/phone.cfg", "bypass")]);
}

#[test]
fn a_device_that_only_precedes_the_files_does_not_count() {
    let site = Site::of(&["0004f2aaaaaa/phone.cfg"]);
    let folder = site.path(A);
    let ran = run([OsStr::new("names"), folder.as_os_str()]);
    ran.said(1, &["nobody        phone.cfg", "1 file names nobody: 0004f2aaaaaa is only in the path that leads here"]);
    // as an Alias the address names the device, and the folder not
    let site = Site::of(&["phone.cfg"]);
    let ran = site.names(&["--at", "/0004f2aaaaaa"]);
    ran.said(1, &["0004f2aaaaaa  phone.cfg", "1 file names nobody: 0004f2aaaaaa"]);
    site.names(&["--at", "/cfg"]).said(0, &["nobody        phone.cfg"]);
}

#[test]
fn a_path_that_names_two_devices_is_doubtful() {
    let site = Site::of(&["0004f2aaaaaa/0004f2bbbbbb.cfg"]);
    assert_eq!(site.doubts(&[]), [doubt("0004f2aaaaaa/0004f2bbbbbb.cfg", "several")]);
}

#[test]
fn no_link_leads_the_walk_out_or_round() {
    let site = Site::of(&["cfg/0004f2aaaaaa.cfg"]);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("0004f2bbbbbb.cfg"), "").unwrap();
    site.link("cfg/up", "..");
    site.link("loop", "loop");
    site.link("firmware", outside.path().to_str().unwrap());
    let json = site.json(&[]);
    assert_eq!(json["summary"]["files"], 1, "{json}");
    assert_eq!(site.doubts(&[]), [doubt("firmware", "outside")]);
}

#[test]
fn hostile_names_are_escaped_and_need_not_be_text() {
    let site = Site::of(&["0004f2aaaaaa\u{1b}[31m\n.cfg", "a?b#c%41 \u{202e}"]);
    site.write(OsStr::from_bytes(b"0004f2bbbbbb\xff\xfe"));
    for options in [&[][..], &["--json"]] {
        let ran = site.names(options);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{}", ran.out);
        for name in ["0004f2aaaaaa%1B[31m%0A.cfg", "0004f2bbbbbb%FF%FE", "a?b#c%2541 %E2%80%AE"] {
            assert!(ran.out.contains(name), "{name}: {}", ran.out);
        }
    }
}

#[test]
fn the_module_serves_each_file_as_the_command_says() {
    let files = [
        "0004f2aaaaaa.cfg",
        "0004f2bbbbbb/x.cfg",
        "SEP0004f2~aaaaaa.cfg",
        "SEP 0004f2 aaaaaa.cfg",
        "123456~aaaaaa.cfg",
        "sip.ld",
        "0004f2aaaaaa-0004f2bbbbbb",
    ];
    let builder = Httpd::builder().protected(Poly::shared().bundle_pem());
    let httpd = files.iter().fold(builder, |builder, file| builder.page(file, "x")).start();
    let phone = httpd.phone(&Poly::shared().phone(A));
    let site = Site::of(&files);
    let json = site.json(&[]);
    for row in json["files"].as_array().unwrap() {
        let (file, whose) = (row["file"].as_str().unwrap(), row["whose"].as_str().unwrap());
        let is_served = whose == "nobody" || (whose == "device" && row["devices"] == json!([A]));
        let status = phone.get(&format!("/{file}").replace(' ', "%20")).unwrap().status;
        assert_eq!(status == 200, is_served, "{file}: {whose}, {status}");
    }
}
