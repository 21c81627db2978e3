//! What a page is made of: escaped texts, numbers and moments.

use mtlsprotect_core::time::{DAY, UnixTime};
use std::fmt::{self, Display, Formatter, Write};

/// A text in markup or in a quoted attribute. Nothing of it is markup, moves a cursor or turns the direction of the text
/// that follows.
pub(crate) struct Text<T>(pub(crate) T);

/// A number with commas between its thousands.
pub(crate) struct Number(pub(crate) u64);

/// How long ago a moment is, or its day.
pub(crate) struct Ago {
    pub(crate) now: UnixTime,
    pub(crate) time: Option<UnixTime>,
}

/// When something ends.
pub(crate) struct End {
    pub(crate) now: UnixTime,
    pub(crate) time: Option<UnixTime>,
}

/// The name of a host, without its addresses: those are in its title.
pub(crate) struct HostName<'a>(pub(crate) &'a str);

struct Escaping<'a, 'f>(&'a mut Formatter<'f>);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

impl Display for HostName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let short = self.0.split(' ').next().unwrap_or_default();
        write!(f, "<span class=host title=\"{}\">{}</span>", Text(self.0), Text(short))
    }
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((place, character)) = rest.char_indices().find(|&(_, character)| is_escaped(character)) {
            self.0.write_str(&rest[..place])?;
            self.0.write_str(instead_of(character))?;
            rest = &rest[place + character.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

fn is_escaped(character: char) -> bool {
    matches!(character, '&' | '<' | '>' | '"' | '\'' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
        || character.is_control()
}

fn instead_of(character: char) -> &'static str {
    match character {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => "\u{fffd}",
    }
}

impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place) % 3 == 0 {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

impl Display for Ago {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(time) = self.time else { return f.write_str("<span class=none>never</span>") };
        write!(f, "<time datetime=\"{time}\" title=\"{time}\">")?;
        match self.now.seconds().saturating_sub(time.seconds()) {
            ..0 => write!(f, "{}", time.day())?,
            seconds @ 0..60 => write!(f, "{seconds} s ago")?,
            seconds @ 60..3600 => write!(f, "{} min ago", seconds / 60)?,
            seconds @ 3600..172_800 => write!(f, "{} h ago", seconds / 3600)?,
            _ => write!(f, "{}", time.day())?,
        }
        f.write_str("</time>")
    }
}

impl Display for End {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(time) = self.time else { return f.write_str("<span class=none>–</span>") };
        let days = time.seconds().saturating_sub(self.now.seconds()).div_euclid(DAY);
        let (class, what) = match days {
            ..0 => ("critical", "over".to_owned()),
            0 => ("warning", "today".to_owned()),
            1 => ("warning", "in 1 day".to_owned()),
            2..30 => ("warning", format!("in {days} days")),
            30..730 => ("fine", format!("in {days} days")),
            _ => ("fine", format!("in {} years", days / 365)),
        };
        write!(f, "<time datetime=\"{time}\" class={class}>{} <small>{what}</small></time>", time.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_moments_read_well() {
        let numbers = [0, 999, 1_000, 65_536, 1_000_000].map(|number| Number(number).to_string());
        assert_eq!(numbers, ["0", "999", "1,000", "65,536", "1,000,000"]);
        let now = UnixTime::from_seconds(1_800_000_000);
        let ago = |seconds: i64| Ago { now, time: Some(now - seconds) }.to_string();
        for (seconds, words) in [
            (0, ">0 s ago<"),
            (61, ">1 min ago<"),
            (7200, ">2 h ago<"),
            (9 * DAY, ">2027-01-06<"),
            (-1, ">2027-01-15<"),
        ] {
            assert!(ago(seconds).contains(words), "{}", ago(seconds));
        }
        let end = |seconds: i64| End { now, time: Some(now + seconds) }.to_string();
        for (seconds, words) in
            [(-1, "critical"), (1, "today"), (DAY, "in 1 day<"), (40 * DAY, "in 40 days"), (731 * DAY, "in 2 years")]
        {
            assert!(end(seconds).contains(words), "{}", end(seconds));
        }
    }

    #[test]
    fn a_text_stays_a_text() {
        let text = Text("<b onload='x'>&\"\n\u{202e}é").to_string();
        assert_eq!(text, "&lt;b onload=&#39;x&#39;&gt;&amp;&quot;\u{fffd}\u{fffd}é");
    }
}
