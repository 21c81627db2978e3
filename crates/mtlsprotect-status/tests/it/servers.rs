//! An operator has several servers, and phones that ask now one and now another.

use mtlsprotect_status::device::{Device, DeviceRefusal, State};
use mtlsprotect_status::findings::{USUAL, findings};
use mtlsprotect_status::report::Report;
use mtlsprotect_status::sum::{self, Sum};
use mtlsprotect_testkit::status::fleet::{Fleet, NOW, device, status};

fn report(devices: Vec<Device>) -> Report {
    let fleet: Fleet = devices.into_iter().collect();
    Report { status: status(&fleet), devices: fleet.devices() }
}

/// All of several servers, whose devices all came.
fn all(reports: Vec<Report>) -> Sum {
    let rollout = sum::rollout(reports.iter().map(|report| report.devices.iter().cloned()));
    Sum::of(reports, rollout)
}

fn seen(state: State, ago: Option<i64>) -> Device {
    let last_refusal = (state == State::Refused).then(|| DeviceRefusal {
        time: NOW - ago.unwrap_or(0),
        verdict: "deny".into(),
        reason: "mac-mismatch".into(),
        host: "x:443".to_owned(),
    });
    let last_seen = ago.filter(|_| state != State::Refused).map(|ago| NOW - ago);
    Device { state, last_seen, last_refusal, served: 2, ..device(1) }
}

#[test]
fn a_phone_that_asked_two_servers_is_one_phone() {
    use State::{Blocked, Exempt, NeverSeen, NotYet, Password, Proven, Ready, Refused};
    for (one, other, expected) in [
        (seen(Proven, Some(50)), seen(NeverSeen, None), Proven),
        (seen(Proven, Some(50)), seen(NotYet, Some(10)), Proven),
        (seen(Proven, Some(50)), seen(Refused, Some(10)), Refused),
        (seen(Proven, Some(10)), seen(Refused, Some(50)), Proven),
        (seen(Ready, Some(50)), seen(NotYet, Some(10)), NotYet),
        (seen(Ready, Some(10)), seen(NotYet, Some(50)), Ready),
        (seen(Password, Some(50)), seen(NotYet, Some(10)), NotYet),
        (seen(Password, Some(10)), seen(Proven, Some(50)), Proven),
        (seen(Ready, Some(10)), seen(Blocked, None), Blocked),
        (seen(Exempt, None), seen(NotYet, Some(1)), Exempt),
        (seen(NeverSeen, None), seen(NeverSeen, None), NeverSeen),
    ] {
        for pair in [[&one, &other], [&other, &one]] {
            let sum = all(pair.map(|device| report(vec![device.clone()])).into());
            assert_eq!((sum.devices.len(), sum.devices[0].state, sum.rollout.all()), (1, expected, 1), "{pair:?}");
            assert_eq!(sum.devices[0].served, 4);
        }
    }
}

#[test]
fn what_two_servers_counted_is_added() {
    let reports = vec![report(vec![device(1), device(2)]), report(vec![device(2), device(3)])];
    let (one, sum) = (all(reports[..1].to_vec()), all(reports.clone()));
    let twice = sum.devices.iter().find(|found| found.mac == device(2).mac).unwrap();
    assert_eq!((sum.devices.len(), twice.served), (3, 2 * device(2).served));
    assert!(sum.devices.is_sorted_by_key(|device| device.mac) && sum.rollout.all() == 3);
    assert_eq!(sum.handshakes.full_trusted, 2 * one.handshakes.full_trusted);
    assert_eq!(sum.requests.len(), one.requests.len());
    for (both, one) in sum.requests.iter().zip(&one.requests) {
        assert_eq!((both.last_hour, both.last_day), (2 * one.last_hour, 2 * one.last_day));
        assert!(both.last_hour <= both.last_day && both.since_start == 2 * one.since_start);
    }
    assert_eq!(sum.requests[0].verdict, "deny");
}

#[test]
fn nothing_comes_of_no_server() {
    assert_eq!(all(Vec::new()), Sum::default());
}

#[test]
fn devices_that_only_one_server_knows_count_in_whatever_order_they_come() {
    let of = |numbers: &[u64]| {
        let mut devices: Vec<_> = numbers.iter().map(|&number| device(number)).collect();
        devices.sort_by_key(|device| device.mac);
        devices.into_iter()
    };
    let servers = [&[1, 2, 3, 9][..], &[], &[2, 4, 5, 6, 7, 8, 10], &[10, 2]];
    let together = of(&(1..=10).collect::<Vec<_>>());
    assert_eq!(sum::rollout(servers.map(of)), sum::rollout([together]));
}

#[test]
fn numbers_that_no_server_can_have_counted_break_nothing() {
    let most = || {
        let device = Device { served: u64::MAX, refused: u64::MAX, ..device(1) };
        let mut report = report(vec![device]);
        let status = &mut report.status;
        status.counts.iter_mut().for_each(|count| count.number = u64::MAX);
        status.history.iter_mut().flat_map(|period| &mut period.counts).for_each(|count| count.number = u64::MAX);
        status.handshakes.full_trusted = u64::MAX;
        status.proven_refused = u64::MAX;
        (status.rollout.not_yet, status.rollout.refused) = (u64::MAX, u64::MAX);
        report
    };
    assert!(findings(&most().status, &USUAL).len() > 2);
    assert_eq!(most().status.rollout.left(), u64::MAX);
    let sum = all(vec![most(), most()]);
    assert_eq!((sum.handshakes.full_trusted, sum.devices[0].served), (u64::MAX, u64::MAX));
    assert_eq!((sum.requests[0].last_hour, sum.requests[0].since_start), (u64::MAX, u64::MAX));
}
