//! The learned file changes while httpd runs: what was added counts in all children, and what happens to the file takes no
//! protection away.

use crate::fleet_counts::{device, wait_for_status};
use crate::judged::{MAC, OWN, SECRET};
use crate::learn::{got, learned};
use crate::proofs::{lines, site};
use mtlsprotect_core::Mac;
use mtlsprotect_core::learned::{Line, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Client, Httpd, Mpm, Poly};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::thread;
use std::time::Duration;

const PROTECTED: &str = "403 deny reason=no-certificate";
const OPEN: &str = "200 would-deny reason=no-certificate";

fn append(httpd: &Httpd, bytes: &[u8]) {
    let file = OpenOptions::new().append(true).open(httpd.root().join("learned"));
    file.expect("httpd has made it").write_all(bytes).expect("it can be appended to");
}

/// A line that forgets the phone with the secret, a while ahead of the proofs of now.
fn forget(ahead: i64) -> Vec<u8> {
    written([Line::Forget { mac: MAC.parse::<Mac>().unwrap(), time: UnixTime::now() + ahead }])
}

/// Waits until a stranger fares so with the phone's file.
fn wait_until(httpd: &Httpd, expected: &str) {
    let found = wait_for(|| {
        thread::sleep(Duration::from_millis(200));
        (got(httpd, &httpd.client(), OWN) == expected).then_some(())
    });
    assert!(found.is_some(), "never {expected}:\n{}", httpd.own_log());
}

fn said(httpd: &Httpd, number: &str) -> usize {
    httpd.own_log().matches(number).count()
}

#[test]
fn what_is_appended_counts_in_all_children_and_a_forget_takes_it_away() {
    let httpd = site("Learn").mpm(Mpm::Prefork).children(3).start();
    assert_eq!(got(&httpd, &httpd.client(), OWN), OPEN);
    append(&httpd, &learned());
    wait_until(&httpd, PROTECTED);
    assert!((0..8).all(|_| got(&httpd, &httpd.client(), OWN) == PROTECTED));
    // proven by itself too, so that the table has it
    let own = httpd.phone(&Poly::shared().phone(MAC));
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    wait_for_status(&httpd, |status| device(status, MAC).is_some());
    append(&httpd, &forget(1));
    wait_until(&httpd, OPEN);
    assert!((0..8).all(|_| got(&httpd, &httpd.client(), OWN) == OPEN));
    // later than that it proves itself again
    thread::sleep(Duration::from_secs(2));
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    wait_until(&httpd, PROTECTED);
    let seen = wait_for_status(&httpd, |status| status["learned"]["devices"] == 1);
    assert_eq!((&seen["learned"]["error"], &seen["learned"]["bad_lines"]), (&serde_json::Value::Null, &0.into()));
    assert_eq!(lines(&httpd).last().map(|line| line.starts_with(MAC) && !line.ends_with("forget")), Some(true));
}

#[test]
fn a_phone_of_a_prefix_that_nobody_knew_is_protected_once_another_server_has_told() {
    let (mac, file) = ("02abcd000001", "/02abcd000001.cfg");
    let httpd = site("Learn").page(file, SECRET).start();
    assert_eq!(got(&httpd, &httpd.client(), file), OPEN);
    let line = String::from_utf8(learned()).unwrap().replace(MAC, mac);
    append(&httpd, line.as_bytes());
    let protected = wait_for(|| {
        thread::sleep(Duration::from_millis(200));
        (got(&httpd, &httpd.client(), "/x/02-AB-CD-00-00-01.cfg") == PROTECTED).then_some(())
    });
    assert!(protected.is_some(), "{}", httpd.own_log());
    assert_eq!(got(&httpd, &httpd.client(), file), PROTECTED);
}

#[test]
fn bad_lines_are_said_once_and_counted() {
    let httpd = site("Learn").start();
    append(&httpd, b"\0\0\0\n0004f2bbbbbb 2026-11\x1b[31m\n");
    append(&httpd, &learned());
    wait_until(&httpd, PROTECTED);
    let line = httpd.wait_for_log("MTLSP0423");
    assert!(line.contains("bad lines were added") && line.contains("(2 in all): line 1: "), "{line}");
    assert!(!line.contains('\x1b'), "{line}");
    append(&httpd, b"\nx");
    append(&httpd, b"yz\n");
    let seen = wait_for_status(&httpd, |status| status["learned"]["bad_lines"] == 3);
    assert_eq!(seen["learned"]["devices"], 1);
    assert_eq!(said(&httpd, "MTLSP0423"), 2);
}

