//! All phones come at once: each on a connection of its own.

use crate::fleet::Phone;
use crate::servers::{AT_ONCE, DIRECTORY, FIRMWARE, boot_log, own_file};
use mtlsprotect_testkit::measure::USER_AGENT;
use mtlsprotect_testkit::{Connection, Httpd};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

mtlsprotect_testkit::listed! {
    /// What the server knows of the phones.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Coming {
        New,
        Known,
        Resuming,
    }
}

impl Coming {
    pub fn words(self) -> &'static str {
        match self {
            Coming::New => "new phones",
            Coming::Known => "known phones",
            Coming::Resuming => "resumed sessions",
        }
    }
}

/// Every phone's visit, and the seconds that each took, the shortest first.
pub fn storm(httpd: &Httpd, phones: &[Phone], coming: Coming) -> Vec<f64> {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let mut seconds = Vec::new();
                while let Some(phone) = phones.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    visit(httpd, phone, coming).unwrap_or_else(|error| panic!("{}: {error}", phone.mac));
                    seconds.push(started.elapsed().as_secs_f64());
                }
                all.lock().expect("nobody panics with it held").extend(seconds);
            });
        }
    });
    let mut all = all.into_inner().expect("nobody panics with it held");
    all.sort_by(f64::total_cmp);
    all
}

fn visit(httpd: &Httpd, phone: &Phone, coming: Coming) -> io::Result<()> {
    let mut client = httpd.phone(&phone.identity).tls12();
    let mut session = phone.session.lock().expect("nobody panics with it held");
    if coming == Coming::Resuming {
        client = client.resume(session.as_ref().expect("the phone was here before"));
    }
    let mut connection = client.connect()?;
    assert_eq!(connection.resumed(), coming == Coming::Resuming);
    let boot_log = boot_log(phone);
    ask(&mut connection, "HEAD", FIRMWARE)?;
    ask(&mut connection, "GET", FIRMWARE)?;
    ask(&mut connection, "GET", &own_file(phone))?;
    ask(&mut connection, "GET", DIRECTORY)?;
    ask(&mut connection, "PUT", &boot_log)?;
    if coming != Coming::Resuming {
        *session = Some(connection.session());
    }
    Ok(())
}

fn ask(connection: &mut Connection, method: &str, path: &str) -> io::Result<()> {
    let body: &[u8] = if method == "PUT" { b"0101000000|so  |4|00|booted\n" } else { b"" };
    let response = connection.request(method, path, &[USER_AGENT], body)?;
    assert!(matches!(response.status, 200 | 201 | 204), "{method} {path}: {}", response.status);
    Ok(())
}
