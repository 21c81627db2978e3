//! What a status of 100,000 devices costs: milliseconds of this process's CPU time, and bytes.
//!
//!     cargo bench --package mtlsprotect-status --bench shown

use mtlsprotect_status::asked::Asked;
use mtlsprotect_status::show;
use mtlsprotect_testkit::status::fleet::{Fleet, status};
use std::io::{self, Write};
use std::time::Duration;

const DEVICES: u64 = 100_000;
const ROUNDS: usize = 20;
/// Of a page, in milliseconds (fleet.md).
const MOST: f64 = 50.0;

/// Counts what is written.
#[derive(Default)]
struct Counting(u64);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() {
    let fleet = Fleet::of(DEVICES);
    let status = status(&fleet);
    for (what, query) in [
        ("the page", ""),
        ("the last page", "page=500"),
        ("the page of a prefix", "prefix=0004f2"),
        ("Prometheus text", "format=prometheus"),
        ("JSON of all devices", "format=json"),
        ("JSON without devices", "format=json&devices=no"),
    ] {
        let asked = Asked::of(query.as_bytes(), b"").expect("a good query");
        let mut bytes = 0;
        let least = (0..ROUNDS).map(|_| {
            let (shown, started) = (status.clone(), cpu_time());
            let mut out = Counting::default();
            show(shown, &fleet, &asked, &mut out).expect("it only counts");
            bytes = out.0;
            cpu_time() - started
        });
        let milliseconds = least.min().unwrap_or_default().as_secs_f64() * 1e3;
        println!("{what:<24} {milliseconds:>8.2} ms of CPU {bytes:>10} bytes");
        assert!(!what.contains("page") || milliseconds < MOST, "more than {MOST} ms");
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
