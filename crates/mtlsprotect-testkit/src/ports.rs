//! Ports of loopback that no other test is given.

use rustix::fd::OwnedFd;
use rustix::net::{self, AddressFamily, SocketType, sockopt};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// A free port, kept from everybody who asks for any: a socket of ours is bound to it and never listens. A server that is
/// told the port can have it beside that, as all of them set SO_REUSEADDR (socket(7)); until one does, nobody answers there.
#[derive(Debug)]
pub struct HeldPort {
    _socket: OwnedFd,
    port: u16,
}

impl HeldPort {
    /// Takes one.
    pub fn take() -> HeldPort {
        let socket = net::socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        sockopt::set_socket_reuseaddr(&socket, true).expect("an option that every socket has");
        net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = net::getsockname(&socket).expect("a bound socket has an address");
        let address = SocketAddr::try_from(address).expect("an address of the internet");
        HeldPort { _socket: socket, port: address.port() }
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.port
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_held_port_is_nobody_elses_until_a_server_listens() {
        let held = HeldPort::take();
        let others: Vec<TcpListener> = (0..100).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        assert!(others.iter().all(|other| other.local_addr().unwrap().port() != held.number()));
        assert!(TcpStream::connect(("127.0.0.1", held.number())).is_err());
        // std sets SO_REUSEADDR, as servers do
        let server = TcpListener::bind(("127.0.0.1", held.number())).unwrap();
        assert!(TcpStream::connect(server.local_addr().unwrap()).is_ok());
    }
}
