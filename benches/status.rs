//! What the status of 100,000 devices costs a real httpd that has met each of them: milliseconds of its CPU time, bytes of
//! the answer, and memory of the child beyond what it had before it showed anything, at its height and for good; with a
//! device file of just these, with one of 1,000,000 lines, and with a learned file of 1,000,000 devices besides.
//!
//!     cargo bench --bench status                      1,000,000 devices in the learned file
//!     cargo bench --bench status -- learned=5000000

use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_testkit::httpd::cpu_nanoseconds;
use mtlsprotect_testkit::measure::{Vendor, learned_by, protected};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Builder, Client, Httpd, Key, Mpm};
use serde_json::Value;
use std::process::exit;
use std::{env, fs, thread};

const DEVICES: u32 = 100_000;
const LINES: u32 = 1_000_000;
const LEARNED: u32 = 1_000_000;
const CLIENTS: u32 = 4;
const ROUNDS: usize = 10;
/// Milliseconds of CPU for a page.
const MOST: f64 = 50.0;

const ASKED: [(&str, &str); 7] = [
    ("the page", "/mtlsprotect-status"),
    ("the last page", "/mtlsprotect-status?page=100000"),
    ("the page of a state", "/mtlsprotect-status?state=not-yet"),
    ("the page of a prefix", "/mtlsprotect-status?prefix=64167f01"),
    ("Prometheus text", "/mtlsprotect-status?format=prometheus"),
    ("JSON without devices", "/mtlsprotect-status?format=json&devices=no"),
    ("mod_status", "/server-status?auto"),
];
const ALL: [(&str, &str); 2] = [
    ("JSON of all devices", "/mtlsprotect-status?format=json"),
    ("JSON of all in brief", "/mtlsprotect-status?format=json&devices=brief"),
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
    let argument = env::args().find_map(|argument| argument.strip_prefix("learned=")?.parse().ok());
    let learned: u32 = argument.unwrap_or(LEARNED);
    let mut is_missed = false;
    let httpd = site(&vendor).start();
    let before = meet(&httpd);
    assert_eq!(status(&httpd)["rollout"]["not-yet"], DEVICES, "all are in the table");
    for count in [LINES, DEVICES] {
        if count != LINES {
            replace(&httpd, count);
        }
        println!("{DEVICES} devices, and a device file of {count} lines");
        is_missed |= rows(&httpd, before);
    }
    drop(httpd);
    let httpd = with_learned(&vendor, learned).start();
    let before = meet(&httpd);
    println!("{DEVICES} devices, a device file of {LINES} lines, and a learned file of {learned} devices");
    is_missed |= rows(&httpd, before);
    if is_missed {
        eprintln!("a page took more than {MOST} ms");
        exit(1);
    }
}

fn site(vendor: &Vendor) -> Builder {
    protected(Mpm::Event, vendor)
        .module("status")
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
        .config("<Location \"/server-status\">\nSetHandler server-status\nMTLSProtect Off\n</Location>")
}

/// Half of its devices are those that ask, or in the device file.
fn with_learned(vendor: &Vendor, count: u32) -> Builder {
    let leaf = Fingerprint::of(b"leaf");
    let device = |number: u32| Mac::from_bits(0x6416_7f00_0000 - u64::from(count / 2) + u64::from(number));
    let learned = learned_by(vendor, (0..count).map(|number| (device(number), leaf)));
    site(vendor).file("learned", learned).config("MTLSProtectLearnedFile learned")
}

/// Prints what each answer takes; true where a page takes too long.
fn rows(httpd: &Httpd, before: f64) -> bool {
    let mut is_missed = false;
    for (what, path) in ASKED.into_iter().chain(ALL) {
        let Cost { milliseconds, bytes, mebibytes } = cost(httpd, path, before);
        println!("{what:<24} {milliseconds:>8.2} ms of CPU {bytes:>10} bytes {mebibytes:>8.1} MiB more in the child");
        is_missed |= what.contains("page") && milliseconds > MOST;
    }
    println!("{:<24} {:>8.1} MiB of its own are in the child", "afterwards", memory(httpd.pids()[0], "RssAnon"));
    is_missed
}

fn mac(number: u32) -> String {
    format!("64167f{number:06x}")
}

fn lines(count: u32) -> String {
    (0..count).map(|number| mac(number) + " allow\n").collect()
}

/// Each device asks once, without a certificate; then the child has so many MiB.
fn meet(httpd: &Httpd) -> f64 {
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
    memory(httpd.pids()[0], "VmHWM")
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
    serde_json::from_slice(&ask(&httpd.plain_client(), "/mtlsprotect-status?format=json&devices=no"))
        .expect("it is JSON")
}

fn cost(httpd: &Httpd, path: &str, before: f64) -> Cost {
    let (client, child) = (httpd.plain_client(), httpd.pids()[0]);
    let mut cost = Cost { milliseconds: f64::INFINITY, bytes: 0, mebibytes: 0.0 };
    for _ in 0..ROUNDS {
        // as proc(5) has it: its height is what it has now
        fs::write(format!("/proc/{child}/clear_refs"), "5").expect("it is ours");
        let cpu = cpu_nanoseconds(child);
        cost.bytes = ask(&client, path).len();
        cost.milliseconds = cost.milliseconds.min((cpu_nanoseconds(child) - cpu) as f64 / 1e6);
        cost.mebibytes = cost.mebibytes.max(memory(child, "VmHWM") - before);
    }
    assert_eq!(httpd.pids(), [child], "the same child has answered");
    cost
}

fn ask(client: &Client, path: &str) -> Vec<u8> {
    let answer = client.get(path).expect("it is answered");
    assert_eq!(answer.status, 200);
    answer.body
}

/// MiB of a process as a line of its status says; `VmHWM` is what it had at most.
fn memory(pid: i32, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}
