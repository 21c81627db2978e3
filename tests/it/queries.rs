//! Another phone in the query, before an application that strips what it reads to hex digits.

use crate::asking::{OTHER, OWN, body, get, phone, secret, server};
use mtlsprotect_testkit::cases::names::LOOSE;
use mtlsprotect_testkit::{Builder, Httpd, Mpm};

const MISMATCH: &str = "403 deny mac-mismatch";
const AMBIGUOUS: &str = "403 deny ambiguous-name";
const MALFORMED: &str = "403 deny malformed-name";

/// A script that decodes each value of its query as PHP does, keeps the hex digits, or those before
/// a dot, and prints the file of the phone that they spell. Some end a parameter at `;` too.
const STRIPPING: &str = r#"#!/bin/sh
echo 'Content-Type: text/plain'; echo
printf '%s\n' "$QUERY_STRING" | awk '
function show(value) {
    if (value == "0004f2aaaaaa" || value == "0004f2bbbbbb") print "password of " value ";"
}
function strip(value) { value = tolower(value); gsub(/[^0-9a-f]/, "", value); return value }
function decode(value,    out, high, low) {
    gsub(/\+/, " ", value)
    while (value != "") {
        high = index("0123456789abcdef", tolower(substr(value, 2, 1)))
        low = index("0123456789abcdef", tolower(substr(value, 3, 1)))
        if (substr(value, 1, 1) == "%" && length(value) > 2 && high && low) {
            out = out sprintf("%c", (high - 1) * 16 + low - 1)
            value = substr(value, 4)
        } else {
            out = out substr(value, 1, 1)
            value = substr(value, 2)
        }
    }
    return out
}
function read(pair,    value) {
    value = pair
    if (index(pair, "=")) value = substr(pair, index(pair, "=") + 1)
    value = decode(value)
    show(strip(value)); show(strip(decode(value)))
    sub(/\..*/, "", value); show(strip(value))
}
{
    count = split($0, pairs, "&")
    for (i = 1; i <= count; i++) {
        read(pairs[i])
        parts = split(pairs[i], some, ";")
        for (j = 1; j <= parts; j++) read(some[j])
    }
}'
echo "script ran"
"#;

fn application() -> Builder {
    server().mpm(Mpm::Prefork).module("cgi").config(
        "<Directory \"{docroot}\">\nOptions ExecCGI\nAddHandler cgi-script .sh\nAcceptPathInfo On\n</Directory>",
    )
}

fn start(builder: Builder) -> Httpd {
    let httpd = builder.start();
    httpd.write_script("app/run.sh", STRIPPING);
    httpd
}

#[test]
fn every_loose_spelling_that_a_stripping_application_understands() {
    let open = start(application().config("<Location />\nMTLSProtect Off\n</Location>"));
    let httpd = start(application());
    let (door, client) = (open.phone(&phone()), httpd.phone(&phone()));
    for query in LOOSE {
        let path = format!("/app/run.sh?{query}");
        assert!(body(&door, &path).contains(&secret(OTHER)), "{query} leads nowhere");
        assert_eq!(get(&client, &path), MISMATCH, "{query}");
        assert_eq!(get(&client, format!("/app/run.sh?mac={OWN}&{query}")), AMBIGUOUS, "after its own: {query}");
        assert_eq!(get(&client, format!("/app/run.sh?{query}&mac={OWN}")), AMBIGUOUS, "before its own: {query}");
        assert_eq!(get(&client, format!("/cfg/{OWN}.cfg?{query}")), AMBIGUOUS, "beside its own file: {query}");
    }
    httpd.wait_for_log("reason=mac-mismatch");
}

#[test]
fn an_escape_inside_an_address_hides_nothing() {
    let open = start(application().config("<Location />\nMTLSProtect Off\n</Location>"));
    let httpd = start(application());
    for (query, answer) in [
        // As they stand, 2604f2bbbbbb and 2504f2bbbbbb are names of their own.
        ("x=00%2604f2bbbbbb", AMBIGUOUS),
        ("x=00%2504f2bbbbbb", AMBIGUOUS),
        ("x=0004%26f2bbbbbb", MISMATCH),
        ("x=0004%25f2bbbbbb", MISMATCH),
    ] {
        let path = format!("/app/run.sh?{query}");
        assert!(body(&open.phone(&phone()), &path).contains(&secret(OTHER)), "{query} leads nowhere");
        assert_eq!(get(&httpd.phone(&phone()), &path), answer, "{query}");
    }
}

