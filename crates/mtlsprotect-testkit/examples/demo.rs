//! Plays phones and attackers against a private Apache on loopback and prints what each of them got.
//!
//! Ends with 1 if an answer, or the reason logged for it, is not as it should be.

use mtlsprotect_testkit::httpd::module_path;
use mtlsprotect_testkit::tools::{curl_h2, wait_for};
use mtlsprotect_testkit::{ASKED_BY_HAND, BY_HAND, Certificate, Client, Httpd, Identity, Key, Poly, Response, Subject};
use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// The customer's phone.
const MAC_A: &str = "0004f2aaaaaa";
/// Another customer's, from the same vendor.
const MAC_B: &str = "0004f2bbbbbb";
const PASSWORD_A: &str = "SIP password of phone A";
const PASSWORD_B: &str = "SIP password of phone B";
const UNTRUSTED: &str = "403 untrusted-certificate";
const UPLOADED: &[u8] = b"log of phone A";
const SHARED: &str = "firmware and settings for all";

/// An application behind Apache: it takes a MAC from the query, and one with dashes from the path.
const APPLICATION: &str = r"
RewriteEngine On
RewriteCond %{QUERY_STRING} ^mac=([0-9a-f]{12})$
RewriteRule ^/provision$ /%1.cfg
RewriteRule ^/(..)-(..)-(..)-(..)-(..)-(..)\.cfg$ /$1$2$3$4$5$6.cfg
";

/// How somebody asks.
enum By {
    /// HTTP/1.1 on a new connection.
    Connection(Client),
    /// HTTP/1.1 on the resumed session of a connection before.
    ResumedSession(Client),
    /// HTTP/2.
    Http2(Identity),
}

use By::{Connection, Http2, ResumedSession};

/// Somebody asks for something.
struct Request<'a> {
    who: &'a str,
    by: By,
    method: &'a str,
    path: &'a str,
    /// The status, and the reason logged.
    expected: &'a str,
    /// What the answer must say, of those who may read it; for all others A's password is a leak.
    entitled_to: Option<&'a str>,
}

/// Somebody who may.
fn served<'a>(who: &'a str, by: By, method: &'a str, path: &'a str, expected: &'a str, body: &'a str) -> Request<'a> {
    Request { who, by, method, path, expected, entitled_to: Some(body) }
}

/// Somebody who may not.
fn refused<'a>(who: &'a str, by: By, method: &'a str, path: &'a str, expected: &'a str) -> Request<'a> {
    Request { who, by, method, path, expected, entitled_to: None }
}

/// What was printed so far.
#[derive(Default)]
struct Table {
    rows: usize,
    wrong: usize,
}

impl Table {
    fn heading(&self, text: &str) {
        println!("\n{text}");
    }

    fn row(&mut self, httpd: &Httpd, request: &Request<'_>) {
        let (status, reason) = match answer(httpd, request) {
            Ok((response, before)) => (status(request, &response), before.reason_of_next(httpd)),
            Err(error) => (format!("none: {error}"), "-".to_owned()),
        };
        let asks = format!("{} {}", request.method, request.path);
        println!("{:<35} {asks:<32} {status:<8} {reason}", request.who);
        self.count(&format!("{status} {reason}"), request.expected);
    }

    fn count(&mut self, found: &str, expected: &str) {
        self.rows += 1;
        if found != expected {
            self.wrong += 1;
            println!("    ^^^ WRONG, this should be: {expected}");
        }
    }

    fn end(&self) -> ExitCode {
        if self.wrong == 0 {
            println!("\nAll {} answers are as expected; the LEAK is what the module is there to stop.", self.rows);
            return ExitCode::SUCCESS;
        }
        println!("\n{} of {} answers are WRONG.", self.wrong, self.rows);
        ExitCode::FAILURE
    }
}

