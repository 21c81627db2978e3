//! Counts a request that is over, and notes what it says of a device.

use crate::certificate::sender;
use crate::configuration::config::{ServerConfig, Views};
use crate::fleet::numbers::HostFleet;
use crate::httpd::Request;
use crate::module::Mtlsprotect;
use crate::request::proven_here::ProvenHere;
use crate::request::record::Record;
use crate::request::state::RequestState;
use crate::request::{password, proven};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{self, Listing, Mode, Policy, Proven, Reason};
use mtlsprotect_core::names::{Names, Texts, path_of_served, served};
use mtlsprotect_fleet::{Cell, Entry, Noted, Refusal, Row, Verdict, seconds};
use std::borrow::Cow;
use std::net::IpAddr;

/// A request of a client's with all that internal redirects have made of it.
struct Over<'a, 'r> {
    /// As the client sent it.
    first: &'a Request<'r>,
    /// As it was answered.
    last: Request<'r>,
    record: &'a Record,
    reason: Reason,
    verdict: Verdict,
    host: &'a HostFleet<'r>,
    config: &'a ServerConfig<'r>,
    row: Row,
    stripe: usize,
    now: u32,
    via: Option<IpAddr>,
}

/// Counts a request of a client's, which was not judged where nothing says so. What was decided last counts, as for the log
/// and the notes: of a refusal that is what its error page has taken over.
pub fn logged(request: &Request<'_>) {
    let (mut last, mut state) = (*request, None);
    let mut next = Some(*request);
    while let Some(one) = next {
        state = one.state::<Mtlsprotect>().filter(|state| is_decided(state)).or(state);
        last = one;
        next = one.next();
    }
    let config = request.server().config::<Mtlsprotect>();
    let (Some(state), Some(host)) = (state, config.fleet) else { return };
    let record = &state.record;
    let Some((verdict, reason)) = counted_as(record) else { return };
    let row = host.row(record.list);
    let (stripe, now) = (request.connection().stripe(), seconds(request.time()));
    let cell = Cell::new(verdict, reason as u8);
    host.fleet.counts.add(row, stripe, cell);
    host.fleet.history.add(stripe, cell, now);
    let via = sender::via(request, config);
    if via.is_some() {
        count_by_balancer(host, row, stripe, verdict);
    }
    // Most often a phone has what is its own.
    let own = record.sender.zip(record.shown).filter(|_| verdict == Verdict::Allow);
    if own.is_some_and(|((mac, _), shown)| proven::shown(request, host, record, mac, &shown, now, None)) {
        return;
    }
    Over { first: request, last, record, reason, verdict, host, config, row, stripe, now, via }.note();
}

#[cold]
fn count_by_balancer(host: &HostFleet<'_>, row: Row, stripe: usize, verdict: Verdict) {
    host.fleet.counts.add(row, stripe, Cell::BY_BALANCER);
    if verdict != Verdict::Allow {
        host.fleet.counts.add(row, stripe, Cell::BY_BALANCER_REFUSED);
    }
}

/// Whether what a request's state says is what became of it.
fn is_decided(state: &RequestState) -> bool {
    state.is_judged() && !state.waits
}

/// As the notes of the request say it.
fn counted_as(record: &Record) -> Option<(Verdict, Reason)> {
    match (record.verdict, record.mode) {
        (decision::Verdict::Allow(reason), _) => Some((Verdict::Allow, reason)),
        (decision::Verdict::Deny(reason), Mode::On) => Some((Verdict::Deny, reason)),
        (decision::Verdict::Deny(reason), _) => Some((Verdict::WouldDeny, reason)),
        (decision::Verdict::NotJudged, _) => None,
    }
}

