//! Tests of reading access logs.

use super::*;
use proptest::prelude::*;

const COMBINED: &str =
    r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "GET /0004f2aabbcc.cfg HTTP/1.1" 200 512 "-" "curl/8""#;

fn read(line: &[u8]) -> Option<AccessLine<'_>> {
    AccessLine::parse(line, &mut LastDay::default())
}

fn parse(line: &str) -> AccessLine<'_> {
    read(line.as_bytes()).unwrap_or_else(|| panic!("is an access log's: {line}"))
}

fn mac(text: &str) -> Option<Mac> {
    Mac::parse(text.as_bytes())
}

#[test]
fn a_line_of_the_combined_format_has_no_verdict() {
    let line = parse(COMBINED);
    assert_eq!(line.from, Some(IpAddr::from([203, 0, 113, 7])));
    assert_eq!((line.method, &*line.target, line.status), (&b"GET"[..], &b"/0004f2aabbcc.cfg"[..], 200));
    assert_eq!((&*line.user_agent, line.judged), (&b"curl/8"[..], LoggedDecision::NotLogged));
    assert_eq!(line.when.to_string(), "2026-11-23T10:10:26Z");
}

#[test]
fn a_line_of_the_shipped_format_has_all_fields() {
    let line = format!("{COMBINED} would-deny mac-mismatch 0004f2bbbbbb 0004f2aabbcc,001565000001 poly");
    let expected = Decision {
        verdict: LoggedVerdict::WouldDeny,
        reason: Reason::MacMismatch,
        sender: mac("0004f2bbbbbb"),
        named: mac("0004f2aabbcc"),
        second: mac("001565000001"),
    };
    assert_eq!(parse(&line).judged, LoggedDecision::Yes(expected));
    assert_eq!(parse(&format!("{COMBINED} 1723 {}", &line[COMBINED.len()..])).judged, LoggedDecision::Yes(expected));
    assert_eq!(parse(&format!("{COMBINED} - - - - -")).judged, LoggedDecision::No);
    let LoggedDecision::Yes(decision) = parse(&format!("{COMBINED} allow other-file - - -")).judged else {
        panic!("judged")
    };
    assert_eq!((decision.sender, decision.named, decision.second), (None, None, None));
}

/// As httpd writes the shipped format: everything is a text.
const JSON: &str = r#"{"time":"2026-11-23T11:10:26+0100","host":"prov.example","client":"203.0.113.7","method":"GET","path":"/0004f2aabbcc.cfg","status":"403","bytes":"199","ua":"curl/8","verdict":"deny","reason":"mac-mismatch","mac":"0004f2bbbbbb","named":"0004f2aabbcc,001565000001","found-in":"uri,query","vendor":"poly","subject":"-","issuer":"-","serial":"-","sha256":"-","why":"-"}"#;

#[test]
fn a_line_of_json_says_what_one_of_the_shipped_format_says() {
    let line = format!(
        "{} deny mac-mismatch 0004f2bbbbbb 0004f2aabbcc,001565000001 poly prov.example",
        COMBINED.replace(" 200 ", " 403 ")
    );
    assert_eq!(parse(JSON), parse(&line));
    let unjudged = JSON.replace("\"deny\"", "\"-\"").replace("\"mac-mismatch\"", "\"-\"").replace("\"poly\"", "\"-\"");
    assert_eq!(parse(&unjudged).judged, LoggedDecision::No);
    assert_eq!(read(&JSON.as_bytes()[..JSON.len() - 1]), None, "cut");
    assert_eq!(read(JSON.replace("-23T", "-23 ").as_bytes()), None, "no time");
}

#[test]
fn the_virtual_host_and_the_vendor_are_read_where_the_format_has_them() {
    let fields = |line: &str| {
        let line = parse(line);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(line.vendor), text(line.host))
    };
    let line = format!("{COMBINED} allow own-file 0004f2aabbcc 0004f2aabbcc poly");
    let of = |vendor: &str, host: &str| (vendor.to_owned(), host.to_owned());
    assert_eq!(fields(&line), of("poly", ""));
    assert_eq!(fields(&format!("{line} prov.example")), of("poly", "prov.example"));
    assert_eq!(fields(&format!("{line} host=\"prov.example\" x")), of("poly", "prov.example"));
    assert_eq!(fields(&format!("{line} \"a b\"")), of("poly", ""));
    assert_eq!(fields(&format!("{COMBINED} - - - - - prov.example")), of("", "prov.example"));
    assert_eq!(fields(&format!("prov.example:443 {COMBINED}")), of("", "prov.example"));
    assert_eq!(fields(COMBINED), of("", ""));
}

#[test]
fn every_reason_of_the_module_is_understood() {
    for reason in Reason::ALL {
        let line = format!("{COMBINED} deny {} - 0004f2aabbcc -", reason.as_str());
        assert!(matches!(parse(&line).judged, LoggedDecision::Yes(decision) if decision.reason == reason), "{line}");
    }
}

