//! Asks for a phone's file and says how the server judged that: by its status, its body and both logs.

use mtlsprotect_testkit::{Authority, Builder, Client, Connection, Httpd, Identity, Subject};
use openssl::ssl::{SslSession, SslSessionRef};
use std::sync::atomic::{AtomicU32, Ordering};

/// The phone that attackers want to be.
pub const MAC: &str = "0004f2aaaaaa";
/// Its file.
pub const OWN: &str = "/0004f2aaaaaa.cfg";
/// What the file must not tell anybody else.
pub const SECRET: &str = "password-of-aaaaaa";

/// Its file, sent to it.
pub const LET_IN: &str = "200 own-file";
/// Refused, as from a certificate that the device CAs don't vouch for.
pub const UNTRUSTED: &str = "403 untrusted-certificate";

/// A protected server with this CA list and the phone's file.
pub fn server(ca_list: impl AsRef<[u8]>) -> Builder {
    Httpd::builder().protected(ca_list).page(OWN, SECRET)
}

/// The phone's path with a query that no other request has, to find it in the logs.
pub fn unique(path: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{path}?n={:05}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Asks for the phone's file on a new connection: "403 untrusted-certificate".
pub fn judged(httpd: &Httpd, client: &Client) -> String {
    match client.connect() {
        Ok(mut connection) => judged_on(httpd, &mut connection),
        Err(error) => format!("dropped: {error}"),
    }
}

/// Asks for the phone's file on a connection.
pub fn judged_on(httpd: &Httpd, connection: &mut Connection) -> String {
    judged_at(httpd, connection, &unique(OWN), &[])
}

/// Asks for a path made by [`unique`].
pub fn judged_at(httpd: &Httpd, connection: &mut Connection, path: &str, headers: &[(&str, &str)]) -> String {
    let response = match connection.request("GET", path, headers, b"") {
        Ok(response) => response,
        Err(error) => return format!("dropped: {error}"),
    };
    let (status, body) = (response.status, response.text());
    assert_eq!(body.contains(SECRET), status == 200, "{path}: {status} {body}");
    format!("{status} {}", reason(httpd, status, path))
}

/// Over HTTP/1.1 in each TLS version, on a new connection and on its resumed session.
pub fn judged_each_way(httpd: &Httpd, client: &Client) -> [String; 4] {
    let [first12, again12] = first_and_resumed(httpd, &client.clone().tls12());
    let [first13, again13] = first_and_resumed(httpd, &client.clone().tls13());
    [first12, again12, first13, again13]
}

/// On a full handshake, and on a resumed one.
pub fn first_and_resumed(httpd: &Httpd, client: &Client) -> [String; 2] {
    let mut first = match client.connect() {
        Ok(connection) => connection,
        Err(error) => return [format!("dropped: {error}"), String::new()],
    };
    let at_first = judged_on(httpd, &mut first);
    if at_first.starts_with("dropped") {
        return [at_first, String::new()];
    }
    let mut again = client.clone().resume(&copy_of(&first.session())).connect().expect("a resumed handshake");
    let resumed = judged_on(httpd, &mut again);
    assert!(again.resumed(), "{}: the session was not resumed", again.tls_version());
    [at_first, resumed]
}

/// The reason that the logs give for a path made by [`unique`]; refusals have a line in the error log too.
pub fn reason(httpd: &Httpd, status: u16, path: &str) -> String {
    let line = httpd.wait_for_access(&format!("{path} HTTP/"));
    let field = |name: &str| {
        let value = line.split_once(&format!(" {name}=")).map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
        value.unwrap_or_default().to_owned()
    };
    let (verdict, reason) = (field("verdict"), field("reason"));
    assert_eq!(verdict, if status == 403 { "deny" } else { "allow" }, "{line}");
    if verdict == "deny" {
        let found = httpd.wait_for_log_line(|line| {
            line.contains(&format!("mtlsprotect: denied reason={reason} ")) && line.contains(&format!("path='{path}'"))
        });
        found.unwrap_or_else(|log| panic!("no line of the refusal of {path} as {reason} in the error log:\n{log}"));
    }
    reason
}

/// Where it stands, before a connection that ends in disorder spoils it.
pub fn copy_of(session: &SslSessionRef) -> SslSession {
    SslSession::from_der(&session.to_der().expect("a session can be written")).expect("a session can be read")
}

/// The process that answered for a path made by [`unique`], where `LogLevel mtlsprotect:debug` tells.
pub fn answered_by(httpd: &Httpd, path: &str) -> i32 {
    let line = httpd.wait_for_log(&format!("path='{path}'"));
    let pid = line.split_once("[pid ").and_then(|(_, rest)| rest.split([':', ']']).next()?.parse().ok());
    pid.unwrap_or_else(|| panic!("no process number in {line}"))
}

/// The phone's name, and none of its CA's.
pub fn self_signed() -> Identity {
    mtlsprotect_testkit::Certificate::leaf(Subject::poly(MAC)).issue()
}

/// The phone's name, from a CA of the attacker's.
pub fn from_a_wrong_ca() -> Identity {
    Authority::root("Nobody's Root").issue_ca("Nobody's Issuing CA").leaf(Subject::poly(MAC)).issue()
}
