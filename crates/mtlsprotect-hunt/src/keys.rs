//! Which parameter of a query an application reads, and under which other keys it reads the same.

use crate::decoding::decode;

/// What an application's language makes of the key of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// PHP: without blanks before it, up to a NUL or the bracket of an array, with `_` for dots, blanks and a bracket that
    /// nothing closes.
    Php,
    /// Rack, and qs of Node.js: without brackets before it, up to the next one.
    Rack,
    /// ASP.NET: decoded, in any case.
    AnyCase,
}

/// Which of several is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    First,
    /// The last.
    Last,
}

impl Which {
    /// One of these.
    pub fn of<T>(self, mut items: impl DoubleEndedIterator<Item = T>) -> Option<T> {
        match self {
            Which::First => items.next(),
            Which::Last => items.next_back(),
        }
    }
}

/// A parameter as an application reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What the application calls it.
    pub name: &'static str,
    /// How it reads keys.
    pub style: Style,
    /// Which of several it takes.
    pub which: Which,
}

impl Keys {
    /// Whether this is the key of it, without case, as where all keys are lowered.
    pub fn is(&self, key: &[u8]) -> bool {
        let key = decode(key, true, false);
        let read = match self.style {
            Style::Php => php_name(&key),
            Style::Rack => rack_name(&key),
            Style::AnyCase => key,
        };
        read.eq_ignore_ascii_case(self.name.as_bytes())
    }

    /// Keys that it takes for this one, and some that it doesn't.
    pub fn spellings(&self) -> &'static [&'static str] {
        match (self.name, self.style) {
            ("mac", Style::Php) => &[
                "mac",
                "mac",
                "MAC",
                "mac[]",
                "mac[x]",
                "mac%5b%5D",
                "%6dac",
                "+mac",
                "%20+mac",
                "mac%00x",
                "mac[x][mac]",
                "Mac%5b",
                "%4DAC[",
            ],
            ("mac", Style::Rack) => &[
                "mac",
                "[mac]",
                "mac]",
                "[mac",
                "]mac",
                "%5Bmac%5D",
                "mac%5d",
                "[[mac]]",
                "[Mac]",
                "%5b%6dac]x",
                "mac[]",
                "[mac][]",
                "[%4dac]",
            ],
            ("mac", _) => &["mac", "MAC", "Mac", "%6dac", "m%41c", "%4d%41%43"],
            _ => &[
                "phone_mac",
                "phone.mac",
                "phone[mac",
                "phone+mac",
                "Phone%20Mac",
                "phone%5bmac",
                "phone%2Emac",
                "+phone.mac[]",
                "PHONE.mac[x]",
                "phone_mac%00",
                "phone%5Fmac",
            ],
        }
    }
}

/// What PHP calls a parameter of this decoded key.
fn php_name(key: &[u8]) -> Vec<u8> {
    let key = key.split(|&byte| byte == 0).next().unwrap_or_default();
    let key = &key[key.iter().take_while(|&&byte| byte == b' ').count()..];
    let bracket = key.iter().position(|&byte| byte == b'[').unwrap_or(key.len());
    let (before, behind) = key.split_at(bracket);
    let mut name: Vec<u8> = before.iter().map(|&byte| if matches!(byte, b'.' | b' ') { b'_' } else { byte }).collect();
    if !behind.is_empty() && !behind.contains(&b']') {
        name.push(b'_');
        name.extend(&behind[1..]);
    }
    name
}

/// What Rack does.
fn rack_name(key: &[u8]) -> Vec<u8> {
    let is_bracket = |byte: &u8| matches!(byte, b'[' | b']');
    key.iter().skip_while(|byte| is_bracket(byte)).take_while(|byte| !is_bracket(byte)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Keys, Style, Which};

    fn keys(name: &'static str, style: Style) -> Keys {
        Keys { name, style, which: Which::Last }
    }

    #[test]
    fn each_language_reads_keys_in_its_own_way() {
        for (keys, good, bad) in [
            (keys("mac", Style::Php), "mac[]", "[mac]"),
            (keys("mac", Style::Php), "+MAC%00x", "xmac"),
            (keys("mac", Style::Rack), "[mac]", "+mac"),
            (keys("mac", Style::Rack), "mac]", "mac.x"),
            (keys("mac", Style::AnyCase), "%4dAC", "mac[]"),
            (keys("phone_mac", Style::Php), "phone[mac", "phone[mac]"),
            (keys("phone_mac", Style::Php), "phone.mac[]", "phone-mac"),
        ] {
            assert!(keys.is(good.as_bytes()), "{keys:?} {good}");
            assert!(!keys.is(bad.as_bytes()), "{keys:?} {bad}");
        }
    }

    #[test]
    fn most_spellings_of_a_key_are_read_as_it() {
        for keys in [
            keys("mac", Style::Php),
            keys("mac", Style::Rack),
            keys("mac", Style::AnyCase),
            keys("phone_mac", Style::Php),
        ] {
            let all = keys.spellings();
            let good = all.iter().filter(|key| keys.is(key.as_bytes())).count();
            assert!(good * 4 >= all.len() * 3, "{keys:?}: {good} of {}", all.len());
        }
    }
}
