//! A server that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use tempfile::TempDir;

use super::layout;
use super::ports::Ports;
use super::process::{self, Processes};
use crate::client::{Client, Response};
use crate::pki::Identity;
use crate::tools::{Output, wait_for};

/// A private Apache. Dropping it ends it and removes its directory; if the test is failing by
/// then, its error log goes to standard error first.
pub struct Httpd {
    processes: Processes,
    ports: Ports,
    root: TempDir,
}

impl Httpd {
    pub(super) fn new(root: TempDir, ports: Ports, processes: Processes) -> Httpd {
        Httpd { processes, ports, root }
    }

    /// The port of the TLS virtual host, `{https}`.
    pub fn https(&self) -> u16 {
        self.ports.https.number()
    }

    /// The port of the plain virtual host, `{http}`.
    pub fn http(&self) -> u16 {
        self.ports.http.number()
    }

    /// The second TLS port, `{https_b}`.
    pub fn https_b(&self) -> u16 {
        self.ports.https_b.number()
    }

    /// The second plain port, `{http_b}`.
    pub fn http_b(&self) -> u16 {
        self.ports.http_b.number()
    }

    /// A client of the TLS virtual host, without a certificate yet.
    pub fn client(&self) -> Client {
        Client::new(self.https())
    }

    /// A client of the TLS virtual host that is this phone.
    pub fn phone(&self, identity: &Identity) -> Client {
        self.client().identity(identity)
    }

    /// A client of the plain virtual host.
    pub fn plain_client(&self) -> Client {
        Client::plain(self.http())
    }

    /// One GET on a new TLS connection; panics if no answer comes.
    pub fn get(&self, identity: &Identity, path: &str) -> Response {
        self.phone(identity).get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// ServerRoot.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// DocumentRoot.
    pub fn docroot(&self) -> PathBuf {
        self.root().join("docroot")
    }

    /// Writes a file below the docroot, with the directories it needs.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        layout::write(&self.docroot(), path, content.as_ref())
    }

    /// Adds a server-level line to the configuration on disk; it counts after a restart. No placeholders.
    pub fn append_config(&self, text: &str) {
        let path = self.root().join("httpd.conf");
        let whole = fs::read_to_string(&path).expect("httpd.conf can be read") + text + "\n";
        fs::write(path, whole).expect("httpd.conf can be written");
    }

    /// Writes an executable file below the docroot: a CGI script.
    pub fn write_script(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(path, content);
        layout::set_mode(&path, 0o755);
        path
    }

    /// The error log so far.
    pub fn error_log(&self) -> String {
        process::error_log(self.root())
    }

    /// The module's own lines of the error log so far. What other modules say there depends on their
    /// versions and on the system's libraries: a test that counts or forbids lines looks at these.
    pub fn own_log(&self) -> String {
        self.error_log().lines().filter(|line| line.contains("[mtlsprotect:")).map(|line| format!("{line}\n")).collect()
    }

    /// The access log so far. A request's line is written after its answer: see [`Httpd::wait_for_access`].
    pub fn access_log(&self) -> String {
        fs::read(self.root().join("logs/access.log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits for an error-log line that contains this and returns the first.
    pub fn wait_for_log(&self, part: &str) -> String {
        self.wait_for_log_line(|line| line.contains(part))
            .unwrap_or_else(|log| panic!("{part:?} was not logged; the error log:\n{log}"))
    }

    /// Waits for an error-log line of which this is true; the whole log if none comes.
    pub fn wait_for_log_line(&self, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
        first_line(|| self.error_log(), wanted)
    }

    /// Waits for an access-log line that contains this and returns the first.
    pub fn wait_for_access(&self, part: &str) -> String {
        first_line(|| self.access_log(), |line| line.contains(part))
            .unwrap_or_else(|log| panic!("{part:?} was not logged; the access log:\n{log}"))
    }

    /// The parent's process.
    pub fn parent_pid(&self) -> i32 {
        let file = self.root().join("logs/httpd.pid");
        // written just after the port opens, and again on each restart
        wait_for(|| fs::read_to_string(&file).ok()?.trim().parse().ok()).expect("httpd writes its process number")
    }

    /// The parent's children: those that serve, and mod_cgid's daemon where that is loaded.
    pub fn pids(&self) -> Vec<i32> {
        process::children(self.parent_pid())
    }

    /// Sends the parent a signal.
    pub fn signal(&self, signal: i32) {
        process::signal(self.parent_pid(), signal);
    }

    /// Restarts gracefully (SIGUSR1) and waits until the new generation serves.
    pub fn graceful(&mut self) {
        let before = process::resumptions(self.root());
        self.signal(libc::SIGUSR1);
        self.wait_for_generation(before);
    }

    /// `httpd -k graceful`, which refuses a broken configuration; waits for the new generation if it did not.
    pub fn graceful_via_command(&mut self) -> Output {
        let before = process::resumptions(self.root());
        let output = process::command(self.root(), &["-k", "graceful"]);
        if output.ok {
            self.wait_for_generation(before);
        }
        output
    }

    fn wait_for_generation(&mut self, before: usize) {
        let serving = wait_for(|| {
            if self.processes.has_ended() {
                return Some(false);
            }
            (process::resumptions(self.root.path()) > before).then_some(true)
        });
        assert!(serving == Some(true), "the server did not survive a graceful restart:\n{}", self.error_log());
    }

    /// Whether the server still runs.
    pub fn is_running(&mut self) -> bool {
        !self.processes.has_ended()
    }

    /// Ends it and keeps its directory until this is dropped: for what is written on exit.
    pub fn stop(&mut self) {
        self.processes.end();
    }
}

impl Drop for Httpd {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- error log of httpd\n{}---", self.error_log());
        }
        self.processes.end();
    }
}

fn first_line(log: impl Fn() -> String, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
    wait_for(|| log().lines().find(|line| wanted(line)).map(str::to_owned)).ok_or_else(log)
}
