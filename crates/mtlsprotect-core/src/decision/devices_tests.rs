use super::*;
use crate::decision::asked::{Asked, User};
use crate::decision::decide::decide;
use crate::decision::devices::list::{Listing, Said};
use crate::decision::methods::reads;
use crate::decision::policy::Policy;
use crate::decision::reason::Reason;
use crate::decision::sender::Sender;
use crate::decision::verdict::Verdict;
use crate::mac::Oui;
use crate::names::named::{Named, Names};
use crate::names::naming::Naming;
use crate::names::texts::Texts;
use ipnet::IpNet;
use proptest::prelude::*;
use std::net::IpAddr;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
const OWN: &str = "0004f2aaaaaa";
const FILE: &[u8] = b"# our phones
64167f001122 allow
0004f2ddeeff block # stolen, RMA 4711

00:04:F2:AA:BB:CC exempt from=203.0.113.0/24,2001:db8::/48 until=2027-03-31\r
0004f2000001 exempt until=2026-01-01 even-proven from=198.51.100.9
";

fn parsed(text: impl AsRef<[u8]>) -> DeviceFile {
    DeviceFile::parse(text.as_ref(), NOW).unwrap()
}

fn mac(text: &str) -> Mac {
    Mac::parse(text.as_bytes()).unwrap()
}

fn verdict(file: &DeviceList<'_>, method: &str, path: &str, sender: Sender<'_>, from: &str, now: UnixTime) -> Verdict {
    let known = crate::built_in::known_prefixes::KnownPrefixes::built_in();
    let policy = Policy {
        devices: Some(*file),
        naming: Naming { parameters: &[], ..Naming::with_defaults(&known) },
        ..Policy::with_defaults(&known)
    };
    let texts = Texts { sent: path.as_bytes(), uri: path.as_bytes(), ..Texts::default() };
    let writes = !reads(method.as_bytes());
    let mut names = Names::of(&texts, &policy.naming, sender.mac(), writes);
    if writes && sender.mac().is_none() {
        names = Names::of(&texts, &policy.naming, names.only(), writes);
    }
    let from = from.parse().unwrap();
    let (method, names, user) = (method.as_bytes(), &names, User::NoDevice);
    decide(&policy, &Asked { method, names, sender, from, now, proven: None, user })
}

fn get(file: &DeviceList<'_>, path: &str, sender: Sender<'_>, from: &str) -> Verdict {
    verdict(file, "GET", path, sender, from, NOW)
}

/// What a line says of an exempt device.
fn exemption((networks, day, even_proven): (Vec<(IpAddr, u8)>, u8, bool)) -> String {
    let network = |&(address, length): &(IpAddr, u8)| {
        let most = if address.is_ipv4() { 32 } else { 128 };
        IpNet::new(address, length % most + 1).unwrap().to_string()
    };
    let networks: Vec<String> = networks.iter().map(network).collect();
    let until = format!("2027-02-{day:02}");
    let exemption = Exemption::new(&networks.join(","), &until);
    // ::ffff:0:0/96 is everybody
    let exemption = exemption.unwrap_or_else(|_| Exemption::new("192.0.2.1", &until).unwrap());
    Exemption { even_proven, ..exemption }.to_string()
}

#[test]
fn a_blocked_device_is_refused_as_sender_and_as_name() {
    let blocked = Verdict::Deny(Reason::BlockedDevice);
    let file = parsed(FILE);
    let file = file.list(false);
    let stolen = Sender::Device(mac("0004f2ddeeff"));
    for path in ["/0004f2ddeeff.cfg", "/sip.ld", "/0004f2aaaaaa.cfg"] {
        assert_eq!(get(&file, path, stolen, "::1"), blocked, "{path}");
    }
    for sender in [Sender::Device(mac(OWN)), Sender::PlainHttp, Sender::NoCertificate, Sender::Untrusted] {
        assert_eq!(get(&file, "/0004f2ddeeff.cfg", sender, "::1"), blocked, "{sender:?}");
        assert_eq!(get(&file, "/0004f2aaaaaa/0004f2ddeeff.cfg", sender, "::1"), blocked, "{sender:?}");
    }
    assert_eq!(verdict(&file, "DELETE", "/sip.ld", stolen, "::1", NOW), blocked);
}

