//! Another phone's name as applications in Perl, Python and PHP read it, which undo more than percent signs.

use crate::asking::{OTHER, ask, get, phone, secret, server};
use mtlsprotect_testkit::{Builder, Httpd, Identity, Mpm, Poly};

const MISMATCH: &str = "403 deny mac-mismatch";
const AMBIGUOUS: &str = "403 deny ambiguous-name";

/// A phone whose name ends with the digit with which the other's begins, and begins with the one with which a third's ends.
const OWN: &str = "0004f2aaaaa0";

/// A script that reads the query, the cookie, and the end of the User-Agent: it undoes `%u0030` and `%30` as CGI.pm does,
/// reads digits of other scripts and what stands for more than a digit and drops accents as Python does, strips the rest, cuts it to 12 digits from the beginning
/// or the end, and prints the file of the phone that they spell.
const READING: &str = r#"#!/bin/sh
echo 'Content-Type: text/plain'; echo
agent=$(printf '%s' "$HTTP_USER_AGENT" | tail -c 17)
printf '%s\n' "${QUERY_STRING#*=}" "${HTTP_COOKIE#*=}" "$agent" | LC_ALL=C sed '
    s/%[uU]00\(..\)/%\1/g; s/%[uU]ff14/4/g; s/%[uU]....//g; s/%[eE]3%8[bB]%83/4/g
    s/%30/0/g; s/%34/4/g; s/%66/f/g; s/%32/2/g; s/%62/b/g
    s/%[dD]9%[aA]0/0/g; s/%[eE]1%[bB]8%9[fF]/f/g; s/%[eE]1%[bB]8%83/b/g; s/%[eE]3%80%87/0/g
    s/\..*//; s/[^0-9A-Fa-f]//g' | while read digits; do
    for mac in 0004f2bbbbbb 0004f2ccccc0; do
        case "$digits" in $mac*|*$mac) echo "password of 0004f2bbbbbb;" ;; esac
    done
done
echo "script ran"
"#;

