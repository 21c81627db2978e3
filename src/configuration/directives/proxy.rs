//! Who else than the client itself may say who it is.

use crate::configuration::directives::setter::{Set, Setter};
use crate::configuration::proxies::Proxies;
use mtlsprotect_core::directives::{self, Directive};
use mtlsprotect_core::forwarded::ProxyLine;

/// MTLSProtectProxy
pub struct Proxy;

impl Setter for Proxy {
    const RECORD: Directive = directives::PROXY;

    fn set(command: &mut Set<'_, '_>) -> Result<(), String> {
        if !command.is_in_virtual_host() {
            return Err(
                "stands outside a <VirtualHost>: a balancer is believed only in the virtual host that it is for, so \
                        write it into that one"
                    .to_owned(),
            );
        }
        let before = command.server.directives.proxies.cloned().unwrap_or_default();
        let proxies: Proxies = before.with(ProxyLine::read(command.words)?)?;
        command.server.directives.proxies = Some(command.pool.own(proxies));
        command.ask_for_arrivals();
        Ok(())
    }
}
