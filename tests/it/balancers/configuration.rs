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
