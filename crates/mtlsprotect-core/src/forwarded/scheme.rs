//! Whether a balancer says that the client came to it without TLS, or with it.

/// Whether any element of an X-Forwarded-Proto says http.
pub fn proto_says_http(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').any(is_http)
}

/// Whether any element of a Forwarded header (RFC 7239) says `proto=http`.
///
/// Quotes are looked through: a client could open one that is never closed, and what the balancer adds would stand in it.
pub fn forwarded_says_http(value: &[u8]) -> bool {
    value.split(|&byte| matches!(byte, b',' | b';')).any(|pair| {
        let pair: Vec<u8> = pair.iter().copied().filter(|byte| !matches!(byte, b'"' | b'\\')).collect();
        pair.iter()
            .position(|&byte| byte == b'=')
            .is_some_and(|at| pair[..at].trim_ascii().eq_ignore_ascii_case(b"proto") && is_http(&pair[at + 1..]))
    })
}

/// Whether every element of an X-Forwarded-Proto says https.
pub fn proto_says_https(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').all(|word| word.trim_ascii().eq_ignore_ascii_case(b"https"))
}

/// Whether every element of a Forwarded header says `proto=https`, each as its only scheme.
pub fn forwarded_says_https(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').all(|element| {
        let mut schemes = element.split(|&byte| byte == b';').filter_map(|pair| {
            let at = pair.iter().position(|&byte| byte == b'=')?;
            pair[..at].trim_ascii().eq_ignore_ascii_case(b"proto").then(|| pair[at + 1..].trim_ascii())
        });
        schemes.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https")) && schemes.next().is_none()
    })
}

fn is_http(word: &[u8]) -> bool {
    word.trim_ascii().eq_ignore_ascii_case(b"http")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_in_any_element_counts() {
        for plain in ["http", "HTTP", " http ", "https, http", "http,https", "https,http ,https"] {
            assert!(proto_says_http(plain.as_bytes()), "{plain}");
        }
        for other in ["", "https", "HTTPS", "httpsx", "https,https", "ws", "x-http"] {
            assert!(!proto_says_http(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn https_counts_where_every_element_says_it() {
        for tls in ["https", "HTTPS", " https , https"] {
            assert!(proto_says_https(tls.as_bytes()), "{tls}");
        }
        for other in ["", "http", "https, http", "https,", "https x", "wss"] {
            assert!(!proto_says_https(other.as_bytes()), "{other}");
        }
        for tls in
            ["proto=https", "for=192.0.2.1;Proto=HTTPS;by=203.0.113.4", "proto=https, for=192.0.2.2; proto = https"]
        {
            assert!(forwarded_says_https(tls.as_bytes()), "{tls}");
        }
        for other in
            ["", "for=192.0.2.1", "proto=https, for=192.0.2.2", "proto=https;proto=http", "for=\"proto=https\"x"]
        {
            assert!(!forwarded_says_https(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn http_in_any_element_of_forwarded_counts() {
        for plain in [
            "proto=http",
            "for=192.0.2.1;Proto=HTTP;by=203.0.113.4",
            "for=192.0.2.1;proto=https, for=192.0.2.2; proto=http",
            "proto=\"http\"",
            "proto = http",
            // a quote that the client opened, an escape that eats the next quote
            "for=\"open, for=192.0.2.1;proto=http",
            "for=\"open, proto=http",
            "for=\"x\\\", proto=\"ht\\tp\"",
        ] {
            assert!(forwarded_says_http(plain.as_bytes()), "{plain}");
        }
        for other in ["", "proto=https", "for=http", "xproto=http", "for=192.0.2.1;proto=\"https\"", "proto", "http"] {
            assert!(!forwarded_says_http(other.as_bytes()), "{other}");
        }
    }
}
