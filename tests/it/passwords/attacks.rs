//! What doesn't pass for a password, and what a password doesn't open.

use super::*;
use crate::fail2ban::counted;
use crate::judged;
use mtlsprotect_testkit::{Authority, Certificate, Crl, Mpm, Subject, tools};

/// Tells what it was told.
const SCRIPT: &str = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nscript ran for user=%s type=%s mac=%s own=%s;' \
                      \"$REMOTE_USER\" \"$AUTH_TYPE\" \"$MTLSPROTECT_USER_MAC\" \"$MTLSPROTECT_MAC\"\n";

const CGI: &str = "Options ExecCGI\nAddHandler cgi-script .sh";

/// What a script below the protected folder says, or an error page instead of it.
fn text(client: &Client, path: &str, authorization: Option<&str>) -> String {
    let headers: Vec<(&str, &str)> = authorization.map(|text| ("Authorization", text)).into_iter().collect();
    client.request("GET", path, &headers, b"").unwrap().text()
}

#[test]
fn a_script_gets_the_mac_of_the_password_under_a_name_of_its_own() {
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}\n{CGI}"))
        .module("cgi")
        .mpm(Mpm::Prefork)
        .vhost("SetEnv MTLSPROTECT_USER_MAC 0004f2cccccc\nSetEnv mtlsprotect-user-mac 0004f2cccccc")
        .start();
    httpd.write_script("0004f2bbbbbb.sh", SCRIPT);
    httpd.write_script("0004f2aaaaaa.sh", SCRIPT);
    let said = text(&httpd.client(), "/0004f2bbbbbb.sh", Some(&basic(OLD, OLD)));
    assert_eq!(said, "script ran for user=0004f2bbbbbb type=Basic mac=0004f2bbbbbb own=;");
    let phone = httpd.phone(&Poly::shared().phone(MAC));
    let said = text(&phone, "/0004f2aaaaaa.sh", Some(&basic(MAC, MAC)));
    assert_eq!(said, "script ran for user= type= mac= own=0004f2aaaaaa;");
}

#[test]
fn an_error_page_learns_nothing_of_a_wrong_password() {
    let documents =
        "ErrorDocument 401 /errors/run.sh\nErrorDocument 403 /errors/run.sh\nErrorDocument 404 /errors/run.sh";
    let config = format!("<Directory {{docroot}}/errors>\n{CGI}\n</Directory>");
    for off in ["", "MTLSProtect Off"] {
        let config = config.replace(CGI, &format!("{CGI}\n{off}"));
        let httpd = server().module("cgi").mpm(Mpm::Prefork).config(&config).vhost(documents).start();
        httpd.write_script("errors/run.sh", SCRIPT);
        for (name, of) in [(OLD, OTHER), (OLD, "bob"), (MAC, OTHER)] {
            let response =
                httpd.client().request("GET", OLD_FILE, &[("Authorization", &*basic(name, of))], b"").unwrap();
            assert_eq!(response.status, 401);
            assert!(response.header("WWW-Authenticate").is_some());
            assert!(!response.text().contains("script ran"), "{}", response.text());
        }
        let said = text(&httpd.client(), OTHER_FILE, Some(&basic(OLD, OLD)));
        assert!(!said.contains("script ran") && !said.contains(SECRET), "{said}");
        // one line for each refusal, whatever its page would be
        let log = httpd.own_log();
        assert_eq!(log.matches("denied reason=password").count(), 3, "{log}");
        // what is its own and isn't there has the page that it would have with a certificate
        let said = text(&httpd.client(), "/0004f2bbbbbb-none.cfg", Some(&basic(OLD, OLD)));
        assert!(said.contains("script ran"), "{said}");
        let allowed = if off.is_empty() { "mac=0004f2bbbbbb own=;" } else { "mac= own=;" };
        assert!(said.ends_with(allowed), "{said}");
    }
}

#[test]
fn an_asking_page_is_shown_when_it_is_plain_and_the_log_stays_quiet() {
    let httpd = server().page("errors/login.html", "log in;").vhost("ErrorDocument 401 /errors/login.html").start();
    let response = httpd.client().get(OLD_FILE).unwrap();
    assert_eq!((response.status, response.text().as_str()), (401, "log in;"));
    assert!(response.header("WWW-Authenticate").is_some());
    assert_eq!(asked(&httpd, &httpd.client(), "/sip.ld"), NO_CERTIFICATE);
    assert_eq!(httpd.own_log().matches("reason=password").count(), 0, "{}", httpd.own_log());
}

