//! Where virtual hosts listen.

use crate::ffi;
use crate::httpd::address::ip_address;
use crate::httpd::field::field;
use crate::httpd::server::Server;
use mtlsprotect_memory::bytes;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ptr::NonNull;

/// An address of a `<VirtualHost>`, by which httpd finds the hosts of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenAddress {
    /// None for all addresses that no other host names (`*`, `_default_`).
    ip: Option<IpAddr>,
    /// 0 for every port.
    port: u16,
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            Some(ip) => SocketAddr::new(ip, self.port).fmt(f),
            None => write!(f, "*:{}", self.port),
        }
    }
}

/// An entry of httpd's list of a host's addresses.
#[derive(Clone, Copy)]
struct Address {
    raw: NonNull<ffi::server_addr_rec>,
}

/// An entry of httpd's list of listeners.
#[derive(Clone, Copy)]
struct Listener {
    raw: NonNull<ffi::ap_listen_rec>,
}

fn listeners() -> impl Iterator<Item = Listener> {
    let listener = |raw| NonNull::new(raw).map(|raw| Listener { raw });
    // SAFETY: while a configuration is checked, its listeners stand here.
    let first = listener(unsafe { (&raw const ffi::ap_listeners).read() });
    std::iter::successors(first, move |last| listener(field!(last.next)))
}

impl Server<'_> {
    fn own_addresses(self) -> impl Iterator<Item = Address> {
        let address = |raw| NonNull::new(raw).map(|raw| Address { raw });
        // SAFETY: a server lives as long as its wrapper, and its addresses as long as it.
        let first = address(unsafe { (&raw const (*self.as_ptr()).addrs).read() });
        std::iter::successors(first, move |last| address(field!(last.next)))
    }

    /// The addresses of a `<VirtualHost>`, its names resolved; none of the main server.
    pub fn listen_addresses(self) -> Vec<ListenAddress> {
        let mut found: Vec<ListenAddress> = Vec::new();
        for address in self.own_addresses().filter(|_| self.is_virtual()) {
            // SAFETY: APR's address, which lives as long as the server.
            let ip = unsafe { ip_address(field!(address.host_addr)) };
            let ip = ip.filter(|ip| !ip.is_unspecified());
            let listening = ListenAddress { ip, port: field!(address.host_port) };
            if !found.contains(&listening) {
                found.push(listening);
            }
        }
        found
    }

    /// Whether `Protocol`, or else the `Listen` of its first address that has one, says https, as httpd finds out when it
    /// opens its listeners.
    pub fn is_https(self) -> bool {
        // SAFETY: a server of the configuration that is checked; httpd answers with a string of that or null.
        let protocol = unsafe { bytes(ffi::ap_get_server_protocol(self.as_ptr().cast_mut())) };
        let protocol = protocol.or_else(|| self.own_addresses().find_map(Address::protocol));
        protocol == Some(b"https")
    }
}

impl Address {
    /// The protocol of its listener.
    fn protocol<'c>(self) -> Option<&'c [u8]> {
        let host = field!(self.host_addr);
        let is_mine = |listener: &Listener| {
            let bound = field!(listener.bind_addr);
            // SAFETY: two addresses of APR's, of which the second has the port that it was bound with.
            unsafe {
                ffi::apr_sockaddr_equal(bound, host) != 0 && (&raw const (*bound).port).read() == field!(self.host_port)
            }
        };
        // SAFETY: a string that lives as long as the process.
        listeners().find(is_mine).and_then(|listener| unsafe { bytes(field!(listener.protocol)) })
    }
}
