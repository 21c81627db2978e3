//! `MTLSProtectNamedBy` of a variable that nothing sets: it names nobody, and each phone reads what it should have named.

use crate::configuration::extent::{Protection, Reach, folder, url};
use crate::configuration::folders::lies_in;
use crate::configuration::site::{Host, Setting, Settings, Site};
use crate::httpd::{Node, Pool};
use crate::message::{Message, Number};
use std::collections::{HashMap, HashSet};

/// Directives that only read variables, or take them away.
const READERS: [&str; 12] = [
    "mtlsprotectnamedby",
    "customlog",
    "errorlogformat",
    "globallog",
    "header",
    "logformat",
    "requestheader",
    "require",
    "rewritecond",
    "unsetenv",
    "<if",
    "<elseif",
];

/// Beginnings of the names that modules set by themselves.
const BY_MODULES: [&str; 4] = ["SSL_", "MATCH_", "AUTHENTICATE_", "AUTHORIZE_"];

/// The rules that set a variable: one that runs, or else one that doesn't.
type Rules<'s> = HashMap<String, (&'s Setting<'s>, bool)>;

/// Finds them, each once.
pub fn find(site: &Site, protection: &Protection<'_>, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    let all = || std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own));
    let named: Vec<(&Setting, String)> = all()
        .flat_map(|settings| settings.all("mtlsprotectnamedby"))
        .flat_map(|setting| variables(setting.word()).map(move |name| (setting, name.to_ascii_uppercase())))
        .filter(|(_, name)| !BY_MODULES.iter().any(|module| name.starts_with(module)))
        .collect();
    if named.is_empty() {
        return;
    }
    let names: HashSet<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    let Some(set) = set_elsewhere(&names, pool) else { return };
    let mut rules = Rules::new();
    let is_off: Vec<bool> =
        site.hosts.iter().zip(&protection.hosts).map(|(host, reach)| is_off_in_the_end(site, host, reach)).collect();
    rules_of(site, &site.server, is_off.contains(&true), &mut rules);
    for (host, is_off) in site.hosts.iter().zip(is_off) {
        rules_of(site, &host.own, is_off, &mut rules);
    }
    for (setting, name) in named.iter().filter(|(_, name)| !set.contains(name.as_str())) {
        match rules.get(name) {
            Some((_, true)) => {}
            Some((rule, false)) => warnings.push(not_run(setting, name, rule)),
            None => warnings.push(unset(setting, name)),
        }
    }
}

fn unset(setting: &Setting, name: &str) -> Message {
    Number::NothingNames.says(format!(
        "{}: {}: nothing in the configuration sets {name} (RewriteRule with [E={name}:...], SetEnvIf), so that it names nobody and \
         each phone reads the files of all; check the spelling, and write MTLSProtectOtherFiles deny, which refuses what is not \
         named",
        setting.place(),
        setting.text(),
    ))
}

fn not_run(setting: &Setting, name: &str, rule: &Setting) -> Message {
    Number::NothingNames.says(format!(
        "{}: {}: RewriteEngine is not on where the rule stands that sets {name} ({}), or off for all that the host serves, so that \
         it names nobody and each phone reads the files of all; write RewriteEngine on beside the rule, and MTLSProtectOtherFiles \
         deny, which refuses what is not named",
        setting.place(),
        setting.text(),
        rule.place(),
    ))
}

/// The environment's variables in an expression.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("%{").skip(1).filter_map(|rest| {
        let (kind, rest) = rest.split_once(':')?;
        let is_environment = ["reqenv", "env"].iter().any(|own| kind.eq_ignore_ascii_case(own));
        rest.split('}').next().filter(|name| is_environment && !name.is_empty())
    })
}

/// Which of the names something other than a rewrite sets; none where scripts in httpd might set any.
fn set_elsewhere<'n>(names: &HashSet<&'n str>, pool: Pool<'_>) -> Option<HashSet<&'n str>> {
    let (mut set, mut has_scripts) = (HashSet::new(), false);
    Node::each(pool, &mut |node| {
        let directive = node.name().to_ascii_lowercase();
        has_scripts |= ["lua", "perl", "python"].iter().any(|language| directive.starts_with(language));
        if directive != "rewriterule" && !READERS.contains(&directive.as_str()) {
            set.extend(names.iter().filter(|name| node.mentions(name.as_bytes()) && has_word(node, name)));
        }
    });
    (!has_scripts).then_some(set)
}

/// Whether a name stands alone in a directive, not as a part of another.
fn has_word(node: Node<'_>, name: &str) -> bool {
    let arguments = node.argument().to_ascii_uppercase();
    arguments.split(|char: char| !char.is_alphanumeric() && char != '_' && char != '-').any(|word| word == name)
}

fn rules_of<'s>(site: &'s Site<'s>, settings: &'s Settings<'s>, is_off: bool, rules: &mut Rules<'s>) {
    for rule in settings.all("rewriterule") {
        let Some(flags) = rule.words().get(2) else { continue };
        let flags = flags.trim_matches(['[', ']']).split(',');
        let sets = flags
            .filter_map(|flag| flag.trim().split_once('='))
            .filter(|(flag, _)| ["E", "env"].iter().any(|own| flag.eq_ignore_ascii_case(own)));
        for (_, set) in sets {
            let name = set.split(':').next().unwrap_or_default().to_ascii_uppercase();
            if rules.get(&name).is_none_or(|(_, runs)| !runs) {
                rules.insert(name, (rule, runs(site, settings, is_off, rule)));
            }
        }
    }
}

/// Whether a `<Location>` for all that a host serves turns RewriteEngine off: it is merged behind the `<Directory>` of a rule.
fn is_off_in_the_end(site: &Site, host: &Host, reach: &Reach<'_>) -> bool {
    let is_off = |engine: &Setting| engine.is("off") && url(engine).is_some() && reach.covers_all(engine);
    site.all(host, "rewriteengine").any(is_off)
}

/// Whether RewriteEngine is on for a rule, as far as can be seen.
fn runs(site: &Site, settings: &Settings, is_off: bool, rule: &Setting) -> bool {
    let mut engines = site.server.all("rewriteengine").iter().chain(settings.all("rewriteengine"));
    if rule.sections.is_empty() {
        return engines.rfind(|engine| engine.sections.is_empty()).is_some_and(|engine| engine.is("on"));
    }
    let reaches = |engine: &Setting| {
        rule.sections.starts_with(&engine.sections)
            || folder(rule).zip(folder(engine)).is_some_and(|(rule, engine)| lies_in(&rule, &engine))
            || url(rule).zip(url(engine)).is_some_and(|(rule, engine)| rule.starts_with(&engine))
    };
    let is_on = engines.any(|engine| !engine.sections.is_empty() && engine.is("on") && reaches(engine));
    is_on && (url(rule).is_some() || !is_off)
}
