//! The device file changes while httpd runs: what is good counts in all children, what is not changes nothing.

use crate::judged::{self, LET_IN, MAC, OWN, answered_by, judged_at, judged_on, server, unique};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Builder, Client, Httpd, Mpm, Poly};
use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const BLOCKED: &str = "403 blocked-device";

fn site(devices: &str) -> Builder {
    server(Poly::shared().bundle_pem())
        .page("0004f2bbbbbb.cfg", judged::SECRET)
        .page("sip.ld", judged::SECRET)
        .file("devices", devices)
        .config("MTLSProtectDeviceFile devices")
}

/// Puts another file in its place, as an editor does.
fn replace(httpd: &Httpd, devices: &str) {
    let new = httpd.root().join("devices.new");
    fs::write(&new, devices).expect("a new file can be written");
    fs::rename(new, httpd.root().join("devices")).expect("it can take the place of the old one");
}

/// How a phone fares with its own file.
fn own_file(httpd: &Httpd) -> String {
    judged::judged(httpd, &httpd.phone(&Poly::shared().phone(MAC)))
}

/// Waits until a phone fares so with its own file.
fn wait_for_verdict(httpd: &Httpd, expected: &str) {
    let found = wait_for(|| {
        thread::sleep(Duration::from_millis(200));
        (own_file(httpd) == expected).then_some(())
    });
    assert!(found.is_some(), "never {expected}:\n{}", httpd.own_log());
}

/// The module's errors of device files so far.
fn errors(httpd: &Httpd) -> Vec<String> {
    httpd.own_log().lines().filter(|line| line.contains("MTLSP0601")).map(str::to_owned).collect()
}

/// Waits for the next error of the device file, after so many.
fn next_error(httpd: &Httpd, before: usize) -> String {
    let found = wait_for(|| errors(httpd).get(before).cloned());
    found.unwrap_or_else(|| panic!("no error of the device file after {before}:\n{}", httpd.own_log()))
}

/// Asks for a file on a connection that is kept, or a new one: the status.
fn ask(client: &Client, kept: &mut Option<mtlsprotect_testkit::Connection>, path: &str) -> u16 {
    let answer = kept.as_mut().and_then(|connection| connection.get(path).ok());
    let response = answer.unwrap_or_else(|| {
        let mut connection = client.connect().expect("no handshake is dropped");
        let response = connection.get(path).expect("a new connection is answered");
        *kept = Some(connection);
        response
    });
    assert_eq!(response.text().contains(judged::SECRET), response.status == 200, "{path}: {}", response.text());
    response.status
}

/// The children, each with a connection that it keeps.
fn connections_to_each_child(httpd: &Httpd, client: &Client, children: usize) -> Vec<mtlsprotect_testkit::Connection> {
    let mut kept: Vec<(i32, mtlsprotect_testkit::Connection)> = Vec::new();
    for _ in 0..20 {
        let path = unique(OWN);
        let mut connection = client.connect().expect("no handshake is dropped");
        connection.get(&path).expect("it is answered");
        let child = answered_by(httpd, &path);
        if kept.iter().all(|(known, _)| *known != child) {
            kept.push((child, connection));
        }
        if kept.len() == children {
            return kept.into_iter().map(|(_, connection)| connection).collect();
        }
    }
    panic!("{} of {children} children answer", kept.len())
}

