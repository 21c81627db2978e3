//! What applications decode: escapes of URLs, and digits in other forms.

/// Percent-decodes once, in a query with `+` for a space; `%uff17` too, for those who know what JavaScript's `escape` writes.
pub fn decode(text: &[u8], plus_is_space: bool, is_wide: bool) -> Vec<u8> {
    let number = |digits: Option<&[u8]>| u16::from_str_radix(std::str::from_utf8(digits?).ok()?, 16).ok();
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let Some(&first) = rest.first() {
        if let Some((character, length)) = Some(rest).filter(|_| is_wide).and_then(wide) {
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

/// Which digits in other forms an application reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folds {
    /// None.
    Nothing,
    /// What Unicode says is the same to most (NFKC).
    Composed,
    /// That, and letters without their accents.
    Decomposed,
    /// Decimal digits of all scripts.
    Decimal,
    /// All of these.
    All,
}

impl Folds {
    /// Each.
    pub const ALL: [Self; 5] = [Folds::Nothing, Folds::Composed, Folds::Decomposed, Folds::Decimal, Folds::All];
}

use Folds::{All, Composed, Decimal, Decomposed};

/// Digits in other forms than ASCII's, which these are, and who reads them.
pub const FORMS: &[(&str, &str, &[Folds])] = &[
    ("０１２３４５６７８９", "0123456789", &[Composed, Decomposed, Decimal, All]),
    ("ＡＢＣＤＥＦａｂｃｄｅｆ", "ABCDEFabcdef", &[Composed, Decomposed, All]),
    ("٠١٢٣٤٥٦٧٨٩", "0123456789", &[Decimal, All]),
    ("ÀḂĆĎÉḞàḃćďéḟ", "ABCDEFabcdef", &[Decomposed, All]),
    ("㋀㋁㋂㋃㋄㋅㋆㋇㋈", "123456789", &[Composed, Decomposed, All]),
    ("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "0123456789", &[Composed, Decomposed, Decimal, All]),
    ("𝐀𝐁𝐂𝐃𝐄𝐅𝐚𝐛𝐜𝐝𝐞𝐟", "ABCDEFabcdef", &[Composed, Decomposed, All]),
    ("：－＿．", ":-_.", &[Composed, Decomposed, All]),
];

/// Digits and letters in these forms, and full-width joints, as plain ones, where an application reads them so.
pub fn fold(text: &[u8], folds: Folds) -> Vec<u8> {
    let text = match std::str::from_utf8(text) {
        Ok(text) if !text.is_ascii() => text,
        _ => return text.to_vec(),
    };
    let plain = |letter: char| {
        let read = FORMS.iter().filter(|(.., by)| by.contains(&folds));
        let mut pairs = read.flat_map(|(forms, plain, _)| forms.chars().zip(plain.chars()));
        pairs.find(|&(form, _)| form == letter).map_or(letter, |(_, plain)| plain)
    };
    text.chars().map(plain).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Folds, decode, fold};

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
        assert_eq!(fold(&decode(b"%uff17%ud835%udfd7", false, true), Folds::All), b"79");
        assert_eq!(decode(b"%uff17%30", false, false), b"%uff170");
    }

    #[test]
    fn who_folds_less_keeps_what_others_fold() {
        let text = "７é٣".as_bytes();
        let folded = Folds::ALL.map(|folds| String::from_utf8(fold(text, folds)).unwrap());
        assert_eq!(folded, ["７é٣", "7é٣", "7e٣", "7é3", "7e3"]);
    }
}
