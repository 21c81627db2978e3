//! Listings of a folder of phones: who else is there, what their pages are called, what stands above and below the list.

use crate::asking::{OTHER, OWN, body, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Httpd};

/// A folder that mod_autoindex lists, with these further lines.
fn listed(lines: &str) -> Builder {
    server()
        .module("autoindex")
        .config(&format!("<Directory \"{{docroot}}/cfg\">\nOptions Indexes\n{lines}\n</Directory>"))
        .page(&format!("cfg/{OWN}.html"), "<html><title>extension 100</title></html>")
        .page(&format!("cfg/{OTHER}.html"), "<html><title>extension 200</title></html>")
        .page(&format!("cfg/{OTHER}/x"), "")
        .page("cfg/shared/x", "")
}

fn off(builder: &Builder) -> Httpd {
    builder.clone().config("<Location />\nMTLSProtect Off\n</Location>").start()
}

#[test]
fn every_kind_of_listing_has_own_and_shared_files_and_nobody_elses() {
    let kinds = [
        ("", ""),
        ("IndexOptions FancyIndexing", ""),
        ("IndexOptions FancyIndexing ShowForbidden", ""),
        ("IndexOptions ShowForbidden", ""),
        ("IndexOptions FancyIndexing HTMLTable FoldersFirst ShowForbidden", "?C=S;O=D"),
        ("IndexOptions FancyIndexing ShowForbidden", "?F=2&P=*"),
        ("IndexOptions FancyIndexing ShowForbidden", "?P=000*"),
    ];
    for (lines, query) in kinds {
        let (builder, path) = (listed(lines), format!("/cfg/{query}"));
        let case = format!("{lines} {query}");
        assert!(body(&off(&builder).phone(&phone()), &path).contains(OTHER), "{case}: it is listed without the module");
        let httpd = builder.start();
        let list = body(&httpd.phone(&phone()), &path);
        assert!(!list.to_lowercase().contains(OTHER), "{case}: {list}");
        assert!(list.contains(OWN) && list.contains("000000000000.cfg"), "{case}: {list}");
        assert!(!query.is_empty() || list.contains("shared"), "{case}: {list}");
    }
}

#[test]
fn a_pattern_that_names_another_phone_lists_nothing() {
    let httpd = listed("IndexOptions FancyIndexing ShowForbidden").start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, format!("/cfg/?P={OTHER}*")), "403 deny mac-mismatch");
    assert_eq!(get(&client, format!("/cfg/?P={OWN}*")), "200 allow own-file");
    assert!(!body(&client, "/cfg/?P=*bbbbbb*").contains(OTHER), "a fragment finds nobody");
}

#[test]
fn the_titles_of_other_phones_pages_are_not_told() {
    let builder = listed("IndexOptions FancyIndexing ScanHTMLTitles ShowForbidden\nIndexOptions DescriptionWidth=*");
    assert!(body(&off(&builder).phone(&phone()), "/cfg/").contains("extension 200"), "without the module it is told");
    let list = body(&builder.start().phone(&phone()), "/cfg/");
    assert!(!list.contains("extension 200"), "{list}");
    assert!(list.contains("extension 100"), "{list}");
}

#[test]
fn what_stands_above_and_below_a_list_is_no_way_to_another_phones_page() {
    let above = |mac: &str| {
        listed(&format!("IndexOptions FancyIndexing\nHeaderName {mac}.html\nReadmeName /cfg/{mac}-below.html"))
            .page(&format!("cfg/{mac}-below.html"), secret(mac))
    };
    let leaked = body(&off(&above(OTHER)).phone(&phone()), "/cfg/");
    assert!(leaked.contains("extension 200") && leaked.contains(&secret(OTHER)), "without the module: {leaked}");
    let list = body(&above(OTHER).start().phone(&phone()), "/cfg/");
    assert!(!list.contains("extension 200") && !list.contains(&secret(OTHER)), "{list}");
    let own = body(&above(OWN).start().phone(&phone()), "/cfg/");
    assert!(own.contains("extension 100") && own.contains(&secret(OWN)), "{own}");
}

#[test]
fn a_client_that_proves_nothing_sees_no_phone_at_all() {
    let httpd = listed("IndexOptions FancyIndexing ShowForbidden").start();
    assert_eq!(get(&httpd.client(), "/cfg/"), "403 deny no-certificate");
    let open = listed("IndexOptions FancyIndexing ShowForbidden\nMTLSProtectOtherFiles allow").start();
    let list = body(&open.client(), "/cfg/");
    assert!(!list.contains(OWN) && !list.contains(OTHER), "{list}");
    assert!(list.contains("000000000000.cfg"), "{list}");
}

#[test]
fn entries_left_out_do_not_fill_the_error_log() {
    let httpd = listed("IndexOptions FancyIndexing ShowForbidden").start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, "/cfg/"), "200 allow other-file");
    assert_eq!(get(&client, format!("/cfg/{OTHER}.cfg")), "403 deny mac-mismatch");
    httpd.wait_for_log("reason=mac-mismatch");
    let log = httpd.own_log();
    assert_eq!(log.matches("mtlsprotect: denied").count(), 1, "{log}");
    let verbose = listed("IndexOptions FancyIndexing").log_level("warn mtlsprotect:debug").start();
    assert_eq!(get(&verbose.phone(&phone()), "/cfg/"), "200 allow other-file");
    verbose.wait_for_log(&format!("named={OTHER}"));
}
