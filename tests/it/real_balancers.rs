//! HAProxy, nginx and httpd in front of the server, by the lines of docs/balancers.md. One that is not installed here is
//! left out; scripts/install-dependencies test brings them.

use crate::asking::{OTHER, OWN, ask, phone, secret, server};
use mtlsprotect_core::forwarded::{Certificates, Format, write};
use mtlsprotect_testkit::{Builder, Certificate, Client, Crl, Httpd, Identity, Poly, Subject, tools};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A balancer of the guide.
struct Kind {
    heading: &'static str,
    format: Format,
    /// What it answers to a phone whose certificate has expired; nothing where it drops it in the handshake.
    to_expired: Option<&'static str>,
    passes_chain: bool,
}

const KINDS: [Kind; 3] = [
    Kind {
        heading: "HAProxy",
        format: Format::Haproxy,
        to_expired: Some("403 deny expired-certificate"),
        passes_chain: true,
    },
    Kind { heading: "nginx", format: Format::Nginx, to_expired: Some("400 -"), passes_chain: false },
    Kind { heading: "httpd", format: Format::Apache, to_expired: None, passes_chain: true },
];

/// The indented blocks below a heading of the guide.
fn blocks(heading: &str) -> Vec<String> {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/balancers.md")).unwrap();
    let (_, section) = guide.split_once(&format!("\n## {heading}\n")).expect("the guide has it");
    let section = section.split("\n## ").next().unwrap();
    let mut blocks = vec![String::new()];
    for line in section.lines() {
        match line.strip_prefix("    ") {
            Some(code) => *blocks.last_mut().unwrap() += &format!("{code}\n"),
            None if line.is_empty() => blocks.last_mut().unwrap().push('\n'),
            None => blocks.push(String::new()),
        }
    }
    blocks.into_iter().map(|block| block.trim().to_owned()).filter(|block| !block.is_empty()).collect()
}

/// The lines of the guide for the server behind.
fn behind(kind: &Kind) -> Builder {
    let lines = blocks(kind.heading).pop().unwrap();
    let inside = |line: &&str| !line.contains("VirtualHost") && !line.contains("DocumentRoot");
    let lines: Vec<&str> = lines.lines().filter(inside).collect();
    assert!(lines.iter().any(|line| line.contains("MTLSProtectProxy 192.0.2.10")), "{lines:?}");
    server().module("remoteip").plain_vhost(&lines.join("\n").replace("192.0.2.10", "127.0.0.1"))
}

/// A balancer that runs.
struct Front {
    port: u16,
    child: Option<Child>,
    _httpd: Option<Httpd>,
    _dir: tempfile::TempDir,
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // nginx's master takes its workers along
            // SAFETY: a signal to a child that has not been waited for.
            unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn program(name: &str) -> Option<PathBuf> {
    let path = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"].map(|dir| Path::new(dir).join(name));
    let found = path.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {name} is not here");
    }
    found
}

/// Starts a balancer in front of a server, by the guide's lines as `edit` leaves them.
fn front_of(kind: &Kind, back: &Httpd, edit: impl Fn(String) -> String) -> Option<Front> {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let own = Certificate::leaf(Subject::cn("localhost")).issue();
    let file = |name: &str, content: Vec<u8>| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let pem = file("provisioning.pem", [own.cert_pem(), own.key_pem()].concat());
    let key = file("provisioning.key", own.key_pem());
    let cas = file("device-cas.pem", Poly::shared().bundle_pem());
    let mut lines = edit(blocks(kind.heading).remove(0))
        .replace("192.0.2.20:80", &format!("127.0.0.1:{}", back.http()))
        .replace("bind :443", &format!("bind 127.0.0.1:{port}"))
        .replace("listen 443", &format!("listen 127.0.0.1:{port}"))
        .replace("*:443", "127.0.0.1:{https_b}");
    for (name, path) in [("provisioning.pem", &pem), ("provisioning.key", &key), ("device-cas.pem", &cas)] {
        for folder in ["/etc/haproxy/", "/etc/nginx/", "/etc/ssl/"] {
            lines = lines.replace(&format!("{folder}{name}"), path);
        }
    }
    let path = dir.path().display();
    let mut command = match kind.heading {
        "HAProxy" => {
            let around = "defaults\n    timeout connect 20s\n    timeout client 60s\n    timeout server 60s\n";
            let config = file("haproxy.cfg", format!("{around}\n{lines}\n").into_bytes());
            let mut command = Command::new(program("haproxy")?);
            command.args(["-db", "-f", &config]);
            command
        }
        "nginx" => {
            let around = format!(
                "daemon off;\nuser root;\nworker_processes 1;\npid {path}/pid;\nerror_log {path}/error.log;\nevents {{}}\n\
                 http {{\naccess_log off;\nclient_body_temp_path {path}/body;\nproxy_temp_path {path}/proxy;\n\
                 fastcgi_temp_path {path}/fastcgi;\nuwsgi_temp_path {path}/uwsgi;\nscgi_temp_path {path}/scgi;\n"
            );
            let config = file("nginx.conf", format!("{around}{lines}\n}}\n").into_bytes());
            let mut command = Command::new(program("nginx")?);
            command.args(["-p", &path.to_string(), "-c", &config]);
            command
        }
        _ => {
            let builder = Httpd::builder().modules(&["proxy", "proxy_http", "http2"]).without_vhosts().config(&lines);
            let httpd = builder.start();
            return Some(Front { port: httpd.https_b(), child: None, _httpd: Some(httpd), _dir: dir });
        }
    };
    let log = fs::File::create(dir.path().join("output")).unwrap();
    let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let mut front = Front { port, child: Some(child), _httpd: None, _dir: dir };
    let is_up = tools::wait_for(|| {
        let ended = front.child.as_mut().unwrap().try_wait().unwrap();
        if ended.is_some() { Some(false) } else { TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true) }
    });
    let output = || fs::read_to_string(front._dir.path().join("output")).unwrap_or_default();
    assert_eq!(is_up, Some(true), "{} does not start: {}", kind.heading, output());
    Some(front)
}

