//! Asks for files and says what came: status, reason, and that no secret got out.

use mtlsprotect_testkit::{Builder, Client, Httpd, Identity, Poly};

/// The phone that asks, and the one whose file it must not get.
pub const OWN: &str = "0004f2aaaaaa";
pub const OTHER: &str = "0004f2bbbbbb";

/// What stands in the file of a phone.
pub fn secret(mac: &str) -> String {
    format!("password of {mac};")
}

/// A server with a file for each of the two phones and a shared one. The answer carries the verdict.
pub fn server() -> Builder {
    with_files(Httpd::builder().protected(Poly::shared().bundle_pem()))
}

/// The same where nothing is protected.
pub fn open_server() -> Builder {
    with_files(Httpd::builder().with_module())
}

fn with_files(builder: Builder) -> Builder {
    builder
        .config("Header always set X-Verdict \"expr=%{note:mtlsprotect-verdict} %{note:mtlsprotect-reason}\"")
        .page(&format!("cfg/{OWN}.cfg"), secret(OWN))
        .page(&format!("cfg/{OTHER}.cfg"), secret(OTHER))
        .page("cfg/000000000000.cfg", "shared by all;")
}

/// The phone's certificate.
pub fn phone() -> Identity {
    Poly::shared().phone(OWN)
}

/// A script that prints the file of whatever device its request names, as careless applications do.
pub const CARELESS: &str = "#!/bin/sh\n\
    echo 'Content-Type: text/plain'; echo\n\
    for mac in 0004f2aaaaaa 0004f2bbbbbb; do\n\
    case \"$REQUEST_URI $PATH_INFO $QUERY_STRING $REDIRECT_URL $HTTP_USER_AGENT $HTTP_HOST $HTTP_COOKIE\" in *$mac*) echo \"password of $mac;\" ;; esac\n\
    done\n\
    echo \"script ran\"\n";

/// What came of a request: `200 allow own-file`. The other phone's secret never does.
pub fn ask(client: &Client, method: &str, path: impl AsRef<[u8]>, headers: &[(&str, &str)], body: &[u8]) -> String {
    let path = path.as_ref();
    let shown = String::from_utf8_lossy(path).into_owned();
    match client.request(method, path, headers, body) {
        Ok(response) => {
            assert!(!response.text().contains(&secret(OTHER)), "{method} {shown}: {}", response.text());
            format!("{} {}", response.status, response.header("X-Verdict").unwrap_or("-"))
        }
        Err(error) => format!("no answer to {shown}: {error}"),
    }
}

/// A GET.
pub fn get(client: &Client, path: impl AsRef<[u8]>) -> String {
    ask(client, "GET", path, &[], b"")
}

/// The body of a GET that must succeed.
pub fn body(client: &Client, path: &str) -> String {
    let response = client.get(path).expect("an answer");
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.text()
}

/// The same server with the module Off.
pub fn off(builder: &Builder) -> Httpd {
    builder.clone().vhost("<Location />\nMTLSProtect Off\n</Location>").start()
}

/// Every door leads to the other phone's file with the module Off, is shut to the phone with it On, and open to the owner.
pub fn is_open_to_the_owner_only(builder: &Builder, doors: &[&str]) {
    let (off, on) = (off(builder), builder.clone().start());
    let owner = on.phone(&Poly::shared().phone(OTHER));
    for door in doors {
        let leaked = off.phone(&phone()).get(door).unwrap();
        assert!(leaked.text().contains(&secret(OTHER)), "{door} leads nowhere: {} {}", leaked.status, leaked.text());
        assert_eq!(get(&on.phone(&phone()), door), "403 deny mac-mismatch", "{door}");
        assert_eq!(get(&on.client(), door), "403 deny no-certificate", "{door}");
        assert_eq!(body(&owner, door), secret(OTHER), "{door}");
    }
}
