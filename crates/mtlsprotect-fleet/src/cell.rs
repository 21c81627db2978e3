//! What is counted.

/// How many reasons there is room for.
pub const REASONS: u8 = 19;

/// How many verdicts there are.
const VERDICTS: u8 = Verdict::ALL.len() as u8;

/// The counters of one row.
pub const CELLS: usize = 64;

/// An enum whose variants are all in `ALL`, in the order of their numbers.
macro_rules! listed {
    ($(#[$about_all:meta])* pub enum $name:ident { $($(#[$about:meta])* $variant:ident,)+ }) => {
        $(#[$about_all])*
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: [$name; [$(stringify!($variant)),+].len()] = [$($name::$variant),+];
        }
    };
}

listed! {
    /// What became of a request.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Verdict {
        /// It was served.
        Allow,
        /// It was refused.
        Deny,
        /// It was served, and the mode On would refuse it.
        WouldDeny,
    }
}

/// A counter in a row: of a verdict for a reason, or of what else is counted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(u8);

impl Verdict {
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl Cell {
    /// Refusals, carried out or not, of devices that have proven themselves and came with their own certificate, whatever
    /// the reason: they are among the others too.
    pub const PROVEN_REFUSED: Cell = Cell(VERDICTS * REASONS);
    /// Refusals, carried out or not, of requests that name a device which has proven itself, for who sent them: likewise.
    pub const PROVEN_NAMED_REFUSED: Cell = Cell(VERDICTS * REASONS + 1);
    /// Requests that came through a balancer: likewise.
    pub const BY_BALANCER: Cell = Cell(VERDICTS * REASONS + 2);
    /// Those of them that were refused, or would be: likewise.
    pub const BY_BALANCER_REFUSED: Cell = Cell(VERDICTS * REASONS + 3);
    /// Requests that were refused because they came with a wrong password: likewise.
    pub const WRONG_PASSWORD: Cell = Cell(VERDICTS * REASONS + 4);

    /// The counter of a verdict and the number of its reason. Reasons past the last share its counter.
    pub const fn new(verdict: Verdict, reason: u8) -> Self {
        let reason = if reason < REASONS { reason } else { REASONS - 1 };
        Cell(verdict as u8 * REASONS + reason)
    }

    /// Each verdict with each reason's number.
    pub fn all() -> impl Iterator<Item = (Verdict, u8, Cell)> {
        Verdict::ALL
            .into_iter()
            .flat_map(|verdict| (0..REASONS).map(move |reason| (verdict, reason, Cell::new(verdict, reason))))
    }

    /// Where it stands in a row.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_has_a_place_of_its_own() {
        let mut places: Vec<usize> = Cell::all().map(|(_, _, cell)| cell.index()).collect();
        let others = [
            Cell::PROVEN_REFUSED,
            Cell::PROVEN_NAMED_REFUSED,
            Cell::BY_BALANCER,
            Cell::BY_BALANCER_REFUSED,
            Cell::WRONG_PASSWORD,
        ];
        places.extend(others.map(Cell::index));
        assert_eq!(places, (0..usize::from(VERDICTS * REASONS) + 5).collect::<Vec<_>>());
        assert!(places.len() <= CELLS);
        assert_eq!(Cell::new(Verdict::WouldDeny, 255), Cell::new(Verdict::WouldDeny, REASONS - 1));
        assert_eq!(Verdict::of_number(Verdict::WouldDeny as u8), Some(Verdict::WouldDeny));
        assert_eq!(Verdict::of_number(3), None);
    }
}
