//! Tests of reading error logs.

use super::*;
use mtlsprotect_core::decision::Reason;
use proptest::prelude::*;

const PREFIX: &str =
    "[Mon Nov 23 10:10:26.949719 2026] [mtlsprotect:warn] [pid 23837:tid 23840] [client 203.0.113.7:41248] ";
const DECISION: &str = "MTLSP0108: mtlsprotect: would-deny reason=untrusted-certificate cert-mac=- named=0004f2aabbcc,001565000001 \
    found-in=query,uri vendor=- subject='O=Polycom Inc., CN=0004F2AABBCC' issuer='CN=TEST Stranger' serial=4f \
    sha256=9d method=GET path='/x?mac=0004f2aabbcc&y=%22' why='unable to get local issuer certificate'";

fn read(line: &[u8]) -> Option<ErrorLine<'_>> {
    ErrorLine::parse(line, &mut LastDay::default())
}

fn parse(line: &str) -> ErrorLine<'_> {
    read(line.as_bytes()).unwrap_or_else(|| panic!("is an error log's: {line}"))
}

fn says(line: &str) -> Says<'_> {
    parse(line).says
}

#[test]
fn the_modules_line_has_all_fields() {
    let line = format!("{PREFIX}{DECISION}");
    let line = parse(&line);
    assert_eq!(line.from, Some(IpAddr::from([203, 0, 113, 7])));
    assert_eq!((line.connection, line.thread), (&b"203.0.113.7:41248"[..], &b"pid 23837:tid 23840"[..]));
    assert_eq!(line.when, WallClock(1_795_428_626));
    let Says::Decided(report) = line.says else { panic!("a decision") };
    assert_eq!(
        (report.decision.verdict, report.decision.reason),
        (LoggedVerdict::WouldDeny, Reason::UntrustedCertificate)
    );
    assert_eq!((report.decision.sender, report.decision.named), (None, Mac::parse(b"0004f2aabbcc")));
    assert_eq!(report.decision.second, Mac::parse(b"001565000001"));
    assert_eq!(report.found_in, b"query");
    assert_eq!((report.subject, report.issuer), (&b"O=Polycom Inc., CN=0004F2AABBCC"[..], &b"CN=TEST Stranger"[..]));
    assert_eq!((report.method, report.path), (&b"GET"[..], &b"/x?mac=0004f2aabbcc&y=%22"[..]));
    assert_eq!((report.vendor, report.host), (&b"-"[..], &b""[..]));
}

#[test]
fn a_line_of_a_request_that_came_through_a_balancer() {
    let line = format!("{PREFIX}{DECISION}").replace(" cert-mac", " via=192.0.2.10 client=unknown cert-mac");
    let Says::Decided(report) = says(&line) else { panic!("{line}") };
    assert_eq!((report.decision.reason, report.found_in), (Reason::UntrustedCertificate, &b"query"[..]));
    let without_client = line.replace(" client=unknown", "");
    assert_eq!(says(&without_client), Says::Other);
}

#[test]
fn the_virtual_host_is_read_where_the_line_has_it_and_nowhere_else() {
    let host = |more: &str| {
        let line = format!("{PREFIX}{DECISION}{more}");
        let Says::Decided(report) = says(&line) else { panic!("{line}") };
        String::from_utf8(report.host.to_vec()).unwrap()
    };
    assert_eq!(host(" host=\"prov.example\" ua=\"x host=%22forged%22\""), "prov.example");
    assert_eq!(host(" host=prov.example"), "prov.example");
    for forged in ["", " ua=\"x host=y\"", ", referer: https://x/?host=y", ", referer: https://x/ a=b host=y"] {
        assert_eq!(host(forged), "", "{forged}");
    }
}

#[test]
fn every_verdict_and_reason_is_understood() {
    for (word, verdict) in
        [("allowed", LoggedVerdict::Allow), ("denied", LoggedVerdict::Deny), ("would-deny", LoggedVerdict::WouldDeny)]
    {
        for reason in Reason::ALL {
            let decision = DECISION.replace("would-deny", word).replace("untrusted-certificate", reason.as_str());
            let line = format!("{PREFIX}{decision}");
            let Says::Decided(report) = says(&line) else { panic!("{line}") };
            assert_eq!((report.decision.verdict, report.decision.reason), (verdict, reason));
        }
    }
}