/// The answer, and what was logged before it.
fn answer(httpd: &Httpd, request: &Request<'_>) -> io::Result<(Response, Logged)> {
    let Request { method, path, .. } = *request;
    match &request.by {
        Connection(client) => {
            let before = Logged::so_far(httpd);
            let body = if method == "PUT" { UPLOADED } else { b"" };
            Ok((client.request(method, path, &[], body)?, before))
        }
        Http2(identity) => {
            let before = Logged::so_far(httpd);
            Ok((curl_h2(httpd.https(), Some(identity), path), before))
        }
        ResumedSession(client) => {
            let mut first = client.connect()?;
            let before = Logged::so_far(httpd);
            first.get(path)?;
            before.reason_of_next(httpd);
            let mut again = client.clone().resume(&first.session()).connect()?;
            if !again.resumed() {
                return Err(io::Error::other("the session was not resumed"));
            }
            let before = Logged::so_far(httpd);
            Ok((again.get(path)?, before))
        }
    }
}

/// The status; with a word if a password got out, or if the answer is not what it should say.
fn status(request: &Request<'_>, response: &Response) -> String {
    let body = response.text();
    match request.entitled_to {
        None if body.contains(PASSWORD_A) => format!("{} LEAK", response.status),
        Some(expected) if !body.contains(expected) => format!("{} BODY", response.status),
        _ => response.status.to_string(),
    }
}

/// How many lines of each log there are.
struct Logged {
    answers: usize,
    denials: usize,
}

impl Logged {
    fn so_far(httpd: &Httpd) -> Logged {
        Logged { answers: httpd.access_log().lines().count(), denials: denials(httpd).len() }
    }

    /// The reason in the access log for the request after these; a refusal must stand in the error log too.
    fn reason_of_next(&self, httpd: &Httpd) -> String {
        // written after the answer
        let line = wait_for(|| httpd.access_log().lines().nth(self.answers).map(str::to_owned));
        let line = line.expect("every request is in the access log");
        let field = |name: &str| {
            let (_, rest) = line.split_once(&format!(" {name}=")).unwrap_or_default();
            rest.split(' ').next().unwrap_or_default().to_owned()
        };
        let reason = field("reason");
        let denials = denials(httpd).split_off(self.denials);
        let has_line = matches!(&denials[..], [line] if line.contains(&format!("denied reason={reason} ")));
        if field("verdict") == "deny" && !has_line { format!("{reason}, not logged") } else { reason }
    }
}

fn denials(httpd: &Httpd) -> Vec<String> {
    httpd.error_log().lines().filter(|line| line.contains("mtlsprotect: denied ")).map(str::to_owned).collect()
}

