//! The learned file: what is an error of the configuration, what damages it, and who can write to it.

use crate::judged::OWN;
use crate::learn::{got, learned, server, unprotected};
use mtlsprotect_testkit::{Httpd, Poly};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

#[test]
fn to_learn_there_must_be_a_file_and_only_one_for_the_whole_server() {
    let without = unprotected().config("<Directory {docroot}>\nMTLSProtect Learn\n</Directory>");
    let output = without.configtest();
    assert!(!output.ok && output.text.contains("MTLSP0309"), "{}", output.text);
    assert!(
        output.text.contains("httpd.conf:") && output.text.contains("add MTLSProtectLearnedFile"),
        "{}",
        output.text
    );
    let vendor = Httpd::builder()
        .with_module()
        .file("poly.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectVendor poly ca=poly.pem mode=learn\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca");
    let output = vendor.configtest();
    assert!(!output.ok && output.text.contains("mode=learn: without MTLSProtectLearnedFile"), "{}", output.text);
    for place in [
        unprotected().vhost("MTLSProtectLearnedFile learned"),
        unprotected().config("<Directory {docroot}>\nMTLSProtectLearnedFile learned\n</Directory>"),
    ] {
        let output = place.configtest();
        assert!(!output.ok && output.text.contains("MTLSProtectLearnedFile"), "{}", output.text);
        assert!(output.text.contains("not allowed") || output.text.contains("cannot occur"), "{}", output.text);
    }
}

#[test]
fn bad_lines_are_for_the_test_of_the_configuration_and_do_not_keep_a_server_from_starting() {
    let mut damaged = learned();
    let cut = damaged.len() - 30;
    let whole = damaged.clone();
    damaged.truncate(cut);
    // a later write begins with a newline
    damaged.extend(&whole);
    damaged.extend([0; 600]);
    damaged.extend(b"\n");
    let output = server(&damaged).configtest();
    assert!(!output.ok && output.text.contains("MTLSP0423"), "{}", output.text);
    assert!(
        output.text.contains("bad lines, which are skipped (2 in all): ")
            && output.text.contains("line 2: the root's SHA-256"),
        "{}",
        output.text
    );
    let httpd = server(&damaged).start();
    httpd.wait_for_log("MTLSP0423");
    assert_eq!(got(&httpd, &httpd.client(), OWN), "403 deny reason=no-certificate");
    // doubled, the file says the same
    let httpd = server([whole.clone(), whole].concat()).start();
    assert!(!httpd.error_log().contains("MTLSP0423"));
    assert_eq!(got(&httpd, &httpd.client(), OWN), "403 deny reason=no-certificate");
    // of a line that was cut nothing counts
    let httpd = server(&damaged[..cut]).start();
    assert_eq!(got(&httpd, &httpd.client(), OWN), "200 would-deny reason=no-certificate");
}

#[test]
fn a_file_that_cannot_be_written_to_is_said() {
    let builder = || unprotected().config("<Directory {docroot}>\nMTLSProtect Learn\n</Directory>");
    let output = builder().config("MTLSProtectLearnedFile nowhere/learned").configtest();
    assert!(
        !output.ok && output.text.contains("MTLSP0310") && output.text.contains("cannot be written to"),
        "{}",
        output.text
    );
    let output = builder().config("MTLSProtectLearnedFile conf").file("conf/x", "").configtest();
    assert!(!output.ok && output.text.contains("MTLSP0310"), "{}", output.text);
    let mut httpd = builder().config("MTLSProtectLearnedFile nowhere/learned").start();
    httpd.wait_for_log("MTLSP0603");
    assert_eq!(got(&httpd, &httpd.client(), OWN), "200 would-deny reason=no-certificate");
    // a graceful restart opens it, once there is a place for it
    fs::create_dir(httpd.root().join("nowhere")).unwrap();
    httpd.graceful();
    let made = fs::metadata(httpd.root().join("nowhere/learned")).expect("the parent makes it");
    assert_eq!(made.permissions().mode() & 0o137, 0, "it is nobody's to write");
}

/// The learned files that the parent has open.
fn held(httpd: &Httpd) -> Vec<PathBuf> {
    let folder = format!("/proc/{}/fd", httpd.parent_pid());
    let files = fs::read_dir(folder).unwrap().flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    files.filter(|file| file.to_string_lossy().contains("learned")).collect()
}

#[test]
fn an_editors_swap_file_is_opened_at_the_next_restart_and_never_twice() {
    let mut httpd = server("").start();
    let path = httpd.root().join("learned");
    assert_eq!(got(&httpd, &httpd.client(), OWN), "200 would-deny reason=no-certificate");
    let swap = httpd.root().join(".learned.swp");
    fs::write(&swap, learned()).unwrap();
    fs::rename(&swap, &path).unwrap();
    assert_eq!(held(&httpd).len(), 1);
    httpd.graceful();
    assert_eq!(held(&httpd), [path.canonicalize().unwrap()]);
    assert_eq!(got(&httpd, &httpd.client(), OWN), "403 deny reason=no-certificate");
}

#[test]
fn a_script_can_not_write_to_the_file() {
    let httpd = server(learned())
        .module("cgi")
        .config("<Directory {docroot}>\nOptions ExecCGI\nAddHandler cgi-script .sh\nRequire all granted\nMTLSProtect Off\n</Directory>")
        .start();
    httpd.write_script(
        "fds.sh",
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nls -l /proc/self/fd\nls -l /proc/$$/fd\necho end\n",
    );
    let answer = httpd.client().get("/fds.sh").unwrap();
    let text = answer.text();
    assert!(answer.status == 200 && text.contains("end") && text.contains("->"), "{text}");
    assert!(!text.contains("learned"), "{text}");
}
