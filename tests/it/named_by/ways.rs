//! Whatever way leads to a file: an index, an include, an alias, a redirect, a listing, a backend, a script.

use super::{MISMATCH, by_folder, by_host, leaks, server};
use crate::asking::{OTHER, OWN, body, get, phone, secret};
use mtlsprotect_testkit::Mpm;

#[test]
fn no_index_variant_include_or_fallback_leads_to_another_extensions_file() {
    let include = |file: &str| format!("<!--#include virtual=\"/prov/{file}\" -->");
    let lines = "<Directory \"{docroot}\">\nOptions FollowSymLinks MultiViews Includes\n\
                 AddOutputFilter INCLUDES .shtml\n</Directory>\n\
                 <Directory \"{docroot}/index\">\nDirectoryIndex /prov/1002.xml\n</Directory>\n\
                 <Directory \"{docroot}/own-index\">\nDirectoryIndex /prov/1001.xml\n</Directory>\n\
                 <Directory \"{docroot}/fallback\">\nFallbackResource /prov/1002.xml\n</Directory>\n\
                 <Directory \"{docroot}/own-fallback\">\nFallbackResource /prov/1001.xml\n</Directory>";
    for by in [by_host(), by_folder()] {
        let by = by
            .modules(&["negotiation", "include"])
            .config(lines)
            .config("<Directory \"{docroot}/prov\">\nOptions FollowSymLinks MultiViews\n</Directory>")
            .page("page.shtml", include("1002.xml"))
            .page("own.shtml", include("1001.xml"))
            .page("index/x", "")
            .page("own-index/x", "")
            .page("fallback/x", "")
            .page("own-fallback/x", "");
        for other_files in ["device", "deny"] {
            let builder = by.clone().config(&format!(
                "<Directory \"{{docroot}}/prov\">\nMTLSProtectOtherFiles {other_files}\n</Directory>"
            ));
            let httpd = builder.clone().start();
            let client = httpd.phone(&phone());
            for path in ["/prov/1002", "/index/", "/fallback/none"] {
                // What mod_negotiation finds no variant of that may be had, it does not find at all.
                let answer = get(&client, path);
                assert!(["403 ", "404 "].iter().any(|status| answer.starts_with(status)), "{path}: {answer}");
            }
            assert!(!body(&client, "/page.shtml").contains("password"));
            for path in ["/prov/1001", "/own-index/", "/own-fallback/none", "/own.shtml"] {
                assert_eq!(body(&client, path), secret(OWN), "{other_files} {path}");
            }
        }
        for path in ["/prov/1002", "/index/", "/fallback/none", "/page.shtml"] {
            leaks(&by, path);
        }
    }
}

#[test]
fn a_rule_of_the_folder_names_a_file_by_whatever_way_it_is_reached() {
    let ways = "Alias /elsewhere \"{docroot}/prov\"\nAlias /desk \"{docroot}/prov/1002.xml\"";
    let builder = by_folder().module("include").config(ways).config(
        "<Directory \"{docroot}/prov\">\nOptions FollowSymLinks Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>",
    );
    // A file's include has the variables of its page to begin with.
    let builder = builder
        .page("prov/1001.shtml", "page <!--#include file=\"1002.xml\" -->")
        .page("prov/1001-size.shtml", "page <!--#fsize file=\"1002.xml\" -->");
    for path in ["/elsewhere/1002.xml", "/desk", "/prov/1001.shtml"] {
        leaks(&builder, path);
    }
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    for path in ["/elsewhere/1002.xml", "/desk"] {
        assert_eq!(get(&client, path), MISMATCH, "{path}");
    }
    assert_eq!(body(&client, "/elsewhere/1001.xml"), secret(OWN));
    assert!(!body(&client, "/prov/1001.shtml").contains("password"));
    // No more is told of a file that is only asked about, and never reaches a handler.
    let size = body(&client, "/prov/1001-size.shtml");
    assert!(size.starts_with("page ") && size.contains("error"), "{size}");
}

#[test]
fn nothing_is_told_of_what_names_nobody_where_that_is_denied() {
    // What is only asked about reaches no handler's gate.
    let builder = by_folder()
        .module("include")
        .config(
            "<Directory \"{docroot}\">\nOptions FollowSymLinks Includes\nAddOutputFilter INCLUDES .shtml\n</Directory>",
        )
        .page("size.shtml", "page <!--#fsize virtual=\"/prov/firmware.ld\" -->");
    assert_eq!(body(&builder.clone().start().phone(&phone()), "/size.shtml"), "page   8 ");
    let denied = builder.config("<Directory \"{docroot}/prov\">\nMTLSProtectOtherFiles deny\n</Directory>").start();
    let page = body(&denied.phone(&phone()), "/size.shtml");
    assert!(page.starts_with("page ") && page.contains("error"), "{page}");
}