/// Requests of one client, 16 a second, until it is told to end. `expected` are the statuses that may come, in their order.
fn keep_asking(client: &Client, path: &str, expected: &[u16], done: &AtomicBool, asked: &AtomicUsize) {
    let (mut kept, mut at) = (None, 0);
    while !done.load(Ordering::Relaxed) {
        let status = ask(client, &mut kept, path);
        at += expected[at..].iter().position(|&next| next == status).unwrap_or_else(|| {
            panic!("{path}: {status} after {:?} of {expected:?}", &expected[..=at]);
        });
        asked.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(60));
    }
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_file_that_is_replaced_under_load_counts_in_all_children_and_no_request_is_judged_by_half_of_it() {
    // Long enough to be overwritten while it is read, if anything could be.
    let others: String = (1..30_000).map(|number| format!("64167f{number:06x} allow\n")).collect();
    let list = |own: &str| format!("{others}0004f2bbbbbb allow\n0004f2cccccc block\n0004f2aaaaaa {own}\n");
    let httpd = site(&list("allow")).page("0004f2cccccc.cfg", judged::SECRET);
    let mut httpd = httpd.mpm(Mpm::Prefork).children(5).threads(12).log_level("warn mtlsprotect:debug").start();
    let poly = Poly::shared();
    let phone = |mac| httpd.phone(&poly.phone(mac));
    let (own, allowed, blocked) = (phone(MAC), phone("0004f2bbbbbb"), phone("0004f2cccccc"));
    let (done, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let children = httpd.pids();
    thread::scope(|scope| {
        let _done = Done(&done);
        for (client, path, expected) in [
            (&allowed, "/0004f2bbbbbb.cfg", &[200][..]),
            (&blocked, "/sip.ld", &[403]),
            (&allowed, "/0004f2cccccc.cfg", &[403]),
            (&own, OWN, &[200, 403, 200]),
        ] {
            let (done, asked) = (&done, &asked);
            scope.spawn(move || keep_asking(client, path, expected, done, asked));
        }
        for (own_line, status, verdict) in [("block", 403, BLOCKED), ("allow", 200, LET_IN)] {
            let mut kept = connections_to_each_child(&httpd, &own, 3);
            replace(&httpd, &list(own_line));
            let since = Instant::now();
            for connection in &mut kept {
                let counts = wait_for(|| {
                    thread::sleep(Duration::from_millis(50));
                    (connection.get(OWN).expect("it is kept").status == status).then_some(())
                });
                assert!(counts.is_some(), "{own_line} does not count in a child:\n{}", httpd.own_log());
            }
            println!("{own_line} counts in {} children after {:.1} s", kept.len(), since.elapsed().as_secs_f64());
            assert_eq!(own_file(&httpd), verdict);
            // a child that is killed, and what comes in its place
            if own_line == "block" {
                let pid = children[0];
                // SAFETY: a child of the server that this test has started.
                assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
                wait_for(|| (!httpd.pids().contains(&pid)).then_some(())).expect("it ends");
                assert!((0..6).all(|_| own_file(&httpd) == BLOCKED));
            }
        }
    });
    assert!(httpd.is_running() && asked.load(Ordering::Relaxed) > 64);
    let log = httpd.own_log();
    assert!(!log.contains("internal-error") && errors(&httpd).is_empty(), "{log}");
    let told = log.lines().filter(|line| line.contains("MTLSP0602")).count();
    assert!(told == 2 && log.contains("has 30002 devices, had 30002; counts from now on in all children"), "{log}");
}

#[test]
fn what_is_wrong_with_the_file_is_told_once_and_the_last_good_list_counts() {
    let blocked = format!("# stolen\n{MAC} block\n");
    let mut httpd = site(&blocked).start();
    let devices = httpd.root().join("devices");
    assert_eq!(own_file(&httpd), BLOCKED);
    let mut told = 0;
    let mut expect = |httpd: &Httpd, words: &[&str]| {
        let error = next_error(httpd, told);
        for words in words.iter().chain(&["; the list of ", " with 1 device still counts"]) {
            assert!(error.contains(words), "no {words:?} in {error}");
        }
        told += 1;
        assert_eq!(own_file(httpd), BLOCKED);
    };

    // in the middle of good ones, by an editor
    replace(&httpd, "0004f2bbbbbb allow\nnonsense allow\n0004f2aaaaaa allow\n");
    expect(&httpd, &["devices:2: 'nonsense' is not a device's MAC address"]);
    // in place: to nothing, as by a script whose disk is full
    File::create(&devices).unwrap();
    expect(&httpd, &["devices: is empty; if no device is to be in it, write a comment: # none"]);
    // in place, in the middle of a line
    fs::write(&devices, "0004f2bbbbbb allow\n0004f2aaaaaa al").unwrap();
    expect(&httpd, &["devices:2: expected allow, block, exempt or password after 0004f2aaaaaa, found 'al'"]);
    fs::remove_file(&devices).unwrap();
    expect(&httpd, &["devices: cannot be read: No such file"]);
    // a pipe that nobody writes to does not keep the parent waiting
    let path = std::ffi::CString::new(devices.to_str().unwrap()).unwrap();
    // SAFETY: a path that ends with a NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    expect(&httpd, &["devices: cannot be read: it is not a file"]);

    // A graceful restart goes on, by the signal; the command tests the configuration before.
    replace(&httpd, "nonsense\n");
    assert!(!httpd.graceful_via_command().ok);
    httpd.graceful();
    expect(&httpd, &["httpd.conf:", "devices:1: 'nonsense'"]);
    replace(&httpd, "0004f2aaaaaa allow\n\n\nnonsense again\n");
    expect(&httpd, &["devices:4: 'nonsense'"]);

    // As it was, and then other than it was.
    replace(&httpd, &blocked);
    httpd.wait_for_log("devices: is as it was before, and counts");
    assert_eq!(own_file(&httpd), BLOCKED);
    // Children could not read it. The parent can where it is root, as it is not in a package's build.
    let is_root = fs::metadata(&devices).unwrap().uid() == 0;
    fs::set_permissions(&devices, Permissions::from_mode(if is_root { 0o000 } else { 0o600 })).unwrap();
    OpenOptions::new()
        .append(true)
        .open(&devices)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"0004f2bbbbbb block\n"))
        .unwrap();
    httpd.wait_for_log("devices: has 2 devices, had 1; counts");
    replace(&httpd, "# none\n");
    wait_for_verdict(&httpd, LET_IN);
    assert_eq!(errors(&httpd).len(), told, "{}", httpd.own_log());
}

