//! Makes hostile bytes fit for a line of a log.

/// `text` with everything but printable ASCII, and quotes of both kinds, backslashes and percent signs, written
/// as `%XX`: nothing in it can end a quoted field or a string of JSON, and httpd's own log escaping leaves it alone.
/// At most `limit` bytes of the input are shown.
pub fn quoted(text: &[u8], limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit) + 8);
    append(&mut line, text, limit, &TEXT);
    line
}

/// The same for a text that is percent-encoded already, whose percent signs stay.
pub fn quoted_uri(text: &[u8], limit: usize) -> String {
    let mut line = String::new();
    append_uri(&mut line, text, limit);
    line
}

/// [`quoted`] at the end of a line.
pub fn append_text(line: &mut String, text: &[u8], limit: usize) {
    append(line, text, limit, &TEXT);
}

/// [`quoted_uri`] at the end of a line.
pub fn append_uri(line: &mut String, text: &[u8], limit: usize) {
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

fn append(line: &mut String, text: &[u8], limit: usize, kept: &Kept) {
    let shown = &text[..text.len().min(limit)];
    // Most often all of it stays.
    let plain = if shown.iter().fold(true, |all, &byte| all & kept[usize::from(byte)]) {
        std::str::from_utf8(shown).ok()
    } else {
        None
    };
    match plain {
        Some(plain) => line.push_str(plain),
        None => {
            for &byte in shown {
                if kept[usize::from(byte)] {
                    line.push(char::from(byte));
                } else {
                    line.extend(['%', digit(byte >> 4), digit(byte & 15)]);
                }
            }
        }
    }
    if shown.len() < text.len() {
        line.push_str("...");
    }
}

fn digit(nibble: u8) -> char {
    char::from(DIGITS[usize::from(nibble)])
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
