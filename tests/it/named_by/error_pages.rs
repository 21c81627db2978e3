//! What error pages and error scripts tell of a file.

use super::{by_folder, by_host, leaks, other_phone};
use crate::asking::phone;
use mtlsprotect_testkit::Mpm;

/// A script that prints whose file the request before asked for.
const CARELESS_BY_EXTENSION: &str =
    "#!/bin/sh\necho Content-Type: text/plain; echo; echo \"ran for $REDIRECT_URL $REQUEST_URI\"\n";

#[test]
fn an_error_page_or_script_tells_nothing_of_another_extensions_file() {
    let pages = "ErrorDocument 403 /error.sh\n<Directory \"{docroot}\">\nOptions FollowSymLinks ExecCGI\nAddHandler cgi-script .sh\n</Directory>";
    for builder in [by_host(), by_folder()] {
        let httpd = builder.mpm(Mpm::Prefork).module("cgi").config(pages).start();
        httpd.write_script("error.sh", CARELESS_BY_EXTENSION);
        let answer = httpd.phone(&phone()).get("/prov/1002.xml").unwrap();
        assert!(answer.status == 403 && !answer.text().contains("ran for"), "{}", answer.text());
    }
}

#[test]
fn no_error_page_is_another_extensions_file() {
    for builder in [by_host(), by_folder()] {
        let builder = builder.config("ErrorDocument 403 /prov/1002.xml\nErrorDocument 404 /prov/1002.xml");
        leaks(&builder, "/prov/none.ld");
        let httpd = builder.start();
        for path in ["/prov/none.ld", "/prov/1002.xml", "/prov/firmware.ld"] {
            let asked = [(httpd.phone(&phone()), "a phone"), (httpd.client(), "a stranger")];
            for (client, who) in asked {
                assert!(!client.get(path).unwrap().text().contains("password"), "{who} {path}");
            }
        }
    }
}

#[test]
fn no_script_answers_for_a_request_that_failed_before_it_was_named() {
    // The password is asked for after the first gate and before fixups.
    let login = "<Directory \"{docroot}/prov\">\nAuthType Basic\nAuthName phones\nAuthUserFile \"{root}/passwords\"\n\
                 Require valid-user\n</Directory>\n\
                 <Directory \"{docroot}\">\nOptions FollowSymLinks ExecCGI\nAddHandler cgi-script .sh\n</Directory>";
    let builder = by_folder()
        .mpm(Mpm::Prefork)
        .modules(&["cgi", "auth_basic", "authn_file"])
        .file("passwords", "nobody:x\n")
        .page("error.html", "please log in")
        .config(login);
    let httpd = builder.clone().config("ErrorDocument 401 /error.sh").start();
    httpd.write_script("error.sh", CARELESS_BY_EXTENSION);
    let answer = httpd.phone(&phone()).get("/prov/1002.xml").unwrap();
    assert!(!answer.text().contains("ran for"), "{} {}", answer.status, answer.text());
    httpd.wait_for_log("denied reason=other-file");
    // A plain page is served, and says nothing in the log.
    let httpd = builder.config("ErrorDocument 401 /error.html").start();
    let answer = httpd.phone(&phone()).get("/prov/1002.xml").unwrap();
    assert_eq!((answer.status, answer.text()), (401, "please log in".to_owned()));
    assert!(!httpd.error_log().contains("mtlsprotect: denied"), "{}", httpd.error_log());
}

#[test]
fn an_error_script_runs_for_what_has_been_named_or_allowed() {
    let httpd = by_folder()
        .mpm(Mpm::Prefork)
        .module("cgi")
        .config("ErrorDocument 404 /error.sh\n<Directory \"{docroot}\">\nOptions FollowSymLinks ExecCGI\nAddHandler cgi-script .sh\n</Directory>")
        .start();
    httpd.write_script("error.sh", CARELESS_BY_EXTENSION);
    let answer = httpd.phone(&phone()).get("/prov/none.ld").unwrap();
    assert!(answer.status == 404 && answer.text().contains("ran for"), "{} {}", answer.status, answer.text());
    // The variable of what was not found names the other phone.
    let answer = other_phone(&httpd).get("/prov/1001-none.xml").unwrap();
    assert!(answer.status == 403 && !answer.text().contains("ran for"), "{} {}", answer.status, answer.text());
}
