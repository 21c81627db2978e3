//! The fail2ban filter that the packages bring counts what it should in a real error log.

use crate::judged::{self, OWN, server};
use mtlsprotect_testkit::{Httpd, Poly, tools};
use std::path::Path;
use std::process::Command;

/// What fail2ban puts in the place of `%(_apache_error_client)s` and `<HOST>`, in grep's words.
const CLIENT: &str = r"\[[^]]*\] \[[^]]*\]( \[[^]]*\])? \[client [0-9.]+(:[0-9]+)?\]";

/// The filter's expression, as grep reads it.
fn expression() -> String {
    let filter = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/fail2ban/filter.d/mtlsprotect.conf");
    let text = std::fs::read_to_string(filter).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("failregex = ")).expect("the filter has an expression");
    // fail2ban takes the time away before it looks
    line.replace("^%(_apache_error_client)s", &format!("^\\[[^]]*\\] {}", CLIENT.trim_start_matches(r"\[[^]]*\] ")))
        .replace("(?:", "(")
        .replace(r"\d", "[0-9]")
}

#[test]
fn mismatches_and_strangers_count_and_old_phones_do_not() {
    let httpd = server(Poly::shared().bundle_pem()).page("0004f2bbbbbb.cfg", "x").start();
    let phone = httpd.phone(&Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(phone.get(OWN).unwrap().status, 403);
    assert_eq!(phone.get("/0004f2bbbbbb.cfg").unwrap().status, 200);
    assert_eq!(httpd.phone(&judged::self_signed()).get(OWN).unwrap().status, 403);
    assert_eq!(httpd.client().get(OWN).unwrap().status, 403);
    for reason in ["mac-mismatch", "untrusted-certificate", "no-certificate"] {
        httpd.wait_for_log(&format!("denied reason={reason}"));
    }
    assert_eq!(counted(&httpd), ["mac-mismatch", "untrusted-certificate"], "{}{}", expression(), httpd.error_log());
}

/// The reasons of the lines that the filter counts.
pub fn counted(httpd: &Httpd) -> Vec<String> {
    let mut grep = Command::new("grep");
    grep.args(["-E", &expression()]);
    let counted = tools::run(&mut grep, httpd.error_log().as_bytes()).text;
    let reason = |line: &str| Some(line.split("reason=").nth(1)?.split(' ').next()?.to_owned());
    counted.lines().filter_map(reason).collect()
}

#[test]
fn a_balancer_is_never_banned_for_its_clients() {
    let ask = |httpd: &Httpd, agent: &str| {
        let headers = [("Client-Cert", "x"), ("X-Forwarded-For", "203.0.113.7"), ("User-Agent", agent)];
        assert_eq!(httpd.plain_client().request("GET", OWN, &headers, b"").unwrap().status, 403);
        httpd.wait_for_log("denied reason=untrusted-certificate");
    };
    let behind = || server(Poly::shared().bundle_pem()).plain_vhost("MTLSProtectProxy 127.0.0.1 certificate=rfc9440");
    let unresolved = behind().start();
    ask(&unresolved, "via=127.0.0.1 client=203.0.113.7 cert-mac=-");
    assert_eq!(counted(&unresolved), [""; 0], "{}", unresolved.error_log());
    let resolved =
        behind().module("remoteip").config("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1").start();
    ask(&resolved, "client=unknown");
    assert_eq!(counted(&resolved), ["untrusted-certificate"], "{}", resolved.error_log());
}
