//! An old phone without a certificate: whether it is asked for its password (`MTLSProtectPassword`), and what that opens.

use super::Endpoint;
use super::ask::{ServerAnswer, ask_plain, ask_tls};
use super::challenge::{Credentials, basic, hex};
use super::client::{Authorities, Client};
use super::judge::{AnswerRow, Meaning};
use crate::output::{shown, usage};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io;
use std::path::Path;

/// Who asks first, then with the password, and who does so without TLS.
const UNASKED: &str = "the device, without a password";
const BY_PASSWORD: &str = "the device, by ";
const OF_ANOTHER: &str = "another device, by ";
const IN_CLEAR: &str = "the device's password, over plain HTTP";
/// Who asks there without a password.
pub const OVER_HTTP: &str = "over plain HTTP";

/// Users with their passwords.
pub struct Users {
    /// The device's that the URL names.
    own: Credentials,
    /// Another device's.
    other: Option<Credentials>,
}

impl Users {
    /// Reads lines `USER:PASSWORD` from a file, or for `-` from standard input: the device's own, and another's if there is
    /// a second one.
    ///
    /// # Errors
    /// It can't be read, or has other lines. The error says nothing of what stands there.
    pub fn read(file: &Path) -> Result<Self> {
        let (name, text) = match file == Path::new("-") {
            true => ("standard input".to_owned(), io::read_to_string(io::stdin())),
            false => (shown(file).to_string(), fs::read_to_string(file)),
        };
        let text = text.with_context(|| format!("{name}: cannot be read"))?;
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let mut next = || {
            let read = |(number, line)| {
                credentials(line).with_context(|| format!("{name}, line {}: expected USER:PASSWORD", number + 1))
            };
            lines.next().map(read).transpose()
        };
        let Some(own) = next()? else { bail!("{name}: has no line USER:PASSWORD") };
        let users = Users { own, other: next()? };
        if next()?.is_some() {
            bail!("{name}: has more than two lines: the first is the device's, the second another's");
        }
        if users.other.as_ref().is_some_and(|other| other.user == users.own.user) {
            bail!("{name}: both lines have one user: the first is the device's, the second another's");
        }
        Ok(users)
    }
}

/// A user and the password. Neither protocol has a way to send control characters.
fn credentials(line: &str) -> Option<Credentials> {
    let (user, password) = line.split_once(':')?;
    let is_sent = !user.is_empty() && !line.contains(char::is_control);
    is_sent.then(|| Credentials { user: user.to_owned(), password: password.to_owned() })
}

/// Asks without a password, and by each way in which that is asked for with the device's own, another's and a wrong one.
/// Passwords are sent to no server whose certificate isn't verified, and without TLS only to this machine.
///
/// # Errors
/// The server's certificate is not trusted, there are no CAs for it, or the URL names no device.
pub fn rows(target: &Endpoint, users: &Users, server: &Authorities) -> Result<Vec<AnswerRow>> {
    if target.names.is_none() {
        return Err(usage("--passwords needs the URL of a device's own file, which names that device and no other"));
    }
    let ask = |headers: &[String]| ask_tls(&Client::new(&target.with_headers(headers)).verifying(server));
    // what is wrong with the file of CAs
    Client::new(target).verifying(server).context()?;
    let first = ask(&[]);
    if let Some(why) = &first.distrust {
        bail!(
            "{}: the server's certificate is not trusted: {why}; no password was sent. --server-ca names the file of its CA",
            target.address
        );
    }
    let ways = first.asks();
    let mut rows = vec![AnswerRow::of_asked(UNASKED, first)];
    let wrong = Credentials { user: users.own.user.clone(), password: random()? };
    for way in ways.iter().filter(|way| way.is_known()) {
        let name = way.name();
        let send = |credentials| -> Result<ServerAnswer> {
            // An answer to a challenge is good once.
            let again = ask(&[]).asks().into_iter().find(|again| again.name() == name);
            let field = again.as_ref().unwrap_or(way).answer(credentials, &target.path, &random()?);
            Ok(ask(&field.map(|field| format!("Authorization: {field}")).into_iter().collect::<Vec<_>>()))
        };
        rows.push(AnswerRow::of_device(&format!("{BY_PASSWORD}{name}"), send(&users.own)?));
        for (who, credentials) in [(OF_ANOTHER, users.other.as_ref()), ("a wrong password, by ", Some(&wrong))] {
            let Some(credentials) = credentials else { continue };
            rows.push(AnswerRow::of_stranger(&format!("{who}{name}"), send(credentials)?, true));
        }
    }
    rows.extend(in_clear(target, &users.own));
    Ok(rows)
}

