//! What a long device file costs: seconds to load it, at each start and graceful restart; seconds until a changed one
//! counts in 256 children; memory of all of them together.

use mtlsprotect_core::decision::DeviceFile;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_testkit::measure::{FILE, PHONE, Vendor, devices, protected};
use mtlsprotect_testkit::{Connection, Httpd, Identity, Key, Mpm};
use std::process::exit;
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Seconds that a file of 100,000 lines may take to load.
const LIMIT: f64 = 1.0;
/// Seconds until a changed file counts in every child.
const COUNTS_WITHIN: f64 = 30.0;
/// Of the many lines.
const LINES: u32 = 1_000_000;
/// The most that prefork has unless told.
const CHILDREN: u16 = 256;
/// Lists that a changed file may take in memory: the one in use, the one before it, and what parsing leaves.
const MOST_LISTS: f64 = 4.0;

fn main() {
    let mut missed = false;
    for (text, lines, limit) in [(devices(), 100_000, Some(LIMIT)), (many("allow"), LINES, None)] {
        let worst = loading(&text, lines);
        let verdict = limit.map_or_else(String::new, |limit| format!(", at most {limit} s"));
        println!("device file of {lines} lines: loads in {worst:.3} s at worst of five{verdict}");
        missed |= limit.is_some_and(|limit| worst > limit);
    }
    let vendor = Vendor::new(Key::P256);
    let phone = vendor.first_phone(Key::P256);
    let words =
        DeviceFile::parse(many("allow").as_bytes(), UnixTime::EPOCH).expect("every line is right").words().len();
    let list = (8 * words) as f64 / 1024.0 / 1024.0;
    let [(few, _), (more, seconds)] =
        [(1, "one line"), (LINES, "many lines")].map(|(lines, _)| changed(&vendor, &phone, lines));
    println!(
        "{CHILDREN} prefork children: a changed file of {LINES} lines counts in all after {seconds:.1} s, at most {COUNTS_WITHIN} s"
    );
    let lists = (more - few) / list;
    println!(
        "their memory and their parent's: {few:.0} MiB with a changed file of one line, {more:.0} MiB with one of {LINES}, \
         whose list is {list:.1} MiB: {lists:.1} lists more, at most {MOST_LISTS}"
    );
    if missed || seconds > COUNTS_WITHIN || lists > MOST_LISTS {
        exit(1);
    }
}

/// A file of which the phone is the last line.
fn many(said: &str) -> String {
    lines(LINES, said)
}

fn lines(count: u32, said: &str) -> String {
    let others = (1..count).map(|number| format!("64167f{number:06x} allow\n"));
    others.collect::<String>() + &format!("{PHONE} {said}\n")
}

fn loading(text: &str, lines: u32) -> f64 {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), text).expect("room for the file");
    let seconds = |_| {
        let start = Instant::now();
        let devices = DeviceFile::read(file.path(), UnixTime::EPOCH).expect("every line is right");
        assert_eq!(devices.list(true).len(), lines as usize);
        start.elapsed().as_secs_f64()
    };
    (0..5).map(seconds).fold(0.0, f64::max)
}

/// Memory of all processes in MiB, when a file of so many lines has been changed and counts in each; and after how long
/// it did.
fn changed(vendor: &Vendor, phone: &Identity, count: u32) -> (f64, f64) {
    let builder = protected(Mpm::Prefork, vendor).children(CHILDREN).threads(0).file("devices", lines(count, "allow"));
    let httpd =
        builder.config("MTLSProtectDeviceFile devices closed\nKeepAliveTimeout 300\nMaxKeepAliveRequests 0").start();
    let status = |connection: &mut Connection| connection.get(FILE).expect("the connection is kept").status;
    // Each keeps one child to itself.
    let mut kept: Vec<Connection> = Vec::new();
    for _ in 0..CHILDREN {
        let mut connection = httpd.phone(phone).tls12().connect().expect("a child takes it");
        assert_eq!(status(&mut connection), 200);
        kept.push(connection);
    }
    let new = httpd.root().join("devices.new");
    fs::write(&new, lines(count, "block")).expect("room for the file");
    fs::rename(new, httpd.root().join("devices")).expect("it can be replaced");
    let start = Instant::now();
    for connection in &mut kept {
        while status(connection) != 403 {
            thread::sleep(Duration::from_millis(10));
            assert!(start.elapsed() < Duration::from_secs(120), "it never counts");
        }
    }
    (memory(&httpd), start.elapsed().as_secs_f64())
}

/// Of the parent and its children, what they share once.
fn memory(httpd: &Httpd) -> f64 {
    let proportional = |pid: i32| -> f64 {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("it runs");
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("its share");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    httpd.pids().into_iter().chain([httpd.parent_pid()]).map(proportional).sum::<f64>() / 1024.0
}
