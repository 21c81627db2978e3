//! Memory of a child that has met 100,000 phones.

use mtlsprotect_testkit::httpd::resident_kib;
use mtlsprotect_testkit::measure::{Vendor, protected};
use mtlsprotect_testkit::{Httpd, Key, Mpm};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

const MILESTONES: [u32; 5] = [1_000, 20_000, 40_000, 70_000, 100_000];

fn main() {
    // Elliptic curves and one key for all phones: the bench is about certificates, not about keys.
    let vendor = Vendor::new(Key::P256);
    let first = vendor.first_phone(Key::P256);
    let builder = protected(Mpm::Event, &vendor).children(1).threads(8);
    let builder = builder.config("SSLSessionTickets off\nSSLSessionCache none\nMaxConnectionsPerChild 0");
    let httpd: Httpd = builder.start();
    let child = httpd.pids()[0];

    println!("resident memory of a child after so many distinct phones");
    let next = AtomicU32::new(0);
    for milestone in MILESTONES {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= milestone {
                            break;
                        }
                        let phone = vendor.phone(&format!("0004f2{number:06x}"), &first);
                        let response = httpd.phone(&phone).tls12().get("/000000000000.cfg");
                        assert_eq!(
                            response.expect("the server answers").status,
                            404,
                            "a trusted phone finds no such file"
                        );
                    }
                });
            }
        });
        next.store(milestone, Ordering::Relaxed);
        assert_eq!(httpd.pids(), [child], "the same child has met them all");
        let kib = resident_kib(child).expect("the child runs");
        println!("{milestone:>8} {:>8.1} MiB", kib as f64 / 1024.0);
    }
}
