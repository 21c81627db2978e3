//! Graceful restarts lose no request and no memory, and a broken CA file stops none of them.

use mtlsprotect_testkit::httpd::resident_kib;
use mtlsprotect_testkit::{Authority, Builder, Client, Connection, Httpd, Mpm, Poly};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

const RESTARTS: usize = 20;

fn site(device_cas: impl AsRef<[u8]>) -> Builder {
    Httpd::builder().protected(device_cas).page("0004f2aaaaaa.cfg", "secret of a")
}

/// One request that must be answered as it should: on the connection kept alive, or on a new one
/// where the server has closed that.
fn ask(client: &Client, kept: &mut Option<Connection>, path: &str, status: u16) {
    let answer = kept.as_mut().and_then(|connection| connection.get(path).ok());
    let response = answer.unwrap_or_else(|| {
        let mut connection = client.connect().expect("a new connection during a restart");
        let response = connection.get(path).expect("a request on a new connection during a restart");
        *kept = Some(connection);
        response
    });
    assert_eq!(response.status, status, "{path}");
    assert_eq!(response.text().contains("secret"), status == 200, "{path}");
    if response.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
        *kept = None;
    }
}

/// Restarts twenty times while phones ask, and answers how much the parent had after the fifth and after the last.
fn restart_under_load(mpm: Mpm) -> (u64, u64) {
    let poly = Poly::shared();
    // a long list, so that one that is not freed shows
    let filler = (0..100).flat_map(|number| Authority::root(&format!("TEST filler {number}")).pem());
    let list: Vec<u8> = poly.bundle_pem().into_iter().chain(filler).collect();
    let mut httpd = site(list).mpm(mpm).children(2).start();
    let (own, other) = (poly.phone("0004f2aaaaaa"), poly.phone("0004f2bbbbbb"));
    let clients = [
        (httpd.phone(&own), 200, true),
        (httpd.phone(&own).tls12(), 200, false),
        (httpd.phone(&other), 403, true),
        (httpd.client(), 403, false),
    ];
    let done = AtomicBool::new(false);
    let asked = clients.each_ref().map(|_| AtomicUsize::new(0));
    let mut sizes = (0, 0);
    thread::scope(|scope| {
        for ((client, status, keeps), asked) in clients.iter().zip(&asked) {
            let done = &done;
            scope.spawn(move || {
                let mut kept = None;
                while !done.load(Ordering::Relaxed) {
                    ask(client, &mut kept, "/0004f2aaaaaa.cfg", *status);
                    kept = kept.filter(|_| *keeps);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _stop = Stop(&done);
        for number in 1..=RESTARTS {
            let before = asked.each_ref().map(|asked| asked.load(Ordering::Relaxed));
            httpd.graceful();
            // every client has been served by the new generation, or at least beside it
            let progress =
                || asked.iter().zip(before).all(|(asked, before)| asked.load(Ordering::Relaxed) > before + 1);
            let moved = mtlsprotect_testkit::tools::wait_for(|| progress().then_some(()));
            assert!(moved.is_some(), "a client came to a halt at restart {number}");
            let size = resident_kib(httpd.parent_pid()).expect("the parent runs");
            if number == 5 {
                sizes.0 = size;
            }
            sizes.1 = size;
        }
    });
    let log = httpd.error_log();
    assert!(!httpd.own_log().contains("panic") && !log.contains("exit signal"), "{log}");
    sizes
}

/// Ends the clients also where a restart fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What fifteen more restarts may cost: much less than fifteen lists of a hundred CAs would take.
const MOST_GROWTH_KIB: u64 = 1024;

#[test]
fn twenty_restarts_under_load_lose_no_request_and_no_memory() {
    for mpm in Mpm::ALL {
        let (early, late) = restart_under_load(mpm);
        println!("{mpm:?}: the parent has {early} KiB after 5 restarts, {late} KiB after {RESTARTS}");
        assert!(late < early + MOST_GROWTH_KIB, "{mpm:?}: the parent grew from {early} to {late} KiB");
    }
}

#[test]
fn a_broken_ca_file_leaves_the_running_server_serving() {
    let poly = Poly::shared();
    let mut httpd = site(poly.bundle_pem()).start();
    let file = httpd.root().join("device-ca.pem");
    let (own, other) = (poly.phone("0004f2aaaaaa"), poly.phone("0004f2bbbbbb"));
    let mut kept = httpd.phone(&own).connect().unwrap();
    assert_eq!(kept.get("/0004f2aaaaaa.cfg").unwrap().status, 200);
    let bundle = poly.bundle_pem();
    let breakages: [(&str, Option<Vec<u8>>, &str); 5] = [
        ("garbage", Some(b"\0\xffgarbage".to_vec()), "is not PEM"),
        ("cut short", Some(bundle[..bundle.len() - 100].to_vec()), "PEM"),
        ("emptied", Some(Vec::new()), "is empty"),
        ("a phone's certificate", Some(own.cert_pem()), "no usable CA"),
        ("removed", None, "cannot be read"),
    ];
    for (what, content, reason) in breakages {
        match content {
            Some(content) => std::fs::write(&file, content).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let pids = httpd.pids();
        let refused = httpd.graceful_via_command();
        assert!(!refused.ok, "{what}: {}", refused.text);
        for words in ["device-ca.pem", "on line ", "MTLSProtectCAFile", reason] {
            assert!(refused.text.contains(words), "{what}: no {words:?} in {}", refused.text);
        }
        assert!(httpd.is_running(), "{what}");
        assert_eq!(kept.get("/0004f2aaaaaa.cfg").unwrap().text(), "secret of a", "{what}");
        assert_eq!(httpd.get(&own, "/0004f2aaaaaa.cfg").status, 200, "{what}");
        let refused = httpd.get(&other, "/0004f2aaaaaa.cfg");
        assert!(refused.status == 403 && !refused.text().contains("secret"), "{what}");
        assert_eq!(httpd.pids(), pids, "{what}: nothing was restarted");
    }
    httpd.wait_for_log("reason=mac-mismatch");
    std::fs::write(&file, bundle).unwrap();
    let restarted = httpd.graceful_via_command();
    assert!(restarted.ok, "{}", restarted.text);
    assert_eq!(httpd.get(&own, "/0004f2aaaaaa.cfg").status, 200);
}

#[test]
fn a_renewed_ca_file_counts_after_a_restart() {
    let (before, after) = (Poly::shared(), Poly::new());
    let (old, new) = (before.phone("0004f2aaaaaa"), after.phone("0004f2aaaaaa"));
    for mpm in Mpm::ALL {
        let mut httpd = site(before.bundle_pem()).mpm(mpm).start();
        let old12 = httpd.phone(&old).tls12();
        let mut connection = old12.connect().unwrap();
        assert_eq!(connection.get("/0004f2aaaaaa.cfg").unwrap().status, 200);
        let session = connection.session();
        assert_eq!(httpd.get(&new, "/0004f2aaaaaa.cfg").status, 403);
        httpd.wait_for_log("reason=untrusted-certificate");
        std::fs::write(httpd.root().join("device-ca.pem"), after.bundle_pem()).unwrap();
        assert_eq!(httpd.get(&old, "/0004f2aaaaaa.cfg").status, 200, "nothing has changed yet");
        assert!(httpd.graceful_via_command().ok);
        // a connection that the old generation still holds is its own affair
        drop(connection);
        // the old children may still have the listening socket for a moment
        let served =
            mtlsprotect_testkit::tools::wait_for(|| (httpd.get(&new, "/0004f2aaaaaa.cfg").status == 200).then_some(()));
        assert!(served.is_some(), "{mpm:?}: the renewed list does not count");
        let refused =
            mtlsprotect_testkit::tools::wait_for(|| (httpd.get(&old, "/0004f2aaaaaa.cfg").status == 403).then_some(()));
        assert!(refused.is_some(), "{mpm:?}: the list that was replaced still counts");
        let response = old12.resume(&session).get("/0004f2aaaaaa.cfg").unwrap();
        assert_eq!(response.status, 403, "{mpm:?}: a session of before the restart");
        assert!(!response.text().contains("secret"), "{mpm:?}");
    }
}
