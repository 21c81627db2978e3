//! Texts that name nobody: shared files, and the User-Agents of most phones. There are few of them, nearly every line
//! has one, and finding one again is quicker than searching it.

use foldhash::HashSet;
use mtlsprotect_core::Mac;
use mtlsprotect_core::names::{Headers, Named, Names, Naming, Outside, RequestTarget, Source};

/// Most texts of a kind that are remembered, and bytes of one. Where there are more, all are forgotten.
const MOST: usize = 1024;
const LONGEST: usize = 512;

/// Texts that are known to name nobody.
#[derive(Debug, Default)]
pub struct Nameless {
    targets: Texts,
    agents: Texts,
}

#[derive(Debug, Default)]
struct Texts(HashSet<Box<[u8]>>);

impl Nameless {
    /// The devices that a request names where no sender is proven, as [`Outside::names_of_anybody`] finds them.
    pub fn names(&mut self, target: &[u8], agent: &[u8], naming: &Naming<'_>) -> Names {
        let names = self.of_target(target, naming);
        names.and(&self.of_agent(agent, naming, names.only()))
    }

    /// The first of them.
    pub fn first_name(&mut self, target: &[u8], agent: &[u8], naming: &Naming<'_>) -> Option<(Mac, Source)> {
        let by_target = self.of_target(target, naming).found().next();
        by_target.or_else(|| self.of_agent(agent, naming, None).found().next())
    }

    fn of_target(&mut self, target: &[u8], naming: &Naming<'_>) -> Names {
        if self.targets.0.contains(target) {
            return Names::default();
        }
        let names = outside(&RequestTarget::of(target), b"", naming).names_of_anybody();
        if names == Names::default() {
            self.targets.keep(target);
        }
        names
    }

    /// The devices that a User-Agent names in a request of `sender`.
    fn of_agent(&mut self, agent: &[u8], naming: &Naming<'_>, sender: Option<Mac>) -> Names {
        if agent.is_empty() || self.agents.0.contains(agent) {
            return Names::default();
        }
        let of = |sender| Names::of_headers(&Headers { user_agent: agent, ..Headers::default() }, naming, sender);
        // A sender only takes names away: its own, and what overlaps that.
        let anybody = of(None);
        if anybody == Names::default() {
            self.agents.keep(agent);
        }
        match anybody.named() {
            _ if sender.is_none() || anybody == Names::default() => anybody,
            Named::One(mac) if Some(mac) == sender => Names::default(),
            _ => of(sender),
        }
    }
}

/// A request that reads, of nobody proven.
pub fn outside<'a>(target: &'a RequestTarget<'a>, user_agent: &'a [u8], naming: &'a Naming<'a>) -> Outside<'a> {
    let headers = Headers { user_agent, ..Headers::default() };
    Outside { target, reads: true, headers, values: &[], naming, sender: None }
}

impl Texts {
    fn keep(&mut self, text: &[u8]) {
        if text.len() > LONGEST {
            return;
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mtlsprotect_core::built_in::KnownPrefixes;
    use proptest::prelude::*;

    const TEXT: &str = "((/|[?]a=|&mac=|ua |%30|%2530|%2[bf])?\
        (0004f2aabbcc|00:04:F2:aa:bb:cc|0004f2[- ]?aabbcd|123456aabbcc|0004|f2aa|bbc[cd]|[0-9.:-]{1,4}|[ /;-])){0,5}";

    fn texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(TEXT, 1..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_request_names_whom_the_module_sees_in_it(targets in texts(), agents in texts()) {
            let known = KnownPrefixes::built_in();
            let naming = Naming::with_defaults(&known);
            let mut nameless = Nameless::default();
            for target in targets.iter().map(String::as_bytes) {
                for agent in agents.iter().map(String::as_bytes) {
                    let expected = outside(&RequestTarget::of(target), agent, &naming).names_of_anybody();
                    prop_assert_eq!(nameless.names(target, agent, &naming), expected);
                    prop_assert_eq!(nameless.first_name(target, agent, &naming), expected.found().next());
                }
            }
        }

        #[test]
        fn a_user_agent_names_whom_the_module_sees_in_it(agents in texts()) {
            let known = KnownPrefixes::built_in();
            let naming = Naming::with_defaults(&known);
            let mut nameless = Nameless::default();
            for agent in agents.iter().chain(&agents).map(String::as_bytes) {
                for sender in ["", "0004f2aabbcc", "0004f2aabbcd", "f2aabbcc0004"].map(|sender| sender.parse().ok()) {
                    let headers = Headers { user_agent: agent, ..Headers::default() };
                    let expected = Names::of_headers(&headers, &naming, sender);
                    prop_assert_eq!(nameless.of_agent(agent, &naming, sender), expected);
                }
            }
        }
    }

    #[test]
    fn a_flood_of_texts_takes_no_more_room() {
        let known = KnownPrefixes::built_in();
        let naming = Naming::with_defaults(&known);
        let mut nameless = Nameless::default();
        for number in 0..2 * MOST {
            let text = format!("/{number}");
            nameless.names(text.as_bytes(), text.as_bytes(), &naming);
        }
        nameless.names(&[b'x'; LONGEST + 1], &[b'x'; LONGEST + 1], &naming);
        assert_eq!((nameless.agents.0.len(), nameless.targets.0.len()), (MOST, MOST));
        nameless.names(b"/0004f2aabbcc", b"0004f2aabbcc", &naming);
        assert_eq!((nameless.agents.0.len(), nameless.targets.0.len()), (MOST, MOST), "who is named is not kept");
    }
}
