use super::*;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::built_in::owned_prefixes::OwnedPrefixes;
use crate::decision::asked::User;
use crate::decision::methods::{DEFAULT_METHODS, Methods};
use crate::decision::policy::Passwords;
use crate::decision::proven::Proven;
use crate::decision::reason::Reason;
use crate::decision::rule::Rule;
use crate::mac::Mac;
use crate::names::naming::Naming;
use crate::names::texts::{Headers, Texts};
use crate::time::UnixTime;

const OWN: &str = "0004f2aaaaaa";

fn own() -> Mac {
    Mac::parse(OWN.as_bytes()).unwrap()
}

/// The verdict on a method and a path with a query, from a sender.
fn verdict(
    mode: Mode,
    other_files: OtherFiles,
    methods: &Methods,
    method: &str,
    target: &str,
    sender: Sender<'_>,
) -> Verdict {
    let known = KnownPrefixes::built_in();
    let parameters = ["mac".into()];
    let policy = Policy {
        mode,
        other_files,
        methods,
        naming: Naming { parameters: &parameters, ..Naming::with_defaults(&known) },
        devices: None,
        learns: false,
        passwords: None,
    };
    let (uri, args) = target.split_once('?').unwrap_or((target, ""));
    let texts = Texts { sent: target.as_bytes(), uri: uri.as_bytes(), args: args.as_bytes(), ..Texts::default() };
    let names = Names::of(&texts, &policy.naming, sender.mac(), !reads(method.as_bytes()));
    decide(&policy, &asked(method, &names, sender))
}

fn asked<'a>(method: &'a str, names: &'a Names, sender: Sender<'a>) -> Asked<'a> {
    Asked {
        method: method.as_bytes(),
        names,
        sender,
        from: [203, 0, 113, 7].into(),
        now: UnixTime::from_seconds(1_000_000_000),
        proven: None,
        user: User::NoDevice,
    }
}

fn on(method: &str, target: &str, sender: Sender<'_>) -> Verdict {
    verdict(Mode::On, OtherFiles::Device, &DEFAULT_METHODS, method, target, sender)
}

#[test]
fn row_1_off_is_not_judged() {
    let off = verdict(Mode::Off, OtherFiles::Deny, &DEFAULT_METHODS, "DELETE", "/0004f2bbbbbb", Sender::PlainHttp);
    assert_eq!(off, Verdict::NotJudged);
}

#[test]
fn row_2_a_method_that_phones_do_not_use() {
    assert_eq!(on("POST", "/0004f2aaaaaa.cfg", Sender::Device(own())), Verdict::Deny(Reason::Method));
    let uploads = Methods::new(["PUT"]).unwrap();
    for target in ["/0004f2aaaaaa.cfg", "/sip.ld"] {
        let read = verdict(Mode::On, OtherFiles::Device, &uploads, "GET", target, Sender::Device(own()));
        assert_eq!(read, Verdict::Deny(Reason::Method), "{target}");
    }
}

#[test]
fn what_phones_ask_for_most_often_is_decided_at_once() {
    let known = KnownPrefixes::built_in();
    let (device, strangers) = (Policy::with_defaults(&known), Sender::Device(Mac::parse(b"0004f2bbbbbb").unwrap()));
    let deny = Policy { other_files: OtherFiles::Deny, ..Policy::with_defaults(&known) };
    let own = Sender::Device(own());
    for (policy, path, sender, at_once) in [
        (&device, "/0004f2aaaaaa.cfg", own, Some(Verdict::Allow(Reason::OwnFile))),
        (&device, "/sip.ld", own, Some(Verdict::Allow(Reason::OtherFile))),
        (&device, "/0004f2aaaaaa.cfg", strangers, None),
        (&device, "/0004f2aaaaaa.cfg", Sender::Untrusted, None),
        (&deny, "/sip.ld", own, None),
    ] {
        let texts = Texts { sent: path.as_bytes(), uri: path.as_bytes(), ..Texts::default() };
        let names = Names::of(&texts, &policy.naming, sender.mac(), false);
        assert_eq!(decide_at_once(policy, b"GET", &names, sender), at_once, "{path} {sender:?}");
        assert!(at_once.is_none_or(|verdict| verdict == decide_in_order(policy, &asked("GET", &names, sender))));
    }
}

#[test]
fn row_3_a_name_parameter_that_is_no_address() {
    assert_eq!(on("GET", "/x?mac=12", Sender::Device(own())), Verdict::Deny(Reason::MalformedName));
}