#[test]
fn a_site_written_as_ipv6_of_ipv4_is_the_ipv4_one() {
    let site = |from: &str, address: &str| {
        let line = format!("0004f2aabbcc exempt from={from} until=2027-03-31");
        get(&parsed(line).list(false), "/0004f2aabbcc.cfg", Sender::NoCertificate, address)
            == Verdict::Allow(Reason::ExemptDevice)
    };
    for from in ["::ffff:203.0.113.0/120", "::ffff:203.0.113.9/120", "::ffff:cb00:7100/121", "::ffff:203.0.113.7"] {
        assert!(site(from, "203.0.113.7") && site(from, "::ffff:203.0.113.7"), "{from}");
        assert!(!site(from, "203.0.114.7"), "{from}");
    }
    assert!(!site("::ffff:cb00:7100/121", "203.0.113.128") && !site("::ffff:203.0.113.7", "203.0.113.8"));
    assert!(site("::ffff:0:0/97", "100.51.100.7") && !site("::ffff:0:0/97", "2001:db8::1"));
    assert!(site("::/1", "2001:db8::1") && !site("::/1", "198.51.100.7"));
}

#[test]
fn an_exempt_phone_gets_its_own_and_shared_files_from_its_site() {
    let exempt = Verdict::Allow(Reason::ExemptDevice);
    let file = parsed(FILE);
    let file = file.list(false);
    let none = Sender::NoCertificate;
    for from in ["203.0.113.7", "203.0.113.255", "2001:db8:0:1::5", "::ffff:203.0.113.7"] {
        for path in ["/0004f2aabbcc.cfg", "/sip.ld"] {
            for sender in [none, Sender::Untrusted, Sender::Expired, Sender::Revoked] {
                assert_eq!(get(&file, path, sender, from), exempt, "{path} {sender:?} {from}");
            }
            assert_eq!(get(&file, path, Sender::PlainHttp, from), Verdict::Deny(Reason::PlainHttp));
        }
        assert_eq!(verdict(&file, "PUT", "/0004f2aabbcc-boot.log", none, from, NOW), exempt);
        assert_eq!(verdict(&file, "PUT", "/0004f2aabbcc/.htaccess", none, from, NOW), Verdict::Deny(Reason::Write));
        assert_eq!(verdict(&file, "PUT", "/sip.ld", none, from, NOW), Verdict::Deny(Reason::NoCertificate));
    }
    let refused = Verdict::Deny(Reason::NoCertificate);
    assert_eq!(get(&file, "/0004f2aabbcc.cfg", none, "203.0.114.7"), refused);
    assert_eq!(get(&file, "/sip.ld", none, "203.0.114.7"), refused);
    assert_eq!(get(&file, "/sip.ld", none, "2001:db9::1"), refused);
    assert_eq!(get(&file, "/0004f2aaaaaa.cfg", none, "203.0.113.7"), refused, "another's file");
    assert_eq!(get(&file, "/64167f001122.cfg", none, "203.0.113.7"), refused, "allowed is not exempt");
}

#[test]
fn an_exemption_does_not_count_beside_a_trusted_certificate() {
    let file = parsed(FILE);
    let file = file.list(false);
    let from = "203.0.113.7";
    let other = Sender::Device(mac(OWN));
    assert_eq!(get(&file, "/0004f2aabbcc.cfg", other, from), Verdict::Deny(Reason::MacMismatch));
    assert_eq!(get(&file, "/0004f2aabbcc.cfg", Sender::Nobody, from), Verdict::Deny(Reason::NoDeviceIdentity));
    assert_eq!(
        get(&file, "/0004f2aabbcc.cfg", Sender::Device(mac("0004f2aabbcc")), from),
        Verdict::Allow(Reason::OwnFile)
    );
}

