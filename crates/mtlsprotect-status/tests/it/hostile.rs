//! Whatever a client sends, or a certificate says, nothing that is shown obeys it.

use crate::forms::shown;
use mtlsprotect_core::Mac;
use mtlsprotect_status::asked::{Asked, Format};
use mtlsprotect_status::device::{Device, State};
use mtlsprotect_status::metrics::Form;
use mtlsprotect_status::model::{Place, Status};
use mtlsprotect_status::report::Report;
use mtlsprotect_status::show;
use mtlsprotect_status::text::ClientText;
use mtlsprotect_testkit::status::exposition::read;
use mtlsprotect_testkit::status::fleet::{Fleet, HOSTILE, NOW, device, status};
use proptest::prelude::*;
use std::sync::LazyLock;

/// A status all of whose texts somebody else has chosen, and a fleet likewise.
fn filled_with(text: &str, bytes: &[u8]) -> (Status, Fleet) {
    let owned = || text.to_owned();
    let word = || text.to_owned().into();
    let mut devices = vec![device(1), device(2), device(3)];
    for device in &mut devices {
        (device.vendor, device.host) = (Some(owned()), Some(owned()));
        device.last_refusal.iter_mut().for_each(|refusal| (refusal.reason, refusal.host) = (word(), owned()));
    }
    let fleet: Fleet = devices.into_iter().collect();
    let mut status = status(&fleet);
    status.refusals.truncate(3);
    status.history.truncate(3);
    status.version = owned();
    for refusal in &mut status.refusals {
        (refusal.uri, refusal.agent) = (ClientText(bytes.to_vec()), ClientText(bytes.to_vec()));
        (refusal.host, refusal.vendor, refusal.reason) = (owned(), Some(owned()), word());
    }
    for host in &mut status.hosts {
        (host.name, host.mode) = (owned(), word());
        host.defined_at = Some(Place { file: owned(), line: 1 });
        host.vendors.iter_mut().for_each(|vendor| (vendor.name, vendor.mode) = (owned(), Some(word())));
        host.sections.iter_mut().for_each(|part| (part.what, part.says, part.mode) = (owned(), owned(), word()));
    }
    status.counts.iter_mut().for_each(|count| (count.host, count.vendor, count.reason) = (owned(), owned(), word()));
    status.history.iter_mut().flat_map(|period| &mut period.counts).for_each(|count| count.reason = word());
    status.cas.iter_mut().for_each(|ca| (ca.subject, ca.vendor) = (owned(), owned()));
    status.crls.iter_mut().for_each(|crl| (crl.issuer, crl.vendor) = (owned(), owned()));
    status.device_files.iter_mut().for_each(|file| (file.path, file.error) = (owned(), Some(owned())));
    status.learned.iter_mut().for_each(|file| (file.path, file.error) = (owned(), Some(owned())));
    (status, fleet)
}

/// The page with texts that say nothing.
static CALM: LazyLock<String> = LazyLock::new(|| {
    let (status, fleet) = filled_with("x", b"x");
    shown(&status, &fleet, "")
});

/// The tags of a page, without their texts: what a browser obeys.
fn tags(page: &str) -> Vec<&str> {
    let body = page.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
    body.split('<').skip(1).map(|tag| tag.split([' ', '>']).next().unwrap()).collect()
}

/// No control character and none that turns the direction of text is in it.
fn is_harmless(page: &str) -> bool {
    !page.chars().any(|character| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_is_markup(
        text in prop_oneof!["[<>\"'&a-z =/\\\\\n\u{1b}\u{202e}]{1,20}", any::<String>(), Just(HOSTILE.to_owned())],
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let (status, fleet) = filled_with(&text, &bytes);
        let page = shown(&status, &fleet, "");
        prop_assert!(is_harmless(&page), "{}", page);
        // the same tags in the same order as with texts that say nothing
        prop_assert_eq!(tags(&page), tags(&CALM));
        // and attributes end where they should: quotes come in pairs
        for tag in page.split("</style>").nth(1).unwrap().split("<script>").next().unwrap().split('<').skip(1) {
            let inside = tag.split('>').next().unwrap();
            prop_assert_eq!(inside.matches('"').count() % 2, 0, "{}", inside);
        }
    }

    #[test]
    fn all_texts_come_back_and_both_forms_of_metrics_are_right(
        text in prop_oneof!["[<>\"'&a-z{}= ,#/\\\\\n\u{1b}\u{202e}]{1,20}", any::<String>(), Just(HOSTILE.to_owned())],
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        // the formats are lines: a carriage return in a label's value is a byte as others are, but our reader is strict
        let text = text.replace('\r', "");
        let (status, fleet) = filled_with(&text, &bytes);
        let report = Report::read(shown(&status, &fleet, "format=json").as_bytes()).unwrap();
        prop_assert_eq!(&report, &Report { status: status.clone(), devices: fleet.devices() });
        let prometheus = read(&shown(&status, &fleet, "format=prometheus"), Form::Prometheus);
        let openmetrics = read(&shown(&status, &fleet, "format=openmetrics"), Form::OpenMetrics);
        prop_assert_eq!(prometheus.clone(), openmetrics);
        let samples = prometheus.map_err(TestCaseError::fail)?;
        let ca = samples.iter().find(|sample| sample.name.starts_with("mtlsprotect_ca_")).unwrap();
        prop_assert_eq!(&ca.labels["subject"], &text);
    }

    #[test]
    fn no_query_and_no_accept_adds_markup(
        query in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            "(prefix|state|page|format|mac)=[<>\"'&%0-9a-f+:-]{0,20}".prop_map(String::into_bytes),
        ],
        accept in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let fleet = Fleet::of(3);
        let Ok(mut asked) = Asked::of(&query, &accept) else { return Ok(()) };
        asked.format = Format::Html;
        let mut page = Vec::new();
        show(status(&fleet), &fleet, &asked, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        prop_assert!(is_harmless(&page) && tags(&page).iter().all(|tag| !tag.starts_with("script")));
        let value = page.split("id=prefix name=prefix value=\"").nth(1).unwrap().split('"').next().unwrap();
        prop_assert!(value.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", value);
    }

    #[test]
    fn every_device_comes_back_from_json(bits in any::<u64>(), state in 0..7_usize, seen in 0..4_000_000_000_i64) {
        let mut device: Device = device(bits);
        (device.mac, device.state) = (Mac::from_bits(bits), State::ALL[state]);
        device.first_seen = (seen % 3 != 0).then(|| mtlsprotect_core::time::UnixTime::from_seconds(seen));
        let fleet: Fleet = [device.clone()].into_iter().collect();
        let json = shown(&status(&fleet), &fleet, "format=json");
        prop_assert_eq!(Report::read(json.as_bytes()).unwrap().devices, [device]);
    }
}

#[test]
fn hostile_bytes_are_seen_in_the_page_and_do_nothing() {
    let fleet = Fleet::of(10);
    let status = status(&fleet);
    assert_eq!(status.now, NOW);
    let page = shown(&status, &fleet, "");
    assert_eq!(page.matches("<script").count(), 1, "its own");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;%22%27&amp;%5C%0D%0A%1B[2J%E2%80%AE%C3%A9%00%25"));
}
