//! Where httpd is installed, and the directory that a private one lives in.

use std::env;
use std::fs::{self, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::pki::{Certificate, Identity, SERVER_AUTH};

/// The installed httpd.
pub(super) struct Installation {
    pub(super) httpd: PathBuf,
    pub(super) modules: PathBuf,
}

/// Asks apxs (`APXS` names another); `HTTPD` names another server program.
pub(super) fn installation() -> &'static Installation {
    static FOUND: OnceLock<Installation> = OnceLock::new();
    FOUND.get_or_init(|| {
        let httpd = env::var_os("HTTPD").map(PathBuf::from).or_else(|| {
            let path = Path::new(&apxs("sbindir")?).join(apxs("progname")?);
            path.exists().then_some(path)
        });
        Installation {
            httpd: httpd.unwrap_or_else(|| "/usr/sbin/apache2".into()),
            modules: apxs("LIBEXECDIR").unwrap_or_else(|| "/usr/lib/apache2/modules".into()).into(),
        }
    })
}

fn apxs(variable: &str) -> Option<String> {
    let apxs = env::var_os("APXS").unwrap_or_else(|| "apxs".into());
    let output = Command::new(apxs).args(["-q", variable]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// `{root}`: certificates and configuration, `docroot`, `logs`, and `writable`, where httpd's
/// children may create files whichever user they run as.
pub(super) fn make_root(in_memory: bool) -> TempDir {
    let base =
        Some(PathBuf::from("/dev/shm")).filter(|place| in_memory && place.is_dir()).unwrap_or_else(env::temp_dir);
    let name = format!("mtlsprotect-httpd-{}", letters());
    let dir = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir_in(base).expect("a temporary directory");
    set_mode(dir.path(), 0o755);
    for (name, mode) in [("docroot", 0o777), ("logs", 0o755), ("writable", 0o777)] {
        let path = dir.path().join(name);
        fs::create_dir(&path).expect("a directory below a new one");
        set_mode(&path, mode);
    }
    let server = server_identity();
    write(dir.path(), "server.key", &server.key_pem());
    write(dir.path(), "server.crt", &server.cert_pem());
    dir
}

/// Letters by chance, none of them a hex digit: what a path costs to be searched, and what it could name, doesn't depend on
/// chance.
fn letters() -> String {
    let mut number = RandomState::new().hash_one(std::process::id());
    let mut letter = || {
        let letter = b'g' + (number % 20) as u8;
        number /= 20;
        char::from(letter)
    };
    (0..8).map(|_| letter()).collect()
}

/// Writes a file below a directory; every directory on the way there is writable for httpd's children.
pub(super) fn write(base: &Path, relative: &str, content: &[u8]) -> PathBuf {
    let relative = relative.trim_start_matches('/');
    let path = base.join(relative);
    let mut dir = base.to_owned();
    for part in Path::new(relative).parent().into_iter().flat_map(Path::components) {
        dir.push(part);
        if !dir.exists() {
            fs::create_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
            set_mode(&dir, 0o777);
        }
    }
    fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// `User` and `Group` for a server started by root; nothing otherwise.
pub(super) fn user_lines(root: &Path) -> String {
    let is_root = fs::metadata(root).is_ok_and(|metadata| metadata.uid() == 0);
    if !is_root {
        return String::new();
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = |name: &&str| passwd.lines().any(|line| line.split(':').next() == Some(*name));
    let user = ["www-data", "apache", "daemon", "nobody"].into_iter().find(known);
    let user = user.expect("a user to run httpd's children as");
    let gid = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(user))
        .and_then(|line| line.split(':').nth(3))
        .expect("a user has a group");
    format!("User {user}\nGroup #{gid}\n")
}

/// One server certificate for a whole test process.
fn server_identity() -> &'static Identity {
    static MADE: OnceLock<Identity> = OnceLock::new();
    MADE.get_or_init(|| {
        Certificate::leaf("localhost")
            .extended_key_usage(&[SERVER_AUTH])
            .dns_names(&["localhost", "a.example", "b.example"])
            .issue()
    })
}