#[test]
fn an_exemption_ends_with_its_day_in_utc() {
    let parsed = parsed(FILE);
    let file = parsed.list(false);
    let last = UnixTime::end_of_day("2027-03-31").unwrap();
    let at = |path, now| verdict(&file, "GET", path, Sender::NoCertificate, "203.0.113.7", now);
    for path in ["/0004f2aabbcc.cfg", "/sip.ld"] {
        assert_eq!(at(path, last), Verdict::Allow(Reason::ExemptDevice));
        assert_eq!(at(path, last + 1), Verdict::Deny(Reason::NoCertificate));
    }
    let over = |path| get(&file, path, Sender::NoCertificate, "198.51.100.9");
    assert_eq!(over("/0004f2000001.cfg"), Verdict::Deny(Reason::NoCertificate));
    assert_eq!(over("/sip.ld"), Verdict::Deny(Reason::NoCertificate));
    let [warning] = parsed.warnings() else { panic!("{:?}", parsed.warnings()) };
    assert!(
        warning.contains("1 exemption") && warning.contains("0004f2000001 in line 6 ended on 2026-01-01"),
        "{warning}"
    );
}

#[test]
fn a_closed_file_lets_in_what_it_has() {
    let file = parsed(FILE);
    let file = file.list(true);
    let of = |device: &str, path: &str| get(&file, path, Sender::Device(mac(device)), "::1");
    for path in ["/0004f2aaaaaa.cfg", "/sip.ld", "/64167f001122.cfg"] {
        assert_eq!(of(OWN, path), Verdict::Deny(Reason::UnknownDevice), "{path}");
    }
    for device in ["64167f001122", "0004f2aabbcc", "0004f2000001"] {
        assert_eq!(of(device, &format!("/{device}.cfg")), Verdict::Allow(Reason::OwnFile), "{device}");
        assert_eq!(of(device, "/sip.ld"), Verdict::Allow(Reason::OtherFile), "{device}");
    }
    let prefixes =
        crate::built_in::owned_prefixes::OwnedPrefixes::none().with([mac(OWN).oui(), mac("64167f001122").oui()]);
    let any = Sender::AnyOf(&prefixes);
    assert_eq!(get(&file, "/0004f2aaaaaa.cfg", any, "::1"), Verdict::Deny(Reason::UnknownDevice));
    assert_eq!(get(&file, "/64167f001122.cfg", any, "::1"), Verdict::Allow(Reason::OwnFile));
}

#[test]
fn an_operator_is_told_what_kind_of_file_it_is() {
    let [file, allowed] = [parsed(FILE), parsed("64167f001122 allow\n")];
    assert!(file.list(true).is_closed() && !file.list(false).is_closed());
    let (shared, own) = (DeviceList::new(file.words(), true), file.list(true));
    assert!(shared.prefixes().next().is_some() && shared.prefixes().eq(own.prefixes()), "what is shared is the list");
    assert!(file.list(false).has_exemptions() && !allowed.list(false).has_exemptions());
    let [blocked, both] = ["64167f001122 block\n", "64167f001122 block\n64167f001123 allow\n"].map(parsed);
    let [allowed, blocked, both] = [&allowed, &blocked, &both].map(|file| file.list(true));
    assert!(allowed.lists_anyone() && both.lists_anyone() && !blocked.lists_anyone());
}

#[test]
fn a_file_has_the_prefixes_of_all_its_devices_once_and_in_order() {
    let lines = b"64167f001122 allow\n64167f001123 allow\n0004f2ddeeff block\n\
        aabbccddeeff exempt from=203.0.113.7 until=2027-03-31\n64167f001121 block\n";
    let file = parsed(lines);
    let prefixes: Vec<String> = file.list(false).prefixes().map(|oui| oui.to_string()).collect();
    assert_eq!(prefixes, ["0004f2", "64167f", "aabbcc"]);
    assert_eq!(parsed("# none\n").list(false).prefixes().count(), 0);
}

