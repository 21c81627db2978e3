//! An operator uses the page in a real browser, with and without scripts, on a wall and on a phone.

use mtlsprotect_status::device::State;
use mtlsprotect_testkit::browser::{Browser, Look};
use mtlsprotect_testkit::status::fleet::{Fleet, status};
use mtlsprotect_testkit::status::server::Server;
use mtlsprotect_testkit::tools::wait_for;

mod needs_chromium {
    #[test]
    #[ignore = "needs chromium-driver: make test runs it where that is installed"]
    fn an_operator_searches_and_turns_pages() {
        super::search(true);
    }

    #[test]
    #[ignore = "needs chromium-driver: make test runs it where that is installed"]
    fn an_operator_without_scripts_searches_and_turns_pages() {
        super::search(false);
    }

    #[test]
    #[ignore = "needs chromium-driver: make test runs it where that is installed"]
    fn numbers_are_renewed_in_place_and_what_is_in_use_is_left_alone() {
        super::renew();
    }

    #[test]
    #[ignore = "needs chromium-driver: make test runs it where that is installed"]
    fn no_screen_is_too_narrow_and_colours_follow_the_system() {
        super::fit();
    }
}

mod needs_axe {
    #[test]
    #[ignore = "needs chromium-driver and axe-core: make test runs it where these are installed"]
    fn nothing_keeps_people_out() {
        super::examine();
    }
}

const LOOKS: [Look; 4] = [
    Look { width: 360, is_dark: false },
    Look { width: 360, is_dark: true },
    Look { width: 1600, is_dark: false },
    Look { width: 1600, is_dark: true },
];

fn shown(devices: u64) -> (Server, Fleet) {
    let fleet = Fleet::of(devices);
    (Server::start(status(&fleet), fleet.clone()), fleet)
}

/// Waits until an element has a text.
fn wait_for_text(browser: &Browser, selector: &str, words: &str) {
    let seen = || {
        // the element can go while it is asked for its text: the page is another one then
        let text = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| browser.text(selector))).ok()?;
        text.contains(words).then_some(())
    };
    assert!(wait_for(seen).is_some(), "{selector} never says {words:?}: {}", browser.text(selector));
}

fn search(has_scripts: bool) {
    let (server, fleet) = shown(1_500);
    let browser = Browser::start(has_scripts);
    browser.open(&server.url(""));
    assert_eq!(browser.has("button[hidden]"), !has_scripts, "a button that would do nothing is not shown");
    // a state by its number, then its devices by the form
    browser.click("a.state.proven");
    let proven = fleet.devices().into_iter().filter(|device| device.state == State::Proven);
    let of_poly = proven.filter(|device| device.mac.to_string().starts_with("0004f2")).count();
    wait_for_text(&browser, "#device-list p", "page 1 of 6");
    browser.write("#prefix", "00:04:F2");
    browser.click("#devices button");
    wait_for_text(&browser, "#device-list p", &format!("{of_poly} devices, page 1 of 3"));
    assert!(browser.location().contains("prefix=00%3A04%3AF2&state=proven"), "{}", browser.location());
    let mut first = Vec::new();
    for page in 1..=3 {
        wait_for_text(&browser, "#device-list p", &format!("page {page} of 3"));
        let mac = browser.text("#device-list tbody th");
        assert!(mac.starts_with("0004f2") && !first.contains(&mac), "{mac}");
        first.push(mac);
        if page < 3 {
            browser.follow("Next");
        }
    }
    // one phone, as it stands on its back
    browser.write("#prefix", &first[1]);
    browser.click("#devices button");
    wait_for_text(&browser, "#device-list p", "1 device, page 1 of 1");
    assert_eq!(browser.text("#device-list tbody th"), first[1]);
    browser.write("#prefix", "phone");
    browser.click("#devices button");
    wait_for_text(&browser, "#bad-prefix", "hex digits");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

fn renew() {
    let (server, _) = shown(50);
    let browser = Browser::start(true);
    browser.open(&server.url(""));
    // hostile texts are on it: nothing of them ran, and nothing was added
    assert_eq!(browser.run("return document.scripts.length"), 1);
    browser.run("window.isTheSame = true");
    let now = "document.dispatchEvent(new Event('visibilitychange'))";
    server.change(|status, _| status.version = "9.9.9".to_owned());
    browser.run(now);
    wait_for_text(&browser, "#times", "Version 9.9.9");
    // a table in use by the keyboard stays as it is, the others don't wait for it
    browser.run("document.querySelector('#refusals .scroll').focus()");
    server.change(|status, _| {
        status.refusals.clear();
        status.version = "9.9.10".to_owned();
    });
    browser.run(now);
    wait_for_text(&browser, "#times", "Version 9.9.10");
    assert!(!browser.text("#refusals").contains("Nothing was refused"));
    browser.run("document.activeElement.blur()");
    browser.run(now);
    wait_for_text(&browser, "#refusals", "Nothing was refused");
    assert_eq!(browser.run("return window.isTheSame"), true, "the page was never loaded anew");
    // paused, it asks no more; a press later it does
    browser.click("#refresh");
    let asked = server.accepted().len();
    server.change(|status, _| status.version = "9.9.11".to_owned());
    browser.run(now);
    assert_eq!(server.accepted().len(), asked);
    browser.click("#refresh");
    wait_for_text(&browser, "#times", "Version 9.9.11");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    // a server that goes away is said, and what was there stays
    server.stop();
    browser.run(now);
    wait_for_text(&browser, "#refreshed", "has not answered since");
    assert!(browser.text("#times").contains("Version 9.9.11"));
}

fn fit() {
    let (server, _) = shown(500);
    let browser = Browser::start(true);
    browser.open(&server.url(""));
    let background = "return getComputedStyle(document.body).backgroundColor";
    let mut colours = Vec::new();
    for look in LOOKS {
        browser.look(look);
        let too_wide = browser.run("return document.documentElement.scrollWidth - innerWidth").as_i64().unwrap();
        assert!(too_wide <= 0, "{look:?}: {too_wide} pixels too wide");
        assert_eq!(browser.run("return innerWidth"), look.width);
        colours.push(browser.run(background).to_string());
    }
    assert!(colours[0] == colours[2] && colours[1] == colours[3] && colours[0] != colours[1], "{colours:?}");
}

fn examine() {
    let axe = std::fs::read_to_string(std::env::var_os("MTLSPROTECT_AXE").expect("make test says where axe-core is"));
    let axe = axe.expect("axe-core can be read");
    let (server, _) = shown(250);
    // it looks at every cell
    server.change(|status, _| status.refusals.truncate(8));
    let browser = Browser::start(true);
    for (query, look) in LOOKS.iter().map(|&look| ("page=2", look)).chain([("prefix=phone", LOOKS[2])]) {
        browser.look(look);
        browser.open(&server.url(query));
        browser.run(&axe);
        let found = browser.run_until_called(
            "const done = arguments[0]; axe.run().then(found => done(found.violations.map(broken => \
             `${broken.impact} ${broken.id}: ${broken.nodes.slice(0, 3).map(node => node.html)}`)), done)",
        );
        assert_eq!(found, serde_json::json!([]), "{look:?} {query}");
    }
}