fn application() -> Builder {
    server()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .config("<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
}

/// The same application without the module, and with it.
fn open_and_protected() -> [Httpd; 2] {
    let off = application().vhost("<Location />\nMTLSProtect Off\n</Location>");
    [off, application()].map(|builder| {
        let httpd = builder.start();
        httpd.write_script("app/run.sh", READING);
        httpd
    })
}

/// The door is there without the module, and shut with it.
fn is_shut([open, httpd]: &[Httpd; 2], sender: &Identity, query: &str, headers: &[(&str, &str)], answer: &str) {
    let path = format!("/app/run.sh?{query}");
    let through = open.phone(sender).request("GET", &path, headers, b"").expect("an answer");
    assert!(through.text().contains(&secret(OTHER)), "{query} {headers:?} leads nowhere: {}", through.text());
    assert_eq!(ask(&httpd.phone(sender), "GET", &path, headers, b""), answer, "{query} {headers:?}");
}

#[test]
fn escapes_that_only_some_languages_undo() {
    let servers = open_and_protected();
    let wide = "%u0030%u0030%u0030%U0034%u0066%u0032%u0062%u0062%u0062%u0062%u0062%U0062";
    is_shut(&servers, &phone(), &format!("file={wide}.cfg"), &[], MISMATCH);
    is_shut(&servers, &phone(), &format!("file={}", wide.replace("%u0062", "b")), &[], MISMATCH);
    is_shut(&servers, &phone(), "", &[("Cookie", &format!("phone={wide}"))], MISMATCH);
    let client = servers[1].phone(&phone());
    assert_eq!(get(&client, format!("/app/run.sh?file={}", wide.replace('%', "%25"))), MISMATCH, "escaped once more");
    assert_eq!(get(&client, format!("/app/run.sh?%u006d%U0061c={wide}")), MISMATCH, "in the name parameter");
    assert_eq!(get(&client, "/app/run.sh?%u006d%U0061c=04f2"), "403 deny malformed-name");
}

#[test]
fn digits_of_other_scripts_and_letters_with_accents() {
    let servers = open_and_protected();
    for name in [
        "%d9%a0%D9%A0%d9%a04f2bbbbbb",
        "0004%e1%b8%9f2bbbbbb",
        "%e3%80%87004f2bbbbbb",
        "%E3%80%87004%e1%b8%9f2bbbb%e1%b8%83b",
    ] {
        is_shut(&servers, &phone(), &format!("file={name}.cfg"), &[], MISMATCH);
        assert_eq!(get(&servers[1].phone(&phone()), format!("/cfg/{name}.cfg")), MISMATCH, "{name}");
    }
}

#[test]
fn characters_that_are_more_than_a_digit_or_escaped_as_wide_ones() {
    let servers = open_and_protected();
    // With the digits of escapes there is a third phone, too.
    for name in ["000%e3%8b%83f2bbbbbb", "000%uff14f2bbbbbb", "0004f2%u2603%u2603bbbbbb-phone"] {
        is_shut(&servers, &phone(), &format!("file={name}.cfg"), &[], AMBIGUOUS);
    }
}

#[test]
fn a_name_that_shares_a_digit_with_the_senders_own() {
    let (servers, sender) = (open_and_protected(), Poly::shared().phone(OWN));
    for query in [
        "file=0004f2aaaaa0-004f2bbbbbb",
        "file=0004f2aaaaa0-004f2bbbbbb.cfg",
        "file=00-04-f2-aa-aa-a0-0~04f2bbbbbb",
        "mac=0004f2aaaaa0-004f2bbbbbb",
        "file=0004f2ccccc-0004f2aaaaa0",
        "mac=0004f2ccccc_0004f2aaaaa0",
    ] {
        is_shut(&servers, &sender, query, &[], AMBIGUOUS);
    }
    let agent = "Yealink SIP-T46G 66.84.0.15 0004f2aaaaa0-0-0-4-f-2bbbbbb";
    is_shut(&servers, &sender, "", &[("User-Agent", agent)], MISMATCH);
    let client = servers[1].phone(&sender);
    for own in ["0004f2aaaaa0-20261124.log", "0004f2aaaaa0-20261124154922-app.log", "0004f2aaaaa0-1764133200.log"] {
        assert_eq!(get(&client, format!("/app/run.sh?file={own}")), "200 allow own-file", "{own}");
    }
}

#[test]
fn a_uuid_that_begins_with_another_phones_name() {
    let servers = open_and_protected();
    for query in ["file=0004f2bb-bbbb-4455-8899-123456789abc", "file=0004f2-bbbbbb44-5566-4455-8899-123456789abc.cfg"] {
        is_shut(&servers, &phone(), query, &[], MISMATCH);
    }
}

/// A script that reads the query as PHP does: it decodes `%66` and no `%u0066`, normalises what is left (NFKC), strips the
/// rest, and prints the file of the phone that is left.
const READING_LESS: &str = r#"#!/bin/sh
echo 'Content-Type: text/plain'; echo
digits=$(printf '%s\n' "${QUERY_STRING#*=}" | LC_ALL=C sed '
    s/%66/f/g; s/%32/2/g; s/%62/b/g; s/%[cC]3%[aA]9/\xc3\xa9/g
    s/\xef\xbc\x90/0/g; s/[^0-9A-Fa-f]//g')
case "$digits" in 0004f2bbbbbb) echo "password of 0004f2bbbbbb;" ;; esac
echo "script ran"
"#;

#[test]
fn an_application_that_undoes_less_than_others() {
    let servers = open_and_protected();
    for httpd in &servers {
        httpd.write_script("app/run.sh", READING_LESS);
    }
    for query in [
        "file=%u0004%66%32bbbbbb",
        "file=%u0004%66%32%62%62%62%62%62%62.xml",
        "file=\u{ff10}0%u04f2%62bbbbb",
        "file=\u{ff10}\u{e9}0\u{e9}0\u{e9}4f2bbbbbb",
        "file=\u{ff10}%C3%A90%C3%A90%C3%A94f2bbbbbb",
    ] {
        is_shut(&servers, &phone(), query, &[], MISMATCH);
    }
}
