//! Strings of C.

use std::ffi::{CStr, c_char, c_int};
use std::ptr::NonNull;

/// The bytes of a C string; `None` for null.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that is not changed or freed during `'a`.
pub unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller vouches for the rest.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// The words of a command line; `None` where one is not UTF-8.
///
/// # Safety
/// `words` points to `count` strings as for [`bytes`], none of them null.
pub unsafe fn words<'a>(words: *const *mut c_char, count: c_int) -> Option<Vec<&'a str>> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller vouches for so many strings.
    let word = |index| unsafe { bytes(words.add(index).read()) };
    (0..count).map(|index| std::str::from_utf8(word(index)?).ok()).collect()
}

/// What C sees of a text: nothing behind its first NUL.
pub fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The bytes that [`copy_texts`] needs.
pub fn length_of_copies(texts: &[&[u8]]) -> usize {
    texts.iter().map(|text| text.len() + 1).sum()
}

/// Copies texts, each followed by a NUL.
///
/// # Safety
/// At `place` there are [`length_of_copies`] bytes that nobody else uses.
pub unsafe fn copy_texts<const COUNT: usize>(place: NonNull<u8>, texts: [&[u8]; COUNT]) -> [NonNull<[u8]>; COUNT] {
    let mut next = place;
    texts.map(|text| {
        let copy = NonNull::slice_from_raw_parts(next, text.len());
        // SAFETY: the texts and their NULs fill the memory exactly.
        unsafe {
            // A request's query and path info are empty more often than not, and a call for nothing takes its time.
            if !text.is_empty() {
                next.as_ptr().copy_from_nonoverlapping(text.as_ptr(), text.len());
                next = next.add(text.len());
            }
            next.write(0);
            next = next.add(1);
        }
        copy
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_fill_their_memory_and_end_with_a_nul() {
        let texts: [&[u8]; 4] = [b"one", b"", b"t\0o", b"x"];
        let length = length_of_copies(&texts);
        let mut memory = vec![0xff_u8; length].into_boxed_slice();
        let place = NonNull::from(&mut *memory).cast();
        // SAFETY: the memory has that length, stays, and is only used by what points into it.
        unsafe {
            let copies = copy_texts(place, texts);
            assert_eq!(copies.map(|copy| copy.as_ref().to_vec()), texts.map(<[u8]>::to_vec));
            assert_eq!(bytes(copies[0].cast().as_ptr()), Some(&b"one"[..]));
            assert_eq!(bytes(copies[1].cast().as_ptr()), Some(&b""[..]));
            assert_eq!(bytes(copies[2].cast().as_ptr()), Some(&b"t"[..]));
        }
        assert_eq!(&memory[..], b"one\0\0t\0o\0x\0");
    }

    #[test]
    fn a_text_ends_at_its_first_nul() {
        assert_eq!(until_nul(b"ab\0c\0"), b"ab");
        assert_eq!(until_nul(b"abc"), b"abc");
        assert_eq!(until_nul(b"\0"), b"");
        assert_eq!(until_nul(b""), b"");
    }

    #[test]
    fn words_are_all_of_a_line_and_utf8() {
        let own = [c"GET".to_owned(), c"\u{fc}".to_owned(), c"".to_owned()];
        let line = own.each_ref().map(|word| word.as_ptr().cast_mut());
        // SAFETY: three strings.
        unsafe {
            assert_eq!(words(line.as_ptr(), 3), Some(vec!["GET", "\u{fc}", ""]));
            assert_eq!(words(line.as_ptr(), 0), Some(vec![]));
            assert_eq!(words(line.as_ptr(), -1), Some(vec![]));
            let latin1 = [c"\xfc".as_ptr().cast_mut()];
            assert_eq!(words(latin1.as_ptr(), 1), None);
            assert_eq!(bytes(std::ptr::null()), None);
        }
    }
}
