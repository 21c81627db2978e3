//! The balancers of a host (`MTLSProtectProxy`).

use mtlsprotect_core::forwarded::ProxyLine;
use std::net::IpAddr;

/// The balancers of one virtual host.
#[derive(Clone, Default)]
pub struct Proxies(Vec<ProxyLine>);

impl Proxies {
    /// With another line.
    ///
    /// # Errors
    /// That two lines have one address.
    pub fn with(&self, line: ProxyLine) -> Result<Self, String> {
        if let Some(shared) = self.0.iter().find_map(|other| line.shares(other)) {
            return Err(format!(
                "{shared} is in an earlier MTLSProtectProxy of this virtual host: a balancer writes certificates in one \
                 way, so list each address once"
            ));
        }
        Ok(Proxies(self.0.iter().cloned().chain([line]).collect()))
    }

    /// What is said of whoever connects from an address.
    pub fn line_of(&self, peer: IpAddr) -> Option<&ProxyLine> {
        self.0.iter().find(|line| line.has(peer))
    }

    /// All headers that balancers set.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|line| std::iter::once(line.header()).chain(line.chain()))
    }

    /// Their addresses, for the operator.
    pub fn addresses(&self) -> String {
        self.0.iter().flat_map(ProxyLine::addresses).collect::<Vec<_>>().join(",")
    }

    /// What is said of each kind.
    pub fn lines(&self) -> &[ProxyLine] {
        &self.0
    }
}
