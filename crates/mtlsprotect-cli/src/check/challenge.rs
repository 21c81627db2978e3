//! How a server asks for a password (RFC 9110, section 11.6.1), and the answer: Basic (RFC 7617) or Digest (RFC 7616).

use mtlsprotect_core::escape::quoted;
use openssl::base64::encode_block;
use openssl::hash::{MessageDigest, hash};
use std::fmt::Write as _;

/// Bytes shown of a scheme.
const SCHEME_SHOWN: usize = 32;

/// A user and the password.
pub struct Credentials {
    /// The user's name, without a colon.
    pub user: String,
    /// The password.
    pub password: String,
}

/// One of the ways in which a server asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    /// With names in lower case.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Those of a field WWW-Authenticate.
    pub fn all(field: &[u8]) -> Vec<Self> {
        let mut all: Vec<Challenge> = Vec::new();
        for part in parts(&String::from_utf8_lossy(field)) {
            let (word, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
            let rest = rest.trim_start();
            // `name=value`, also with spaces around the sign, is a parameter; what is left begins a challenge.
            let parameter = match (word.contains('='), rest.starts_with('='), all.last_mut()) {
                (false, false, _) | (.., None) => {
                    all.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                    rest
                }
                _ => part,
            };
            let Some(((name, value), challenge)) = parameter.split_once('=').zip(all.last_mut()) else { continue };
            challenge.parameters.push((name.trim_end().to_ascii_lowercase(), unquoted(value.trim_start())));
        }
        all
    }

    /// What people call it: `Basic`, `Digest MD5`.
    pub fn name(&self) -> String {
        let scheme = quoted(self.scheme.as_bytes(), SCHEME_SHOWN);
        match self.is("Digest") {
            true => format!("{scheme} {}", quoted(self.algorithm().as_bytes(), SCHEME_SHOWN)),
            false => scheme,
        }
    }

    /// Whether [`Challenge::answer`] knows the way.
    pub fn is_known(&self) -> bool {
        self.is("Basic") || self.is("Digest") && self.digest().is_some()
    }

    /// The field Authorization of a GET of this request-target, with a random number of the client's; none where the way
    /// is not known.
    pub fn answer(&self, credentials: &Credentials, target: &str, random: &str) -> Option<String> {
        if self.is("Basic") { Some(basic(credentials)) } else { self.by_digest(credentials, target, random) }
    }

    fn by_digest(&self, credentials: &Credentials, target: &str, random: &str) -> Option<String> {
        let digest = self.digest().filter(|_| self.is("Digest"))?;
        let hex = |text: String| Some(hex(&hash(digest, text.as_bytes()).ok()?));
        let Credentials { user, password } = credentials;
        let (realm, nonce) = (self.parameter("realm")?, self.parameter("nonce")?);
        let (secret, request) = (hex(format!("{user}:{realm}:{password}"))?, hex(format!("GET:{target}"))?);
        let mut field = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, algorithm={}",
            in_quotes(user),
            in_quotes(realm),
            in_quotes(nonce),
            in_quotes(target),
            self.algorithm()
        );
        let response = match self.parameter("qop") {
            None => hex(format!("{secret}:{nonce}:{request}"))?,
            Some(offered) => {
                offered.split(',').find(|offered| offered.trim().eq_ignore_ascii_case("auth"))?;
                // it is a String
                let _ = write!(field, ", qop=auth, nc=00000001, cnonce={}", in_quotes(random));
                hex(format!("{secret}:{nonce}:00000001:{random}:auth:{request}"))?
            }
        };
        let _ = write!(field, ", response=\"{response}\"");
        if let Some(opaque) = self.parameter("opaque") {
            let _ = write!(field, ", opaque={}", in_quotes(opaque));
        }
        Some(field)
    }

    fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    fn algorithm(&self) -> &str {
        self.parameter("algorithm").unwrap_or("MD5")
    }

    fn digest(&self) -> Option<MessageDigest> {
        match self.algorithm().to_ascii_uppercase().as_str() {
            "MD5" => Some(MessageDigest::md5()),
            "SHA-256" => Some(MessageDigest::sha256()),
            _ => None,
        }
    }
}

