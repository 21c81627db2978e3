//! Logs in a directory of their own, and the command that reads them.

use crate::running::fed;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// Where the phones are.
pub const OFFICE: &str = "198.51.100.1";

/// A directory with logs.
pub struct Logs(TempDir);

/// What the command printed, and how it ended.
pub struct Printed {
    /// The exit code.
    pub code: Option<i32>,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Logs {
    /// An empty one.
    pub fn new() -> Logs {
        Logs(tempfile::tempdir().expect("a temporary directory"))
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Logs {
        fs::write(self.path(name), content).expect("the file can be written");
        self
    }

    /// What a file holds.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file can be read")
    }

    /// Runs `mtlsprotect audit` in the directory.
    pub fn audit(&self, arguments: &[&str]) -> Printed {
        self.audit_with_input(arguments, b"")
    }

    /// The same with something to read on the standard input.
    pub fn audit_with_input(&self, arguments: &[&str], input: &[u8]) -> Printed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"));
        let output = fed(command.arg("audit").args(arguments).current_dir(self.0.path()).env("TZ", "UTC"), input);
        Printed {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("what is printed is text"),
            stderr: String::from_utf8(output.stderr).expect("what is printed is text"),
        }
    }

    /// What it reports as JSON, whatever the exit code.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let printed = self.audit(&[arguments, &["--json"]].concat());
        serde_json::from_str(&printed.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", printed.stdout, printed.stderr))
    }
}

impl Printed {
    /// The first line of the output that has all these words, single-spaced; fails where there is none.
    pub fn line(&self, words: &[&str]) -> String {
        let found = self.stdout.lines().find(|line| words.iter().all(|word| line.contains(word)));
        let line = found.unwrap_or_else(|| panic!("no line with {words:?}:\n{}{}", self.stdout, self.stderr));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// `content` as gzip has it.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

/// A line of an access log in combined format, for this many seconds after ten o'clock.
pub fn request(second: u32, from: &str, request: &str, status: u16) -> String {
    format!(
        "{from} - - [23/Nov/2026:10:{:02}:{:02} +0000] \"{request} HTTP/1.1\" {status} 512 \"-\" \"FileTransport/5\"\n",
        second / 60,
        second % 60
    )
}

/// The same in the shipped format: verdict, reason, mac, named and vendor.
pub fn judged(second: u32, from: &str, asked: &str, status: u16, verdict: &str) -> String {
    format!("{} {verdict}\n", request(second, from, asked, status).trim_end())
}

/// A line of an error log by the module: verdict, and fields from `reason=` to `vendor=`, then the certificate's names.
pub fn error(second: u32, from: &str, decision: &str, subject: &str, issuer: &str, asked: &str) -> String {
    let (method, path) = asked.split_once(' ').expect("method and path");
    format!(
        "[Mon Nov 23 10:{:02}:{:02}.949719 2026] [mtlsprotect:warn] [pid 1:tid 2] [client {from}:41248] mtlsprotect: \
         {decision} subject=\"{subject}\" issuer=\"{issuer}\" serial=4f sha256=9d method={method} path=\"{path}\"\n",
        second / 60,
        second % 60
    )
}

/// Writes logs of Report mode: requests that would be denied, one of them in both logs.
pub fn report_mode(logs: &Logs) {
    let access = [
        judged(1, OFFICE, "GET /0004f2aabbcc.cfg", 200, "allow own-file 0004f2aabbcc 0004f2aabbcc poly"),
        judged(2, OFFICE, "GET /0004f2bbbbbb.cfg", 200, "would-deny mac-mismatch 0004f2aabbcc 0004f2bbbbbb poly"),
        judged(3, OFFICE, "GET /0004f2cccccc.cfg", 200, "would-deny no-certificate - 0004f2cccccc -"),
        judged(4, OFFICE, "GET /sip.ld", 200, "would-deny no-certificate - - -"),
        judged(5, OFFICE, "GET /index.html", 200, "- - - - -"),
    ];
    let errors = [
        "[Mon Nov 23 10:00:00.0 2026] [core:notice] [pid 1:tid 1] AH00094: Command line: 'apache2'\n".to_owned(),
        error(
            2,
            OFFICE,
            "would-deny reason=mac-mismatch cert-mac=0004f2aabbcc named=0004f2bbbbbb found-in=uri vendor=poly",
            "O=Polycom Inc., CN=0004F2AABBCC",
            "CN=TEST Polycom Equipment Issuing CA 1",
            "GET /0004f2bbbbbb.cfg",
        ),
    ];
    logs.write("access.log", access.concat()).write("error.log", errors.concat());
}
