//! A dump of callgrind's, read: what each function's own instructions and its calls cost.

use std::collections::HashMap;

/// A function, by object and name.
pub type Function = (String, String);

/// What one function does.
#[derive(Default)]
pub struct Costs {
    /// Its own instructions, by address.
    pub own: HashMap<u64, u64>,
    /// Where it calls, whom, and what that costs with everything below.
    pub calls: Vec<Call>,
}

/// All calls from one address to one function.
pub struct Call {
    pub from: u64,
    pub to: Function,
    pub cost: u64,
}

impl Costs {
    /// All of its own instructions.
    pub fn all_own(&self) -> u64 {
        self.own.values().sum()
    }

    /// With everything that it calls.
    pub fn inclusive(&self) -> u64 {
        self.all_own() + self.calls.iter().map(|call| call.cost).sum::<u64>()
    }
}

/// Reads a dump that was written with addresses and without compression.
pub fn read(text: &str) -> HashMap<Function, Costs> {
    let mut functions: HashMap<Function, Costs> = HashMap::new();
    let mut object = String::new();
    let mut function = Function::default();
    let mut called_object: Option<String> = None;
    let mut called = String::new();
    let mut is_call = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("ob=") {
            name.clone_into(&mut object);
        } else if let Some(name) = line.strip_prefix("fn=") {
            function = (object.clone(), name.to_owned());
        } else if let Some(name) = line.strip_prefix("cob=") {
            called_object = Some(name.to_owned());
        } else if let Some(name) = line.strip_prefix("cfn=") {
            name.clone_into(&mut called);
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if let Some((address, cost)) = costs(line) {
            let costs = functions.entry(function.clone()).or_default();
            if is_call {
                let to = (called_object.take().unwrap_or_else(|| object.clone()), called.clone());
                costs.calls.push(Call { from: address, to, cost });
                is_call = false;
            } else {
                *costs.own.entry(address).or_default() += cost;
            }
        }
    }
    functions
}

/// `0xADDRESS COST`
fn costs(line: &str) -> Option<(u64, u64)> {
    let mut words = line.strip_prefix("0x")?.split(' ');
    let address = u64::from_str_radix(words.next()?, 16).ok()?;
    Some((address, words.next_back()?.parse().ok()?))
}
