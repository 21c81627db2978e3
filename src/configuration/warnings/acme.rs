//! `MTLSProtect Off` for ACME's path, which is open on purpose, and what makes it more than that.

use crate::configuration::access::is_restricted;
use crate::configuration::extent::{Reach, described, folder, url};
use crate::configuration::folders::{Folder, lies_in};
use crate::configuration::passed::location;
use crate::configuration::passed_on::Passing;
use crate::configuration::site::{Host, Setting, Site};
use crate::configuration::warnings::proxied::exception;
use crate::message::{Message, Number};

/// Where Let's Encrypt and others look for a proof that a server's name is its owner's (RFC 8555, section 8.3).
const ACME: &str = "/.well-known/acme-challenge/";

/// Whether a setting counts for challenges alone, which lie where nothing else does.
pub fn is_for_challenges(reach: &Reach<'_>, setting: &Setting) -> bool {
    let of_section = match (url(setting), folder(setting)) {
        (Some(url), _) => format!("{url}/").contains(ACME),
        (None, Some(folder)) => {
            format!("{folder}/").contains(ACME) || aliases(reach).any(|alias| lies_in(&folder, &alias.path))
        }
        (None, None) => is_pattern(setting),
    };
    of_section && !aliases(reach).any(|alias| has_other_files(reach, alias))
}

/// The host's aliases for the path of challenges.
fn aliases<'r>(reach: &'r Reach<'_>) -> impl Iterator<Item = &'r Folder<'r>> {
    reach.folders.iter().filter(|served| served.url.is_some_and(|url| format!("{url}/").contains(ACME)))
}

/// Whether what is served elsewhere lies in an alias's folder as well.
fn has_other_files(reach: &Reach<'_>, alias: &Folder<'_>) -> bool {
    let others = reach.folders.iter().filter(|served| !std::ptr::eq(*served, alias));
    let served = others.filter(|served| served.url != alias.url).map(|served| served.path.clone());
    let protected = reach.sections.iter().filter(|setting| setting.protects()).filter_map(|setting| folder(setting));
    served.chain(protected).any(|path| lies_in(&path, &alias.path))
}

/// `<LocationMatch "^/\.well-known/acme-challenge/">`, with nothing but more of the path behind.
fn is_pattern(setting: &Setting) -> bool {
    let Some(section) = setting.section().filter(|section| section.is("<LocationMatch") || section.is("<Location"))
    else {
        return false;
    };
    let words = section.words();
    let pattern = words.last().map(|pattern| pattern.replace('\\', "")).unwrap_or_default();
    pattern.strip_prefix('^').is_some_and(|pattern| pattern.starts_with(ACME.trim_end_matches('/')))
        && !pattern.contains('|')
}

/// What lets strangers do more there than read challenges.
pub fn dangers(site: &Site, host: &Host, reach: &Reach<'_>, setting: &Setting) -> Vec<Message> {
    proxied(site, host, setting).into_iter().chain(written(site, host, reach, setting)).collect()
}

/// An application that answers for the path.
fn proxied(site: &Site, host: &Host, setting: &Setting) -> Option<Message> {
    let passing = Passing::of(site, host);
    let passed = passing.first(&format!("{ACME}x"))?;
    Some(Number::AcmeProxied.says(format!(
        "{}: MTLSProtect Off for {ACME}, whose requests {}: {} passes on to an application that may read more into the \
         path; write {} before that line, so that they don't reach it",
        setting.place(),
        passed.setting.place(),
        passed.setting.text(),
        exception(passed, ACME),
    )))
}

/// WebDAV, by which anybody could put an answer to a challenge there.
fn written(site: &Site, host: &Host, reach: &Reach<'_>, setting: &Setting) -> Option<Message> {
    let section = described(setting);
    let of_section = |name: &'static str| site.all(host, name).filter(|other| described(other).starts_with(&section));
    let is_closed = of_section("dav").any(|dav| dav.is("off"))
        || of_section("require").any(|require| require.is("method"))
        || is_restricted(site, host, setting);
    let path = challenges(reach);
    let reaches = |dav: &&Setting| match (folder(dav), location(dav)) {
        (Some(folder), _) => lies_in(&path, &folder),
        (None, Some(url)) => ACME.starts_with(url.as_str()),
        (None, None) => false,
    };
    let dav = site.all(host, "dav").filter(|dav| !dav.is("off")).find(reaches).filter(|_| !is_closed)?;
    Some(Number::AcmeWritten.says(format!(
        "{}: MTLSProtect Off for {ACME}, where {} ({}) counts too: anybody can write the answer to a challenge and get a \
         certificate for this server's name; write Dav Off and Require method GET HEAD beside it",
        setting.place(),
        dav.text(),
        dav.place(),
    )))
}

/// The folder of the challenges.
fn challenges(reach: &Reach<'_>) -> String {
    let alias = aliases(reach).next().map(|alias| alias.path.clone());
    let root = || reach.folders.first().map(|root| root.path.as_str()).unwrap_or_default();
    alias.unwrap_or_else(|| format!("{}{}", root(), ACME.trim_end_matches('/')))
}
