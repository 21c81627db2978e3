//! What is known of one device: a line of the processor's cache.

use crate::atomic::{AtomicU64, Relaxed};
use crate::cell::Verdict;
use crate::word::{halves, word};

/// The words of a record.
pub(crate) const WORDS: usize = 8;

const KEY: usize = 0;
const SEEN: usize = 1;
const PROOF: usize = 2;
const CERTIFICATE: usize = 3;
const LEAF: usize = 4;
const REFUSAL: usize = 5;
const SERVED: usize = 6;
const REFUSED: usize = 7;

/// A flag beside the MAC: the device's proof could not be written down. The bits above the flags say in which half of a minute
/// that was last tried.
const UNWRITTEN: u64 = 1;
/// Another: the last request that was served had the device's password in place of a certificate.
const BY_PASSWORD: u64 = 2;
const TRIED: u32 = 2;
const TRIES: u32 = 30;
const FLAG_BITS: u32 = 16;
const FLAGS: u64 = (1 << FLAG_BITS) - 1;
/// A flag of a refusal's word: the device was served since, in the same second.
const SERVED_SINCE: u64 = 1 << 6;
/// What stays of the word when [`UNWRITTEN`] is set or taken away.
const KEPT: u64 = !FLAGS | BY_PASSWORD;

/// A record. Each word is whole by itself; the words of one record can be of two moments, by a request or two.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a>(pub(crate) &'a [AtomicU64; WORDS]);

/// What is known of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its MAC, as a number.
    pub mac: u64,
    /// When it was first and last served, in Unix time; 0 if it never was.
    pub first_seen: u32,
    /// See there.
    pub last_seen: u32,
    /// The bits of the roots by which it has proven itself; 0 if it has not, or was forgotten.
    pub roots: u32,
    /// When it proved itself for the last root that was new; without roots when it was forgotten, 0 if never.
    pub decided: u32,
    /// The certificate that proved it; all zeros without one.
    pub certificate: Certificate,
    /// The last refusal of a request in its name.
    pub refusal: Option<Refusal>,
    /// Requests in its name that were served.
    pub served: u64,
    /// Requests in its name that were refused.
    pub refused: u64,
    /// A request of its was served after that refusal, though in the same second.
    pub is_served_since: bool,
    /// Its last request that was served without a certificate had its password instead.
    pub is_by_password: bool,
}

/// A certificate that proved a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// The first 64 bits of its SHA-256.
    pub leaf: u64,
    /// When it ends, in Unix time.
    pub end: u32,
    /// The vendor whose list vouched for it.
    pub vendor: u16,
    /// The host at which it was shown.
    pub host: u16,
}

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// When, in Unix time.
    pub time: u32,
    /// The number of the host.
    pub host: u16,
    /// The number of the reason.
    pub reason: u8,
    /// Whether it was carried out.
    pub verdict: Verdict,
    /// The device's own certificate came with the request. Without it anybody may have sent it.
    pub is_by_itself: bool,
}

impl<'a> Record<'a> {
    /// The MAC whose record it is; 0 of one that is free.
    pub(crate) fn mac(&self) -> u64 {
        self.0[KEY].load(Relaxed) >> FLAG_BITS
    }

    /// Whether it is a device's record, and nothing of it is left to be written down.
    #[inline]
    pub(crate) fn is_settled(&self, mac: u64) -> bool {
        self.0[KEY].load(Relaxed) & !BY_PASSWORD == mac << FLAG_BITS
    }

    /// Notes that the device's proof could not be written down at that time.
    pub(crate) fn set_unwritten(&self, now: u32) {
        let _ = self.0[KEY].fetch_update(Relaxed, Relaxed, |key| Some(key & KEPT | tried(now)));
    }

    /// Notes that the device's proof is to be written down by the next one who asks.
    pub(crate) fn set_due(&self, now: u32) {
        self.set_unwritten(now.wrapping_sub(TRIES));
    }

    /// Notes that it was.
    pub(crate) fn set_written(&self) {
        if self.0[KEY].load(Relaxed) & UNWRITTEN != 0 {
            self.0[KEY].fetch_and(KEPT, Relaxed);
        }
    }

    /// Whether the device's proof is to be written down, and that was not tried in this half of a minute yet; true for the
    /// one of several writers who is to do it.
    pub(crate) fn is_due(&self, now: u32) -> bool {
        let there = self.0[KEY].load(Relaxed);
        let next = there & KEPT | tried(now);
        there & UNWRITTEN != 0 && next != there && self.0[KEY].compare_exchange(there, next, Relaxed, Relaxed).is_ok()
    }

    /// Makes a free record that of a device; the other's MAC if it is taken.
    pub(crate) fn take(&self, mac: u64) -> Result<(), u64> {
        let taken = self.0[KEY].compare_exchange(0, mac << FLAG_BITS, Relaxed, Relaxed);
        taken.map(|_| ()).map_err(|found| found >> FLAG_BITS)
    }

