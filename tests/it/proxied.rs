//! Another phone's file behind a proxy: the whole URL names it, whatever a client puts into path or query.

use crate::asking::{OTHER, OWN, ask, body, get, is_open_to_the_owner_only, off, phone, secret, server};
use mtlsprotect_testkit::{Builder, Client, Httpd};
use std::fs;

const MISMATCH: &str = "403 deny mac-mismatch";
const AMBIGUOUS: &str = "403 deny ambiguous-name";

/// A front that protects all it is asked for, and a backend on `{http_b}` that gives everybody everything and keeps
/// uploads.
fn site() -> Builder {
    server().modules(&["rewrite", "proxy", "proxy_http", "dav", "dav_fs"]).page("dir/x", "").config(
        "<Location />\nMTLSProtect On\n</Location>\n\
         <VirtualHost 127.0.0.1:{http_b}>\nDocumentRoot \"{docroot}\"\nAlias /store \"{writable}\"\n\
         <Directory \"{writable}\">\nDav On\nRequire all granted\n</Directory>\n\
         <Location />\nMTLSProtect Off\n</Location>\n</VirtualHost>",
    )
}

#[test]
fn a_bar_in_the_query_of_a_directory_level_rewrite() {
    let builder = site().config(
        "<Directory \"{docroot}/dir\">\nRewriteEngine on\n\
         RewriteRule ^pd$ http://127.0.0.1:{http_b}/cfg/0004f2bbbbbb.cfg [P]\n\
         RewriteRule ^six/(\\w+)$ http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg [P,NE]\n</Directory>",
    );
    is_open_to_the_owner_only(
        &builder,
        &[
            "/dir/pd",
            "/dir/pd?|",
            "/dir/pd?x=|y",
            "/dir/pd?unix:|",
            "/dir/pd?unix:/run/x|http://x/y",
            "/dir/six/bbbbbb?||",
        ],
    );
}

#[test]
fn a_bar_in_the_path_or_query_of_a_proxied_request() {
    let builder = site().vhost(
        "AllowEncodedSlashes NoDecode\n\
         ProxyPassMatch ^/six/(\\w+).*$ http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg\n\
         ProxyPass /pass/ http://127.0.0.1:{http_b}/cfg/0004f2 nocanon\n\
         RewriteEngine on\nRewriteRule ^/p/(\\w+) http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg [P]\n\
         RewriteRule ^/q/(.*)$ http://127.0.0.1:{http_b}/cfg/0004f2bbbbbb.cfg?x=$1 [P,NE,B]",
    );
    is_open_to_the_owner_only(
        &builder,
        &[
            "/six/bbbbbb|",
            "/six/bbbbbb%7C",
            "/six/bbbbbb?|",
            "/pass/bbbbbb.cfg?|",
            "/p/bbbbbb|",
            "/p/bbbbbb?|",
            "/q/|",
            "/q/a|b?|",
        ],
    );
}

#[test]
fn anybody_may_read_other_files_and_still_not_this_one() {
    let builder = site()
        .config(
            "<Directory \"{docroot}/dir\">\nRewriteEngine on\n\
             RewriteRule ^pd$ http://127.0.0.1:{http_b}/cfg/0004f2bbbbbb.cfg [P]\n</Directory>",
        )
        .config("MTLSProtectOtherFiles allow");
    let httpd = builder.start();
    for door in ["/dir/pd?|", "/dir/pd?x|y"] {
        assert_eq!(get(&httpd.plain_client(), door), "403 deny plain-http", "{door}");
        assert_eq!(get(&httpd.client(), door), "403 deny no-certificate", "{door}");
    }
}

#[test]
fn a_phone_that_is_a_host_of_its_own() {
    let builder = site().vhost(
        "RewriteEngine on\nRewriteRule ^/of/(\\w+)$ http://0004f2$1@127.0.0.1:{http_b}/cfg/000000000000.cfg [P]\n\
         RewriteRule ^/at/(\\w+)$ http://0004f2$1.localhost:{http_b}/cfg/000000000000.cfg [P]",
    );
    let httpd = builder.start();
    for door in ["/of/", "/at/"] {
        assert_eq!(get(&httpd.phone(&phone()), format!("{door}bbbbbb")), MISMATCH, "{door}");
        let own = get(&httpd.phone(&phone()), format!("{door}aaaaaa"));
        assert!(own.contains(" allow "), "{door}: {own}");
    }
}

#[test]
fn a_balancer_of_backends() {
    let builder = site().modules(&["proxy_balancer", "slotmem_shm", "lbmethod_byrequests"]).vhost(
        "<Proxy balancer://both>\nBalancerMember http://127.0.0.1:{http_b}\n</Proxy>\n\
         ProxyPassMatch ^/m/(\\w+).*$ balancer://both/cfg/0004f2$1.cfg",
    );
    is_open_to_the_owner_only(&builder, &["/m/bbbbbb", "/m/bbbbbb|", "/m/bbbbbb?|"]);
}

