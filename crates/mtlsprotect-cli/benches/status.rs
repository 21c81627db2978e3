//! Seconds and memory that `mtlsprotect status` takes for two servers of 5,000,000 devices each, half of which both know;
//! fails where it takes more memory than it may. The servers are threads here, and make up their devices: a real one takes
//! its own time besides (`cargo bench --bench status` at the top).
//!
//!     cargo bench -p mtlsprotect-cli --bench status                   5,000,000 devices
//!     cargo bench -p mtlsprotect-cli --bench status -- devices=100000

use mtlsprotect_core::Mac;
use mtlsprotect_status::asked::Asked;
use mtlsprotect_status::device::{Device, Devices, State};
use mtlsprotect_testkit::status::fleet::{Fleet, NOW, quiet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::process::{Command, Stdio, exit};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

const DEVICES: u64 = 5_000_000;
/// Of each server's, so many were there lately.
const SEEN: u64 = 100_000;
const FIRST: u64 = 0x0004_f200_0000;
/// MiB of the command.
const MOST: u64 = 64;

/// So many devices, from one on.
#[derive(Clone, Copy)]
struct Many {
    first: u64,
    count: u64,
}

impl Devices for Many {
    fn each(&self, first: Mac, tell: &mut dyn FnMut(Mac, State) -> ControlFlow<()>) -> bool {
        let mut macs = (self.first.max(first.bits())..self.first + self.count).map(Mac::from_bits);
        let _ = macs.try_for_each(|mac| tell(mac, State::Proven));
        true
    }

    fn device(&self, mac: Mac) -> Option<Device> {
        let is_seen = mac.bits() - self.first < SEEN;
        Some(Device {
            mac,
            state: State::Proven,
            first_seen: is_seen.then_some(NOW),
            last_seen: is_seen.then_some(NOW),
            proven_at: None,
            certificate_end: None,
            exempt_until: None,
            vendor: None,
            host: None,
            served: 0,
            refused: 0,
            last_refusal: None,
        })
    }
}

fn main() {
    let argument = env::args().find_map(|argument| argument.strip_prefix("devices=")?.parse().ok());
    let count = argument.unwrap_or(DEVICES);
    let servers = [FIRST, FIRST + count / 2].map(|first| serve(Many { first, count }));
    let mut is_missed = false;
    for (what, urls) in [("one server", &servers[..1]), ("two servers", &servers[..])] {
        let (seconds, mebibytes) = measure(urls);
        is_missed |= mebibytes > MOST;
        println!("status of {what:<12} of {count} devices {seconds:>6.2} s {mebibytes:>4} MiB, at most {MOST} MiB");
    }
    exit(is_missed.into());
}

/// The URL of a server of these.
fn serve(devices: Many) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(&stream, devices)));
    format!("http://127.0.0.1:{port}/status")
}

fn answer(mut stream: &TcpStream, devices: Many) {
    let mut lines = BufReader::new(stream).lines().map(|line| line.expect("a request"));
    let first = lines.next().expect("its first line");
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let (_, query) = first.split(' ').nth(1).and_then(|target| target.split_once('?')).expect("a query");
    let asked = Asked::of(query.as_bytes(), b"").expect("a good one");
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").expect("the command reads");
    mtlsprotect_status::show(quiet(&Fleet::default()), &devices, &asked, &mut stream).expect("the command reads");
}

/// Wall-clock seconds, and the most memory that was resident, in MiB.
fn measure(urls: &[String]) -> (f64, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"))
        .args(["status", "--timeout=600"])
        .args(urls)
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let code = loop {
        if let Some(code) = child.try_wait().expect("the command's end") {
            break code;
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        thread::sleep(Duration::from_millis(5));
    };
    assert!(code.success(), "{code}");
    (start.elapsed().as_secs_f64(), most / 1024)
}