#[test]
fn an_operator_reads_what_the_file_says_of_a_device() {
    let file = parsed(FILE);
    let (open, closed) = (file.list(false), file.list(true));
    for (device, says) in [
        ("64167f001122", "allow"),
        ("0004f2ddeeff", "block"),
        ("0004f2aabbcc", "exempt from=203.0.113.0/24,2001:db8::/48 until=2027-03-31"),
        ("0004f2000001", "exempt from=198.51.100.9 until=2026-01-01 even-proven"),
    ] {
        assert_eq!((open.says(mac(device)), closed.says(mac(device))), (says.to_owned(), says.to_owned()));
        // as a line would have it
        let line = Line::parse(format!("{device} {says}").as_bytes()).unwrap().unwrap();
        assert_eq!((line.mac, line.entry.to_string()), (mac(device), says.to_owned()));
    }
    let even_proven = |device| open.is_exempt_even_proven(mac(device));
    assert!(even_proven("0004f2000001") && !even_proven("0004f2aabbcc") && !even_proven("64167f001122"));
    assert_eq!(open.says(mac(OWN)), "not in the file");
    assert_eq!(closed.says(mac(OWN)), "not in the closed file");
    assert_eq!(
        (format!("{open:?}"), format!("{closed:?}")),
        ("DeviceList(4)".to_owned(), "DeviceList(4, closed)".to_owned())
    );
    let empty = parsed("");
    let empty = empty.list(true);
    assert_eq!((open.len(), open.is_empty(), empty.len(), empty.is_empty()), (4, false, 0, true));
}

#[test]
fn an_operator_is_warned_of_exemptions_that_are_over_and_of_no_others() {
    let lines = b"0004f2000001 exempt from=203.0.113.7 until=2027-03-31\n\
        0004f2000002 exempt from=203.0.113.7 until=2027-01-31\n\
        0004f2000003 exempt from=203.0.113.7 until=2027-02-28\n\
        0004f2000004 exempt from=203.0.113.7 until=2027-02-28\n";
    let warnings = |now| DeviceFile::parse(lines, now).unwrap().warnings().to_vec();
    let last = UnixTime::end_of_day("2027-01-31").unwrap();
    assert_eq!(warnings(last), [""; 0]);
    let over = |count, line| format!("has {count} exemptions that have ended: {line}");
    assert_eq!(warnings(last + 1), [over(1, "0004f2000002 in line 2 ended on 2027-01-31")]);
    let february = UnixTime::end_of_day("2027-02-28").unwrap();
    assert_eq!(warnings(february + 1), [over(3, "0004f2000002 in line 2 ended on 2027-01-31")]);
    // one that ends this very second has not ended yet, even where it would be the first to be reported
    let early = b"0004f2000001 exempt from=203.0.113.7 until=2027-02-28\n\
        0004f2000002 exempt from=203.0.113.7 until=2027-01-31\n";
    let file = DeviceFile::parse(early, february).unwrap();
    assert_eq!(file.warnings(), [over(1, "0004f2000002 in line 2 ended on 2027-01-31")]);
}

#[test]
fn an_operator_is_warned_of_an_exemption_from_nearly_everywhere() {
    let file = b"0004f2000001 block\n0004f2000002 exempt from=203.0.113.0/24 until=2027-03-31\n\
        0004f2000003 exempt from=198.51.100.0/24,0.0.0.0/1 until=2027-03-31\n";
    let file = DeviceFile::parse(file, NOW).unwrap();
    let [warning] = file.warnings() else { panic!("{:?}", file.warnings()) };
    assert!(
        warning.starts_with("exempts 0004f2000003 in line 3 from 0.0.0.0/1, where nearly everybody is"),
        "{warning}"
    );
}

#[test]
fn an_operator_is_told_that_a_file_is_saved_as_utf_16() {
    for file in [b"\xff\xfe0\0", b"\xfe\xff\x000"] {
        let error = DeviceFile::parse(file, NOW).err().unwrap();
        assert_eq!(error, "1: the file is UTF-16; save it as UTF-8");
    }
}

