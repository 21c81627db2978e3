//! What was decided for a request, for the log, the notes and the environment.

use crate::certificate::sender::Proof;
use crate::httpd::{PoolStr, Request};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Asked, DeviceList, Listing, Mode, Policy, Reason, Sender, Verdict};
use mtlsprotect_core::names::Mention;
use mtlsprotect_fleet::seconds;

/// A decision and what it was made of, for the log and the notes.
#[derive(Clone, Copy)]
pub struct Record {
    /// By what a refusal passes, `Report` or `Learn`; it is carried out in `On`.
    pub mode: Mode,
    /// The decision.
    pub verdict: Verdict,
    /// Whose certificate it is, as a number and as text.
    pub sender: Option<(Mac, PoolStr)>,
    /// The vendor whose list vouches for it; of a list of no vendor's, whose prefix it has.
    pub vendor: Option<PoolStr>,
    /// Applications may rely on the sender.
    pub is_sure: bool,
    /// The first two devices named.
    pub named: [Option<Mention>; 2],
    /// Which list of the host vouches for the sender.
    pub list: Option<u16>,
    /// What proves that the sender is the device that its certificate says; none for all others.
    pub shown: Option<Shown>,
}

/// A trusted certificate of a device whose prefix its vendor may speak for.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Which root vouches for it: see [`mtlsprotect_core::vendors::Vendors::roots`].
    pub root: u16,
    /// The first 64 bits of its SHA-256.
    pub leaf: u64,
    /// The last second that it is valid, in Unix time.
    pub end: u32,
    /// It proves something: the device file doesn't keep the device out.
    pub proves: bool,
}

impl Record {
    /// For a request that isn't judged.
    pub const NOT_JUDGED: Record = Record {
        mode: Mode::Off,
        verdict: Verdict::NotJudged,
        sender: None,
        vendor: None,
        is_sure: false,
        named: [None, None],
        list: None,
        shown: None,
    };

    /// What was decided.
    pub fn new(
        policy: &Policy<'_>,
        verdict: Verdict,
        mode: Mode,
        asked: &Asked<'_>,
        proof: &Proof<'_>,
        request: &Request<'_>,
    ) -> Self {
        let mac = proof.sender.mac();
        // A device that a closed device file shuts out may read what anybody may, but proves nothing.
        let is_shut_out = |file: DeviceList<'_>| mac.is_some_and(|mac| file.listing(mac) == Listing::ShutOut);
        let may_be_shut_out = verdict == Verdict::Allow(Reason::OtherFile);
        Record {
            mode,
            verdict,
            sender: mac.map(|mac| (mac, proof.digits.unwrap_or_else(|| digits(request, mac)))),
            vendor: proof.vendor,
            is_sure: proof.sender.is_trusted()
                && !matches!(proof.sender, Sender::OtherVendors(_))
                && !(may_be_shut_out && policy.devices.is_some_and(is_shut_out)),
            named: asked.names.first_two(),
            list: proof.member.and_then(|list| list.try_into().ok()),
            shown: shown(proof, policy),
        }
    }

    /// The module failed: only `Report` lets that pass.
    pub fn failure(mode: Mode) -> Self {
        let mode = if mode == Mode::Learn { Mode::On } else { mode };
        Record { mode, verdict: Verdict::Deny(Reason::InternalError), ..Record::NOT_JUDGED }
    }

    /// Whether it is a refusal, carried out or not.
    pub fn is_refusal(&self) -> bool {
        matches!(self.verdict, Verdict::Deny(_))
    }

    /// Whether it is a refusal that is carried out.
    pub fn is_refused(&self) -> bool {
        self.is_refusal() && self.mode == Mode::On
    }

    /// Why; none where nothing was judged.
    pub fn reason(&self) -> Option<Reason> {
        match self.verdict {
            Verdict::Allow(reason) | Verdict::Deny(reason) => Some(reason),
            Verdict::NotJudged => None,
        }
    }

    /// Writes the devices named, joined by commas, at the end of `text`.
    pub fn append_named(&self, text: &mut Vec<u8>) {
        self.joined(text, |mention, text| text.extend_from_slice(&mention.mac().digits()));
    }

    /// Writes where they are named, joined by commas, at the end of `text`.
    pub fn append_found_in(&self, text: &mut Vec<u8>) {
        self.joined(text, |mention, text| text.extend_from_slice(mention.source().as_str().as_bytes()));
    }

    fn joined(&self, text: &mut Vec<u8>, append: impl Fn(&Mention, &mut Vec<u8>)) {
        for (number, named) in self.named.iter().flatten().enumerate() {
            if number > 0 {
                text.push(b',');
            }
            append(named, text);
        }
    }
}

fn shown(proof: &Proof<'_>, policy: &Policy<'_>) -> Option<Shown> {
    let (Sender::Device(mac), Some(root), Some(certificate)) = (proof.sender, proof.root, &proof.certificate) else {
        return None;
    };
    let [leaf, ..] = certificate.fingerprint().words();
    let root = u16::try_from(root).ok()?;
    let is_kept_out = |file: DeviceList<'_>| matches!(file.listing(mac), Listing::Blocked | Listing::ShutOut);
    let end = seconds(certificate.end().seconds().try_into().unwrap_or(0));
    Some(Shown { root, leaf, end, proves: !policy.devices.is_some_and(is_kept_out) })
}

/// A MAC as text, where the connection doesn't have it: the very one that the request, or what it continues, was given
/// before, by which the environment that
/// it inherits is known as ours. The pool of what it continues is its own, or lives longer.
#[cold]
fn digits(request: &Request<'_>, mac: Mac) -> PoolStr {
    let given = |request: &Request<'_>| {
        let (held, text) = request.state::<Mtlsprotect>()?.record.sender?;
        (held == mac).then_some(text)
    };
    given(request)
        .or_else(|| given(&request.previous()?))
        .or_else(|| given(&request.main()?))
        .unwrap_or_else(|| request.pool().string(&mac.digits()))
}
