//! Real balancers in front of a server, by the lines of docs/balancers.md.

use crate::{Certificate, HeldPort, Httpd, Poly, Subject, tools};
use mtlsprotect_book::blocks::blocks;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

/// A balancer that runs.
pub struct Balancer {
    port: HeldPort,
    child: Option<Child>,
    httpd: Option<Httpd>,
    dir: tempfile::TempDir,
}

impl Drop for Balancer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // nginx's master takes its workers along
            // SAFETY: a signal to a child that has not been waited for.
            unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
            let _ = child.wait();
        }
    }
}

/// The blocks below a heading of the guide: the balancer's lines first, the server's last.
pub fn guide(heading: &str) -> Vec<String> {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/balancers.md")).unwrap();
    let (_, section) = guide.split_once(&format!("\n## {heading}\n")).expect("the guide has it");
    let section = section.split("\n## ").next().unwrap();
    blocks(section).unwrap().into_iter().map(|block| block.text.trim_end().to_owned()).collect()
}

/// The guide's lines for the server behind a balancer at this address, to be written into a virtual host.
pub fn guide_behind(heading: &str, address: &str) -> String {
    let lines = guide(heading).pop().unwrap();
    let inside = |line: &&str| !line.contains("VirtualHost") && !line.contains("DocumentRoot");
    let lines: Vec<&str> = lines.lines().filter(inside).collect();
    assert!(lines.iter().any(|line| line.contains("MTLSProtectProxy 192.0.2.10")), "{lines:?}");
    lines.join("\n").replace("192.0.2.10", address)
}

/// A balancer's lines without those that delete or replace the header of a client: a hole.
pub fn without_deletion(lines: &str) -> String {
    let kept = |line: &&str| {
        let deletes = ["del-header X-Client-Cert", "unset X-Client-Cert", "set_header X-Client-Cert"];
        let sets = line.contains("RequestHeader set X-Client-Cert");
        !deletes.iter().any(|words| line.contains(words)) && !sets
    };
    lines.replace("SANITIZE_SET", "ALWAYS_FORWARD_ONLY").lines().filter(kept).map(|line| format!("{line}\n")).collect()
}

fn program(name: &str) -> PathBuf {
    let mut paths = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"].map(|dir| Path::new(dir).join(name)).into_iter();
    paths.find(|path| path.exists()).unwrap_or_else(|| panic!("{name} is not installed"))
}

impl Balancer {
    /// Starts one in front of a port, by its lines of the guide.
    pub fn start(lines: &str, to: u16) -> Balancer {
        let dir = tempfile::tempdir().unwrap();
        let port = HeldPort::take();
        let lines = with_files(lines, dir.path())
            .replace("192.0.2.20:80", &format!("127.0.0.1:{to}"))
            .replace("192.0.2.20:443", &format!("127.0.0.1:{to}"))
            .replace("bind :443", &format!("bind 127.0.0.1:{}", port.number()))
            .replace("listen 443", &format!("listen 127.0.0.1:{}", port.number()))
            .replace("*:443", "127.0.0.1:{https_b}")
            .replace("address: 192.0.2.20, port_value: 80}", &format!("address: 127.0.0.1, port_value: {to}}}"))
            .replace(
                "address: 0.0.0.0, port_value: 443}",
                &format!("address: 127.0.0.1, port_value: {}}}", port.number()),
            );
        let mut command = if lines.contains("frontend ") {
            haproxy(&lines, dir.path())
        } else if lines.contains("<VirtualHost") {
            let builder = Httpd::builder().modules(&["proxy", "proxy_http", "http2"]).without_vhosts().config(&lines);
            return Balancer { port, child: None, httpd: Some(builder.start()), dir };
        } else if lines.contains("static_resources:") {
            envoy(&lines, dir.path())
        } else {
            nginx(&lines, dir.path())
        };
        let log = fs::File::create(dir.path().join("output")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut balancer = Balancer { port, child: Some(child), httpd: None, dir };
        let is_up = tools::wait_for(|| {
            let ended = balancer.child.as_mut().unwrap().try_wait().unwrap();
            if ended.is_some() { Some(false) } else { balancer.listens().then_some(true) }
        });
        let output = || fs::read_to_string(balancer.dir.path().join("output")).unwrap_or_default();
        assert_eq!(is_up, Some(true), "it does not start: {}", output());
        balancer
    }

    /// Where phones find it.
    pub fn port(&self) -> u16 {
        self.httpd.as_ref().map_or(self.port.number(), Httpd::https_b)
    }

    fn listens(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port())).is_ok()
    }
}

/// The lines with files of its own in place of those that they name.
fn with_files(lines: &str, dir: &Path) -> String {
    let own = Certificate::leaf(Subject::cn("localhost")).issue();
    let files = [
        ("provisioning.pem", [own.cert_pem(), own.key_pem()].concat()),
        ("provisioning.key", own.key_pem()),
        ("device-cas.pem", Poly::shared().bundle_pem()),
    ];
    files.into_iter().fold(lines.to_owned(), |lines, (name, content)| {
        let path = write(dir, name, content);
        ["/etc/haproxy/", "/etc/nginx/", "/etc/ssl/", "/etc/envoy/"]
            .iter()
            .fold(lines, |lines, folder| lines.replace(&format!("{folder}{name}"), &path))
    })
}

fn write(dir: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// The Envoy that `MTLSPROTECT_ENVOY` names: no distribution has one.
fn envoy(lines: &str, dir: &Path) -> Command {
    let config = write(dir, "envoy.yaml", lines);
    let mut command = Command::new(env::var_os("MTLSPROTECT_ENVOY").expect("scripts/run-tests says where Envoy is"));
    // without a shared memory of its own it would meet the others of this machine
    command.args(["--config-path", &config, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warn"]);
    command
}

fn haproxy(lines: &str, dir: &Path) -> Command {
    let around = "defaults\n    timeout connect 20s\n    timeout client 60s\n    timeout server 60s\n";
    let config = write(dir, "haproxy.cfg", format!("{around}\n{lines}\n"));
    let mut command = Command::new(program("haproxy"));
    command.args(["-db", "-f", &config]);
    command
}

fn nginx(lines: &str, dir: &Path) -> Command {
    let path = dir.display();
    let around = format!(
        "daemon off;\nuser root;\nworker_processes 1;\npid {path}/pid;\nerror_log {path}/error.log;\nevents {{}}\n\
         http {{\naccess_log off;\nclient_body_temp_path {path}/body;\nproxy_temp_path {path}/proxy;\n\
         fastcgi_temp_path {path}/fastcgi;\nuwsgi_temp_path {path}/uwsgi;\nscgi_temp_path {path}/scgi;\n"
    );
    let config = write(dir, "nginx.conf", format!("{around}{lines}\n}}\n"));
    let mut command = Command::new(program("nginx"));
    command.args(["-p", &path.to_string(), "-c", &config]);
    command
}
