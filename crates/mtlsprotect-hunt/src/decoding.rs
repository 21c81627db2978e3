//! What applications decode: escapes of URLs, and digits in other forms.

/// Percent-decodes once, in a query with `+` for a space; `%uff17` too, for those who know what JavaScript's `escape` writes.
pub fn decode(text: &[u8], plus_is_space: bool, is_wide: bool) -> Vec<u8> {
    let number = |digits: Option<&[u8]>| u16::from_str_radix(std::str::from_utf8(digits?).ok()?, 16).ok();
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let Some(&first) = rest.first() {
        if is_wide && let Some((character, length)) = wide(rest) {
            decoded.extend(character.encode_utf8(&mut [0; 4]).bytes());
            rest = &rest[length..];
            continue;
        }
        let (byte, length) = match rest {
            [b'%', high, _, ..] if *high != b'+' => (number(rest.get(1..3)).map(|byte| byte as u8), 3),
            [b'+', ..] if plus_is_space => (Some(b' '), 1),
            _ => (None, 1),
        };
        decoded.push(byte.unwrap_or(first));
        rest = &rest[if byte.is_some() { length } else { 1 }..];
    }
    decoded
}

/// The character that `%uff17` at the beginning of a text is, or two surrogates, and the length of it.
fn wide(text: &[u8]) -> Option<(char, usize)> {
    const LENGTH: usize = 6;
    let unit = |text: &[u8]| {
        let [b'%', b'u' | b'U', digits @ ..] = text else { return None };
        let digits = digits.first_chunk::<4>().filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let first = unit(text)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Some((character, LENGTH));
    }
    let two = [first, unit(&text[LENGTH..])?];
    char::decode_utf16(two).next()?.ok().map(|character| (character, 2 * LENGTH))
}

/// Digits in other forms than ASCII's, and which these are.
pub const FORMS: &[(&str, &str)] = &[
    ("０１２３４５６７８９ＡＢＣＤＥＦａｂｃｄｅｆ", "0123456789ABCDEFabcdef"),
    ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
    ("ÀḂĆĎÉḞàḃćďéḟ", "ABCDEFabcdef"),
    ("㋀㋁㋂㋃㋄㋅㋆㋇㋈", "123456789"),
    ("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝐀𝐁𝐂𝐃𝐄𝐅𝐚𝐛𝐜𝐝𝐞𝐟", "0123456789ABCDEFabcdef"),
];

/// Digits and letters in these forms, and full-width joints, as plain ones.
pub fn fold(text: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(text) else { return text.to_vec() };
    let plain = |letter: char| match letter {
        '：' | '－' | '＿' | '．' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        other => FORMS
            .iter()
            .find_map(|(forms, plain)| forms.chars().zip(plain.chars()).find(|&(form, _)| form == other))
            .map_or(other, |(_, plain)| plain),
    };
    text.chars().map(plain).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{decode, fold};

    #[test]
    fn what_is_escaped_wrongly_stays() {
        assert_eq!(decode(b"%41%4%zz%+", false, true), b"A%4%zz%+");
        assert_eq!(decode(b"a+b", true, true), b"a b");
        assert_eq!(decode(b"%2541", false, true), b"%41");
        assert_eq!(decode(b"%u0030%uff1%u01%+1%ud835%x", false, true), b"0%uff1%u01%+1%ud835%x");
    }

    #[test]
    fn wide_escapes_are_characters_to_those_who_know_them() {
        assert_eq!(decode(b"%uff17%u00e9%U0031", false, true), "７é1".as_bytes());
        assert_eq!(fold(&decode(b"%uff17%ud835%udfd7", false, true)), b"79");
        assert_eq!(decode(b"%uff17%30", false, false), b"%uff170");
    }
}
