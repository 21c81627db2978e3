//! A panic inside the module refuses, is logged, and harms nobody else.

use crate::fleet_counts::PAGE;
use mtlsprotect_testkit::tools::wait_for;
use mtlsprotect_testkit::{Builder, Client, Httpd, Identity, Mpm, Poly, Response};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The file that tells the module in which callback to panic next, once.
struct Provocation(PathBuf);

impl Provocation {
    fn new(name: &str) -> Provocation {
        let path = std::env::temp_dir().join(format!("mtlsprotect-provoke-{}-{name}", std::process::id()));
        fs::write(&path, "").unwrap();
        // httpd's children, who run as somebody else, empty it
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        Provocation(path)
    }

    fn provoke(&self, callback: &str) {
        fs::write(&self.0, callback).unwrap();
    }

    /// It is empty once the callback has panicked.
    fn has_happened(&self) -> bool {
        fs::read(&self.0).unwrap().is_empty()
    }

    fn httpd(&self) -> Builder {
        Httpd::builder()
            .protected(Poly::shared().bundle_pem())
            .with_panicking_module()
            .under(&["env", &format!("PROVOKE_PANIC={}", self.0.display())])
            .page("0004f2aaaaaa.cfg", "secret of a")
    }
}

impl Drop for Provocation {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn own() -> Identity {
    Poly::shared().phone("0004f2aaaaaa")
}

/// Whether all of these children still run; prefork may have started more.
fn still_there(httpd: &Httpd, children: &[i32]) -> bool {
    let now = httpd.pids();
    children.iter().all(|child| now.contains(child))
}

/// One request whose connection the server closes. Under event a connection that the client closes
/// is processed once more, and would take the provocation meant for the next.
fn get(client: &Client, path: &str) -> Response {
    client.request("GET", path, &[("Connection", "close")], b"").unwrap_or_else(|error| panic!("GET {path}: {error}"))
}

const PATH: &str = "/0004f2aaaaaa.cfg";

/// The child that panicked went on, and all is as before.
fn serves_as_before(httpd: &mut Httpd, owner: &Client, children: &[i32], what: &str) {
    let response = get(owner, PATH);
    assert_eq!((response.status, response.text()), (200, "secret of a".into()), "{what}: the next request");
    let other = get(&httpd.phone(&Poly::shared().phone("0004f2bbbbbb")), PATH);
    assert!(other.status == 403 && !other.text().contains("secret"), "{what}: {other:?}");
    assert!(still_there(httpd, children), "{what}: a child was lost");
    let log = httpd.error_log();
    assert!(!log.contains("exit signal"), "{what}: {log}");
}

#[test]
fn a_panic_while_a_request_is_judged_refuses_it() {
    for mpm in Mpm::ALL {
        let provocation = Provocation::new(&format!("request-{mpm:?}"));
        let mut httpd = provocation.httpd().config("MTLSProtectNamedBy %{reqenv:PHONE}").mpm(mpm).start();
        let owner = httpd.phone(&own());
        assert_eq!(get(&owner, PATH).status, 200);
        let children = httpd.pids();
        for callback in ["access_checker", "fixups", "last_fixups", "handler"] {
            let mut connection = owner.connect().unwrap();
            assert_eq!(connection.get(PATH).unwrap().status, 200, "{callback}");
            provocation.provoke(callback);
            let path = format!("{PATH}?{callback}");
            let response = connection.get(&path).unwrap();
            assert!(provocation.has_happened(), "{mpm:?}: {callback} was not called");
            assert_eq!(response.status, 500, "{mpm:?}: {callback}");
            assert!(!response.text().contains("secret"), "{mpm:?}: {callback}");
            httpd.wait_for_log(&format!("internal error: panic in {callback}: provoked"));
            let line = httpd.wait_for_access(&format!("{path} "));
            assert!(line.contains("verdict=deny reason=internal-error "), "{mpm:?}: {line}");
            // the same connection, where it was kept, and a new one
            if let Ok(response) = connection.get(PATH) {
                assert_eq!(response.status, 200, "{mpm:?}: {callback}: the next request");
            }
            serves_as_before(&mut httpd, &owner, &children, callback);
        }
        let log = httpd.error_log();
        assert!(log.contains("denied reason=internal-error"), "{log}");
    }
}

#[test]
fn a_panic_before_a_balancers_word_is_taken_refuses_the_request() {
    for mpm in Mpm::ALL {
        let provocation = Provocation::new(&format!("arrival-{mpm:?}"));
        let line = "MTLSProtectProxy 127.0.0.1 certificate=rfc9440";
        let mut httpd = provocation.httpd().mpm(mpm).vhost(line).plain_vhost(line).start();
        // whoever tried whether the server listens has been served by then
        for client in [httpd.plain_client(), httpd.phone(&own())] {
            assert_eq!(get(&client, PATH).status, 403, "{mpm:?}");
        }
        for callback in ["pre_connection", "post_read_request"] {
            for client in [httpd.plain_client(), httpd.phone(&own())] {
                provocation.provoke(callback);
                let response = get(&client, PATH);
                assert!(provocation.has_happened(), "{mpm:?}: {callback} was not called");
                assert_eq!(response.status, 500, "{mpm:?}: {callback}");
                httpd.wait_for_log(&format!("mtlsprotect: panic in {callback}: provoked"));
                assert_eq!(get(&client, PATH).status, 403, "{mpm:?}: {callback}: as before");
            }
        }
        assert!(httpd.is_running());
    }
}

#[test]
fn a_panic_while_a_connection_is_set_up_refuses_all_of_it() {
    for mpm in Mpm::ALL {
        let provocation = Provocation::new(&format!("connection-{mpm:?}"));
        let mut httpd = provocation.httpd().mpm(mpm).start();
        let owner = httpd.phone(&own());
        assert_eq!(get(&owner, PATH).status, 200);
        let children = httpd.pids();
        for callback in ["pre_handshake", "handshake", "process_connection"] {
            for owner in [owner.clone().tls12(), owner.clone().tls13()] {
                provocation.provoke(callback);
                let mut connection = owner.connect().unwrap_or_else(|error| panic!("{callback}: dropped: {error}"));
                for number in 1..=2 {
                    let response = connection.get(&format!("{PATH}?{callback}")).unwrap();
                    assert!(provocation.has_happened(), "{mpm:?}: {callback} was not called");
                    assert_eq!(response.status, 500, "{mpm:?}: {callback}: request {number}");
                    assert!(!response.text().contains("secret"), "{mpm:?}: {callback}: request {number}");
                    if response.header("Connection") == Some("close") {
                        break;
                    }
                }
                httpd.wait_for_log(&format!("mtlsprotect: panic in {callback}: provoked"));
                httpd.wait_for_log("mtlsprotect: internal error: ");
                let line = httpd.wait_for_access(&format!("{PATH}?{callback} "));
                assert!(line.contains("verdict=deny reason=internal-error "), "{mpm:?}: {line}");
                serves_as_before(&mut httpd, &owner, &children, callback);
            }
        }
    }
}

#[test]
fn a_panic_in_the_parent_ends_neither_it_nor_what_it_looks_after() {
    let provocation = Provocation::new("monitor");
    let httpd = provocation.httpd().file("devices", "# none\n").config("MTLSProtectDeviceFile devices");
    let mut httpd = httpd.start();
    let (owner, children) = (httpd.phone(&own()), httpd.pids());
    provocation.provoke("monitor");
    httpd.wait_for_log("mtlsprotect: panic in monitor: provoked");
    assert!(provocation.has_happened());
    serves_as_before(&mut httpd, &owner, &children, "monitor");
    fs::write(httpd.root().join("devices"), "0004f2aaaaaa block\n").unwrap();
    httpd.wait_for_log("devices: has 1 device, had 0");
    assert_eq!(get(&owner, PATH).status, 403);
}

#[test]
fn a_panic_while_a_request_is_counted_or_shown_harms_nothing() {
    let page =
        format!("{}\n<Location \"/server-status\">\nSetHandler server-status\nMTLSProtect Off\n</Location>", PAGE);
    for mpm in Mpm::ALL {
        let provocation = Provocation::new(&format!("counted-{mpm:?}"));
        let mut httpd = provocation.httpd().mpm(mpm).module("status").config(&page).start();
        let owner = httpd.phone(&own());
        assert_eq!(get(&owner, PATH).status, 200);
        let children = httpd.pids();
        let plain = httpd.plain_client();
        let asked = [
            ("log_transaction", &owner, PATH, 200),
            ("handler", &plain, "/mtlsprotect-status", 500),
            ("mod_status", &plain, "/server-status", 200),
        ];
        for (callback, client, path, status) in asked {
            provocation.provoke(callback);
            assert_eq!(get(client, path).status, status, "{mpm:?}: {callback}");
            httpd.wait_for_log(&format!("panic in {callback}: provoked"));
            assert!(provocation.has_happened(), "{mpm:?}: {callback} was not called");
            serves_as_before(&mut httpd, &owner, &children, callback);
            assert_eq!(get(&plain, "/mtlsprotect-status").status, 200, "{mpm:?}: {callback}");
        }
    }
}

#[test]
fn a_panic_passes_under_report_and_is_told() {
    let provocation = Provocation::new("report");
    let httpd = provocation.httpd().config("<Directory {docroot}>\nMTLSProtect Report\n</Directory>").start();
    let owner = httpd.phone(&own());
    for callback in ["access_checker", "fixups", "handler", "pre_handshake", "handshake", "process_connection"] {
        provocation.provoke(callback);
        let path = format!("{PATH}?{callback}");
        let response = get(&owner, &path);
        assert!(provocation.has_happened(), "{callback} was not called");
        assert_eq!((response.status, response.text()), (200, "secret of a".into()), "{callback}");
        httpd.wait_for_log(&format!("panic in {callback}: provoked"));
        let line = httpd.wait_for_access(&format!("{path} "));
        assert!(line.contains("verdict=would-deny reason=internal-error "), "{line}");
        httpd
            .wait_for_log_line(|line| line.contains("would-deny reason=internal-error") && line.contains(callback))
            .unwrap_or_else(|log| panic!("{callback}: {log}"));
    }
    assert_eq!(get(&owner, PATH).status, 200);
    httpd.wait_for_access("verdict=allow reason=own-file");
}

#[test]
fn a_panic_under_learn_refuses_though_nobody_has_proven_anything() {
    let provocation = Provocation::new("learn");
    let learns = "MTLSProtectLearnedFile learned\n<Directory {docroot}>\nMTLSProtect Learn\n</Directory>";
    let httpd = provocation.httpd().config(learns).start();
    let stranger = httpd.client();
    for callback in ["access_checker", "fixups", "handler", "pre_handshake", "handshake", "process_connection"] {
        // the handshake of a client without a certificate is not judged
        let client = if callback == "handshake" { httpd.phone(&own()) } else { stranger.clone() };
        provocation.provoke(callback);
        let response = get(&client, &format!("{PATH}?{callback}"));
        assert!(provocation.has_happened(), "{callback} was not called");
        assert_eq!(response.status, 500, "{callback}");
        assert!(!response.text().contains("secret"), "{callback}");
    }
    assert_eq!(get(&stranger, PATH).status, 200);
    httpd.wait_for_access("verdict=would-deny reason=no-certificate");
}

#[test]
fn a_panic_while_sections_are_merged_refuses() {
    for mode in ["On", "Report"] {
        let provocation = Provocation::new(&format!("merge-{mode}"));
        let builder = provocation.httpd().config(&format!("<Directory {{docroot}}>\nMTLSProtect {mode}\n</Directory>"));
        let httpd = builder.config("<Files *.cfg>\nMTLSProtectOtherFiles device\n</Files>").start();
        let owner = httpd.phone(&own());
        assert_eq!(get(&owner, PATH).status, 200);
        let children = httpd.pids();
        let mut connection = owner.connect().unwrap();
        // what the first request of a connection merges is remembered for those that follow
        provocation.provoke("merge_dir_config");
        let response = connection.get(PATH).unwrap();
        assert!(provocation.has_happened(), "sections were not merged");
        assert_eq!(response.status, 500, "{mode}");
        assert!(!response.text().contains("secret"), "{mode}");
        httpd.wait_for_log("internal error: ");
        let response = get(&owner, PATH);
        assert_eq!((response.status, response.text()), (200, "secret of a".into()), "{mode}");
        assert!(still_there(&httpd, &children), "{mode}: a child was lost");
    }
}

#[test]
fn a_panic_at_startup_ends_it_and_says_so() {
    for callback in ["directive", "expression", "check_config", "post_config", "init_server"] {
        let provocation = Provocation::new(callback);
        provocation.provoke(callback);
        let said = provocation.httpd().config("MTLSProtectNamedBy %{reqenv:PHONE}").start_expecting_failure();
        assert!(provocation.has_happened(), "{callback} was not called");
        assert!(said.contains(&format!("panic in {callback}: provoked")), "{callback}: {said}");
        assert!(!said.contains("Segmentation") && !said.contains("Abort"), "{callback}: {said}");
        assert!(!said.contains("neither served nor ended"), "{callback}: {said}");
    }
}

#[test]
fn a_panic_while_a_configuration_is_made_never_opens_anything() {
    for callback in ["create_dir_config", "merge_dir_config", "create_server_config", "merge_server_config"] {
        let provocation = Provocation::new(&format!("{callback}-restart"));
        // directives of its own, so that the host's configuration is merged with the server's
        let another = "<VirtualHost 127.0.0.1:{https_b}>\nSSLEngine on\nSSLVerifyClient optional_no_ca\n</VirtualHost>";
        let mut httpd = provocation.httpd().vhost("MTLSProtectVerifyDepth 5").config(another).start();
        let owner = httpd.phone(&own());
        assert_eq!(get(&owner, PATH).status, 200, "{callback}");
        // a restart reads the configuration once, a start twice
        provocation.provoke(callback);
        httpd.graceful();
        assert!(provocation.has_happened(), "{callback} was not called");
        httpd.wait_for_log(&format!("panic in {callback}: provoked"));
        let other = httpd.phone(&Poly::shared().phone("0004f2bbbbbb"));
        for (who, client) in [("nobody", httpd.client()), ("another", other), ("plain", httpd.plain_client())] {
            // a host that has lost its list leaves the handshake to mod_ssl, which drops phones
            let Ok(response) = client.get(PATH) else { continue };
            assert!(matches!(response.status, 403 | 500), "{callback}: {who}: {response:?}");
            assert!(!response.text().contains("secret"), "{callback}: {who}");
        }
        assert!(!httpd.error_log().contains("exit signal"), "{callback}: {}", httpd.error_log());
        httpd.graceful();
        let served = wait_for(|| owner.get(PATH).is_ok_and(|response| response.status == 200).then_some(()));
        assert!(served.is_some(), "{callback}: the next restart makes it whole");
    }
}

#[test]
fn a_panic_while_a_ticket_is_opened_makes_a_full_handshake() {
    let provocation = Provocation::new("ticket");
    let mut httpd = provocation.httpd().start();
    let owner = httpd.phone(&own());
    let children = httpd.pids();
    for client in [owner.clone().tls12(), owner.clone().tls13()] {
        let mut first = client.connect().unwrap();
        assert_eq!(first.get(PATH).unwrap().status, 200);
        let again = client.resume(&first.session());
        provocation.provoke("ticket");
        let mut connection = again.connect().unwrap();
        assert!(provocation.has_happened(), "no ticket was opened");
        assert!(!connection.resumed());
        assert_eq!(connection.get(PATH).unwrap().text(), "secret of a");
        httpd.wait_for_log("mtlsprotect: panic in ticket: provoked");
        assert!(again.connect().unwrap().resumed());
    }
    serves_as_before(&mut httpd, &owner, &children, "ticket");
}
