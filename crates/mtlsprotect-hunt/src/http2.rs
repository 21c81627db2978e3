//! Many requests over HTTP/2 with one curl.

use crate::phones::Sender;
use crate::request::Request;
use crate::server::Server;
use std::fmt::Write;
use std::fs;
use std::process::Command;

/// Whether curl sends it as it is.
pub fn can_send(request: &Request) -> bool {
    let plain = request.target.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    plain
        && request.target.starts_with('/')
        && !request.target.contains('#')
        && matches!(request.method.as_str(), "GET" | "PUT" | "DELETE" | "PROPFIND" | "COPY" | "MOVE")
        && request.headers.iter().all(|(_, value)| {
            value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && !value.contains(['"', '\\'])
        })
}

/// Sends them on one connection and returns the bodies of the answers.
pub fn send(server: &Server<'_>, sender: Sender, requests: &[&Request]) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let files = sender.identity().map(|identity| identity.write(dir.path(), "client"));
    let mut script = String::new();
    for (number, request) in requests.iter().enumerate() {
        if number > 0 {
            script += "next\n";
        }
        script += "http2\ninsecure\nsilent\ngloboff\npath-as-is\nnoproxy = \"*\"\nmax-time = 30\n";
        if let Some(files) = &files {
            let _ = writeln!(script, "cert = \"{}\"\nkey = \"{}\"", files.chain.display(), files.key.display());
        }
        let _ = writeln!(script, "request = \"{}\"\noutput = \"{}/{number}\"", request.method, dir.path().display());
        for (name, value) in &request.headers {
            let _ = writeln!(script, "header = \"{name}: {}\"", server.fill(value));
        }
        if !request.body.is_empty() {
            let _ = writeln!(script, "data-binary = \"{}\"", request.body.trim_end().replace('"', "'"));
        }
        let _ = writeln!(script, "url = \"https://localhost:{}/\"", server.https());
        let _ = writeln!(script, "request-target = \"{}\"", server.fill(&request.target));
    }
    let path = dir.path().join("script");
    fs::write(&path, script).expect("a file in a new directory");
    let mut curl = Command::new("curl");
    curl.args(["-q", "--resolve", &format!("localhost:{}:127.0.0.1", server.https()), "--config"]).arg(&path);
    let _ = mtlsprotect_testkit::tools::run(&mut curl, b"");
    (0..requests.len()).map(|number| fs::read(dir.path().join(number.to_string())).unwrap_or_default()).collect()
}
