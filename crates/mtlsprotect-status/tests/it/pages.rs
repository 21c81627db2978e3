//! An operator looks for devices, and his browser obeys the page alone.

use crate::forms::shown;
use mtlsprotect_status::html::content_security_policy;
use mtlsprotect_testkit::status::fleet::{Fleet, quiet, status};

/// The MACs that a page shows, in order.
fn macs(page: &str) -> Vec<String> {
    let rows = page.split("<table class=devices>").nth(1).unwrap().split("</table>").next().unwrap();
    rows.split("<th scope=row><code>").skip(1).map(|row| row[..12].to_owned()).collect()
}

#[test]
fn all_devices_are_on_some_page_and_each_once() {
    let fleet = Fleet::of(1_001);
    let status = status(&fleet);
    let mut found = Vec::new();
    for number in 1..=6 {
        let page = macs(&shown(&status, &fleet, &format!("page={number}")));
        assert_eq!(page.len(), if number < 6 { 200 } else { 1 });
        found.extend(page);
    }
    let expected: Vec<String> = fleet.devices().iter().map(|device| device.mac.to_string()).collect();
    assert_eq!(found, expected);
    let last = shown(&status, &fleet, "page=99");
    assert!(last.contains("page 6 of 6") && last.contains("<span>Next</span>") && last.contains("page=5#devices"));
}

#[test]
fn a_search_by_prefix_and_state_is_kept_by_its_form_and_its_pages() {
    let fleet = Fleet::of(20_000);
    let page = shown(&status(&fleet), &fleet, "prefix=00:04:F2&state=ready&page=2");
    let macs = macs(&page);
    assert!(macs.len() == 200 && macs.iter().all(|mac| mac.starts_with("0004f2")), "{macs:?}");
    for part in
        ["value=\"0004f2\"", "<option value=ready selected>", "?prefix=0004f2&amp;state=ready&amp;page=3#devices"]
    {
        assert!(page.contains(part), "{part}");
    }
    let none = shown(&status(&fleet), &fleet, "prefix=phone");
    assert!(none.contains("A MAC begins with hex digits") && none.contains("No device."));
}

#[test]
fn the_page_takes_nothing_from_elsewhere_and_names_no_parameter_mac() {
    let fleet = Fleet::of(50);
    let page = shown(&status(&fleet), &fleet, "");
    for word in ["http:", "https:", "//", " src=", "@import", "url(", "style=\"", "onclick", "name=mac"] {
        let in_script = page.split("<script>").nth(1).unwrap().matches(word).count();
        assert_eq!(page.matches(word).count() - if word == "//" { in_script } else { 0 }, 0, "{word}");
    }
    let between = |start: &str, end: &str| page.split(start).nth(1).unwrap().split(end).next().unwrap().to_owned();
    for (start, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let digest = openssl::base64::encode_block(&openssl::sha::sha256(between(start, end).as_bytes()));
        assert!(content_security_policy().contains(&format!("'sha256-{digest}'")), "{start}");
        assert_eq!(page.matches(start).count(), 1);
    }
    assert!(
        content_security_policy().starts_with("default-src 'none'; ") && !content_security_policy().contains("unsafe")
    );
}

#[test]
fn a_learned_file_that_was_replaced_is_not_called_writable() {
    let fleet = Fleet::of(3);
    let mut status = quiet(&fleet);
    assert!(shown(&status, &fleet, "").contains(">writable<"));
    status.learned.as_mut().unwrap().error = Some("it was replaced".to_owned());
    let page = shown(&status, &fleet, "");
    assert!(page.contains("<span class=critical>it was replaced</span>") && !page.contains(">writable<"));
}

#[test]
fn the_page_says_when_nobody_is_left() {
    let fleet: Fleet = Fleet::of(100)
        .devices()
        .into_iter()
        .filter(|device| device.state == mtlsprotect_status::device::State::Proven)
        .collect();
    let page = shown(&quiet(&fleet), &fleet, "");
    assert!(page.contains("Nobody is left") && page.contains("All is well"));
    let all = Fleet::of(100);
    let page = shown(&status(&all), &all, "");
    assert!(!page.contains("Nobody is left") && page.contains("are left") && page.contains("Critical"));
}
