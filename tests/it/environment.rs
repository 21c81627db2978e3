//! What applications are told: who is proven to ask, and nothing that anybody else made up.

use crate::documents::block_with;
use mtlsprotect_testkit::{Authority, Builder, Client, Httpd, Poly};

/// Prints its environment, a variable a line, and says where it begins and ends.
const SCRIPT: &str = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\necho begin\nenv\necho end\n";

fn site() -> Builder {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .module("cgi")
        .config("<Directory {docroot}>\nOptions ExecCGI FollowSymLinks\nAddHandler cgi-script .sh\n</Directory>")
}

fn start(builder: Builder) -> Httpd {
    let httpd = builder.start();
    httpd.write_script("env.sh", SCRIPT);
    httpd
}

/// The script's variables of these names, all of them, without prefixes.
fn told(client: &Client, path: &str) -> Vec<String> {
    let response = client.get(path).unwrap();
    let text = response.text();
    assert_eq!(response.status, 200, "{path}: {text}");
    assert!(text.contains("begin\n") && text.contains("end\n"), "{path}: {text}");
    let mut variables: Vec<String> =
        text.lines().filter(|line| line.to_uppercase().starts_with("MTLSPROTECT")).map(str::to_owned).collect();
    variables.sort();
    variables
}

const PROVEN: [&str; 2] = ["MTLSPROTECT_MAC=0004f2aaaaaa", "MTLSPROTECT_VENDOR=poly"];
const NOTHING: [&str; 0] = [];

#[test]
fn a_script_learns_who_asks() {
    let httpd = start(site());
    let phone = httpd.phone(&Poly::shared().phone("0004f2aaaaaa"));
    for path in ["/env.sh", "/env.sh/0004f2aaaaaa.cfg", "/env.sh?mac=00:04:f2:aa:aa:aa", "/env.sh/0004F2AAAAAA"] {
        assert_eq!(told(&phone, path), PROVEN, "{path}");
    }
    let unlisted = httpd.phone(&Poly::shared().leaf("12345678ABCD").issue());
    assert_eq!(told(&unlisted, "/env.sh"), ["MTLSPROTECT_MAC=12345678abcd"]);
}

#[test]
fn a_script_learns_nothing_that_is_not_proven() {
    let httpd = start(
        site()
            .vhost("<Location /open>\nMTLSProtectOtherFiles allow\n</Location>\nAlias /open {docroot}")
            .vhost("<Location /report>\nMTLSProtect Report\n</Location>\nAlias /report {docroot}")
            .plain_vhost("MTLSProtectOtherFiles allow"),
    );
    let poly = Poly::shared();
    let owner = httpd.phone(&poly.phone("0004f2aaaaaa"));
    let stranger = httpd.phone(&Authority::root("TEST Stranger").device("0004f2aaaaaa"));
    let nameless = httpd.phone(&poly.leaf("gateway").issue());
    assert_eq!(told(&httpd.client(), "/open/env.sh"), NOTHING, "without a certificate");
    assert_eq!(told(&stranger, "/open/env.sh"), NOTHING, "with a stranger's certificate");
    assert_eq!(told(&nameless, "/open/env.sh"), NOTHING, "with a certificate of no device");
    assert_eq!(told(&httpd.plain_client(), "/env.sh"), NOTHING, "over plain HTTP");
    assert_eq!(told(&owner, "/open/env.sh"), PROVEN);
    assert_eq!(told(&owner, "/report/env.sh?mac=0004f2bbbbbb"), NOTHING, "what would be denied");
    assert_eq!(told(&httpd.client(), "/report/env.sh"), NOTHING, "what would be denied");
    assert_eq!(told(&stranger, "/report/env.sh"), NOTHING, "what would be denied");
    assert_eq!(told(&owner, "/report/env.sh"), PROVEN);
    httpd.wait_for_log("would-deny reason=mac-mismatch");
    httpd.wait_for_log("would-deny reason=no-certificate");
    httpd.wait_for_log("would-deny reason=untrusted-certificate");
}

