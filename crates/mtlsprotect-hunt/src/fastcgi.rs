//! As much of FastCGI as a responder needs that closes the connection after one request.

use std::io::{Read, Write};

const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;

/// A parameter's name and value.
pub type Parameter = (Vec<u8>, Vec<u8>);

/// The parameters of a request, once its body has been read too.
pub fn read(input: &mut impl Read) -> Option<Vec<Parameter>> {
    let mut parameters = Vec::new();
    loop {
        let mut head = [0; 8];
        input.read_exact(&mut head).ok()?;
        let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
        let mut content = vec![0; length + usize::from(head[6])];
        input.read_exact(&mut content).ok()?;
        content.truncate(length);
        match head[1] {
            PARAMS => parameters.extend(content),
            STDIN if length == 0 => return pairs(&parameters),
            _ => {}
        }
    }
}

fn pairs(mut bytes: &[u8]) -> Option<Vec<Parameter>> {
    let mut pairs = Vec::new();
    while !bytes.is_empty() {
        let (name, value) = (take_length(&mut bytes)?, take_length(&mut bytes)?);
        pairs.push((bytes.get(..name)?.to_vec(), bytes.get(name..name + value)?.to_vec()));
        bytes = &bytes[name + value..];
    }
    Some(pairs)
}

/// One byte, or four whose first bit is set.
fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let &first = bytes.first()?;
    let size = if first < 128 { 1 } else { 4 };
    let length = bytes.get(..size)?.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
    *bytes = &bytes[size..];
    Some(if size == 1 { length } else { length & 0x7fff_ffff })
}

/// Answers with what a CGI script would print, and ends the request.
pub fn write(output: &mut impl Write, text: &[u8]) {
    let mut answer = Vec::new();
    for (kind, content) in [(STDOUT, text), (STDOUT, &b""[..]), (END_REQUEST, &[0; 8])] {
        let length = u16::try_from(content.len()).expect("a short answer").to_be_bytes();
        answer.extend([1, kind, 0, 1, length[0], length[1], 0, 0]);
        answer.extend(content);
    }
    let _ = output.write_all(&answer);
}
