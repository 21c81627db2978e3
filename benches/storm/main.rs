//! After a power cut all phones come at once: CPU that each takes of httpd with the module over without it, how long
//! the slowest wait, and the memory of a child. The server without it verifies certificates too.
//!
//!     cargo bench --bench storm                                 2,000 phones, five rounds
//!     cargo bench --bench storm -- phones=20000 rounds=1

mod fleet;
mod servers;
mod usage;
mod visits;

use fleet::Phone;
use mtlsprotect_testkit::measure::Vendor;
use mtlsprotect_testkit::{Builder, Key, Mpm};
use openssl::x509::X509;
use servers::AT_ONCE;
use std::process::exit;
use std::time::Instant;
use visits::Coming;

const PHONES: usize = 2000;
const ROUNDS: usize = 5;
/// Phones that come before anything is measured, so that every child has served some.
const FIRST: usize = 2 * AT_ONCE as usize;

/// One round of one kind on one server.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Milliseconds of CPU for each phone.
    cpu: f64,
    /// Milliseconds within which 99 of 100 phones were served.
    p99: f64,
    /// MiB of a child when the round was over.
    memory: f64,
}

/// Costs without the module and with it, by round.
type Rounds = Vec<[Cost; 2]>;

fn main() {
    let count = argument("phones=").unwrap_or(PHONES);
    let number_of_rounds = argument("rounds=").unwrap_or(ROUNDS);
    let vendor = Vendor::new(Key::Rsa(4096));
    let phones = fleet::phones(&vendor, count + FIRST);
    println!("{count} phones, {AT_ONCE} at once, medians of {number_of_rounds} rounds in turn: without, with");
    println!(
        "a CA's signature takes {:.3} ms: three of each phone's handshake without, one of a new phone's with",
        milliseconds_to_verify(&vendor)
    );
    println!("{:<26}{:<42}{:<46}child, MiB", "", "CPU of a phone, ms", "p99 of a visit, ms");
    let mut kept = true;
    for mpm in [Mpm::Event, Mpm::Prefork] {
        let servers = servers::servers(mpm, &vendor, &phones);
        let rounds: Vec<[[Cost; 2]; 3]> =
            (0..number_of_rounds).map(|number| round(number, &servers, &phones)).collect();
        for coming in Coming::ALL {
            let rounds: Rounds = rounds.iter().map(|round| round[coming as usize]).collect();
            kept &= print_row(mpm, coming, &rounds);
        }
    }
    if !kept {
        exit(1);
    }
}

/// A number of the command line.
fn argument(name: &str) -> Option<usize> {
    let given = std::env::args().find_map(|argument| argument.strip_prefix(name).map(str::to_owned));
    given.map(|number| number.parse().unwrap_or_else(|_| panic!("{name} and a number")))
}

/// What a signature in a phone's chain takes here: all that the module can leave out of a handshake.
fn milliseconds_to_verify(vendor: &Vendor) -> f64 {
    const TIMES: u32 = 50;
    let cas = X509::stack_from_pem(&vendor.bundle).expect("the CAs' certificates");
    let key = cas[0].public_key().expect("the root's key");
    let milliseconds = || {
        let started = Instant::now();
        for _ in 0..TIMES {
            assert!(cas[1].verify(&key).is_ok_and(|is_good| is_good));
        }
        started.elapsed().as_secs_f64() * 1000.0 / f64::from(TIMES)
    };
    // others may be at work
    (0..20).map(|_| milliseconds()).fold(f64::INFINITY, f64::min)
}

/// Both servers from their start, by kind of storm; in each round the other one first.
fn round(number: usize, servers: &[Builder; 2], phones: &[Phone]) -> [[Cost; 2]; 3] {
    let mut costs = [[Cost::default(); 2]; 3];
    for turn in 0..2 {
        let which = (number + turn) % 2;
        let httpd = servers[which].clone().start();
        let (first, phones) = phones.split_at(FIRST);
        visits::storm(&httpd, first, Coming::New);
        for coming in Coming::ALL {
            let before = usage::cpu_seconds(&httpd);
            let seconds = visits::storm(&httpd, phones, coming);
            let cpu = (usage::cpu_seconds(&httpd) - before) / phones.len() as f64 * 1000.0;
            let p99 = seconds[seconds.len() * 99 / 100] * 1000.0;
            costs[coming as usize][which] = Cost { cpu, p99, memory: usage::child_kib(&httpd) / 1024.0 };
        }
    }
    costs
}

/// The slowest of 100 visits may take this many times as long: rounds differ by as much without the module.
const SLOWEST: f64 = 1.2;

/// Prints the medians, and returns whether the module takes no more than it may.
fn print_row(mpm: Mpm, coming: Coming, rounds: &Rounds) -> bool {
    // A module that cost nothing would have 0.95 and 0.93 where this was measured: see docs/what_it_costs.md.
    let limit = match coming {
        Coming::New => Some(1.0),
        Coming::Known => Some(0.95),
        Coming::Resuming => Some(1.1),
    };
    let (cpu, cpu_kept) = compared(rounds, |cost| cost.cpu, limit);
    let (p99, p99_kept) = compared(rounds, |cost| cost.p99, Some(SLOWEST));
    let [without, with] = [0, 1].map(|which| median(rounds.iter().map(|round| round[which].memory)));
    let what = format!("{}, {}", mpm.as_str(), coming.words());
    println!("{what:<26}{cpu:<42}{p99:<46}{without:.1} {with:.1}");
    cpu_kept && p99_kept
}

/// A figure without the module and with it, their ratio, and whether that is within its limit.
fn compared(rounds: &Rounds, figure: impl Fn(&Cost) -> f64, limit: Option<f64>) -> (String, bool) {
    let [without, with] = [0, 1].map(|which| median(rounds.iter().map(|round| figure(&round[which]))));
    let ratio = median(rounds.iter().map(|[without, with]| figure(with) / figure(without)));
    let (verdict, kept) = match limit {
        None => ("to compare".to_owned(), true),
        Some(limit) if ratio <= limit => (format!("ok, at most {limit:.2}"), true),
        Some(limit) => (format!("MISSED, at most {limit:.2}"), false),
    };
    (format!("{without:.2} {with:.2} {ratio:.3} {verdict}"), kept)
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
