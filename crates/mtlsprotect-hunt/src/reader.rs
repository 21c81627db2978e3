//! How applications find the phone that a request is of: where they look, and what they make of it.
//!
//! Every reader here stays within what the module promises to see ("What is named"): anything beyond that is documented
//! as not seen. Between two digits it passes over one character, or over eight in all, or else it has a whole value
//! with exactly 12 digits; loose spellings give it phones of known prefixes only.

use crate::decoding::{Folds, decode, fold};
use crate::keys::{Keys, Which};
use crate::phones::{self, ALL};

/// Where an application looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Each segment of the path.
    Path,
    /// Each value of the query.
    Query,
    /// One parameter, as its language knows it.
    Parameter(Keys),
    /// The first parameter that is called just this, as it is sent: an expression of the site finds it there too.
    RawParameter(&'static str),
    /// The first cookie that is called just this, as it is sent, likewise.
    RawCookie(&'static str),
    /// A header of this name in capitals and with underscores, as CGI has them: of several that become it, one.
    Header(&'static str, Which),
    /// Each value of each cookie.
    Cookie,
    /// The whole of the User-Agent.
    Agent,
    /// The last 17 characters of the User-Agent.
    AgentTail,
    /// The first label of Host.
    Host,
}

/// What it leaves out before it counts digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strip {
    /// Nothing: 12 digits, then no further one.
    Nothing,
    /// What people write between digits.
    Separators,
    /// Everything that is not a hex digit.
    NonHex,
    /// Six numbers of one or two digits with colons or dashes, as ether_aton reads them.
    EtherAton,
}

/// Which 12 of the digits that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// There must be no others, up to the first dot.
    Only,
    /// The first.
    First,
    /// The last.
    Last,
}

/// An application's way to find its phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Where it looks.
    pub from: From,
    /// How often it percent-decodes what it finds there.
    pub decodes: usize,
    /// Whether it decodes `%uff17`, too.
    pub is_wide: bool,
    /// Which digits in other forms it reads.
    pub folds: Folds,
    /// What it leaves out.
    pub strip: Strip,
    /// Which digits it takes.
    pub pick: Pick,
}

