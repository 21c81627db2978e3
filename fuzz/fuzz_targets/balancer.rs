//! What the headers of one request say of the client, where a balancer sends them, is what an obvious look at all of them
//! says; and what the balancer adds to a header counts, whatever the client wrote before it. The first byte chooses the
//! format; then a header stands on each line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::forwarded::{
    BalancersHeaders, Format, ProxyLine, Said, forwarded_says_http, forwarded_says_https, is_absent, is_spelled_as,
    proto_says_http, proto_says_https,
};
use std::sync::LazyLock;

/// A line of `MTLSProtectProxy` for each format.
static LINES: LazyLock<Vec<ProxyLine>> = LazyLock::new(|| {
    let line = |format: Format| {
        let chain = if format.may_have_chain() { " chain=X-Chain" } else { "" };
        format!("192.0.2.10 certificate={}:X-Cert{chain}", format.as_str()).parse().expect("it is a good line")
    };
    Format::ALL.into_iter().map(line).collect()
});

fuzz_target!(|input: &[u8]| {
    let Some((&first, text)) = input.split_first() else { return };
    let line = &LINES[usize::from(first) % LINES.len()];
    let headers: Vec<(&[u8], &[u8])> = text
        .split(|&byte| byte == b'\n')
        .filter_map(|header| header.iter().position(|&byte| byte == b':').map(|at| (&header[..at], &header[at + 1..])))
        .collect();
    let mut found = BalancersHeaders::default();
    for &(name, value) in &headers {
        let is_set = found.take(line, name, value);
        let is_its = |header: &str| is_spelled_as(name, header.as_bytes()) && !name.contains(&b'_');
        assert_eq!(is_set, is_its(line.header()) || line.chain().is_some_and(is_its));
        what_is_added_counts(value);
    }
    let values = |header: &str| -> Vec<&[u8]> {
        let of = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header.as_bytes()));
        of.map(|&(_, value)| value).collect()
    };
    let (proto, forwarded) = (values("X-Forwarded-Proto"), values("Forwarded"));
    let is_http =
        proto.iter().any(|value| proto_says_http(value)) || forwarded.iter().any(|value| forwarded_says_http(value));
    let is_https =
        proto.iter().any(|value| proto_says_https(value)) || forwarded.iter().any(|value| forwarded_says_https(value));
    let chain = line.chain().and_then(|header| values(header).first().copied()).unwrap_or_default();
    let said = match values(line.header())[..] {
        _ if is_http => Said::PlainHttp,
        [] => Said::NoCertificate,
        [only] if is_absent(only) => Said::NoCertificate,
        [leaf] => Said::Certificate { leaf, chain },
        _ => Said::Twice,
    };
    assert_eq!(found.said(), said);
    let has_certificate = values(line.header()).last().is_some_and(|leaf| !is_absent(leaf));
    assert_eq!(found.is_of_tls(), !is_http && (is_https || has_certificate));
});

/// Behind what a client sent, a balancer's own element says http, and never is https what any element doesn't say.
fn what_is_added_counts(value: &[u8]) {
    let and = |more: &str| [value, more.as_bytes()].concat();
    assert!(proto_says_http(&and(", http")) && !proto_says_https(&and(", http")));
    assert!(forwarded_says_http(&and(", for=x;proto=http")) && !forwarded_says_https(&and(", for=x;proto=http")));
    assert!(!proto_says_https(&and(", x")) && !forwarded_says_https(&and(", for=x")));
}