fn as_it_is(lines: String) -> String {
    lines
}

fn own_file() -> String {
    format!("/cfg/{OWN}.cfg")
}

fn other_file() -> String {
    format!("/cfg/{OTHER}.cfg")
}

fn each_version(front: &Front, identity: Option<&Identity>) -> [Client; 2] {
    let client = Client::new(front.port);
    let client = identity.map_or(client.clone(), |identity| client.identity(identity));
    [client.clone().tls12(), client.tls13()]
}

fn get(client: &Client, path: &str) -> String {
    ask(client, "GET", path, &[], b"")
}

fn certificates(identity: &Identity) -> Certificates {
    Certificates { leaf: identity.cert.to_der().unwrap(), chain: Vec::new() }
}

#[test]
fn phones_behind_each_balancer_get_their_own_files_and_no_other() {
    for kind in &KINDS {
        let stolen = Poly::shared().phone(OWN);
        let back = behind(kind)
            .file("ca.crl", Crl::of(&Poly::shared().issuing1).revoke(&stolen.cert).pem())
            .config("MTLSProtectCRLFile ca.crl")
            .start();
        let Some(front) = front_of(kind, &back, as_it_is) else { continue };
        let name = kind.heading;
        for client in each_version(&front, Some(&phone())) {
            assert_eq!(get(&client, &own_file()), "200 allow own-file", "{name}");
            assert_eq!(get(&client, &other_file()), "403 deny mac-mismatch", "{name}");
            assert_eq!(get(&client, "/cfg/000000000000.cfg"), "200 allow other-file", "{name}");
            // a resumed session
            let mut first = client.connect().unwrap();
            assert_eq!(first.get(&own_file()).unwrap().status, 200, "{name}");
            let mut again = client.resume(&first.session()).connect().unwrap();
            assert!(again.resumed(), "{name}");
            assert_eq!(again.get(&own_file()).unwrap().header("X-Verdict"), Some("allow own-file"), "{name}");
            assert_eq!(again.get(&other_file()).unwrap().header("X-Verdict"), Some("deny mac-mismatch"), "{name}");
        }
        for client in each_version(&front, None) {
            assert_eq!(get(&client, &own_file()), "403 deny no-certificate", "{name}");
        }
        let stranger = Certificate::leaf(Subject::poly(OWN)).issue();
        for client in each_version(&front, Some(&stranger)) {
            assert_eq!(get(&client, &own_file()), "403 deny untrusted-certificate", "{name}");
        }
        for client in each_version(&front, Some(&stolen)) {
            assert_eq!(get(&client, &own_file()), "403 deny revoked-certificate", "{name}");
        }
        let expired = Poly::shared().leaf(Subject::poly(OWN)).expired().issue();
        for client in each_version(&front, Some(&expired)) {
            match kind.to_expired {
                Some(answer) => assert_eq!(get(&client, &own_file()), answer, "{name}"),
                None => assert!(client.get(&own_file()).is_err(), "{name}"),
            }
        }
        let over_http2 = |path: &str| tools::curl_h2(front.port, Some(&phone()), path).status;
        assert_eq!((over_http2(&own_file()), over_http2(&other_file())), (200, 403), "{name}");
    }
}