#[test]
fn a_bad_line_is_named_with_its_number() {
    for (line, words) in [
        ("0004f2aabbc allow", "is not a device's MAC"),
        ("000000000001 allow", "is not a device's MAC"),
        ("0004f2aabbcc", "expected allow, block, exempt or password"),
        ("0004f2aabbcc permit", "found \"permit\""),
        ("0004f2aabbcc allow stolen", "comments begin with #"),
        ("0004f2aabbcc exempt", "from= is missing"),
        ("0004f2aabbcc exempt until=2027-03-31", "from= is missing"),
        ("0004f2aabbcc exempt from=203.0.113.7", "until= is missing"),
        ("0004f2aabbcc exempt from=203.0.113.7 until=2027-02-30", "is not a day"),
        ("0004f2aabbcc exempt from=203.0.113.0/33 until=2027-02-20", "is not an address or network"),
        ("0004f2aabbcc exempt from= until=2027-02-20", "is not an address or network"),
        ("0004f2aabbcc exempt from=a until=2027-02-20", "is not an address or network"),
        ("0004f2aabbcc exempt from=0.0.0.0/0 until=2027-02-20", "is everybody"),
        ("0004f2aabbcc exempt from=::/0 until=2027-02-20", "is everybody"),
        ("0004f2aabbcc exempt from=::ffff:0:0/96 until=2027-02-20", "is everybody"),
        ("0004f2aabbcc exempt from=::1 from=::2 until=2027-02-20", "is repeated"),
        ("0004f2aabbcc exempt von=::1 until=2027-02-20", "expected from=, until= or even-proven"),
        ("0004f2aabbcc exempt even-proven even-proven", "is repeated"),
        ("0004f2aabbcc exempt even-proven=yes", "found \"even-proven=yes\""),
        ("0004f2aabbcc exempt from=::1 until=2027-02-20 proven", "found \"proven\""),
        ("0004f2aabbcc allow even-proven", "comments begin with #"),
        ("0004f2aabbcc password secret", "expected until="),
        ("0004f2aabbcc password until=2027-02-30", "is not a day"),
        ("0004f2aabbcc password until=2027-02-20 until=2027-02-21", "comments begin with #"),
        ("64:16:7f:00:11:22 block", "is in line 1 already"),
        ("0004f2aabbcc all\x01ow", "%01"),
    ] {
        let error = DeviceFile::parse(format!("64167f001122 allow\n\n{line}\n").as_bytes(), NOW).unwrap_err();
        assert!(error.starts_with("3: ") && error.contains(words), "{line}: {error}");
    }
    let error = DeviceFile::parse(b"\xff", NOW).unwrap_err();
    assert!(error.contains("1: ") && error.contains("not UTF-8"), "{error}");
    assert!(DeviceFile::read(Path::new("/nowhere"), NOW).unwrap_err().contains("/nowhere"));
}

