//! A fleet in the middle of its roll-out, the same one each time.

use mtlsprotect_core::Mac;
use mtlsprotect_core::time::{DAY, UnixTime};
use mtlsprotect_status::device::{Device, DeviceRefusal, Devices, Rollout, State};
use mtlsprotect_status::model::{
    Ca, Count, Crl, DeviceFile, Handshakes, Host, HostVendor, LearnedFile, Period, PeriodCount, Place, Refusal,
    Section, Status, Table,
};
use mtlsprotect_status::serial::Word;
use mtlsprotect_status::text::ClientText;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The moment of all that is shown: 2026-11-25T10:00:00Z.
pub const NOW: UnixTime = UnixTime::from_seconds(1_795_600_800);

/// What a client may send that a page, a log or a terminal must not obey.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'&\\\r\n\u{1b}[2J\u{202e}é\0%";

const HOSTS: [&str; 2] = ["prov.example.com:443 192.0.2.10:443", "legacy.example.com:8443 192.0.2.10:8443"];
const VENDORS: [(&str, u64); 4] =
    [("poly", 0x0004_f200_0000), ("yealink", 0x8015_6500_0000), ("snom", 0x0004_1300_0000), ("algo", 0x0022_ee00_0000)];

/// Devices in a list, in place of the module's table.
#[derive(Clone, Debug, Default)]
pub struct Fleet(BTreeMap<Mac, Device>);

impl Devices for Fleet {
    fn each(&self, first: Mac, tell: &mut dyn FnMut(Mac, State) -> ControlFlow<()>) -> bool {
        let _ = self.0.range(first..).try_for_each(|(&mac, device)| tell(mac, device.state));
        true
    }

    fn device(&self, mac: Mac) -> Option<Device> {
        self.0.get(&mac).cloned()
    }
}

impl FromIterator<Device> for Fleet {
    fn from_iter<I: IntoIterator<Item = Device>>(devices: I) -> Self {
        Fleet(devices.into_iter().map(|device| (device.mac, device)).collect())
    }
}

impl Fleet {
    /// So many devices, most of which have proven themselves.
    pub fn of(count: u64) -> Self {
        (0..count).map(device).collect()
    }

    /// How many are in which state.
    fn rollout(&self) -> Rollout {
        let mut rollout = Rollout::default();
        self.0.values().for_each(|device| rollout.add(device.state));
        rollout
    }

    /// All of them, by MAC.
    pub fn devices(&self) -> Vec<Device> {
        self.0.values().cloned().collect()
    }
}

