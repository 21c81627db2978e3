//! How often what happened.

use crate::atomic::{AtomicU64, Relaxed};
use crate::cell::{CELLS, Cell};
use crate::striped::{STRIPES, Striped};

/// Counters by host and vendor, a row of [`CELLS`] each. Rows are given out at startup, before the parent forks, and never
/// to another host or vendor.
#[derive(Clone, Copy)]
pub struct Counts<'a> {
    /// Whose row it is; 0 of those that are free.
    pub(crate) keys: &'a [AtomicU64],
    pub(crate) cells: &'a [AtomicU64],
}

/// A row of counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row(u16);

impl Row {
    /// The row of all hosts that have none.
    pub const OF_OTHERS: Row = Row(0);
}

/// Handshakes: one counter for each of full and resumed, trusted and not.
#[derive(Clone, Copy)]
pub struct Handshakes<'a>(pub(crate) Striped<'a, HANDSHAKE_CELLS>);

/// As many as fill a line of the processor's cache.
const HANDSHAKE_CELLS: usize = 8;

/// The words of a row in all stripes: 8 KB.
const ROW_WORDS: usize = STRIPES * CELLS;

impl<'a> Counts<'a> {
    /// How many rows there are: 64 MB of them, of which only those that are used take memory.
    pub(crate) const ROWS: usize = (64 << 20) / (8 * ROW_WORDS);
    pub(crate) const WORDS: usize = Self::ROWS * ROW_WORDS;

    /// The row of a host and a vendor. Without room for it that of the host without a vendor, and without that the one of
    /// all that found no room. So hosts come first: `claim(host, None)` for all of them, then for their vendors.
    pub fn claim(&self, host: u16, vendor: Option<u16>) -> Row {
        let key = 1 << 32 | u64::from(host) << 16 | u64::from(vendor.unwrap_or(0));
        for (row, there) in self.keys.iter().enumerate().skip(1) {
            // none is ever freed: the first free one is behind all that are taken
            // looked at before: thousands of hosts come by thousands of rows
            let found = match there.load(Relaxed) {
                0 => there.compare_exchange(0, key, Relaxed, Relaxed).unwrap_or_else(|found| found),
                found => found,
            };
            if found == 0 || found == key {
                return Row(row as u16);
            }
        }
        if vendor.is_some() { self.claim(host, None) } else { Row(0) }
    }

    /// Counts one request, in the stripe of a number that differs between threads.
    pub fn add(&self, row: Row, stripe: usize, cell: Cell) {
        self.row(row).add(stripe, cell.index());
    }

    /// What was counted in a row.
    pub fn sums(&self, row: Row) -> [u64; CELLS] {
        self.row(row).sums()
    }

    /// All rows that were given out, with the numbers of host and vendor (0: none, or one without a row of its own), and
    /// first the row of those that found no room, under host 0.
    pub fn rows(&self) -> impl Iterator<Item = (u16, u16, Row)> + 'a {
        let keys = self.keys.iter().map(|key| key.load(Relaxed));
        let taken = keys.enumerate().take_while(|&(row, key)| row == 0 || key != 0);
        taken.map(|(row, key)| ((key >> 16) as u16, key as u16, Row(row as u16)))
    }

    fn row(&self, Row(row): Row) -> Striped<'a, CELLS> {
        let start = usize::from(row) * ROW_WORDS;
        Striped(self.cells.get(start..start + ROW_WORDS).unwrap_or_default())
    }
}

impl Handshakes<'_> {
    pub(crate) const WORDS: usize = Striped::<HANDSHAKE_CELLS>::WORDS;

    /// Counts a handshake.
    pub fn add(&self, stripe: usize, is_resumed: bool, is_trusted: bool) {
        self.0.add(stripe, usize::from(is_resumed) << 1 | usize::from(is_trusted));
    }

    /// How many there were of a kind.
    pub fn sum(&self, is_resumed: bool, is_trusted: bool) -> u64 {
        self.0.sums()[usize::from(is_resumed) << 1 | usize::from(is_trusted)]
    }
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;
    use crate::cell::Verdict;
    use crate::test_memory::words;

    #[test]
    fn each_host_and_vendor_has_a_row_until_there_is_no_room() {
        let (keys, cells) = (words(5), words(5 * ROW_WORDS));
        let counts = Counts { keys: &keys, cells: &cells };
        let [one, two] = [1, 2].map(|host| counts.claim(host, None));
        let polycom = counts.claim(1, Some(1));
        let yealink = counts.claim(1, Some(2));
        assert_eq!([one, two, polycom, yealink], [Row(1), Row(2), Row(3), Row(4)]);
        assert_eq!(counts.claim(2, Some(1)), two, "by host alone");
        assert_eq!(counts.claim(3, Some(1)), Row(0), "a host without a row");
        assert_eq!(counts.claim(1, Some(1)), polycom, "at the next restart");
        let rows: Vec<_> = counts.rows().collect();
        assert_eq!(rows, [(0, 0, Row(0)), (1, 0, one), (2, 0, two), (1, 1, polycom), (1, 2, yealink)]);
    }

    #[test]
    fn all_stripes_are_in_the_sum_and_rows_are_apart() {
        let (keys, cells) = (words(4), words(4 * ROW_WORDS));
        let counts = Counts { keys: &keys, cells: &cells };
        let [one, two] = [1, 2].map(|host| counts.claim(host, None));
        let cell = Cell::new(Verdict::Deny, 6);
        std::thread::scope(|scope| {
            for stripe in 0..4 {
                scope.spawn(move || (0..100).for_each(|number| counts.add(one, stripe + 4 * number, cell)));
            }
        });
        let mut expected = [0; CELLS];
        expected[cell.index()] = 400;
        assert_eq!((counts.sums(one), counts.sums(two), counts.sums(Row(0))), (expected, [0; CELLS], [0; CELLS]));
    }

    #[test]
    fn handshakes_are_counted_by_kind() {
        let memory = words(Handshakes::WORDS);
        let handshakes = Handshakes(Striped(&memory));
        for number in 0..100 {
            handshakes.add(number, number % 2 == 0, number % 5 == 0);
        }
        let kinds = [(false, false), (false, true), (true, false), (true, true)];
        assert_eq!(kinds.map(|(is_resumed, is_trusted)| handshakes.sum(is_resumed, is_trusted)), [40, 10, 40, 10]);
    }

    #[test]
    fn a_row_that_is_not_there_counts_nothing() {
        let (keys, cells) = (words(1), words(ROW_WORDS));
        let counts = Counts { keys: &keys, cells: &cells };
        counts.add(Row(9), 0, Cell::PROVEN_REFUSED);
        assert_eq!((counts.sums(Row(9)), counts.sums(Row(0))), ([0; CELLS], [0; CELLS]));
    }
}
