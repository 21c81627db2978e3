//! Instructions that one hostile request makes the module do, for each byte of it: all three gates, error pages,
//! internal redirects and the log together, counted by callgrind in `httpd -X`.
//!
//!     cargo bench --bench hostile                      the table; fails where a family costs more than it may
//!     cargo bench --bench hostile -- search [SEED]     looks for texts that cost more, until it is stopped

#[path = "hostile/families.rs"]
mod families;
#[path = "measure/mod.rs"]
mod measure;
#[path = "hostile/meter.rs"]
mod meter;
#[path = "hostile/place.rs"]
mod place;
#[path = "hostile/random.rs"]
mod random;

use families::{FAMILIES, Family, PIECES};
use meter::{Meter, Sender};
use place::Place;
use random::Random;
use std::process::exit;

/// Instructions for each byte.
const LIMIT: u64 = 250;
const SIZES: [usize; 4] = [1024, 2048, 4096, 8000];
/// Mixtures of pieces that are tried besides the families, the same ones each time.
const MIXTURES: usize = 60;

/// What a family costs at most in one of the sizes.
#[derive(Clone, Copy, Default)]
struct Worst {
    cost: u64,
    place: Option<(Place, Sender)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut meter = Meter::start();
    if let [command, seed @ ..] = &arguments[..] {
        assert_eq!(command, "search", "the only command");
        search(&mut meter, seed.first().map_or(1, |seed| seed.parse().expect("a seed is a number")));
    }
    println!("instructions for each byte, of at most {LIMIT}            1 KB    2 KB    4 KB    8 KB");
    let mut random = Random::new(1);
    let mixtures = (0..MIXTURES).map(|_| Family::mixture(&mut random)).collect::<Vec<_>>();
    let mut table = vec![[Worst::default(); SIZES.len()]; FAMILIES.len() + 1];
    for sender in Sender::ALL {
        meter.become_sender(sender);
        for (number, family) in FAMILIES.iter().chain(&mixtures).enumerate() {
            for place in Place::ALL {
                // Mixtures are many: each is tried at one place.
                if number >= FAMILIES.len() && number % Place::ALL.len() != place as usize {
                    continue;
                }
                for (size, worst) in SIZES.into_iter().zip(&mut table[number.min(FAMILIES.len())]) {
                    if let Some(cost) = meter.cost(place, family, size, &mut random).filter(|&cost| cost > worst.cost) {
                        *worst = Worst { cost, place: Some((place, sender)) };
                    }
                }
            }
        }
    }
    let names = FAMILIES.iter().map(|family| family.what).chain(["mixtures of these"]);
    let mut missed = false;
    for (what, row) in names.zip(&table) {
        let costs: String = row.iter().map(|worst| format!("{:>8}", worst.cost)).collect();
        let worst = row.iter().max_by_key(|worst| worst.cost).expect("there are sizes");
        let is_over = worst.cost > LIMIT;
        missed |= is_over;
        let place = worst.place.map_or_else(String::new, |(place, sender)| format!("{place:?}, {sender:?}"));
        println!("{what:<44}{costs}  {} {place}", if is_over { "MISSED" } else { "ok" });
    }
    if missed {
        exit(1);
    }
}

/// Changes a family piece by piece and keeps what costs more.
fn search(meter: &mut Meter, seed: u64) -> ! {
    let mut random = Random::new(seed);
    loop {
        let sender = Sender::ALL[random.below(Sender::ALL.len())];
        meter.become_sender(sender);
        let place = Place::ALL[random.below(Place::ALL.len())];
        let mut best = Family::mixture(&mut random);
        let mut most = 0;
        let mut failures = 0;
        while failures < 25 {
            let other = best.mutated(&mut random, PIECES);
            let size = if random.below(4) == 0 { 1024 } else { 4096 };
            match meter.cost(place, &other, size, &mut random) {
                Some(cost) if cost > most => {
                    (most, best, failures) = (cost, other, 0);
                }
                _ => failures += 1,
            }
        }
        println!("{most:>6}  {place:?}, {sender:?}: {:?} {:?} {:?}", best.head, best.body, best.tail);
    }
}
