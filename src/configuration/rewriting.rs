//! What mod_rewrite makes of a URL outside sections, as far as the configuration tells.

use crate::configuration::passed::Passed;
use crate::configuration::pattern::Pattern;
use crate::configuration::site::{Host, Setting, Settings, Site};
use std::collections::{BTreeMap, BTreeSet};

/// The rules of a host.
pub struct Rewriting<'s> {
    rules: Vec<Rule<'s>>,
    passed: Vec<Passed<'s>>,
    values: Values<'s>,
}

/// What a condition may ask for besides the path.
struct Values<'s> {
    https: &'static str,
    port: Option<&'s str>,
}

/// What becomes of a request.
pub enum Outcome<'r, 's> {
    /// A rule passes it on.
    PassedOn(&'r Passed<'s>),
    /// A rule redirects or refuses it.
    Answered,
    /// It stays as it is.
    Unchanged,
    /// That depends on more than its path.
    Unknown,
}

struct Rule<'s> {
    setting: &'s Setting<'s>,
    conditions: Vec<&'s Setting<'s>>,
    pattern: Pattern,
    is_negated: bool,
    flags: Vec<String>,
}

impl<'s> Rewriting<'s> {
    /// Reads them. A virtual host has only its own.
    pub fn of(site: &'s Site<'s>, host: &'s Host<'s>) -> Self {
        let settings = if host.server.is_virtual() { &host.own } else { &site.server };
        let https = if site.has_tls(host) { "on" } else { "off" };
        let mut read = Rewriting { rules: Vec::new(), passed: Vec::new(), values: Values { https, port: port(host) } };
        let rules = || settings.all("rewriterule").iter().filter(|rule| rule.sections.is_empty());
        if rules().next().is_some() && site.in_force(host, "rewriteengine").is_some_and(|engine| engine.is("on")) {
            let conditions = Conditions::of(settings);
            read.rules = rules().filter_map(|rule| Rule::of(conditions.before(rule), rule)).collect();
            read.passed = read.rules.iter().filter(|rule| rule.passes_on()).map(Rule::passed).collect();
        }
        read
    }

    /// The rules that pass on.
    pub fn passed(&self) -> &[Passed<'s>] {
        &self.passed
    }

    /// What becomes of a request for a path.
    pub fn outcome(&self, path: &str) -> Outcome<'_, 's> {
        for rule in &self.rules {
            let applies = match rule.applies(path, &self.values) {
                Some(false) => continue,
                applies => applies.is_some(),
            };
            if applies && rule.passes_on() {
                let passed = self.passed.iter().find(|passed| std::ptr::eq(passed.setting, rule.setting));
                return passed.map_or(Outcome::Unknown, Outcome::PassedOn);
            }
            if applies && rule.answers() {
                return Outcome::Answered;
            }
            match rule.setting.words().get(1).map(String::as_str) {
                Some("-") if applies && rule.has(&["l", "last", "end"]) => return Outcome::Unchanged,
                Some("-") if rule.has_only_notes() => {}
                _ => return Outcome::Unknown,
            }
        }
        Outcome::Unchanged
    }
}

impl<'s> Rule<'s> {
    fn of(conditions: Vec<&'s Setting<'s>>, setting: &'s Setting<'s>) -> Option<Self> {
        let [pattern, _, flags @ ..] = setting.words() else { return None };
        let flags = flags.first().map_or("", String::as_str).trim_matches(['[', ']']);
        let own = pattern.strip_prefix('!');
        Some(Rule {
            setting,
            conditions,
            pattern: Pattern::new(own.unwrap_or(pattern)),
            is_negated: own.is_some(),
            flags: flags.split(',').map(|flag| flag.trim().to_ascii_lowercase()).collect(),
        })
    }

    fn has(&self, flags: &[&str]) -> bool {
        self.flags.iter().any(|flag| flags.contains(&flag.split('=').next().unwrap_or_default()))
    }

    fn passes_on(&self) -> bool {
        self.has(&["p", "proxy"])
    }

    fn answers(&self) -> bool {
        self.has(&["r", "redirect", "f", "forbidden", "g", "gone"])
    }

    /// Whether nothing but variables and the like are set.
    fn has_only_notes(&self) -> bool {
        self.flags
            .iter()
            .all(|flag| ["", "e", "env", "co", "t", "ne", "nc"].contains(&flag.split('=').next().unwrap_or("")))
    }

    fn passed(&self) -> Passed<'s> {
        let words = self.setting.words();
        let pattern = if self.is_negated { "" } else { words[0].as_str() };
        Passed::by_rule(self.setting, pattern, &words[1])
    }

    /// Whether it counts for a path; `None` if that depends on more.
    fn applies(&self, path: &str, values: &Values<'_>) -> Option<bool> {
        if self.pattern.regex().is_some_and(|pattern| pattern.is_match(path) == self.is_negated) {
            return Some(false);
        }
        let known: Vec<Option<bool>> = self.conditions.iter().map(|condition| holds(condition, path, values)).collect();
        if known.contains(&Some(false)) {
            return Some(false);
        }
        (self.pattern.regex().is_some() && !known.contains(&None)).then_some(true)
    }
}

/// The port of a host, if it has but one.
fn port<'s>(host: &'s Host<'s>) -> Option<&'s str> {
    let mut ports = host.addresses.iter().map(|address| address.rsplit_once(':').map(|(_, port)| port));
    let first = ports.next()??;
    ports.all(|port| port == Some(first)).then_some(first)
}

/// The rules and conditions of a host by the file and the line that they stand in.
struct Conditions<'s> {
    rules: BTreeSet<(&'s [u8], u32)>,
    conditions: BTreeMap<(&'s [u8], u32), Vec<&'s Setting<'s>>>,
}

impl<'s> Conditions<'s> {
    fn of(settings: &'s Settings<'s>) -> Self {
        let rules = settings.all("rewriterule").iter().map(|rule| rule.node.place()).collect();
        let mut conditions = BTreeMap::<_, Vec<_>>::new();
        for condition in settings.all("rewritecond") {
            conditions.entry(condition.node.place()).or_default().push(condition);
        }
        Conditions { rules, conditions }
    }

    /// The `RewriteCond` lines before a rule and after the one before it.
    fn before(&self, rule: &'s Setting<'s>) -> Vec<&'s Setting<'s>> {
        let (file, line) = rule.node.place();
        let first = self.rules.range((file, 0)..(file, line)).next_back().map_or(0, |(_, last)| last + 1);
        self.conditions.range((file, first)..(file, line)).flat_map(|(_, conditions)| conditions).copied().collect()
    }
}

/// Whether a condition holds for a path, where nothing but the path and the host decides that.
fn holds(condition: &Setting, path: &str, values: &Values<'_>) -> Option<bool> {
    let [subject, pattern] = condition.words() else { return None };
    let (pattern, is_negated) = match pattern.strip_prefix('!') {
        Some(pattern) => (pattern, true),
        None => (pattern.as_str(), false),
    };
    let value = match subject.to_ascii_uppercase().as_str() {
        "%{REQUEST_URI}" => path,
        "%{HTTPS}" => values.https,
        "%{SERVER_PORT}" => values.port?,
        _ => return None,
    };
    let is_met = match pattern.strip_prefix('=') {
        Some(text) => value == text,
        None if pattern.starts_with(['-', '<', '>']) => return None,
        None => Pattern::new(pattern).regex()?.is_match(value),
    };
    Some(is_met != is_negated)
}
