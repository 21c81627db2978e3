//! What a request for the status asks for: a form of it, and which devices.

use crate::device::State;
use mtlsprotect_core::{Mac, hex_value};
use percent_encoding::percent_decode;

mtlsprotect_core::words! {
    /// The forms in which the status is shown, with their words after `format=`. Of those that a client likes as much as
    /// another the first is taken.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Format {
        /// A page for people.
        Html = "html",
        /// JSON.
        Json = "json",
        /// OpenMetrics.
        OpenMetrics = "openmetrics",
        /// Prometheus's own text.
        Prometheus = "prometheus",
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The form.
    pub format: Format,
    /// Which devices.
    pub devices: Wanted,
}

/// Which devices are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How their MACs begin: hex digits, lower-case, at most 12.
    pub prefix: String,
    /// Something was asked for that no MAC begins with; nothing matches.
    pub is_bad_prefix: bool,
    /// Only those in this state.
    pub state: Option<State>,
    /// The page, from 1.
    pub page: usize,
    /// None at all (`devices=no`): the JSON leaves them out.
    pub is_without: bool,
    /// Of each only what adding servers up takes (`devices=brief`): a fifth of the JSON's bytes.
    pub is_brief: bool,
}

/// Why a query string cannot be answered: what its parameter may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadQuery(pub String);

impl BadQuery {
    fn of(parameter: &str, words: impl Iterator<Item = &'static str>) -> Self {
        BadQuery(format!("{parameter} is one of {}", words.collect::<Vec<_>>().join(", ")))
    }
}

impl Format {
    /// The answer's Content-Type, which begins with the type that a client may ask for by Accept.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Json => "application/json",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    fn media(self) -> &'static [u8] {
        self.content_type().split(';').next().unwrap_or_default().as_bytes()
    }

    /// The one that a client likes best; the page for one that says nothing, or that takes anything.
    fn of_accept(accept: &[u8]) -> Self {
        let mut best = (Format::Html, 0);
        for format in Self::ALL {
            let ranges = accept.split(|&byte| byte == b',');
            let liking = ranges.filter_map(|range| liking(range, format.media())).max().unwrap_or(0);
            if liking > best.1 {
                best = (format, liking);
            }
        }
        best.0
    }
}

/// How much a range of Accept likes a type, in thousandths; none for one of another type.
fn liking(range: &[u8], media: &[u8]) -> Option<u32> {
    let mut parts = range.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next()?;
    if !name.eq_ignore_ascii_case(media) {
        return None;
    }
    let quality = parts.find_map(|part| part.strip_prefix(b"q=").or(part.strip_prefix(b"Q=")));
    let Some(quality) = quality else { return Some(1000) };
    let quality: f32 = std::str::from_utf8(quality).ok()?.parse().ok()?;
    // a number of at most 1; of others something comes that is one
    Some((quality.clamp(0.0, 1.0) * 1000.0) as u32)
}

impl Asked {
    /// What a query string (without its question mark) and the field Accept (empty without one) ask for. Parameters that
    /// are not known are left alone.
    ///
    /// # Errors
    /// A form or a state that there is not.
    pub fn of(query: &[u8], accept: &[u8]) -> Result<Self, BadQuery> {
        let mut asked = Asked { format: Format::of_accept(accept), devices: Wanted { page: 1, ..Wanted::default() } };
        let devices = &mut asked.devices;
        for pair in query.split(|&byte| byte == b'&') {
            let (name, value) = match pair.iter().position(|&byte| byte == b'=') {
                Some(place) => (&pair[..place], decoded(&pair[place + 1..])),
                None => (pair, Vec::new()),
            };
            match name {
                b"format" => {
                    let format = Format::of_word(&value);
                    asked.format = format
                        .ok_or_else(|| BadQuery::of("format=", Format::ALL.iter().map(|format| format.as_str())))?;
                }
                b"prefix" => devices.begin_with(&value),
                b"state" if value.is_empty() => devices.state = None,
                b"state" => {
                    let state = State::of_word(&value);
                    devices.state = Some(
                        state.ok_or_else(|| BadQuery::of("state=", State::ALL.iter().map(|state| state.as_str())))?,
                    );
                }
                b"page" => devices.page = page(&value),
                b"devices" => (devices.is_without, devices.is_brief) = (value == b"no", value == b"brief"),
                _ => {}
            }
        }
        Ok(asked)
    }
}

impl Wanted {
    /// Whether a device is one of them: to be asked for each of many.
    pub fn matcher(&self) -> impl Fn(Mac, State) -> bool + use<> {
        // hex digits, at most 12, of 4 bits each
        let first = u64::from_str_radix(&self.prefix, 16).unwrap_or(0);
        let further = 4 * (Mac::DIGITS - self.prefix.len().min(Mac::DIGITS));
        let (is_none, state) = (self.is_without || self.is_bad_prefix, self.state);
        move |mac, of| !is_none && state.is_none_or(|wanted| wanted == of) && mac.bits() >> further == first
    }

