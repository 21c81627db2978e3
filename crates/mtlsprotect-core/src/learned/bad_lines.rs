//! Lines of the learned file that say nothing.

use super::line::shown;

/// How many are kept for people.
const KEPT: usize = 5;

/// Lines that were skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadLines {
    count: u64,
    first: Vec<BadLine>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: u64,
    /// How it begins, escaped.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl BadLines {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first few.
    pub fn first(&self) -> &[BadLine] {
        &self.first
    }

    /// The first few for people: numbers, what is wrong, and how they begin.
    pub fn told(&self) -> String {
        let told = |line: &BadLine| format!("line {}: {} (\"{}\")", line.number, line.why, line.text);
        let first: Vec<String> = self.first.iter().map(told).collect();
        let more = if self.count > self.first.len() as u64 { ", and more" } else { "" };
        first.join(", ") + more
    }

    /// Those since this was last asked for.
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    pub(super) fn add(&mut self, number: u64, line: &[u8], why: &'static str) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(BadLine { number, text: shown(line), why });
        }
    }
}
