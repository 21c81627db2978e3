//! What is counted outlives restarts and children that are killed.

use crate::fleet_counts::{all_counted, counted, device, site, status, wait_for_status};
use mtlsprotect_testkit::{Mpm, Poly};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

const OWN: &str = "/0004f2aaaaaa.cfg";

#[test]
fn counts_and_devices_are_kept_over_a_graceful_restart_and_old_children_go_on_counting() {
    let poly = Poly::shared();
    for mpm in Mpm::ALL {
        let mut httpd = site().mpm(mpm).children(2).start();
        let client = httpd.phone(&poly.phone("0004f2aaaaaa"));
        let mut kept = client.connect().unwrap();
        assert_eq!(kept.get(OWN).unwrap().status, 200);
        let before = status(&httpd);
        httpd.graceful();
        let answered = kept.get(OWN).is_ok();
        assert_eq!(client.get(OWN).unwrap().status, 200);
        let expected = if answered { 3 } else { 2 };
        let seen = wait_for_status(&httpd, |status| counted(status, "allow", "own-file") == expected);
        assert_eq!(seen["counting_since"], before["counting_since"], "{mpm:?}");
        assert_eq!(device(&seen, "0004f2aaaaaa").unwrap()["served"], expected);
        // a block of another size is another one, and the first is still there for whoever comes back to it
        let configuration = httpd.root().join("httpd.conf");
        let text = std::fs::read_to_string(&configuration).unwrap();
        std::fs::write(&configuration, format!("{text}\nMTLSProtectFleetSize 2048\n")).unwrap();
        httpd.graceful();
        let fresh =
            mtlsprotect_testkit::tools::wait_for(|| (status(&httpd)["table"]["room"] == 1536).then(|| status(&httpd)));
        assert_eq!(all_counted(&fresh.expect("the new children answer")), 0, "{mpm:?}");
        assert_eq!(client.get(OWN).unwrap().status, 200);
        std::fs::write(&configuration, &text).unwrap();
        httpd.graceful();
        let back = wait_for_status(&httpd, |status| status["table"]["room"] == 49152);
        assert_eq!(counted(&back, "allow", "own-file"), expected, "{mpm:?}");
    }
}

#[test]
fn children_that_are_killed_while_they_count_leave_nothing_wedged() {
    let poly = Poly::shared();
    let httpd = site().mpm(Mpm::Prefork).children(4).start();
    let phones: Vec<_> = (0..4)
        .map(|number| (poly.phone(&format!("0004f2aaaa{number:02x}")), format!("/0004f2aaaa{number:02x}.cfg")))
        .collect();
    for (_, path) in &phones {
        httpd.write(path, "own");
    }
    let (done, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for (phone, path) in &phones {
            let (done, answered, httpd) = (&done, &answered, &httpd);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let Ok(mut connection) = httpd.phone(phone).connect() else { continue };
                    for number in 0..50 {
                        let asked = if number % 2 == 0 { path.as_str() } else { "/0004f2bbbbbb.cfg" };
                        match connection.get(asked) {
                            Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                            Err(_) => break,
                        };
                    }
                }
            });
        }
        for _ in 0..10 {
            let before = answered.load(Ordering::Relaxed);
            let moved =
                mtlsprotect_testkit::tools::wait_for(|| (answered.load(Ordering::Relaxed) > before + 50).then_some(()));
            assert!(moved.is_some(), "the phones came to a halt");
            for pid in httpd.pids() {
                // SAFETY: takes two numbers.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
            thread::sleep(Duration::from_millis(20));
        }
        done.store(true, Ordering::Relaxed);
    });
    // a request whose child was killed is answered or counted or neither
    let answered = answered.load(Ordering::Relaxed);
    let seen = wait_for_status(&httpd, |status| all_counted(status) + 40 >= answered);
    assert!(all_counted(&seen) <= answered + 40 && all_counted(&seen) + 40 >= answered, "{answered}: {seen:#}");
    let before = counted(&seen, "allow", "own-file");
    assert_eq!(httpd.get(&phones[0].0, &phones[0].1).status, 200);
    let after = wait_for_status(&httpd, |status| counted(status, "allow", "own-file") > before);
    assert_eq!(counted(&after, "allow", "own-file"), before + 1);
    for (phone, path) in &phones {
        let mac = path.trim_start_matches('/').trim_end_matches(".cfg");
        // of a refusal in the same second it isn't known which came first
        wait_for_status(&httpd, |status| {
            httpd.get(phone, path).status == 200 && device(status, mac).is_some_and(|device| device["state"] == "ready")
        });
    }
}

#[test]
fn the_page_answers_while_the_server_restarts() {
    let mut httpd = site().children(2).start();
    let done = AtomicBool::new(false);
    let scraper = httpd.plain_client();
    thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let answer = scraper.get("/mtlsprotect-status?format=openmetrics").expect("an answer during a restart");
                assert!(answer.status == 200 && answer.text().ends_with("# EOF\n"), "{answer:?}");
            }
        });
        for _ in 0..5 {
            httpd.graceful();
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn without_memory_everything_else_goes_on() {
    let httpd = site().under(&["prlimit", "--as=700000000"]).config("MTLSProtectFleetSize 16777216").start();
    assert!(httpd.error_log().contains("MTLSP0421"), "{}", httpd.error_log());
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), OWN).status, 200);
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2bbbbbb"), OWN).status, 403);
}