proptest! {
    /// Against a walk over all lines.
    #[test]
    fn lookups_agree_with_a_walk_over_the_lines(
        lines in prop::collection::btree_map(0u64..40, (0u8..4, 0u8..4, 20u8..33, any::<bool>()), 0..30),
        asked in 0u64..40,
        from in (0u8..4, 0u8..4),
        closed in any::<bool>(),
    ) {
        let mac = |number: u64| Mac::from_bits(0x0004_f200_0000 + number);
        let text: String = lines.iter().map(|(&number, &(kind, net, length, over))| {
            let until = if over { "2020-01-01" } else { "2040-01-01" };
            match kind {
                0 => format!("{} allow\n", mac(number)),
                1 => format!("{} block\n", mac(number)),
                _ => format!("{} exempt from=10.0.{net}.1/{length} until={until}\n", mac(number)),
            }
        }).collect();
        let file = parsed(text);
        let file = file.list(closed);
        let address = IpAddr::from([10, 0, from.0, from.1]);
        let covers = |&(kind, net, length, over): &(u8, u8, u8, bool)| {
            let shift = 32 - u32::from(length);
            let bits = |third: u8, last: u8| u32::from_be_bytes([10, 0, third, last]) >> shift;
            kind > 1 && !over && bits(net, 1) == bits(from.0, from.1)
        };
        let line = lines.get(&asked);
        prop_assert_eq!(file.blocks(mac(asked)), line.is_some_and(|line| line.0 == 1));
        prop_assert_eq!(file.listing(mac(asked)) == Listing::ShutOut, closed && line.is_none());
        prop_assert_eq!(file.exempts(Named::One(mac(asked)), address, NOW), line.is_some_and(covers));
        prop_assert_eq!(file.exempts(Named::Nobody, address, NOW), lines.values().any(covers));
        prop_assert!(!file.exempts(Named::Several, address, NOW));
        prop_assert!(file.devices().map(|(mac, _)| mac).eq(lines.keys().map(|&number| mac(number))));
    }

    /// Against the lines as they are read one by one.
    #[test]
    fn the_words_say_of_each_device_what_its_line_says(
        lines in prop::collection::btree_map(
            0u64..1 << 30,
            prop_oneof![
                Just("allow".to_owned()),
                Just("block".to_owned()),
                Just("password".to_owned()),
                (1..28u8).prop_map(|day| format!("password until=2027-02-{day:02}")),
                (prop::collection::vec(any::<(IpAddr, u8)>(), 1..4), 1..28u8, any::<bool>()).prop_map(exemption),
            ],
            0..40,
        ),
        asked in any::<(IpAddr, bool)>(),
        day in 1..28u8,
    ) {
        let mac = |number: u64| Mac::from_bits(0x0004_f200_0000 + number * 7);
        let text: String = lines.iter().rev().map(|(&number, said)| format!("{} {said}\n", mac(number))).collect();
        let read = |number, said: &String| Line::parse(format!("{} {said}", mac(number)).as_bytes()).unwrap().unwrap();
        let file = parsed(&text);
        let list = file.list(false);
        prop_assert_eq!(list.len(), lines.len());
        let now = UnixTime::end_of_day(&format!("2027-02-{day:02}")).unwrap();
        // an address of one of the sites, as often as not
        let networks = || lines.iter().flat_map(|(&number, said)| match read(number, said).entry {
            Entry::Exempt(exemption) => exemption.from,
            _ => Vec::new(),
        });
        let from = networks().map(|network| network.addr()).find(|_| asked.1).unwrap_or(asked.0);
        let mut is_site = false;
        for (&number, said) in &lines {
            let entry = read(number, said).entry;
            prop_assert_eq!(list.entry(mac(number)), Some(entry.clone()));
            prop_assert_eq!(list.says(mac(number)), said.clone());
            let holds = match entry {
                Entry::Exempt(exemption) => {
                    prop_assert_eq!(list.is_exempt_even_proven(mac(number)), exemption.even_proven);
                    let covers = |network: &IpNet| network.contains(&from.to_canonical());
                    now <= exemption.until && exemption.from.iter().any(covers)
                }
                _ => false,
            };
            prop_assert_eq!(list.exempts(Named::One(mac(number)), from, now), holds);
            is_site |= holds;
            let (before, after) = (Mac::from_bits(mac(number).bits() - 1), Mac::from_bits(mac(number).bits() + 1));
            prop_assert_eq!((list.entry(before), list.entry(after)), (None, None));
        }
        prop_assert_eq!(list.exempts(Named::Nobody, from, now), is_site);
        let brief = |(&number, said): (&u64, &String)| match read(number, said).entry {
            Entry::Allow => (mac(number), Said::Allow, None),
            Entry::Block => (mac(number), Said::Block, None),
            Entry::Exempt(exemption) => (mac(number), Said::Exempt, Some(exemption.until)),
            Entry::Password(line) => (mac(number), Said::Password, Some(line.until)),
        };
        for first in lines.keys().flat_map(|&number| [number, number + 1]).chain([0]) {
            prop_assert!(list.devices_from(mac(first)).eq(lines.range(first..).map(brief)));
        }
        for (&number, said) in &lines {
            let until = match read(number, said).entry {
                Entry::Password(line) => Some(line.until),
                _ => None,
            };
            prop_assert_eq!(list.password_until(mac(number)), until);
        }
        let mut prefixes: Vec<Oui> = lines.keys().map(|&number| mac(number).oui()).collect();
        prefixes.dedup();
        prop_assert!(list.prefixes().eq(prefixes));
    }

    /// As a reader may see them whose list is overwritten.
    #[test]
    fn no_words_make_a_list_fail_or_take_long(
        words in prop::collection::vec(prop_oneof![0u64..40, any::<u64>(), Just(u64::MAX)], 0..40),
        number in any::<u64>(),
        from in any::<IpAddr>(),
    ) {
        let words: Vec<AtomicU64> = words.into_iter().map(AtomicU64::new).collect();
        let (list, mac) = (DeviceList::new(&words, true), Mac::from_bits(number));
        prop_assert!(list.len() <= words.len() && list.devices().count() <= words.len());
        prop_assert!(list.prefixes().count() <= words.len() && list.devices_from(mac).count() <= words.len());
        let _ = (list.listing(mac), list.says(mac), list.lists_anyone(), list.is_exempt_even_proven(mac));
        let _ = list.password_until(mac);
        let _ = (list.exempts(Named::One(mac), from, NOW), list.exempts(Named::Nobody, from, NOW));
    }
}