#[test]
fn a_user_whom_others_have_set_counts_for_nothing() {
    // httpd's own check leaves a user for everybody who authenticates, and who may not do without it
    let beside = format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}").replace("all granted", "valid-user");
    let httpd = with(&beside).start();
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
    assert_eq!(got(&httpd, OLD, OTHER_FILE), MISMATCH);
    let response = httpd.client().get(OLD_FILE).unwrap();
    assert_eq!((response.status, response.header("WWW-Authenticate").is_some()), (401, true));
    // nobody asks: no AuthType, and nothing that a client sends makes it a user
    let httpd = with("MTLSProtect On\nMTLSProtectPassword On\nRequire all granted").start();
    for _ in 0..2 {
        assert_eq!(got(&httpd, OLD, OLD_FILE), NO_CERTIFICATE);
    }
    let log = httpd.own_log();
    assert_eq!(log.matches("MTLSP0205").count(), 1, "{log}");
    assert!(log.contains("AuthType Basic or AuthType Digest"), "{log}");
}

#[test]
fn satisfy_any_and_whoever_is_granted_everything_further_out_open_nothing() {
    let httpd = with(&format!(
        "MTLSProtect On\nMTLSProtectPassword On\nSatisfy Any\nOrder allow,deny\nAllow from all\n{BASIC}"
    ))
    .module("access_compat")
    .config("<Location />\nRequire all granted\nSatisfy Any\n</Location>")
    .start();
    assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
    assert_eq!(got(&httpd, OTHER, OLD_FILE), MISMATCH);
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
}

#[test]
fn who_is_refused_for_anything_else_is_not_asked() {
    let poly = Poly::shared();
    let revoked = poly.phone(OLD);
    let blocked = format!("{OTHER} block\n");
    let httpd = server()
        .file("devices", blocked)
        .file("crl.pem", Crl::of(&poly.issuing1).revoke(&revoked.cert).pem())
        .config("MTLSProtectDeviceFile devices\nMTLSProtectCRLFile crl.pem")
        .start();
    assert_eq!(asked(&httpd, &httpd.phone(&revoked), OLD_FILE), "403 deny revoked-certificate");
    let header = basic(OLD, OLD);
    let with = [("Authorization", header.as_str())];
    assert_eq!(sent(&httpd, &httpd.phone(&revoked), "GET", OLD_FILE, &with), "403 deny revoked-certificate");
    assert_eq!(got(&httpd, OTHER, OTHER_FILE), "403 deny blocked-device");
    assert_eq!(sent(&httpd, &httpd.client(), "POST", OLD_FILE, &with), "403 deny method");
    assert_eq!(got(&httpd, OLD, &format!("/{OLD}/{OTHER}.cfg")), "403 deny blocked-device");
    // TLS only: a password would be readable
    assert_eq!(asked(&httpd, &httpd.plain_client(), OLD_FILE), "403 deny plain-http");
    assert_eq!(sent(&httpd, &httpd.plain_client(), "GET", OLD_FILE, &with), "403 deny plain-http");
    // the device's own certificate from nobody knows where proves nothing, and neither does one that names no device
    let strangers = Authority::root("Nobody's Root").leaf(Subject::poly(OLD)).issue();
    for identity in [judged::self_signed(), strangers, Certificate::leaf(Subject::poly(OLD)).issue()] {
        assert_eq!(asked(&httpd, &httpd.phone(&identity), OLD_FILE), ASKED);
        assert_eq!(sent(&httpd, &httpd.phone(&identity), "GET", OLD_FILE, &with), LET_IN);
    }
}

#[test]
fn what_is_put_together_of_several_files_is_judged_part_by_part() {
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}\nOptions Includes Indexes"))
        .modules(&["include", "negotiation"])
        .page(
            "0004f2bbbbbb.shtml",
            "own <!--#include file=\"0004f2bbbbbb.txt\" --> other <!--#include file=\"0004f2cccccc.txt\" -->",
        )
        .page("0004f2bbbbbb.txt", "page of b;")
        .page("0004f2cccccc.txt", SECRET)
        .config("AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml")
        .start();
    let said = text(&httpd.client(), "/0004f2bbbbbb.shtml", Some(&basic(OLD, OLD)));
    assert!(said.contains("page of b;") && !said.contains(SECRET), "{said}");
    let response = httpd.client().get("/0004f2bbbbbb.shtml").unwrap();
    assert!(response.status == 401 && !response.text().contains("page of b;"));
}

