//! What `httpd -t` says of passwords that can't work as they are written, or would open something.

use super::*;

const ON: &str = "MTLSProtect On\nMTLSProtectPassword On";

fn site(section: &str) -> Builder {
    with(&format!("{section}\n{BASIC}"))
}

/// What `httpd -t` says of a configuration that it refuses, without line ends.
fn refused(builder: Builder) -> String {
    let output = builder.configtest();
    assert!(!output.ok, "accepted: {}", output.text);
    assert!(output.text.contains("httpd.conf:"), "no place: {}", output.text);
    output.text.replace('\n', " ")
}

#[test]
fn words_that_say_nothing() {
    for (words, told) in [
        ("until=2027-02-30", "is not a day"),
        ("until=soon", "is not a day"),
        ("On until", "expected Off, On or until=DATE"),
        ("maybe", "expected Off, On or until=DATE"),
        ("Off pattern=(?<mac>.{12})", "Off stands alone"),
        ("On On", "is repeated"),
        ("until=2027-01-01 until=2027-01-02", "is repeated"),
        ("On pattern=[", "not a regular expression"),
        ("On pattern=(?<mac>x{12})", "can never match a MAC address"),
        ("On pattern=.{12}", "has no group named mac"),
    ] {
        let text = site(&format!("MTLSProtect On\nMTLSProtectPassword {words}")).configtest();
        assert!(!text.ok && text.text.contains(told), "{words}: {}", text.text);
    }
}

#[test]
fn without_a_learned_file_a_restart_would_forget_who_needs_a_certificate() {
    let builder = Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .module("auth_basic")
        .config("<Directory {docroot}>\nMTLSProtectPassword On\nAuthType Basic\n</Directory>");
    let text = refused(builder);
    assert!(text.contains("MTLSP0313") && text.contains("add MTLSProtectLearnedFile"), "{text}");
}

#[test]
fn what_makes_users_that_send_no_password() {
    for line in [
        "SSLUserName SSL_CLIENT_S_DN_CN",
        "SSLOptions +FakeBasicAuth",
        "SSLOptions StdEnvVars FakeBasicAuth",
        "<Location /elsewhere>\nSSLOptions +FakeBasicAuth\n</Location>",
        "<Location /elsewhere>\nAuthBasicFake demo secret\n</Location>",
        "<Location /elsewhere>\nAnonymous *\n</Location>",
        "<AuthnProviderAlias anon anybody>\nAnonymous *\n</AuthnProviderAlias>",
    ] {
        let builder = |text: &str| site(ON).module("authn_anon").config(text);
        if !line.contains("Alias") {
            let in_host = refused(site(ON).module("authn_anon").vhost(line));
            assert!(in_host.contains("MTLSP0314") && in_host.contains("have sent no password"), "{line}: {in_host}");
        }
        let text = refused(builder(line));
        assert!(text.contains("MTLSP0314") && text.contains("have sent no password"), "{line}: {text}");
    }
    // what takes it away again, and a host of its own that has no passwords
    for line in ["SSLOptions -FakeBasicAuth", "<Location /x>\nAuthBasicFake off\n</Location>"] {
        let output = site(ON).config(line).configtest();
        assert!(output.ok, "{line}: {}", output.text);
    }
    let of_its_own = files()
        .vhost(&format!("<Directory {{docroot}}>\n{ON}\n{BASIC}\n</Directory>"))
        .plain_vhost("<Location /elsewhere>\nAuthBasicFake demo secret\n</Location>");
    let output = of_its_own.configtest();
    assert!(output.ok, "{}", output.text);
}

#[test]
fn a_host_in_which_everybody_could_read_the_passwords() {
    let builder = files().plain_vhost(&format!("<Location />\n{ON}\n{BASIC}\n</Location>"));
    let text = refused(builder);
    assert!(text.contains("MTLSP0315") && text.contains("write SSLEngine on"), "{text}");
    let builder = files().plain_vhost(&format!(
        "MTLSProtectProxy 127.0.0.1 certificate=rfc9440\n<Location />\n{ON}\n{BASIC}\n</Location>"
    ));
    assert!(builder.configtest().ok);
}

