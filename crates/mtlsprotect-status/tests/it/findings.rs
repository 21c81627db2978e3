//! An operator is told what needs him, and nothing else.

use mtlsprotect_core::time::DAY;
use mtlsprotect_status::findings::{Level, Limits, USUAL, findings};
use mtlsprotect_status::model::{LearnedFile, Period, Status};
use mtlsprotect_testkit::status::fleet::{Fleet, NOW, quiet, status};

type Change = fn(&mut Status);

fn learned(status: &mut Status) -> &mut LearnedFile {
    status.learned.as_mut().expect("the fleet has a learned file")
}

#[test]
fn each_thing_that_needs_somebody_is_said() {
    let fleet = Fleet::of(3);
    assert_eq!(findings(&quiet(&fleet), &USUAL), []);
    let cases: [(Change, Level, &str); 18] = [
        (|status| status.device_files[0].valid = false, Level::Critical, "/etc/mtlsprotect/devices"),
        (|status| status.device_files[0].error = Some("is gone".to_owned()), Level::Critical, "is gone"),
        (|status| learned(status).writable = false, Level::Critical, "learned file /var/lib"),
        (
            |status| learned(status).error = Some("has outgrown it".to_owned()),
            Level::Critical,
            "learned: has outgrown it",
        ),
        (|status| learned(status).bad_lines = 2, Level::Warning, "2 lines can't be read"),
        (|status| learned(status).bad_lines = 1, Level::Warning, "1 line can't be read"),
        (|status| learned(status).write_errors = 3, Level::Warning, "3 lines could not be written"),
        (|status| learned(status).write_errors = 1, Level::Warning, "1 line could not be written"),
        (|status| status.cas[0].not_after = NOW - 1, Level::Critical, "its devices are refused"),
        (|status| status.cas[0].not_after = NOW + 29 * DAY, Level::Warning, "expires on 2026-12-24"),
        (|status| status.crls[0].next_update = Some(NOW - 1), Level::Warning, "a newer one was due"),
        (|status| status.rollout.refused = 1, Level::Warning, "last request of 1 device was refused"),
        (
            |status| status.history = vec![Period { start: NOW - 60, wrong_passwords: 51, counts: Vec::new() }],
            Level::Warning,
            "51 requests in the last hour came with a wrong password",
        ),
        (|status| status.table.lost_proofs = 1, Level::Warning, "MTLSProtectFleetSize"),
        (|status| status.table.gave_way = 1, Level::Warning, "is not whole, 1 gave way to another"),
        (|status| status.table.gave_way = 2, Level::Warning, "2 gave way to others"),
        (|status| status.table.kept = status.table.room, Level::Warning, "MTLSProtectFleetSize"),
        (|status| status.exemptions_ending = 1, Level::Warning, "1 exemption ends"),
    ];
    for (change, level, words) in cases {
        let mut status = quiet(&fleet);
        change(&mut status);
        let found = findings(&status, &USUAL);
        assert!(found.len() == 1 && found[0].level == level && found[0].text.contains(words), "{words}: {found:?}");
    }
}

#[test]
fn limits_move_what_is_said_and_the_worst_comes_first() {
    let fleet = Fleet::of(2_000);
    let status = status(&fleet);
    let found = findings(&status, &USUAL);
    assert!(found.len() > 3 && found.is_sorted_by_key(|finding| std::cmp::Reverse(finding.level)), "{found:?}");
    let said =
        |limits: &Limits, word: &str| findings(&status, limits).iter().any(|finding| finding.text.contains(word));
    for (word, limits) in [
        ("CA of yealink", Limits { days: 10, ..USUAL }),
        ("last request", Limits { refused: 1_000, ..USUAL }),
        ("named another device", Limits { mismatches: 5_000, ..USUAL }),
        ("wrong password", Limits { wrong_passwords: 5_000, ..USUAL }),
    ] {
        assert!(said(&USUAL, word) && !said(&limits, word), "{word}");
    }
}