#[test]
fn rows_4_and_5_other_files_for_anybody_or_nobody() {
    let with =
        |other_files, method| verdict(Mode::On, other_files, &DEFAULT_METHODS, method, "/sip.ld", Sender::PlainHttp);
    assert_eq!(with(OtherFiles::Allow, "GET"), Verdict::Allow(Reason::OtherFile));
    assert_eq!(with(OtherFiles::Allow, "PUT"), Verdict::Deny(Reason::PlainHttp));
    assert_eq!(with(OtherFiles::Deny, "GET"), Verdict::Deny(Reason::OtherFile));
    assert_eq!(with(OtherFiles::Deny, "PUT"), Verdict::Deny(Reason::OtherFile));
}

#[test]
fn row_6_two_devices() {
    assert_eq!(on("GET", "/0004f2aaaaaa/0004f2bbbbbb", Sender::PlainHttp), Verdict::Deny(Reason::AmbiguousName));
}

#[test]
fn rows_7_to_11_who_is_not_proven_to_be_a_device() {
    for (sender, reason) in [
        (Sender::PlainHttp, Reason::PlainHttp),
        (Sender::NoCertificate, Reason::NoCertificate),
        (Sender::Untrusted, Reason::UntrustedCertificate),
        (Sender::Expired, Reason::ExpiredCertificate),
        (Sender::Revoked, Reason::RevokedCertificate),
        (Sender::Nobody, Reason::NoDeviceIdentity),
        (Sender::OtherVendors(own()), Reason::VendorMismatch),
    ] {
        for target in ["/sip.ld", "/0004f2aaaaaa.cfg"] {
            assert_eq!(on("GET", target, sender), Verdict::Deny(reason), "{target}");
        }
    }
}

#[test]
fn rows_12_and_13_what_names_nobody_is_read_and_not_written() {
    let device = Sender::Device(own());
    assert_eq!(on("GET", "/000000000000.cfg", device), Verdict::Allow(Reason::OtherFile));
    assert_eq!(on("PUT", "/000000000000.cfg", device), Verdict::Deny(Reason::Write));
    assert_eq!(on("PUT", "/0004f2aaaaaa/.htaccess", device), Verdict::Deny(Reason::Write));
    assert_eq!(on("GET", "/0004f2aaaaaa/.htaccess", device), Verdict::Allow(Reason::OwnFile));
}

#[test]
fn row_14_another_device() {
    assert_eq!(on("GET", "/0004f2bbbbbb.cfg", Sender::Device(own())), Verdict::Deny(Reason::MacMismatch));
    assert_eq!(on("PUT", "/0004f2bbbbbb.cfg", Sender::Device(own())), Verdict::Deny(Reason::MacMismatch));
}

#[test]
fn row_15_writing_where_only_the_query_or_a_folded_segment_names_the_sender() {
    for target in ["/sip.ld?mac=0004f2aaaaaa", "/0004f2aaaaaa%2f..%2fsip.ld", "/0004f2aaaaaa/..;x/sip.ld"] {
        assert_eq!(on("PUT", target, Sender::Device(own())), Verdict::Deny(Reason::Write), "{target}");
    }
}

#[test]
fn row_16_its_own() {
    for (method, target) in
        [("GET", "/x?mac=0004f2aaaaaa"), ("PUT", "/0004f2aaaaaa-app.log"), ("HEAD", "/0004F2AAAAAA")]
    {
        assert_eq!(on(method, target, Sender::Device(own())), Verdict::Allow(Reason::OwnFile), "{target}");
    }
}

#[test]
fn every_rule_has_a_case_of_its_own() {
    let mut cases: Vec<&str> = Rule::ALL.iter().map(|rule| rule.case()).collect();
    cases.sort_unstable();
    cases.dedup();
    assert_eq!(cases.len(), Rule::ALL.len());
}

#[test]
fn a_device_of_a_vendor_without_names_has_the_files_of_its_prefixes() {
    let prefixes = OwnedPrefixes::none().with([Mac::parse(b"0080f0000000").unwrap().oui()]);
    let any = Sender::AnyOf(&prefixes);
    assert_eq!(on("GET", "/Config0080f0aaaaaa.cfg", any), Verdict::Allow(Reason::OwnFile));
    assert_eq!(on("GET", "/Config0080f0bbbbbb.cfg", any), Verdict::Allow(Reason::OwnFile));
    assert_eq!(on("GET", "/0004f2aaaaaa.cfg", any), Verdict::Deny(Reason::MacMismatch));
    assert_eq!(on("GET", "/0080f0aaaaaa/0080f0bbbbbb", any), Verdict::Deny(Reason::AmbiguousName));
    assert_eq!(on("GET", "/sip.ld", any), Verdict::Allow(Reason::OtherFile));
    assert_eq!(on("PUT", "/sip.ld", any), Verdict::Deny(Reason::Write));
}

