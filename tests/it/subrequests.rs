//! Another phone's file through what httpd does on its own: negotiation, indexes, includes, listings, Satisfy.

use crate::asking::{CARELESS, OTHER, OWN, body, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Httpd, Mpm, Poly};

const MISMATCH: &str = "403 deny mac-mismatch";

fn off(builder: &Builder) -> Httpd {
    builder.clone().config("<Location />\nMTLSProtect Off\n</Location>").start()
}

fn leaks(httpd: &Httpd, path: &str) {
    let response = httpd.phone(&phone()).get(path).unwrap();
    assert!(response.text().contains(&secret(OTHER)), "{path} leads nowhere: {} {}", response.status, response.text());
}

#[test]
fn multiviews_finds_no_variant_of_another_phones_file() {
    let builder =
        server().modules(&["negotiation"]).config("<Directory \"{docroot}\">\nOptions MultiViews\n</Directory>");
    leaks(&off(&builder), &format!("/cfg/{OTHER}"));
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, format!("/cfg/{OTHER}")), MISMATCH);
    assert_eq!(body(&client, &format!("/cfg/{OWN}")), secret(OWN));
}

#[test]
fn a_directory_index_is_no_way_to_another_phones_file() {
    let builder = server()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .page("plain/x", "")
        .page("script/x", "")
        .config(
            "<Directory \"{docroot}/plain\">\nDirectoryIndex /cfg/0004f2bbbbbb.cfg\n</Directory>\n\
             <Directory \"{docroot}/script\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n\
             DirectoryIndex /script/run.sh?mac=0004f2bbbbbb\n</Directory>\n\
             <Directory \"{docroot}/own\">\nDirectoryIndex /cfg/0004f2aaaaaa.cfg\n</Directory>",
        )
        .page("own/x", "");
    let open = off(&builder);
    open.write_script("script/run.sh", CARELESS);
    leaks(&open, "/plain/");
    leaks(&open, "/script/");
    let httpd = builder.start();
    httpd.write_script("script/run.sh", CARELESS);
    let client = httpd.phone(&phone());
    for path in ["/plain/", "/script/"] {
        let answer = get(&client, path);
        assert!(answer.starts_with("403 "), "{path}: {answer}");
    }
    assert_eq!(body(&client, "/own/"), secret(OWN));
}

#[test]
fn an_include_brings_its_own_and_shared_files_and_no_other() {
    let include = |file: &str| format!("<!--#include virtual=\"/cfg/{file}\" -->");
    let builder = server()
        .module("include")
        .config("<Directory \"{docroot}\">\nOptions Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>")
        .page(&format!("{OWN}.shtml"), format!("page {}", include(&format!("{OTHER}.cfg"))))
        .page("shared.shtml", format!("page {}", include(&format!("{OTHER}.cfg"))))
        .page("good.shtml", include(&format!("{OWN}.cfg")) + &include("000000000000.cfg"))
        .page("cfg/by-file.shtml", format!("<!--#include file=\"{OTHER}.cfg\" -->"));
    let open = off(&builder);
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    for path in [format!("/{OWN}.shtml"), "/shared.shtml".to_owned(), "/cfg/by-file.shtml".to_owned()] {
        leaks(&open, &path);
        assert!(!body(&client, &path).contains(&secret(OTHER)), "{path}");
    }
    let good = body(&client, "/good.shtml");
    assert!(good.contains(&secret(OWN)) && good.contains("shared by all;"), "{good}");
}

#[test]
fn satisfy_any_lets_nobody_past_the_second_gate() {
    let builder = server()
        .modules(&["access_compat", "auth_basic"])
        .config("<Directory \"{docroot}/cfg\">\nRequire all granted\nSatisfy Any\n</Directory>");
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, format!("/cfg/{OTHER}.cfg")), MISMATCH);
    assert_eq!(get(&httpd.client(), format!("/cfg/{OTHER}.cfg")), "403 deny no-certificate");
    assert_eq!(get(&client, format!("/cfg/{OWN}.cfg")), "200 allow own-file");
}

#[test]
fn a_listing_leaves_other_phones_out_even_with_show_forbidden() {
    for options in ["FancyIndexing", "FancyIndexing ShowForbidden", "ShowForbidden"] {
        let builder = server()
            .module("autoindex")
            .config(&format!("<Directory \"{{docroot}}/cfg\">\nOptions Indexes\nIndexOptions {options}\n</Directory>"));
        let open = off(&builder);
        assert!(body(&open.phone(&phone()), "/cfg/").contains(OTHER), "without the module it is listed");
        let httpd = builder.start();
        let list = body(&httpd.phone(&phone()), "/cfg/");
        assert!(!list.contains(OTHER), "{options}: {list}");
        assert!(list.contains(OWN) && list.contains("000000000000.cfg"), "{options}: {list}");
    }
}

