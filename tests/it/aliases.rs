//! Another phone's file under another address: Alias, AliasMatch and ScriptAlias, in the server, a host or a section.

use crate::asking::{CARELESS, OTHER, OWN, body, get, is_open_to_the_owner_only, phone, secret, server};
use mtlsprotect_testkit::{Mpm, Poly};

const MISMATCH: &str = "403 deny mac-mismatch";

#[test]
fn an_alias_of_a_folder() {
    let builder = server().config("Alias /files \"{docroot}/cfg\"\nAlias /deep/er/ \"{docroot}/cfg/\"");
    is_open_to_the_owner_only(&builder, &["/files/0004f2bbbbbb.cfg", "/deep/er/0004f2bbbbbb.cfg"]);
}

#[test]
fn an_alias_of_a_folder_that_is_another_phones() {
    let builder =
        server().config("Alias /tenant7 \"{docroot}/0004f2bbbbbb\"").page("0004f2bbbbbb/phone.cfg", secret(OTHER));
    is_open_to_the_owner_only(&builder, &["/tenant7/phone.cfg"]);
}

#[test]
fn an_alias_of_one_address_straight_to_another_phones_file() {
    let builder = server()
        .config("Alias /lobby \"{docroot}/cfg/0004f2bbbbbb.cfg\"")
        .vhost("Alias /reception.cfg \"{docroot}/cfg/0004f2bbbbbb.cfg\"");
    is_open_to_the_owner_only(&builder, &["/lobby", "/reception.cfg"]);
}

#[test]
fn an_alias_match_that_puts_the_name_together() {
    let builder = server().config(
        "AliasMatch \"^/six/(\\w+)$\" \"{docroot}/cfg/0004f2$1.cfg\"\n\
         AliasMatch \"^/halves/(\\w{6})/x/(\\w{6})$\" \"{docroot}/cfg/$1$2.cfg\"",
    );
    is_open_to_the_owner_only(&builder, &["/six/bbbbbb", "/halves/0004f2/x/bbbbbb"]);
}

#[test]
fn an_alias_inside_a_location() {
    let builder = server().vhost(
        "<Location /inside>\nAlias \"{docroot}/cfg/0004f2bbbbbb.cfg\"\n</Location>\n\
         <LocationMatch \"^/door/(?<last6>\\w+)$\">\nAlias \"{docroot}/cfg/0004f2%{env:MATCH_LAST6}.cfg\"\n</LocationMatch>",
    );
    is_open_to_the_owner_only(&builder, &["/inside", "/door/bbbbbb"]);
}

#[test]
fn an_alias_out_of_the_document_root() {
    let builder = server()
        .file("elsewhere/0004f2bbbbbb/phone.cfg", secret(OTHER))
        .config("Alias /out \"{root}/elsewhere/0004f2bbbbbb\"")
        .config("<Directory \"{root}/elsewhere\">\nRequire all granted\nMTLSProtect On\n</Directory>");
    is_open_to_the_owner_only(&builder, &["/out/phone.cfg"]);
}

#[test]
fn an_alias_outside_the_location_that_has_protection() {
    let builder = server().vhost("Alias /elsewhere \"{docroot}/cfg\"\n<Location /cfg>\nMTLSProtect On\n</Location>");
    is_open_to_the_owner_only(&builder, &["/elsewhere/0004f2bbbbbb.cfg"]);
}

#[test]
fn a_script_alias_with_another_phone_as_path_info_or_query() {
    let builder = server().mpm(Mpm::Prefork).module("cgi").config(
        "ScriptAlias /render/ \"{docroot}/bin/\"\n<Directory \"{docroot}/bin\">\nOptions ExecCGI\n</Directory>",
    );
    let off = builder.clone().config("<Location />\nMTLSProtect Off\n</Location>").start();
    let on = builder.start();
    for httpd in [&off, &on] {
        httpd.write_script("bin/run.sh", CARELESS);
    }
    for door in ["/render/run.sh/0004f2MAC.cfg", "/render/run.sh?file=0004f2MAC.cfg", "/render/run.sh?mac=0004f2MAC"] {
        let (theirs, own) = (door.replace("MAC", "bbbbbb"), door.replace("MAC", "aaaaaa"));
        let leaked = off.phone(&phone()).get(&theirs).unwrap().text();
        assert!(leaked.contains(&secret(OTHER)), "{theirs} leads nowhere: {leaked}");
        assert_eq!(get(&on.phone(&phone()), &theirs), MISMATCH, "{theirs}");
        assert!(body(&on.phone(&phone()), &own).contains(&secret(OWN)), "{own}");
    }
}

/// A script that prints the file that its path info leads to: PATH_TRANSLATED.
const TRANSLATED: &str = "#!/bin/sh\necho 'Content-Type: text/plain'; echo\necho script ran\n[ -n \"$PATH_TRANSLATED\" ] && cat \"$PATH_TRANSLATED\"\nexit 0\n";

#[test]
fn a_script_is_not_told_where_the_path_info_of_another_phone_leads() {
    let builder = server().mpm(Mpm::Prefork).module("cgi").config(
        "ScriptAlias /show/ \"{docroot}/bin/\"\n<Directory \"{docroot}/bin\">\nOptions ExecCGI\n</Directory>\n\
         Alias /lobby \"{docroot}/cfg/0004f2bbbbbb.cfg\"\nAliasMatch ^/six/(\\w+) \"{docroot}/cfg/0004f2$1.cfg\"",
    );
    let off = builder.clone().config("<Location />\nMTLSProtect Off\n</Location>").start();
    let on = builder.start();
    for httpd in [&off, &on] {
        httpd.write_script("bin/run.sh", TRANSLATED);
    }
    for door in ["/show/run.sh/lobby", "/show/run.sh/six/bbbbbb", "/show/run.sh/x/..//six/bbbbbb%20"] {
        let leaked = off.phone(&phone()).get(door).unwrap().text();
        assert!(leaked.contains(&secret(OTHER)), "{door} leads nowhere: {leaked}");
        let page = body(&on.phone(&phone()), door);
        assert!(page.contains("script ran") && !page.contains(&secret(OTHER)), "{door}: {page}");
        assert!(body(&on.phone(&Poly::shared().phone(OTHER)), door).contains(&secret(OTHER)), "{door}");
    }
    assert!(body(&on.phone(&phone()), "/show/run.sh/six/aaaaaa").contains(&secret(OWN)));
}
