//! Why a header has no certificate that could be read.

use std::fmt;

crate::words! {
    /// What is wrong with a header that should hold a certificate, as it reads behind the header's name.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Unreadable {
        /// More bytes than any chain of a phone's takes.
        TooLong = "is longer than 32768 bytes",
        /// More certificates than any chain of a phone's has.
        TooMany = "has more than 16 certificates",
        /// Two headers, which httpd joins by a comma, or several elements.
        Twice = "came more than once, or has a comma: the balancer must delete what the client sent before it sets its own",
        /// A `%` without two hex digits.
        Escape = "is not URL-encoded: a percent sign without two hex digits",
        /// A PEM with spaces or newlines where it should be URL-encoded.
        NotEscaped = "is a PEM that is not URL-encoded; the format says that it is",
        /// No `-----BEGIN CERTIFICATE-----` where it should be, or no end.
        NotPem = "is not a PEM certificate and nothing else",
        /// Not base64, or with white space or padding where none belongs.
        NotBase64 = "is not base64 and nothing else",
        /// No byte sequence of RFC 8941: `:base64:`.
        NotByteSequence = "is not a byte sequence of RFC 8941, base64 between two colons",
        /// Not one DER element, or bytes behind it.
        NotDer = "is not one certificate in DER and nothing behind it",
        /// A second certificate in a header for the leaf alone.
        MoreThanLeaf = "has a second certificate",
        /// An element of Envoy's that is not `Key=value;...`.
        NotAnElement = "is not what Envoy writes, Key=value pairs separated by semicolons",
        /// An element of Envoy's without `Cert=`.
        NoCert = "has no Cert=: set cert: true under set_current_client_cert_details",
        /// An element of Envoy's whose `Hash=` is missing, or is another certificate's.
        NotItsHash = "has no Hash= of the certificate in it, which Envoy always writes",
        /// DER of something else.
        NotCertificate = "is not a certificate that OpenSSL reads",
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for Unreadable {}