#[test]
fn a_file_that_outgrows_its_memory_counts_after_a_graceful_restart() {
    let mut httpd = site(&format!("{MAC} allow\n")).start();
    let many: String = (1..=140_000).map(|number| format!("64167f{number:06x} allow\n")).collect();
    replace(&httpd, &format!("{many}{MAC} block\n"));
    let error = next_error(&httpd, 0);
    assert!(error.contains("its 140001 devices need more memory than was set aside for them"), "{error}");
    assert!(error.contains("restart httpd gracefully, which makes room; the list of "), "{error}");
    assert_eq!(own_file(&httpd), LET_IN);
    httpd.graceful();
    wait_for_verdict(&httpd, BLOCKED);
    // and now there is room
    replace(&httpd, &format!("{many}{MAC} allow\n"));
    wait_for_verdict(&httpd, LET_IN);
    assert_eq!(errors(&httpd).len(), 1, "{}", httpd.own_log());
}

#[test]
fn a_phone_of_one_tenant_gets_nothing_of_another() {
    let tenant = |name: &str| {
        format!("<Directory {{docroot}}/{name}>\nMTLSProtectDeviceFile {name}.devices closed\n</Directory>")
    };
    let httpd = site(&format!("{MAC} block\n"))
        .file("one.devices", format!("{MAC} allow\n"))
        .file("two.devices", "0004f2bbbbbb allow\n")
        .page("one/sip.ld", judged::SECRET)
        .page("two/sip.ld", judged::SECRET)
        .page("one/0004f2aaaaaa.cfg", judged::SECRET)
        .page("two/0004f2aaaaaa.cfg", judged::SECRET)
        .config(&tenant("one"))
        .config(&tenant("two"))
        .start();
    let gets = |mac: &str, path: &str| {
        let mut connection = httpd.phone(&Poly::shared().phone(mac)).connect().expect("no handshake is dropped");
        judged_at(&httpd, &mut connection, &unique(path), &[])
    };
    for (mac, path, verdict) in [
        (MAC, "/one/sip.ld", "200 other-file"),
        (MAC, "/one/0004f2aaaaaa.cfg", LET_IN),
        (MAC, "/two/sip.ld", "403 unknown-device"),
        (MAC, "/two/0004f2aaaaaa.cfg", "403 unknown-device"),
        ("0004f2bbbbbb", "/two/sip.ld", "200 other-file"),
        ("0004f2bbbbbb", "/one/sip.ld", "403 unknown-device"),
        // outside of both, what the server config says
        (MAC, "/sip.ld", BLOCKED),
        ("0004f2bbbbbb", "/sip.ld", "200 other-file"),
    ] {
        assert_eq!(gets(mac, path), verdict, "{mac} {path}");
    }
    // one of them changes his, and nobody else's changes
    fs::write(httpd.root().join("two.devices"), format!("0004f2bbbbbb allow\n{MAC} allow\n")).unwrap();
    httpd.wait_for_log("two.devices: has 2 devices, had 1");
    assert_eq!(gets(MAC, "/two/sip.ld"), "200 other-file");
    assert_eq!(gets("0004f2bbbbbb", "/one/sip.ld"), "403 unknown-device");
}

