//! What the status of 100,000 devices costs a real httpd that has met each of them: milliseconds of its CPU time, bytes of
//! the answer, and memory of the child beyond what it had before it showed anything; with a device file of just these, and
//! with one of 1,000,000 lines.

use mtlsprotect_testkit::httpd::cpu_nanoseconds;
use mtlsprotect_testkit::measure::{Vendor, protected};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Client, Httpd, Key, Mpm};
use serde_json::Value;
use std::process::exit;
use std::{fs, thread};

const DEVICES: u32 = 100_000;
const LINES: u32 = 1_000_000;
const CLIENTS: u32 = 4;
const ROUNDS: usize = 10;
/// Milliseconds of CPU for a page.
const MOST: f64 = 50.0;

const ASKED: [(&str, &str); 7] = [
    ("the page", ""),
    ("the last page", "page=500"),
    ("the page of a state", "state=not-yet"),
    ("the page of a prefix", "prefix=64167f01"),
    ("Prometheus text", "format=prometheus"),
    ("JSON of all devices", "format=json"),
    ("JSON without devices", "format=json&devices=no"),
];

/// What one answer took.
struct Cost {
    milliseconds: f64,
    bytes: usize,
    /// More than the child had before it showed anything, at its height.
    mebibytes: f64,
}

fn main() {
    let vendor = Vendor::new(Key::P256);
    let httpd = protected(Mpm::Event, &vendor)
        .children(1)
        .threads(8)
        .file("devices", lines(LINES))
        .page("all.cfg", "secret\n")
        // not a line for each request
        .log_level("error")
        .config("MTLSProtectDeviceFile devices\nMTLSProtectFleetSize 200000\nMaxKeepAliveRequests 0")
        .config("<Directory \"{docroot}\">\nMTLSProtect Report\n</Directory>")
        .config("AliasMatch \"^/of/\" \"{docroot}/all.cfg\"")
        .config("<Location \"/mtlsprotect-status\">\nSetHandler mtlsprotect-status\n</Location>")
        .start();
    meet(&httpd);
    let before = height(httpd.pids()[0]);
    assert_eq!(status(&httpd)["rollout"]["not-yet"], DEVICES, "all are in the table");
    let mut is_missed = false;
    for count in [LINES, DEVICES] {
        if count != LINES {
            replace(&httpd, count);
        }
        println!("{DEVICES} devices, and a device file of {count} lines");
        for (what, query) in ASKED {
            let Cost { milliseconds, bytes, mebibytes } = cost(&httpd, query, before);
            println!(
                "{what:<24} {milliseconds:>8.2} ms of CPU {bytes:>10} bytes {mebibytes:>8.1} MiB more in the child"
            );
            is_missed |= what.contains("page") && milliseconds > MOST;
        }
    }
    if is_missed {
        eprintln!("a page took more than {MOST} ms");
        exit(1);
    }
}

fn mac(number: u32) -> String {
    format!("64167f{number:06x}")
}

fn lines(count: u32) -> String {
    (0..count).map(|number| mac(number) + " allow\n").collect()
}

/// Each device asks once, without a certificate.
fn meet(httpd: &Httpd) {
    thread::scope(|scope| {
        for first in 0..CLIENTS {
            scope.spawn(move || {
                let mut kept = httpd.plain_client().connect().expect("httpd serves");
                for number in (first..DEVICES).step_by(CLIENTS as usize) {
                    let answer = kept.get(&format!("/of/{}.cfg", mac(number))).expect("the connection is kept");
                    assert_eq!(answer.status, 200, "Report");
                }
            });
        }
    });
}

/// Has a device file of so many lines count.
fn replace(httpd: &Httpd, count: u32) {
    let new = httpd.root().join("devices.new");
    fs::write(&new, lines(count)).expect("room for the file");
    fs::rename(new, httpd.root().join("devices")).expect("it can be replaced");
    let is_read = || (status(httpd)["device_files"][0]["lines"] == count).then_some(());
    wait_for(is_read).expect("the parent looks at it");
}

fn status(httpd: &Httpd) -> Value {
    serde_json::from_slice(&ask(&httpd.plain_client(), "format=json&devices=no")).expect("it is JSON")
}

fn cost(httpd: &Httpd, query: &str, before: f64) -> Cost {
    let (client, child) = (httpd.plain_client(), httpd.pids()[0]);
    let mut cost = Cost { milliseconds: f64::INFINITY, bytes: 0, mebibytes: 0.0 };
    for _ in 0..ROUNDS {
        // as proc(5) has it: its height is what it has now
        fs::write(format!("/proc/{child}/clear_refs"), "5").expect("it is ours");
        let cpu = cpu_nanoseconds(child);
        cost.bytes = ask(&client, query).len();
        cost.milliseconds = cost.milliseconds.min((cpu_nanoseconds(child) - cpu) as f64 / 1e6);
        cost.mebibytes = cost.mebibytes.max(height(child) - before);
    }
    assert_eq!(httpd.pids(), [child], "the same child has answered");
    cost
}

fn ask(client: &Client, query: &str) -> Vec<u8> {
    let answer = client.get(&format!("/mtlsprotect-status?{query}")).expect("it is answered");
    assert_eq!(answer.status, 200);
    answer.body
}

/// MiB of memory that a process had at most.
fn height(pid: i32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}