fn main() -> ExitCode {
    // another PKI of the same names, with keys of the attacker's
    let (poly, imitation) = (Poly::with_key(Key::Rsa(2048)), Poly::new());
    let [own, other, swapped] = [MAC_A, MAC_B, "00-04-f2-aa-aa-aa"].map(|name| format!("/{name}.cfg"));
    let in_query = format!("/provision?mac={MAC_A}");
    let upload = format!("/{MAC_A}-app.log");
    let encoded = "/%300%304f2aaaaa%61.cfg";
    let shared = "/000000000000.cfg";

    let a = poly.phone(MAC_A);
    let b = poly.issuing2.leaf(Subject::poly(MAC_B)).issue();
    let self_signed = Certificate::leaf(Subject::poly(MAC_A)).issue();
    let wrong_ca = imitation.phone(MAC_A);
    let expired = poly.leaf(Subject::poly(MAC_A)).expired().issue();

    let httpd = Httpd::builder()
        .protected(poly.bundle_pem())
        .modules(&["rewrite", "dav", "dav_fs", "http2"])
        .vhost(APPLICATION)
        .config("<Directory {docroot}>\nDav On\n</Directory>")
        .page(&own, PASSWORD_A)
        .page(&other, PASSWORD_B)
        .page(shared, SHARED)
        .start();
    let phone = |identity: &Identity| httpd.phone(identity);

    println!("{} in a private Apache on 127.0.0.1:{}", shown(module_path()), httpd.https());
    println!("A is phone {MAC_A}, B another customer's phone {MAC_B}; LEAK: A's password got out");
    println!("\n{:<35} {:<32} {:<8} LOGGED REASON", "WHO", "ASKS FOR", "ANSWER");

    let mut table = Table::default();
    table.heading("A phone gets its own file,");
    for request in [
        served("A, TLS 1.2", Connection(phone(&a).tls12()), "GET", &own, "200 own-file", PASSWORD_A),
        served("A, TLS 1.3", Connection(phone(&a).tls13()), "GET", &own, "200 own-file", PASSWORD_A),
        served("A, HTTP/2", Http2(a.clone()), "GET", &own, "200 own-file", PASSWORD_A),
        served("A, session resumed", ResumedSession(phone(&a).tls12()), "GET", &own, "200 own-file", PASSWORD_A),
        served("A", Connection(phone(&a)), "GET", &in_query, "200 own-file", PASSWORD_A),
        served("A", Connection(phone(&a)), "GET", shared, "200 other-file", SHARED),
        served("A", Connection(phone(&a)), "PUT", &upload, "201 own-file", ""),
        served("B, from the other issuing CA", Connection(phone(&b)), "GET", &other, "200 own-file", PASSWORD_B),
    ] {
        table.row(&httpd, &request);
    }

    table.heading("and no other; nor does anybody else.");
    let forged = "self-signed, CN is A's MAC";
    for request in [
        refused("B", Connection(phone(&b)), "GET", &own, "403 mac-mismatch"),
        refused("B, with dashes", Connection(phone(&b)), "GET", &swapped, "403 mac-mismatch"),
        refused("B, in the query", Connection(phone(&b)), "GET", &in_query, "403 mac-mismatch"),
        refused("B, percent-encoded", Connection(phone(&b)), "GET", encoded, "403 mac-mismatch"),
        refused("B, HTTP/2", Http2(b.clone()), "GET", &own, "403 mac-mismatch"),
        refused(forged, Connection(phone(&self_signed).tls12()), "GET", &own, UNTRUSTED),
        refused("  its session resumed", ResumedSession(phone(&self_signed).tls12()), "GET", &own, UNTRUSTED),
        refused("A's MAC, wrong CA of the same name", Connection(phone(&wrong_ca)), "GET", &own, UNTRUSTED),
        refused("A's MAC, expired", Connection(phone(&expired)), "GET", &own, "403 expired-certificate"),
        refused("no certificate", Connection(httpd.client()), "GET", &own, "403 no-certificate"),
        refused("plain HTTP", Connection(httpd.plain_client()), "GET", &own, "403 plain-http"),
        refused("B, overwriting A's file", Connection(phone(&b)), "PUT", &own, "403 mac-mismatch"),
        refused("A, deleting its file", Connection(phone(&a)), "DELETE", &own, "403 method"),
    ] {
        table.row(&httpd, &request);
    }
    check_files(&mut table, &httpd, &own, &upload);
    drop(httpd);

    table.heading("Without the module: optional_no_ca, SetEnvIf and Require ssl-verify-client, written by hand.");
    let httpd = Httpd::builder()
        .file("device-ca.pem", poly.bundle_pem())
        .vhost(ASKED_BY_HAND)
        .config(BY_HAND)
        .page(&own, PASSWORD_A)
        .start();
    let phone = |identity: &Identity| httpd.phone(identity).tls12();
    for request in [
        served("A, TLS 1.2", Connection(phone(&a)), "GET", &own, "200 -", PASSWORD_A),
        refused("B", Connection(phone(&b)), "GET", &own, "403 -"),
        refused(forged, Connection(phone(&self_signed)), "GET", &own, "403 -"),
        refused("  its session resumed", ResumedSession(phone(&self_signed)), "GET", &own, "200 LEAK -"),
    ] {
        table.row(&httpd, &request);
    }
    table.end()
}

/// What was written, and what was not.
fn check_files(table: &mut Table, httpd: &Httpd, own: &str, upload: &str) {
    let content = |path: &str| fs::read(httpd.docroot().join(&path[1..])).unwrap_or_default();
    if content(own) != PASSWORD_A.as_bytes() {
        table.count("A's file was changed", "A's file is as it was");
    }
    if content(upload) != UPLOADED {
        table.count("A's upload is not there", "A's upload is there");
    }
}

/// As somebody in this directory would write it.
fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
