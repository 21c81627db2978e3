//! One look at a short query, which is enough for most: each value is the name of a phone, or can name nobody.

use crate::names::finder::{InQuery, LEAST_DIGITS, Wanted, Weight, are_set};
use crate::names::named::{Names, Source};
use crate::names::search::parameter::is_name_parameter;
use std::borrow::Cow;

impl Names {
    /// The devices that a query names, where a look tells all that a search would find.
    #[inline]
    pub fn of_query_at_a_glance(
        query: &[u8],
        wanted: &Wanted<'_>,
        parameters: &[Cow<'static, str>],
        source: Source,
    ) -> Option<Self> {
        let InQuery { digits, ends, equals } = InQuery::of(query)?;
        crate::names::work::done(query.len());
        let below = |place: usize| (1_u64 << place) - 1;
        let (mut names, mut start, mut ends) = (Names::default(), 0, ends);
        loop {
            let end = if ends == 0 { query.len() } else { ends.trailing_zeros() as usize };
            let pair = below(end) & !below(start);
            let key_end = if equals & pair == 0 { end } else { (equals & pair).trailing_zeros() as usize };
            let may_name = |text: &[u8], digits: u64| {
                // An address has at least so many digits, wherever they stand.
                are_set(LEAST_DIGITS as u32, digits) && Weight::of(text).may_name()
            };
            let (key, in_value) = (&query[start..key_end], digits & pair & !below(key_end));
            if may_name(key, digits & pair & below(key_end)) {
                return None;
            }
            if in_value != 0 {
                let value = &query[key_end + 1..end];
                if let Some(mac) = wanted.at_once(value) {
                    names.add(mac, source);
                } else if may_name(value, in_value) || is_name_parameter(key, parameters) {
                    return None;
                }
            }
            if ends == 0 {
                return Some(names);
            }
            ends &= ends - 1;
            start = end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::known_prefixes::KnownPrefixes;
    use crate::mac::Mac;
    use crate::names::naming::{DEFAULT_NAME_PARAMETERS, Naming};
    use crate::names::search::Search;
    use proptest::prelude::*;

    const SENDER: u64 = 0x1234_56aa_bbcc;

    fn look(query: &[u8], sender: Option<Mac>) -> (Option<Names>, Names) {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let wanted = Wanted { known: &known, sender };
        let glanced = Names::of_query_at_a_glance(query, &wanted, DEFAULT_NAME_PARAMETERS, Source::Query);
        let mut search = Search::new(&naming, sender);
        search.query(query, Source::Query);
        (glanced, search.names)
    }

    #[test]
    fn what_phones_ask_is_told_by_a_look() {
        for (query, is_told) in [
            ("model=vvx500", true),
            ("v=1", true),
            ("mac=0004f2aabbcc", true),
            ("mac=0004F2AABBCC&model=vvx500&version=5.9.7.4477", true),
            ("id=123456aabbcc&mac=&x", true),
            ("mac=1", false),
            ("Mac[]=0004f2aabbcc&m", true),
            ("serial=0004f2", true),
            ("serial=aabbccddeeff", false),
            ("0004f2aabbcc=x", false),
            ("x=y&mac=1", false),
            ("&mac=1", false),
            ("a=1;b=2", false),
            ("a=%31", false),
        ] {
            let (glanced, found) = look(query.as_bytes(), Some(Mac::from_bits(SENDER)));
            assert_eq!(glanced, is_told.then_some(found), "{query}");
        }
    }

    #[test]
    fn of_a_key_with_few_digits_a_look_is_enough_whatever_its_value_is() {
        let known = KnownPrefixes::built_in();
        let wanted = Wanted { known: &known, sender: None };
        let query = b"serial=0004f2aabbcc";
        crate::names::work::take();
        let names = Names::of_query_at_a_glance(query, &wanted, DEFAULT_NAME_PARAMETERS, Source::Query).unwrap();
        assert_eq!((names.only(), crate::names::work::take()), (Mac::parse(b"0004f2aabbcc"), query.len() as u64));
    }

    proptest! {
        #[test]
        fn a_look_tells_what_a_search_finds(
            query in "((mac|m|id|0004f2aabbcc|[a-f0-9]{0,7}|MAC\\[\\]|[+]mac)=?\
                (0004f2aabbcc|123456aabbcc|aabbccddeeff|[0-9a-f:.-]{0,18}|[g-z]{0,4}|%30|\u{e9})(&|;|=|&&)){0,5}",
            is_proven in any::<bool>(),
        ) {
            let (glanced, found) = look(query.as_bytes(), is_proven.then_some(Mac::from_bits(SENDER)));
            prop_assert!(glanced.is_none_or(|glanced| glanced == found), "{query:?} {glanced:?} {found:?}");
        }
    }
}
