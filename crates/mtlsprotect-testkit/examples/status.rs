//! Shows the status of a fleet in the middle of its roll-out, on loopback, until it is ended:
//!
//!     cargo run --example status [DEVICES]

use mtlsprotect_testkit::status::fleet::{Fleet, status};
use mtlsprotect_testkit::status::server::Server;

fn main() {
    let devices = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let fleet = Fleet::of(devices);
    let server = Server::start(status(&fleet), fleet);
    println!("{}", server.url(""));
    loop {
        std::thread::park();
    }
}
