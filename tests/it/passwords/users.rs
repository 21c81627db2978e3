//! Users and requests that come close to those that a password is good for.

use super::*;
use mtlsprotect_testkit::{Certificate, Subject};

#[test]
fn a_user_of_a_certificate_by_a_line_that_no_check_of_the_configuration_sees() {
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}\nAllowOverride All"))
        .module("access_compat")
        .file("passwords", users() + &user("0004F2BBBBBB"))
        .page("0004f2bbbbbb/x.cfg", SECRET)
        .start();
    let stranger = httpd.phone(&Certificate::leaf(Subject::cn("0004F2BBBBBB")).issue());
    for line in ["SSLUserName SSL_CLIENT_S_DN_CN", "SSLOptions +FakeBasicAuth", "AuthType None", "Satisfy Any"] {
        httpd.write("0004f2bbbbbb/.htaccess", line);
        let answer = asked(&httpd, &stranger, "/0004f2bbbbbb/x.cfg");
        assert!([ASKED, "403 deny untrusted-certificate"].contains(&&*answer), "{line}: {answer}");
    }
}

#[test]
fn a_user_that_is_a_mac_but_for_some_bytes() {
    let httpd = server().file("passwords", users() + &user("00-04-F2-CC-CC-CC")).start();
    let with = |credentials: &str| {
        let header = format!("Basic {}", encode_block(credentials.as_bytes()));
        sent(&httpd, &httpd.client(), "GET", OTHER_FILE, &[("Authorization", &header)])
    };
    assert_eq!(with("00-04-F2-CC-CC-CC:of-00-04-F2-CC-CC-CC"), LET_IN);
    for other in [
        "0004f2cccccc\0:of-0004f2cccccc",
        "0004f2cccccc\0x:of-0004f2cccccc",
        " 0004f2cccccc:of-0004f2cccccc",
        "0004f2cccccc :of-0004f2cccccc",
        "0004F2CCCCCC:of-0004f2cccccc",
        "00:04:f2:cc:cc:cc:of-0004f2cccccc",
        "0004f2cccccc",
        "0004f2cccccc:",
        ":of-0004f2cccccc",
        ":",
        "",
    ] {
        assert_eq!(with(other), ASKED, "{other:?}");
    }
    // two headers, of which the first is right for another file
    let (own, others) = (basic(OLD, OLD), basic(OTHER, OLD));
    let twice = [("Authorization", &*own), ("Authorization", &*others)];
    assert_ne!(&sent(&httpd, &httpd.client(), "GET", OTHER_FILE, &twice)[..3], "200");
}

#[test]
fn a_part_of_a_file_or_that_it_has_not_changed_takes_the_password_too() {
    let httpd = server().start();
    let tag = {
        let header = basic(OLD, OLD);
        let response = httpd.client().request("GET", OLD_FILE, &[("Authorization", &*header)], b"").unwrap();
        response.header("ETag").unwrap().to_owned()
    };
    for (name, value) in [
        ("Range", "bytes=0-3"),
        ("If-None-Match", "*"),
        ("If-None-Match", &tag),
        ("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ] {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(sent(&httpd, &httpd.client(), method, OLD_FILE, &[(name, value)]), ASKED, "{method} {name}");
            let others = basic(OTHER, OTHER);
            let with = [(name, value), ("Authorization", &*others)];
            assert_eq!(sent(&httpd, &httpd.client(), method, OLD_FILE, &with), MISMATCH, "{method} {name}");
        }
    }
}

#[test]
fn a_password_that_httpd_keeps_in_mind_is_good_for_no_other_user() {
    let provider = "AuthBasicProvider socache file\nAuthnCacheProvideFor file\nAuthnCacheContext server";
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{BASIC}\n{provider}"))
        .modules(&["socache_shmcb", "authn_socache"])
        .config("AuthnCacheSOCache shmcb")
        .start();
    for _ in 0..3 {
        assert_eq!(got(&httpd, OLD, OLD_FILE), LET_IN);
        let wrong = basic(OLD, OTHER);
        assert_eq!(sent(&httpd, &httpd.client(), "GET", OLD_FILE, &[("Authorization", &*wrong)]), ASKED);
        assert_eq!(got(&httpd, OLD, OTHER_FILE), MISMATCH);
        assert_eq!(asked(&httpd, &httpd.client(), OLD_FILE), ASKED);
    }
}

#[test]
fn a_form_opens_nothing() {
    let section = BASIC.replace(
        "AuthType Basic",
        "AuthType Form\nAuthFormProvider file\nAuthFormFakeBasicAuth On\n\
                                                   AuthFormLoginRequiredLocation /login.html\nSession On\n\
                                                   SessionCookieName session path=/",
    );
    let httpd = with(&format!("MTLSProtect On\nMTLSProtectPassword On\n{section}"))
        .modules(&["request", "session", "session_cookie", "auth_form"])
        .start();
    let cookie = format!("session=provisioning-user={OLD}&provisioning-pw=of-{OLD}");
    let header = basic(OLD, OLD);
    for headers in [&[][..], &[("Cookie", &*cookie)], &[("Authorization", &*header)]] {
        let response = httpd.client().request("GET", OLD_FILE, headers, b"").unwrap();
        assert!(response.status != 200 && !response.text().contains(SECRET), "{headers:?}: {response:?}");
    }
}