/// Some numbers that look like chance.
fn scattered(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

fn state(number: u64) -> State {
    match scattered(number) % 1000 {
        0..760 => State::Proven,
        760..860 => State::Ready,
        860..900 => State::NotYet,
        900..930 => State::Password,
        930..965 => State::NeverSeen,
        965..985 => State::Exempt,
        985..997 => State::Refused,
        _ => State::Blocked,
    }
}

/// The device of a number.
pub fn device(number: u64) -> Device {
    let chance = scattered(number);
    let (vendor, prefix) = VENDORS[[0, 0, 0, 0, 0, 1, 1, 2, 2, 3][(chance >> 8) as usize % 10]];
    let state = state(number);
    let is_seen = !matches!(state, State::NeverSeen | State::Blocked);
    let is_proven = matches!(state, State::Proven | State::Ready | State::Refused);
    let seconds_ago = i64::try_from(chance >> 20 & 0xffff).unwrap_or(0);
    let when = |is: bool, ago: i64| is.then_some(NOW - ago);
    Device {
        // odd, so that no two are the same
        mac: Mac::from_bits(prefix | number.wrapping_mul(0x9e_3779) & 0xff_ffff),
        state,
        first_seen: when(is_seen, 30 * DAY + seconds_ago),
        last_seen: when(is_seen, if state == State::Refused { 2 * DAY } else { seconds_ago }),
        proven_at: when(is_proven, 20 * DAY + seconds_ago),
        certificate_end: is_proven.then_some(NOW + 3000 * DAY + seconds_ago),
        exempt_until: (state == State::Exempt).then_some(NOW + 40 * DAY),
        vendor: is_proven.then(|| vendor.to_owned()),
        host: is_proven.then(|| HOSTS[0].to_owned()),
        served: if is_seen { chance >> 40 & 0xfff } else { 0 },
        refused: if state == State::Refused { 3 } else { 0 },
        last_refusal: (state == State::Refused).then(|| DeviceRefusal {
            time: NOW - seconds_ago,
            verdict: Word::Borrowed("deny"),
            reason: Word::Borrowed(if chance & 1 == 0 { "mac-mismatch" } else { "revoked-certificate" }),
            host: HOSTS[0].to_owned(),
        }),
    }
}

/// The status of such a fleet; with texts as clients send them.
pub fn status(fleet: &Fleet) -> Status {
    Status {
        version: "0.1.0".to_owned(),
        now: NOW,
        counting_since: NOW - 19 * DAY,
        restarted_at: NOW - 7 * 3600,
        hosts: hosts(),
        counts: counts(),
        handshakes: Handshakes {
            full_trusted: 41_207,
            full_not_trusted: 318,
            resumed_trusted: 812_004,
            resumed_not_trusted: 71,
        },
        history: (0..288).map(period).collect(),
        rollout: fleet.rollout(),
        proven_refused: 12,
        proven_named_refused: 23,
        by_balancer: 90_210,
        by_balancer_refused: 210,
        wrong_passwords: 1_480,
        exemptions_ending: 4,
        table: Table { kept: fleet.0.len() as u64, room: 65_536, lost_proofs: 0, gave_way: 0 },
        refusals: (0..256).map(refusal).collect(),
        cas: cas(),
        crls: vec![Crl {
            vendor: "poly".to_owned(),
            issuer: "CN=TEST Polycom Root CA".to_owned(),
            next_update: Some(NOW + 12 * DAY),
        }],
        device_files: vec![DeviceFile {
            path: "/etc/mtlsprotect/devices".to_owned(),
            valid: false,
            lines: 20_412,
            loaded_at: NOW - 2 * 3600,
            error: Some("line 20413: \"0004f2aabbc\" is not a MAC".to_owned()),
        }],
        learned: Some(LearnedFile {
            path: "/var/lib/mtlsprotect/learned".to_owned(),
            devices: 15_188,
            bad_lines: 0,
            write_errors: 0,
            writable: true,
            error: None,
        }),
    }
}

/// Nothing that anybody has to look at: proven phones, and CAs that last.
pub fn quiet(fleet: &Fleet) -> Status {
    let mut status = status(fleet);
    status.rollout = Rollout { proven: 3, ..Rollout::default() };
    status.history.clear();
    status.refusals.clear();
    status.exemptions_ending = 0;
    status.cas.retain(|ca| ca.not_after > NOW + 100 * DAY);
    status.device_files.iter_mut().for_each(|file| (file.valid, file.error) = (true, None));
    status
}

fn hosts() -> Vec<Host> {
    let place = |file: &str, line| Some(Place { file: file.to_owned(), line });
    let vendor = |name: &str, mode: Option<&'static str>, cas, prefixes| HostVendor {
        name: name.to_owned(),
        mode: mode.map(Word::Borrowed),
        cas,
        prefixes,
    };
    let section = |what: &str, line, mode, says: &str| Section {
        what: what.to_owned(),
        defined_at: place("/etc/apache2/sites-enabled/prov.conf", line),
        mode: Word::Borrowed(mode),
        says: says.to_owned(),
    };
    vec![
        Host {
            name: HOSTS[0].to_owned(),
            defined_at: place("/etc/apache2/sites-enabled/prov.conf", 1),
            mode: Word::Borrowed("Learn"),
            sections: vec![
                section("<Location \"/uploads\">", 31, "On", "MTLSProtectMethods GET PUT"),
                section("<Directory \"/srv/staff\">", 44, "Off", ""),
            ],
            vendors: vec![
                vendor("poly", None, 4, 4),
                vendor("yealink", Some("report"), 2, 11),
                vendor("snom", None, 2, 1),
            ],
            earliest_expiry: Some(NOW + 19 * DAY),
        },
        Host {
            name: HOSTS[1].to_owned(),
            defined_at: place("/etc/apache2/sites-enabled/legacy.conf", 1),
            mode: Word::Borrowed("Report"),
            sections: Vec::new(),
            vendors: vec![vendor("algo", None, 2, 1)],
            earliest_expiry: Some(NOW + 720 * DAY),
        },
    ]
}

