//! Runs the command and keeps what it prints.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// What the command printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `mtlsprotect` with these arguments, for a terminal in which every table has room.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    run_with_input(arguments, b"")
}

/// The same with something to read on the standard input.
pub fn run_with_input<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"));
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    of(fed(command.args(arguments), input))
}

/// Runs a command to its end, for a terminal in which every table has room, with something to read.
pub fn fed(command: &mut Command, input: &[u8]) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.env("COLUMNS", "1000").spawn().expect("the command runs");
    // It may end without reading all, or anything.
    let _ = child.stdin.take().expect("is piped").write_all(input);
    child.wait_with_output().expect("the command ends")
}

/// What a command printed.
pub fn of(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("the command ends by itself"),
        out: String::from_utf8(output.stdout).expect("what it prints is text"),
        err: String::from_utf8(output.stderr).expect("what it prints is text"),
    }
}

impl Ran {
    /// It ended so, and printed all of this.
    #[track_caller]
    pub fn said(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for part in parts {
            assert!(self.out.contains(part) || self.err.contains(part), "{part:?} is not in {}{}", self.out, self.err);
        }
    }
}
