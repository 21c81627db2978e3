//! Tests of what the lines about a device come to, in whatever order they are read.

use super::*;
use crate::audit::fleet::State;
use crate::audit::when::LastDay;

fn at(second: u64) -> When {
    When::of_access_log(
        format!("23/Nov/2026:10:{:02}:{:02} +0000", second / 60, second % 60).as_bytes(),
        &mut LastDay::default(),
    )
    .unwrap()
}

const OFFICE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1)));
const ELSEWHERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 66)));
const OWN_FILE: Evidence = Evidence::Proof(Reason::OwnFile);
const NO_CERTIFICATE: Evidence = Evidence::Claim(Reason::NoCertificate);

/// The device after these lines, read forwards and backwards.
fn device(lines: &[(Evidence, Option<IpAddr>, When)]) -> Device {
    let read = |lines: &mut dyn Iterator<Item = &(Evidence, Option<IpAddr>, When)>| {
        let mut device = Device::default();
        lines.for_each(|&(evidence, from, when)| device.note(evidence, from, when));
        device
    };
    let (forwards, backwards) = (read(&mut lines.iter()), read(&mut lines.iter().rev()));
    assert_eq!(forwards.readiness(), backwards.readiness());
    forwards
}

fn state(lines: &[(Evidence, Option<IpAddr>, When)]) -> State {
    State::of(&device(lines))
}

#[test]
fn a_phone_renewed_since_is_ready_and_one_that_lost_its_certificate_is_not() {
    let expired = Evidence::Claim(Reason::ExpiredCertificate);
    assert_eq!(state(&[(expired, OFFICE, at(1))]), State::Untrusted);
    assert_eq!(state(&[(expired, OFFICE, at(1)), (OWN_FILE, OFFICE, at(2))]), State::Ready);
    assert_eq!(state(&[(OWN_FILE, OFFICE, at(1)), (NO_CERTIFICATE, OFFICE, at(2))]), State::NoCertificate);
    assert_eq!(state(&[(NO_CERTIFICATE, OFFICE, at(1)), (expired, ELSEWHERE, at(2))]), State::Untrusted);
}

#[test]
fn a_phone_that_is_asked_for_its_password_and_sends_it_is_fine() {
    let password = Evidence::Proof(Reason::Password);
    assert_eq!(state(&[(NO_CERTIFICATE, OFFICE, at(1)), (password, OFFICE, at(1))]), State::Password);
    assert_eq!(state(&[(password, OFFICE, at(1)), (OWN_FILE, OFFICE, at(2))]), State::Ready);
    assert_eq!(state(&[(password, OFFICE, at(1)), (NO_CERTIFICATE, OFFICE, at(2))]), State::NoCertificate);
    assert!(State::Password.is_fine() && !State::Password.is_refused_by_learn(None, true));
}

#[test]
fn what_a_stranger_asks_for_makes_no_phone_less_ready() {
    let device = device(&[(OWN_FILE, OFFICE, at(1)), (NO_CERTIFICATE, ELSEWHERE, at(2))]);
    assert_eq!(State::of(&device), State::Ready);
    assert_eq!(device.readiness().claimed_at, ELSEWHERE.zip(Some(Reason::NoCertificate)));
}

#[test]
fn a_mismatch_is_over_once_the_phone_has_booted_without() {
    let mismatch = Evidence::Mismatch(Mac::from_bits(0x0004_f2bb_bbbb), Reason::MacMismatch);
    assert_eq!(state(&[(mismatch, OFFICE, at(1))]), State::Mismatch);
    assert_eq!(state(&[(mismatch, OFFICE, at(1)), (OWN_FILE, OFFICE, at(5))]), State::Mismatch, "of the same boot");
    let hour_later = When::of_access_log(b"23/Nov/2026:11:30:00 +0000", &mut LastDay::default()).unwrap();
    assert_eq!(state(&[(mismatch, OFFICE, at(1)), (OWN_FILE, OFFICE, hour_later)]), State::Ready);
}

#[test]
fn what_is_denied_whoever_asks_counts_only_where_nothing_else_is_known() {
    let denied = Evidence::Denied(Reason::Method);
    assert_eq!(state(&[(denied, OFFICE, at(1))]), State::Denied);
    assert_eq!(state(&[(OWN_FILE, OFFICE, at(1)), (denied, OFFICE, at(2))]), State::Ready);
    assert_eq!(state(&[(NO_CERTIFICATE, OFFICE, at(1)), (denied, OFFICE, at(2))]), State::NoCertificate);
}

#[test]
fn the_device_file_has_the_last_word() {
    let (blocked, exempt) = (Evidence::Proof(Reason::BlockedDevice), Evidence::Proof(Reason::ExemptDevice));
    assert_eq!(state(&[(OWN_FILE, OFFICE, at(1)), (blocked, ELSEWHERE, at(2))]), State::Blocked);
    assert_eq!(state(&[(NO_CERTIFICATE, OFFICE, at(1)), (exempt, OFFICE, at(2))]), State::Exempt);
    let mismatch = Evidence::Mismatch(Mac::from_bits(0x0004_f2bb_bbbb), Reason::MacMismatch);
    assert_eq!(state(&[(mismatch, OFFICE, at(1)), (blocked, OFFICE, at(2))]), State::Blocked);
    assert_eq!(State::of(&Device::default()), State::NotSeen);
}

#[test]
fn only_the_last_places_are_kept() {
    let mut device = Device::default();
    let address = |last: u8| Some(IpAddr::from([203, 0, 113, last]));
    for last in 0..20 {
        device.seen(address(last), at(u64::from(last)));
    }
    assert_eq!((device.places.len(), device.has_more_places), (MOST_PLACES, true));
    assert!(device.places.iter().any(|place| place.address == address(19)));
    assert!(device.places.iter().all(|place| place.address != address(3)));
    for file in 0..20 {
        device.got(file);
        device.got(file);
    }
    assert_eq!((device.files.len(), device.has_more_files), (MOST_FILES, true));
}

#[test]
fn a_request_in_both_logs_counts_once() {
    let mut device = Device::default();
    for log in [Log::Access, Log::Error, Log::Access] {
        device.judged(Fate::WouldDeny, Reason::NoCertificate, log);
    }
    assert_eq!((device.fates.len(), device.without_certificate()), (1, 2));
}