/// How often each verdict and reason is met, in a thousand requests.
const SHARES: [(&str, &str, u64); 8] = [
    ("allow", "own-file", 842),
    ("allow", "other-file", 120),
    ("allow", "exempt-device", 14),
    ("would-deny", "no-certificate", 11),
    ("would-deny", "untrusted-certificate", 4),
    ("deny", "mac-mismatch", 2),
    ("deny", "revoked-certificate", 1),
    ("deny", "untrusted-certificate", 3),
];

fn counts() -> Vec<Count> {
    let of = |(place, &(verdict, reason, share)): (usize, &(&'static str, &'static str, u64))| Count {
        host: HOSTS[usize::from(place == 3)].to_owned(),
        verdict: Word::Borrowed(verdict),
        reason: Word::Borrowed(reason),
        vendor: if reason == "own-file" { "poly".to_owned() } else { String::new() },
        number: share * 4_211,
    };
    SHARES.iter().enumerate().map(of).collect()
}

fn period(number: u64) -> Period {
    // phones ask in the morning, and an attack comes in the last hour
    let wave = 60 + 50 * u64::from(number > 200 && number < 260) + scattered(number) % 40;
    let counts = SHARES.iter().map(|&(verdict, reason, share)| PeriodCount {
        verdict: Word::Borrowed(verdict),
        reason: Word::Borrowed(reason),
        number: (wave * share + scattered(number ^ share) % 1000) / 100
            + if reason == "mac-mismatch" && number > 280 { 140 } else { 0 },
    });
    let counts = counts.filter(|count| count.number > 0).collect();
    let wrong_passwords = if number > 284 { 460 } else { 0 };
    Period { start: NOW - 300 * (287 - i64::try_from(number).unwrap_or(0)), wrong_passwords, counts }
}

fn refusal(number: u64) -> Refusal {
    let mut refusal = usual_refusal(number);
    if number == 2 {
        refusal.uri = ClientText(HOSTILE.into());
        refusal.agent = ClientText(HOSTILE.into());
    }
    refusal
}

fn usual_refusal(number: u64) -> Refusal {
    let (named, sender) = (device(number * 7).mac, device(number * 7 + 1).mac);
    let (reason, by_itself) =
        [("mac-mismatch", false), ("untrusted-certificate", false), ("revoked-certificate", true)][number as usize % 3];
    Refusal {
        time: NOW - i64::try_from(number * number).unwrap_or(0),
        address: if number % 5 == 0 { "2001:db8::17".parse().unwrap() } else { [198, 51, 100, number as u8].into() },
        via: match number % 7 {
            5 => Some([192, 0, 2, 10].into()),
            6 => Some([198, 51, 100, number as u8].into()),
            _ => None,
        },
        host: HOSTS[0].to_owned(),
        vendor: (reason != "untrusted-certificate").then(|| "poly".to_owned()),
        verdict: Word::Borrowed(if number % 4 == 3 { "would-deny" } else { "deny" }),
        reason: Word::Borrowed(reason),
        named: Some(named),
        sender: (reason != "untrusted-certificate").then_some(if by_itself { named } else { sender }),
        by_itself,
        uri: ClientText(format!("/cfg/{named}-directory.xml").into_bytes()),
        agent: ClientText(b"FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477".to_vec()),
    }
}

fn cas() -> Vec<Ca> {
    let ca = |vendor: &str, subject: &str, days: i64, is_root| Ca {
        vendor: vendor.to_owned(),
        subject: subject.to_owned(),
        not_after: NOW + days * DAY,
        is_root,
    };
    vec![
        ca("poly", "CN=TEST Polycom Root CA", 6313, true),
        ca("poly", "CN=TEST Polycom Equipment Policy CA", 4487, false),
        ca("poly", "CN=TEST Polycom Equipment Issuing CA 1", 4487, false),
        ca("poly", "CN=TEST Polycom Equipment Issuing CA 2", 4487, false),
        ca("yealink", "O=TEST Yealink, CN=\"Equipment\\Issuing\"", 19, true),
        ca("snom", "CN=TEST Snom Phone 1 SHA-256", 2600, true),
        ca("algo", "CN=TEST Algo Issuing", 720, true),
    ]
}
