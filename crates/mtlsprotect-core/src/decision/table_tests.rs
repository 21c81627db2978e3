//! The table of the specification written down as data, and every combination of the decision's inputs held to it.
//!
//! Nothing here follows the code's own order or words: a scenario says what is true of a request, a row says of what
//! it must be true, and the first row that matches has the answer.

use super::*;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::decision::devices::DeviceFile;
use crate::decision::methods::Methods;
use crate::decision::reason::Reason;
use crate::mac::Mac;
use crate::names::texts::Texts;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The table.
#[path = "table_rows.rs"]
mod rows;
use Reason::*;
use Verdict::{Allow, Deny};
use rows::Fact::{self, *};
use rows::{LEARN, Row, TABLE};

/// The phone that sends, or whose file is asked for by somebody who proves no address.
const OWN: &str = "0004f2aaaaaa";
/// A phone of another vendor's.
const OTHER: &str = "001565bbbbbb";
const HERE: &str = "203.0.113.7";
const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// Who sends, without saying which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    PlainHttp,
    NoCertificate,
    Untrusted,
    Expired,
    Revoked,
    Nobody,
    OtherVendors,
    /// Any phone with `OWN`'s prefix: `identity=none`.
    AnyOf,
    Device,
}

const SENDERS: [Who; 9] = [
    Who::PlainHttp,
    Who::NoCertificate,
    Who::Untrusted,
    Who::Expired,
    Who::Revoked,
    Who::Nobody,
    Who::OtherVendors,
    Who::AnyOf,
    Who::Device,
];

/// What the device file says of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Line {
    None,
    Allowed,
    Blocked,
    ExemptHere,
    ExemptElsewhere,
    ExemptOnce,
}

const LINES: [Line; 6] =
    [Line::None, Line::Allowed, Line::Blocked, Line::ExemptHere, Line::ExemptElsewhere, Line::ExemptOnce];

impl Line {
    fn text(self, mac: &str) -> String {
        match self {
            Line::None => String::new(),
            Line::Allowed => format!("{mac} allow\n"),
            Line::Blocked => format!("{mac} block\n"),
            Line::ExemptHere => format!("{mac} exempt from=203.0.113.0/24 until=2099-12-31\n"),
            Line::ExemptElsewhere => format!("{mac} exempt from=198.51.100.0/24 until=2099-12-31\n"),
            Line::ExemptOnce => format!("{mac} exempt from=203.0.113.0/24 until=2026-01-01\n"),
        }
    }
}

/// A device file: what it says of the two devices, and whether it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Devices {
    own: Line,
    other: Line,
    closed: bool,
}

/// The devices that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Which {
    None,
    Own,
    Other,
    Both,
}

/// Where in a request the names stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Path,
    Query,
    /// In a name parameter.
    Parameter,
    /// In a segment that a dot segment after it removes.
    Folded,
}

/// What is known of who has proven itself: of every device the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    NobodyHas,
    EverybodyHas,
    EverybodyHasWithThis,
}

impl Proven for Known {
    fn is_proven(&self, _: Mac) -> bool {
        *self != Known::NobodyHas
    }

    fn was_proven_with_this(&self, _: Mac) -> bool {
        *self == Known::EverybodyHasWithThis
    }
}

/// Modes, with what is known.
const MODES: [(Mode, Option<Known>); 7] = [
    (Mode::Off, Some(Known::NobodyHas)),
    (Mode::Report, None),
    (Mode::Learn, None),
    (Mode::Learn, Some(Known::NobodyHas)),
    (Mode::Learn, Some(Known::EverybodyHas)),
    (Mode::Learn, Some(Known::EverybodyHasWithThis)),
    (Mode::On, Some(Known::EverybodyHas)),
];

/// What a request asks for: a path, a query, a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Target {
    which: Which,
    place: Place,
    dot_file: bool,
    malformed: bool,
    method: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Scenario {
    mode: Mode,
    other_files: OtherFiles,
    devices: Option<Devices>,
    target: Target,
    who: Who,
    known: Option<Known>,
}

/// GET, OPTIONS and PUT are what phones do in these scenarios. GET implies HEAD; no phone uses DELETE.
const METHODS: [(&str, bool, bool); 5] = [
    ("GET", true, true),
    ("HEAD", true, true),
    ("PUT", false, true),
    // listed and not, one that reads and one that writes
    ("OPTIONS", true, false),
    ("DELETE", false, false),
];

impl Target {
    fn reads(self) -> bool {
        METHODS.iter().any(|&(method, reads, _)| method == self.method && reads)
    }

    fn is_listed(self) -> bool {
        METHODS.iter().any(|&(method, _, listed)| method == self.method && listed)
    }

    /// The path and the query.
    fn texts(self) -> (String, String) {
        let words = match self.which {
            Which::None => vec![],
            Which::Own => vec![OWN],
            Which::Other => vec![OTHER],
            Which::Both => vec![OWN, OTHER],
        };
        let (mut path, mut query) = (String::from("/cfg"), Vec::new());
        for word in words {
            match self.place {
                Place::Path => path += &format!("/{word}"),
                Place::Query => query.push(format!("for={word}")),
                Place::Parameter => query.push(format!("mac={word}")),
                Place::Folded => path += &format!("/{word}/.."),
            }
        }
        path += if self.dot_file { "/.htaccess" } else { "/phone.cfg" };
        if self.malformed {
            query.push("mac=12345".to_owned());
        }
        (path, query.join("&"))
    }
}