#[test]
fn a_handler_that_is_another_phones_address() {
    let builder = site().page("handled/any", "").config(
        "<Location /handled>\nSetHandler \"proxy:http://127.0.0.1:{http_b}/desk/0004f2bbbbbb\"\n</Location>\n\
         AliasMatch ^/desk/(\\w+)/ \"{docroot}/cfg/$1.cfg\"",
    );
    is_open_to_the_owner_only(&builder, &["/handled/any", "/handled/any?|"]);
}

#[test]
fn an_upload_that_a_proxy_hands_on() {
    let builder = site()
        .vhost(
            "RewriteEngine on\nRewriteRule ^/\\w{12}/(\\w+) http://127.0.0.1:{http_b}/store/0004f2$1.log [P]\n\
         RewriteRule ^/logs/(\\w{12}\\.log)$ http://127.0.0.1:{http_b}/store/$1 [P]\n\
         ProxyPass /up/ http://127.0.0.1:{http_b}/store/\n\
         RewriteRule ^/shared/ http://127.0.0.1:{http_b}/store/shared.cfg?%{QUERY_STRING} [P]",
        )
        .config(
            "<Directory \"{docroot}/dir\">\nRewriteEngine on\n\
         RewriteRule ^\\w{12}/(\\w+)$ http://127.0.0.1:{http_b}/store/0004f2$1.log [P]\n</Directory>",
        );
    let stored = |httpd: &Httpd, name: &str| fs::read_to_string(httpd.root().join("writable").join(name)).ok();
    let put = |client: &Client, path: &str| ask(client, "PUT", path, &[], b"written");
    let open = off(&builder);
    for path in ["/dir/0004f2aaaaaa/bbbbbb?|", "/0004f2aaaaaa/bbbbbb|", "/0004f2aaaaaa/bbbbbb?|"] {
        assert!(put(&open.phone(&phone()), path).starts_with("20"), "{path} leads nowhere");
        assert!(stored(&open, "0004f2bbbbbb.log").is_some());
    }
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    for path in [
        "/dir/0004f2aaaaaa/bbbbbb?|",
        "/dir/0004f2aaaaaa/bbbbbb?unix:|",
        "/0004f2aaaaaa/bbbbbb|",
        "/0004f2aaaaaa/bbbbbb?|",
        "/0004f2aaaaaa/bbbbbb?unix:|",
    ] {
        assert_eq!(put(&client, path), AMBIGUOUS, "{path}");
    }
    for path in ["/logs/0004f2bbbbbb.log", "/up/0004f2bbbbbb.log"] {
        assert_eq!(put(&client, path), MISMATCH, "{path}");
    }
    for path in ["/shared/?0004f2aaaaaa", "/shared/?mac=0004f2aaaaaa", "/up/shared.cfg?0004f2aaaaaa|"] {
        assert_eq!(put(&client, path), "403 deny write", "{path}: only the query names the sender");
    }
    assert_eq!((stored(&httpd, "0004f2bbbbbb.log"), stored(&httpd, "shared.cfg")), (None, None));
    assert_eq!(put(&client, "/0004f2aaaaaa/aaaaaa"), "201 allow own-file");
    assert_eq!(put(&client, "/logs/0004f2aaaaaa.log"), "204 allow own-file");
    assert_eq!(put(&client, &format!("/up/{OWN}-app.log")), "201 allow own-file");
    assert_eq!(stored(&httpd, &format!("{OWN}-app.log")).as_deref(), Some("written"));
}

#[test]
fn a_document_root_of_twelve_digits_in_front_of_a_proxy() {
    let builder = site()
        .page("001122334455/cfg/0004f2aaaaaa.cfg", secret(OWN))
        .page("001122334455/cfg/0004f2bbbbbb.cfg", secret(OTHER))
        .page("001122334455/shared.cfg", "shared by all;")
        .vhost(
            "DocumentRoot \"{docroot}/001122334455\"\n\
             ProxyPassMatch ^/m/(.*)$ http://127.0.0.1:{http_b}{docroot}/001122334455/$1\n\
             RewriteEngine on\nRewriteRule ^/r/(\\w+)$ http://127.0.0.1:{http_b}{docroot}/001122334455/cfg/0004f2$1.cfg [P]\n\
             RewriteRule ^/else/(.*)$ http://127.0.0.1:{http_b}/x{docroot}/001122334455/$1 [P]",
        )
        // The backend knows the path as the front does.
        .config("Alias \"{docroot}/001122334455\" \"{docroot}/001122334455\"");
    let httpd = builder.start();
    let client = httpd.phone(&phone());
    for path in ["/m/cfg/0004f2aaaaaa.cfg", "/r/aaaaaa"] {
        assert_eq!(body(&client, path), secret(OWN), "{path}");
    }
    assert_eq!(body(&client, "/m/shared.cfg"), "shared by all;");
    for path in
        ["/m/cfg/0004f2bbbbbb.cfg", "/r/bbbbbb", "/m/cfg/0004f2bbbbbb.cfg?|", "/m/0004f2/../cfg/0004f2bbbbbb.cfg"]
    {
        assert_eq!(get(&client, path), MISMATCH, "{path}");
    }
    // Elsewhere in the URL it is the client's, or as good as.
    assert_eq!(get(&client, "/else/shared.cfg"), MISMATCH);
    assert_eq!(get(&client, "/m/001122334455/x"), MISMATCH);
}
