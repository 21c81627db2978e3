//! What a long learned file costs a running httpd: seconds of its parent's CPU to start with it and to read on what is
//! appended, seconds until that counts, and memory of the parent and of a child.
//!
//!     cargo bench --bench learned_file                    1,000,000 lines
//!     cargo bench --bench learned_file -- lines=5000000   takes minutes, and a gigabyte of disk

use mtlsprotect_core::{Fingerprint, Mac};
use mtlsprotect_testkit::httpd::cpu_nanoseconds;
use mtlsprotect_testkit::measure::{Vendor, learned_by, protected};
use mtlsprotect_testkit::{Httpd, Key, Mpm};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::exit;
use std::time::{Duration, Instant};
use std::{env, thread};

const LINES: u64 = 1_000_000;
/// Seconds until one line counts.
const COUNTS_WITHIN: f64 = 30.0;

fn main() {
    let lines = env::args().find_map(|argument| argument.strip_prefix("lines=")?.parse().ok()).unwrap_or(LINES);
    // with so many at the start there is room for all of them
    let first = lines / 100 * 26;
    let vendor = Vendor::new(Key::P256);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("learned");
    let append = |numbers| append(&vendor, &path, lines, numbers);
    append(0..lines);
    let httpd = start(&vendor, &path);
    let seconds = read_on(&httpd, lines, lines + 1, append);
    read_on(&httpd, lines + 1, lines + 10_001, append);
    drop(httpd);
    fs::remove_file(&path).expect("it is there");
    append(0..first);
    let httpd = start(&vendor, &path);
    read_on(&httpd, first, lines, append);
    if seconds > COUNTS_WITHIN {
        eprintln!("one line took more than {COUNTS_WITHIN} s");
        exit(1);
    }
}

fn start(vendor: &Vendor, path: &Path) -> Httpd {
    let httpd = protected(Mpm::Prefork, vendor)
        .children(2)
        .config(&format!("MTLSProtectLearnedFile \"{}\"", path.display()))
        .config("<Directory \"{docroot}\">\nMTLSProtect Learn\n</Directory>")
        .config("<Location \"/mtlsprotect-status\">\nSetHandler mtlsprotect-status\n</Location>")
        .start();
    // httpd reads its configuration twice when it is started
    let cpu = cpu_nanoseconds(httpd.parent_pid()) as f64 / 1e9;
    println!("started with {} lines, {cpu:.2} s of the parent's CPU; {}", devices(&httpd), memory(&httpd));
    httpd
}

/// Appends lines and tells what it takes until they count: so many seconds.
fn read_on(httpd: &Httpd, there: u64, wanted: u64, append: impl Fn(Range<u64>)) -> f64 {
    append(there..wanted);
    let (parent, started) = (httpd.parent_pid(), Instant::now());
    let before = cpu_nanoseconds(parent);
    while devices(httpd) < wanted {
        assert!(started.elapsed() < Duration::from_secs(600), "{} of {wanted}\n{}", devices(httpd), httpd.own_log());
        thread::sleep(Duration::from_millis(100));
    }
    let cpu = (cpu_nanoseconds(parent) - before) as f64 / 1e9;
    let (seconds, lines) = (started.elapsed().as_secs_f64(), wanted - there);
    println!("{lines} lines more count after {seconds:.1} s, {cpu:.2} s of the parent's CPU; {}", memory(httpd));
    seconds
}

fn devices(httpd: &Httpd) -> u64 {
    let answer = httpd.plain_client().get("/mtlsprotect-status?format=json&devices=no").expect("an answer");
    let status: Value = serde_json::from_slice(&answer.body).expect("JSON");
    status["learned"]["devices"].as_u64().expect("a number")
}

/// Of the parent and a child: what is its own, and what it has touched of what all share.
fn memory(httpd: &Httpd) -> String {
    let of = |pid: i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let mebibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel tells");
            line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") >> 10
        };
        format!("{} MiB + {} MiB shared", mebibytes("RssAnon:"), mebibytes("RssShmem:"))
    };
    let child = *httpd.pids().first().expect("a child");
    format!("parent {}, child {}", of(httpd.parent_pid()), of(child))
}

/// In the order in which phones come: none.
fn append(vendor: &Vendor, path: &Path, lines: u64, numbers: Range<u64>) {
    let device = |number: u64| {
        let mac = Mac::from_bits(0x0004_f200_0000 + number * 7919 % (2 * lines + 1));
        (mac, Fingerprint::of(&number.to_be_bytes()))
    };
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(&learned_by(vendor, numbers.map(device)))).expect("a file, and room");
}
