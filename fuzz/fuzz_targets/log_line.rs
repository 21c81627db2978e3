//! Lines of logs are read whatever a client made httpd write into them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_cli::audit::access_line::AccessLine;
use mtlsprotect_cli::audit::error_line::ErrorLine;
use mtlsprotect_cli::audit::when::LastDay;

fuzz_target!(|line: &[u8]| {
    let day = &mut LastDay::default();
    if let Some(access) = AccessLine::parse(line, day) {
        assert!(access.method.len() + access.target.len() + access.user_agent.len() <= line.len());
    }
    let _ = ErrorLine::parse(line, day);
});
