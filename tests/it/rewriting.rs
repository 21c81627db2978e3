//! Another phone's file behind mod_rewrite, aliases and proxies: what the request is made into names it.

use crate::asking::{CARELESS, OTHER, OWN, body, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Httpd, Mpm, Poly};

const MISMATCH: &str = "403 deny mac-mismatch";

/// The same server with protection On, and Off to show that the door is there.
fn on_and_off(builder: Builder) -> (Httpd, Httpd) {
    let off = builder.clone().config("<Location />\nMTLSProtect Off\n</Location>");
    (builder.start(), off.start())
}

/// The door leads to the other phone's file, and the module keeps it shut.
fn is_shut(builder: Builder, paths: &[&str]) {
    let (on, off) = on_and_off(builder);
    for httpd in [&on, &off] {
        httpd.write_script("app/run.sh", CARELESS);
        httpd.write_script("app/index.sh", CARELESS);
    }
    for path in paths {
        let leaked = off.phone(&phone()).get(path).unwrap();
        assert!(leaked.text().contains(&secret(OTHER)), "{path} leads nowhere: {} {}", leaked.status, leaked.text());
        let answer = get(&on.phone(&phone()), path);
        assert!(answer.starts_with("403 deny"), "{path}: {answer}");
    }
    assert_eq!(body(&on.phone(&phone()), &format!("/cfg/{OWN}.cfg")), secret(OWN));
}

fn scripts() -> Builder {
    server().mpm(Mpm::Prefork).modules(&["rewrite", "cgi"]).config(
        "<Directory \"{docroot}/app\">\nOptions ExecCGI FollowSymLinks\nAddHandler cgi-script .sh\nAcceptPathInfo On\n</Directory>",
    )
}

#[test]
fn a_server_level_rewrite_from_path_to_path_and_from_query_to_path() {
    let builder = server().module("rewrite").vhost(
        "RewriteEngine on\nRewriteRule ^/short$ /cfg/0004f2bbbbbb.cfg [PT]\n\
         RewriteRule ^/file$ \"{docroot}/cfg/0004f2bbbbbb.cfg\"\n\
         RewriteCond %{QUERY_STRING} last6=(\\w+)\nRewriteRule ^/six$ /cfg/0004f2%1.cfg [PT,QSD]",
    );
    is_shut(builder, &["/short", "/file", "/six?last6=bbbbbb"]);
}

#[test]
fn a_server_level_rewrite_from_path_to_query() {
    let builder = scripts().vhost("RewriteEngine on\nRewriteRule ^/get/(\\w+)$ /app/run.sh?mac=0004f2$1 [PT]");
    is_shut(builder, &["/get/bbbbbb"]);
}

#[test]
fn a_directory_level_rewrite_to_another_file_or_only_to_another_query() {
    let builder = scripts().config(
        "<Directory \"{docroot}/app\">\nRewriteEngine on\nRewriteRule ^(\\w{6})\\.sh$ run.sh?mac=0004f2$1\n\
         RewriteCond %{QUERY_STRING} ^x=(\\w+)$\nRewriteRule ^run\\.sh$ run.sh?mac=0004f2%1\n\
         RewriteRule ^there$ /cfg/0004f2bbbbbb.cfg\n</Directory>",
    );
    is_shut(builder, &["/app/bbbbbb.sh", "/app/run.sh?x=bbbbbb", "/app/there"]);
}

#[test]
fn a_front_controller_sees_the_address_that_was_asked_for() {
    let builder = scripts().config(
        "<Directory \"{docroot}/app\">\nRewriteEngine on\nRewriteCond %{REQUEST_FILENAME} !-f\n\
         RewriteRule ^ index.sh\n</Directory>",
    );
    is_shut(builder, &["/app/0004f2bbbbbb.cfg", "/app/x?file=0004f2bbbbbb.cfg"]);
    let fallback = scripts().config("<Directory \"{docroot}/app\">\nFallbackResource /app/index.sh\n</Directory>");
    is_shut(fallback, &["/app/0004f2bbbbbb.cfg", "/app/x?file=0004f2bbbbbb.cfg"]);
}