#[test]
fn nothing_forges_the_variables() {
    let forgeries = [
        "SetEnv MTLSPROTECT_MAC 0004f2ffffff\nSetEnv MTLSPROTECT_VENDOR forged",
        "SetEnv mtlsprotect_mac 0004f2ffffff\nSetEnv MtlsProtect_Vendor forged",
        // httpd writes what is not a letter or digit as _ when it makes a script's environment
        "SetEnv MTLSPROTECT-MAC 0004f2ffffff\nSetEnv MTLSPROTECT.VENDOR forged",
        "SetEnvIf Request_URI . MTLSPROTECT_MAC=0004f2ffffff MTLSPROTECT_VENDOR=forged",
        "SetEnvIf X-Mac (.*) MTLSPROTECT_MAC=$1 MTLSPROTECT_VENDOR=forged",
        "SetEnvIfExpr true MTLSPROTECT_MAC=0004f2ffffff MTLSPROTECT_VENDOR=forged",
        "BrowserMatch . MTLSPROTECT_MAC=0004f2ffffff",
        "RewriteEngine on\nRewriteRule ^ - [E=MTLSPROTECT_MAC:0004f2ffffff,E=MTLSPROTECT_VENDOR:forged]",
        "RewriteEngine on\nRewriteRule ^/alias.sh /env.sh [PT,E=MTLSPROTECT_MAC:0004f2ffffff]",
        "<Directory {docroot}>\nRewriteEngine on\nRewriteRule . - [E=MTLSPROTECT_MAC:0004f2ffffff]\n</Directory>",
        "<Directory {docroot}>\nRewriteEngine on\nRewriteRule ^alias.sh env.sh [E=MTLSPROTECT_MAC:0004f2ffffff]\n</Directory>",
    ];
    let headers = [
        ("MTLSPROTECT_MAC", "0004f2ffffff"),
        ("MTLSPROTECT-MAC", "0004f2ffffff"),
        ("Mtlsprotect-Vendor", "forged"),
        ("X-Mac", "0004f2ffffff"),
    ];
    for forgery in forgeries {
        let open = "<Location />\nMTLSProtectOtherFiles allow\n</Location>";
        let httpd = start(site().module("rewrite").vhost(open).vhost(forgery));
        let phone = httpd.phone(&Poly::shared().phone("0004f2aaaaaa"));
        let paths: &[&str] = if forgery.contains("alias.sh") { &["/alias.sh", "/env.sh"] } else { &["/env.sh"] };
        for (client, proven) in [(&phone, &PROVEN[..]), (&httpd.client(), &[])] {
            for path in paths {
                let response = client.request("GET", path, &headers, b"").unwrap();
                assert_eq!(response.status, 200, "{forgery}: {path}: {}", response.text());
                let text = response.text();
                let variables = || text.lines().filter(|line| line.to_uppercase().starts_with("MTLSPROTECT"));
                assert_eq!(variables().count(), proven.len(), "{forgery}: {path}: {text}");
                for variable in variables() {
                    assert!(proven.contains(&variable), "{forgery}: {path}: {variable}");
                }
            }
        }
    }
}

#[test]
fn a_backend_is_told_who_asks_by_the_header_of_the_manual() {
    let lines = block_with("docs/limits.md", "RequestHeader");
    let backend = "<VirtualHost 127.0.0.1:{http_b}>\nDocumentRoot {docroot}\n\
                   Header always set Seen expr=%{req:PhoneMAC}\n<Location />\nMTLSProtect Off\n</Location>\n\
                   </VirtualHost>";
    let httpd = Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .modules(&["proxy", "proxy_http"])
        .vhost(&lines.replace("http://127.0.0.1:8080/", "http://127.0.0.1:{http_b}/"))
        .vhost("<Location /app>\nMTLSProtectOtherFiles allow\n</Location>")
        .config(backend)
        .start();
    let seen = |client: &Client| {
        let response = client.request("GET", "/app/", &[("PhoneMAC", "0004f2ffffff")], b"").unwrap();
        response.header("Seen").map(str::to_owned)
    };
    let phone = httpd.phone(&Poly::shared().phone("0004f2aaaaaa"));
    assert_eq!(seen(&phone).as_deref(), Some("0004f2aaaaaa"));
    assert_eq!(seen(&httpd.client()).unwrap_or_default(), "", "what a client makes up goes");
}
