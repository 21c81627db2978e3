//! The table of the specification written down as data, and every combination of the decision's inputs held to it.
//!
//! Nothing here follows the code's own order or words: a scenario says what is true of a request, a row says of what
//! it must be true, and the first row that matches has the answer.

use super::*;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::decision::asked::User;
use crate::decision::devices::DeviceFile;
use crate::decision::methods::Methods;
use crate::decision::policy::Passwords;
use crate::decision::proven::Proven;
use crate::decision::reason::Reason;
use crate::mac::Mac;
use crate::names::texts::Texts;
use crate::time::UnixTime;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The table.
#[path = "table_rows.rs"]
mod rows;
/// What is true of requests.
#[path = "scenario_tests.rs"]
mod scenario;
use Reason::*;
use Verdict::{Allow, Deny};
use rows::{Row, TABLE};
use scenario::*;

fn mac(digits: &str) -> Mac {
    Mac::parse(digits.as_bytes()).expect("12 digits")
}

fn sender(who: Who, any: &OwnedPrefixes) -> Sender<'_> {
    match who {
        Who::PlainHttp => Sender::PlainHttp,
        Who::NoCertificate => Sender::NoCertificate,
        Who::Untrusted => Sender::Untrusted,
        Who::Expired => Sender::Expired,
        Who::Revoked => Sender::Revoked,
        Who::Nobody => Sender::Nobody,
        Who::OtherVendors => Sender::OtherVendors(mac(OWN)),
        Who::AnyOf => Sender::AnyOf(any),
        Who::Device => Sender::Device(mac(OWN)),
    }
}

/// The names of a target, which the module looks for once more for a writer that proves no MAC of its own: it counts as
/// the device that it names.
fn names(target: Target, sender: Sender<'_>, policy: &Policy<'_>) -> Names {
    let (path, query) = target.texts();
    let sent = format!("{path}?{query}");
    let texts = Texts { sent: sent.as_bytes(), uri: path.as_bytes(), args: query.as_bytes(), ..Texts::default() };
    let of = |sender| Names::of(&texts, &policy.naming, sender, !target.reads());
    of(sender.mac().or_else(|| of(None).only()))
}

fn targets() -> Vec<Target> {
    let mut targets = Vec::new();
    for which in [Which::None, Which::Own, Which::Other, Which::Both] {
        // What names nobody does not name it anywhere.
        let places = if which == Which::None {
            &[Place::Path][..]
        } else {
            &[Place::Path, Place::Query, Place::Parameter, Place::Folded]
        };
        for &place in places {
            for (dot_file, malformed) in [(false, false), (false, true), (true, false), (true, true)] {
                targets.extend(METHODS.map(|(method, ..)| Target { which, place, dot_file, malformed, method }));
            }
        }
    }
    targets
}

/// No device file, and each that says something of the two devices.
fn device_files() -> Vec<Option<(Devices, DeviceFile)>> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = vec![None];
    for closed in [false, true] {
        for own in LINES {
            for other in LINES {
                let path = folder.path().join("devices");
                std::fs::write(&path, own.text(OWN) + &other.text(OTHER)).expect("a file");
                let file = DeviceFile::read(&path, NOW).expect("a device file");
                files.push(Some((Devices { own, other, closed }, file)));
            }
        }
    }
    files
}

