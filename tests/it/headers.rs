//! Another phone in the request's headers: User-Agent, Host, HTTP/2's authority, an absolute request-target.

use crate::asking::{CARELESS, OTHER, OWN, ask, get, phone, secret, server};
use mtlsprotect_testkit::cases::names::{COOKIES, HARMLESS_COOKIES, HARMLESS_USER_AGENTS, USER_AGENTS};
use mtlsprotect_testkit::{Builder, Mpm, tools};

const MISMATCH: &str = "403 deny mac-mismatch";

/// Hosts that are folders of phones: VirtualDocumentRoot takes the name from Host.
fn hosts(mpm: Mpm) -> Builder {
    let phones = [("0004f2bbbbbb", OTHER), ("00-04-f2-bb-bb-bb", OTHER), ("0004f2-bbbbbb", OTHER), (OWN, OWN)];
    phones.iter().fold(
        server()
            .mpm(mpm)
            .modules(&["vhost_alias", "http2"])
            .vhost("VirtualDocumentRoot \"{root}/hosts/%0\"")
            .config("<Directory \"{root}/hosts\">\nRequire all granted\nMTLSProtect On\n</Directory>"),
        |builder, (host, mac)| builder.file(&format!("hosts/{host}.example/x.cfg"), secret(mac)),
    )
}

#[test]
fn a_host_that_is_another_phones_folder() {
    let open = hosts(Mpm::Event).config("<Location />\nMTLSProtect Off\n</Location>").start();
    let httpd = hosts(Mpm::Event).start();
    let client = httpd.phone(&phone());
    for host in ["0004f2bbbbbb.example", "0004F2BBBBBB.example", "00-04-f2-bb-bb-bb.example", "0004f2-bbbbbb.example"] {
        let through = open.phone(&phone()).request("GET", "/x.cfg", &[("Host", host)], b"").unwrap();
        assert!(through.text().contains(&secret(OTHER)), "{host} leads nowhere");
        assert_eq!(ask(&client, "GET", "/x.cfg", &[("Host", host)], b""), MISMATCH, "{host}");
        let with_port = format!("{host}:{}", httpd.https());
        assert_eq!(ask(&client, "GET", "/x.cfg", &[("Host", &with_port)], b""), MISMATCH, "{with_port}");
        // The request-target's host goes before the header.
        let absolute = format!("https://{host}/x.cfg");
        for header in ["localhost", "0004f2aaaaaa.example"] {
            assert_eq!(ask(&client, "GET", &absolute, &[("Host", header)], b""), MISMATCH, "{absolute}");
        }
        assert_eq!(
            ask(&client, "GET", format!("/x.cfg?{OWN}"), &[("Host", host)], b""),
            "403 deny ambiguous-name",
            "{host}"
        );
    }
    assert_eq!(ask(&client, "GET", "/x.cfg", &[("Host", "0004f2aaaaaa.example")], b""), "200 allow own-file");
    httpd.wait_for_log("reason=mac-mismatch");
}

#[test]
fn a_host_that_only_an_application_reads() {
    let httpd = server().start();
    let client = httpd.phone(&phone());
    let with = |host: &str| ask(&client, "GET", "/cfg/000000000000.cfg", &[("Host", host)], b"");
    assert_eq!(with("0004f2bbbbbb"), MISMATCH);
    assert_eq!(with("00-04-f2-bb-bb-bb.phones.example"), MISMATCH);
    assert_eq!(with("0004f2b:12345"), MISMATCH, "an application sees the port");
    assert_eq!(with("0004f2aaaaaa.example:12345"), "200 allow other-file");
    assert_eq!(with("100.0.41.35:18443"), "200 allow other-file", "000413518443 is no phone");
    for harmless in
        ["0004f2aaaaaa.example", "123456abcdef.example", "12-34-56-ab-cd-ef.example", "000000000000.example"]
    {
        assert_eq!(with(harmless), "200 allow other-file", "{harmless}");
    }
    let line = httpd.wait_for_log("found-in=host");
    assert!(line.contains("reason=mac-mismatch"), "{line}");
}

