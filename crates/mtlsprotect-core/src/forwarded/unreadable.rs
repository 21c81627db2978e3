//! Why a header has no certificate that could be read.

use std::fmt;

/// What is wrong with a header that should hold a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// More bytes than any chain of a phone's takes.
    TooLong,
    /// More certificates than any chain of a phone's has.
    TooMany,
    /// Two headers, which httpd joins by a comma, or several elements.
    Twice,
    /// A `%` without two hex digits.
    Escape,
    /// A PEM with spaces or newlines where it should be URL-encoded.
    NotEscaped,
    /// No `-----BEGIN CERTIFICATE-----` where it should be, or no end.
    NotPem,
    /// Not base64, or with white space or padding where none belongs.
    NotBase64,
    /// No byte sequence of RFC 8941: `:base64:`.
    NotByteSequence,
    /// Not one DER element, or bytes behind it.
    NotDer,
    /// A second certificate in a header for the leaf alone.
    MoreThanLeaf,
    /// An element of Envoy's that is not `Key=value;...`.
    NotAnElement,
    /// An element of Envoy's without `Cert=`.
    NoCert,
    /// An element of Envoy's whose `Hash=` is missing, or is another certificate's.
    NotItsHash,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreadable::TooLong => "is longer than 32768 bytes",
            Unreadable::TooMany => "has more than 16 certificates",
            Unreadable::Twice => {
                "came more than once, or has a comma: the balancer must delete what the client sent before it sets its own"
            }
            Unreadable::Escape => "is not URL-encoded: a percent sign without two hex digits",
            Unreadable::NotEscaped => "is a PEM that is not URL-encoded; the format says that it is",
            Unreadable::NotPem => "is not a PEM certificate and nothing else",
            Unreadable::NotBase64 => "is not base64 and nothing else",
            Unreadable::NotByteSequence => "is not a byte sequence of RFC 8941, base64 between two colons",
            Unreadable::NotDer => "is not one certificate in DER and nothing behind it",
            Unreadable::MoreThanLeaf => "has a second certificate",
            Unreadable::NotAnElement => "is not what Envoy writes, Key=value pairs separated by semicolons",
            Unreadable::NoCert => "has no Cert=: set cert: true under set_current_client_cert_details",
            Unreadable::NotItsHash => "has no Hash= of the certificate in it, which Envoy always writes",
        })
    }
}

impl std::error::Error for Unreadable {}
