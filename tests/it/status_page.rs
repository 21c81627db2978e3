//! The status page: who may see it, in which form, and what strangers can put on it.

use crate::fleet_counts::{PAGE, all_counted, site, status, wait_for_status};
use crate::learn::learned;
use mtlsprotect_testkit::{Authority, Httpd, Poly};

const URL: &str = "/mtlsprotect-status";

#[test]
fn it_comes_in_the_form_that_is_asked_for() {
    let httpd = site().start();
    let client = httpd.plain_client();
    for (query, accept, media, part) in [
        ("", "text/html", "text/html", "<!doctype html>"),
        ("", "*/*", "text/html", "<!doctype html>"),
        ("?format=json", "", "application/json", "\"version\""),
        ("", "application/json", "application/json", "\"version\""),
        ("?format=prometheus", "text/html", "text/plain", "mtlsprotect_build_info"),
        ("", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text", "# EOF"),
    ] {
        let headers: &[(&str, &str)] = if accept.is_empty() { &[] } else { &[("Accept", accept)] };
        let answer = client.request("GET", format!("{URL}{query}"), headers, b"").unwrap();
        assert_eq!(answer.status, 200, "{query} {accept}");
        assert!(answer.header("Content-Type").unwrap().starts_with(media), "{query} {accept}: {answer:?}");
        assert!(answer.text().to_lowercase().contains(&part.to_lowercase()), "{query} {accept}: {}", answer.text());
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let policy = answer.header("Content-Security-Policy");
        assert_eq!(policy.is_some_and(|policy| policy.contains("default-src 'none'")), media == "text/html");
        let head = client.request("HEAD", format!("{URL}{query}"), headers, b"").unwrap();
        assert_eq!((head.status, head.header("Content-Type")), (200, answer.header("Content-Type")));
    }
    for (query, says) in [("format=xml", "format= is one of html, json,"), ("state=good", "state= is one of blocked,")]
    {
        let refused = client.get(&format!("{URL}?{query}")).unwrap();
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains(says), "{}", refused.text());
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
        let refused = client.request(method, URL, &[], b"x").unwrap();
        assert_eq!(refused.status, 405, "{method}");
        assert!(
            refused.header("Allow").is_some_and(|allow| allow.contains("GET") && !allow.contains("POST")),
            "{method}"
        );
    }
}

#[test]
fn no_phone_and_no_certificate_is_needed_for_it_nor_named_by_it() {
    let httpd = site().start();
    let query = format!("{URL}?format=json&prefix=0004f2aaaaaa");
    for client in [httpd.plain_client(), httpd.client(), httpd.phone(&Poly::shared().phone("0004f2bbbbbb"))] {
        assert_eq!(client.get(&query).unwrap().status, 200);
    }
    assert_eq!(all_counted(&status(&httpd)), 0, "it is not judged");
    // what lies beside it is
    for path in ["/mtlsprotect-statuses", "/mtlsprotect-status.cfg", "/x/mtlsprotect-status"] {
        assert_eq!(httpd.client().get(path).unwrap().status, 403, "{path}");
    }
}

#[test]
fn a_file_of_a_phones_makes_no_page_of_itself() {
    let httpd = site()
        .config("<Directory {docroot}>\nAllowOverride FileInfo\n</Directory>")
        .page("0004f2aaaaaa/.htaccess", "SetHandler mtlsprotect-status\n")
        .page("0004f2aaaaaa/x.cfg", "secret of a")
        .start();
    let own = httpd.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2aaaaaa/x.cfg");
    assert!(!own.text().contains("mtlsprotect_build_info") && !own.text().contains("<html"), "{}", own.text());
    let refused = httpd.client().get("/0004f2aaaaaa/x.cfg").unwrap();
    assert_eq!(refused.status, 403);
}

#[test]
fn whoever_comes_through_a_proxy_does_not_see_it() {
    let httpd = site().start();
    let client = httpd.plain_client();
    for header in [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")] {
        let refused = client.request("GET", URL, &[header], b"").unwrap();
        assert_eq!(refused.status, 403, "{header:?}");
        let line = httpd.wait_for_log(&format!("the request has {}", header.0));
        assert!(line.contains("MTLSP0430") && line.contains("RemoteIPHeader"), "{line}");
    }
    let resolved =
        site().module("remoteip").config("RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1").start();
    let ask =
        |from: &str| resolved.plain_client().request("GET", URL, &[("X-Forwarded-For", from)], b"").unwrap().status;
    assert_eq!((ask("192.0.2.1"), ask("127.0.0.7")), (403, 200));
    assert!(!resolved.error_log().contains("MTLSP0430"), "Require local has refused it");
}

