//! What all subcommands print: lines for people, JSON for programs, and how they end.

use anyhow::{Context, Result};
use percent_encoding::percent_encode_byte;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::fmt;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How a subcommand ends, where nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// Something was found that the operator should know.
    Finding,
    /// Something was found that can't wait, as monitors know it.
    Critical,
    /// A part could not be done, and has been said.
    Unknown,
}

impl Outcome {
    /// A finding, if there is one.
    pub fn finding_if(found: bool) -> Self {
        if found { Outcome::Finding } else { Outcome::Fine }
    }
}

/// The command line is wrong, whatever the files, servers and networks are like.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// An error of the command line.
pub fn usage(what: impl Into<String>) -> anyhow::Error {
    Usage(what.into()).into()
}

/// An error in the core's words, which may have a file's name in them.
pub fn failed(error: impl fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{}", one_line(&error.to_string()))
}

/// Somebody stopped reading what we print.
#[derive(Debug)]
pub struct ReaderGone;

impl fmt::Display for ReaderGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output")
    }
}

impl std::error::Error for ReaderGone {}

/// The result of printing, in which a reader who is gone is told from a full disk.
pub fn printed<T>(result: io::Result<T>) -> Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        result => result.context("the output cannot be written"),
    }
}

/// Prints a line.
pub fn print_line(line: &str) -> Result<()> {
    printed(writeln!(io::stdout().lock(), "{}", harmless(line)))
}

/// Prints something on standard error, which may be closed.
pub fn warn(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(line));
}

/// Prints JSON for programs, indented and in ASCII.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, Ascii(PrettyFormatter::new())));
    printed(written.map_err(io::Error::from).and_then(|()| writeln!(out)).and_then(|()| out.flush()))
}

/// A value as JSON in one line of ASCII.
pub fn json_line(value: &impl Serialize) -> Result<String> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, Ascii(serde_json::ser::CompactFormatter)))?;
    Ok(String::from_utf8(out)?)
}

/// Writes what is not ASCII, and the control character that JSON lets stand, as `\uXXXX`.
struct Ascii<F>(F);

macro_rules! as_the_other_does {
    ($($name:ident $(($argument:ident: $kind:ty))?),*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$name(out $(, $argument)?)
        }
    )*};
}

impl<F: Formatter> Formatter for Ascii<F> {
    as_the_other_does!(
        begin_array,
        end_array,
        begin_array_value(first: bool),
        end_array_value,
        begin_object,
        end_object,
        begin_object_key(first: bool),
        begin_object_value,
        end_object_value
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            if character.is_ascii() && character != '\x7f' {
                out.write_all(&[character as u8])?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// A text without what a terminal would interpret; line breaks stay.
pub fn harmless(text: &str) -> String {
    escaped(text, |character| character != '\n')
}

/// The same in one line.
pub fn one_line(text: &str) -> String {
    escaped(text, |_| true)
}

/// A path for people: what must not reach a terminal and what is not UTF-8 as `%XX`.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for part in path.as_os_str().as_bytes().utf8_chunks() {
        text += &one_line(part.valid());
        text.extend(part.invalid().iter().map(|&byte| percent_encode_byte(byte)));
    }
    text
}

fn escaped(text: &str, may_be_bad: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_bad(character) && may_be_bad(character) {
            out.extend(character.encode_utf8(&mut [0; 4]).bytes().map(percent_encode_byte));
        } else {
            out.push(character);
        }
    }
    out
}

/// Whether a character moves the cursor, or changes the direction of the text that follows.
fn is_bad(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A number with its word: `1 phone`, `2 phones`, `0 phones`.
pub fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    let count: u64 = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(harmless("a\x1b[31m\n\u{9b}2J\u{202e}é\r"), "a%1B[31m\n%C2%9B2J%E2%80%AEé%0D");
        assert_eq!(one_line("a\nb"), "a%0Ab");
        assert_eq!(shown(Path::new(OsStr::from_bytes(b"b\xfcro\n/\xc3\xa9"))), "b%FCro%0A/é");
    }

    #[test]
    fn json_is_ascii() {
        let text = "é\u{9b}\x7f\u{1f4de}\"\n";
        let json = json_line(&[text]).unwrap();
        assert_eq!(json, r#"["\u00e9\u009b\u007f\ud83d\udcde\"\n"]"#);
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }

    #[test]
    fn one_is_no_plural() {
        let phones = |count: usize| counted(count, "phone", "phones");
        assert_eq!([phones(0), phones(1), phones(2)], ["0 phones", "1 phone", "2 phones"]);
    }
}
