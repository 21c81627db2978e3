//! The fail2ban filter that the packages bring counts what it should in a real error log.

use crate::documents::block_with;
use crate::judged::{self, OWN, server};
use mtlsprotect_testkit::status::prometheus::packaged;
use mtlsprotect_testkit::{Httpd, Poly, tools};
use std::process::Command;

/// What fail2ban puts in the place of `%(_apache_error_client)s` and `<HOST>`, in grep's words.
const CLIENT: &str = r"\[[^]]*\] \[[^]]*\]( \[[^]]*\])? \[client [0-9.]+(:[0-9]+)?\]";

/// The filter's expression, as grep reads it.
fn expression() -> String {
    let text = std::fs::read_to_string(packaged("fail2ban/filter.d/mtlsprotect.conf")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("failregex = ")).expect("the filter has an expression");
    // fail2ban takes the time away before it looks
    line.replace("^%(_apache_error_client)s", &format!("^\\[[^]]*\\] {}", CLIENT.trim_start_matches(r"\[[^]]*\] ")))
        .replace("(?:", "(")
        .replace(r"\d", "[0-9]")
}

/// A server that has refused a phone that asks for another's file, a stranger, and a phone without a certificate.
fn refusing() -> Httpd {
    let httpd = server(Poly::shared().bundle_pem()).page("0004f2bbbbbb.cfg", "x").start();
    let phone = httpd.phone(&Poly::shared().phone("0004f2bbbbbb"));
    assert_eq!(phone.get(OWN).unwrap().status, 403);
    assert_eq!(phone.get("/0004f2bbbbbb.cfg").unwrap().status, 200);
    assert_eq!(httpd.phone(&judged::self_signed()).get(OWN).unwrap().status, 403);
    assert_eq!(httpd.client().get(OWN).unwrap().status, 403);
    for reason in ["mac-mismatch", "untrusted-certificate", "no-certificate"] {
        httpd.wait_for_log(&format!("denied reason={reason}"));
    }
    httpd
}

#[test]
fn mismatches_and_strangers_count_and_old_phones_do_not() {
    let httpd = refusing();
    assert_eq!(counted(&httpd), ["mac-mismatch", "untrusted-certificate"], "{}{}", expression(), httpd.error_log());
}

/// The reasons of the lines that the filter counts.
pub fn counted(httpd: &Httpd) -> Vec<String> {
    let mut grep = Command::new("grep");
    grep.args(["-E", &expression()]);
    reasons(&tools::run(&mut grep, httpd.error_log().as_bytes()).text)
}

fn reasons(lines: &str) -> Vec<String> {
    let reason = |line: &str| Some(line.split("reason=").nth(1)?.split(' ').next()?.to_owned());
    lines.lines().filter_map(reason).collect()
}

mod needs_fail2ban {
    #[test]
    #[ignore = "needs fail2ban: make test runs it where that is installed"]
    fn a_real_one_takes_the_jail_and_counts_the_same() {
        super::ask_fail2ban();
    }
}

fn ask_fail2ban() {
    let httpd = refusing();
    let folder = tempfile::tempdir().unwrap();
    let (config, log) = (folder.path().join("fail2ban"), folder.path().join("error.log"));
    std::fs::write(&log, httpd.error_log()).unwrap();
    let copied = tools::run(Command::new("cp").args(["-R", "/etc/fail2ban"]).arg(&config), b"");
    assert!(copied.ok, "{}", copied.text);
    // the distribution's own jails look for logs that may not be here
    std::fs::remove_dir_all(config.join("jail.d")).unwrap();
    std::fs::create_dir(config.join("jail.d")).unwrap();
    let packaged = |name: &str| std::fs::read_to_string(packaged("fail2ban").join(name)).unwrap();
    let [filter, jail] = ["filter.d/mtlsprotect.conf", "jail.d/mtlsprotect.conf"];
    std::fs::write(config.join(filter), packaged(filter)).unwrap();
    let enabled = packaged(jail).replace("= false", "= true").replace("%(apache_error_log)s", log.to_str().unwrap());
    std::fs::write(config.join(jail), enabled).unwrap();
    let of_passwords = block_with("docs/passwords.md", "[apache-auth]");
    std::fs::write(config.join("jail.local"), format!("{of_passwords}logpath = {}\n", log.display())).unwrap();

    let fail2ban = |program: &str, options: &[&str]| {
        let said = tools::run(Command::new(program).arg("-c").arg(&config).args(options), b"");
        assert!(said.ok, "{program}: {}", said.text);
        said.text
    };
    fail2ban("fail2ban-client", &["--test"]);
    let started = fail2ban("fail2ban-client", &["-d"]);
    for jail in ["mtlsprotect", "apache-auth"] {
        assert!(started.contains(&format!("['start', '{jail}']")), "the jail {jail} is not enabled: {started}");
    }
    let matched = fail2ban("fail2ban-regex", &["--out", "msg", log.to_str().unwrap(), "mtlsprotect"]);
    assert_eq!(reasons(&matched), counted(&httpd), "{matched}");
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
