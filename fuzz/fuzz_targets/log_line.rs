//! Lines of logs are read whatever a client made httpd write into them.
#![no_main]
#![allow(dead_code, reason = "the command uses the rest")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/mtlsprotect-cli/src/audit/access_line.rs"]
mod access_line;
#[path = "../../crates/mtlsprotect-cli/src/audit/error_line.rs"]
mod error_line;
#[path = "../../crates/mtlsprotect-cli/src/audit/when.rs"]
mod when;
#[path = "../../crates/mtlsprotect-cli/src/audit/words.rs"]
mod words;

fuzz_target!(|line: &[u8]| {
    if let Some(access) = access_line::AccessLine::parse(line) {
        assert!(access.method.len() + access.target.len() + access.user_agent.len() <= line.len());
    }
    let _ = error_line::ErrorLine::parse(line);
});
