//! Instructions that the module adds to a request and to a handshake, counted by callgrind in `httpd -X`: they don't
//! depend on how busy the machine is.
//!
//!     cargo bench --bench instructions                        the table; fails where a row costs more than it may
//!     cargo bench --bench instructions -- put                 its rows whose names contain a word
//!     cargo bench --bench instructions -- --profile put       what the module adds to those rows, by function

mod callgrind;
mod dump;
mod frames;
mod profile;
mod rows;
mod sites;

use callgrind::Run;
use rows::Row;
use std::process::exit;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let profiled = arguments.first().is_some_and(|argument| argument == "--profile");
    if profiled {
        arguments.remove(0);
    }
    let word = arguments.join(" ").to_lowercase();
    let mut rows = rows::all();
    rows.retain(|row| row.name.to_lowercase().contains(&word));
    if rows.is_empty() {
        eprintln!("no row's name contains {word:?}");
        exit(2);
    }
    if profiled {
        rows.iter().for_each(profile::print);
    } else if !table(&rows) {
        exit(1);
    }
}

/// Prints what each row takes, and returns whether none takes more than it may.
fn table(rows: &[Row]) -> bool {
    println!("{:<50} {:>11} {:>11} {:>11}", "instructions in httpd -X, prefork", "without", "with", "more");
    let mut kept = true;
    for row in rows {
        let [without, with] =
            [&row.without, &row.with].map(|server| Run::new(server, &row.play, row.steps, false).per_step());
        let more = with - without;
        let verdict = match row.limit {
            None => "to compare".to_owned(),
            Some(limit) if more <= limit => format!("ok, at most {limit:+}"),
            Some(limit) => {
                kept = false;
                format!("MISSED, at most {limit:+}")
            }
        };
        println!("{:<50} {without:>11} {with:>11} {more:>+11}  {verdict}", row.name);
    }
    kept
}
