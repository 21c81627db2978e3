//! Makes hostile bytes fit for a line of a log.

/// `text` with everything but printable ASCII, and quotes of both kinds, backslashes and percent signs, written
/// as `%XX`: nothing in it can end a quoted field or a string of JSON, and httpd's own log escaping leaves it alone.
/// At most `limit` bytes of the input are shown.
pub fn quoted(text: &[u8], limit: usize) -> String {
    written(|line| append_text(line, text, limit))
}

/// The same for a text that is percent-encoded already, whose percent signs stay.
pub fn quoted_uri(text: &[u8], limit: usize) -> String {
    written(|line| append_uri(line, text, limit))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut line = Vec::new();
    write(&mut line);
    // It is ASCII.
    String::from_utf8(line).unwrap_or_default()
}

/// [`quoted`] at the end of a line.
pub fn append_text(line: &mut Vec<u8>, text: &[u8], limit: usize) {
    append(line, text, limit, &TEXT);
}

/// [`quoted_uri`] at the end of a line.
pub fn append_uri(line: &mut Vec<u8>, text: &[u8], limit: usize) {
    append(line, text, limit, &URI);
}

/// Which bytes stay as they are.
type Kept = [bool; 256];

const URI: Kept = {
    let mut kept = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        kept[byte as usize] = !matches!(byte, b'"' | b'\'' | b'\\');
        byte += 1;
    }
    kept
};

const TEXT: Kept = {
    let mut kept = URI;
    kept[b'%' as usize] = false;
    kept
};

fn append(line: &mut Vec<u8>, text: &[u8], limit: usize, kept: &Kept) {
    let shown = &text[..text.len().min(limit)];
    let mut rest = shown;
    // Most often all of it stays.
    while let Some(place) = rest.iter().position(|&byte| !kept[usize::from(byte)]) {
        let (plain, escaped) = rest.split_at(place);
        line.extend_from_slice(plain);
        line.extend([b'%', digit(escaped[0] >> 4), digit(escaped[0] & 15)]);
        rest = &escaped[1..];
    }
    line.extend_from_slice(rest);
    if shown.len() < text.len() {
        line.extend_from_slice(b"...");
    }
}

fn digit(nibble: u8) -> u8 {
    DIGITS[usize::from(nibble)]
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_forged_line_stays_one_field() {
        assert_eq!(quoted(b"CN=x\"' reason=own-file\n\\", 99), "CN=x%22%27 reason=own-file%0A%5C");
        assert_eq!(quoted("ü%".as_bytes(), 99), "%C3%BC%25");
        assert_eq!(quoted_uri(b"/a%20\"", 99), "/a%20%22");
        assert_eq!(quoted(b"abcdef", 3), "abc...");
    }

    proptest! {
        #[test]
        fn nothing_ends_a_quoted_field(text in prop::collection::vec(any::<u8>(), 0..50)) {
            prop_assert!(quoted(&text, 40).bytes().all(|b| (b' '..=b'~').contains(&b) && !matches!(b, b'"' | b'\'' | b'\\')));
        }
    }
}