#[test]
fn markup_in_what_strangers_send_and_cas_are_called_is_text() {
    const MARKUP: &str = "<script>alert(1)</script>\"'";
    let ca = Authority::root("TEST <b>bold</b> \"Root\"");
    let bundle = [Poly::shared().bundle_pem(), ca.pem()].concat();
    let httpd = Httpd::builder()
        .protected(bundle)
        .config(PAGE)
        .config("<VirtualHost 127.0.0.1:{http_b}>\nServerName <i>x\n</VirtualHost>")
        .start();
    let headers = [("User-Agent", MARKUP), ("Host", "<script>host")];
    let _ = httpd.client().request("GET", "/0004f2aaaaaa.cfg?<script>alert(2)</script>", &headers, b"");
    let _ = httpd.client().request("GET", "/0004f2aaaaaa.cfg?%3Cscript%3E\"", &[("User-Agent", MARKUP)], b"");
    let seen = wait_for_status(&httpd, |status| all_counted(status) >= 1);
    assert!(!seen["refusals"].as_array().unwrap().is_empty());
    let client = httpd.plain_client();
    let page = client.request("GET", "/mtlsprotect-status?prefix=%3Cscript%3E&x=<script>", &headers[..1], b"").unwrap();
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in ["<script>alert", "<b>bold", "<i>x", "\"<script"] {
        assert!(!text.contains(part), "{part} in {text}");
    }
    assert!(text.contains("bold"), "the CA is there");
    let old = client.connect().unwrap().raw(b"GET /mtlsprotect-status?format=json HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(old.status, 200, "HTTP/1.0, without Host");
    assert!(serde_json::from_slice::<serde_json::Value>(&old.body).is_ok());
}

#[test]
fn each_host_is_shown_with_the_sections_that_differ() {
    let httpd = site()
        .config("<Location \"/uploads\">\nMTLSProtect Off\n</Location>")
        .vhost("<Location \"/open\">\nMTLSProtectOtherFiles allow\n</Location>")
        .start();
    let seen = status(&httpd);
    let hosts = seen["hosts"].as_array().unwrap();
    let tls = hosts.iter().find(|host| host["name"].as_str().unwrap().contains(&httpd.https().to_string())).unwrap();
    assert_eq!((&tls["mode"], &tls["vendors"][0]["name"]), (&"On".into(), &"poly".into()), "{tls:#}");
    let sections: Vec<[&str; 3]> = tls["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| ["what", "mode", "says"].map(|field| section[field].as_str().unwrap()))
        .collect();
    let expected =
        [["<Location \"/uploads\">", "Off", ""], ["<Location \"/open\">", "On", "MTLSProtectOtherFiles allow"]];
    assert_eq!(sections, expected, "{tls:#}");
    assert!(tls["earliest_expiry"].is_string());
    assert_eq!(seen["cas"].as_array().unwrap().len(), 4, "{:#}", seen["cas"]);
}

#[test]
fn an_operator_sees_which_vendors_are_only_watched_or_learned() {
    let ca = Authority::root("TEST Root");
    let httpd = site()
        .file("house.pem", ca.pem())
        .file("poly.pem", Poly::shared().bundle_pem())
        .config("MTLSProtectLearnedFile learned")
        .vhost("MTLSProtectVendor poly ca=poly.pem mode=learn\nMTLSProtectVendor house ca=house.pem oui=aabbcc mode=report")
        .start();
    let seen = status(&httpd);
    let vendors = seen["hosts"].as_array().unwrap().iter().flat_map(|host| host["vendors"].as_array().unwrap());
    let modes: Vec<[&serde_json::Value; 2]> = vendors.map(|vendor| [&vendor["name"], &vendor["mode"]]).collect();
    for expected in [["poly", "Learn"], ["house", "Report"]] {
        assert!(modes.iter().any(|mode| mode == &expected), "{expected:?}: {:#}", seen["hosts"]);
    }
}

#[test]
fn mod_status_has_the_numbers_and_no_mac() {
    let httpd = site()
        .module("status")
        .config("<Location \"/server-status\">\nSetHandler server-status\nMTLSProtect Off\n</Location>")
        .config("MTLSProtectDeviceFile devices\nMTLSProtectLearnedFile learned")
        .file("devices", "0004f2000001 allow\n0004f2000002 block\n")
        .file("learned", learned())
        .start();
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2aaaaaa.cfg").status, 200);
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), "/0004f2bbbbbb.cfg").status, 403);
    wait_for_status(&httpd, |status| all_counted(status) == 2);
    let page = httpd.plain_client().get("/server-status").unwrap().text();
    assert!(page.contains("<h2>mod_mtlsprotect</h2>") && page.contains("<td>requests denied</td><td>1</td>"), "{page}");
    let auto = httpd.plain_client().get("/server-status?auto").unwrap().text();
    let expected = [
        "MTLSProtectRequestsAllowed: 1",
        "MTLSProtectRequestsDenied: 1",
        "MTLSProtectRequestsByBalancer: 0",
        "MTLSProtectPasswordsWrong: 0",
        "MTLSProtectDeviceFileLines: 2",
        "MTLSProtectLearnedDevices: 1",
        "MTLSProtectDeviceRecordsKept: 1",
    ];
    for line in expected {
        assert!(auto.lines().any(|written| written == line), "{line} in {auto}");
    }
    assert!(!page.contains("0004f2") && !auto.contains("0004f2"));
}

#[test]
fn a_page_outside_a_location_is_warned_of_and_not_shown() {
    let elsewhere = "<LocationMatch \"^/mtlsprotect-st\">\nSetHandler mtlsprotect-status\n</LocationMatch>";
    let httpd = Httpd::builder().protected(Poly::shared().bundle_pem()).config(elsewhere).start();
    assert!(httpd.error_log().contains("MTLSP0422"), "{}", httpd.error_log());
    assert_eq!(httpd.client().get(URL).unwrap().status, 403);
    assert_eq!(httpd.get(&Poly::shared().phone("0004f2aaaaaa"), URL).status, 404);
}
