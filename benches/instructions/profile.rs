//! What the module adds to a row, by function: its own instructions, and what it has others do, where it calls them.

use crate::callgrind::Run;
use crate::dump::{self, Costs, Function};
use crate::frames::{self, Frames, Place};
use crate::rows::Row;
use mtlsprotect_testkit::httpd::module_path;
use std::collections::HashMap;

/// Instructions of a step below which a line is left out.
const LEAST: f64 = 1.0;

/// Lines of functions outside the module.
const OTHERS: usize = 25;

/// What a place costs itself, and by whom else it has things done.
#[derive(Default)]
struct Spent {
    own: f64,
    others: HashMap<String, f64>,
}

impl Spent {
    fn all(&self) -> f64 {
        self.own + self.others.values().sum::<f64>()
    }
}

/// Counts a row once more and prints where the difference goes.
pub fn print(row: &Row) {
    let [without, with] = [&row.without, &row.with].map(|server| Run::new(server, &row.play, row.steps, true));
    let steps = row.steps as f64;
    let (base, all) = (without.per_step(), with.per_step());
    let more = (all - base) as f64;
    let functions = dump::read(&with.dump());
    let spent = spent(&functions, steps);
    let sum: f64 = spent.values().map(Spent::all).sum();
    println!("{}: {base} without, {all} with, {more:.0} more", row.name);
    println!("{sum:>10.0} in the module, with what it calls");
    println!("{:>10.0} in httpd and libraries beside that", more - sum);
    print_places(&spent);
    print_outside(&dump::read(&without.dump()), &functions, steps);
    println!();
}

/// What each place of the module costs in one step.
fn spent(functions: &HashMap<Function, Costs>, steps: f64) -> HashMap<Place, Spent> {
    let object = module_path();
    let is_module = |function: &Function| object.to_str().is_some_and(|path| function.0 == path);
    let mut addresses: Vec<u64> = Vec::new();
    for (_, costs) in functions.iter().filter(|(function, _)| is_module(function)) {
        addresses.extend(costs.own.keys());
        addresses.extend(costs.calls.iter().map(|call| call.from));
    }
    addresses.sort_unstable();
    addresses.dedup();
    let frames = frames::frames(object, &addresses);
    let ours = |costs: &Costs| costs.own.keys().any(|address| frames[address].is_ours);
    let mut shares = Shares {
        functions,
        ours: functions
            .iter()
            .filter(|(function, costs)| is_module(function) && ours(costs))
            .map(|(function, _)| function)
            .collect(),
        known: HashMap::new(),
    };
    let mut spent: HashMap<Place, Spent> = HashMap::new();
    let nowhere = Place { file: "unknown".to_owned(), function: String::new() };
    let place = |address: u64| match &frames[&address] {
        Frames { place: Some(place), .. } => place.clone(),
        Frames { place: None, .. } => nowhere.clone(),
    };
    let ours: Vec<&Function> = shares.ours.clone();
    for function in ours {
        let costs = &functions[function];
        for (&address, &cost) in &costs.own {
            let spent = spent.entry(place(address)).or_default();
            let part = match &frames[&address].wrapper {
                Some(wrapper) => spent.others.entry(wrapper.clone()).or_default(),
                None => &mut spent.own,
            };
            *part += cost as f64 / steps;
        }
        for call in &costs.calls {
            let share = shares.of(&call.to);
            if share > 0.0 {
                let others = &mut spent.entry(place(call.from)).or_default().others;
                *others.entry(call.to.1.clone()).or_default() += call.cost as f64 * share / steps;
            }
        }
    }
    spent
}

/// How much of what a function costs with everything below is not the module's own again.
struct Shares<'a> {
    functions: &'a HashMap<Function, Costs>,
    ours: Vec<&'a Function>,
    known: HashMap<&'a Function, f64>,
}

impl<'a> Shares<'a> {
    fn of(&mut self, function: &Function) -> f64 {
        let Some((function, costs)) = self.functions.get_key_value(function) else { return 1.0 };
        if self.ours.contains(&function) {
            return 0.0;
        }
        if let Some(&share) = self.known.get(function) {
            return share;
        }
        // what calls itself
        self.known.insert(function, 1.0);
        let calls: f64 = costs.calls.iter().map(|call| call.cost as f64 * self.of(&call.to)).sum();
        let share = (costs.all_own() as f64 + calls) / (costs.inclusive() as f64).max(1.0);
        self.known.insert(function, share);
        share
    }
}

/// By folder, then by file, then by function, what costs most first.
fn print_places(spent: &HashMap<Place, Spent>) {
    let folder = |place: &Place| place.file.split('/').next().unwrap_or_default().to_owned();
    for (name, cost, places) in grouped(spent.iter().collect(), folder) {
        println!("\n{cost:>10.0} {name}");
        for (name, cost, mut places) in grouped(places, |place| place.file.clone()) {
            println!("{cost:>10.0}     {name}");
            places.sort_by(|one, other| other.1.all().total_cmp(&one.1.all()));
            for (place, spent) in places.into_iter().filter(|(_, spent)| spent.all() >= LEAST) {
                let mut others: Vec<_> = spent.others.iter().filter(|(_, cost)| **cost >= LEAST).collect();
                others.sort_by(|one, other| other.1.total_cmp(one.1));
                let others: String = others.iter().map(|(name, cost)| format!(", {} {cost:.0}", brief(name))).collect();
                println!("{:>10.0}         {} (own {:.0}{others})", spent.all(), place.function, spent.own);
            }
        }
    }
}

type Group<'a> = (String, f64, Vec<(&'a Place, &'a Spent)>);

fn grouped<'a>(places: Vec<(&'a Place, &'a Spent)>, by: impl Fn(&Place) -> String) -> Vec<Group<'a>> {
    let mut groups: HashMap<String, Vec<(&Place, &Spent)>> = HashMap::new();
    for place in places {
        groups.entry(by(place.0)).or_default().push(place);
    }
    let sum = |places: &[(&Place, &Spent)]| places.iter().map(|(_, spent)| spent.all()).sum::<f64>();
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(name, places)| (name, sum(&places), places))
        .filter(|group| group.1 >= LEAST)
        .collect();
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    groups
}

/// Functions outside the module whose own instructions are more or fewer with it, also those that it calls.
fn print_outside(without: &HashMap<Function, Costs>, with: &HashMap<Function, Costs>, steps: f64) {
    let object = module_path().to_str().expect("a path of UTF-8");
    let own = |functions: &HashMap<Function, Costs>, function| {
        functions.get(function).map_or(0.0, |costs: &Costs| costs.all_own() as f64 / steps)
    };
    let mut differences: Vec<(&Function, f64)> = with
        .keys()
        .chain(without.keys().filter(|function| !with.contains_key(*function)))
        .filter(|function| function.0 != object)
        .map(|function| (function, own(with, function) - own(without, function)))
        .collect();
    let sum: f64 = differences.iter().map(|(_, more)| more).sum();
    differences.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    println!("\n{sum:>+10.0} own instructions of functions outside the module, called by it or not");
    for ((object, name), more) in differences.into_iter().take(OTHERS).filter(|(_, more)| more.abs() >= LEAST) {
        println!("{more:>+10.0}     {} ({})", brief(name), object.rsplit('/').next().unwrap_or_default());
    }
}

/// A name that fits on a line.
fn brief(name: &str) -> String {
    name.chars().take(60).collect()
}
