//! Hostile bytes made fit for a line of a log.

/// `text` with everything but printable ASCII, and quotes, backslashes and percent signs, written
/// as `%XX`: nothing in it can end a quoted field, and httpd's own log escaping leaves it alone.
/// At most `limit` bytes of the input are shown.
pub fn quoted(text: &[u8], limit: usize) -> String {
    escape(text, limit, |byte| byte != b'%')
}

/// The same for a text that is percent-encoded already, whose percent signs stay.
pub fn quoted_uri(text: &[u8], limit: usize) -> String {
    escape(text, limit, |_| true)
}

fn escape(text: &[u8], limit: usize, keeps: impl Fn(u8) -> bool) -> String {
    let shown = &text[..text.len().min(limit)];
    let mut out: Vec<u8> = Vec::with_capacity(shown.len() + 8);
    for &byte in shown {
        if (b' '..=b'~').contains(&byte) && !matches!(byte, b'"' | b'\\') && keeps(byte) {
            out.push(byte);
        } else {
            out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
    if shown.len() < text.len() {
        out.extend(b"...");
    }
    // All of it is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_forged_line_stays_one_field() {
        assert_eq!(quoted(b"CN=x\" reason=own-file\n\\", 99), "CN=x%22 reason=own-file%0A%5C");
        assert_eq!(quoted("ü%".as_bytes(), 99), "%C3%BC%25");
        assert_eq!(quoted_uri(b"/a%20\"", 99), "/a%20%22");
        assert_eq!(quoted(b"abcdef", 3), "abc...");
    }

    proptest! {
        #[test]
        fn nothing_ends_a_quoted_field(text in prop::collection::vec(any::<u8>(), 0..50)) {
            prop_assert!(quoted(&text, 40).bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'));
        }
    }
}
