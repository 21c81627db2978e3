//! What an operator gets wrong about a balancer, and what the server says of it.

use super::*;

const LINE: &str = "MTLSProtectProxy 192.0.2.10 certificate=rfc9440";

/// A server without hosts that knows Poly's CAs and protects its folder.
fn bare() -> Builder {
    Httpd::builder()
        .with_module()
        .without_vhosts()
        .module("remoteip")
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectCAFile {device_ca}\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
}

fn host(lines: &str) -> String {
    format!("<VirtualHost 127.0.0.1:{{http}}>\nServerName phones.example\n{lines}\n</VirtualHost>")
}

fn refused(builder: Builder, said: &str) {
    let output = builder.configtest();
    assert!(!output.ok && output.text.contains(said), "no {said:?} in: {}", output.text);
    assert!(output.text.contains("httpd.conf"), "no place: {}", output.text);
}

#[test]
fn a_line_that_cannot_be_meant_so() {
    refused(bare().config(LINE), "stands outside a <VirtualHost>");
    let outside = bare().config(&format!("<Location />\n{LINE}\n</Location>")).configtest();
    assert!(!outside.ok && outside.text.contains("not allowed in <Location"), "{}", outside.text);
    for (words, said) in [
        ("0.0.0.0/0 certificate=rfc9440", "too many addresses"),
        ("192.0.2.10 certificate=nginx", "certificate=nginx needs the name of the header"),
        ("192.0.2.10 certificate=pem", "the formats are rfc9440, nginx"),
        ("balancer.example certificate=rfc9440", "is not an address"),
    ] {
        refused(bare().config(&host(&format!("MTLSProtectProxy {words}"))), said);
    }
    let twice = format!("{LINE}\nMTLSProtectProxy 192.0.2.0/24 certificate=haproxy:X-Cert");
    refused(bare().config(&host(&twice)), "192.0.2.0/24 is in an earlier MTLSProtectProxy");
    let without_list = Httpd::builder().with_module().without_vhosts().config(&host(LINE));
    refused(without_list, "which has no device CAs");
}

#[test]
fn a_listener_that_passes_clients_through_as_well() {
    for (lines, elsewhere) in [
        ("RemoteIPProxyProtocol On", ""),
        ("", "RemoteIPProxyProtocol On"),
        ("", "<VirtualHost 127.0.0.1:{http}>\nServerName other.example\nRemoteIPProxyProtocol On\n</VirtualHost>"),
        ("", "<VirtualHost *:{http}>\nServerName other.example\nRemoteIPProxyProtocol On\n</VirtualHost>"),
    ] {
        let builder = bare().config(&host(&format!("{LINE}\n{lines}"))).config(elsewhere);
        refused(builder, "RemoteIPProxyProtocol On covers a listener of virtual host phones.example");
    }
    // one address, spelled twice
    let lines = format!("<VirtualHost [::1]:8080>\nServerName phones.example\n{LINE}\n</VirtualHost>");
    for address in ["[0::1]", "[0:0:0:0:0:0:0:1]", "[0::0]"] {
        let other =
            format!("<VirtualHost {address}:8080>\nServerName other.example\nRemoteIPProxyProtocol On\n</VirtualHost>");
        refused(bare().config(&lines).config(&other), "RemoteIPProxyProtocol On covers a listener");
    }
    let another =
        "<VirtualHost 127.0.0.1:{http_b}>\nServerName other.example\nRemoteIPProxyProtocol On\n</VirtualHost>";
    let output = bare().config(&host(LINE)).config(another).configtest();
    assert!(output.ok, "{}", output.text);
}

#[test]
fn trailers_that_are_merged_with_headers() {
    refused(bare().config(&host(&format!("{LINE}\nMergeTrailers On"))), "write MergeTrailers Off");
    refused(bare().config("MergeTrailers On").config(&host(LINE)), "write MergeTrailers Off");
    let off = bare().config("MergeTrailers On").config(&host(&format!("{LINE}\nMergeTrailers Off"))).configtest();
    assert!(off.ok, "{}", off.text);
}

#[test]
fn a_host_behind_a_balancer_needs_no_tls_of_its_own() {
    let resolved = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.10";
    let builder = bare().config(&host(&format!("{LINE}\nMTLSProtect Report\n{resolved}")));
    let output = builder.clone().configtest();
    assert!(output.ok && !output.text.contains("mtlsprotect: "), "{}", output.text);
    let httpd = builder.clone().start();
    let notice = httpd.wait_for_log("mtlsprotect: phones.example");
    assert!(notice.contains("mode=On") && notice.contains(" via=192.0.2.10"), "{notice}");
    let table = builder.configtest_with(&["-D", "DUMP_MTLSPROTECT"]).text;
    assert!(table.contains("poly via 192.0.2.10"), "{table}");
    // with TLS of its own that asks for no certificate
    let tls = "<VirtualHost 127.0.0.1:{https}>\nServerName tls.example\nSSLEngine on\nMTLSProtect On\n";
    let output = bare().config(&format!("{tls}{LINE}\n{resolved}\n</VirtualHost>")).configtest();
    assert!(output.ok && !output.text.contains("mtlsprotect: "), "{}", output.text);
}

