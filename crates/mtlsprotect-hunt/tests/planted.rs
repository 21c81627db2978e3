//! The hunt finds at once what is planted.

use mtlsprotect_hunt::backend::Backend;
use mtlsprotect_hunt::hunt::{Tally, configuration, plan};
use mtlsprotect_hunt::learning::Learning;
use mtlsprotect_hunt::oracle::Finding;
use mtlsprotect_hunt::phones::DATED;
use mtlsprotect_hunt::report;
use mtlsprotect_hunt::site::Site;

/// The failures of some configurations of a seed.
fn hunt(configurations: u64, requests: usize, adjust: fn(&mut Site)) -> Tally {
    let backend = Backend::start();
    let mut all = Tally::default();
    for index in 0..configurations {
        all.add(configuration(7, index, requests, &backend, adjust));
    }
    all
}

#[test]
fn where_the_module_is_off_a_leak_is_found_at_once_and_is_small() {
    let found = hunt(1, 30, |site| site.mode = "Off");
    let leak = found.failures.iter().find(|failure| matches!(failure.case.finding, Finding::Leak(_)));
    let leak = leak.unwrap_or_else(|| panic!("no leak: {}", report::summary(&found, 1, 0)));
    assert!(leak.case.site.parts.len() <= 2, "{}", report::failure(7, 30, leak));
    assert_eq!(leak.case.requests.len(), 1);
    let text = report::failure(7, 30, leak);
    assert!(text.contains("seed=7 first=0") && text.contains("curl ") && text.contains("MTLSProtect Off"), "{text}");
}

#[test]
fn where_a_phone_is_open_that_is_believed_proven_a_leak_is_found() {
    let found = hunt(1, 60, |site| (site.mode, site.learning) = ("Learn", Learning::Nothing));
    let leak = found.failures.iter().find(|failure| matches!(failure.case.finding, Finding::Leak(_)));
    let leak = leak.unwrap_or_else(|| panic!("no leak: {}", report::summary(&found, 1, 0)));
    assert_eq!(leak.case.requests.last().unwrap().sender.mac(), None, "{}", report::failure(7, 60, leak));
}

#[test]
fn where_a_site_learns_phones_prove_themselves_and_the_others_stay_open() {
    let adjust: fn(&mut Site) = |site| {
        let learning = Learning::Everybody(vec![DATED]);
        (site.mode, site.methods, site.learning) = (learning.mode(), "", learning);
    };
    let found = hunt(1, 200, adjust);
    assert!(found.failures.is_empty(), "{}", report::failure(7, 200, &found.failures[0]));
    assert!(found.learning == 1 && found.proofs > 0 && found.on_proven > 0, "{}", report::summary(&found, 1, 0));
    let (_, requests) = plan(7, 0, 200, adjust);
    assert!(requests.iter().any(|request| request.right && request.sender.mac().is_none()));
}

#[test]
fn where_phones_have_passwords_each_gets_its_own_and_nobody_elses() {
    let adjust: fn(&mut Site) =
        |site| (site.password, site.mode, site.learning) = (Some("On"), "On", Learning::Nothing);
    let found = hunt(2, 80, adjust);
    assert!(found.failures.is_empty(), "{}", report::failure(7, 80, &found.failures[0]));
    assert!(found.by_password > 0 && found.on_passwords > 0, "{}", report::summary(&found, 2, 0));
    // nobody is asked, and phones without certificates are shut out
    let found = hunt(1, 80, |site| (site.password, site.mode, site.learning) = (Some("Off"), "On", Learning::Nothing));
    assert!(found.failures.iter().any(|failure| matches!(failure.case.finding, Finding::Refused(403, _))));
}

#[test]
fn where_phones_are_refused_their_own_a_right_one_is_missed() {
    let found = hunt(1, 40, |site| site.methods = "PUT");
    assert!(found.failures.iter().any(|failure| matches!(failure.case.finding, Finding::Refused(403, _))));
}

#[test]
fn the_same_seed_hunts_the_same() {
    let plan = |seed, index| {
        let (site, requests) = plan(seed, index, 50, |_| {});
        (site.describe(), requests)
    };
    assert_eq!(plan(7, 3), plan(7, 3));
    assert_ne!(plan(7, 3).1, plan(7, 4).1, "configurations differ");
    assert_ne!(plan(7, 3).1, plan(8, 3).1, "seeds differ");
}
