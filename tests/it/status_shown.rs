//! The page of a real httpd in a real browser, and in a real Prometheus. What there is to see on it is tried in the crate
//! that writes it; here it is what comes through the module and httpd.

use crate::fleet_counts::{all_counted, site, wait_for_status};
use mtlsprotect_testkit::browser::{Browser, Look};
use mtlsprotect_testkit::status::prometheus::{Prometheus, annotation, promtool, queries};
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Crl, Httpd, Poly};

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
    fn a_phone_that_comes_is_counted_in_place() {
        super::renew();
    }
}

mod needs_prometheus {
    #[test]
    #[ignore = "needs prometheus: make test runs it where that is installed"]
    fn a_real_one_answers_every_query_of_the_dashboard() {
        super::scrape();
    }
}

/// A server in the middle of its roll-out: 450 phones in its device file, one that came with its certificate, one without,
/// and a stranger with markup.
fn rolling_out() -> Httpd {
    let lines: String = (0..450).map(|number| format!("64167f{number:06x} allow\n")).collect();
    let httpd = site()
        .config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>")
        .config("MTLSProtectDeviceFile devices\nMTLSProtectLearnedFile learned\nMTLSProtectCRLFile ca.crl")
        .file("devices", lines)
        .file("ca.crl", Crl::of(&Poly::shared().root).pem())
        .start();
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2aaaaaa.cfg").status, 200);
    let agent = [("User-Agent", "<script>document.title = 'taken'</script>")];
    let stranger = httpd.client().request("GET", "/0004f2bbbbbb.cfg?<script>", &agent, b"").unwrap();
    assert_eq!(stranger.status, 200, "Report");
    wait_for_status(&httpd, |status| all_counted(status) == 2);
    httpd
}

fn url(httpd: &Httpd) -> String {
    format!("http://127.0.0.1:{}/mtlsprotect-status", httpd.http())
}

fn wait_for_text(browser: &Browser, selector: &str, words: &str) {
    let seen = || {
        // the element can go while it is asked for its text: the page is another one then
        let text = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| browser.text(selector))).ok()?;
        text.contains(words).then_some(())
    };
    assert!(wait_for(seen).is_some(), "{selector} never says {words:?}: {}", browser.text(selector));
}

fn search(has_scripts: bool) {
    let httpd = rolling_out();
    let browser = Browser::start(has_scripts);
    browser.open(&url(&httpd));
    browser.click("a.state.never-seen");
    wait_for_text(&browser, "#device-list p", "450 devices, page 1 of 3");
    browser.follow("Next");
    wait_for_text(&browser, "#device-list p", "page 2 of 3");
    assert_eq!(browser.text("#device-list tbody th"), "64167f0000c8");
    browser.follow("Last");
    wait_for_text(&browser, "#device-list p", "page 3 of 3");
    browser.write("#prefix", "64-16-7F-00-01-C1");
    browser.click("#devices button");
    wait_for_text(&browser, "#device-list p", "1 device, page 1 of 1");
    assert_eq!(browser.text("#device-list tbody th"), "64167f0001c1");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

fn renew() {
    let httpd = rolling_out();
    let browser = Browser::start(true);
    browser.open(&url(&httpd));
    wait_for_text(&browser, "#device-list p", "452 devices");
    assert_eq!(browser.run("return document.scripts.length"), 1, "what strangers send is text");
    browser.run("window.isTheSame = true");
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2cccccc"), "/firmware.ld").status, 200);
    wait_for_status(&httpd, |status| all_counted(status) == 3);
    browser.run("document.dispatchEvent(new Event('visibilitychange'))");
    wait_for_text(&browser, "#device-list p", "453 devices");
    assert_eq!(browser.run("return window.isTheSame"), true, "the page was never loaded anew");
    for width in [360, 1600] {
        browser.look(Look { width, is_dark: false });
        let too_wide = browser.run("return document.documentElement.scrollWidth - innerWidth").as_i64().unwrap();
        assert!(too_wide <= 0, "{width}: {too_wide} pixels too wide");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

fn scrape() {
    let httpd = rolling_out();
    let text = httpd.plain_client().get("/mtlsprotect-status?format=prometheus").unwrap().text();
    assert_eq!(promtool(&["check", "metrics"], text.as_bytes()), "");
    let prometheus = Prometheus::scraping(&url(&httpd));
    queries().iter().for_each(|query| prometheus.wait_for_series(query));
    prometheus.answers(&annotation());
    assert_eq!(prometheus.ask("/api/v1/targets", &[]).unwrap()["data"]["activeTargets"][0]["lastError"], "");
    assert_eq!(prometheus.ask("/api/v1/alerts", &[]).unwrap()["data"]["alerts"], serde_json::json!([]));
}
