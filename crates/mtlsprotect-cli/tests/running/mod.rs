//! Runs the command and keeps what it prints.
#![allow(dead_code, reason = "no test file needs all of it")]

use std::ffi::OsStr;
use std::process::{Command, Stdio};

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

/// Runs `mtlsprotect` with these arguments.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_mtlsprotect"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the command runs");
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