#[test]
fn multiviews_and_type_maps_offer_only_what_the_phone_may_have() {
    let map = format!(
        "URI: {OTHER}.cfg\nContent-Type: text/plain;qs=0.9\n\nURI: {OWN}.cfg\nContent-Type: text/plain;qs=0.1\n"
    );
    let builder = server()
        .modules(&["negotiation"])
        .config("AddHandler type-map .var\n<Directory \"{docroot}\">\nOptions MultiViews\n</Directory>")
        .page(&format!("{OTHER}.html"), secret(OTHER))
        .page(&format!("{OWN}.html"), secret(OWN))
        .page("cfg/best.var", &map)
        .page("cfg/mine.var", format!("URI: {OWN}.cfg\nContent-Type: text/plain\n"))
        .page("cfg/theirs.var", format!("URI: {OTHER}.cfg\nContent-Type: text/plain\n"));
    let open = off(&builder);
    for path in [format!("/{OTHER}"), "/cfg/best.var".to_owned(), "/cfg/theirs.var".to_owned()] {
        leaks(&open, &path);
    }
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, format!("/{OTHER}")), MISMATCH);
    assert_eq!(body(&client, &format!("/{OWN}")), secret(OWN));
    // A type map's best variant is chosen before it is judged: it is refused, not passed over.
    let best = client.get("/cfg/best.var").unwrap();
    assert!(best.status == 403 && !best.text().contains(&secret(OTHER)), "{} {}", best.status, best.text());
    assert_eq!(body(&client, "/cfg/mine.var"), secret(OWN));
    let theirs = client.get("/cfg/theirs.var").unwrap();
    assert!(theirs.status >= 400 && !theirs.text().contains(&secret(OTHER)), "{} {}", theirs.status, theirs.text());
    assert_eq!(body(&httpd.phone(&Poly::shared().phone(OTHER)), "/cfg/theirs.var"), secret(OTHER));
}

#[test]
fn an_index_beside_it_or_for_the_whole_server_opens_to_the_owner_only() {
    for line in ["DirectoryIndex 0004f2bbbbbb.cfg", "DirectoryIndex none.html /cfg/0004f2bbbbbb.cfg"] {
        // The entry is a subrequest of a folder that names nobody: why it was refused is told at debug.
        let builder = server().config(line).log_level("warn mtlsprotect:debug");
        leaks(&off(&builder), "/cfg/");
        let httpd = builder.start();
        assert_eq!(httpd.phone(&phone()).get("/cfg/").unwrap().status, 403, "{line}");
        let refusal = httpd.wait_for_log("reason=mac-mismatch");
        assert!(refusal.contains(&format!("named={OTHER}")), "{refusal}");
        assert_eq!(get(&httpd.client(), "/cfg/"), "403 deny no-certificate", "{line}");
        assert_eq!(body(&httpd.phone(&Poly::shared().phone(OTHER)), "/cfg/"), secret(OTHER), "{line}");
    }
}

#[test]
fn an_include_of_a_script_or_of_a_page_that_includes() {
    let include = |what: &str| format!("<!--#include virtual=\"{what}\" -->");
    let builder = server()
        .mpm(Mpm::Prefork)
        .modules(&["include", "cgi"])
        .config(
            "<Directory \"{docroot}\">\nOptions Includes ExecCGI\nAddOutputFilter INCLUDES .shtml\n\
             AddHandler cgi-script .sh\nAcceptPathInfo On\n</Directory>",
        )
        .page("by-query.shtml", include(&format!("/app/run.sh?mac={OTHER}")))
        .page("by-path-info.shtml", include(&format!("/app/run.sh/{OTHER}.cfg")))
        .page("inner.shtml", include(&format!("/cfg/{OTHER}.cfg")))
        .page("nested.shtml", include("/inner.shtml"))
        .page("own-query.shtml", include(&format!("/app/run.sh?mac={OWN}")))
        .page("own-nested.shtml", include("/own-query.shtml"));
    let open = off(&builder);
    let httpd = builder.start();
    for server in [&open, &httpd] {
        server.write_script("app/run.sh", CARELESS);
    }
    let client = httpd.phone(&phone());
    for path in ["/by-query.shtml", "/by-path-info.shtml", "/nested.shtml"] {
        leaks(&open, path);
        let page = body(&client, path);
        assert!(!page.contains(&secret(OTHER)) && !page.contains("script ran"), "{path}: {page}");
    }
    for path in ["/own-query.shtml", "/own-nested.shtml"] {
        assert!(body(&client, path).contains(&secret(OWN)), "{path}");
    }
}

#[test]
fn what_a_page_includes_with_a_long_query_is_read_with_what_that_has_left() {
    let httpd = server()
        .module("include")
        .config("<Directory \"{docroot}\">\nOptions Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>")
        .page("page.shtml", "<!--#include virtual=\"/part.txt?y&$QUERY_STRING\" -->")
        .page("part.txt", "the part")
        .start();
    let client = httpd.phone(&phone());
    // Of other pieces each: what a thread remembers of those before is not looked at.
    let query = |last: char, filler: char| -> String {
        ('g'..=last).map(|letter| format!("&{letter}{filler}xxxxxx0x1x2x3x4x5x6x7x8x9x%41")).collect()
    };
    let (short, long) = (query('p', 'x'), query('z', 'y'));
    assert!(short.len() < 512 && long.len() >= 512);
    for (query, is_included) in [(short, true), (long, false)] {
        let response = client.get(&format!("/page.shtml?{query}")).unwrap();
        assert_eq!((response.status, response.text().contains("the part")), (200, is_included), "{query}");
    }
}

#[test]
fn satisfy_any_lets_anybody_in_where_the_module_is_off() {
    let builder = server().modules(&["access_compat", "auth_basic"]);
    let lines = "<Directory \"{docroot}/cfg\">\nRequire all granted\nSatisfy Any\n</Directory>";
    let path = format!("/cfg/{OTHER}.cfg");
    leaks(&off(&builder.clone().config(lines)), &path);
    // What the module is up against: under Satisfy Any one stock access check is not enough.
    let stock = "<Directory \"{docroot}/cfg\">\nOrder deny,allow\nDeny from all\nRequire all granted\nSatisfy Any\n</Directory>";
    leaks(&off(&builder.clone().config(stock)), &path);
    let httpd = builder.config(stock).start();
    assert_eq!(get(&httpd.phone(&phone()), &path), MISMATCH);
    assert_eq!(get(&httpd.phone(&phone()), format!("/cfg/{OWN}.cfg")), "200 allow own-file");
}