/// The field Authorization by Basic.
pub fn basic(Credentials { user, password }: &Credentials) -> String {
    format!("Basic {}", encode_block(format!("{user}:{password}").as_bytes()))
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // it is a String
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What stands between commas that are not in quotes, without white space around it.
fn parts(field: &str) -> impl Iterator<Item = &str> {
    let (mut in_quotes, mut is_escaped) = (false, false);
    let parts = field.split(move |character| {
        let (was_in_quotes, was_escaped) = (in_quotes, is_escaped);
        is_escaped = was_in_quotes && !was_escaped && character == '\\';
        in_quotes ^= character == '"' && !was_escaped;
        character == ',' && !was_in_quotes
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// The content of a quoted string; anything else as it stands.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let mut is_escaped = false;
    let kept = |character: &char| {
        is_escaped = *character == '\\' && !is_escaped;
        !is_escaped
    };
    inner.chars().filter(kept).collect()
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANDOM: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn names(field: &str) -> Vec<String> {
        Challenge::all(field.as_bytes()).iter().map(Challenge::name).collect()
    }

    #[test]
    fn every_challenge_of_a_field_is_found() {
        for (field, expected) in [
            ("Basic realm=\"provisioning\"", &["Basic"][..]),
            ("Digest realm=\"a, Basic b=\\\"c\", nonce=\"x\", qop=\"auth\"", &["Digest MD5"]),
            (
                "digest realm = \"x\",algorithm=SHA-256 , Basic realm=\"y\", charset=\"UTF-8\"",
                &["digest SHA-256", "Basic"],
            ),
            ("Negotiate, NTLM", &["Negotiate", "NTLM"]),
            ("Negotiate YII=", &["Negotiate"]),
            (", ,", &[]),
            ("Ba\x1bsic", &["Ba%1Bsic"]),
        ] {
            assert_eq!(names(field), expected, "{field}");
        }
        let realm = &Challenge::all(b"Digest realm=\"a \\\"b\\\\\", nonce=x")[0];
        assert_eq!((realm.parameter("realm"), realm.parameter("nonce")), (Some("a \"b\\"), Some("x")));
    }

    #[test]
    fn the_answers_are_those_of_the_rfcs() {
        let mufasa = Credentials { user: "Mufasa".to_owned(), password: "Circle of Life".to_owned() };
        // RFC 7616, section 3.9.1
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let field = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let challenge = &Challenge::all(field.as_bytes())[0];
            let answer = challenge.answer(&mufasa, "/dir/index.html", RANDOM).unwrap();
            for part in [&format!("response=\"{response}\""), "opaque=\"FQhe/qaU9", "qop=auth, nc=00000001"] {
                assert!(answer.contains(part), "{part}: {answer}");
            }
        }
        // RFC 7617, section 2
        let aladdin = Credentials { user: "Aladdin".to_owned(), password: "open sesame".to_owned() };
        let answer = Challenge::all(b"Basic realm=\"WallyWorld\"")[0].answer(&aladdin, "/", RANDOM);
        assert_eq!(answer.as_deref(), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        for unknown in ["Bearer", "Digest algorithm=MD5-sess, realm=x, nonce=y", "Digest nonce=y"] {
            assert_eq!(Challenge::all(unknown.as_bytes())[0].answer(&aladdin, "/", RANDOM), None, "{unknown}");
        }
    }

    proptest! {
        #[test]
        fn no_field_makes_an_answer_that_ends_its_line(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let phone = Credentials { user: "0004f2aabbcc".to_owned(), password: "x".to_owned() };
            // what httparse lets through of a field has no line ends either
            let line: Vec<u8> = bytes.into_iter().filter(|byte| !b"\r\n".contains(byte)).collect();
            for challenge in Challenge::all(&line) {
                let _ = challenge.name();
                if let Some(answer) = challenge.answer(&phone, "/", "1") {
                    prop_assert!(!answer.contains(['\r', '\n']));
                }
            }
        }

        #[test]
        fn what_is_quoted_is_read_as_it_was(realm in "[ -~]{0,20}", nonce in "[ -~]{0,20}") {
            let field = format!("Digest realm={}, nonce={}", in_quotes(&realm), in_quotes(&nonce));
            let all = Challenge::all(field.as_bytes());
            prop_assert_eq!(all.len(), 1);
            prop_assert_eq!(all[0].parameter("realm"), Some(realm.as_str()));
            prop_assert_eq!(all[0].parameter("nonce"), Some(nonce.as_str()));
        }
    }
}
