//! Other programs: curl, `openssl s_client` and whatever else a test runs.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::client::Response;
use crate::pki::Identity;
pub use crate::waiting::wait_for;

/// What a program printed, and whether it succeeded.
#[derive(Clone, Debug)]
pub struct Output {
    /// It exited with status 0.
    pub ok: bool,
    /// Standard output, then standard error.
    pub text: String,
    /// Standard output as it came.
    pub stdout: Vec<u8>,
}

/// Runs a program to its end with this standard input; kills it after [`DEADLINE`](crate::waiting::DEADLINE).
pub fn run(command: &mut Command, stdin: &[u8]) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    let stdout = tempfile::NamedTempFile::new().expect("a temporary file");
    let stderr = tempfile::NamedTempFile::new().expect("a temporary file");
    let writable = |file: &tempfile::NamedTempFile| file.reopen().expect("a temporary file reopens");
    // files, not pipes: nobody can block on one that is not being read
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(writable(&stdout))
        .stderr(writable(&stderr))
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    // a program that ends without reading its input is not a failure of the test
    let _ = child.stdin.take().expect("standard input is a pipe").write_all(stdin);
    let status = wait_for(|| child.try_wait().expect("a child can be waited for"));
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let stdout = fs::read(stdout.path()).expect("the program's output can be read");
    let stderr = fs::read(stderr.path()).expect("the program's output can be read");
    let mut text = String::from_utf8_lossy(&stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&stderr));
    if status.is_none() {
        text.push_str("\n(killed: it took too long)");
    }
    Output { ok: status.is_some_and(|status| status.success()), text, stdout }
}

/// Runs curl, silent, without proxies and without verifying the server.
pub fn curl<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    curl_with_input(args, b"")
}

/// The same with a standard input: `--data-binary @-`.
pub fn curl_with_input<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, input: &[u8]) -> Output {
    let mut command = Command::new("curl");
    command.args(["-q", "--silent", "--show-error", "--insecure", "--path-as-is", "--noproxy", "*"]);
    run(command.args(["--max-time", "50"]).args(args), input)
}

/// So often curl may miss an answer over HTTP/2.
const TRIES: usize = 5;

/// One GET over HTTP/2 with curl.
pub fn curl_h2(port: u16, identity: Option<&Identity>, path: &str) -> Response {
    curl_h2_with(port, identity, path, &[])
}

/// One request over HTTP/2 with curl and further options: `["-X", "PUT", "-d", "x"]`.
pub fn curl_h2_with(port: u16, identity: Option<&Identity>, path: &str, options: &[&str]) -> Response {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut args: Vec<String> = ["--http2", "--include", "--ciphers", "DEFAULT@SECLEVEL=0"].map(str::to_owned).into();
    if let Some(identity) = identity {
        let files = identity.write(dir.path(), "client");
        args.extend(["--cert".into(), files.chain.display().to_string()]);
        args.extend(["--key".into(), files.key.display().to_string()]);
    }
    args.extend(options.iter().map(|&option| option.to_owned()));
    args.push(format!("https://127.0.0.1:{port}{path}"));
    // Once an upload is refused httpd needs no more of it and resets its stream (RFC 9113, section 8.1), which curl at times
    // sees before the answer.
    let is_reset = |output: &Output| !output.ok && output.text.contains("curl: (92)");
    let output = (0..TRIES).map(|_| curl(&args)).find(|output| !is_reset(output)).expect("not reset each time");
    assert!(output.ok, "curl {args:?}: {}", output.text);
    let response = Response::from_curl(&output.stdout);
    assert_eq!(response.version, "HTTP/2", "{args:?}: the server does not speak HTTP/2");
    response
}

/// Runs `openssl s_client` with a standard input that ends.
pub fn openssl_s_client<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, stdin: &[u8]) -> Output {
    run(Command::new("openssl").arg("s_client").args(args), stdin)
}
