//! What the status page has of the learned file's devices: those that have come here, and those that other servers know.

use crate::fleet_counts::{device, status, wait_for_status};
use crate::judged::{MAC, OWN};
use crate::learn::{got, learned};
use crate::proofs::site;
use mtlsprotect_core::Mac;
use mtlsprotect_core::learned::{Line, written};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_testkit::{Httpd, Mpm, Poly};
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::thread;

/// The phone's line, as it would be of others.
fn learned_of(macs: impl IntoIterator<Item = String>) -> String {
    let line = String::from_utf8(learned()).unwrap();
    macs.into_iter().map(|mac| line.replace(MAC, &mac)).collect()
}

fn page(httpd: &Httpd, query: &str) -> String {
    let answer = httpd.plain_client().get(&format!("/mtlsprotect-status?{query}")).unwrap();
    assert_eq!(answer.status, 200, "{query}");
    answer.text()
}

/// The rows of devices on a page: MAC and state.
fn rows(page: &str) -> Vec<(String, String)> {
    let rows = page.split("<table class=devices>").nth(1).unwrap().split("</table>").next().unwrap();
    let row = |row: &str| {
        let state = row.split("<span class=\"state ").nth(1).unwrap().split('"').next().unwrap();
        (row[..12].to_owned(), state.to_owned())
    };
    rows.split("<th scope=row><code>").skip(1).map(row).collect()
}

#[test]
fn a_proven_phone_is_on_the_page_whether_it_came_here_or_another_server_has_told() {
    let of_others = ["0004f2000001", "0004f2000002", "0004f2000003", "64167f000001"].map(str::to_owned);
    let lines = "0004f2000001 allow\n0004f2000002 block\n0004f2000009 allow\n";
    let httpd = site("Learn")
        .config("MTLSProtectDeviceFile devices")
        .file("devices", lines)
        .file("learned", learned_of(of_others))
        .start();
    assert_eq!(got(&httpd, &httpd.phone(&Poly::shared().phone(MAC)), OWN), "200 allow reason=own-file");
    wait_for_status(&httpd, |status| status["rollout"]["proven"] == 4 && status["learned"]["devices"] == 5);
    let expected = [
        ("0004f2000001", "proven"),
        ("0004f2000002", "blocked"),
        ("0004f2000003", "proven"),
        ("0004f2000009", "never-seen"),
        (MAC, "proven"),
        ("64167f000001", "proven"),
    ];
    let mut expected = expected.map(|(mac, state)| (mac.to_owned(), state.to_owned()));
    expected.sort();
    assert_eq!(rows(&page(&httpd, "")), expected);
    let proven: Vec<_> = expected.iter().filter(|(_, state)| state == "proven").cloned().collect();
    assert_eq!(rows(&page(&httpd, "state=proven")), proven);
    let only = page(&httpd, "prefix=64:16:7F:00:00:01");
    assert_eq!(rows(&only), [("64167f000001".to_owned(), "proven".to_owned())]);
    assert!(only.contains("1 device, page 1 of 1"), "{only}");
    let seen = status(&httpd);
    let macs: Vec<&str> =
        seen["devices"].as_array().unwrap().iter().map(|device| device["mac"].as_str().unwrap()).collect();
    assert_eq!(macs, expected.each_ref().map(|(mac, _)| mac.as_str()), "each once, by MAC");
    assert_eq!(
        (&device(&seen, MAC).unwrap()["served"], &device(&seen, "0004f2000003").unwrap()["served"]),
        (&json!(1), &json!(0))
    );
    let metrics = page(&httpd, "format=prometheus");
    assert!(metrics.contains("mtlsprotect_devices{state=\"proven\"} 4\n"), "{metrics}");
}

#[test]
fn a_phone_that_is_forgotten_goes_from_the_page() {
    let httpd =
        site("Learn").file("learned", learned_of(["0004f2000001".to_owned(), "0004f2000003".to_owned()])).start();
    assert_eq!(status(&httpd)["rollout"]["proven"], 2);
    let forget = written([Line::Forget { mac: "0004f2000001".parse::<Mac>().unwrap(), time: UnixTime::now() }]);
    let file = OpenOptions::new().append(true).open(httpd.root().join("learned"));
    file.unwrap().write_all(&forget).unwrap();
    let seen = wait_for_status(&httpd, |status| status["rollout"]["proven"] == 1);
    assert!(device(&seen, "0004f2000001").is_none() && device(&seen, "0004f2000003").is_some(), "{seen:#}");
}

/// MiB of a process that are its own.
fn own_memory(pid: i32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

#[test]
fn an_operator_who_opens_the_page_of_a_large_fleet_again_and_again_leaves_the_childs_memory_as_it_is() {
    const THREADS: u16 = 8;
    /// For all of the child's threads together: less than one copy of either list.
    const MOST: f64 = 4.0;
    let lines: String = (0..200_000).map(|number| format!("64167f{number:06x} allow\n")).collect();
    let httpd = site("Learn")
        .mpm(Mpm::Event)
        .children(1)
        .threads(THREADS)
        .config("MTLSProtectDeviceFile devices")
        .file("devices", lines)
        .file("learned", learned_of((100_000..300_000).map(|number| format!("64167f{number:06x}"))))
        .start();
    let ask = |path: &str| {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..6 {
                        assert!(!httpd.plain_client().get(path).unwrap().body.is_empty(), "{path}");
                    }
                });
            }
        });
    };
    // every thread has what it needs for any request
    ask("/mtlsprotect-status?format=xml");
    let child = httpd.pids()[0];
    let before = own_memory(child);
    for query in ["", "page=1000", "state=proven", "format=prometheus", "format=json&state=refused"] {
        ask(&format!("/mtlsprotect-status?{query}"));
    }
    let more = own_memory(child) - before;
    assert_eq!(httpd.pids(), [child], "the same child has answered");
    assert!(more <= MOST, "{more:.1} MiB more");
    let seen = page(&httpd, "page=99999");
    assert!(seen.contains("300,000 devices, page 1,500 of 1,500"), "{seen}");
    assert_eq!(rows(&seen).last(), Some(&("64167f0493df".to_owned(), "proven".to_owned())));
}