    /// Takes the record away from a device; false if it isn't the device's any more, or somebody else was faster.
    pub(crate) fn free(&self, mac: u64) -> bool {
        let there = self.0[KEY].load(Relaxed);
        there >> FLAG_BITS == mac && self.0[KEY].compare_exchange(there, 0, Relaxed, Relaxed).is_ok()
    }

    /// Leaves nothing of the device before.
    pub(crate) fn clear(&self) {
        self.0[SEEN..].iter().for_each(|word| word.store(0, Relaxed));
    }

    /// Notes whether the request that was just served had the device's password in place of a certificate.
    pub(crate) fn by_password(&self, mac: u64, is_by_password: bool) {
        let there = self.0[KEY].load(Relaxed);
        let wanted = if is_by_password { there | BY_PASSWORD } else { there & !BY_PASSWORD };
        if there != wanted && there >> FLAG_BITS == mac {
            let _ = self.0[KEY].compare_exchange(there, wanted, Relaxed, Relaxed);
        }
    }

    /// Notes that the device was served, if that is not known of this second.
    pub(crate) fn seen(&self, now: u32) {
        let (first, last) = halves(self.0[SEEN].load(Relaxed));
        if last != now || first == 0 {
            let first = if first == 0 { now } else { first };
            self.0[SEEN].store(word(first, now), Relaxed);
        }
    }

    /// Notes that the device was served and not refused: after a refusal in this second, which the time alone would not tell.
    #[inline]
    pub(crate) fn not_refused(&self, now: u32) {
        let there = self.0[REFUSAL].load(Relaxed);
        if halves(there).0 == now && there & SERVED_SINCE == 0 {
            let _ = self.0[REFUSAL].compare_exchange(there, there | SERVED_SINCE, Relaxed, Relaxed);
        }
    }

    /// When the device was last served.
    pub(crate) fn last_seen(&self) -> u32 {
        halves(self.0[SEEN].load(Relaxed)).1
    }

    /// Counts a request that was served.
    pub(crate) fn served(&self) {
        self.0[SERVED].fetch_add(1, Relaxed);
    }

    /// Counts a request that was refused.
    pub(crate) fn refused(&self) {
        self.0[REFUSED].fetch_add(1, Relaxed);
    }

    /// Keeps the last refusal.
    pub(crate) fn keep_refusal(&self, refusal: &Refusal) {
        self.0[REFUSAL].store(refusal.word(), Relaxed);
    }

    /// The roots by which the device has proven itself.
    pub(crate) fn roots(&self) -> u32 {
        halves(self.0[PROOF].load(Relaxed)).1
    }

    /// The first 64 bits of the SHA-256 of the certificate that proved the device.
    pub(crate) fn leaf(&self) -> u64 {
        self.0[LEAF].load(Relaxed)
    }

    /// Adds roots by which the device has proven itself; true for the one of several writers who did it. A device that
    /// was forgotten at that moment or later stays so.
    pub(crate) fn prove(&self, roots: u32, time: u32) -> Result<bool, Forgotten> {
        let mut there = self.0[PROOF].load(Relaxed);
        loop {
            let (decided, proven) = halves(there);
            if proven & roots == roots {
                return Ok(false);
            }
            if proven == 0 && decided != 0 && time <= decided {
                return Err(Forgotten);
            }
            let next = word(decided.max(time), proven | roots);
            match self.0[PROOF].compare_exchange_weak(there, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(true),
                Err(found) => there = found,
            }
        }
    }

    /// Takes away the proofs that are not later, and the certificate; true if there were some. Should the device prove
    /// itself between the two, its next request brings the certificate again.
    pub(crate) fn forget(&self, time: u32) -> bool {
        let mut there = self.0[PROOF].load(Relaxed);
        loop {
            let (decided, proven) = halves(there);
            if time < decided {
                return false;
            }
            match self.0[PROOF].compare_exchange_weak(there, word(time, 0), Relaxed, Relaxed) {
                Ok(_) => {
                    self.clear_certificate();
                    return proven != 0;
                }
                Err(found) => there = found,
            }
        }
    }

    /// Takes away the proofs by these roots; true if there were some. Without any left the device is as one that never
    /// proved itself.
    pub(crate) fn take_roots(&self, roots: u32) -> bool {
        let mut there = self.0[PROOF].load(Relaxed);
        loop {
            let (decided, proven) = halves(there);
            if proven & roots == 0 {
                return false;
            }
            let next = if proven & !roots == 0 { 0 } else { word(decided, proven & !roots) };
            match self.0[PROOF].compare_exchange_weak(there, next, Relaxed, Relaxed) {
                Ok(_) if next == 0 => {
                    self.clear_certificate();
                    return true;
                }
                Ok(_) => return true,
                Err(found) => there = found,
            }
        }
    }

