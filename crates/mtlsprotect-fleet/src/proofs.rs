//! What devices have proven, and who has to write it down.

use crate::atomic::{Relaxed, SeqCst, fence};
use crate::devices::{Devices, FirstPlace, Request, is_mac, records};
use crate::names::Root;
use crate::record::{self, Certificate, Forgotten, Record, Refusal};

/// A device's proof.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// The device's MAC, as a number.
    pub mac: u64,
    /// Unix time.
    pub now: u32,
    /// The root that vouched for it.
    pub root: Root,
    /// The certificate.
    pub certificate: Certificate,
}

/// A device's certificate, as it comes with each of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// The device's MAC, as a number.
    pub mac: u64,
    /// Unix time.
    pub now: u32,
    /// The root that vouched for it.
    pub root: Root,
    /// The first 64 bits of the certificate's SHA-256.
    pub leaf: u64,
    /// What [`Devices::first_place`] says of the MAC.
    pub place: FirstPlace,
}

/// What became of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// It is the first for this root, and this writer is the one to say so.
    New,
    /// The device had proven itself for this root; its certificate is one that expires later than the one before.
    Renewed,
    /// It was known.
    Known,
    /// It was known, but [could not be written down](Devices::unwritten), and this writer is the one to try again.
    Unwritten,
    /// It was not, and this process is of before a graceful restart.
    Outdated,
    /// The device was forgotten in this second or later.
    Forgotten,
    /// There is no room for it.
    Full {
        /// It is the first for which there is none.
        is_first: bool,
    },
}

impl<'a> Devices<'a> {
    /// Keeps a device's proof. Of several writers at once one alone is told that it is new.
    pub fn prove(&self, proof: &Proof) -> Proven {
        let &Proof { mac, now, root, certificate } = proof;
        let place = self.first_place(mac);
        self.keep_proof(&Shown { mac, now, root, leaf: certificate.leaf, place }, || certificate).1
    }

    /// Keeps a device's proof, and notes the request that came with it. The certificate is asked for where the record has
    /// another or none.
    #[inline]
    pub fn show(&self, shown: &Shown, refusal: Option<Refusal>, certificate: impl FnOnce() -> Certificate) -> Proven {
        let known = self.find_proven(shown);
        // Most often nothing is new.
        let (Some(record), None) = (known, refusal) else { return self.show_anew(*shown, refusal, certificate) };
        record.seen(shown.now);
        record.served();
        record.not_refused(shown.now);
        Proven::Known
    }

    /// The same where something may be new.
    #[cold]
    fn show_anew(&self, shown: Shown, refusal: Option<Refusal>, certificate: impl FnOnce() -> Certificate) -> Proven {
        let (record, became) = self.keep_proof(&shown, certificate);
        let Shown { mac, now, .. } = shown;
        let request = Request { mac, now, is_listed: false, is_existing_file: false, is_by_password: false, refusal };
        match record {
            Some(record) => Self::note_in(&record, &request),
            None => drop(self.note(&request)),
        }
        became
    }