#[test]
fn phones_that_share_the_balancers_connections_are_told_apart() {
    for kind in &KINDS {
        let back = behind(kind).start();
        let Some(front) = front_of(kind, &back, as_it_is) else { continue };
        let phones = [(OWN, Some(phone())), (OTHER, Some(Poly::shared().phone(OTHER))), ("nobody", None)];
        let mut connections: Vec<_> = phones
            .iter()
            .map(|(mac, identity)| {
                let client = Client::new(front.port);
                (*mac, identity.as_ref().map_or(client.clone(), |own| client.identity(own)).connect().unwrap())
            })
            .collect();
        for _turn in 0..5 {
            for (sender, connection) in &mut connections {
                for mac in [OWN, OTHER] {
                    let response = connection.get(&format!("/cfg/{mac}.cfg")).unwrap();
                    let is_served = response.status == 200 && response.text() == secret(mac);
                    assert_eq!(is_served, *sender == mac, "{}: {sender} asks for {mac}", kind.heading);
                }
            }
        }
    }
}

/// What a client gets who has another phone's certificate, but not its key, and sends it in the header.
fn forging(kind: &Kind, front: &Front, identity: Option<&Identity>) -> bool {
    let leaf = write(kind.format, &certificates(&Poly::shared().phone(OTHER))).leaf;
    let client = Client::new(front.port);
    let client = identity.map_or(client.clone(), |identity| client.identity(identity));
    ["X-Client-Cert", "x-client-cert", "X_Client_Cert"].into_iter().any(|name| {
        let headers = [(name, leaf.as_str()), ("X-Forwarded-Proto", "https")];
        client.request("GET", other_file().as_bytes(), &headers, b"").unwrap().text().contains(&secret(OTHER))
    })
}

#[test]
fn a_client_who_sends_the_header_through_the_balancer() {
    for kind in &KINDS {
        let back = behind(kind).start();
        let Some(front) = front_of(kind, &back, as_it_is) else { continue };
        for identity in [None, Some(phone()), Some(Certificate::leaf(Subject::poly(OTHER)).issue())] {
            assert!(!forging(kind, &front, identity.as_ref()), "{}", kind.heading);
        }
        // without the lines that delete or replace the header it is a hole, and this test would see it
        let without = |lines: String| {
            let kept = |line: &&str| {
                let deletes = ["del-header X-Client-Cert", "unset X-Client-Cert", "set_header X-Client-Cert"];
                let sets = line.contains("RequestHeader set X-Client-Cert");
                !deletes.iter().any(|words| line.contains(words)) && !sets
            };
            lines.lines().filter(kept).map(|line| format!("{line}\n")).collect()
        };
        let Some(open) = front_of(kind, &back, without) else { continue };
        assert!(forging(kind, &open, None), "{}", kind.heading);
    }
}

#[test]
fn a_chain_that_the_balancer_passes_on() {
    for kind in KINDS.iter().filter(|kind| kind.passes_chain) {
        let back = behind(kind).file("device-ca.pem", Poly::shared().root_pem()).start();
        let Some(front) = front_of(kind, &back, as_it_is) else { continue };
        for client in each_version(&front, Some(&phone())) {
            assert_eq!(get(&client, &own_file()), "200 allow own-file", "{}", kind.heading);
            let mut first = client.connect().unwrap();
            assert_eq!(first.get(&own_file()).unwrap().status, 200, "{}", kind.heading);
            let mut again = client.resume(&first.session()).connect().unwrap();
            assert!(again.resumed(), "{}", kind.heading);
            assert_eq!(again.get(&own_file()).unwrap().status, 200, "{}: resumed", kind.heading);
        }
    }
}

#[test]
fn every_line_for_this_server_in_the_guide_is_accepted() {
    let mut tested = 0;
    for heading in ["HAProxy", "nginx", "httpd", "AWS Application Load Balancer", "Envoy", "Traefik"] {
        for block in blocks(heading).iter().filter(|block| block.contains("MTLSProtectProxy")) {
            let text = block.replace("*:80", "127.0.0.1:{http}").replace("/srv/provisioning", "{docroot}");
            let output = Httpd::builder()
                .with_module()
                .without_vhosts()
                .module("remoteip")
                .file("device-ca.pem", Poly::shared().bundle_pem())
                .config("MTLSProtectCAFile {device_ca}\n<Directory {docroot}>\nMTLSProtect On\n</Directory>")
                .config(&text)
                .configtest();
            assert!(output.ok && !output.text.contains("mtlsprotect: "), "{heading}: {}", output.text);
            tested += 1;
        }
    }
    assert_eq!(tested, 6);
}