impl Scenario {
    fn of_own(&self) -> Line {
        self.devices.map_or(Line::None, |file| file.own)
    }

    fn of_other(&self) -> Line {
        self.devices.map_or(Line::None, |file| file.other)
    }

    fn names_own(&self) -> bool {
        matches!(self.target.which, Which::Own | Which::Both)
    }

    fn names_other(&self) -> bool {
        matches!(self.target.which, Which::Other | Which::Both)
    }

    /// The certificate's MAC is `OWN`.
    fn proves_own(&self) -> bool {
        matches!(self.who, Who::OtherVendors | Who::Device)
    }

    fn is_exempt(&self) -> bool {
        let has_certificate = matches!(self.who, Who::Nobody | Who::OtherVendors | Who::AnyOf | Who::Device);
        !has_certificate
            && match self.target.which {
                Which::None => {
                    self.target.reads() && (self.of_own() == Line::ExemptHere || self.of_other() == Line::ExemptHere)
                }
                _ if self.known.is_some_and(|known| known != Known::NobodyHas) => false,
                Which::Own => self.of_own() == Line::ExemptHere,
                Which::Other => self.of_other() == Line::ExemptHere,
                Which::Both => false,
            }
    }

    fn is_shut_out(&self) -> bool {
        let missing = match self.target.which {
            _ if self.proves_own() => self.of_own() == Line::None,
            Which::Own => self.of_own() == Line::None,
            Which::Other => self.of_other() == Line::None,
            Which::None | Which::Both => false,
        };
        missing && self.is_closed()
    }

    fn is_closed(&self) -> bool {
        self.devices.is_some_and(|file| file.closed)
    }

    fn has(&self, fact: Fact) -> bool {
        let Target { which, place, dot_file, malformed, .. } = self.target;
        let writes = !self.target.reads();
        match fact {
            Off => self.mode == Mode::Off,
            SenderBlocked => self.proves_own() && self.of_own() == Line::Blocked,
            NamedBlocked => {
                self.names_own() && self.of_own() == Line::Blocked
                    || self.names_other() && self.of_other() == Line::Blocked
            }
            MethodNotListed => !self.target.is_listed(),
            Malformed => malformed,
            NamesNobody => which == Which::None,
            NamesSeveral => which == Which::Both,
            NamesAnother => self.names_other(),
            Reads => !writes,
            Writes => writes,
            OtherFilesAllow => self.other_files == OtherFiles::Allow,
            OtherFilesDeny => self.other_files == OtherFiles::Deny,
            SentBy(who) => self.who == who,
            Exempt => self.is_exempt(),
            NotExempt => !self.is_exempt(),
            ShutOut => self.is_shut_out(),
            WritesDotFile => writes && dot_file,
            NotInPath => place != Place::Path,
            IsProven => matches!(self.known, Some(Known::EverybodyHas | Known::EverybodyHasWithThis)),
            ProvenWithThis => self.known == Some(Known::EverybodyHasWithThis),
            NamedElsewhere => !matches!(place, Place::Path | Place::Parameter),
            NamedShutOut => {
                let is_missing = self.names_own() && self.of_own() == Line::None
                    || self.names_other() && self.of_other() == Line::None;
                is_missing && self.is_closed()
            }
            RefusedForAnythingElse => !matches!(
                self.row().3,
                Deny(
                    PlainHttp
                        | NoCertificate
                        | UntrustedCertificate
                        | ExpiredCertificate
                        | NoDeviceIdentity
                        | VendorMismatch
                )
            ),
        }
    }

    fn learn_lets_pass(&self) -> bool {
        let row = LEARN.iter().find(|(facts, _)| facts.iter().all(|&fact| self.has(fact)));
        self.known.is_some() && row.expect("the last row has no case").1
    }

    fn row(&self) -> &'static Row {
        TABLE.iter().find(|(_, facts, ..)| facts.iter().all(|&fact| self.has(fact))).expect("the last row has no case")
    }
}

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
            for (mode, known) in &MODES {
                let mode = *mode;
                for other_files in [OtherFiles::Device, OtherFiles::Allow, OtherFiles::Deny] {
                    let devices = file.as_ref().map(|(devices, _)| *devices);
                    let list = file.as_ref().map(|(devices, file)| file.list(devices.closed));
                    let scenario = Scenario { mode, other_files, devices, target, who, known: *known };
                    let policy = Policy { mode, other_files, devices: list, ..plain };
                    let asked = Asked {
                        method: target.method.as_bytes(),
                        names,
                        sender: sender(who, &any),
                        from: HERE.parse().expect("an address"),
                        now: NOW,
                        proven: known.as_ref().map(|known| known as &dyn Proven),
                    };
                    let row = scenario.row();
                    let rule = first_match(&policy, &asked);
                    assert_eq!((rule, decide(&policy, &asked)), (row.2, row.3), "row {}: {scenario:?}", row.0);
                    if let (Mode::Learn, Deny(reason)) = (mode, row.3) {
                        let is_served = |_| target.place == Place::Path;
                        let passes = learn_lets_pass(&policy, &asked, reason, is_served);
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
    assert_eq!(matched.values().sum::<usize>(), names.len() * files.len() * MODES.len() * 3);
    assert_eq!(passed.len(), 6, "{passed:?}");
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
        let asked = Asked { method: b"GET", names: &names, sender, from: from_address, now, proven: None };
        assert_eq!(decide(&policy, &asked), verdict, "{from} at {now}");
    }
}
