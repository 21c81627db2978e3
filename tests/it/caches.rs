//! What one phone may have is never kept for another.

use crate::asking::{OTHER, OWN, ask, get, open_server, phone, secret, server};
use mtlsprotect_testkit::{Builder, Httpd, Poly, tools};

/// A server whose disk cache keeps whatever it may.
fn cached(quick: bool) -> Builder {
    with_cache(server(), quick)
}

/// The same where nothing is protected.
fn open_and_cached(quick: bool) -> Builder {
    with_cache(open_server(), quick)
}

fn with_cache(builder: Builder, quick: bool) -> Builder {
    builder.modules(&["cache", "cache_disk"]).config(&format!(
        "CacheQuickHandler {}\nCacheRoot \"{{writable}}\"\nCacheEnable disk /\nCacheDefaultExpire 3600\nCacheMinExpire 3600\n\
         CacheIgnoreNoLastMod On\nCacheIgnoreCacheControl On\nCacheStorePrivate On\nCacheHeader on",
        if quick { "on" } else { "off" }
    ))
}

fn other() -> mtlsprotect_testkit::Identity {
    Poly::shared().phone(OTHER)
}

/// Whether the second of two requests of the file's owner came from the cache.
fn keeps(httpd: &Httpd, path: &str) -> bool {
    let owner = httpd.phone(&other());
    for _ in 0..2 {
        let response = owner.get(path).unwrap();
        assert!(response.text().contains(&secret(OTHER)), "{path}: {} {}", response.status, response.text());
    }
    owner.get(path).unwrap().header("X-Cache").is_some_and(|from| from.starts_with("HIT"))
}

#[test]
fn a_phones_file_is_not_kept_for_another() {
    let path = format!("/cfg/{OTHER}.cfg");
    for quick in [true, false] {
        assert!(keeps(&open_and_cached(quick).start(), &path), "without protection it is kept");
        let httpd = cached(quick).start();
        assert!(!keeps(&httpd, &path), "quick handler {quick}");
        assert_eq!(get(&httpd.phone(&phone()), &path), "403 deny mac-mismatch");
        assert_eq!(get(&httpd.client(), &path), "403 deny no-certificate");
        assert_eq!(get(&httpd.phone(&phone()), format!("/cfg/{OWN}.cfg")), "200 allow own-file");
    }
}

#[test]
fn nothing_is_kept_under_report_that_on_would_refuse() {
    let path = format!("/cfg/{OTHER}.cfg");
    let mut httpd = cached(true).config("<Directory \"{docroot}\">\nMTLSProtect Report\n</Directory>").start();
    assert!(!keeps(&httpd, &path));
    let stranger = httpd.client().get(&path).unwrap();
    assert!(stranger.text().contains(&secret(OTHER)), "Report lets it pass");
    httpd.append_config("<Location />\nMTLSProtect On\n</Location>\n");
    httpd.graceful();
    assert_eq!(ask(&httpd.client(), "GET", &path, &[], b""), "403 deny no-certificate");
    assert_eq!(get(&httpd.phone(&phone()), &path), "403 deny mac-mismatch");
}

#[test]
fn a_file_reached_through_an_index_into_an_unprotected_folder_is_not_kept() {
    let builder = cached(false).page("index/x", "").page("open/file.cfg", secret(OTHER)).config(
        "<Directory \"{docroot}/index\">\nDirectoryIndex /open/file.cfg\n</Directory>\n\
             <Directory \"{docroot}/open\">\nMTLSProtect Off\n</Directory>",
    );
    let httpd = builder.start();
    assert!(!keeps(&httpd, "/index/"), "it was judged on its way");
}

#[test]
fn a_request_rewritten_into_an_unprotected_folder_is_not_kept() {
    let site = |builder: Builder| {
        builder.module("rewrite").page("in/x", "").page("open/file.cfg", secret(OTHER)).config(
            "<Directory \"{docroot}/in\">\nRewriteEngine on\nRewriteRule ^go$ /open/file.cfg\n</Directory>\n\
         <Directory \"{docroot}/open\">\nMTLSProtect Off\n</Directory>",
        )
    };
    assert!(keeps(&site(open_and_cached(false)).start(), "/in/go"), "without protection it is kept");
    assert!(!keeps(&site(cached(false)).start(), "/in/go"), "it was judged on its way");
}

#[test]
fn a_page_that_includes_a_phones_file_is_not_kept() {
    for quick in [true, false] {
        let site = |builder: Builder| {
            builder
            .module("include")
            .page("open/page.shtml", format!("<!--#include virtual=\"/cfg/{OTHER}.cfg\" -->"))
            .config(
                "<Directory \"{docroot}/open\">\nMTLSProtect Off\nOptions Includes\nAddOutputFilter INCLUDES .shtml\n\
                 AddType text/html .shtml\n</Directory>",
            )
        };
        let off = site(open_and_cached(quick)).start();
        assert!(keeps(&off, "/open/page.shtml"), "without protection it is kept, quick handler {quick}");
        let httpd = site(cached(quick)).start();
        assert!(!keeps(&httpd, "/open/page.shtml"), "quick handler {quick}");
        let page = httpd.phone(&phone()).get("/open/page.shtml").unwrap();
        assert!(!page.text().contains(&secret(OTHER)), "{}", page.text());
    }
}

