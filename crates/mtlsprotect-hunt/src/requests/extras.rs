//! What else stands in a request.

use crate::grammar::SPELLINGS;
use crate::phones::OWN;
use crate::random::Random;
use crate::request::Request;

const AGENTS: &[&str] = &[
    "FileTransport PolycomVVX-VVX_500-UA/5.9.7.4477 Type/Application",
    "Yealink SIP-T46S 66.84.0.15",
    "Mozilla/4.0 (compatible; snom370-SIP 8.7.5.35 1.1.3-u)",
    "curl/7.88.1",
];

/// Other spellings of a header that applications fold into one, and the sender's own name in another of them.
pub fn other_headers(random: &mut Random, request: &mut Request) {
    let own = request.sender.mac().unwrap_or(OWN);
    let Some(at) = request.headers.iter().position(|(name, _)| SPELLINGS.contains(&name.as_str())) else { return };
    if random.chance(25) {
        request.headers[at].0 = random.one(&SPELLINGS).to_owned();
    }
    if random.chance(25) {
        request.headers[at].0 = request.headers[at].0.to_lowercase();
    }
    if random.chance(30) {
        let second = (random.one(&SPELLINGS).to_owned(), own.to_owned());
        request.headers.insert(random.one(&[at, at + 1]), second);
    }
}

/// Headers that may or may not matter.
pub fn extras(random: &mut Random, request: &mut Request) {
    let own = request.sender.mac().unwrap_or(OWN);
    let has = |request: &Request, name: &str| request.headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    if random.chance(30) && !has(request, "User-Agent") {
        let agent = random.pick(AGENTS).to_owned() + if random.chance(30) { " 0004F2AAAAAA" } else { "" };
        request.headers.push(("User-Agent".to_owned(), agent));
    }
    if random.chance(10) && !has(request, "Cookie") {
        let cookie = random.pick(&["session=1; mac={own}", "ROUTE=x.b", "ROUTE=x.{own}; device={own}", "phone=x_b"]);
        request.headers.push(("Cookie".to_owned(), cookie.replace("{own}", own)));
    }
    if random.chance(10) {
        let (name, value) = random.one(&[
            ("Range", "bytes=0-"),
            ("Accept", "text/html, */*;q=0.1"),
            ("If-None-Match", "\"x\""),
            ("X-Forwarded-For", "192.0.2.1"),
            ("X-Rewrite-URL", "/cfg/0004f2aaaaaa.cfg"),
            ("Cache-Control", "only-if-cached"),
            ("Accept-Language", "en"),
            ("X_Phone_MAC", "0004f2aaaaaa"),
            ("PhoneMAC", "0004f2bbbbbb"),
            ("Referer", "http://localhost/0004f2aaaaaa"),
        ]);
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    if matches!(request.method.as_str(), "PUT" | "POST") && request.body.is_empty() {
        request.body = "written by somebody\n";
    }
    request.resumed = random.chance(2);
}
