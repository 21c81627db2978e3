//! A phone names another's file by every spelling that the specification lists.

use crate::asking::{CARELESS, OTHER, OWN, ask, body, get, phone, secret, server};
use mtlsprotect_testkit::cases::names::{QUERIES, SPELLINGS};
use mtlsprotect_testkit::{Httpd, Mpm};

const MISMATCH: &str = "403 deny mac-mismatch";
const AMBIGUOUS: &str = "403 deny ambiguous-name";

/// A careless application behind one address.
fn application() -> Httpd {
    server()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .config(
            "<Directory \"{docroot}\">\nOptions ExecCGI\nAddHandler cgi-script .sh\nAcceptPathInfo On\n</Directory>",
        )
        .config("AllowEncodedSlashes NoDecode")
        .page("app/run.sh", CARELESS)
        .start()
}

fn make_executable(httpd: &Httpd) {
    httpd.write_script("app/run.sh", CARELESS);
}

#[test]
fn another_phones_file_by_every_spelling_of_its_name() {
    let httpd = server().start();
    let client = httpd.phone(&phone());
    for name in SPELLINGS {
        for path in [format!("/cfg/{name}.cfg"), format!("/cfg//{name}.cfg"), format!("/cfg/./x/../{name}.cfg")] {
            let answer = get(&client, &path);
            assert!(answer == MISMATCH || answer == AMBIGUOUS, "{path}: {answer}");
        }
        let answer = get(&client, format!("/cfg/{OWN}/{name}.cfg"));
        assert!(answer == AMBIGUOUS, "in its own directory, {name}: {answer}");
    }
    // What dot segments fold away was still named, and what they fold to is looked at.
    assert_eq!(get(&client, format!("/cfg/{OTHER}/../{OWN}.cfg")), AMBIGUOUS);
    assert_eq!(get(&client, format!("/cfg/{OWN}/%2e%2e/{OTHER}.cfg")), AMBIGUOUS);
    assert_eq!(get(&client, format!("https://localhost/cfg/{OTHER}.cfg")), MISMATCH);
    assert_eq!(body(&client, &format!("/cfg/{OWN}.cfg")), secret(OWN));
}

#[test]
fn a_prefix_that_nobody_knows_is_a_name_when_it_stands_alone() {
    let httpd = server().page("cfg/123456abcdef.cfg", "x").start();
    let client = httpd.phone(&phone());
    for name in [
        "123456abcdef",
        "12:34:56:ab:cd:ef",
        "12-34-56-AB-CD-EF",
        "12_34_56_ab_cd_ef",
        "1234.56ab.cdef",
        "1234-56ab-cdef",
        "SEP123456ABCDEF",
        "12-34-56-ab-cd-ef-app",
        "12-34-56-ab-cd-ef-directory",
        "12-34-56-ab-cd-ef-boot",
    ] {
        assert_eq!(get(&client, format!("/cfg/{name}.cfg")), MISMATCH, "{name}");
    }
    for name in ["123456-abcdef", "0123456abcdef", "12.34.56.ab.cd.ef", "202611230715"] {
        assert_eq!(get(&client, format!("/cfg/{name}.cfg")), "404 allow other-file", "{name}");
    }
}

#[test]
fn another_phone_as_path_info_before_or_after_its_own_name() {
    let httpd = application();
    make_executable(&httpd);
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, format!("/app/run.sh/{OTHER}.cfg")), MISMATCH);
    for path in [
        format!("/app/run.sh/{OWN}/{OTHER}.cfg"),
        format!("/app/run.sh/{OTHER}/{OWN}.cfg"),
        format!("/cfg/{OWN}.cfg/{OTHER}"),
    ] {
        assert_eq!(get(&client, &path), AMBIGUOUS, "{path}");
    }
    assert!(body(&client, &format!("/app/run.sh/{OWN}.cfg")).contains(&secret(OWN)));
}

#[test]
fn another_phone_in_the_query_as_loosely_spelled_as_applications_accept_it() {
    let httpd = application();
    make_executable(&httpd);
    let client = httpd.phone(&phone());
    for query in QUERIES {
        // As it stands, %26 with the digits after it can be read as a name of its own.
        let answer = get(&client, format!("/app/run.sh?{query}"));
        assert!(answer == MISMATCH || (query.contains("%26") && answer == AMBIGUOUS), "{query}: {answer}");
        let both = format!("/app/run.sh?mac={OWN}&{query}");
        assert_eq!(get(&client, &both), AMBIGUOUS, "{both}");
    }
    assert!(body(&client, &format!("/app/run.sh?mac={OWN}")).contains(&secret(OWN)));
    assert_eq!(get(&client, "/app/run.sh?mac=123456abcdef"), MISMATCH, "a parameter names whatever its prefix");
    assert_eq!(get(&client, format!("/app/run.sh?mac={OTHER}#{OWN}").replace('#', "%23")), "403 deny malformed-name");
}

