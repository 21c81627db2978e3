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
