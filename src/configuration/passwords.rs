//! What can't be combined with passwords in place of certificates (`MTLSProtectPassword`), or will surprise.

use crate::configuration::extent::{folder, url};
use crate::configuration::folders::overlap;
use crate::configuration::site::{Host, Setting, Settings, Site};
use crate::configuration::startup;
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::time::{DAY, UnixTime};

const DIRECTIVE: &str = "mtlsprotectpassword";

/// How long before passwords end that is said.
const SOON: i64 = 30 * DAY;

/// Whether a setting of some directive makes users.
type MakesUsers = fn(&Setting<'_>) -> bool;

/// What makes users of clients that send no password.
const USERS_WITHOUT: [(&str, MakesUsers); 4] = [
    ("sslusername", |_| true),
    ("ssloptions", has_fake_basic_auth),
    ("authbasicfake", |setting| !setting.is("off")),
    ("anonymous", |_| true),
];

fn has_fake_basic_auth(setting: &Setting) -> bool {
    setting.words().iter().any(|word| word.trim_start_matches('+').eq_ignore_ascii_case("FakeBasicAuth"))
}

/// The settings of a part of the configuration by which passwords count somewhere.
fn on<'s>(settings: &'s Settings<'s>) -> impl Iterator<Item = &'s Setting<'s>> {
    settings.all(DIRECTIVE).iter().filter(|setting| !setting.is("off"))
}

/// The hosts to whose requests a setting can apply: one of the server config to those of all.
fn hosts_of<'s>(site: &'s Site<'s>, of: Option<&'s Host<'s>>) -> impl Iterator<Item = &'s Host<'s>> {
    let all = if of.is_none() { &site.hosts[..] } else { &[] };
    of.into_iter().chain(all)
}

/// The settings of another directive that stand where they can apply to the requests of one.
fn beside<'s>(site: &'s Site<'s>, host: Option<&'s Host<'s>>, name: &'s str) -> impl Iterator<Item = &'s Setting<'s>> {
    site.server.all(name).iter().chain(hosts_of(site, host).flat_map(move |host| host.own.all(name)))
}

/// Each setting by which passwords count, with the host in which it stands.
fn each<'s>(site: &'s Site<'s>) -> impl Iterator<Item = (Option<&'s Host<'s>>, &'s Setting<'s>)> {
    let in_hosts = site.hosts.iter().flat_map(|host| on(&host.own).map(move |setting| (Some(host), setting)));
    on(&site.server).map(|setting| (None, setting)).chain(in_hosts)
}

/// What would let in somebody without a password, or show it to everybody.
pub fn check(site: &Site, errors: &mut Vec<Message>) {
    let end = |setting: &Setting| day(setting).and_then(UnixTime::end_of_day).unwrap_or(UnixTime::MAX);
    startup::note_passwords_end(each(site).map(|(_, setting)| end(setting)).max().unwrap_or(UnixTime::MIN));
    let learned = site.hosts.first().and_then(|main| main.server.config::<Mtlsprotect>().directives.learned);
    for (host, setting) in each(site) {
        if learned.is_none() {
            errors.push(Number::PasswordsForever.says(format!(
                "{}: {}: without MTLSProtectLearnedFile nobody knows after a restart which devices have proven themselves, \
                 and a password would be good for them again; add MTLSProtectLearnedFile /var/lib/mtlsprotect/learned \
                 outside of all virtual hosts",
                setting.place(),
                setting.text()
            )));
        }
        errors.extend(users_without(site, host, setting));
        if !hosts_of(site, host).any(|host| site.has_tls(host) || host.proxies().is_some()) {
            errors.push(Number::ReadablePasswords.says(format!(
                "{}: {}{}: there is no SSLEngine on, nor MTLSProtectProxy, so that everybody could read the passwords and \
                 none is ever asked for; write SSLEngine on there, or MTLSProtectPassword Off",
                setting.place(),
                setting.text(),
                host.map(|host| format!(" in virtual host {}", host.server.describe())).unwrap_or_default(),
            )));
        }
    }
}

/// The first directive beside a setting that makes a user of somebody who sends no password.
fn users_without(site: &Site, host: Option<&Host>, setting: &Setting) -> Option<Message> {
    let first =
        |(name, makes_users): &(&'static str, MakesUsers)| beside(site, host, name).find(|other| makes_users(other));
    let found = USERS_WITHOUT.iter().find_map(first)?;
    Some(Number::UsersWithoutPassword.says(format!(
        "{}: {}: it makes users that have sent no password, beside MTLSProtectPassword ({}); remove it, or give the phones a \
         virtual host without it",
        found.place(),
        found.text(),
        setting.place(),
    )))
}

/// What will surprise: passwords that end, and sections in which nobody asks.
pub fn warn(site: &Site, warnings: &mut Vec<Message>) {
    for (host, setting) in each(site) {
        warnings.extend(ends(setting, UnixTime::now()));
        if !asks(site, host, setting) {
            warnings.push(Number::NobodyAsks.says(format!(
                "{}: {}: neither AuthType Basic nor AuthType Digest is set there, so that httpd asks for no password; add \
                 AuthType, AuthName and AuthUserFile, or another provider of users",
                setting.place(),
                setting.text()
            )));
        }
    }
}

fn ends(setting: &Setting, now: UnixTime) -> Option<Message> {
    let until = day(setting).and_then(UnixTime::end_of_day).filter(|&until| until <= now + SOON)?;
    let then = if until < now { "has passed: no password counts any more" } else { "is less than 30 days away" };
    Some(Number::PasswordsEnd.says(format!(
        "{}: {}: that day {then}; mtlsprotect status shows which devices still use one",
        setting.place(),
        setting.text()
    )))
}

/// The last day of a setting.
pub fn day<'s>(setting: &'s Setting) -> Option<&'s str> {
    setting.words().iter().find_map(|word| word.strip_prefix("until="))
}

/// Whether httpd's authentication is set for the section of a setting, in it or around it, as far as can be seen.
fn asks(site: &Site, host: Option<&Host>, setting: &Setting) -> bool {
    let mut types = beside(site, host, "authtype").filter(|kind| kind.is("basic") || kind.is("digest"));
    types.any(|kind| match (folder(kind), folder(setting), url(kind), url(setting)) {
        (Some(one), Some(other), ..) => overlap(&one, &other),
        (.., Some(one), Some(other)) => one.starts_with(&other) || other.starts_with(&one),
        // a folder and a URL may be the same
        _ => true,
    })
}
