//! Starting a server, or only asking httpd what it thinks of it.

use std::fs::{self, File};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::builder::Builder;
use super::layout::{self, installation};
use super::ports::Ports;
use super::process::{Processes, arguments, command, error_log, resumptions};
use super::running::Httpd;
use crate::tools::Output;
use crate::waiting::wait_for;

impl Httpd {
    /// A server that is not started yet.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

impl Builder {
    /// Starts it and waits until it serves.
    pub fn start(self) -> Httpd {
        match start(&self) {
            Attempt::Serving(httpd) => *httpd,
            Attempt::Failed(text) => panic!("httpd did not start:\n{text}"),
        }
    }

    /// Starts it and returns what it said on giving up.
    pub fn start_expecting_failure(self) -> String {
        match start(&self) {
            Attempt::Serving(_) => panic!("httpd started, and should not have"),
            Attempt::Failed(text) => text,
        }
    }

    /// What `httpd -t` says of the configuration.
    pub fn configtest(self) -> Output {
        self.configtest_with(&[])
    }

    /// The same with further arguments: `&["-D", "NAME"]`.
    pub fn configtest_with(self, arguments: &[&str]) -> Output {
        command(self.laid_out().path(), &[&["-t"], arguments].concat())
    }

    /// A server root with its files and `httpd.conf`, for [`super::command`].
    pub fn laid_out(&self) -> TempDir {
        let root = layout::make_root(self.in_memory);
        self.lay_out(root.path(), &Ports::take());
        root
    }
}

/// What became of a start.
enum Attempt {
    /// It serves.
    Serving(Box<Httpd>),
    /// It gave up; what it said and logged.
    Failed(String),
}

/// Starts httpd on ports of its own.
fn start(builder: &Builder) -> Attempt {
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
