//! A balancer that keeps what it passes on: one phone's file must not be another's answer.

use super::*;

/// What an answer says to caches.
fn said(client: &Client, path: &str, leaf: &str) -> (u16, Vec<String>) {
    let headers: &[(&str, &str)] = if leaf.is_empty() { &[] } else { &[("Client-Cert", leaf)] };
    let response = client.request("GET", path, headers, b"").unwrap();
    let fields = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Cache-Control"));
    (response.status, fields.map(|(_, value)| value.clone()).collect())
}

#[test]
fn a_phones_file_is_not_kept_by_a_balancer() {
    let httpd = behind("certificate=rfc9440")
        .module("include")
        .config("<Directory \"{docroot}/open\">\nMTLSProtect Off\nOptions Includes\nAddOutputFilter INCLUDES .html\n</Directory>")
        .plain_vhost("<Location /cfg/0004f2aaaaaa-app.cfg>\nHeader set Cache-Control max-age=3600\n</Location>")
        .page("cfg/0004f2aaaaaa-app.cfg", "of an application;")
        .page("open/all.html", "<!--#include virtual=\"/cfg/0004f2aaaaaa.cfg\" -->")
        .module("alias")
        .config("Alias /outside {root}/outside\n<Directory \"{root}/outside\">\nRequire all granted\n</Directory>")
        .file("outside/page.txt", "for all;")
        .start();
    let (client, own) = (httpd.plain_client(), written(&phone()).leaf);
    let private = || vec!["private".to_owned()];
    assert_eq!(said(&client, &own_file(), &own), (200, private()));
    assert_eq!(said(&client, &own_file(), ""), (403, private()));
    assert_eq!(said(&client, "/cfg/0004f2aaaaaa-none.cfg", &own), (404, private()));
    assert_eq!(said(&client, "/open/all.html", &own), (200, private()));
    let (status, fields) = said(&client, "/cfg/0004f2aaaaaa-app.cfg", &own);
    assert!(
        status == 200 && fields.join(",").contains("private") && fields.join(",").contains("max-age"),
        "{fields:?}"
    );
    // what nobody judges, and who comes himself
    assert_eq!(said(&client, "/outside/page.txt", &own), (200, vec![]));
    assert_eq!(said(&httpd.phone(&phone()), &own_file(), ""), (200, vec![]));
}