#[test]
fn what_staff_may_have_by_their_address_is_not_kept_for_strangers() {
    let path = format!("/cfg/{OTHER}.cfg");
    for quick in [true, false] {
        let staff = "<If \"-R '127.0.0.1'\">\nMTLSProtect Off\n</If>";
        let httpd = cached(quick).config(&format!("<Directory \"{{docroot}}\">\n{staff}\n</Directory>")).start();
        assert!(!keeps(&httpd, &path), "quick handler {quick}");
    }
}

#[test]
fn what_nobody_judges_for_an_address_is_not_kept_for_strangers_either() {
    let path = format!("/cfg/{OTHER}.cfg");
    for quick in [true, false] {
        let httpd = open_and_cached(quick)
            .file("device-ca.pem", Poly::shared().bundle_pem())
            .config("MTLSProtectCAFile {device_ca}\n<Directory \"{docroot}\">\n<If \"! -R '127.0.0.1'\">")
            .config("MTLSProtect On\n</If>\n</Directory>")
            .vhost("SSLVerifyClient optional_no_ca")
            .start();
        assert!(!keeps(&httpd, &path), "quick handler {quick}");
    }
}

/// The fields of an answer but its date, over HTTP/1.1 and HTTP/2; the module's own verdict too.
fn fields(httpd: &Httpd, method: &str, path: &str) -> [Vec<(String, String)>; 2] {
    let options = if method == "HEAD" { vec!["--head"] } else { vec!["-X", method] };
    let responses = [
        httpd.phone(&phone()).request(method, path, &[], b"").unwrap(),
        tools::curl_h2_with(httpd.https(), Some(&phone()), path, &options),
    ];
    responses.map(|response| {
        let own = ["date", "x-verdict"];
        let mut fields: Vec<_> =
            response.headers.into_iter().filter(|(name, _)| !own.contains(&name.to_lowercase().as_str())).collect();
        // Methods come in the order of a hash table that is seeded anew in each process.
        for (_, methods) in fields.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("allow")) {
            let mut words: Vec<&str> = methods.split(',').collect();
            words.sort_unstable();
            *methods = words.join(",");
        }
        fields.push(("status".to_owned(), response.status.to_string()));
        fields.sort();
        fields
    })
}

#[test]
fn an_answer_is_the_same_as_without_the_module() {
    for cache in ["", "CacheEnable disk /\nCacheRoot \"{writable}\""] {
        let builder = server()
            .modules(&["cache", "cache_disk", "http2", "expires", "include"])
            .page("page.shtml", format!("<!--#include virtual=\"/cfg/{OWN}.cfg\" -->"))
            .page("empty/x", "")
            .vhost(cache)
            .config(
                "<Directory \"{docroot}\">\nOptions Includes\nAddType text/html .shtml\n\
                 AddOutputFilter INCLUDES .shtml\nRequire method GET HEAD OPTIONS\n</Directory>",
            );
        let off = builder.clone().config("<Location />\nMTLSProtect Off\n</Location>").start();
        let (on, report) =
            (builder.clone().start(), builder.config("<Location />\nMTLSProtect Report\n</Location>").start());
        let own = format!("/cfg/{OWN}.cfg");
        for (method, path) in [
            ("GET", own.as_str()),
            ("HEAD", &own),
            ("OPTIONS", &own),
            ("GET", "/cfg/000000000000.cfg"),
            ("GET", "/page.shtml"),
            ("GET", "/empty"),
            ("GET", &format!("/none/{OWN}.cfg")),
            ("PUT", &own),
        ] {
            // Each server has files of its own age, and says where it is.
            let plain = |httpd: &Httpd| {
                fields(httpd, method, path).map(|mut fields| {
                    fields.retain(|(name, _)| {
                        !["etag", "last-modified", "location"].contains(&name.to_lowercase().as_str())
                    });
                    fields
                })
            };
            let without = plain(&off);
            for (httpd, mode) in [(&on, "On"), (&report, "Report")] {
                assert_eq!(plain(httpd), without, "{mode}: {method} {path}");
            }
        }
    }
}

#[test]
fn what_nobody_judged_is_still_kept() {
    let httpd = open_and_cached(true)
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile {device_ca}\n<Directory \"{docroot}/cfg\">\nMTLSProtect On\n</Directory>")
        .vhost("SSLVerifyClient optional_no_ca")
        .page("open/file.cfg", secret(OTHER))
        .start();
    assert!(keeps(&httpd, "/open/file.cfg"), "an unprotected folder's files may be");
    assert!(!keeps(&httpd, &format!("/cfg/{OTHER}.cfg")));
}