#[test]
fn a_listing_leaves_out_other_extensions_files() {
    let builder = by_folder().module("autoindex").config(
        "<Directory \"{docroot}/prov\">\nOptions FollowSymLinks Indexes\nIndexOptions ShowForbidden\n</Directory>",
    );
    let list = body(&builder.start().phone(&phone()), "/prov/");
    assert!(list.contains("1001.xml") && list.contains("firmware.ld"), "{list}");
    assert!(!list.contains("1002.xml"), "{list}");
}

#[test]
fn what_a_request_was_redirected_from_keeps_its_variables() {
    // The target has no rules of its own, so the variable is REDIRECT_PHONE there.
    let inside = "RewriteEngine on\nRewriteRule \"^([0-9]+)\\.xml$\" /store/$1 [E=PHONE:${phones:$1}]";
    let folder = |named: &str| {
        server()
            .page("store/1001", secret(OWN))
            .page("store/1002", secret(OTHER))
            .config(&format!("<Directory \"{{docroot}}/prov\">\nOptions FollowSymLinks\n{inside}\n</Directory>"))
            .config(&format!("<Directory \"{{docroot}}/{named}\">\nMTLSProtectNamedBy %{{reqenv:PHONE}}\n</Directory>"))
    };
    for section in ["prov", "store"] {
        leaks(&folder(section), "/prov/1002.xml");
        let httpd = folder(section).start();
        let client = httpd.phone(&phone());
        assert_eq!(get(&client, "/prov/1002.xml"), MISMATCH, "{section}");
        assert_eq!(body(&client, "/prov/1001.xml"), secret(OWN), "{section}");
    }
}

#[test]
fn a_backend_is_asked_for_the_phones_own_extension_only() {
    let backend = "<VirtualHost 127.0.0.1:{http_b}>\nDocumentRoot \"{docroot}\"\n<Location />\nMTLSProtect Off\n</Location>\n\
                   CustomLog \"{root}/logs/backend.log\" \"%U\"\n</VirtualHost>";
    let host = "RewriteEngine on\nRewriteRule \"^/app/([0-9]+)$\" http://127.0.0.1:{http_b}/prov/$1.xml [P,E=PHONE:${phones:$1}]";
    let folder = "<Directory \"{docroot}/dir\">\nOptions FollowSymLinks\nRewriteEngine on\nRewriteRule \"^([0-9]+)$\" \
                  http://127.0.0.1:{http_b}/prov/$1.xml [P,E=PHONE:${phones:$1}]\n</Directory>";
    let httpd = server()
        .modules(&["proxy", "proxy_http"])
        .config(&format!(
            "MTLSProtectNamedBy %{{reqenv:PHONE}}\n{backend}\n{folder}\n<Location />\nMTLSProtect On\n</Location>"
        ))
        .vhost(host)
        .page("dir/x", "")
        .start();
    let client = httpd.phone(&phone());
    for path in ["/app/", "/dir/"] {
        assert_eq!(get(&client, format!("{path}1002")), MISMATCH, "{path}");
        assert_eq!(body(&client, &format!("{path}1001")), secret(OWN), "{path}");
    }
    let asked = std::fs::read_to_string(httpd.root().join("logs/backend.log")).unwrap();
    assert!(asked.contains("1001.xml") && !asked.contains("1002.xml"), "{asked}");
}

#[test]
fn a_script_is_run_for_the_phones_own_extension_only() {
    let script = "<Directory \"{docroot}/prov\">\nOptions FollowSymLinks ExecCGI\nAddHandler cgi-script .sh\nAcceptPathInfo On\n\
                  RewriteEngine on\nMTLSProtectNamedBy %{reqenv:PHONE}\n\
                  RewriteRule \"^run\\.sh/([0-9]+)\" - [E=PHONE:${phones:$1}]\n</Directory>";
    let httpd = server().mpm(Mpm::Prefork).module("cgi").config(script).start();
    httpd.write_script("prov/run.sh", "#!/bin/sh\necho Content-Type: text/plain; echo; echo \"for $PHONE\"\n");
    let client = httpd.phone(&phone());
    assert_eq!(body(&client, "/prov/run.sh/1001"), format!("for {OWN}\n"));
    assert_eq!(get(&client, "/prov/run.sh/1002"), MISMATCH);
}
