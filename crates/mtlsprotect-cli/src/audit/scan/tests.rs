//! Tests that the command copes with every line.

use super::*;
use crate::audit::groups::By;
use crate::audit::report::AuditReport;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::{Methods, Mode, OtherFiles};
use mtlsprotect_core::names::Naming;
use proptest::prelude::*;

const LINES: [&str; 3] = [
    "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] \"PUT /0004f2aabbcc.cfg?mac=%30 HTTP/1.1\" 200 5 \"-\" \"x 0004f2aabbcc\"",
    "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"-\" deny mac-mismatch 0004f2aabbcc 0004f2aabbcd,- x",
    "[Mon Nov 23 10:10:26.94 2026] [mtlsprotect:warn] [client 203.0.113.7:1] mtlsprotect: denied reason=write cert-mac=- \
     named=0004f2aabbcc found-in=uri vendor=- subject=\"CN=0004f2aabbcc\" issuer=\"-\" serial=- sha256=- method=PUT path=\"/a\"",
];

proptest! {
    #[test]
    fn no_line_is_too_strange(
        which in 0..LINES.len(),
        at in 0usize..300,
        cut in 0usize..20,
        inserted in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut line = LINES[which].as_bytes().to_vec();
        let at = at.min(line.len());
        line.splice(at..(at + cut).min(line.len()), inserted);
        let known = KnownPrefixes::built_in();
        let policy = Policy {
            mode: Mode::On,
            other_files: OtherFiles::Device,
            methods: &Methods::DEFAULT,
            naming: Naming::with_defaults(&known),
            devices: None,
        };
        let mut ledger = Ledger::new(&[], Some(By::Host));
        let clock = Clock::new(None);
        let mut scan =
            Scan { policy, ledger: &mut ledger, log: "log", clock: &clock, since: When::UNKNOWN, understood: 0 };
        scan.line(1, Some(&line));
        scan.line(2, Some(LINES[which].as_bytes()));
        prop_assert_eq!(ledger.lines.all, 2);
        let json = serde_json::to_string(&AuditReport::new(&ledger, None, 0)).unwrap();
        prop_assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", json);
    }
}