#[test]
fn an_authority_over_http2_that_is_another_phones_folder() {
    for protect in [false, true] {
        let builder = hosts(Mpm::Event);
        let httpd =
            if protect { builder } else { builder.config("<Location />\nMTLSProtect Off\n</Location>") }.start();
        let over = |host: &str| {
            let header = format!("Host: {host}");
            tools::curl_h2_with(httpd.https(), Some(&phone()), "/x.cfg", &["-H", &header])
        };
        let own = over("0004f2aaaaaa.example");
        assert_eq!((own.version.as_str(), own.status, own.text()), ("HTTP/2", 200, secret(OWN)));
        let other = over("0004f2bbbbbb.example");
        assert_eq!(other.text().contains(&secret(OTHER)), !protect, "{other:?}");
        assert_eq!(other.status, if protect { 403 } else { 200 });
        if protect {
            assert_eq!(other.header("X-Verdict"), Some("deny mac-mismatch"));
        }
    }
}

#[test]
fn a_user_agent_that_an_application_reads() {
    let builder = || {
        server()
            .mpm(Mpm::Prefork)
            .module("cgi")
            .config("<Directory \"{docroot}/app\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
    };
    let open = builder().page("app/y", "").config("<Location />\nMTLSProtect Off\n</Location>").start();
    let httpd = builder().page("app/y", "").start();
    for server in [&open, &httpd] {
        server.write_script("app/run.sh", CARELESS);
    }
    let agent = [("User-Agent", "Phone 0004f2bbbbbb")];
    let through = open.phone(&phone()).request("GET", "/app/run.sh", &agent, b"").unwrap();
    assert!(through.text().contains(&secret(OTHER)), "the application reads User-Agent");

    let client = httpd.phone(&phone());
    let with = |agent: &str, path: &str| ask(&client, "GET", path, &[("User-Agent", agent)], b"");
    for other in USER_AGENTS {
        assert_eq!(with(other, "/app/run.sh"), MISMATCH, "{other}");
        assert_eq!(with(other, &format!("/cfg/{OWN}.cfg")), "403 deny ambiguous-name", "{other}");
    }
    assert_eq!(with("Phone 0004f2bbbbbb 001565000001", "/app/run.sh"), "403 deny ambiguous-name");
    // Its own, no phone's prefix, and what phones really send.
    for harmless in HARMLESS_USER_AGENTS {
        assert_eq!(with(harmless, "/app/run.sh"), "200 allow other-file", "{harmless}");
        assert_eq!(with(harmless, &format!("/cfg/{OWN}.cfg")), "200 allow own-file", "{harmless}");
    }
    // Its own name in a header gives no right to write.
    assert_eq!(
        ask(&client, "PUT", "/cfg/000000000000.cfg", &[("User-Agent", "Phone 0004f2aaaaaa")], b"x"),
        "403 deny write"
    );
    let line = httpd.wait_for_log("found-in=user-agent");
    assert!(line.contains("reason=mac-mismatch"), "{line}");
    assert_eq!(get(&client, "/app/run.sh"), "200 allow other-file");
}

#[test]
fn a_cookie_that_only_an_application_reads() {
    let httpd = server()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .config("<Directory \"{docroot}\">\nOptions ExecCGI\nAddHandler cgi-script .sh\n</Directory>");
    let httpd = httpd.page("app/run.sh", CARELESS).start();
    httpd.write_script("app/run.sh", CARELESS);
    let client = httpd.phone(&phone());
    let with = |path: &str, cookie: &str| ask(&client, "GET", path, &[("Cookie", cookie)], b"");
    for cookie in COOKIES {
        assert_eq!(with("/app/run.sh", cookie), MISMATCH, "{cookie}");
        assert_eq!(with(&format!("/cfg/{OWN}.cfg"), cookie), "403 deny ambiguous-name", "{cookie}");
    }
    for cookie in HARMLESS_COOKIES {
        assert_eq!(with("/cfg/000000000000.cfg", cookie), "200 allow other-file", "{cookie}");
        assert_eq!(with(&format!("/cfg/{OWN}.cfg"), cookie), "200 allow own-file", "{cookie}");
    }
    httpd.wait_for_log("found-in=cookie");
}

#[test]
fn a_host_that_the_operator_has_replaced_for_some_applications() {
    let httpd = server().modules(&["headers"]).vhost("RequestHeader set Host phones.example early").start();
    let client = httpd.phone(&phone());
    let with = |host: &str| ask(&client, "GET", "/cfg/000000000000.cfg", &[("Host", host)], b"");
    for host in ["0004f2bbbbbb", "0004f2bbbbbb:8443", "0004f2bbbbbb.example:443"] {
        assert_eq!(with(host), MISMATCH, "{host} is SERVER_NAME");
    }
    assert_eq!(with("phones.example:8443"), "200 allow other-file");
}