#[test]
fn a_front_controller_serves_the_phone_its_own_and_what_is_shared() {
    let httpd = scripts().config("<Directory \"{docroot}/app\">\nFallbackResource /app/index.sh\n</Directory>").start();
    httpd.write_script("app/index.sh", CARELESS);
    let client = httpd.phone(&phone());
    assert!(body(&client, &format!("/app/{OWN}.cfg")).contains(&secret(OWN)));
    assert!(body(&client, "/app/sip.ld").contains("script ran"));
}

#[test]
fn a_backend_behind_rewrite_or_proxy_pass() {
    let rules = "ProxyPass /pass/ http://127.0.0.1:{http_b}/cfg/0004f2\nRewriteEngine on\n\
                 RewriteRule ^/p/(\\w+)$ http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg [P]";
    let builder = server()
        .modules(&["rewrite", "proxy", "proxy_http"])
        .vhost(rules)
        .config(
            "<Location />\nMTLSProtect On\n</Location>\n<Directory \"{docroot}/dir\">\nRewriteEngine on\n\
             RewriteRule ^(\\w+)$ http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg [P]\n</Directory>\n\
             <VirtualHost 127.0.0.1:{http_b}>\nDocumentRoot \"{docroot}\"\n<Location />\nMTLSProtect Off\n</Location>\n</VirtualHost>",
        )
        .page("dir/x", "");
    is_shut(builder, &["/pass/bbbbbb.cfg", "/p/bbbbbb", "/dir/bbbbbb"]);
}

#[test]
fn aliases_wherever_they_stand() {
    let builder = server()
        .config(
            "Alias /files \"{docroot}/cfg\"\nAlias /lobby \"{docroot}/cfg/0004f2bbbbbb.cfg\"\n\
             AliasMatch \"^/six/(\\w+)$\" \"{docroot}/cfg/0004f2$1.cfg\"",
        )
        .vhost("<Location /inside>\nAlias \"{docroot}/cfg/0004f2bbbbbb.cfg\"\n</Location>");
    is_shut(builder, &["/files/0004f2bbbbbb.cfg", "/lobby", "/six/bbbbbb", "/inside"]);
}

#[test]
fn an_alias_outside_the_protected_location_is_caught_by_the_protected_folder() {
    let httpd =
        server().vhost("Alias /elsewhere \"{docroot}/cfg\"\n<Location /cfg>\nMTLSProtect On\n</Location>").start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, format!("/elsewhere/{OTHER}.cfg")), MISMATCH);
    assert_eq!(get(&client, format!("/elsewhere/{OWN}.cfg")), "200 allow own-file");
}

/// Each door is shut to the other phone for this reason, and the owner and the phone itself go through it.
fn is_open_to_the_owner_only(builder: Builder, doors: &[&str], reason: &str) {
    let (on, off) = on_and_off(builder);
    for httpd in [&on, &off] {
        httpd.write_script("app/run.sh", CARELESS);
        httpd.write_script("app/index.sh", CARELESS);
    }
    for door in doors {
        let (theirs, own) = (door.replace("LAST6", "bbbbbb"), door.replace("LAST6", "aaaaaa"));
        let leaked = off.phone(&phone()).get(&theirs).unwrap().text();
        assert!(leaked.contains(&secret(OTHER)), "{theirs} leads nowhere: {leaked}");
        assert_eq!(get(&on.phone(&phone()), &theirs), format!("403 deny {reason}"), "{theirs}");
        assert!(body(&on.phone(&phone()), &own).contains(&secret(OWN)), "{own}");
        assert!(body(&on.phone(&Poly::shared().phone(OTHER)), &theirs).contains(&secret(OTHER)), "{theirs}");
    }
}

