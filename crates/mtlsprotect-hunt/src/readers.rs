//! The applications there are.

use crate::decoding::Folds;
use crate::keys::{Keys, Style, Which};
use crate::random::Random;
use crate::reader::{From, Pick, Reader, Strip};

const fn reader(from: From, decodes: usize, folds: Folds, strip: Strip, pick: Pick) -> Reader {
    Reader { from, decodes, is_wide: decodes > 0, folds, strip, pick }
}

/// What does not know wide escapes, and reads their digits as they stand.
const fn narrow(from: From, decodes: usize, folds: Folds, strip: Strip, pick: Pick) -> Reader {
    Reader { is_wide: false, ..reader(from, decodes, folds, strip, pick) }
}

const PHP: From = From::Parameter(Keys { name: "mac", style: Style::Php, which: Which::Last });
const RACK: From = From::Parameter(Keys { name: "mac", style: Style::Rack, which: Which::Last });
const SERVLET: From = From::Parameter(Keys { name: "mac", style: Style::AnyCase, which: Which::First });
const UNDERSCORED: From = From::Parameter(Keys { name: "phone_mac", style: Style::Php, which: Which::Last });
const HEADER: From = From::Header("X_PHONE_MAC", Which::Last);
const DEVICE: From = From::RawParameter("device");
const COOKIE: From = From::RawCookie("device");

/// Those that are tried most. A backend's path says which: `/r3/`.
const CHOSEN: [Reader; 44] = [
    reader(From::Path, 0, Folds::Nothing, Strip::Nothing, Pick::First),
    reader(From::Query, 1, Folds::Nothing, Strip::Nothing, Pick::First),
    reader(PHP, 1, Folds::Nothing, Strip::NonHex, Pick::Only),
    reader(From::Path, 0, Folds::Nothing, Strip::NonHex, Pick::First),
    reader(From::Path, 1, Folds::All, Strip::NonHex, Pick::Only),
    reader(From::Path, 2, Folds::Nothing, Strip::Separators, Pick::First),
    reader(From::Path, 0, Folds::Nothing, Strip::EtherAton, Pick::Only),
    reader(From::Path, 0, Folds::Nothing, Strip::NonHex, Pick::Last),
    reader(From::Query, 2, Folds::All, Strip::Separators, Pick::First),
    reader(From::Query, 1, Folds::Nothing, Strip::EtherAton, Pick::Only),
    reader(From::Query, 1, Folds::Nothing, Strip::NonHex, Pick::Only),
    reader(From::Query, 0, Folds::Nothing, Strip::NonHex, Pick::First),
    reader(From::Query, 1, Folds::Nothing, Strip::NonHex, Pick::Last),
    reader(PHP, 2, Folds::All, Strip::Separators, Pick::First),
    reader(PHP, 1, Folds::Nothing, Strip::EtherAton, Pick::Only),
    reader(From::Cookie, 1, Folds::Nothing, Strip::NonHex, Pick::First),
    reader(From::Cookie, 0, Folds::All, Strip::Separators, Pick::First),
    reader(From::Agent, 0, Folds::Nothing, Strip::Nothing, Pick::First),
    reader(From::AgentTail, 0, Folds::Nothing, Strip::NonHex, Pick::Only),
    reader(From::Host, 0, Folds::Nothing, Strip::Separators, Pick::First),
    // keys that other languages read
    reader(RACK, 1, Folds::Nothing, Strip::NonHex, Pick::Only),
    narrow(RACK, 1, Folds::All, Strip::Separators, Pick::First),
    narrow(SERVLET, 1, Folds::Nothing, Strip::NonHex, Pick::Only),
    reader(SERVLET, 2, Folds::All, Strip::NonHex, Pick::Only),
    narrow(SERVLET, 1, Folds::Nothing, Strip::EtherAton, Pick::Only),
    // wide escapes and digits of other forms
    reader(From::Query, 1, Folds::All, Strip::NonHex, Pick::Only),
    reader(From::Query, 2, Folds::All, Strip::NonHex, Pick::First),
    reader(From::Query, 2, Folds::All, Strip::Nothing, Pick::First),
    narrow(From::Query, 1, Folds::Nothing, Strip::NonHex, Pick::First),
    reader(From::Cookie, 1, Folds::All, Strip::NonHex, Pick::Only),
    // the site must say that these name a device
    reader(UNDERSCORED, 1, Folds::Nothing, Strip::NonHex, Pick::Only),
    narrow(UNDERSCORED, 1, Folds::All, Strip::NonHex, Pick::Only),
    narrow(HEADER, 0, Folds::Nothing, Strip::NonHex, Pick::Only),
    narrow(HEADER, 0, Folds::Nothing, Strip::NonHex, Pick::First),
    reader(HEADER, 1, Folds::All, Strip::NonHex, Pick::Last),
    narrow(From::Header("X_PHONE_MAC", Which::First), 0, Folds::Nothing, Strip::EtherAton, Pick::Only),
    reader(From::Header("X_PHONE_MAC", Which::First), 1, Folds::All, Strip::Separators, Pick::First),
    reader(DEVICE, 1, Folds::All, Strip::NonHex, Pick::Only),
    reader(DEVICE, 1, Folds::Nothing, Strip::NonHex, Pick::First),
    narrow(DEVICE, 2, Folds::Nothing, Strip::NonHex, Pick::Last),
    reader(COOKIE, 1, Folds::All, Strip::NonHex, Pick::Only),
    reader(COOKIE, 1, Folds::Nothing, Strip::NonHex, Pick::First),
    narrow(COOKIE, 0, Folds::Nothing, Strip::NonHex, Pick::Last),
    narrow(From::Header("PHONEMAC", Which::Last), 0, Folds::Nothing, Strip::NonHex, Pick::Only),
];

