//! The client certificate that a balancer passes on in a header, and who is believed.
//!
//! Everything here reads bytes that a stranger may have written: one pass over them, bounded in length and in the number of
//! certificates, and what is not exactly as the format says is unreadable. Nothing is tried in a second way.

mod certificates;
mod digest;
mod envoy;
mod format;
mod line;
mod pem;
mod read;
mod said;
mod scheme;
mod unreadable;
mod write;

pub use certificates::{Certificates, LONGEST, MOST_CERTIFICATES};
pub use digest::TextDigest;
pub use format::Format;
pub use line::{ProxyLine, is_spelled_as};
pub use pem::ders;
pub use read::{is_absent, read};
pub use said::{BalancersHeaders, Said};
pub use scheme::{forwarded_says_http, forwarded_says_https, proto_says_http, proto_says_https};
pub use unreadable::Unreadable;
pub use write::{Written, write};
