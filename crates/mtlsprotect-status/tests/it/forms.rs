//! Programs read what is shown, and find in it what the server knows.

use mtlsprotect_core::Mac;
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_status::asked::{Asked, Format};
use mtlsprotect_status::device::{Devices, State};
use mtlsprotect_status::metrics::Form;
use mtlsprotect_status::model::{Ca, Status};
use mtlsprotect_status::report::Report;
use mtlsprotect_status::show;
use mtlsprotect_testkit::status::exposition::{Sample, read};
use mtlsprotect_testkit::status::fleet::{Fleet, NOW, status};
use std::cell::Cell;
use std::io::Read;
use std::ops::ControlFlow;

/// What is shown for a query string.
pub fn shown(status: &Status, fleet: &Fleet, query: &str) -> String {
    let mut out = Vec::new();
    show(status.clone(), fleet, &Asked::of(query.as_bytes(), b"").unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn samples(status: &Status, fleet: &Fleet, query: &str, form: Form) -> Vec<Sample> {
    let text = shown(status, fleet, query);
    read(&text, form).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"))
}

#[test]
fn json_reads_back_as_what_was_shown() {
    let fleet = Fleet::of(300);
    let status = status(&fleet);
    let of = |query: &str| Report::read(shown(&status, &fleet, query).as_bytes()).unwrap();
    // without a message: it would be long
    assert!(of("format=json") == Report { status: status.clone(), devices: fleet.devices() });
    assert!(of("format=json&devices=no") == Report { status: status.clone(), devices: Vec::new() });
    let ready = of("format=json&state=ready&prefix=0004F2");
    let expected = fleet.devices().into_iter().filter(|device| device.state == State::Ready);
    let expected: Vec<_> = expected.filter(|device| device.mac.to_string().starts_with("0004f2")).collect();
    assert!(!expected.is_empty() && ready.devices == expected, "{:?}", ready.devices);
}

#[test]
fn in_brief_there_is_all_that_adding_up_takes() {
    let fleet = Fleet::of(3000);
    let (all, brief) =
        (shown(&status(&fleet), &fleet, "format=json"), shown(&status(&fleet), &fleet, "format=json&devices=brief"));
    let read = |json: &str| Report::read(json.as_bytes()).unwrap();
    let (all, brief) = (read(&all), read(&brief));
    assert!(all.status == brief.status && all.devices.len() == brief.devices.len());
    for (device, brief) in all.devices.iter().zip(&brief.devices) {
        let told = (device.mac, device.state, device.last_seen, &device.last_refusal);
        assert_eq!(told, (brief.mac, brief.state, brief.last_seen, &brief.last_refusal));
        assert_eq!((brief.served, brief.vendor.as_ref(), brief.first_seen), (0, None, None));
    }
}

#[test]
fn a_server_that_never_ends_is_given_up() {
    let fleet = Fleet::of(2);
    let json = shown(&status(&fleet), &fleet, "format=json");
    let (begin, _) = json.split_once("\"devices\":[").unwrap();
    let error = Report::read(begin.as_bytes().chain(std::io::repeat(b' '))).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("without a device"), "{error}");
    let error = Report::read(json.replace("}]}", "},{\"mac\":\"000000000001\",\"state\":\"ready\"}]}").as_bytes());
    assert!(error.unwrap_err().to_string().contains("not in the order of their MACs"));
    let full = |_| Err("there is no room".to_owned());
    let error = mtlsprotect_status::report::read(json.as_bytes(), &mut { full }).unwrap_err();
    assert!(error.to_string().contains("there is no room"), "{error}");
}

#[test]
fn a_monitor_that_knows_more_or_less_still_reads_it() {
    let fleet = Fleet::of(2);
    let json = shown(&status(&fleet), &fleet, "format=json");
    let newer = json.replacen('{', "{\"new\":[1,{}],", 1).replace("\"state\":", "\"colour\":\"red\",\"state\":");
    assert!(newer != json && Report::read(newer.as_bytes()).is_ok());
    for (from, to) in [("\"now\":\"2026", "\"now\":\"later"), ("\"mac\":\"", "\"mac\":\"x"), ("}", "")] {
        assert!(Report::read(json.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
    }
}

#[test]
fn a_server_that_knows_of_no_balancers_or_passwords_is_still_read() {
    let fleet = Fleet::of(2);
    let json = shown(&status(&fleet), &fleet, "format=json&devices=no");
    let fields = [
        ",\"by_balancer\":90210",
        ",\"by_balancer_refused\":210",
        ",\"wrong_passwords\":1480",
        ",\"wrong_passwords\":460",
        ",\"via\":null",
        ",\"via\":\"192.0.2.10\"",
    ];
    let without = fields.into_iter().fold(json, |json, field| {
        assert!(json.contains(field), "{field}");
        json.replace(field, "")
    });
    let read = Report::read(without.as_bytes()).unwrap().status;
    assert_eq!((read.by_balancer, read.by_balancer_refused, read.wrong_passwords), (0, 0, 0));
    assert!(read.history.iter().all(|period| period.wrong_passwords == 0));
    assert!(read.refusals[5].via.is_none());
}

#[test]
fn prometheus_reads_the_same_in_both_forms() {
    let fleet = Fleet::of(500);
    let status = status(&fleet);
    let prometheus = samples(&status, &fleet, "format=prometheus", Form::Prometheus);
    let openmetrics = samples(&status, &fleet, "format=openmetrics", Form::OpenMetrics);
    assert_eq!(prometheus, openmetrics);
    let number = |name: &str, label: &str, value: &str| {
        let with = |sample: &&Sample| sample.name == name && (label.is_empty() || sample.labels[label] == value);
        prometheus.iter().filter(with).map(|sample| sample.value).sum::<f64>()
    };
    for (name, label, value, expected) in [
        ("mtlsprotect_requests_total", "reason", "mac-mismatch", 2.0 * 4211.0),
        ("mtlsprotect_requests_total", "verdict", "allow", 976.0 * 4211.0),
        ("mtlsprotect_handshakes_total", "kind", "resumed", 812_075.0),
        ("mtlsprotect_devices", "", "", 500.0),
        ("mtlsprotect_devices", "state", "proven", status.rollout.proven as f64),
        ("mtlsprotect_build_info", "version", "0.1.0", 1.0),
        ("mtlsprotect_device_file_valid", "path", "/etc/mtlsprotect/devices", 0.0),
        ("mtlsprotect_learned_writable", "", "", 1.0),
        ("mtlsprotect_proven_refused_total", "", "", 12.0),
        ("mtlsprotect_balancer_requests_total", "refused", "false", 90_000.0),
        ("mtlsprotect_balancer_requests_total", "refused", "true", 210.0),
        ("mtlsprotect_wrong_passwords_total", "", "", 1_480.0),
        ("mtlsprotect_table_room", "", "", 65_536.0),
        ("mtlsprotect_ca_not_after_timestamp_seconds", "vendor", "yealink", (NOW + 19 * 86_400).seconds() as f64),
    ] {
        assert_eq!(number(name, label, value), expected, "{name} {label}={value}");
    }
    let macs: Vec<String> = fleet.devices().iter().map(|device| device.mac.to_string()).collect();
    let text = shown(&status, &fleet, "format=openmetrics");
    assert!(!macs.iter().any(|mac| text.contains(mac)), "a MAC in {text}");
}

#[test]
fn of_two_cas_of_one_name_the_first_to_end_counts() {
    let fleet = Fleet::of(1);
    let mut status = status(&fleet);
    let ca = |seconds| Ca {
        vendor: "v".to_owned(),
        subject: "CN=a\\b\"c\nd".to_owned(),
        not_after: UnixTime::from_seconds(seconds),
        is_root: true,
    };
    status.cas = vec![ca(7), ca(5), ca(6)];
    let samples = samples(&status, &fleet, "format=prometheus", Form::Prometheus);
    let of: Vec<_> = samples.iter().filter(|sample| sample.name.starts_with("mtlsprotect_ca_")).collect();
    assert_eq!((of.len(), of[0].value, of[0].labels["subject"].as_str()), (1, 5.0, "CN=a\\b\"c\nd"));
}

#[test]
fn a_server_without_a_fleet_shows_all_forms() {
    let fleet = Fleet::default();
    let mut status = status(&fleet);
    (status.hosts, status.counts, status.history, status.refusals) = Default::default();
    (status.cas, status.crls, status.device_files, status.learned) = Default::default();
    for (query, form) in [("format=prometheus", Form::Prometheus), ("format=openmetrics", Form::OpenMetrics)] {
        assert!(samples(&status, &fleet, query, form).len() > 10);
    }
    assert_eq!(Report::read(shown(&status, &fleet, "format=json").as_bytes()).unwrap().devices, []);
    let page = shown(&status, &fleet, "format=html");
    for words in ["No device has been seen yet", "No request has been judged", "No host judges", "Nothing was refused"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(Asked::of(b"", b"").unwrap().format, Format::Html);
}

#[test]
fn a_device_that_goes_while_it_is_shown_is_left_out() {
    struct Going(Fleet);
    impl Devices for Going {
        fn each(&self, first: Mac, tell: &mut dyn FnMut(Mac, State) -> ControlFlow<()>) -> bool {
            self.0.each(first, tell)
        }
        fn device(&self, mac: Mac) -> Option<mtlsprotect_status::device::Device> {
            self.0.device(mac).filter(|device| device.mac.bits() % 2 == 0)
        }
    }
    let fleet = Fleet::of(40);
    let mut out = Vec::new();
    let asked = Asked::of(b"format=json", b"").unwrap();
    show(status(&fleet), &Going(fleet.clone()), &asked, &mut out).unwrap();
    let expected: Vec<_> = fleet.devices().into_iter().filter(|device| device.mac.bits() % 2 == 0).collect();
    let report = Report::read(&*out).unwrap();
    assert_eq!((report.devices, report.status.rollout.all()), (expected, 40));
}

#[test]
fn a_list_that_is_overwritten_while_it_is_read_is_read_again() {
    struct Overwritten(Fleet, Cell<u32>);
    impl Devices for Overwritten {
        fn each(&self, first: Mac, tell: &mut dyn FnMut(Mac, State) -> ControlFlow<()>) -> bool {
            let is_whole = self.1.replace(self.1.get() + 1) % 2 == 1;
            let mut some = |mac: Mac, state| {
                if is_whole || mac.bits() % 3 > 0 { tell(mac, state) } else { ControlFlow::Continue(()) }
            };
            self.0.each(first, &mut some) && is_whole
        }
        fn device(&self, mac: Mac) -> Option<mtlsprotect_status::device::Device> {
            self.0.device(mac)
        }
    }
    let fleet = Fleet::of(3000);
    let mut out = Vec::new();
    let asked = Asked::of(b"format=json", b"").unwrap();
    show(status(&fleet), &Overwritten(fleet.clone(), Cell::new(0)), &asked, &mut out).unwrap();
    assert!(Report::read(&*out).unwrap() == Report { status: status(&fleet), devices: fleet.devices() });
}