    /// The device's record, where all of its proof is in it.
    #[inline]
    fn find_proven(&self, shown: &Shown) -> Option<Record<'a>> {
        self.find_at_once(shown.mac, shown.place).filter(|record| record.is_proven_by(shown.root.bit(), shown.leaf))
    }

    fn keep_proof(&self, shown: &Shown, certificate: impl FnOnce() -> Certificate) -> (Option<Record<'a>>, Proven) {
        match self.find_proven(shown) {
            Some(record) => (Some(record), Proven::Known),
            None => self.add_proof(shown, certificate),
        }
    }

    fn add_proof(&self, shown: &Shown, certificate: impl FnOnce() -> Certificate) -> (Option<Record<'a>>, Proven) {
        if !self.is_current() {
            let is_known = self.proven_by(shown.mac) & shown.root.bit() != 0;
            return (None, if is_known { Proven::Known } else { Proven::Outdated });
        }
        let Some(record) = self.keep(shown.mac) else {
            let is_first = is_mac(shown.mac) && self.lost.fetch_add(1, Relaxed) == 0;
            return (None, Proven::Full { is_first });
        };
        let became = match record.prove(shown.root.bit(), shown.now) {
            Err(Forgotten) => Proven::Forgotten,
            Ok(is_new) => match (is_new, !record.has(shown.leaf) && record.keep_certificate(&certificate())) {
                (true, _) if self.was_restarted_meanwhile(&record, shown.now) => Proven::Outdated,
                (true, _) => Proven::New,
                (false, true) => Proven::Renewed,
                (false, false) if record.is_due(shown.now) => Proven::Unwritten,
                (false, false) => Proven::Known,
            },
        };
        (Some(record), became)
    }

    /// Whether no restart has come since this process was forked.
    fn is_current(&self) -> bool {
        self.generation.load(Relaxed) == self.own_generation
    }

    /// Whether the server was restarted while a proof was added to a record. The restart may have looked at the record
    /// before, and go by a file that will never have the line: the device's next request brings it.
    fn was_restarted_meanwhile(&self, record: &Record<'_>, now: u32) -> bool {
        // Either this process sees the restart, or that has seen the proof (`next_generation`).
        fence(SeqCst);
        let is_outdated = !self.is_current();
        if is_outdated {
            record.set_due(now);
        }
        is_outdated
    }

    /// The table for a server that starts, or starts again. Whatever is read of it from here on has all proofs of which
    /// their writers don't learn that they are [outdated](Proven::Outdated).
    pub(crate) fn next_generation(&mut self) {
        self.own_generation = self.generation.fetch_add(1, Relaxed) + 1;
        fence(SeqCst);
    }

    /// Notes that a device's proof could not be written down: one of its requests of the next half of a minute, or later,
    /// is [told](Proven::Unwritten) to try again.
    #[cold]
    pub fn unwritten(&self, mac: u64, now: u32) {
        self.find_kept(mac).into_iter().for_each(|record| record.set_unwritten(now));
    }

    /// Notes that a proof of the device lacks its line: its next request is [told](Proven::Unwritten) to write it.
    pub fn lacks_line(&self, mac: u64, now: u32) {
        self.find_kept(mac).filter(|record| record.roots() != 0).into_iter().for_each(|record| record.set_due(now));
    }

    /// Notes that all of its proofs were.
    pub fn written(&self, mac: u64) {
        self.find_kept(mac).into_iter().for_each(|record| record.set_written());
    }

    /// Takes away a device's proofs that are not later than `time`; true if there were some.
    pub fn forget(&self, mac: u64, time: u32) -> bool {
        self.find_kept(mac).is_some_and(|record| record.forget(time))
    }

    /// Takes away a device's proofs by these roots, so that its next one is new; true if there were some. One that could
    /// not be written down stays: that is tried again anyway.
    pub fn take_proofs(&self, mac: u64, roots: u32) -> bool {
        self.find_kept(mac).is_some_and(|record| record.is_settled(mac) && record.take_roots(roots))
    }

    /// The devices with proofs of which nothing is known to be left to be written down, among so many kept records from one
    /// on. There are [`Devices::room`] of these.
    pub fn proven_among(&self, first: usize, count: usize) -> impl Iterator<Item = u64> {
        let rest = self.kept.get(first.saturating_mul(record::WORDS)..).unwrap_or_default();
        let kept = records(rest).take(count);
        kept.filter(|record| record.roots() != 0 && record.is_settled(record.mac())).map(|record| record.mac())
    }

    /// The bits of the roots by which a device has proven itself.
    pub fn proven_by(&self, mac: u64) -> u32 {
        self.find_kept(mac).map_or(0, |record| record.roots())
    }

    /// Whether it was this certificate, by the first 64 bits of its SHA-256, that proved a device.
    pub fn was_proven_with(&self, mac: u64, leaf: u64) -> bool {
        self.find_kept(mac).is_some_and(|record| record.roots() != 0 && record.leaf() == leaf)
    }
}