/// What applications read, as far as a reader wants it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The path, decoded once.
    pub path: Vec<u8>,
    /// The query as sent.
    pub query: Vec<u8>,
    /// Cookie.
    pub cookie: Vec<u8>,
    /// User-Agent.
    pub agent: Vec<u8>,
    /// Host.
    pub host: Vec<u8>,
    /// All headers, in capitals and with underscores for dashes.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Reader {
    /// The phone whose file it serves.
    pub fn read(&self, asked: &Asked) -> Option<&'static str> {
        let texts: Vec<Vec<u8>> = match self.from {
            From::Path => split(&asked.path, b"/"),
            From::Query => pairs(&asked.query, b"&").map(|(_, value)| value).collect(),
            From::Parameter(keys) => {
                let named = pairs(&asked.query, b"&").filter(|(key, _)| keys.is(key));
                keys.which.of(named).map(|(_, value)| value).into_iter().collect()
            }
            From::RawParameter(name) => first_called(&asked.query, b"&", name),
            From::RawCookie(name) => first_called(&asked.cookie, b";", name),
            From::Header(name, which) => {
                let named = asked.headers.iter().filter(|(key, _)| key == name);
                which.of(named).map(|(_, value)| value.clone()).into_iter().collect()
            }
            From::Cookie => pairs(&asked.cookie, b";&").map(|(_, value)| value).collect(),
            From::Agent => vec![asked.agent.clone()],
            From::AgentTail => vec![asked.agent[asked.agent.len().saturating_sub(17)..].to_vec()],
            From::Host => split(&asked.host, b".:").into_iter().take(1).collect(),
        };
        texts.iter().find_map(|text| self.read_text(text))
    }

    /// The phone that a text names to it, sent where it looks.
    pub fn read_sent(&self, text: &str) -> Option<&'static str> {
        let bytes = text.as_bytes().to_vec();
        let after = |name: &str| [name.as_bytes(), text.as_bytes()].concat();
        self.read(&match self.from {
            From::Path => Asked { path: decode(&after("/"), false, false), ..Asked::default() },
            From::Query => Asked { query: after("x="), ..Asked::default() },
            From::Parameter(keys) => Asked { query: after(&format!("{}=", keys.name)), ..Asked::default() },
            From::RawParameter(name) => Asked { query: after(&format!("{name}=")), ..Asked::default() },
            From::RawCookie(name) => Asked { cookie: after(&format!("{name}=")), ..Asked::default() },
            From::Header(name, _) => Asked { headers: vec![(name.to_owned(), bytes)], ..Asked::default() },
            From::Cookie => Asked { cookie: after("x="), ..Asked::default() },
            From::Agent => Asked { agent: bytes, ..Asked::default() },
            From::AgentTail => Asked { agent: after("Phone "), ..Asked::default() },
            From::Host => Asked { host: bytes, ..Asked::default() },
        })
    }

    /// The phone that one text names to it.
    pub fn read_text(&self, text: &[u8]) -> Option<&'static str> {
        let mut text = text.to_vec();
        for _ in 0..self.decodes {
            text = decode(&text, self.from.is_in_query(), self.is_wide);
        }
        text = fold(&text, self.folds);
        // what decoding makes a path of has segments of its own
        let texts = if self.from == From::Path { split(&text, b"/") } else { vec![text] };
        texts.iter().find_map(|text| self.read_decoded(text))
    }

    /// Whether it reads all digits of a value that the site says is a device's name.
    fn is_all_of(&self, text: &[u8]) -> bool {
        let digits = text.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
        self.from.is_listed() && self.pick == Pick::Only && self.strip == Strip::NonHex && digits == 12
    }

    fn read_decoded(&self, text: &[u8]) -> Option<&'static str> {
        let mac = match self.strip {
            Strip::Nothing => plain(text),
            Strip::EtherAton => ether_aton(text),
            Strip::Separators => digits_together(text, |byte| b":-_. +".contains(&byte), self.pick),
            Strip::NonHex => digits_together(text, |_| true, self.pick),
        }?;
        let mac = ALL.into_iter().find(|known| *known == mac)?;
        let in_header = matches!(self.from, From::Cookie | From::Agent | From::AgentTail | From::Host);
        let is_certain = self.is_all_of(text) || !in_header && is_certain(text, mac);
        (phones::is_known(mac) || is_certain).then_some(mac)
    }
}

impl From {
    /// Whether a `+` is a space there.
    pub fn is_in_query(self) -> bool {
        matches!(self, From::Query | From::Parameter(_) | From::RawParameter(_))
    }

    /// Whether the site says that a device is named there, whatever its prefix.
    fn is_listed(self) -> bool {
        matches!(self, From::Parameter(_) | From::RawParameter(_) | From::RawCookie(_) | From::Header(..))
    }
}

/// Whether a text, up to its first dot, is a phone's name whatever its prefix.
fn is_certain(text: &[u8], mac: &str) -> bool {
    let stem = String::from_utf8_lossy(text.split(|&byte| byte == b'.').next().unwrap_or_default()).to_lowercase();
    let pairs = |joint: &str| (0..6).map(|at| &mac[2 * at..2 * at + 2]).collect::<Vec<_>>().join(joint);
    let quads = |joint: &str| (0..3).map(|at| &mac[4 * at..4 * at + 4]).collect::<Vec<_>>().join(joint);
    stem == mac
        || [":", "-", "_"].iter().any(|joint| stem == pairs(joint))
        || ["-", "_"].iter().any(|joint| stem == quads(joint))
        || ether_aton(stem.as_bytes()).as_deref() == Some(mac)
}

/// 12 digits at the beginning or after a character that is not a digit, without a thirteenth.
fn plain(text: &[u8]) -> Option<String> {
    text.split(|byte| !byte.is_ascii_hexdigit())
        .find(|run| run.len() == 12)
        .map(|run| String::from_utf8_lossy(run).to_ascii_lowercase())
}

