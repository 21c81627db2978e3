//! What methods do, and which ones phones may use.

use std::borrow::Cow;
use std::fmt;

/// The methods that phones may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods {
    names: Cow<'static, [Cow<'static, str>]>,
    /// Whether GET and PUT are among them, which nearly all requests of phones have.
    get: bool,
    put: bool,
}

impl Methods {
    /// A list of methods. Names are case-sensitive tokens (RFC 9110, section 9.1); every
    /// registered one is in capitals, so anything else is taken for a typo.
    ///
    /// # Errors
    /// The word that is not a method, in a sentence for the operator.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut names = Vec::new();
        for word in words {
            if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
                return Err(format!("\"{word}\" is not an HTTP method; methods are written in capitals, like GET"));
            }
            names.push(Cow::Owned(word.to_owned()));
        }
        let has = |method: &str| names.iter().any(|name| name == method);
        Ok(Methods { get: has("GET"), put: has("PUT"), names: Cow::Owned(names) })
    }

    /// Whether `method` is one of them. GET implies HEAD.
    pub fn allow(&self, method: &[u8]) -> bool {
        match method {
            b"GET" => self.get,
            b"PUT" => self.put,
            b"HEAD" if self.get => true,
            _ => self.names.iter().any(|name| name.as_bytes() == method),
        }
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(" "))
    }
}

/// `MTLSProtectMethods` where nobody sets it: what phones do.
pub static DEFAULT_METHODS: Methods = Methods {
    names: Cow::Borrowed(&[
        Cow::Borrowed("GET"),
        Cow::Borrowed("HEAD"),
        Cow::Borrowed("OPTIONS"),
        Cow::Borrowed("PUT"),
    ]),
    get: true,
    put: true,
};

/// Whether a method only reads. Everything else writes.
pub fn reads(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_goes_with_get_and_no_other_method_with_any() {
        let methods = Methods::new(["GET", "VERSION-CONTROL"]).unwrap();
        assert!(methods.allow(b"GET") && methods.allow(b"HEAD") && methods.allow(b"VERSION-CONTROL"));
        assert!(!methods.allow(b"PUT") && !methods.allow(b"get") && !methods.allow(b""));
        assert!(!Methods::new(["PUT"]).unwrap().allow(b"HEAD"));
        assert_eq!(methods.to_string(), "GET VERSION-CONTROL");
    }

    #[test]
    fn a_word_that_is_no_method_is_named() {
        for word in ["get", "", "GET,PUT", "*"] {
            assert!(Methods::new([word]).unwrap_err().contains(&format!("\"{word}\"")));
        }
    }
}