#[test]
fn a_password_goes_along_with_an_internal_redirect_and_opens_no_more_there() {
    let rewrite =
        "RewriteEngine On\nRewriteRule ^/?call-me/(.*)$ /$1\nRewriteRule ^/?swap/0004f2bbbbbb.cfg$ /0004f2cccccc.cfg";
    let httpd = server()
        .module("rewrite")
        .page("0004f2bbbbbb/index.html", SECRET)
        .page("0004f2cccccc/0004f2bbbbbb", "x")
        .config(&format!("<Directory {{docroot}}>\n{rewrite}\nDirectoryIndex index.html\n</Directory>"))
        .start();
    assert_eq!(got(&httpd, OLD, &format!("/call-me{OLD_FILE}")), LET_IN);
    assert_eq!(got(&httpd, OLD, "/0004f2bbbbbb/"), LET_IN);
    assert_eq!(asked(&httpd, &httpd.client(), "/0004f2bbbbbb/"), ASKED);
    assert_eq!(got(&httpd, OLD, &format!("/swap{OLD_FILE}")), "403 deny ambiguous-name");
    assert_eq!(got(&httpd, OTHER, &format!("/call-me{OLD_FILE}")), MISMATCH);
}

#[test]
fn a_challenge_before_an_external_redirect_is_answered_after_it() {
    let httpd = server().config("Redirect /elsewhere/0004f2bbbbbb.cfg /0004f2bbbbbb.cfg").start();
    let client = httpd.client();
    let response = client.get("/elsewhere/0004f2bbbbbb.cfg").unwrap();
    // what doesn't reach the folder is nobody's to protect
    assert_eq!(response.status, 302);
    assert_eq!(asked(&httpd, &client, OLD_FILE), ASKED);
    assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
}

#[test]
fn a_phone_writes_its_own_log_by_its_password_and_nothing_else() {
    let httpd = server()
        .modules(&["dav", "dav_fs"])
        .config("<Directory {docroot}>\nDav On\nMTLSProtectMethods GET HEAD OPTIONS PUT MOVE COPY\n</Directory>")
        .start();
    let header = basic(OLD, OLD);
    let put = |path: &str, headers: &[(&str, &str)]| {
        let response = httpd.client().request("PUT", path, headers, b"boot").unwrap();
        response.status
    };
    let with = [("Authorization", header.as_str())];
    assert_eq!(put("/0004f2bbbbbb-boot.log", &[]), 401);
    assert!(!httpd.docroot().join("0004f2bbbbbb-boot.log").exists());
    assert_eq!(put("/0004f2bbbbbb-boot.log", &with), 201);
    assert_eq!(std::fs::read(httpd.docroot().join("0004f2bbbbbb-boot.log")).unwrap(), b"boot");
    for path in ["/0004f2cccccc-boot.log", "/sip.ld", "/0004f2bbbbbb/.htaccess", "/.htaccess", "/x?mac=0004f2bbbbbb"] {
        assert_eq!(put(path, &with), 403, "{path}");
    }
    let to = format!("https://localhost:{}/0004f2cccccc-boot.log", httpd.https());
    for method in ["COPY", "MOVE"] {
        let headers = [("Authorization", header.as_str()), ("Destination", to.as_str())];
        let response = httpd.client().request(method, "/0004f2bbbbbb-boot.log", &headers, b"").unwrap();
        assert_eq!(response.status, 403, "{method}");
    }
    assert!(!httpd.docroot().join("0004f2cccccc-boot.log").exists());
}

#[test]
fn streams_of_one_connection_have_each_their_own_password() {
    let httpd = server().module("http2").start();
    let get = |path: &str, user: &str| {
        let header = format!("Authorization: {}", basic(user, user));
        let response = tools::curl_h2_with(httpd.https(), None, path, &["-H", &header]);
        assert_eq!(response.text().contains(SECRET), response.status == 200);
        response.status
    };
    assert_eq!(tools::curl_h2(httpd.https(), None, OLD_FILE).status, 401);
    assert_eq!((get(OLD_FILE, OLD), get(OTHER_FILE, OLD), get(OTHER_FILE, OTHER)), (200, 403, 200));
    let mut connection = httpd.client().connect().unwrap();
    let mut get = |path: &str, header: &[(&str, &str)]| connection.request("GET", path, header, b"").unwrap().status;
    let header = basic(OLD, OLD);
    assert_eq!(get(OLD_FILE, &[("Authorization", &header)]), 200);
    // nothing stays with the connection
    assert_eq!(get(OLD_FILE, &[]), 401);
}

