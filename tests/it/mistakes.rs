//! What operators get wrong, in one table: what `httpd -t` says of each, with file and line. And what is right is silent.

mod folders;
mod handshakes;
mod other_ways;
mod rest;
mod table;

use mtlsprotect_testkit::{Authority, Builder, Crl, Httpd, Poly};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use table::{MISTAKES, Mistake, PROPER};

/// What the tables abbreviate.
const WORDS: [(&str, &str); 4] = [
    ("@CAS@", "MTLSProtectCAFile device-ca.pem"),
    ("@HOST@", "<VirtualHost 127.0.0.1:${HTTPS}>\nSSLEngine on\nSSLVerifyClient optional_no_ca"),
    ("@END@", "</VirtualHost>"),
    ("@ON@", "<Directory \"${DOCROOT}\">\nMTLSProtect On\n</Directory>"),
];

/// The line after this one is where the mistake is.
const HERE: &str = "#here";

fn written(lines: &str) -> String {
    WORDS.iter().fold(lines.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
}

/// As many CAs as no staff has.
fn bundle() -> &'static [u8] {
    static BUNDLE: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..21).flat_map(|number| Authority::root(&format!("TEST Web CA {number}")).pem()).collect());
    &BUNDLE
}

fn site(modules: &[&str], text: &str, links: &Links) -> Builder {
    let poly = Poly::shared();
    Httpd::builder()
        .with_module()
        .modules(modules)
        .without_vhosts()
        .page("cfg/x.cfg", "x")
        .page(".well-known/acme-challenge/x", "x")
        .file("device-ca.pem", Poly::shared().bundle_pem())
        .file("root-ca.pem", Poly::shared().root_pem())
        .file("one-ca.pem", [&poly.root, &poly.policy, &poly.issuing1].map(Authority::pem).concat())
        .file("issuing1.crl", Crl::of(&poly.issuing1).pem())
        .file("staff-ca.pem", Authority::root("TEST Staff CA").pem())
        .file("bundle.pem", bundle())
        .file("devices", "0004f2aaaaaa allow\n64167faaaaaa exempt from=192.0.2.0/24 until=2099-12-31\n")
        .file("phones.txt", "1001 0004f2aaaaaa\n")
        .page("devices", "# none\n")
        .file("halves", "0004f2aaaaaa exempt from=0.0.0.0/1,128.0.0.0/1 until=2099-12-31\n")
        .file("marked", "\u{feff}0004f2aaaaaa allow\n")
        .file("utf16", b"\xff\xfe0\x000\x00".as_slice())
        .file("key.pem", Poly::shared().phone("0004f2aaaaaa").key_pem())
        .file("hashed/12345678.0", Poly::shared().root_pem())
        .file("others", "0004f2bbbbbb allow\n")
        .file("device-ca.crl", Crl::of(&Poly::shared().root).pem())
        .file("blocked", "0004f2aaaaaa block\n")
        .file("site.conf", text)
        .config("Define ROOT {root}\nDefine DOCROOT {docroot}\nDefine HTTPS {https}\nDefine HTTPS_B {https_b}")
        .config(&format!("Define LINKS {}", links.0.display()))
        .config("Include {root}/site.conf")
        // where a row's hosts don't listen
        .config(
            "<VirtualHost 127.0.0.1:{http} 127.0.0.1:{https} 127.0.0.1:{https_b}>\nServerName nobody.example\n\
             DocumentRoot {root}/logs\nMTLSProtect Off\n</VirtualHost>",
        )
}

/// A folder and a symbolic link to it, outside of any server's root.
struct Links(PathBuf);

impl Links {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mtlsprotect-mistakes-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("provisioning")).unwrap();
        symlink("provisioning", path.join("phones")).unwrap();
        assert!(Command::new("mkfifo").arg(path.join("pipe")).status().unwrap().success());
        Links(path)
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn check(mistake: &Mistake, links: &Links) -> Result<(), String> {
    let text = written(mistake.lines);
    let output = site(mistake.modules, &text, links).configtest();
    let said = &output.text;
    let wrong = |what: &str| Err(format!("{}: {what}\n{text}\n--- says:\n{said}", mistake.what));
    if output.ok == mistake.fails {
        return wrong(if mistake.fails { "is accepted" } else { "is an error" });
    }
    if said.contains("panic") {
        return wrong("panics");
    }
    let line = text.lines().position(|line| line == HERE).map(|number| number + 2);
    let is_ours = |said: &&str| {
        line.is_none_or(|line| {
            said.contains(&format!("site.conf:{line}:")) || said.contains(&format!("on line {line} of"))
        })
    };
    // httpd puts the place into a line of its own.
    let whole = said.lines().filter(|said| mistake.fails || said.contains("mtlsprotect: "));
    if !whole.clone().any(|said| is_ours(&said)) {
        return wrong(&format!("names no line {line:?}"));
    }
    let all: Vec<&str> = if mistake.fails { vec![said.as_str()] } else { whole.filter(is_ours).collect() };
    match mistake.says.iter().find(|word| !all.iter().any(|said| said.contains(**word))) {
        Some(word) => wrong(&format!("does not say {word:?} there")),
        None => Ok(()),
    }
}

/// Checks rows on a few threads; httpd is another process.
fn check_all<T: Sync>(rows: &[T], check: impl Fn(&T) -> Result<(), String> + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    if let Err(failure) = check(row) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {}:\n\n{}", failures.len(), rows.len(), failures.join("\n\n"));
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let links = Links::new("told");
    for rows in [MISTAKES, other_ways::MISTAKES, rest::MISTAKES] {
        check_all(rows, |mistake| check(mistake, &links));
    }
}

#[test]
fn each_way_to_a_protected_folder_past_its_section_is_told_with_its_line() {
    let links = Links::new("folders");
    check_all(folders::MISTAKES, |mistake| check(mistake, &links));
}

fn silent(what: &str, modules: &[&str], lines: &str, links: &Links) -> Result<(), String> {
    let text = written(lines);
    let output = site(modules, &text, links).configtest();
    let is_silent = output.ok && !output.text.contains("mtlsprotect: ");
    if is_silent { Ok(()) } else { Err(format!("{what}:\n{text}\n--- says:\n{}", output.text)) }
}

#[test]
fn each_mistake_about_handshakes_is_told_with_its_line() {
    let links = Links::new("handshakes");
    check_all(handshakes::MISTAKES, |mistake| check(mistake, &links));
}

#[test]
fn a_proper_configuration_of_a_guide_is_silent() {
    let links = Links::new("silent");
    let rows = [PROPER, other_ways::PROPER, rest::PROPER].concat();
    check_all(&rows, |(what, modules, lines)| silent(what, modules, lines, &links));
}

#[test]
fn a_proper_configuration_of_folders_is_silent() {
    let links = Links::new("silent-folders");
    check_all(folders::PROPER, |(what, modules, lines)| silent(what, modules, lines, &links));
}

#[test]
fn a_proper_configuration_of_handshakes_is_silent() {
    let links = Links::new("silent-handshakes");
    check_all(handshakes::PROPER, |(what, modules, lines)| silent(what, modules, lines, &links));
}
