//! Where commands of the documents run: folders in the place of the system's, a server in the place of the provider's,
//! and programs that would change the machine, in the place of which nothing is done.

use mtlsprotect_testkit::{Authority, Httpd, Poly};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const PHONE: &str = "0004f2aabbcc";

/// Folders of the system for which the sandbox has its own.
const FOLDERS: [&str; 4] = ["/etc/mtlsprotect", "/var/lib/mtlsprotect", "/var/log/apache2", "/srv/provisioning"];

/// A folder that no system has, unless a document makes it.
const BACKUPS: &str = "/var/backups/mtlsprotect";

/// Programs that belong to the machine.
const MACHINES_OWN: [&str; 9] =
    ["apachectl", "a2enconf", "a2enmod", "systemctl", "restorecon", "semanage", "chown", "apt", "fail2ban-client"];

/// A private system for commands.
pub struct Sandbox {
    httpd: Httpd,
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// One with a phone, its certificate, its file and its log.
    pub fn new() -> Sandbox {
        let httpd = Httpd::builder()
            .protected(Poly::shared().bundle_pem())
            .page(&format!("{PHONE}.cfg"), "its file")
            .plain_vhost("<Location /mtlsprotect-status>\nSetHandler mtlsprotect-status\nRequire local\n</Location>")
            .start();
        let sandbox = Sandbox { httpd, folder: tempfile::tempdir().unwrap() };
        sandbox.write_system();
        sandbox.write_programs();
        sandbox
    }

    fn write_system(&self) {
        let poly = Poly::shared();
        for folder in FOLDERS {
            fs::create_dir_all(self.root().join(&folder[1..])).unwrap();
        }
        fs::create_dir_all(self.root().join("var/backups")).unwrap();
        self.write("etc/mtlsprotect/poly.pem", poly.bundle_pem());
        self.write("etc/mtlsprotect/yealink.pem", Authority::root("TEST Yealink").pem());
        self.write("etc/mtlsprotect/devices", "64167f001122 allow\n");
        let digest = "0123456789abcdef".repeat(4);
        let proof = format!("{PHONE} 2026-11-25T20:59:57Z poly {digest} {digest}\n");
        self.write("var/lib/mtlsprotect/learned", proof);
        self.write("var/lib/mtlsprotect/from-others/other.learned", "");
        self.write(&format!("srv/provisioning/{PHONE}.cfg"), "its file");
        let phone = poly.phone(PHONE);
        self.write("home/phone.pem", phone.cert.to_pem().unwrap());
        self.write("home/phone.key", phone.key.private_key_to_pem_pkcs8().unwrap());
        self.write("home/poly.pem", poly.bundle_pem());
        self.write("home/yealink.pem", Authority::root("TEST Yealink").pem());
        self.write("home/two-phones", "0004f2bbbbbb:x\n0004f2cccccc:y\n");
        self.write("home/fleet.txt", format!("{PHONE}\n64167f001122\n"));
        let line = format!(
            "203.0.113.7 - - [25/Nov/2026:10:00:00 +0000] \"GET /{PHONE}.cfg HTTP/1.1\" 200 9 \"-\" \"-\" would-deny \
             no-certificate - {PHONE} - provisioning.example.com\n"
        );
        self.write("var/log/apache2/provisioning.log", line);
        self.write("var/log/apache2/error.log", "");
    }

    fn write_programs(&self) {
        for program in MACHINES_OWN {
            self.program(program, "");
        }
        self.program("sudo", "AS_ROOT=yes exec \"$@\"");
        self.program("mtlsprotect", &self.wrapper());
    }

    /// Runs the command with what says where the sandbox's files and its server are. 1 is a finding, and no failure. What
    /// only root can read or write takes sudo.
    fn wrapper(&self) -> String {
        format!(
            r#"case "${{AS_ROOT-}} $*" in
yes*|*" --help"*) ;;
*" learned "*|*/var/log/apache2/*|*/var/lib/mtlsprotect/*|*" --output {root}/etc/"*| \
    *" device forget "*|*" device block "*|*" device allow "*|*" device exempt "*|*" device remove "*| \
    *" device password "*|*"--write-devices {root}/"*)
    echo "mtlsprotect $*: only root can" >&2
    exit 3 ;;
esac
case "$*" in
*--file*|*--learned*|*--help*) added= ;;
"device forget"*) added='--learned={root}/var/lib/mtlsprotect/learned' ;;
"learned show"*) added='--file={root}/var/lib/mtlsprotect/learned' ;;
"device "*) added='--file={root}/etc/mtlsprotect/devices' ;;
"check "*--passwords*) added='--resolve=127.0.0.1 --http-port={http} --server-ca={server}' ;;
"check "*) added='--resolve=127.0.0.1 --http-port={http}' ;;
*) added= ;;
esac
code=0
'{program}' "$@" $added || code=$?
[ $code -le 1 ] || exit $code"#,
            root = self.root().display(),
            http = self.httpd.http(),
            server = self.httpd.root().join("server.crt").display(),
            program = env!("CARGO_BIN_EXE_mtlsprotect"),
        )
    }

    fn program(&self, name: &str, text: &str) {
        let path = format!("bin/{name}");
        self.write(&path, format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.root().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs the lines of a document until one fails, and returns what that said.
    pub fn run(&self, lines: &str) -> Result<(), String> {
        let mut script = lines.to_owned();
        for folder in FOLDERS.into_iter().chain([BACKUPS]) {
            script = script.replace(folder, &format!("{}{folder}", self.root().display()));
        }
        // the placeholders of the documents
        script = script.replace("LOG...", &format!("{}/var/log/apache2/provisioning.log", self.root().display()));
        let server = format!("https://localhost:{}", self.httpd.https());
        script = script.replace("https://provisioning.example.com", &server);
        script = script.replace("http://localhost/", &format!("http://localhost:{}/", self.httpd.http()));
        let path = format!("{}/bin:{}", self.root().display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-eu", "-c", &script]).current_dir(self.root().join("home")).env("PATH", path);
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            shell.env_remove(name);
        }
        let output = shell.env("HOME", self.root().join("home")).output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = said(&output.stdout) + &said(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(format!("{}\n{all}", output.status)) }
    }
}
