//! The ways in which balancers write a certificate into a header.

crate::words! {
    /// A way to write a certificate, by the word of `certificate=`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Format {
        /// A byte sequence (RFC 9440), the chain a list of them.
        Rfc9440 = "rfc9440",
        /// `$ssl_client_escaped_cert`: a URL-encoded PEM.
        Nginx = "nginx",
        /// `ssl_c_der,base64`: base64 of DER, the chain DER certificates one after another.
        Haproxy = "haproxy",
        /// `%{SSL_CLIENT_CERT}s`: a PEM with spaces for newlines.
        Apache = "apache",
        /// An Application Load Balancer that verifies: a URL-encoded PEM with `+`, `=` and `/` as they are.
        Aws = "aws",
        /// An Application Load Balancer that passes through: leaf and chain.
        AwsPassthrough = "aws-passthrough",
        /// `X-Forwarded-Client-Cert`: `Key=value;...`, of which `Cert=` and `Chain=` are URL-encoded PEMs.
        Envoy = "envoy",
        /// PEMs without their delimiters and newlines, separated by commas.
        Traefik = "traefik",
    }
}

impl Format {
    /// The header that such a balancer sets; none where the operator chooses its name.
    pub fn default_header(self) -> Option<&'static str> {
        match self {
            Format::Rfc9440 => Some("Client-Cert"),
            Format::Nginx | Format::Haproxy | Format::Apache => None,
            Format::Aws => Some("X-Amzn-Mtls-Clientcert-Leaf"),
            Format::AwsPassthrough => Some("X-Amzn-Mtls-Clientcert"),
            Format::Envoy => Some("X-Forwarded-Client-Cert"),
            Format::Traefik => Some("X-Forwarded-Tls-Client-Cert"),
        }
    }

    /// The header for the chain that counts without `chain=`.
    pub fn default_chain(self) -> Option<&'static str> {
        (self == Format::Rfc9440).then_some("Client-Cert-Chain")
    }

    /// Whether the chain comes in a header of its own.
    pub fn may_have_chain(self) -> bool {
        matches!(self, Format::Rfc9440 | Format::Haproxy | Format::Apache)
    }

    /// Whether leaf and chain come in one header, which may be longer than httpd takes by default.
    pub fn has_chain_inside(self) -> bool {
        matches!(self, Format::AwsPassthrough | Format::Envoy | Format::Traefik)
    }
}
