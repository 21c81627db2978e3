//! Nobody but its own phone gets what names a phone, whatever stands around the name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::{Asked, Policy, Sender, User, Verdict, decide, reads};
use mtlsprotect_core::names::{Names, Texts};
use mtlsprotect_core::time::UnixTime;
use std::net::{IpAddr, Ipv4Addr};

const ATTACKER: Mac = Mac::from_bits(0x0004f2_aaaaaa);
/// How the victim is spelled: certainly, loosely, encoded. What stands around none of these can make them a name of
/// nobody's.
const VICTIM: [&[u8]; 16] = [
    b"/0004f2bbbbbb.cfg",
    b"/00:04:F2:bb:bb:bb/",
    b"/00-04-f2_bb-bb-bb.xml",
    b"/%30004f2bbbbbb/",
    b"/0004f2%2562bbbbb.cfg",
    b"?mac=0004.f2bb.bbbb&",
    b"/0004f2~bbbbbb/",
    b"/00_04_f2_bb_bb_bb/",
    b"/0-4-f2-bb-bb-bb-app.log/",
    b"/00-04-f2-bb-bb-bb-directory.xml/",
    b"/x50004f2bbbbbb.cfg/",
    b"/0~0~0~4~f~2~b~b~b~b~b~b/",
    b"/0004f2~~~~~~~~bbbbbb/",
    b"/%EF%BC%90004f2bbbbbb/",
    b"/\xef\xbc\x90004f2bbbbbb/",
    b"?mac=0004f2bbbbbb-phone&",
];
const METHODS: [&[u8]; 4] = [b"GET", b"PUT", b"HEAD", b"OPTIONS"];

fuzz_target!(|input: &[u8]| {
    let [spelling, method, around @ ..] = input else { return };
    let victim = VICTIM[usize::from(*spelling) % VICTIM.len()];
    let method = METHODS[usize::from(*method) % METHODS.len()];
    let (before, after) = around.split_at(around.len() / 2);
    let sent = [before, victim, after].concat();

    let known = KnownPrefixes::built_in();
    let policy = Policy::with_defaults(&known);
    for sender in [Sender::Device(ATTACKER), Sender::NoCertificate] {
        let texts = Texts { sent: &sent, ..Texts::default() };
        let names = Names::of(&texts, &policy.naming, sender.mac(), !reads(method));
        let (from, now) = (IpAddr::V4(Ipv4Addr::LOCALHOST), UnixTime::EPOCH);
        let asked = Asked { method, names: &names, sender, from, now, proven: None, user: User::NoDevice };
        let verdict = decide(&policy, &asked);
        assert!(matches!(verdict, Verdict::Deny(_)), "{sender:?} {verdict:?} {}", sent.escape_ascii());
    }
});