#[test]
fn the_right_phone_gets_through_the_same_server_level_rewrites() {
    let builder = scripts().vhost(
        "RewriteEngine on\nRewriteCond %{QUERY_STRING} last6=(\\w+)\nRewriteRule ^/six$ /cfg/0004f2%1.cfg [PT,QSD]\n\
         RewriteRule ^/path/(\\w+)$ \"{docroot}/cfg/0004f2$1.cfg\"\n\
         RewriteRule ^/query/(\\w+)$ /app/run.sh?mac=0004f2$1 [PT]\n\
         RewriteRule ^/info/(\\w+)$ /app/run.sh/0004f2$1.cfg [PT]",
    );
    is_open_to_the_owner_only(
        builder,
        &["/six?last6=LAST6", "/path/LAST6", "/query/LAST6", "/info/LAST6"],
        "mac-mismatch",
    );
}

#[test]
fn the_right_phone_gets_through_the_same_directory_level_rewrites() {
    let builder = scripts().config(
        "<Directory \"{docroot}/app\">\nRewriteEngine on\nRewriteCond %{QUERY_STRING} ^x=(\\w+)$\n\
         RewriteRule ^run\\.sh$ run.sh?mac=0004f2%1\nRewriteRule ^(\\w{6})\\.sh$ run.sh?mac=0004f2$1\n\
         RewriteRule ^there/(\\w+)$ /cfg/0004f2$1.cfg\n</Directory>",
    );
    is_open_to_the_owner_only(builder, &["/app/run.sh?x=LAST6", "/app/LAST6.sh", "/app/there/LAST6"], "mac-mismatch");
    let front = "<Directory \"{docroot}/app\">\nRewriteEngine on\nRewriteRule ^ index.sh [END]\n</Directory>";
    is_open_to_the_owner_only(
        scripts().config(front),
        &["/app/0004f2LAST6.cfg", "/app/x?file=0004f2LAST6.cfg", "/app/x?mac=0004f2LAST6"],
        "mac-mismatch",
    );
}

#[test]
fn the_right_phone_gets_through_the_same_proxy() {
    let builder = scripts()
        .modules(&["proxy", "proxy_http"])
        .vhost(
            "RewriteEngine on\nRewriteRule ^/p/(\\w+)$ http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg [P]\n\
             RewriteRule ^/q/(\\w+)$ http://127.0.0.1:{http_b}/app/run.sh?mac=0004f2$1 [P]\n\
             ProxyPassMatch \"^/m/(\\w+)$\" \"http://127.0.0.1:{http_b}/cfg/0004f2$1.cfg\"",
        )
        .config(
            "<Location />\nMTLSProtect On\n</Location>\n<Directory \"{docroot}/dir\">\nRewriteEngine on\n\
             RewriteRule ^(\\w+)$ http://127.0.0.1:{http_b}/app/run.sh?mac=0004f2$1 [P]\n</Directory>\n\
             <VirtualHost 127.0.0.1:{http_b}>\nDocumentRoot \"{docroot}\"\n<Location />\nMTLSProtect Off\n</Location>\n</VirtualHost>",
        )
        .page("dir/x", "");
    is_open_to_the_owner_only(builder, &["/p/LAST6", "/q/LAST6", "/m/LAST6", "/dir/LAST6"], "mac-mismatch");
}

#[test]
fn a_rewrite_map_that_knows_whose_desk_it_is() {
    let builder = scripts().file("desks.txt", "aaaaaa 0004f2aaaaaa\nbbbbbb 0004f2bbbbbb\n").vhost(
        "RewriteEngine on\nRewriteMap desks \"txt:{root}/desks.txt\"\nRewriteRule ^/desk/(\\w+)$ /cfg/${desks:$1}.cfg [PT]",
    );
    is_open_to_the_owner_only(builder, &["/desk/LAST6"], "mac-mismatch");
}
