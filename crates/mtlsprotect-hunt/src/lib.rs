//! The hunt: random sites and random requests against a real httpd, until one phone is given, asks for or changes
//! another's file, or a legitimate one is refused its own.
//!
//! A site is [composed](site) of [parts](grammar) that real ones have; every phone's file holds a secret of its
//! own. [Requests](request) go to a server with the module and to the same without it. The [oracle] looks at what was
//! given and done and never asks the module; what the second server gives shows that the way was open.

pub mod backend;
pub mod decoding;
mod fastcgi;
pub mod grammar;
mod http2;
pub mod hunt;
pub mod keys;
pub mod learning;
pub mod options;
pub mod oracle;
pub mod part;
pub mod passwords;
pub mod phones;
pub mod random;
pub mod reader;
pub mod readers;
pub mod report;
pub mod request;
pub mod requests;
pub mod server;
pub mod shrink;
pub mod site;
pub mod spelling;
pub mod store;
