//! What httpd has used so far, as /proc tells.

use mtlsprotect_testkit::Httpd;
use mtlsprotect_testkit::httpd::cpu_nanoseconds;
use std::fs;

/// Seconds of CPU, user and system, of all its processes, those that have ended included.
pub fn cpu_seconds(httpd: &Httpd) -> f64 {
    let parent = httpd.parent_pid();
    let alive: u64 = httpd.pids().into_iter().chain([parent]).map(cpu_nanoseconds).sum();
    alive as f64 / 1e9 + seconds_of_ended(parent)
}

/// Of the children that a process has waited for.
fn seconds_of_ended(pid: i32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // behind the program's name, which may hold anything: fields 16 and 17
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = [13, 14].map(|field| fields[field].parse::<u64>().expect("a number")).iter().sum();
    // SAFETY: sysconf takes a number and touches no memory of ours.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    ticks as f64 / per_second as f64
}

/// KiB of a child in the middle, what it shares with others divided among them.
pub fn child_kib(httpd: &Httpd) -> f64 {
    let mut all: Vec<f64> = httpd.pids().into_iter().map(proportional_kib).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn proportional_kib(pid: i32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("the process runs");
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("Linux 4.14 or newer");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
}