/// Who has proven itself: one device.
#[derive(Debug)]
struct Only(Mac);

impl Proven for Only {
    fn is_proven(&self, mac: Mac) -> bool {
        mac == self.0
    }

    fn was_proven_with_this(&self, _: Mac) -> bool {
        false
    }
}

#[test]
fn learn_lets_pass_what_names_one_device_unless_it_hides_one_that_has_proven_itself() {
    let known = KnownPrefixes::built_in();
    let policy = Policy { mode: Mode::Learn, learns: true, ..Policy::with_defaults(&known) };
    let proven = Only(own());
    let other = |last: u64| Mac::from_bits(0x0004_f2bb_bb00 + last);
    let texts = Texts { sent: b"/0004f2bbbb00.cfg", ..Texts::default() };
    let names = Names::of(&texts, &policy.naming, None, false);
    let asked = Asked { proven: Some(&proven), ..asked("GET", &names, Sender::NoCertificate) };
    let passes = |macs: &[Mac]| {
        let mut hidden = Hidden::default();
        macs.iter().for_each(|&mac| hidden.add(mac));
        learn_lets_pass(&policy, &asked, Reason::NoCertificate, &|| hidden.clone())
    };
    assert!(passes(&[]) && passes(&[other(0), other(1), other(2)]));
    assert!(!passes(&[own()]) && !passes(&[other(1), own()]));
    let many: Vec<Mac> = (1..10).map(other).collect();
    assert!(!passes(&many), "one of those that are not told apart may be proven");
}

/// The verdict on a read of another device's file by somebody without a certificate, where passwords are good.
fn by_password(target: &str, agent: &str, other_files: OtherFiles, proven: Option<&dyn Proven>, user: User) -> Verdict {
    let known = KnownPrefixes::built_in();
    let passwords = Some(&Passwords { until: UnixTime::MAX });
    let policy = Policy { other_files, passwords, ..Policy::with_defaults(&known) };
    let texts = Texts { sent: target.as_bytes(), uri: target.as_bytes(), ..Texts::default() };
    let headers = Headers { user_agent: agent.as_bytes(), ..Headers::default() };
    let names = Names::of(&texts, &policy.naming, None, false).and(&Names::of_headers(&headers, &policy.naming, None));
    decide(&policy, &Asked { proven, user, ..asked("GET", &names, Sender::NoCertificate) })
}

#[test]
fn a_password_is_asked_for_unless_the_device_has_proven_itself_or_nobody_knows() {
    let (own, other) = (Only(own()), Only(Mac::parse(b"0004f2bbbbbb").unwrap()));
    let ask = |proven| by_password("/0004f2aaaaaa.cfg", "", OtherFiles::Device, proven, User::Unknown);
    assert_eq!(ask(Some(&other)), Verdict::Deny(Reason::Password));
    assert_eq!(ask(Some(&own)), Verdict::Deny(Reason::NoCertificate));
    assert_eq!(ask(None), Verdict::Deny(Reason::NoCertificate));
}

#[test]
fn a_phone_that_names_itself_in_a_header_has_files_by_its_password_unless_nobody_has_them() {
    let nobody = Only(Mac::parse(b"0004f2bbbbbb").unwrap());
    let agent = "Yealink SIP-T46S 66.84.0.15 00:04:f2:aa:aa:aa";
    let read = |target, agent, other_files| by_password(target, agent, other_files, Some(&nobody), User::Device(own()));
    assert_eq!(read("/sip.ld", agent, OtherFiles::Device), Verdict::Allow(Reason::Password));
    assert_eq!(read("/sip.ld", agent, OtherFiles::Deny), Verdict::Deny(Reason::NoCertificate));
    assert_eq!(read("/0004f2aaaaaa.cfg", agent, OtherFiles::Deny), Verdict::Allow(Reason::Password));
    assert_eq!(read("/0004f2aaaaaa.cfg", "", OtherFiles::Deny), Verdict::Allow(Reason::Password));
    // who names nobody can't be anybody
    assert_eq!(read("/sip.ld", "", OtherFiles::Device), Verdict::Deny(Reason::NoCertificate));
}