#[test]
fn other_formats_that_begin_alike_are_understood_too() {
    let common = r#"2001:db8::7 - - [23/Nov/2026:10:10:26 +0000] "GET / HTTP/1.0" 404 -"#;
    assert_eq!((parse(common).from, parse(common).status), ("2001:db8::7".parse().ok(), 404));
    let vhost = format!("prov.example.com:443 {COMBINED}");
    assert_eq!(parse(&vhost).from, Some(IpAddr::from([203, 0, 113, 7])));
    assert_eq!(parse(&vhost.replace("203.0.113.7", "::1")).from, "::1".parse().ok());
    assert_eq!(
        parse(&COMBINED.replace("203.0.113.7", "::ffff:203.0.113.7")).from,
        Some(IpAddr::from([203, 0, 113, 7]))
    );
    assert_eq!(parse(&COMBINED.replace("203.0.113.7", "phone.example.com")).from, None);
}

#[test]
fn hostile_bytes_forge_no_fields() {
    let agent = r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "GET / HTTP/1.1" 200 5 "\"" "x\" allow own-file 0004f2aabbcc 0004f2aabbcc poly \\""#;
    assert_eq!(parse(agent).judged, LoggedDecision::NotLogged);
    assert_eq!(&*parse(agent).user_agent, br#"x" allow own-file 0004f2aabbcc 0004f2aabbcc poly \"#);
    let user = r#"203.0.113.7 - a] \"GET /b HTTP/1.1\" 200 5 [23/Nov/2026:10:10:26 +0000] "GET /a HTTP/1.1" 403 5"#;
    assert_eq!((&*parse(user).target, parse(user).status), (&b"/a"[..], 403));
    let target =
        r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "GET /\x22 200 5 \"-\" \"-\" allow\xff\n HTTP/1.1" 400 5"#;
    assert_eq!(&*parse(target).target, b"/\" 200 5 \"-\" \"-\" allow\xff\n");
}

#[test]
fn what_is_no_request_asks_for_nothing() {
    let hello = r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "\x16\x03\x01" 400 484 "-" "-""#;
    let line = parse(hello);
    assert_eq!((line.method, &*line.target, &*line.user_agent), (&b""[..], &b""[..], &b""[..]));
    let timeout = r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "-" 408 - "-" "-""#;
    assert_eq!(parse(timeout).method, b"");
}

#[test]
fn lines_of_other_logs_are_refused() {
    for line in [
        "",
        "{\"remote\":\"203.0.113.7\"}",
        "203.0.113.7 GET / 200",
        r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "GET / HTTP/1.1" abc 5"#,
        r#"203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] "GET / HTTP/1.1"#,
        r#"203.0.113.7 - - [yesterday] "GET / HTTP/1.1" 200 5"#,
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}

/// As httpd's `ap_escape_logitem` writes a text.
fn escaped(text: &[u8]) -> String {
    let mut out = String::new();
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out
}

proptest! {
    #[test]
    fn what_httpd_escapes_comes_back(target in prop::collection::vec(any::<u8>(), 1..40), agent in prop::collection::vec(any::<u8>(), 1..40)) {
        prop_assume!(!target.contains(&b' ') && agent != b"-");
        let line = format!(
            "203.0.113.7 - - [23/Nov/2026:10:10:26 +0000] \"GET {} HTTP/1.1\" 200 5 \"-\" \"{}\" deny method - - -",
            escaped(&target),
            escaped(&agent)
        );
        let line = read(line.as_bytes()).unwrap();
        prop_assert_eq!(&*line.target, &target[..]);
        prop_assert_eq!(&*line.user_agent, &agent[..]);
        prop_assert!(matches!(line.judged, LoggedDecision::Yes(_)));
    }

    #[test]
    fn a_line_says_what_a_plain_reader_sees_in_it(
        address in "(10|255|256|01|)\\.0\\.[0-9]{1,3}\\.7|h:80 ::1|h:80  1\\.2\\.3\\.4|::ffff:1\\.2\\.3\\.4|h| ",
        user in "-|a\\] \\\\\"b|\"\\] \"",
        request in "(GET|PUT|) ?/[a-f0-9 ]{0,12}(\\\\\"|\\\\\\\\|\\\\x2f|)( HTTP/1.1|)",
        status in "200|200|404|-|\\+12|2 ?0| 200",
        size in "512|512|-|5x|",
        quoted in "( \"(-|[a-z ]{0,20}|\\\\\"|\\\\\\\\)\"){0,3}",
        fields in "( (-|allow|allow own-file|would-deny write - 0004f2aabbcc,?|deny|own-file|mac-mismatch|0004f2aabbcc|0004F2AABBCD,-,x|-,00:15:65:00:00:01|host=a\\.b|\"c:1\"|)){0,9}",
        at in 0usize..200,
        inserted in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let line = format!("{address} - {user} [23/Nov/2026:10:10:26 +0000] \"{request}\" {status} {size}{quoted}{fields}");
        prop_assert_eq!(read(line.as_bytes()), plain::parse(line.as_bytes()));
        let mut line = line.into_bytes();
        let at = at.min(line.len());
        line.splice(at..(at + 1).min(line.len()), inserted);
        prop_assert!(line.starts_with(b"{") || read(&line) == plain::parse(&line), "{:?}", line);
    }

    #[test]
    fn no_line_is_too_strange(at in 0..COMBINED.len(), text in prop::collection::vec(any::<u8>(), 0..40)) {
        read(&text);
        let mut line = COMBINED.as_bytes()[..at].to_vec();
        line.extend(&text);
        read(&line);
        line.extend(&COMBINED.as_bytes()[at..]);
        read(&line);
    }
}