#[test]
fn what_shuts_phones_out_or_hides_them_is_warned_of() {
    for (lines, said) in [
        (LINE, "MTLSProtectProxy without RemoteIPHeader in virtual host phones.example"),
        (
            "MTLSProtectProxy 192.0.2.10 certificate=aws-passthrough",
            "write LimitRequestFieldSize 16380 into phones.example",
        ),
    ] {
        let output = bare().config(&host(lines)).configtest();
        assert!(output.ok && output.text.contains(said), "{}", output.text);
    }
    let enough = "MTLSProtectProxy 192.0.2.10 certificate=aws-passthrough\nLimitRequestFieldSize 16380";
    let output = bare().config(&host(enough)).configtest();
    assert!(output.ok && !output.text.contains("write LimitRequestFieldSize"), "{}", output.text);
}

#[test]
fn a_balancer_that_mod_remoteip_does_not_know() {
    let said = |line: &str, lines: &str| {
        let output = bare().config(&host(&format!("{line}\nRemoteIPHeader X-Forwarded-For\n{lines}"))).configtest();
        assert!(output.ok, "{}", output.text);
        output.text.lines().filter(|line| line.contains("mtlsprotect: ")).collect::<String>()
    };
    let text = said(LINE, "RemoteIPInternalProxy 192.0.2.11");
    assert!(
        text.contains("MTLSP0425") && text.contains("192.0.2.10, which RemoteIPInternalProxy does not have"),
        "{text}"
    );
    let text = said("MTLSProtectProxy 192.0.2.0/28 certificate=rfc9440", "RemoteIPTrustedProxy 192.0.2.10");
    assert!(text.contains("with 192.0.2.0/28, which"), "{text}");
    let text = said(LINE, "");
    assert!(text.contains("MTLSP0425") && text.contains("trusts the header of anybody"), "{text}");
    for known in
        ["RemoteIPInternalProxy 192.0.2.10", "RemoteIPTrustedProxy 192.0.2.0/24", "RemoteIPInternalProxy localhost"]
    {
        assert_eq!(said(LINE, known), "", "{known}");
    }
}

#[test]
fn two_hosts_that_believe_a_balancer_by_two_headers() {
    let resolved = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.0/24";
    let said = |port: &str, line: &str| {
        let other = format!("<VirtualHost *:{{{port}}}>\nServerName other.example\n{line}\n{resolved}\n</VirtualHost>");
        let output = bare().config(&host(&format!("{LINE}\n{resolved}"))).config(&other).configtest();
        assert!(output.ok, "{}", output.text);
        output.text.lines().filter(|line| line.contains("mtlsprotect: ")).collect::<String>()
    };
    let other = "MTLSProtectProxy 192.0.2.0/28 certificate=nginx:X-Client-Cert";
    let text = said("http", other);
    assert!(text.contains("MTLSP0431") && text.contains("by X-Client-Cert, and virtual host phones.example"), "{text}");
    assert_eq!(said("http_b", other), "", "a client doesn't choose the port");
    for line in [LINE, "MTLSProtectProxy 192.0.2.99 certificate=nginx:X-Client-Cert"] {
        assert_eq!(said("http", line), "", "{line}");
    }
}

#[test]
fn a_host_with_a_balancer_on_which_nothing_is_protected() {
    let other = "<VirtualHost 127.0.0.1:{http_b}>\nServerName other.example\nDocumentRoot {root}/other\n\
                 RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 192.0.2.10\n";
    let output =
        bare().file("other/y", "").config(&format!("{other}{LINE}\n</VirtualHost>")).config(&host(LINE)).configtest();
    let said = "MTLSProtectProxy in virtual host other.example";
    assert!(output.ok && output.text.contains(said) && output.text.contains("MTLSP0404"), "{}", output.text);
    assert!(!output.text.contains("MTLSProtectProxy in virtual host phones.example"), "{}", output.text);
}

/// A server without mod_ssl, with this line in its only host.
fn without_mod_ssl(line: &str) -> Builder {
    server().without_mod_ssl().config(SEEN).config(&host(line))
}

#[test]
fn a_server_behind_a_balancer_needs_no_mod_ssl() {
    let httpd = without_mod_ssl("MTLSProtectProxy 127.0.0.1 certificate=rfc9440").start();
    let client = httpd.plain_client();
    assert_eq!(with(&client, &own_file(), &written(&phone()).leaf), "200 allow own-file");
    assert_eq!(with(&client, &other_file(), &written(&phone()).leaf), "403 deny mac-mismatch");
    assert_eq!(with(&client, &own_file(), &written(&self_signed()).leaf), "403 deny untrusted-certificate");
    assert_eq!(ask(&client, "GET", own_file(), &[], b""), "403 deny no-certificate");
    let stranger = without_mod_ssl("MTLSProtectProxy 127.0.0.77 certificate=rfc9440").start();
    assert_eq!(with(&stranger.plain_client(), &own_file(), &written(&phone()).leaf), "403 deny plain-http");
    let neither = "MTLSProtect needs mod_ssl, which is not loaded: add LoadModule ssl_module, or MTLSProtectProxy";
    refused(without_mod_ssl("DirectoryIndex x"), neither);
}