#[test]
fn file_names_addresses_and_referers_around_it_do_not_matter() {
    for prefix in [
        "[Mon Nov 23 10:10:26.949719 2026] [mtlsprotect:debug] [pid 1:tid 2] src/report.rs(200): [client [2001:db8::7]:1] ",
        "[2026-11-23 10:10:26.949719] [mtlsprotect:warn] [pid 1] [client 2001:db8::7:1] ",
    ] {
        let line = format!("{prefix}{DECISION}, referer: https://example.com/ mtlsprotect: allowed");
        assert_eq!(parse(&line).from, "2001:db8::7".parse().ok(), "{line}");
        assert!(matches!(says(&line), Says::Decided(_)), "{line}");
    }
}

#[test]
fn a_line_that_a_client_put_into_another_is_not_the_modules() {
    for line in [
        format!("{} File does not exist: /{DECISION}", PREFIX.replace("mtlsprotect:warn", "core:info")),
        format!("{} {PREFIX}{DECISION}", PREFIX.replace("mtlsprotect:warn", "core:info")),
        format!("{PREFIX}mtlsprotect: internal error: {DECISION}"),
    ] {
        assert_eq!(says(&line), Says::Other, "{line}");
    }
}

#[test]
fn handshakes_that_mod_ssl_refuses_are_told_with_their_certificate() {
    let ssl = PREFIX.replace("mtlsprotect:warn", "ssl:info");
    let line = format!(
        "{ssl}AH02276: Certificate Verification: Error (10): certificate has expired [subject: CN=0004F2CCCCCC,O=Polycom \
         Inc. / issuer: CN=TEST Polycom Equipment Issuing CA 1 / serial: 4177 / notbefore: Oct 24 10:10:26 2026 GMT / \
         notafter: Nov 22 10:10:26 2026 GMT]"
    );
    let expected = Refusal {
        error: b"Error (10): certificate has expired",
        number: 10,
        subject: b"CN=0004F2CCCCCC,O=Polycom Inc.",
        issuer: b"CN=TEST Polycom Equipment Issuing CA 1",
    };
    assert_eq!(says(&line), Says::CertificateRefused(expected));
    let line = format!("{ssl}AH02039: Certificate Verification: Error (20): unable to get local issuer certificate");
    let error = &b"Error (20): unable to get local issuer certificate"[..];
    assert_eq!(says(&line), Says::CertificateRefused(Refusal { error, number: 20, subject: b"", issuer: b"" }));
    let line = format!("{ssl}AH02008: SSL library error 1 in handshake (server localhost:443)");
    assert_eq!(says(&line), Says::HandshakeFailed(b"SSL library error 1 in handshake"));
    let line = format!("(70014)End of file found: {ssl}AH02006: SSL handshake stopped: connection was closed");
    assert_eq!(read(line.as_bytes()), None, "the time comes first");
    let line = "[Mon Nov 23 10:10:26.945894 2026] [ssl:info] [pid 1:tid 2] (70014)End of file found: [client \
                127.0.0.1:41224] AH02261: Re-negotiation handshake failed";
    assert_eq!(says(line), Says::HandshakeFailed(b"Re-negotiation handshake failed"));
    let line = "[Mon Nov 23 10:10:26.9 2026] [ssl:info] [pid 1:tid 2] SSL Library Error: error:0A0000C7:SSL routines::peer \
                did not return a certificate -- No CAs known to server for verification?";
    assert_eq!((says(line), parse(line).from), (Says::LibraryError(b"peer did not return a certificate"), None));
}

#[test]
fn lines_of_other_logs_are_refused() {
    for line in ["[", "[]", "[warn] [x]", "[Mon Nov 23 10:10:26.949719 2026", "[Mon Nov 23 10:10:26.949719 2026] text"]
    {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}

proptest! {
    #[test]
    fn the_client_stands_where_a_plain_search_finds_it(
        rest in "(\\(2\\)No |\\[client )?(\\[client |\\[?::1\\]?:4|\\]|\\] | |x){0,6}"
    ) {
        let rest = rest.as_bytes();
        let find = |text: &[u8], part: &[u8]| text.windows(part.len()).position(|window| window == part);
        let expected = find(rest, b"[client ").and_then(|start| {
            let after = &rest[start + 8..];
            let end = find(after, b"] ")?;
            Some((Some(&after[..end]), &after[end + 2..]))
        });
        prop_assert_eq!(client(rest), expected.unwrap_or((None, rest)));
    }

    #[test]
    fn no_line_is_too_strange(at in 0..DECISION.len(), text in prop::collection::vec(any::<u8>(), 0..40), cut in any::<bool>()) {
        read(&text);
        for module in ["mtlsprotect:warn", "ssl:info"] {
            let mut line = PREFIX.replace("mtlsprotect:warn", module).into_bytes();
            line.extend(&DECISION.as_bytes()[..at]);
            line.extend(&text);
            if !cut {
                line.extend(&DECISION.as_bytes()[at..]);
            }
            read(&line);
        }
    }
}
