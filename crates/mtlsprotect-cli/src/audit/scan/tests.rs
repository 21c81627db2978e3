//! Tests that the command copes with every line.

use super::*;
use crate::audit::groups::By;
use crate::audit::report::AuditReport;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::{DEFAULT_METHODS, Mode, OtherFiles};
use mtlsprotect_core::names::Naming;
use proptest::prelude::*;

const LINES: [&str; 3] = [
    "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] \"PUT /0004f2aabbcc.cfg?mac=%30 HTTP/1.1\" 200 5 \"-\" \"x 0004f2aabbcc\"",
    "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"-\" deny mac-mismatch 0004f2aabbcc 0004f2aabbcd,- x",
    "[Mon Nov 23 10:10:26.94 2026] [mtlsprotect:warn] [client 203.0.113.7:1] mtlsprotect: denied reason=write cert-mac=- \
     named=0004f2aabbcc found-in=uri vendor=- subject=\"CN=0004f2aabbcc\" issuer=\"-\" serial=- sha256=- method=PUT path=\"/a\"",
];

/// The report on lines, each read with what those before it left, or as if it were the first.
fn report(lines: &[Vec<u8>], is_first: bool) -> String {
    let known = KnownPrefixes::built_in();
    let policy = Policy {
        mode: Mode::On,
        other_files: OtherFiles::Device,
        methods: &DEFAULT_METHODS,
        naming: Naming::with_defaults(&known),
        devices: None,
        learns: false,
        passwords: None,
    };
    let mut ledger = Ledger::new(&[], Some(By::Host));
    let clock = Clock::new(None);
    let mut scan = Scan {
        policy,
        ledger: &mut ledger,
        log: "log",
        clock: &clock,
        since: When::UNKNOWN,
        understood: 0,
        room: Room::default(),
    };
    for (number, line) in (1..).zip(lines) {
        if is_first {
            scan.room = Room::default();
        }
        scan.line(number, Some(line));
    }
    assert_eq!(ledger.lines.all, lines.len() as u64);
    serde_json::to_string(&AuditReport::new(&ledger, None, 0, None)).unwrap()
}

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
        let json = report(&[line, LINES[which].as_bytes().to_vec()], false);
        prop_assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", json);
    }

    #[test]
    fn what_a_line_leaves_changes_nothing_in_the_next_ones(
        lines in prop::collection::vec(
            (0..LINES.len(), 0usize..300, 0usize..3, "[ 0-9a-f/%\"\\[-]{0,3}", any::<bool>()).prop_map(
                |(which, at, cut, inserted, is_whole)| {
                    let mut line = LINES[which].as_bytes().to_vec();
                    if !is_whole {
                        let at = at.min(line.len());
                        line.splice(at..(at + cut).min(line.len()), inserted.into_bytes());
                    }
                    line
                }
            ),
            1..12,
        ),
    ) {
        prop_assert_eq!(report(&lines, false), report(&lines, true));
    }
}

#[test]
fn a_device_that_only_the_target_names_is_found_where_the_log_has_a_verdict_too() {
    let line = |target: &str, status: u16, agent: &str, named: &str| {
        let start = "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000]";
        format!("{start} \"GET {target} HTTP/1.1\" {status} 5 \"-\" \"{agent}\" deny method - {named} -").into_bytes()
    };
    for (lines, devices) in [
        ([line("/0004f2aabbcc.cfg", 403, "x", "-"), line("/a", 403, "x 0004f2aabbcd", "-")], ["aabbcc", "aabbcd"]),
        ([line("/0004f2aabbcc.cfg", 200, "x", "-"), line("/a", 403, "x", "0004f2aabbcd")], ["aabbcc", "aabbcd"]),
    ] {
        let json = report(&lines, false);
        for device in devices {
            assert!(json.contains(&format!("\"mac\":\"0004f2{device}\"")), "{json}");
        }
    }
}
