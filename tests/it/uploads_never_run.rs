//! The recipe of the guides under "what a phone uploads must never be executed", on a server whose other configuration would
//! execute it.

use crate::asking::{OTHER, OWN, ask, phone, secret};
use mtlsprotect_testkit::{Builder, Httpd, Poly};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What an httpd may have for all folders. Lua stands in for PHP, whose package writes such a `<FilesMatch>`.
const ELSEWHERE: &str = "AddHandler lua-script .lua\nAddHandler type-map .var\n<FilesMatch \"\\.ph(ar|p)$\">\n\
    SetHandler lua-script\n</FilesMatch>\nAddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n";

/// `<Directory /srv/provisioning>` of a text, for the folder of uploads, with `On`.
fn recipe(path: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let lines = text.lines().map(|line| line.strip_prefix('#').unwrap_or(line));
    let section = lines.skip_while(|line| !line.starts_with("<Directory ")).take_while(|line| *line != "</Directory>");
    let section = section.collect::<Vec<_>>().join("\n");
    assert!(section.contains("/srv/provisioning") && section.contains("MTLSProtect Report"), "{path}: {section}");
    section.replace("/srv/provisioning", "{writable}").replace("MTLSProtect Report", "MTLSProtect On")
        + "\n</Directory>"
}

fn site(section: &str) -> Builder {
    Httpd::builder()
        .protected(Poly::shared().bundle_pem())
        .modules(&["dav", "dav_fs", "lua", "negotiation", "include"])
        .config(ELSEWHERE)
        .config("Header always set X-Verdict \"expr=%{note:mtlsprotect-verdict} %{note:mtlsprotect-reason}\"")
        .config(&format!("Alias /up \"{{writable}}\"\n{section}\n<Directory \"{{writable}}\">\nDav On\n</Directory>"))
}

fn start(section: &str) -> Httpd {
    let httpd = site(section).start();
    let writable = httpd.root().join("writable");
    fs::write(writable.join(format!("{OTHER}.cfg")), secret(OTHER)).unwrap();
    fs::create_dir(writable.join("sub")).unwrap();
    fs::set_permissions(writable.join(format!("{OTHER}.cfg")), Permissions::from_mode(0o644)).unwrap();
    httpd
}

/// What a phone uploads to read another's file, by how its name ends.
fn uploads(httpd: &Httpd) -> Vec<(&'static str, String)> {
    let other = httpd.root().join(format!("writable/{OTHER}.cfg"));
    let lua = format!("function handle(r)\nr:puts(io.open('{}'):read('*a'))\nreturn 0\nend\n", other.display());
    let map = format!("URI: x\n\nURI: {OTHER}.cfg\nContent-Type: text/plain\n");
    let page = format!("<!--#include file=\"{OTHER}.cfg\" --><!--#echo var=\"DATE_GMT\" -->");
    vec![("lua", lua.clone()), ("php", lua.clone()), ("phar", lua), ("var", map), ("shtml", page)]
}

#[test]
fn what_a_phone_uploads_is_never_executed() {
    for document in ["README.md", "docs/from_nothing_to_protected.md", "mod_mtlsprotect.conf"] {
        let httpd = start(&recipe(document));
        let client = httpd.phone(&phone());
        for (extension, content) in uploads(&httpd) {
            let path = format!("/up/{OWN}.{extension}");
            assert_eq!(ask(&client, "PUT", &path, &[], content.as_bytes()), "201 allow own-file", "{document}: {path}");
            let response = client.request("GET", &path, &[("Negotiate", "trans")], b"").unwrap();
            assert_eq!((response.status, response.text()), (200, content), "{document}: {path}");
            assert_eq!(response.header("Alternates"), None, "{document}: {path}");
        }
        // What is not a file is httpd's as before.
        assert_eq!(client.get("/up/sub").unwrap().status, 301, "{document}");
        assert_eq!(ask(&client, "DELETE", format!("/up/{OWN}.php"), &[], b""), "403 deny method", "{document}");
    }
}

/// What the recipe is for: without it, the same files run.
#[test]
fn set_handler_none_lets_uploads_run() {
    let httpd = start(
        "<Directory \"{writable}\">\nMTLSProtect On\nSetHandler none\nOptions None\nRequire all granted\n</Directory>",
    );
    let client = httpd.phone(&phone());
    for (extension, content) in uploads(&httpd).into_iter().take(3) {
        let path = format!("/up/{OWN}.{extension}");
        assert_eq!(ask(&client, "PUT", &path, &[], content.as_bytes()), "201 allow own-file");
        assert_eq!(client.get(&path).unwrap().text(), secret(OTHER), "{path}");
    }
}