/// Six groups of one or two digits, and nothing else but what follows a dot.
pub fn ether_aton(text: &[u8]) -> Option<String> {
    let stem = text.split(|&byte| byte == b'.').next().unwrap_or_default();
    [b':', b'-'].iter().find_map(|joint| {
        let groups: Vec<&[u8]> = stem.split(|byte| byte == joint).collect();
        let good = groups.len() == 6
            && groups.iter().all(|group| (1..=2).contains(&group.len()) && group.iter().all(u8::is_ascii_hexdigit));
        good.then(|| {
            groups.iter().map(|group| format!("{:0>2}", String::from_utf8_lossy(group).to_lowercase())).collect()
        })
    })
}

/// The 12 digits that come together once what may be left out between them is.
fn digits_together(text: &[u8], leaves_out: impl Fn(u8) -> bool, pick: Pick) -> Option<String> {
    let value: Vec<u8> = text.to_vec();
    // each digit, and where it stands
    let mut sequence: Vec<usize> = Vec::new();
    let mut sequences: Vec<Vec<usize>> = Vec::new();
    for (at, &byte) in value.iter().enumerate() {
        if byte.is_ascii_hexdigit() {
            sequence.push(at);
        } else if !leaves_out(byte) {
            sequences.push(std::mem::take(&mut sequence));
        }
    }
    sequences.push(sequence);
    let digits =
        |places: &[usize]| -> String { places.iter().map(|&at| char::from(value[at].to_ascii_lowercase())).collect() };
    if pick == Pick::Only {
        // the whole value, or what stands before its first dot
        let stem = value.iter().position(|&byte| byte == b'.').unwrap_or(value.len());
        let all: Vec<usize> = (0..value.len()).filter(|&at| value[at].is_ascii_hexdigit()).collect();
        let before: Vec<usize> = all.iter().copied().filter(|&at| at < stem).collect();
        let kept = sequences.iter().filter(|places| !places.is_empty()).count() <= 1;
        return [before, all].iter().find(|places| kept && places.len() == 12).map(|places| digits(places));
    }
    let places = sequences.into_iter().find(|places| places.len() >= 12)?;
    let window = if pick == Pick::First { &places[..12] } else { &places[places.len() - 12..] };
    let gaps: Vec<usize> = window.windows(2).map(|two| two[1] - two[0] - 1).collect();
    let near = gaps.iter().all(|&gap| gap <= 1) || gaps.iter().sum::<usize>() <= 8;
    // a part of a long run is a coincidence: only its first or last 12 digits may be a name
    let short = longest_run(&value, window) <= 15 || gaps.iter().all(|&gap| gap == 0);
    (near && short).then(|| digits(window))
}

/// The longest run of digits that a window has a part of.
fn longest_run(text: &[u8], window: &[usize]) -> usize {
    let run = |at: usize| {
        let before = text[..at].iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
        before + text[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
    };
    window.iter().map(|&at| run(at)).max().unwrap_or(0)
}

fn key_and_value(pair: &[u8]) -> (Vec<u8>, Vec<u8>) {
    match pair.iter().position(|&byte| byte == b'=') {
        Some(at) => (pair[..at].to_vec(), pair[at + 1..].to_vec()),
        None => (pair.to_vec(), pair.to_vec()),
    }
}

fn pairs(text: &[u8], at: &[u8]) -> impl DoubleEndedIterator<Item = (Vec<u8>, Vec<u8>)> {
    split(text, at).into_iter().map(|pair| key_and_value(&pair))
}

/// The value of the first that is called just this, spaces before it aside.
fn first_called(text: &[u8], at: &[u8], name: &str) -> Vec<Vec<u8>> {
    let mut named = split(text, at).into_iter().filter_map(|pair| {
        let pair = pair.strip_prefix(b" ").unwrap_or(&pair);
        Some(pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.to_vec())
    });
    named.next().into_iter().collect()
}

fn split(text: &[u8], at: &[u8]) -> Vec<Vec<u8>> {
    text.split(|byte| at.contains(byte)).map(<[u8]>::to_vec).collect()
}