#[test]
fn every_combination_of_what_is_asked_by_whom_is_answered_as_the_table_says() {
    let known = KnownPrefixes::built_in();
    let any = OwnedPrefixes::none().with([mac(OWN).oui()]);
    let methods = Methods::new(["GET", "PUT"]).expect("methods");
    let plain = Policy { methods: &methods, learns: true, ..Policy::with_defaults(&known) };
    let names: HashMap<(Target, Who), Names> = targets()
        .into_iter()
        .flat_map(|target| SENDERS.map(|who| (target, who)))
        .map(|(target, who)| ((target, who), names(target, sender(who, &any), &plain)))
        .collect();
    let files = device_files();
    let mut matched: BTreeMap<usize, usize> = BTreeMap::new();
    let mut passed = HashSet::new();
    for (&(target, who), names) in &names {
        for file in &files {
            for (mode, known, word) in &MODES {
                let (mode, word, passwords) = (*mode, *word, word.passwords());
                if file.as_ref().is_some_and(|(devices, _)| !devices.is_of_interest(word)) {
                    continue;
                }
                for other_files in [OtherFiles::Device, OtherFiles::Allow, OtherFiles::Deny] {
                    let devices = file.as_ref().map(|(devices, _)| *devices);
                    let list = file.as_ref().map(|(devices, file)| file.list(devices.closed));
                    let scenario = Scenario { mode, other_files, devices, target, who, known: *known, word };
                    let policy = Policy { mode, other_files, devices: list, passwords: passwords.as_ref(), ..plain };
                    let asked = Asked {
                        method: target.method.as_bytes(),
                        names,
                        sender: sender(who, &any),
                        from: HERE.parse().expect("an address"),
                        now: NOW,
                        proven: known.as_ref().map(|known| known as &dyn Proven),
                        user: word.user(),
                    };
                    let row = scenario.row();
                    let rule = first_match(&policy, &asked);
                    assert_eq!((rule, decide(&policy, &asked)), (row.2, row.3), "row {}: {scenario:?}", row.0);
                    if let (Mode::Learn, Deny(reason)) = (mode, row.3) {
                        let passes = learn_lets_pass(&policy, &asked, reason, &Hidden::default);
                        assert_eq!(passes, scenario.learn_lets_pass(), "row {}: {scenario:?}", row.0);
                        passed.extend(passes.then_some(reason));
                    }
                    let index = TABLE.iter().position(|other| std::ptr::eq(other, row)).expect("a row");
                    *matched.entry(index).or_default() += 1;
                }
            }
        }
    }
    let idle: Vec<&Row> = (0..TABLE.len()).filter(|row| !matched.contains_key(row)).map(|row| &TABLE[row]).collect();
    assert!(idle.is_empty(), "no combination reaches {idle:?}");
    let of_interest = |(_, _, word): &(Mode, Option<Known>, Word)| {
        files.iter().filter(|file| file.as_ref().is_none_or(|(devices, _)| devices.is_of_interest(*word))).count()
    };
    let tried = names.len() * MODES.iter().map(of_interest).sum::<usize>() * 3;
    assert_eq!(matched.values().sum::<usize>(), tried);
    assert_eq!(passed.len(), 7, "{passed:?}");
}

#[test]
fn the_table_has_every_rule_and_reason() {
    let rules: HashSet<Rule> = TABLE.iter().map(|row| row.2).collect();
    assert!(Rule::ALL.iter().all(|rule| rules.contains(rule)));
    // and in the order in which explain prints the rules
    let order: Vec<Rule> = TABLE.iter().map(|row| row.2).collect();
    assert!(order.is_sorted());
    for reason in Reason::ALL.into_iter().filter(|&reason| reason != InternalError) {
        assert!(TABLE.iter().any(|row| row.3 == Allow(reason) || row.3 == Deny(reason)), "{reason:?}");
    }
}

#[test]
fn an_address_and_a_moment_are_exempt_to_their_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("devices");
    std::fs::write(&path, format!("{OWN} exempt from=203.0.113.4/30 until=2027-01-15\n")).expect("a file");
    let file = DeviceFile::read(&path, NOW).expect("a device file");
    let known = KnownPrefixes::built_in();
    let policy = Policy { devices: Some(file.list(false)), ..Policy::with_defaults(&known) };
    let target = Target { which: Which::Own, place: Place::Path, dot_file: false, malformed: false, method: "GET" };
    let names = names(target, Sender::NoCertificate, &policy);
    // the last second of that day
    let last = UnixTime::from_seconds(1_800_057_599);
    for (from, now, verdict) in [
        ("203.0.113.4", last, Allow(ExemptDevice)),
        ("203.0.113.7", last, Allow(ExemptDevice)),
        ("::ffff:203.0.113.7", last, Allow(ExemptDevice)),
        ("203.0.113.3", last, Deny(NoCertificate)),
        ("203.0.113.8", last, Deny(NoCertificate)),
        ("203.0.113.7", last + 1, Deny(NoCertificate)),
    ] {
        let from_address = from.parse().expect("an address");
        let sender = Sender::NoCertificate;
        let (from, user) = (from_address, User::NoDevice);
        let asked = Asked { method: b"GET", names: &names, sender, from, now, proven: None, user };
        assert_eq!(decide(&policy, &asked), verdict, "{from} at {now}");
    }
}
