//! What can't be combined with passwords in place of certificates (`MTLSProtectPassword`), or will surprise.

use crate::configuration::extent::{folder, url};
use crate::configuration::folders::{folders_of, lies_in, overlap};
use crate::configuration::site::{Host, Setting, Settings, Site};
use crate::configuration::startup;
use crate::httpd::{Pool, is_loaded, server_path};
use crate::message::{Message, Number};
use crate::module::Mtlsprotect;
use mtlsprotect_core::time::{DAY, UnixTime};
use std::ffi::CStr;

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

/// What will surprise: passwords that end, sections in which nobody asks or everybody is asked, and a file that is served.
pub fn warn(site: &Site, temporary: Pool<'_>, warnings: &mut Vec<Message>) {
    for (host, setting) in each(site) {
        let place = || format!("{}: {}", setting.place(), setting.text());
        warnings.extend(ends(setting, UnixTime::now()));
        if let Some(why) = why_nobody_asks(site, host, setting) {
            warnings.push(Number::NobodyAsks.says(format!("{}: {why}", place())));
        }
        if is_open(site, host, setting) {
            warnings.push(Number::NothingProtected.says(format!(
                "{}: MTLSProtect is Off there: nobody is asked for a password, and strangers are served; write MTLSProtect \
                 On",
                place()
            )));
        }
        warnings.extend(missing_file(site, host, setting, temporary));
        warnings.extend(user_required(site, host, setting));
        warnings.extend(served_file(site, host, setting, temporary));
    }
    warnings.dedup();
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

/// What httpd lacks to ask for a password in the section of a setting, as far as can be seen.
fn why_nobody_asks(site: &Site, host: Option<&Host>, setting: &Setting) -> Option<String> {
    let mut types = beside(site, host, "authtype").filter(|kind| meet(kind, setting));
    let asking: [(&str, &str, &CStr); 2] =
        [("Basic", "auth_basic", c"mod_auth_basic.c"), ("Digest", "auth_digest", c"mod_auth_digest.c")];
    let Some((kind, name, source)) = types.find_map(|kind| asking.into_iter().find(|(word, ..)| kind.is(word))) else {
        return Some(
            "neither AuthType Basic nor AuthType Digest is set there, so that httpd asks for no password; add AuthType, \
             AuthName and AuthUserFile, or another provider of users"
                .to_owned(),
        );
    };
    if !is_loaded(source) {
        return Some(format!(
            "AuthType {kind} is set there, but mod_{name} is not loaded, so that httpd asks for no password; load it \
             (a2enmod {name})"
        ));
    }
    (!beside(site, host, "authname").any(|name| meet(name, setting))).then(|| {
        format!("there is no AuthName for AuthType {kind}, so that httpd answers 500 instead of asking; add one")
    })
}

/// A password file that is missing where httpd looks users up in one.
fn missing_file(site: &Site, host: Option<&Host>, setting: &Setting, temporary: Pool<'_>) -> Option<Message> {
    let mut types = beside(site, host, "authtype").filter(|kind| meet(kind, setting));
    let provider = types.find_map(|kind| {
        let is_asking = [("Basic", "authbasicprovider"), ("Digest", "authdigestprovider")];
        is_asking.into_iter().find_map(|(word, provider)| kind.is(word).then_some(provider))
    })?;
    // Unless it is set, the provider is file.
    if beside(site, host, provider).any(|provider| meet(provider, setting) && !provider.is("file")) {
        return None;
    }
    let mut files = beside(site, host, "authuserfile").filter(|file| meet(file, setting)).peekable();
    let (place, what) = if files.peek().is_none() {
        (setting.place(), format!("{}, and no AuthUserFile there", setting.text()))
    } else {
        let absent = files.find(|file| !server_path(temporary, file.word()).exists())?;
        (
            absent.place(),
            format!("{}: there is no such file beside MTLSProtectPassword ({})", absent.text(), setting.place()),
        )
    };
    Some(Number::NoPasswordFile.says(format!(
        "{place}: {what}: each phone that needs a password gets 500; make the file with htpasswd, or htdigest \
         for AuthType Digest, or set another provider of users"
    )))
}

/// Whether the sections of two settings can be those of one request, as far as can be seen: in one another, or around.
fn meet(one: &Setting, other: &Setting) -> bool {
    match (folder(one), folder(other), url(one), url(other)) {
        (Some(one), Some(other), ..) => overlap(&one, &other),
        (.., Some(one), Some(other)) => one.starts_with(&other) || other.starts_with(&one),
        // a folder and a URL may be the same
        _ => true,
    }
}

/// Whether nothing is judged where passwords count. Where nothing is judged at all, that is told once.
fn is_open(site: &Site, host: Option<&Host>, setting: &Setting) -> bool {
    let own = site.hosts.iter().flat_map(|host| host.own.all("mtlsprotect"));
    let is_anywhere = site.server.all("mtlsprotect").iter().chain(own).any(Setting::protects);
    is_anywhere && !beside(site, host, "mtlsprotect").any(|other| other.protects() && meet(other, setting))
}

/// A `Require` for users in the section of a setting: it asks the phones with certificates, too.
fn user_required(site: &Site, host: Option<&Host>, setting: &Setting) -> Option<Message> {
    let is_of_section = |other: &&Setting| match (folder(other), folder(setting), url(other), url(setting)) {
        (Some(one), Some(other), ..) | (.., Some(one), Some(other)) => one == other,
        _ => false,
    };
    // What the module lets in is enough then.
    if beside(site, host, "satisfy").any(|satisfy| satisfy.is("any") && meet(satisfy, setting)) {
        return None;
    }
    let all: Vec<&Setting> = beside(site, host, "require").filter(is_of_section).collect();
    let found = all.iter().find(|require| is_of_users(require) && !is_granted_besides(require, &all))?;
    Some(Number::PasswordsForAll.says(format!(
        "{}: {}: httpd asks everybody for a password, beside MTLSProtectPassword ({}), and phones with certificates have \
         none: they get 401; write Require all granted, and the module asks those that need a password",
        found.place(),
        found.text(),
        setting.place(),
    )))
}

fn is_of_users(require: &Setting) -> bool {
    let word = require.word().to_ascii_lowercase();
    matches!(&*word, "valid-user" | "user" | "group")
        || ["ldap-", "dbm-", "dbd-"].iter().any(|kind| word.starts_with(kind))
}

/// Whether everybody is let in where a `Require` is one of several ways in, or it doesn't count for all requests.
fn is_granted_besides(require: &Setting, all: &[&Setting]) -> bool {
    let [_, containers @ ..] = &require.sections[..] else { return true };
    if containers.iter().any(|inner| !inner.is("<RequireAll") && !inner.is("<RequireAny")) {
        return true;
    }
    (0..=containers.len()).any(|depth| {
        let around = &require.sections[..=depth];
        let is_any = depth == 0 || around.last().is_some_and(|inner| inner.is("<RequireAny"));
        is_any && all.iter().any(|other| *other.sections == *around && other.words() == ["all", "granted"])
    })
}

/// A password file among the files that are served.
fn served_file(site: &Site, host: Option<&Host>, setting: &Setting, temporary: Pool<'_>) -> Option<Message> {
    let all = hosts_of(site, host).flat_map(|host| folders_of(site, host));
    let folders: Vec<String> = all.filter(|folder| folder.pattern.is_none()).map(|folder| folder.path).collect();
    let is_served = |file: &&Setting| {
        let path = server_path(temporary, file.word());
        meet(file, setting)
            && folders.iter().any(|folder| !folder.is_empty() && lies_in(&path.to_string_lossy(), folder))
    };
    let found = beside(site, host, "authuserfile").find(is_served)?;
    Some(Number::PasswordsServed.says(format!(
        "{}: {}: the file lies in a folder that is served: whoever may read what names no phone can have the passwords of \
         all; move it out of there",
        found.place(),
        found.text(),
    )))
}
