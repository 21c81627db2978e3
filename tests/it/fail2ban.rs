//! The fail2ban filter that the packages bring counts what it should in a real error log.

use crate::judged::{self, OWN, server};
use mtlsprotect_testkit::{Poly, tools};
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
    let mut grep = Command::new("grep");
    grep.args(["-E", &expression()]);
    let counted = tools::run(&mut grep, httpd.error_log().as_bytes()).text;
    let reasons: Vec<&str> =
        counted.lines().filter_map(|line| line.split("reason=").nth(1)?.split(' ').next()).collect();
    assert_eq!(reasons, ["mac-mismatch", "untrusted-certificate"], "{}{}", expression(), httpd.error_log());
}
