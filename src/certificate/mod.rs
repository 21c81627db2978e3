//! Who sends a request: the certificate of a TLS connection, and what the CA lists say of it.

pub mod connection;
pub mod credential;
pub mod forwarded;
pub mod handshake;
mod judge;
pub mod searched_headers;
pub mod sender;
pub mod session_data;
