//! Lists by MAC, gone through side by side: millions of devices are compared for a page.

use mtlsprotect_core::Mac;

/// A list by MAC, of which the next device is known.
pub struct Ahead<T, I> {
    /// Its MAC as a number; [`END`] at the end.
    mac: u64,
    of_next: Option<T>,
    rest: I,
}

/// More than any MAC.
const END: u64 = u64::MAX;

impl<T, I: Iterator<Item = (Mac, T)>> Ahead<T, I> {
    /// Of this list.
    pub fn of(list: I) -> Self {
        let mut ahead = Ahead { mac: END, of_next: None, rest: list };
        ahead.advance();
        ahead
    }

    /// The MAC of its next device, as a number; more than any MAC at the end.
    pub fn mac(&self) -> u64 {
        self.mac
    }

    /// What it has of a device, if that is the next.
    pub fn take(&mut self, mac: Mac) -> Option<T> {
        if self.mac != mac.bits() {
            return None;
        }
        let taken = self.of_next.take();
        self.advance();
        taken
    }

    fn advance(&mut self) {
        (self.mac, self.of_next) = self.rest.next().map_or((END, None), |(mac, next)| (mac.bits(), Some(next)));
    }
}

/// The least of such numbers as a MAC; none at the end of all.
pub fn least(macs: [u64; 3]) -> Option<Mac> {
    macs.into_iter().min().filter(|&mac| mac != END).map(Mac::from_bits)
}