    /// A beginning of a MAC as people write it: with colons, dashes or dots, in any case, with white space around it.
    fn begin_with(&mut self, text: &[u8]) {
        let digits = text.trim_ascii().iter().filter(|byte| !b":-. ".contains(byte));
        let digits: Vec<u8> = digits.map(u8::to_ascii_lowercase).collect();
        self.is_bad_prefix = digits.len() > Mac::DIGITS || digits.iter().any(|&digit| hex_value(digit).is_none());
        self.prefix = if self.is_bad_prefix { String::new() } else { digits.into_iter().map(char::from).collect() };
    }
}

/// The number of a page; the first for what is not a number.
fn page(value: &[u8]) -> usize {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// A value of a form.
fn decoded(value: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(query: &str, accept: &str) -> Format {
        Asked::of(query.as_bytes(), accept.as_bytes()).unwrap().format
    }

    #[test]
    fn a_browser_curl_and_prometheus_get_what_each_can_read() {
        let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        let scraper = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                       text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let old_scraper = "text/plain;version=0.0.4;q=1,*/*;q=0.1";
        let accept = [
            ("", Format::Html),
            ("*/*", Format::Html),
            (chromium, Format::Html),
            (scraper, Format::OpenMetrics),
            (old_scraper, Format::Prometheus),
            ("application/json", Format::Json),
            ("TEXT/PLAIN ; q=0.3, application/json;q=0.2", Format::Prometheus),
            ("application/json;q=x, text/html;q=0", Format::Html),
            ("application/json;q=NaN, text/plain;q=7", Format::Prometheus),
        ];
        for (accept, expected) in accept {
            assert_eq!(format("", accept), expected, "{accept}");
        }
        assert_eq!(format("format=prometheus", chromium), Format::Prometheus);
        assert!(Asked::of(b"format=xml", b"").is_err() && Asked::of(b"state=odd", b"").is_err());
        for format in Format::ALL {
            assert_eq!(self::format(&format!("format={}", format.as_str()), ""), format);
            assert_eq!(self::format("", format.content_type()), format, "what it answers with can be asked for");
        }
    }

    #[test]
    fn an_operator_types_the_beginning_of_a_mac_as_it_stands_on_the_phone() {
        let of = |query: &str| Asked::of(query.as_bytes(), b"").unwrap().devices;
        for query in ["prefix=0004F2", "prefix=00%3A04%3af2", "prefix=+00-04-f2+", "prefix=0004.f2"] {
            assert_eq!(of(query), Wanted { prefix: "0004f2".to_owned(), page: 1, ..Wanted::default() }, "{query}");
        }
        for query in ["prefix=phone", "prefix=0004f2aabbcc0", "prefix=%ff", "prefix=%22%3E%3Cscript%3E"] {
            let wanted = of(query);
            assert!(
                wanted.is_bad_prefix && !wanted.matcher()(Mac::from_bits(0x0004_f2aa_bbcc), State::Ready),
                "{query}"
            );
        }
        let wanted = of("state=not-yet&prefix=0004f2aabbcc&page=3&devices=no&other=%zz&&=&x");
        assert_eq!((wanted.state, wanted.page, wanted.is_without), (Some(State::NotYet), 3, true));
        assert!(!wanted.matcher()(Mac::from_bits(0x0004_f2aa_bbcc), State::NotYet));
        let has = Wanted { is_without: false, ..wanted }.matcher();
        assert!(has(Mac::from_bits(0x0004_f2aa_bbcc), State::NotYet));
        assert!(!has(Mac::from_bits(0x0004_f2aa_bbcc), State::Ready));
        assert!(!has(Mac::from_bits(0x0004_f2aa_bbcd), State::NotYet));
        let has = |query: &str, mac| of(query).matcher()(Mac::from_bits(mac), State::Ready);
        assert!(has("", 0x0004_f2aa_bbcc) && has("", 0xffff_ffff_ffff));
        for (mac, expected) in [(0x0004_f2aa_bbcc, true), (0x0004_f100_0000, false), (0x4f20_0000_0000, false)] {
            assert_eq!((has("prefix=0004f2", mac), has("prefix=0004F", mac)), (expected, mac < 0x1000_0000_0000));
        }
        assert_eq!((of("page=0").page, of("page=-1").page, of("page=99999999999999999999").page), (1, 1, 1));
        assert_eq!((of("state=").state, of("").page), (None, 1));
        let devices = |query: &str| (of(query).is_without, of(query).is_brief);
        assert_eq!(
            [devices("devices=brief"), devices("devices=no"), devices("devices=yes")],
            [(false, true), (true, false), (false, false)]
        );
    }
}
