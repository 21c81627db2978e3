//! A request, its sender and what is known, for the table of the specification, and what is true of them.

use super::rows::Fact::{self, *};
use super::rows::{LEARN, Row, TABLE};
use super::*;
use crate::decision::asked::User;
use crate::decision::proven::Proven;
use crate::time::UnixTime;

/// The phone that sends, or whose file is asked for by somebody who proves no address.
pub(super) const OWN: &str = "0004f2aaaaaa";
/// A phone of another vendor's.
pub(super) const OTHER: &str = "001565bbbbbb";
pub(super) const HERE: &str = "203.0.113.7";
pub(super) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// Who sends, without saying which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
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

pub(super) const SENDERS: [Who; 9] = [
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
pub(super) enum Line {
    None,
    Allowed,
    Blocked,
    ExemptHere,
    ExemptEvenProven,
    ExemptElsewhere,
    ExemptOnce,
    Password,
    PasswordOnce,
}

pub(super) const LINES: [Line; 9] = [
    Line::None,
    Line::Allowed,
    Line::Blocked,
    Line::ExemptHere,
    Line::ExemptEvenProven,
    Line::ExemptElsewhere,
    Line::ExemptOnce,
    Line::Password,
    Line::PasswordOnce,
];

impl Line {
    pub(super) fn text(self, mac: &str) -> String {
        match self {
            Line::None => String::new(),
            Line::Allowed => format!("{mac} allow\n"),
            Line::Blocked => format!("{mac} block\n"),
            Line::ExemptHere => format!("{mac} exempt from=203.0.113.0/24 until=2099-12-31\n"),
            Line::ExemptEvenProven => format!("{mac} exempt from=203.0.113.0/24 until=2099-12-31 even-proven\n"),
            Line::ExemptElsewhere => format!("{mac} exempt from=198.51.100.0/24 until=2099-12-31\n"),
            Line::ExemptOnce => format!("{mac} exempt from=203.0.113.0/24 until=2026-01-01\n"),
            Line::Password => format!("{mac} password\n"),
            Line::PasswordOnce => format!("{mac} password until=2026-01-01\n"),
        }
    }
}

/// A device file: what it says of the two devices, and whether it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Devices {
    pub(super) own: Line,
    pub(super) other: Line,
    pub(super) closed: bool,
}

impl Devices {
    /// Whether a combination with these passwords shows something that no other does.
    pub(super) fn is_of_interest(self, word: Word) -> bool {
        const BESIDE_PASSWORDS: [Line; 5] =
            [Line::None, Line::Blocked, Line::ExemptHere, Line::Password, Line::PasswordOnce];
        let is = |line| if word == Word::Off { line != Line::PasswordOnce } else { BESIDE_PASSWORDS.contains(&line) };
        is(self.own) && is(self.other)
    }
}

/// The devices that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Which {
    None,
    Own,
    Other,
    Both,
}

/// Where in a request the names stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Path,
    Query,
    /// In a name parameter.
    Parameter,
    /// In a segment that a dot segment after it removes.
    Folded,
}

/// What is known of who has proven itself: of every device the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
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

/// What passwords are good for, and whose has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Off,
    /// They are no longer good; one of `OWN`'s has come.
    Over,
    Missing,
    OfNoDevice,
    OfOwn,
    OfOther,
}

impl Word {
    pub(super) fn passwords(self) -> Option<Passwords> {
        match self {
            Word::Off => None,
            Word::Over => Some(Passwords { until: NOW - 1 }),
            _ => Some(Passwords { until: NOW }),
        }
    }

    pub(super) fn user(self) -> User {
        match self {
            Word::Missing => User::Unknown,
            Word::OfNoDevice => User::NoDevice,
            Word::Off | Word::Over | Word::OfOwn => User::Device(mac(OWN)),
            Word::OfOther => User::Device(mac(OTHER)),
        }
    }
}

/// Modes, with what is known, and with what becomes of passwords.
pub(super) const MODES: [(Mode, Option<Known>, Word); 16] = [
    (Mode::Off, Some(Known::NobodyHas), Word::Missing),
    (Mode::Report, None, Word::Off),
    (Mode::Report, None, Word::OfOwn),
    (Mode::Learn, None, Word::Off),
    (Mode::Learn, Some(Known::NobodyHas), Word::Off),
    (Mode::Learn, Some(Known::NobodyHas), Word::Missing),
    (Mode::Learn, Some(Known::EverybodyHas), Word::Off),
    (Mode::Learn, Some(Known::EverybodyHas), Word::Missing),
    (Mode::Learn, Some(Known::EverybodyHasWithThis), Word::Off),
    (Mode::On, Some(Known::EverybodyHas), Word::OfOwn),
    (Mode::On, Some(Known::NobodyHas), Word::Missing),
    (Mode::On, Some(Known::NobodyHas), Word::OfNoDevice),
    (Mode::On, Some(Known::NobodyHas), Word::OfOwn),
    (Mode::On, Some(Known::NobodyHas), Word::OfOther),
    (Mode::On, Some(Known::NobodyHas), Word::Over),
    (Mode::On, Some(Known::NobodyHas), Word::Off),
];

