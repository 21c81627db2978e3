//! What was decided for a request, for the log, the notes and the environment.

use crate::certificate::credential::Credential;
use crate::certificate::sender::Proof;
use crate::httpd::{PoolRef, PoolStr, Request};
use crate::module::Mtlsprotect;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{Listing, Mode, Policy, Reason, Sender, Verdict};
use mtlsprotect_core::names::{Mention, Names};

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
    pub shown: Option<PoolRef<Credential>>,
    /// That proves something: the device file doesn't keep the device out.
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
        proves: false,
    };

    /// What was decided.
    #[inline(always)]
    pub fn new(
        policy: &Policy<'_>,
        verdict: Verdict,
        mode: Mode,
        names: &Names,
        proof: &Proof<'_>,
        request: &Request<'_>,
    ) -> Self {
        let mac = proof.sender.mac();
        // Whom the device file keeps out doesn't get its own file: then there is nothing to look up.
        let may_be_kept_out = verdict != Verdict::Allow(Reason::OwnFile);
        let listing = mac.filter(|_| may_be_kept_out).and_then(|mac| Some(policy.devices?.listing(mac)));
        // A device that a closed device file shuts out may read what anybody may, but proves nothing.
        let is_shut_out = verdict == Verdict::Allow(Reason::OtherFile) && listing == Some(Listing::ShutOut);
        let is_kept_out = matches!(listing, Some(Listing::Blocked | Listing::ShutOut));
        Record {
            mode,
            verdict,
            sender: mac.map(|mac| (mac, proof.digits.unwrap_or_else(|| digits(request, mac)))),
            vendor: proof.vendor,
            is_sure: proof.sender.is_trusted() && !matches!(proof.sender, Sender::OtherVendors(_)) && !is_shut_out,
            named: names.first_two(),
            list: proof.member.and_then(|list| list.try_into().ok()),
            shown: shown(proof, request),
            proves: matches!(proof.sender, Sender::Device(_)) && !is_kept_out,
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

#[inline]
fn shown(proof: &Proof<'_>, request: &Request<'_>) -> Option<PoolRef<Credential>> {
    match proof.sender {
        Sender::Device(_) => proof.credential.or_else(|| credential(proof, request)),
        _ => None,
    }
}

/// What the fleet knows the sender's certificate by, where the connection doesn't have it.
#[cold]
fn credential(proof: &Proof<'_>, request: &Request<'_>) -> Option<PoolRef<Credential>> {
    let lists = request.server().config::<Mtlsprotect>().trust?;
    Some(request.pool().keep(Credential::new(lists, proof.root?, proof.sender.mac()?, proof.leaf()?)))
}

/// A MAC as text, where the connection doesn't have it: the very one that the request, or what it continues, was given
/// before, by which the environment that it inherits is known as ours. The pool of what it continues is its own, or lives
/// longer.
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
