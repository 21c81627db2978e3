//! Which line of whose source an instruction of the module comes from, inlined functions included: addr2line tells.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A function of this project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// "names/finder": its file below src, without the crate.
    pub file: String,
    /// "Finder::look"
    pub function: String,
}

/// What an instruction is part of.
#[derive(Clone, Debug)]
pub struct Frames {
    /// The innermost function of this project that it stands in, safe wrappers aside where they were inlined.
    pub place: Option<Place>,
    /// The innermost wrapper.
    pub wrapper: Option<String>,
    /// Whether the function that all of it was inlined into is of this project.
    pub is_ours: bool,
}

/// The frames of these addresses of an object.
pub fn frames(object: &Path, addresses: &[u64]) -> HashMap<u64, Frames> {
    let mut child = Command::new("addr2line")
        .args(["--addresses", "--inlines", "--functions", "--demangle", "--exe"])
        .arg(object)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("addr2line (Debian: binutils) runs");
    let asked: String = addresses.iter().map(|address| format!("{address:#x}\n")).collect();
    let mut input = child.stdin.take().expect("its standard input is a pipe");
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it doesn't panic").expect("addr2line reads all addresses");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut found = HashMap::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let address = line.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let address = address.expect("first the address, then its frames");
        let mut places = Vec::new();
        while lines.peek().is_some_and(|line| !line.starts_with("0x")) {
            let function = lines.next().unwrap_or_default();
            let file = lines.next().unwrap_or_default();
            places.push(place(function, file));
        }
        let is_ours = places.last().is_some_and(Option::is_some);
        let mut places = places.into_iter().flatten();
        let innermost = places.next();
        let wrapper = innermost.as_ref().filter(|place| is_wrapper(place)).map(|place| place.function.clone());
        let caller = wrapper.as_ref().and_then(|_| places.find(|place| !is_wrapper(place)));
        let wrapper = wrapper.filter(|_| caller.is_some());
        found.insert(address, Frames { place: caller.or(innermost), wrapper, is_ours });
    }
    found
}

fn is_wrapper(place: &Place) -> bool {
    place.file == "httpd" || place.file.starts_with("httpd/")
}

/// Nothing for a file of the standard library or of another crate.
fn place(function: &str, file: &str) -> Option<Place> {
    let file = file.split(':').next().unwrap_or_default();
    let root = env!("CARGO_MANIFEST_DIR");
    let below = file.strip_prefix(root).unwrap_or(file).trim_start_matches('/').trim_start_matches("./");
    let below = match below.split_once("/src/") {
        Some((of_a_crate, below)) if of_a_crate.starts_with("crates/") && !of_a_crate[7..].contains('/') => below,
        Some(_) => return None,
        None => below.strip_prefix("src/")?,
    };
    let file = below.trim_end_matches(".rs").trim_end_matches("/mod").to_owned();
    Some(Place { file, function: short(function) })
}

/// The last two words of a path: "gate::judge", "Finder::look"; without what generics were filled with.
fn short(function: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0;
    for character in function.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split("::").filter(|word| !word.is_empty() && !is_hash(word)).collect();
    words[words.len().saturating_sub(2)..].join("::")
}

fn is_hash(word: &str) -> bool {
    word.len() == 17 && word.starts_with('h') && word[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
}