impl Over<'_, '_> {
    /// Notes what it says of a device: of the one whose certificate came with it, otherwise of the only one that it names.
    #[inline(never)]
    fn note(&self) {
        let own = self.record.sender.zip(self.record.shown).map(|((mac, _), shown)| (mac, shown));
        let refusal = (self.verdict != Verdict::Allow).then(|| Refusal {
            time: self.now,
            host: self.host.host,
            reason: self.reason as u8,
            verdict: self.verdict,
            is_by_itself: own.is_some(),
        });
        // To be asked for a password is how a phone's requests begin.
        if let Some(refusal) = refusal.filter(|_| !password::is_challenge(&self.last, self.record)) {
            self.keep(refusal, own.map(|(mac, _)| mac));
        }
        let request = |mac: Mac, refusal| mtlsprotect_fleet::Request {
            mac: mac.bits(),
            now: self.now,
            is_listed: false,
            is_existing_file: false,
            is_by_password: self.record.verdict == decision::Verdict::Allow(Reason::Password),
            refusal,
        };
        let devices = &self.host.fleet.devices;
        if let Some((mac, shown)) = own {
            if !proven::shown(self.first, self.host, self.record, mac, &shown, self.now, refusal) {
                self.keep_if_listed(mac, devices.note(&request(mac, refusal)));
            }
            return;
        }
        // Whoever merely names a device is not refused in its name; nor was it seen where nothing came of that.
        let (Some(mac), false) = (self.only_named(), self.verdict == Verdict::Deny || self.is_error()) else { return };
        let request = request(mac, None);
        match devices.note(&request) {
            Noted::Nothing => {
                let (is_listed, is_existing_file) = (self.is_listed(mac), self.is_file_of(mac));
                devices.note(&mtlsprotect_fleet::Request { is_listed, is_existing_file, ..request });
            }
            noted => self.keep_if_listed(mac, noted),
        }
    }

    /// Keeps the record of a device that got its line in the device file after it was first seen.
    fn keep_if_listed(&self, mac: Mac, noted: Noted) {
        if noted == Noted::AmongOthers && self.is_listed(mac) {
            self.host.fleet.devices.keep_listed(mac.bits());
        }
    }

    /// The device that it names, if that is one.
    fn only_named(&self) -> Option<Mac> {
        match self.record.named {
            [Some(only), None] => Some(only.mac()),
            _ => None,
        }
    }

    /// Whether httpd or whoever answered says that it failed.
    fn is_error(&self) -> bool {
        self.first.status() >= 400 || self.last.status() >= 400
    }

    #[cold]
    fn is_listed(&self, mac: Mac) -> bool {
        self.policy().is_some_and(|(policy, lists)| {
            let listing = policy.devices.map(|devices| devices.listing(mac));
            lists.are_whole() && matches!(listing, Some(Listing::Listed | Listing::Blocked))
        })
    }

    /// Whether what was served is a file that names the device: an application answers for any name.
    #[cold]
    fn is_file_of(&self, mac: Mac) -> bool {
        if !self.last.has_file() {
            return false;
        }
        let served = served(self.last.filename(), self.last.server().document_root());
        let texts = Texts { filename: path_of_served(&served), ..Texts::default() };
        self.policy()
            .is_some_and(|(policy, _)| Names::of(&texts, &policy.naming, None, false).macs().any(|named| named == mac))
    }

    /// The policy that counted last, with its lists; none where one is just overwritten.
    fn policy(&self) -> Option<(Policy<'_>, Views)> {
        self.last.dir_config::<Mtlsprotect>().policy(self.config)
    }

    /// Keeps a refusal among the last ones, and counts by themselves those of proven devices and of wrong passwords.
    #[cold]
    fn keep(&self, refusal: Refusal, own: Option<Mac>) {
        let named = self.record.named[0].map(|mention| mention.mac());
        // Where the list is just overwritten one may be missed.
        let proven = |mac: &Mac| ProvenHere::at(self.config).is_proven(*mac);
        let is_attack =
            || is_for_who_sends(self.reason) && named.as_ref().filter(|mac| own != Some(**mac)).is_some_and(proven);
        let is_wrong_password = password::is_wrong(&self.last, self.record);
        for (cell, counts) in [
            (Cell::PROVEN_REFUSED, own.as_ref().is_some_and(proven)),
            (Cell::PROVEN_NAMED_REFUSED, is_attack()),
            (Cell::WRONG_PASSWORD, is_wrong_password),
        ] {
            if counts {
                self.host.fleet.counts.add(self.row, self.stripe, cell);
            }
        }
        if is_wrong_password {
            self.host.fleet.history.add(self.stripe, Cell::WRONG_PASSWORD, self.now);
        }
        let list = self.config.trust.and_then(|list| list.numbers.get());
        let vendor = self.record.list.and_then(|number| list?.vendors.get(usize::from(number)).copied());
        self.host.fleet.refusals.push(&Entry {
            refusal,
            named: named.map_or(0, Mac::bits),
            sender: self.record.sender.map_or(0, |(mac, _)| mac.bits()),
            address: self.first.client_address(),
            via: self.via,
            vendor: vendor.unwrap_or(0),
            uri: Cow::Borrowed(self.first.unparsed_uri()),
            agent: Cow::Borrowed(self.first.header(c"User-Agent")),
        });
    }
}

/// Whether the certificate, or that there is none, is why a request that names a device is refused.
fn is_for_who_sends(reason: Reason) -> bool {
    reason.depends_on_sender() && reason != Reason::AmbiguousName
}