#[test]
fn an_editors_swap_file_renamed_over_it_takes_no_protection_away() {
    let mut httpd = site("Learn").file("learned", learned()).start();
    let swap = httpd.root().join(".learned.swp");
    fs::write(&swap, "").unwrap();
    fs::rename(&swap, httpd.root().join("learned")).unwrap();
    let seen = wait_for_status(&httpd, |status| status["learned"]["error"].is_string());
    assert!(seen["learned"]["error"].as_str().unwrap().contains("restart httpd gracefully"), "{seen:#}");
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    // it is not said at each look
    thread::sleep(Duration::from_secs(22));
    assert_eq!((said(&httpd, "MTLSP0605"), got(&httpd, &httpd.client(), OWN)), (1, PROTECTED.to_owned()));
    httpd.graceful();
    let line = httpd.wait_for_log("MTLSP0606");
    assert!(line.contains("fewer devices than before this restart, 0 instead of 1"), "{line}");
    assert_eq!(got(&httpd, &httpd.client(), OWN), OPEN);
    append(&httpd, &learned());
    wait_until(&httpd, PROTECTED);
}

#[test]
fn a_file_that_is_truncated_in_place_takes_no_protection_away() {
    let httpd = site("Learn").file("learned", [learned(), vec![b'\n'; 400]].concat()).start();
    let path = httpd.root().join("learned");
    OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    httpd.wait_for_log("MTLSP0605");
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    // children go on writing to it
    let other = httpd.phone(&Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(got(&httpd, &other, "/0004f2bbbbbb.cfg"), "200 allow reason=own-file");
    wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    assert_eq!(got(&httpd, &httpd.client(), "/0004f2bbbbbb.cfg"), PROTECTED);
    // what is appended counts, by whomever
    let line = String::from_utf8(learned()).unwrap();
    append(&httpd, line.replace(MAC, "0004f2cccccc").as_bytes());
    let seen = wait_for_status(&httpd, |status| status["learned"]["devices"] == 3);
    assert!(seen["learned"]["error"].as_str().unwrap().contains("was cut"), "until a restart: {:#}", seen["learned"]);
    assert_eq!((said(&httpd, "MTLSP0605"), got(&httpd, &httpd.client(), OWN)), (1, PROTECTED.to_owned()));
}

#[test]
fn half_a_line_that_a_cut_leaves_proves_nothing_and_takes_no_other_with_it() {
    let line = String::from_utf8(learned()).unwrap();
    let [first, second] = ["0004f2cccccc", "0004f2dddddd"].map(|mac| line.replace(MAC, mac));
    // a line that its writer has not ended yet
    let begun = &line[..line.len() - 20];
    let httpd = site("Learn").file("learned", format!("{first}{second}{begun}")).start();
    let before = wait_for_status(&httpd, |status| status["learned"]["devices"] == 2);
    assert!(before["learned"]["error"].is_null(), "{:#}", before["learned"]);
    let file = OpenOptions::new().write(true).open(httpd.root().join("learned")).unwrap();
    file.set_len((first.len() + second.len() / 2) as u64).unwrap();
    append(&httpd, line.replace(MAC, "0004f2eeeeee").as_bytes());
    let seen = wait_for_status(&httpd, |status| status["learned"]["devices"] == 3);
    assert_eq!(seen["learned"]["bad_lines"], 1, "{:#}", seen["learned"]);
    assert_eq!(got(&httpd, &httpd.client(), OWN), OPEN, "its line was never whole");
}

#[test]
fn the_zeros_of_a_power_cut_take_no_line_with_them() {
    let line = String::from_utf8(learned()).unwrap();
    let httpd = site("Learn").file("learned", [line.trim_end().as_bytes(), &[0; 3000]].concat()).start();
    let other = httpd.phone(&Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(got(&httpd, &other, "/0004f2bbbbbb.cfg"), "200 allow reason=own-file");
    // the one before them ends where the next begins
    let seen = wait_for_status(&httpd, |status| status["learned"]["devices"] == 2);
    assert_eq!((&seen["learned"]["error"], &seen["learned"]["bad_lines"]), (&serde_json::Value::Null, &0.into()));
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    // and behind half a line
    append(&httpd, &[&line.as_bytes()[..90], &[0; 3000]].concat());
    append(&httpd, line.replace(MAC, "0004f2cccccc").as_bytes());
    let seen = wait_for_status(&httpd, |status| status["learned"]["devices"] == 3);
    assert_eq!(seen["learned"]["bad_lines"], 1, "{:#}", seen["learned"]);
}

#[test]
fn a_line_that_was_lost_before_it_was_read_is_written_when_its_phone_comes_again() {
    let mut httpd = site("Learn").start();
    let own = httpd.phone(&Poly::shared().phone(MAC));
    httpd.signal(libc::SIGSTOP);
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    OpenOptions::new().write(true).open(httpd.root().join("learned")).unwrap().set_len(0).unwrap();
    httpd.signal(libc::SIGCONT);
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    let written = wait_for(|| {
        assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
        thread::sleep(Duration::from_millis(500));
        (lines(&httpd).len() == 1).then_some(())
    });
    written.unwrap_or_else(|| panic!("{}", httpd.own_log()));
    wait_for_status(&httpd, |status| status["learned"]["devices"] == 1);
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    httpd.graceful();
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    assert_eq!(lines(&httpd).len(), 1, "{:#?}", lines(&httpd));
}

#[test]
fn a_graceful_restart_keeps_what_was_proven_a_moment_before() {
    for mpm in Mpm::ALL {
        let mut httpd = site("Learn").mpm(mpm).children(2).start();
        let own = httpd.phone(&Poly::shared().phone(MAC));
        for round in 0..3 {
            assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
            wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line, once");
            httpd.graceful();
            assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED, "{mpm:?} {round}");
        }
        assert_eq!(lines(&httpd).len(), 1, "{mpm:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_at_a_graceful_restart_does_not_end_httpd_nor_take_protection_away() {
    let mut httpd = site("Learn").file("learned", learned()).start();
    let path = httpd.root().join("learned");
    let aside = httpd.root().join("aside");
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    httpd.graceful();
    let seen = wait_for_status(&httpd, |status| status["learned"]["error"].is_string());
    assert!(seen["learned"]["error"].as_str().unwrap().contains("can't be read"), "{:#}", seen["learned"]);
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    httpd.graceful();
    wait_for_status(&httpd, |status| status["learned"]["error"].is_null() && status["learned"]["devices"] == 1);
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
}

#[test]
fn a_file_that_outgrows_its_room_is_said_and_counts_after_a_graceful_restart() {
    let mut httpd = site("Learn").start();
    let line = String::from_utf8(learned()).unwrap();
    let many: String = (0..70_000).map(|number| line.replace(MAC, &format!("64167f{number:06x}"))).collect();
    append(&httpd, many.as_bytes());
    append(&httpd, &learned());
    httpd.wait_for_log("MTLSP0605");
    let seen = wait_for_status(&httpd, |status| status["learned"]["error"].is_string());
    let error = seen["learned"]["error"].as_str().unwrap();
    assert!(
        error.starts_with("the learned file needs more memory"),
        "without its path, which stands beside it: {error}"
    );
    assert_eq!(got(&httpd, &httpd.client(), OWN), OPEN);
    httpd.graceful();
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
    let seen = wait_for_status(&httpd, |status| status["learned"]["devices"] == 70_001);
    assert!(seen["learned"]["error"].is_null() && said(&httpd, "MTLSP0605") == 1, "{:#}", seen["learned"]);
}

/// A server with a request to `/slow.sh` that ends when the test says so.
fn slow_site() -> Httpd {
    let httpd = site("Learn")
        .mpm(Mpm::Prefork)
        .children(2)
        .module("cgi")
        .config("<Directory {docroot}>\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
        .start();
    let script = "#!/bin/sh\ntouch ../writable/begun\nwhile [ ! -e ../writable/end ]; do sleep 0.1; done\n\
                  printf 'Content-Type: text/plain\\n\\nend\\n'\n";
    httpd.write_script("slow.sh", script);
    httpd
}

/// Restarts gracefully, once something was done, during a phone's request.
fn restart_while_asked(httpd: &mut Httpd, own: &Client, before: impl FnOnce(&Httpd)) {
    thread::scope(|scope| {
        let slow = scope.spawn(|| own.get("/slow.sh").expect("an answer"));
        wait_for(|| httpd.root().join("writable/begun").exists().then_some(())).expect("it is asked");
        before(httpd);
        httpd.graceful();
        fs::write(httpd.root().join("writable/end"), "").unwrap();
        assert_eq!(slow.join().unwrap().text(), "end\n");
    });
}

#[test]
fn a_request_that_ends_in_an_old_child_proves_nothing_that_the_operator_has_cleared() {
    let mut httpd = slow_site();
    let own = httpd.phone(&Poly::shared().phone(MAC));
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    let aside = httpd.root().join("aside");
    restart_while_asked(&mut httpd, &own, |httpd| fs::rename(httpd.root().join("learned"), &aside).unwrap());
    let seen = wait_for_status(&httpd, |status| device(status, MAC).is_some_and(|own| own["served"] == 2));
    assert!(device(&seen, MAC).unwrap()["proven_at"].is_null(), "{seen:#}");
    assert_eq!((got(&httpd, &httpd.client(), OWN).as_str(), lines(&httpd).len()), (OPEN, 0));
    // its next one does
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    assert_eq!(got(&httpd, &httpd.client(), OWN), PROTECTED);
}

#[test]
fn a_phone_whose_first_request_ends_in_an_old_child_is_protected_once_the_file_is_read_on() {
    let mut httpd = slow_site();
    let own = httpd.phone(&Poly::shared().phone(MAC));
    restart_while_asked(&mut httpd, &own, |_| {});
    wait_for(|| (lines(&httpd).len() == 1).then_some(())).expect("its line");
    wait_until(&httpd, PROTECTED);
    assert_eq!(got(&httpd, &own, OWN), "200 allow reason=own-file");
    wait_for_status(&httpd, |status| device(status, MAC).is_some_and(|own| !own["proven_at"].is_null()));
    assert_eq!(lines(&httpd).len(), 1);
}