#[test]
fn a_wrong_password_bans_nobody() {
    let httpd = server().start();
    for (name, of) in [(OLD, OTHER), ("bob", "bob"), (OLD, "bob")] {
        assert_ne!(
            httpd.client().request("GET", OLD_FILE, &[("Authorization", &*basic(name, of))], b"").unwrap().status,
            200
        );
    }
    assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
    httpd.wait_for_log("denied reason=no-certificate");
    httpd.wait_for_log("denied reason=password");
    assert_eq!(counted(&httpd), [""; 0], "{}", httpd.error_log());
}

#[test]
fn a_user_whom_a_module_makes_up_is_nobody() {
    let script = "require 'apache2'\n\
                  function set(r) r.user = '0004f2bbbbbb'; return apache2.DECLINED end\n\
                  function yes(r) r.user = '0004f2bbbbbb'; return apache2.OK end\n";
    for hook in ["LuaHookAccessChecker {root}/user.lua set", "LuaHookCheckUserID {root}/user.lua yes"] {
        // whoever answers first makes it a user, of no password
        for kind in ["", "AuthType Basic\nAuthName provisioning\nAuthUserFile passwords\n"] {
            let section = format!("MTLSProtect On\nMTLSProtectPassword On\n{kind}Require all granted\n{hook}");
            let httpd = with(&section).module("lua").file("user.lua", script).start();
            let answer = asked(&httpd, &httpd.client(), OLD_FILE);
            // Where nobody else looks at passwords, nobody can ask for one either.
            let expected = if kind.is_empty() { &[NO_CERTIFICATE][..] } else { &[NO_CERTIFICATE, ASKED] };
            assert!(expected.contains(&&*answer), "{hook} {kind}: {answer}");
        }
    }
}

#[test]
fn no_user_stays_of_a_wrong_password() {
    let httpd = server().access_log("%>s %U user=%u;").start();
    let user = |name: &str, of: &str, path: &str| {
        httpd.client().request("GET", path, &[("Authorization", &*basic(name, of))], b"").unwrap();
        let line = httpd.wait_for_access(&format!(" {path} "));
        line.split_once("user=").unwrap().1.trim().to_owned()
    };
    assert_eq!(user(OLD, OTHER, "/0004f2bbbbbb-1.cfg"), "-;");
    assert_eq!(user(OTHER, OLD, "/0004f2bbbbbb-2.cfg"), "-;");
    assert_eq!(user(OLD, OLD, OLD_FILE), "0004f2bbbbbb;");
}

#[test]
fn neither_a_part_of_a_page_nor_an_error_page_asks() {
    let section =
        format!("MTLSProtect On\nMTLSProtectOtherFiles allow\nMTLSProtectPassword On\n{BASIC}\nOptions Includes");
    let httpd = with(&format!("{section}\n{CGI}\nOptions Includes ExecCGI"))
        .modules(&["include", "cgi"])
        .mpm(Mpm::Prefork)
        .page("shared.shtml", "shared <!--#include file=\"0004f2bbbbbb.txt\" -->")
        .page("0004f2bbbbbb.txt", SECRET)
        .config("AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml")
        .vhost("<Location /elsewhere>\nMTLSProtect Off\n</Location>\nErrorDocument 404 /run.sh")
        .start();
    httpd.write_script("run.sh", SCRIPT);
    let header = basic(OLD, OLD);
    for headers in [&[][..], &[("Authorization", header.as_str())]] {
        let response = httpd.client().request("GET", "/shared.shtml", headers, b"").unwrap();
        assert!(response.text().contains("shared") && !response.text().contains(SECRET), "{}", response.text());
        let response = httpd.client().request("GET", "/elsewhere/0004f2bbbbbb.cfg", headers, b"").unwrap();
        assert_eq!((response.status, response.header("WWW-Authenticate")), (404, None));
        assert!(!response.text().contains("script ran"), "{}", response.text());
    }
}