/// What a request asks for: a path, a query, a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) which: Which,
    pub(super) place: Place,
    pub(super) dot_file: bool,
    pub(super) malformed: bool,
    pub(super) method: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Scenario {
    pub(super) mode: Mode,
    pub(super) other_files: OtherFiles,
    pub(super) devices: Option<Devices>,
    pub(super) target: Target,
    pub(super) who: Who,
    pub(super) known: Option<Known>,
    pub(super) word: Word,
}

/// GET, OPTIONS and PUT are what phones do in these scenarios. GET implies HEAD; no phone uses DELETE.
pub(super) const METHODS: [(&str, bool, bool); 5] = [
    ("GET", true, true),
    ("HEAD", true, true),
    ("PUT", false, true),
    // listed and not, one that reads and one that writes
    ("OPTIONS", true, false),
    ("DELETE", false, false),
];

impl Target {
    pub(super) fn reads(self) -> bool {
        METHODS.iter().any(|&(method, reads, _)| method == self.method && reads)
    }

    pub(super) fn is_listed(self) -> bool {
        METHODS.iter().any(|&(method, _, listed)| method == self.method && listed)
    }

    /// The path and the query.
    pub(super) fn texts(self) -> (String, String) {
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
        let is_proven = self.known.is_some_and(|known| known != Known::NobodyHas);
        let is_here = |line| matches!(line, Line::ExemptHere | Line::ExemptEvenProven);
        let counts = |line| is_here(line) && (line == Line::ExemptEvenProven || !is_proven);
        !has_certificate
            && match self.target.which {
                Which::None => self.target.reads() && (is_here(self.of_own()) || is_here(self.of_other())),
                Which::Own => counts(self.of_own()),
                Which::Other => counts(self.of_other()),
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

    /// Whether the device named may prove itself by its password in place of a certificate.
    fn may_send_password(&self) -> bool {
        let is_for_certificate = matches!(self.who, Who::NoCertificate | Who::Untrusted | Who::Expired | Who::Nobody);
        let is_unproven = self.known == Some(Known::NobodyHas);
        let line = match self.target.which {
            Which::None | Which::Both => return false,
            Which::Own => self.of_own(),
            Which::Other => self.of_other(),
        };
        let counts = match line {
            Line::Password => self.known.is_some(),
            Line::PasswordOnce => false,
            _ => is_unproven,
        };
        is_for_certificate && counts && !self.is_exempt() && !matches!(self.word, Word::Off | Word::Over)
    }

    fn sends(&self, word: &[Word]) -> bool {
        self.may_send_password() && word.contains(&self.word)
    }

    /// The password that has come is that of the device named.
    fn is_own_password(&self) -> bool {
        match self.target.which {
            Which::Own => self.sends(&[Word::OfOwn]),
            Which::Other => self.sends(&[Word::OfOther]),
            Which::None | Which::Both => false,
        }
    }

    fn is_closed(&self) -> bool {
        self.devices.is_some_and(|file| file.closed)
    }

    pub(super) fn has(&self, fact: Fact) -> bool {
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
            PasswordMissing => self.sends(&[Word::Missing]),
            OwnPassword => self.is_own_password(),
            PasswordOfAnother => self.sends(&[Word::OfOwn, Word::OfOther]) && !self.is_own_password(),
            NothingInPlace => !self.is_exempt() && !self.is_own_password(),
            ShutOut => self.is_shut_out(),
            WritesDotFile => writes && dot_file,
            NotInPath => place != Place::Path,
            IsProven => matches!(self.known, Some(Known::EverybodyHas | Known::EverybodyHasWithThis)),
            ProvenWithThis => self.known == Some(Known::EverybodyHasWithThis),
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
                        | Password
                )
            ),
        }
    }

    pub(super) fn learn_lets_pass(&self) -> bool {
        let row = LEARN.iter().find(|(facts, _)| facts.iter().all(|&fact| self.has(fact)));
        self.known.is_some() && row.expect("the last row has no case").1
    }

    pub(super) fn row(&self) -> &'static Row {
        TABLE.iter().find(|(_, facts, ..)| facts.iter().all(|&fact| self.has(fact))).expect("the last row has no case")
    }
}