/// So many of them, the first, the module has only to be on for.
const READ_ANYWHERE: usize = 30;

/// What the others are composed of, in all combinations.
const FROM: [From; 4] = [From::Path, From::Query, PHP, From::Cookie];
const MOST_DECODES: usize = 2;
const STRIP: [Strip; 3] = [Strip::Nothing, Strip::Separators, Strip::NonHex];
const PICK: [Pick; 3] = [Pick::Only, Pick::First, Pick::Last];
const COMPOSED: usize = FROM.len() * (MOST_DECODES + 1) * 2 * Folds::ALL.len() * STRIP.len() * PICK.len();

/// The application of this number, if there is one.
pub fn numbered(number: usize) -> Option<Reader> {
    if let Some(chosen) = CHOSEN.get(number) {
        return Some(*chosen);
    }
    let mut rest = number - CHOSEN.len();
    let mut next = |count: usize| {
        let digit = rest % count;
        rest /= count;
        digit
    };
    let reader = Reader {
        from: FROM[next(FROM.len())],
        decodes: next(MOST_DECODES + 1),
        is_wide: next(2) == 1,
        folds: Folds::ALL[next(Folds::ALL.len())],
        strip: STRIP[next(STRIP.len())],
        pick: PICK[next(PICK.len())],
    };
    (rest == 0).then_some(reader)
}

/// The number of any of those to which the site need not say where a device is named.
pub fn any(random: &mut Random) -> usize {
    if random.chance(70) { random.below(READ_ANYWHERE) } else { CHOSEN.len() + random.below(COMPOSED) }
}

/// The number of any of those that are tried most and look there.
pub fn any_of(random: &mut Random, looks: impl Fn(From) -> bool) -> usize {
    let numbers: Vec<usize> = (0..CHOSEN.len()).filter(|&number| looks(CHOSEN[number].from)).collect();
    random.one(&numbers)
}

/// Those that are tried most, in the order of their numbers.
pub fn chosen() -> impl Iterator<Item = Reader> {
    CHOSEN.into_iter()
}

/// The application of a number that `any` or `any_of` has given.
pub fn reader_of(number: usize) -> Reader {
    numbered(number).expect("they give numbers of applications")
}

#[cfg(test)]
mod tests;