#[test]
fn a_file_in_a_section_counts_for_the_subrequests_in_it() {
    let httpd = server(Poly::shared().bundle_pem())
        .module("include")
        .file("devices", "# none\n")
        .file("inner.devices", "0004f2bbbbbb allow\n")
        .config("MTLSProtectDeviceFile devices")
        .config("<Directory {docroot}/inner>\nMTLSProtectDeviceFile inner.devices closed\n</Directory>")
        .config("<Directory {docroot}>\nOptions Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>")
        .page("inner/part.txt", judged::SECRET)
        .page("all.shtml", "begin <!--#include virtual=\"/inner/part.txt\" --> end")
        .start();
    let read = |mac: &str| httpd.get(&Poly::shared().phone(mac), "/all.shtml").text();
    assert!(read("0004f2bbbbbb").contains(judged::SECRET));
    let other = read(MAC);
    assert!(other.contains("begin") && !other.contains(judged::SECRET), "{other}");
}

#[test]
fn a_prefix_that_a_new_line_brings_is_known_without_a_restart() {
    let httpd = site("# none\n").page("123456~bbbbbb.cfg", judged::SECRET).start();
    let phone = httpd.phone(&Poly::shared().phone(MAC));
    let mut connection = phone.connect().expect("no handshake is dropped");
    let mut gets = |httpd: &Httpd| {
        let path = unique("/123456~bbbbbb.cfg");
        match connection.get(&path) {
            Ok(response) => format!("{} {}", response.status, judged::reason(httpd, response.status, &path)),
            Err(_) => {
                connection = phone.connect().expect("no handshake is dropped");
                judged_at(httpd, &mut connection, &unique("/123456~bbbbbb.cfg"), &[])
            }
        }
    };
    for (devices, said, verdict) in [
        ("123456000001 allow\n", "has 1 device, had 0", "403 mac-mismatch"),
        ("123456000002 block\n123456000003 allow\n", "has 2 devices, had 1", "403 mac-mismatch"),
        ("# none again\n", "has 0 devices, had 2", "200 other-file"),
    ] {
        replace(&httpd, devices);
        httpd.wait_for_log(said);
        assert_eq!(gets(&httpd), verdict, "{devices}");
    }
    let mut own = phone.connect().unwrap();
    assert_eq!(judged_on(&httpd, &mut own), LET_IN);
}

#[test]
fn a_changed_file_that_shuts_everybody_out_or_has_ended_exemptions_is_told() {
    let builder = server(Poly::shared().bundle_pem()).file("devices", format!("{MAC} allow\n"));
    let httpd = builder.config("MTLSProtectDeviceFile devices closed").start();
    replace(&httpd, "0004f2bbbbbb block\n");
    httpd.wait_for_log("MTLSP0403: mtlsprotect: ");
    assert_eq!(own_file(&httpd), "403 unknown-device");
    replace(&httpd, "0004f2bbbbbb exempt from=127.0.0.1 until=2025-01-01\n");
    let line = httpd.wait_for_log("MTLSP0402: mtlsprotect: ");
    assert!(line.contains("0004f2bbbbbb in line 1 ended on 2025-01-01"), "{line}");
}
