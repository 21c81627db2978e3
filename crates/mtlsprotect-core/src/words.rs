//! Enums that know all of their variants, and the word of each: what is not in the one list is not in the enum.

use std::ffi::CStr;
use std::fmt;

/// An enum with `ALL`, its variants in the order in which they are written.
#[macro_export]
macro_rules! listed {
    (
        $(#[$about_all:meta])*
        $public:vis enum $name:ident { $($(#[$about:meta])* $variant:ident,)+ }
    ) => {
        $(#[$about_all])*
        $public enum $name { $($(#[$about])* $variant,)+ }

        #[allow(dead_code, reason = "not every enum needs all of it")]
        impl $name {
            /// All of them, in order.
            $public const ALL: [$name; [$(stringify!($variant)),+].len()] = [$($name::$variant),+];
        }
    };
}

/// An enum with `ALL`, and with a word for each variant, which no other has.
#[macro_export]
macro_rules! words {
    (
        $(#[$about_all:meta])*
        $public:vis enum $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }
    ) => {
        $crate::listed! {
            $(#[$about_all])*
            $public enum $name { $($(#[$about])* $variant,)+ }
        }

        #[allow(dead_code, reason = "not every enum needs all of it")]
        impl $name {
            /// The word of it.
            $public const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// The same for C.
            $public const fn as_c_str(self) -> &'static ::std::ffi::CStr {
                match self {
                    $($name::$variant => const { $crate::words::terminated(concat!($word, "\0")) },)+
                }
            }

            /// The one with this word.
            $public fn of_word(word: &[u8]) -> Option<Self> {
                $(if word == $word.as_bytes() {
                    return Some($name::$variant);
                })+
                None
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            /// By its word.
            fn from_str(word: &str) -> Result<Self, $crate::words::UnknownWord> {
                $name::of_word(word.as_bytes()).ok_or($crate::words::UnknownWord)
            }
        }

        const _: () = assert!($crate::words::differ(&[$($word),+]), "two variants have the same word");
    };
}

/// A word that no variant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord;

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not one of the words that are expected here")
    }
}

impl std::error::Error for UnknownWord {}

/// A text with a zero at its end as a C string.
pub const fn terminated(text: &str) -> &CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a zero in a word"),
    }
}

/// Whether no two of these words are the same.
pub const fn differ(words: &[&str]) -> bool {
    let mut first = 0;
    while first < words.len() {
        let mut second = first + 1;
        while second < words.len() {
            if are_same(words[first].as_bytes(), words[second].as_bytes()) {
                return false;
            }
            second += 1;
        }
        first += 1;
    }
    true
}

/// Like `==`, which can't be used in constants.
const fn are_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{UnknownWord, differ};

    words! {
        /// Two words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Two {
            /// One.
            First = "first",
            /// The other.
            Second = "second-one",
        }
    }

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for one in Two::ALL {
            assert_eq!((one.as_str().parse(), Two::of_word(one.as_c_str().to_bytes())), (Ok(one), Some(one)));
        }
        assert_eq!(Two::ALL, [Two::First, Two::Second]);
        for wrong in ["", "First", "first ", "second"] {
            assert_eq!((wrong.parse::<Two>(), Two::of_word(wrong.as_bytes())), (Err(UnknownWord), None), "{wrong}");
        }
        assert!(UnknownWord.to_string().contains("not one of"));
    }

    #[test]
    fn a_word_that_two_have_is_found_wherever_it_stands() {
        assert!(differ(&[]) && differ(&["a"]) && differ(&["write", "write-of", "method", "other"]));
        assert!(!differ(&["a", "a"]) && !differ(&["method", "write", "other", "write"]));
    }
}
