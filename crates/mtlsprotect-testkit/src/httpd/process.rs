//! The server's processes: what they say, and their end.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::layout::installation;
use crate::tools::{self, Output, wait_for};

/// Runs httpd's own command on the configuration in a root: `-t`, `-k graceful`.
pub fn command(root: &Path, extra: &[&str]) -> Output {
    let mut httpd = Command::new(&installation().httpd);
    tools::run(arguments(&mut httpd, root).args(extra), b"")
}

/// The same under another program: `&["valgrind", "--tool=callgrind"]`.
pub fn command_under(wrapper: &[&str], root: &Path, extra: &[&str]) -> Output {
    let mut program = Command::new(wrapper[0]);
    tools::run(arguments(program.args(&wrapper[1..]).arg(&installation().httpd), root).args(extra), b"")
}

pub(super) fn arguments<'a>(command: &'a mut Command, root: &Path) -> &'a mut Command {
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
    pub(super) fn new(httpd: Child) -> Processes {
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