#[test]
fn a_day_that_is_near_or_over_and_a_section_in_which_nobody_asks() {
    let says = |builder: Builder| {
        let output = builder.configtest();
        assert!(output.ok, "{}", output.text);
        let ours = output.text.lines().filter(|line| line.contains("mtlsprotect: ")).map(|line| line.to_owned() + "\n");
        ours.collect::<String>()
    };
    let until = |day: &str| site(&format!("MTLSProtect On\nMTLSProtectPassword until={day}"));
    let near = (mtlsprotect_core::time::UnixTime::now() + 20 * 86_400).day();
    assert!(says(until(&near)).contains("MTLSP0426"));
    assert!(says(until("2020-12-31")).contains("has passed"));
    assert_eq!(says(until("2099-12-31")), "");
    let text = says(with(ON));
    assert!(text.contains("MTLSP0427") && text.contains("add AuthType"), "{text}");
    let text = says(with(ON).config("<Location /elsewhere>\nAuthType Form\n</Location>").module("auth_form"));
    assert!(text.contains("MTLSP0427"), "{text}");
    // further out, in another block of the same folder, in the host
    assert_eq!(says(with(ON).config(&format!("<Directory {{root}}>\n{BASIC}\n</Directory>"))), "");
    assert_eq!(says(with(ON).vhost(&format!("<Location />\n{BASIC}\n</Location>"))), "");
}

/// What `httpd -t` warns of in a section with these lines.
fn warned(section: &str) -> String {
    let output = with(section).modules(&["auth_basic", "authz_user"]).configtest();
    assert!(output.ok, "{}", output.text);
    output.text.lines().filter(|line| line.contains("mtlsprotect: ")).collect()
}

#[test]
fn a_section_in_which_httpd_cannot_ask() {
    let section = |kind: &str| format!("{ON}\n{}", BASIC.replace("AuthType Basic", kind));
    let text = warned(&section("AuthType Digest"));
    assert!(text.contains("MTLSP0427") && text.contains("mod_auth_digest is not loaded"), "{text}");
    let text = warned(&section("AuthType Basic").replace("AuthName provisioning", ""));
    assert!(text.contains("MTLSP0427") && text.contains("no AuthName"), "{text}");
    assert_eq!(warned(&section("AuthType Basic")), "");
}

#[test]
fn a_section_in_which_httpd_asks_the_phones_with_certificates_too() {
    let require = |lines: &str| format!("{ON}\n{}", BASIC.replace("Require all granted", lines));
    for lines in [
        "Require valid-user",
        "Require user 0004f2bbbbbb",
        "<RequireAll>\nRequire all granted\nRequire valid-user\n</RequireAll>",
        "<RequireAny>\nRequire ip 192.0.2.0/24\nRequire valid-user\n</RequireAny>",
    ] {
        let text = warned(&require(lines));
        assert!(text.contains("MTLSP0428") && text.contains("they get 401"), "{lines}: {text}");
    }
    for lines in [
        "Require all granted\nRequire valid-user",
        "<RequireAny>\nRequire all granted\n<RequireAll>\nRequire valid-user\n</RequireAll>\n</RequireAny>",
        "Require all granted\n<Files staff.html>\nRequire valid-user\n</Files>",
    ] {
        assert_eq!(warned(&require(lines)), "", "{lines}");
    }
    // what is true: a phone with its certificate is asked
    let httpd = with(&require("Require valid-user")).modules(&["auth_basic", "authz_user"]).start();
    let phone = httpd.phone(&Poly::shared().phone(MAC));
    assert_eq!(phone.get(OWN).unwrap().status, 401);
}

#[test]
fn a_password_file_that_is_served_and_a_folder_that_nobody_protects() {
    let section = format!("{ON}\n{BASIC}").replace("AuthUserFile passwords", "AuthUserFile {docroot}/.htpasswd");
    let text = warned(&section);
    assert!(text.contains("MTLSP0429") && text.contains("move it out of there"), "{text}");
    let text = warned(&format!("{ON}\n{BASIC}").replace("AuthUserFile passwords", "AuthUserFile docroot/users"));
    assert!(text.contains("MTLSP0429"), "by a path below ServerRoot: {text}");
    let elsewhere = files()
        .config(&format!("<Directory {{docroot}}>\nMTLSProtectPassword On\n{BASIC}\n</Directory>"))
        .config("<Directory {root}/other>\nMTLSProtect On\n</Directory>\nAlias /other {root}/other")
        .module("alias")
        .file("other/y", "")
        .configtest();
    assert!(elsewhere.ok && elsewhere.text.contains("MTLSProtect is Off there"), "{}", elsewhere.text);
}

#[test]
fn the_notice_and_the_table_say_until_when_passwords_count() {
    let builder = || site("MTLSProtect On\nMTLSProtectPassword until=2099-12-31");
    let httpd = builder().start();
    let notice = httpd.wait_for_log("MTLSP0501");
    assert!(notice.trim_end().ends_with("other-files=device passwords=2099-12-31"), "{notice}");
    let table = builder().configtest_with(&["-D", "DUMP_MTLSPROTECT"]).text;
    assert!(table.contains("PASSWORDS") && table.contains("until=2099-12-31"), "{table}");
    let httpd = site("MTLSProtect On").start();
    assert!(httpd.wait_for_log("MTLSP0501").trim_end().ends_with("other-files=device"));
}
