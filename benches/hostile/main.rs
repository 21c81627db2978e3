//! Instructions that one hostile request makes the module do, for each byte of it: all three gates, error pages,
//! internal redirects and the log together, counted by callgrind in `httpd -X`.
//!
//!     cargo bench --bench hostile                      the table; fails where a family costs more than it may
//!     cargo bench --bench hostile -- only WORD...      those families whose names have these words, everywhere
//!     cargo bench --bench hostile -- search [SEED]     looks for texts that cost more, until it is stopped

mod families;
mod meter;
mod place;
mod random;

use families::{FAMILIES, Family, PIECES};
use meter::Meter;
use place::{Place, Sender};
use random::Random;
use std::process::exit;

/// Instructions for each byte.
const LIMIT: u64 = 250;
const SIZES: [usize; 4] = [1024, 2048, 4096, 8000];
/// Mixtures of pieces that are tried besides the families, the same ones each time.
const MIXTURES: usize = 40;

/// Who sends a text, where it stands, and what it costs there.
type Costs = Vec<(u64, Place, Sender)>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut meter = Meter::start();
    let words = match &arguments[..] {
        [] => None,
        [command, words @ ..] if command == "only" => Some(words.join(" ")),
        [command, seed @ ..] => {
            assert_eq!(command, "search", "only and search are the commands");
            search(&mut meter, seed.first().map_or(1, |seed| seed.parse().expect("a seed is a number")));
        }
    };
    let mut random = Random::new(1);
    let mixtures: Vec<Family> = (0..MIXTURES).map(|_| Family::mixture(&mut random)).collect();
    let all = FAMILIES.iter().chain(&mixtures);
    let families: Vec<&Family> =
        all.filter(|family| words.as_ref().is_none_or(|words| family.what.contains(words))).collect();
    // First each family once at each place, from one sender after the other; then where it costs most, in all sizes.
    let mut costs: Vec<Costs> = vec![Costs::new(); families.len()];
    for (turn, sender) in Sender::ALL.into_iter().enumerate() {
        meter.become_sender(sender);
        for (number, (family, costs)) in families.iter().zip(&mut costs).enumerate() {
            let is_turn = |place: Place| match family.at {
                Some(at) => at == (place, sender),
                None => words.is_some() || (number + place as usize) % Sender::ALL.len() == turn,
            };
            for place in Place::ALL.into_iter().filter(|&place| is_turn(place)) {
                // Mixtures are many: each is tried at a few places.
                if number >= FAMILIES.len() && (number + place as usize) % 4 != 0 {
                    continue;
                }
                costs.extend(meter.cost(place, family, SIZES[1], &mut random).map(|cost| (cost, place, sender)));
            }
        }
    }
    let mut table = vec![[0; SIZES.len()]; families.len()];
    let mut short = vec![0; families.len()];
    for sender in Sender::ALL {
        meter.become_sender(sender);
        for ((family, costs), (row, short)) in families.iter().zip(&costs).zip(table.iter_mut().zip(&mut short)) {
            if family.at.is_none() {
                for place in [Place::InQuarters, Place::InFifths] {
                    *short = meter.cost(place, family, SIZES[0], &mut random).unwrap_or(0).max(*short);
                }
            }
            let Some(&(_, place, _)) = costs.iter().max_by_key(|(cost, ..)| cost) else { continue };
            for (size, most) in SIZES.into_iter().zip(row) {
                *most = meter.cost(place, family, size, &mut random).unwrap_or(0).max(*most);
            }
        }
    }
    println!(
        "instructions for each byte, of at most {LIMIT}                1 KB    2 KB    4 KB    8 KB  1 KB of short texts"
    );
    let mut missed = false;
    for ((family, costs), (row, &short)) in families.iter().zip(&costs).zip(table.iter().zip(&short)) {
        let worst = costs.iter().max_by_key(|(cost, ..)| cost);
        let place = worst.map_or_else(String::new, |(_, place, sender)| format!("{place:?}, {sender:?}"));
        let most = row.iter().copied().chain(worst.map(|worst| worst.0)).chain([short]).max().unwrap_or(0);
        missed |= most > LIMIT;
        let columns: String = row.iter().map(|cost| format!("{cost:>8}")).collect();
        println!("{:<48}{columns}{short:>8}  {} {place}", family.shown(), if most > LIMIT { "MISSED" } else { "ok" });
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
