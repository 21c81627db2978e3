//! Another phone's file through what httpd does on its own: negotiation, indexes, includes, listings, Satisfy.

mod asking;

use asking::{CARELESS, OTHER, OWN, body, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Httpd, Mpm};

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
