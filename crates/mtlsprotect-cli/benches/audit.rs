//! Seconds and memory that `mtlsprotect audit` takes for 1 GB of log, by the format and by who asks; fails where it takes
//! more than it may.
//!
//!     cargo bench -p mtlsprotect-cli --bench audit            all rows
//!     cargo bench -p mtlsprotect-cli --bench audit -- json    those whose names contain a word

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const SIZE: u64 = 1_000_000_000;

/// Most seconds for it.
const LIMIT: f64 = 3.5;

/// The middle one of so many runs counts.
const RUNS: usize = 3;

/// Writes a line, that of the request of this number.
type Line = fn(&mut dyn Write, u64) -> std::io::Result<()>;

struct Row {
    name: &'static str,
    line: Line,
    is_compressed: bool,
}

const fn row(name: &'static str, line: Line) -> Row {
    Row { name, line, is_compressed: false }
}

const ROWS: [Row; 6] = [
    row("20,000 phones, the shipped format", shipped),
    row("20,000 phones, combined format", combined),
    row("20,000 phones, JSON", json),
    row("one address that tries every MAC", guesser),
    row("an error log in Report mode", errors),
    Row { name: "the shipped format, compressed by gzip", line: shipped, is_compressed: true },
];

fn main() {
    let word = std::env::args().skip(1).find(|argument| argument != "--bench").unwrap_or_default();
    let rows: Vec<&Row> = ROWS.iter().filter(|row| row.name.contains(&word)).collect();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let mut missed = rows.is_empty();
    for Row { name, line, is_compressed } in rows {
        let mut log = folder.path().join("access.log");
        let lines = write(&log, *line);
        if *is_compressed {
            log = compress(&log);
        }
        let mut runs: Vec<(f64, u64)> = (0..RUNS).map(|_| measure(&log)).collect();
        runs.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (seconds, mebibytes) = runs[RUNS / 2];
        missed |= seconds > LIMIT;
        let verdict = if seconds > LIMIT { "MISSED," } else { "ok," };
        println!("{name:<40} {lines:>9} lines {seconds:>6.2} s {mebibytes:>5} MiB  {verdict} at most {LIMIT} s");
    }
    std::process::exit(missed.into());
}

fn compress(log: &Path) -> PathBuf {
    let compressed = log.with_extension("log.gz");
    let mut out = GzEncoder::new(File::create(&compressed).expect("the log"), Compression::default());
    std::io::copy(&mut File::open(log).expect("the log"), &mut out).expect("room for the log");
    out.finish().expect("room for the log");
    compressed
}

fn write(log: &Path, line: Line) -> u64 {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(log).expect("the log"));
    let (mut written, mut number) = (0, 0);
    let mut text = Vec::new();
    while written < SIZE {
        text.clear();
        line(&mut text, number).expect("a line");
        out.write_all(&text).expect("room for the log");
        written += text.len() as u64;
        number += 1;
    }
    out.flush().expect("room for the log");
    number
}

/// Wall-clock seconds, the log being in the page cache, and the most memory that was resident.
fn measure(log: &Path) -> (f64, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"))
        .arg("audit")
        .arg(log)
        .stdout(Stdio::null())
        .spawn()
        .expect("the command runs");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().expect("the command's end").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        thread::sleep(Duration::from_millis(5));
    }
    (start.elapsed().as_secs_f64(), most / 1024)
}

/// What a phone asks for as it boots.
const FILES: [(&str, &str, u16); 6] = [
    ("GET", "{mac}.cfg", 200),
    ("GET", "000000000000.cfg", 200),
    ("GET", "3111-44500-001.3111-44500-001.sip.ld", 304),
    ("GET", "{mac}-phone.cfg", 200),
    ("GET", "{mac}-license.cfg", 404),
    ("PUT", "{mac}-app.log", 201),
];

fn mac(phone: u64) -> String {
    format!("{:012x}", 0x0004_f200_0000 + phone)
}

fn request(out: &mut dyn Write, number: u64) -> std::io::Result<()> {
    let (method, file, status) = FILES[(number % 6) as usize];
    let phone = number / 6 % 20_000;
    let (second, file) = (number / 100 % 60, file.replace("{mac}", &mac(phone)));
    write!(
        out,
        "10.{}.{}.7 - - [23/Nov/2026:10:10:{second:02} +0000] \"{method} /cfg/{file} HTTP/1.1\" {status} 5120 \"-\" \
         \"FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application\"",
        phone / 250,
        phone % 250
    )
}

fn combined(out: &mut dyn Write, number: u64) -> std::io::Result<()> {
    request(out, number)?;
    writeln!(out)
}

fn shipped(out: &mut dyn Write, number: u64) -> std::io::Result<()> {
    request(out, number)?;
    let mac = mac(number / 6 % 20_000);
    match number % 6 {
        1 | 2 => writeln!(out, " allow other-file {mac} - poly"),
        _ => writeln!(out, " allow own-file {mac} {mac} poly"),
    }
}

/// The shipped `mtlsprotect_json`.
fn json(out: &mut dyn Write, number: u64) -> std::io::Result<()> {
    let (method, file, status) = FILES[(number % 6) as usize];
    let phone = number / 6 % 20_000;
    let (second, mac) = (number / 100 % 60, mac(phone));
    let (reason, named, found_in) = match number % 6 {
        1 | 2 => ("other-file", "-", "-"),
        _ => ("own-file", &*mac, "uri"),
    };
    writeln!(
        out,
        "{{\"time\":\"2026-11-23T10:10:{second:02}+0000\",\"host\":\"provisioning.example.com\",\
         \"client\":\"10.{}.{}.7\",\"method\":\"{method}\",\"path\":\"/cfg/{}\",\"status\":\"{status}\",\
         \"bytes\":\"5120\",\"ua\":\"FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application\",\
         \"verdict\":\"allow\",\"reason\":\"{reason}\",\"mac\":\"{mac}\",\"named\":\"{named}\",\
         \"found-in\":\"{found_in}\",\"vendor\":\"poly\",\"subject\":\"O=Polycom Inc., CN={mac}\",\
         \"issuer\":\"CN=Polycom Equipment Issuing CA 3\",\"serial\":\"4177ae57dc4d934c\",\
         \"sha256\":\"{phone:064x}\",\"why\":\"-\"}}",
        phone / 250,
        phone % 250,
        file.replace("{mac}", &mac)
    )
}

fn guesser(out: &mut dyn Write, number: u64) -> std::io::Result<()> {
    writeln!(
        out,
        "203.0.113.66 - - [23/Nov/2026:10:10:26 +0000] \"GET /cfg/{}.cfg HTTP/1.1\" 404 196 \"-\" \"curl/8.14.1\" \
         would-deny no-certificate - {} -",
        mac(number),
        mac(number)
    )
}

fn errors(out: &mut dyn Write, number: u64) -> std::io::Result<()> {
    let mac = mac(number % 20_000);
    writeln!(
        out,
        "[Mon Nov 23 10:10:26.949719 2026] [mtlsprotect:warn] [pid 23837:tid 23840] [client 198.51.100.{}:41248] \
         mtlsprotect: would-deny reason=untrusted-certificate cert-mac=- named={mac} found-in=uri vendor=- \
         subject=\"O=Polycom Inc., CN={mac}\" issuer=\"CN=Polycom Equipment Issuing CA 3\" serial=4177ae57dc4d934c \
         sha256={:064x} method=GET path=\"/cfg/{mac}.cfg\" why=\"unable to get local issuer certificate\"",
        number % 250,
        number
    )
}
