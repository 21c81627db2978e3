//! Requests and connections per second with and without the module, by `ab`, side by side.

use mtlsprotect_testkit::measure::{FILE, Vendor, protected, stock};
use mtlsprotect_testkit::{Httpd, Key, Mpm};
use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 5;

fn main() {
    let vendor = Vendor::new(Key::Rsa(2048));
    let phone = vendor.first_phone(Key::Rsa(2048));
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pem = dir.path().join("phone.pem");
    std::fs::write(&pem, [phone.chain_pem(), phone.key_pem()].concat()).expect("the phone's key is written");

    let without = stock(Mpm::Event, &vendor, "").start();
    let with = protected(Mpm::Event, &vendor).start();
    println!("per second, median of {ROUNDS} rounds in turn     without        with   with/without");
    for (what, keep_alive, requests) in [("requests, keep-alive", true, 20_000), ("connections", false, 1_500)] {
        let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
            .map(|_| (rate(&without, &pem, keep_alive, requests), rate(&with, &pem, keep_alive, requests)))
            .collect();
        let mut ratios: Vec<f64> = rounds.iter().map(|(without, with)| with / without).collect();
        ratios.sort_by(f64::total_cmp);
        rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let without = rounds[ROUNDS / 2].0;
        rounds.sort_by(|a, b| a.1.total_cmp(&b.1));
        let with = rounds[ROUNDS / 2].1;
        println!("{what:<40} {without:>12.0} {with:>11.0} {:>14.3}", ratios[ROUNDS / 2]);
    }
}

/// Requests per second, as ab reports them.
fn rate(httpd: &Httpd, pem: &Path, keep_alive: bool, requests: u32) -> f64 {
    let mut ab = Command::new("ab");
    if keep_alive {
        ab.arg("-k");
    }
    ab.args(["-q", "-c", "4", "-n", &requests.to_string(), "-E"]).arg(pem);
    ab.arg(format!("https://127.0.0.1:{}{FILE}", httpd.https()));
    let output = ab.output().expect("ab (Debian: apache2-utils) runs");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = report.lines().any(|line| line.starts_with("Non-2xx responses"));
    assert!(output.status.success() && !failed, "{report}{}", String::from_utf8_lossy(&output.stderr));
    let line = report.lines().find_map(|line| line.strip_prefix("Requests per second:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_else(|| panic!("{report}"))
}