#[test]
fn a_name_parameter_that_is_no_address_is_refused_and_an_empty_one_is_no_name() {
    let httpd = application();
    make_executable(&httpd);
    let client = httpd.phone(&phone());
    for value in ["0004f2", "abc", "0004f2aaaaaa0", "0004f2aaaaaa,0004f2bbbbbb"] {
        assert_eq!(get(&client, format!("/cfg/000000000000.cfg?mac={value}")), "403 deny malformed-name", "{value}");
    }
    for value in ["", "xyz", "000000000000"] {
        assert_eq!(
            get(&client, format!("/cfg/000000000000.cfg?mac={value}&file=features.cfg")),
            "200 allow other-file"
        );
    }
}

#[test]
fn name_parameters_are_the_operators_choice() {
    let httpd = server()
        .config("<Location /none>\nMTLSProtectNameParameter none\n</Location>")
        .config("<Location /id>\nMTLSProtectNameParameter Device serial\n</Location>")
        .start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, "/none/x?mac=12-34-56-abcdef"), "404 allow other-file");
    assert_eq!(get(&client, "/id/x?mac=12-34-56-abcdef"), "404 allow other-file");
    assert_eq!(get(&client, "/id/x?device=12-34-56-abcdef"), MISMATCH);
    assert_eq!(get(&client, "/id/x?SERIAL=12345"), "403 deny malformed-name");
}

#[test]
fn another_phone_in_user_agent_or_host() {
    let httpd = server()
        .module("vhost_alias")
        .vhost("VirtualDocumentRoot \"{root}/hosts/%0\"")
        .config("<Directory \"{root}/hosts\">\nRequire all granted\nMTLSProtect On\n</Directory>")
        .file("hosts/0004f2bbbbbb.example/x.cfg", secret(OTHER))
        .file("hosts/0004f2aaaaaa.example/x.cfg", secret(OWN))
        .start();
    let client = httpd.phone(&phone());
    let with = |name, value| ask(&client, "GET", "/x.cfg", &[(name, value)], b"");
    assert_eq!(with("User-Agent", "Phone 00:04:f2:bb:bb:bb"), MISMATCH);
    assert_eq!(with("User-Agent", "Phone 12:34:56:bb:bb:bb"), "404 allow other-file", "no phone's prefix");
    assert_eq!(with("User-Agent", "Yealink SIP-T46S 66.84.0.15 00:04:f2:aa:aa:aa"), "404 allow other-file", "its own");
    assert_eq!(with("Host", "0004f2bbbbbb.example"), MISMATCH);
    assert_eq!(with("Host", "00-04-f2-bb-bb-bb.example"), MISMATCH);
    assert_eq!(with("Host", "0004f2aaaaaa.example"), "200 allow own-file");
    // The same headers again on one connection, as phones send them.
    let mut connection = client.connect().unwrap();
    let agent = [("User-Agent", "Phone"), ("Host", "localhost")];
    let other = [("User-Agent", "Phone 0004f2bbbbbb"), ("Host", "localhost")];
    for (headers, status) in [(agent, 404), (agent, 404), (other, 403), (agent, 404), (other, 403)] {
        assert_eq!(connection.request("GET", "/x", &headers, b"").unwrap().status, status, "{headers:?}");
    }
}

#[test]
fn patterns_add_names_and_ignore_takes_all_but_phones_prefixes_away() {
    let httpd = server()
        .config(
            "<Directory \"{docroot}\">\nMTLSProtectFilePattern \"/p(?<mac>[0-9a-f]{6}x[0-9a-f]{6})\"\n\
             MTLSProtectIgnore \"order-[0-9a-f]{12}\"\nMTLSProtectIgnore \"zz+\"\n</Directory>",
        )
        .start();
    let client = httpd.phone(&phone());
    assert_eq!(get(&client, "/p123456xabcdef"), MISMATCH);
    assert_eq!(get(&client, "/order-123456abcdef"), "404 allow other-file");
    assert_eq!(get(&client, "/order-0004f2bbbbbb"), MISMATCH);
    assert_eq!(get(&client, "/0004f2zzbbbbbb"), MISMATCH, "what is cut out hides no phone");
    assert_eq!(get(&client, "/123456zzabcdef"), "404 allow other-file", "and joins nothing");
}