/// What the device's password opens without TLS. Nobody listens on the way to this machine itself.
fn in_clear(target: &Endpoint, own: &Credentials) -> Option<AnswerRow> {
    let answer = || ask_plain(&target.with_headers(&[format!("Authorization: {}", basic(own))]));
    let row = |answer| AnswerRow::of_plain_http(IN_CLEAR, answer);
    target.http.ip().is_loopback().then(answer).map(row)
}

/// What the answers say, and what was not tried.
pub fn notes(target: &Endpoint, users: &Users, rows: &[AnswerRow]) -> Vec<String> {
    let is_found = |who: &str, meant: &[Meaning]| {
        rows.iter().any(|row| row.is_finding && row.who.starts_with(who) && meant.contains(&row.meaning))
    };
    let is_unasked = rows.iter().any(|row| row.is_finding && row.who == UNASKED);
    let (asked, refused) = ([Meaning::Asked], [Meaning::Refused, Meaning::NotThere]);
    let notes = [
        (
            is_unasked,
            "nobody is asked for a password that this command knows: are MTLSProtectPassword and AuthType Basic or Digest \
             in the section of the file, has the device proven itself by a certificate before, or is the day of until= \
             over? The server's error log says more",
        ),
        (
            is_found(BY_PASSWORD, &asked),
            "the device's password is not taken: is it the one that the server has for this user?",
        ),
        (
            is_found(BY_PASSWORD, &refused),
            "the device's password is right, and the file does not come: is the user the MAC that the URL names, or found \
             by pattern=? The server's error log says more",
        ),
        (
            is_found(OVER_HTTP, &asked) || is_found(IN_CLEAR, &[Meaning::Asked, Meaning::Served]),
            "a password is asked for, or taken, over plain HTTP, where everybody on the way can read it: let that port \
             redirect, or refuse",
        ),
        (
            !target.http.ip().is_loopback(),
            "the password was not tried over plain HTTP, where everybody on the way could read it: on the server itself \
             --resolve=127.0.0.1 tries that too",
        ),
        (
            rows.iter().any(|row| row.who.starts_with(OF_ANOTHER) && row.meaning == Meaning::Asked),
            "another device's password is not taken, so that it says nothing: is it the one that the server has for that \
             user?",
        ),
        (users.other.is_none(), "another device's password was not tried: write its USER:PASSWORD into a second line"),
    ];
    notes.into_iter().filter(|(is_so, _)| *is_so).map(|(_, note)| note.to_owned()).collect()
}

fn random() -> Result<String> {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes)?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn read(text: &str) -> Result<Users> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Users::read(file.path())
    }

    #[test]
    fn a_password_is_all_that_follows_the_first_colon() {
        let users = read("0004f2aabbcc: a:b \r\n\n0004f2aabbdd:\n").unwrap();
        assert_eq!((users.own.user.as_str(), users.own.password.as_str()), ("0004f2aabbcc", " a:b "));
        let other = users.other.unwrap();
        assert_eq!((other.user.as_str(), other.password.as_str()), ("0004f2aabbdd", ""));
    }

    #[test]
    fn what_is_not_a_user_and_a_password_is_not_repeated() {
        for (text, said) in [
            ("", "no line"),
            ("secret", "line 1: expected USER:PASSWORD"),
            ("a:b\n\n:secret", "line 3: expected"),
            ("a:b\x07secret", "line 1: expected"),
            ("a:b\nc:d\ne:secret\n", "more than two lines"),
            ("a:secret\na:secret\n", "one user"),
        ] {
            let error = format!("{:#}", read(text).err().unwrap());
            assert!(error.contains(said) && !error.contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn no_password_goes_over_plain_http_to_another_machine() {
        let address = |host: &str| (host.parse::<std::net::IpAddr>().unwrap(), 9).into();
        let target = Endpoint {
            host: "pbx.example".to_owned(),
            address: address("192.0.2.1"),
            http: address("192.0.2.1"),
            path: "/0004f2aabbcc.cfg".to_owned(),
            headers: String::new(),
            names: None,
            names_nobody: false,
            deadline: super::super::deadline::Deadline::after(std::time::Duration::ZERO),
        };
        let users = read("0004f2aabbcc:x\n").unwrap();
        assert!(in_clear(&target, &users.own).is_none());
        assert!(notes(&target, &users, &[]).iter().any(|note| note.contains("was not tried over plain HTTP")));
        assert!(in_clear(&Endpoint { http: address("::1"), ..target }, &users.own).is_some());
    }
}
