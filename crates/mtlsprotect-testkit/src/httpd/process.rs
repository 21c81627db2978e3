//! Starting, probing and ending the server's processes.

use std::fs::{self, File};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::builder::{Builder, Ports};
use super::layout::{self, installation};
use super::running::Httpd;
use crate::tools::{self, Output, wait_for};

/// What became of a start.
pub(super) enum Attempt {
    /// It serves.
    Serving(Box<Httpd>),
    /// It gave up; what it said and logged.
    Failed(String),
}

/// Starts httpd on ports of its own.
pub(super) fn start(builder: &Builder) -> Attempt {
    let root = layout::make_root(builder.in_memory);
    let ports = Ports::take();
    builder.lay_out(root.path(), &ports);
    let said = root.path().join("logs/output");
    let output = File::create(&said).expect("a file below a new directory");
    let mut words = builder.wrapper.clone();
    words.push(installation().httpd.display().to_string());
    let mode = if builder.single_process { "-X" } else { "-DFOREGROUND" };
    let child = arguments(Command::new(&words[0]).args(&words[1..]), root.path())
        .arg(mode)
        .stdin(Stdio::null())
        .stderr(output.try_clone().expect("a file can be shared"))
        .stdout(output)
        // a group of its own, so that the whole of it can be ended
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", words[0]));
    let mut processes = Processes::new(child);
    let ready = wait_for(|| {
        if processes.has_ended() {
            return Some(false);
        }
        let up = builder.single_process || resumptions(root.path()) > 0;
        (up && TcpStream::connect(("127.0.0.1", ports.https.number())).is_ok()).then_some(true)
    });
    if ready == Some(true) {
        return Attempt::Serving(Box::new(Httpd::new(root, ports, processes)));
    }
    processes.end();
    let mut text = fs::read_to_string(&said).unwrap_or_default();
    text += &error_log(root.path());
    if ready.is_none() {
        text += "\n(it neither served nor ended in time)";
    }
    Attempt::Failed(text)
}

/// `httpd -t` on what would be started.
pub(super) fn configtest(builder: &Builder, extra: &[&str]) -> Output {
    command(laid_out(builder).path(), &[&["-t"], extra].concat())
}

/// A server root for `httpd -t`.
pub(super) fn laid_out(builder: &Builder) -> TempDir {
    let root: TempDir = layout::make_root(builder.in_memory);
    builder.lay_out(root.path(), &Ports::take());
    root
}

/// Runs httpd's own command on the configuration in a root: `-t`, `-k graceful`.
pub fn command(root: &Path, extra: &[&str]) -> Output {
    let mut httpd = Command::new(&installation().httpd);
    tools::run(arguments(&mut httpd, root).args(extra), b"")
}

fn arguments<'a>(command: &'a mut Command, root: &Path) -> &'a mut Command {
    command.arg("-d").arg(root).arg("-f").arg(root.join("httpd.conf"))
}

pub(super) fn error_log(root: &Path) -> String {
    fs::read(root.join("logs/error.log")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// How often the server has begun to serve: once, and once per graceful restart.
pub(super) fn resumptions(root: &Path) -> usize {
    error_log(root).matches("resuming normal operations").count()
}

/// httpd's process group, ended when dropped, also if the test process is killed.
pub(super) struct Processes {
    httpd: Child,
    watcher: Option<Child>,
}

impl Processes {
    fn new(httpd: Child) -> Processes {
        // the pipe closes when this process ends, however that comes about
        let watcher = Command::new("sh")
            .args(["-c", "read _; kill -s TERM -- -$1", "sh", &httpd.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh runs");
        Processes { httpd, watcher: Some(watcher) }
    }

    pub(super) fn has_ended(&mut self) -> bool {
        self.httpd.try_wait().expect("a child can be waited for").is_some()
    }

    /// With SIGTERM, and after the deadline with SIGKILL.
    pub(super) fn end(&mut self) {
        let Some(mut watcher) = self.watcher.take() else {
            return;
        };
        // before httpd's number can be given to another process
        let _ = watcher.kill();
        let _ = watcher.wait();
        let group = self.httpd.id() as i32;
        if !self.has_ended() {
            signal(group, libc::SIGTERM);
        }
        if wait_for(|| self.has_ended().then_some(())).is_none() {
            signal(-group, libc::SIGKILL);
            let _ = self.httpd.wait();
        }
        // children that outlived their parent
        signal(-group, libc::SIGKILL);
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends a signal; a process already gone is not an error.
pub(super) fn signal(pid: i32, signal: i32) {
    // SAFETY: kill takes two numbers and touches no memory of ours.
    unsafe { libc::kill(pid, signal) };
}

/// The children of a process: httpd's, and mod_cgid's daemon where that is loaded.
pub(super) fn children(parent: i32) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc is mounted").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // after the program's name, which may hold anything: state, parent
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        if fields.next() != Some("Z") && fields.next() == Some(&parent.to_string()) {
            found.push(pid);
        }
    }
    found.sort_unstable();
    found
}

/// Resident memory of a process in KiB; `None` once it is gone.
pub fn resident_kib(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Nanoseconds of CPU, user and system, that the threads of a process have used. The ticks of /proc/PID/stat would be too
/// coarse for one request, or for each of many children.
pub fn cpu_nanoseconds(pid: i32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let of_thread = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).expect("the thread runs");
        text.split_whitespace().next().and_then(|time| time.parse::<u64>().ok()).expect("a number")
    };
    threads.flatten().map(of_thread).sum()
}