    fn clear_certificate(&self) {
        self.0[CERTIFICATE].store(0, Relaxed);
        self.0[LEAF].store(0, Relaxed);
    }

    /// Whether the certificate that is kept is this one, by the first 64 bits of its SHA-256.
    pub(crate) fn has(&self, leaf: u64) -> bool {
        self.leaf() == leaf && self.0[CERTIFICATE].load(Relaxed) != 0
    }

    /// Whether all of it is known: a root by which the device has proven itself, and the certificate.
    #[inline]
    pub(crate) fn is_proven_by(&self, root: u32, leaf: u64) -> bool {
        self.roots() & root == root && self.has(leaf)
    }

    /// Keeps the certificate that proved the device: the first one, then those that end later than the one before, so
    /// that a device with two of them, in turn, changes little. True if it took another's place.
    pub(crate) fn keep_certificate(&self, certificate: &Certificate) -> bool {
        let there = self.0[CERTIFICATE].load(Relaxed);
        let (end, _) = halves(there);
        if end > certificate.end {
            return false;
        }
        if end == certificate.end {
            // The leaf is a word of its own: of two at once, the other's can be there.
            if self.leaf() != certificate.leaf {
                self.0[LEAF].store(certificate.leaf, Relaxed);
            }
            return false;
        }
        let is_kept = self.0[CERTIFICATE].compare_exchange(there, certificate.word(), Relaxed, Relaxed).is_ok();
        if is_kept {
            self.0[LEAF].store(certificate.leaf, Relaxed);
        }
        is_kept && end != 0
    }

    /// What is known of the device; none where the record is free, or became another's meanwhile.
    pub(crate) fn load(&self) -> Option<Device> {
        let words = self.0.each_ref().map(|word| word.load(Relaxed));
        let mac = words[KEY] >> FLAG_BITS;
        if mac == 0 || mac != self.mac() {
            return None;
        }
        let (first_seen, last_seen) = halves(words[SEEN]);
        let (decided, roots) = halves(words[PROOF]);
        Some(Device {
            mac,
            first_seen,
            last_seen,
            roots,
            decided,
            certificate: Certificate::of(words[CERTIFICATE], words[LEAF]),
            refusal: Refusal::of(words[REFUSAL]),
            is_served_since: words[REFUSAL] & SERVED_SINCE != 0,
            served: words[SERVED],
            refused: words[REFUSED],
            is_by_password: words[KEY] & BY_PASSWORD != 0,
        })
    }

    /// Adds what was known of the device in another record.
    pub(crate) fn add(&self, device: &Device) {
        let (first, last) = halves(self.0[SEEN].load(Relaxed));
        if device.first_seen != 0 {
            let first = if first == 0 { device.first_seen } else { first.min(device.first_seen) };
            self.0[SEEN].store(word(first, last.max(device.last_seen)), Relaxed);
        }
        if let Some(refusal) = &device.refusal {
            let since = if device.is_served_since { SERVED_SINCE } else { 0 };
            let _ = self.0[REFUSAL].compare_exchange(0, refusal.word() | since, Relaxed, Relaxed);
        }
        if device.is_by_password {
            self.by_password(device.mac, true);
        }
        self.0[SERVED].fetch_add(device.served, Relaxed);
        self.0[REFUSED].fetch_add(device.refused, Relaxed);
    }

    /// Whether two are the same place.
    pub(crate) fn is(&self, other: &Record<'_>) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

/// A device was forgotten after the moment of its proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forgotten;

/// The flags of a record whose proof could not be written down when that was tried last.
fn tried(now: u32) -> u64 {
    (u64::from(now / TRIES) << TRIED | UNWRITTEN) & FLAGS
}

impl Certificate {
    fn word(&self) -> u64 {
        word(self.end, u32::from(self.vendor) << 16 | u32::from(self.host))
    }

    fn of(certificate: u64, leaf: u64) -> Self {
        let (end, rest) = halves(certificate);
        Certificate { leaf, end, vendor: (rest >> 16) as u16, host: rest as u16 }
    }
}

impl Refusal {
    pub(crate) fn word(&self) -> u64 {
        let flags = self.verdict as u8 | u8::from(self.is_by_itself) << 7;
        let [reason, flags] = [self.reason, flags].map(u32::from);
        word(self.time, u32::from(self.host) << 16 | reason << 8 | flags)
    }

    pub(crate) fn of(refusal: u64) -> Option<Self> {
        let (time, rest) = halves(refusal);
        let (host, [_, _, reason, flags]) = ((rest >> 16) as u16, rest.to_be_bytes());
        let verdict = Verdict::of_number(flags & 0x3f)?;
        (refusal != 0).then_some(Refusal { time, host, reason, verdict, is_by_itself: flags >> 7 == 1 })
    }
}

#[cfg(all(test, not(feature = "model")))]
#[path = "record_tests.rs"]
mod tests;
