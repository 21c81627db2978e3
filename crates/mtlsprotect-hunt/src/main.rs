//! Hunts for holes; see the library. Exits with 1 if there is one, and with 2 if it could not have found any.

use mtlsprotect_hunt::backend::Backend;
use mtlsprotect_hunt::hunt::{Tally, configuration};
use mtlsprotect_hunt::options::Options;
use mtlsprotect_hunt::report;
use mtlsprotect_testkit::httpd::module_path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, thread};

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    println!("seed={} module={}", options.seed, module_path().display());
    let (tally, configurations, seconds) = hunt(&options);
    println!("{}", report::summary(&tally, configurations, seconds));
    if !tally.failures.is_empty() {
        println!("{} failures, seed={}", tally.failures.len(), options.seed);
        return ExitCode::from(1);
    }
    if let Some(why) = report::vacuous(&tally) {
        println!("{why}");
        return ExitCode::from(2);
    }
    println!("ok: nothing found");
    ExitCode::SUCCESS
}

/// Runs the configurations, some at a time; what each finds does not depend on when.
fn hunt(options: &Options) -> (Tally, u64, u64) {
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let total = Mutex::new(Tally::default());
    let worker = || {
        let backend = Backend::start();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let late = options.time.is_some_and(|time| started.elapsed() >= time);
            let enough = total.lock().expect("nobody panics with it held").failures.len() >= options.failures;
            if late || enough || index >= options.configurations {
                return;
            }
            let _where = Whereabouts { seed: options.seed, index: options.first + index };
            let tally = configuration(options.seed, options.first + index, options.requests, &backend, |_| {});
            for failure in &tally.failures {
                println!(
                    "after {} seconds: {}",
                    started.elapsed().as_secs(),
                    report::failure(options.seed, options.requests, failure)
                );
            }
            done.fetch_add(1, Ordering::Relaxed);
            total.lock().expect("nobody panics with it held").add(tally);
        }
    };
    thread::scope(|scope| {
        (0..options.workers).for_each(|_| {
            scope.spawn(worker);
        });
    });
    (total.into_inner().expect("nobody panics with it held"), done.into_inner(), started.elapsed().as_secs())
}

/// Says which configuration it was when something in the hunt itself fails: a site that does not start.
struct Whereabouts {
    seed: u64,
    index: u64,
}

impl Drop for Whereabouts {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("the hunt itself failed: seed={} first={} configurations=1", self.seed, self.index);
        }
    }
}