#[test]
fn a_value_with_slashes_beside_a_semicolon() {
    let open = start(application().config("<Location />\nMTLSProtect Off\n</Location>"));
    let httpd = start(application());
    for query in ["k=1;y=0/0/04f2bbbb/bb", "k=1;y=00/04f2bb/bbbb", "k=1;00/04f2bb/bbbb", "y=0/0/04f2bbbb/bb;k=1"] {
        let path = format!("/app/run.sh?{query}");
        assert!(body(&open.phone(&phone()), &path).contains(&secret(OTHER)), "{query} leads nowhere");
        assert_eq!(get(&httpd.phone(&phone()), &path), MISMATCH, "{query}");
    }
}

#[test]
fn the_name_parameter_repeated_with_its_own_address_first() {
    let httpd = start(application());
    let client = httpd.phone(&phone());
    for name in ["mac", "MAC", "mac[]", "mac[1]", "mac%5b%5d", "%6dac", "%4D%41%43", "%256dac", "mac%00", "+mac"] {
        for value in ["0004f2bbbbbb", "00-04-f2-bb-bb-bb", "00:04:F2:BB:BB:BB", "0004.f2bb.bbbb", "0.0.0.4.f2bbbbbb"] {
            assert_eq!(get(&client, format!("/app/run.sh?{name}={value}")), MISMATCH, "{name}={value}");
            for joint in ["&", ";"] {
                let repeated = format!("mac={OWN}{joint}{name}={value}");
                let answer = get(&client, format!("/app/run.sh?{repeated}"));
                // With a semicolon the first value, read whole, has 24 digits and more.
                assert!(answer == AMBIGUOUS || (joint == ";" && answer == MALFORMED), "{repeated}: {answer}");
            }
        }
        // A parameter names whatever the prefix and however it is written; other parameters don't.
        assert_eq!(get(&client, format!("/app/run.sh?{name}=1-2345_6ab+cdef")), MISMATCH, "{name}");
        assert_eq!(get(&client, format!("/app/run.sh?{name}=004f2bbbbbb")), MISMATCH, "{name}, without its first zero");
        assert_eq!(get(&client, format!("/app/run.sh?{name}=04f2aaaaaa")), MALFORMED, "{name}, 10 digits");
        assert_eq!(get(&client, format!("/app/run.sh?{name}=0004f2aaaaaa1")), MALFORMED, "{name}, 13 digits");
        assert_eq!(get(&client, format!("/app/run.sh?{name}=")), "200 allow other-file", "{name}, empty");
    }
    assert_eq!(get(&client, "/app/run.sh?x=1-2345_6ab+cdef"), "200 allow other-file");
    assert_eq!(get(&client, "/app/run.sh?x=123456abcdef"), MISMATCH);
    httpd.wait_for_log("reason=malformed-name");
}

/// As qs, Rack and PHP read them: what they find there has to be a MAC, of whatever prefix.
#[test]
fn the_name_parameter_in_brackets() {
    let httpd = start(application().config("MTLSProtectNameParameter mac phone_mac"));
    let client = httpd.phone(&phone());
    for key in ["[mac]", "%5Bmac%5D", "[mac", "mac]", "]mac", "%5bmac", "phone_mac", "phone[mac", "phone%5Bmac"] {
        for (value, answer) in
            [("00==04==f2==bb==bb==bb==aa", MALFORMED), ("123456789012", MISMATCH), (OWN, "200 allow own-file")]
        {
            assert_eq!(get(&client, format!("/app/run.sh?{key}={value}")), answer, "{key} {value}");
        }
    }
}

#[test]
fn a_phones_own_name_as_phones_write_it() {
    let httpd = start(application());
    let client = httpd.phone(&phone());
    for query in [
        "mac=0004f2aaaaaa.cfg",
        "mac=0004f2aaaaaa-phone",
        "mac=0004F2AAAAAA-directory.xml",
        "mac=004f2aaaaaa",
        "mac=00%3A04%3Af2%3Aaa%3Aaa%3Aaa&remote=%2B441632960123",
        "mac=0004f2aaaaaa&remote=%2B441632960123&local=33-1-23-45-67-89",
    ] {
        assert_eq!(get(&client, format!("/app/run.sh?{query}")), "200 allow own-file", "{query}");
    }
    assert_eq!(get(&client, "/app/run.sh?remote=441632960123"), "200 allow other-file");
}
