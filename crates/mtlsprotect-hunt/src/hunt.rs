//! One configuration: a site, its requests, with the module and without.

use crate::backend::Backend;
use crate::http2;
use crate::oracle::{Finding, judge, wrongs};
use crate::phones::Sender;
use crate::random::Random;
use crate::request::Request;
use crate::requests::random_request;
use crate::server::{Outcome, Server};
use crate::shrink::{Case, shrink};
use crate::site::Site;
use std::collections::BTreeMap;

/// A failure, as small as it could be made.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which configuration of the seed's.
    pub configuration: u64,
    /// Which request of it.
    pub request: usize,
    /// What it takes.
    pub case: Case,
    /// The port of the server that it was seen on last.
    pub port: u16,
}

/// What became of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests sent to the protected server.
    pub requests: usize,
    /// Sent to it once more over HTTP/2, and answered with a body.
    pub over_http2: usize,
    /// Requests that must pass, and without the module do.
    pub right: usize,
    /// Attacks by the part of the site, and how many of them succeed without the module.
    pub doors: BTreeMap<&'static str, (usize, usize)>,
    /// Configurations that learn.
    pub learning: usize,
    /// Phones that have proven themselves there.
    pub proofs: usize,
    /// Attacks there by somebody without a phone's certificate, on a phone that has, which succeed without the module.
    pub on_proven: usize,
    /// Requests with a password that must pass, and without the module do.
    pub by_password: usize,
    /// Attacks there with a password, of which the victim's is none, which succeed without the module.
    pub on_passwords: usize,
    /// Configurations that were left early: httpd hung, also without the module.
    pub left: usize,
    /// What must not happen.
    pub failures: Vec<Failure>,
}

impl Tally {
    /// Adds another's numbers and failures.
    pub fn add(&mut self, other: Tally) {
        self.requests += other.requests;
        self.over_http2 += other.over_http2;
        self.right += other.right;
        self.learning += other.learning;
        self.proofs += other.proofs;
        self.on_proven += other.on_proven;
        self.by_password += other.by_password;
        self.on_passwords += other.on_passwords;
        self.left += other.left;
        self.failures.extend(other.failures);
        for (part, (attacks, open)) in other.doors {
            let sum = self.doors.entry(part).or_default();
            *sum = (sum.0 + attacks, sum.1 + open);
        }
    }

    /// Attacks, and how many succeed without the module.
    pub fn attacks(&self) -> (usize, usize) {
        self.doors.values().fold((0, 0), |sum, door| (sum.0 + door.0, sum.1 + door.1))
    }

    fn count(&mut self, site: &Site, request: &Request, without: &Outcome) {
        if request.proves.is_some() {
            self.proofs += 1;
            return;
        }
        self.requests += 1;
        if request.right {
            let is_right = without.status != 0 && wrongs(request, without).is_none();
            self.right += usize::from(is_right);
            self.by_password += usize::from(is_right && request.password.is_some());
            return;
        }
        let door = self.doors.entry(request.part).or_default();
        door.0 += 1;
        let is_open = wrongs(request, without).is_some();
        door.1 += usize::from(is_open);
        self.on_passwords += usize::from(is_open && request.password.is_some());
        self.on_proven += usize::from(is_open && site.learning.learns() && request.sender.mac().is_none());
    }
}

/// How many failures of one configuration are looked into: at most one of a kind through each door.
const ENOUGH: usize = 6;

/// What one of a seed's configurations is, and what is sent to it; `adjust` plants what is to be found.
pub fn plan(seed: u64, index: u64, requests: usize, adjust: fn(&mut Site)) -> (Site, Vec<Request>) {
    let mut random = Random::of_part(seed, index);
    let mut site = Site::compose(&mut random);
    adjust(&mut site);
    let requests = (0..requests).map(|_| random_request(&mut random, &site)).collect();
    (site, requests)
}

/// Runs one of a seed's configurations with this many requests.
pub fn configuration(seed: u64, index: u64, requests: usize, backend: &Backend, adjust: fn(&mut Site)) -> Tally {
    let (site, requests) = plan(seed, index, requests, adjust);
    let (learning, proofs) = (usize::from(site.learning.learns()), site.learning.proven().len());
    let mut tally = Tally { learning, proofs, ..Tally::default() };
    let mut found: Vec<(usize, Finding)> = Vec::new();
    {
        let mut protected = Server::start(&site, backend, true);
        let mut open = Server::start(&site, backend, false);
        let mut hung = false;
        for (number, request) in requests.iter().enumerate() {
            let without = open.send(request);
            if without.hung {
                (hung, tally.left) = (true, 1);
                break;
            }
            let outcome = protected.send(request);
            tally.count(&site, request, &without);
            if let Some(finding) = judge(request, &outcome, &without) {
                let same =
                    |(at, known): &(usize, Finding)| known.is_kin(&finding) && requests[*at].door == request.door;
                if found.len() < ENOUGH && !found.iter().any(same) {
                    found.push((number, finding));
                }
            }
            if outcome.hung {
                hung = true;
                break;
            }
        }
        if site.http2 && !hung {
            found.extend(over_http2(&requests, &mut protected, &mut tally));
        }
        if let Some(line) = protected.crash() {
            found.push((requests.len() - 1, Finding::Crash(line)));
        }
    }
    for (number, finding) in found {
        let before = requests[..=number].to_vec();
        let case = Case { site: site.clone(), requests: before, finding };
        // each try would wait as long
        let (case, port) = if case.finding == Finding::Hung { (case, 0) } else { shrink(case, backend) };
        tally.failures.push(Failure { configuration: index, request: number, case, port });
    }
    tally
}

/// Sends again over HTTP/2, in one go each, what two senders have sent.
fn over_http2(requests: &[Request], protected: &mut Server<'_>, tally: &mut Tally) -> Option<(usize, Finding)> {
    for sender in [Sender::Own, Sender::Stranger] {
        let chosen: Vec<(usize, &Request)> = requests
            .iter()
            .enumerate()
            .filter(|(_, request)| request.sender == sender && http2::can_send(request))
            // together it could not be told who had done what
            .filter(|(_, request)| protected.password(request).is_none())
            .take(40)
            .collect();
        let batch: Vec<&Request> = chosen.iter().map(|(_, request)| *request).collect();
        let bodies = http2::send(protected, sender, &batch);
        tally.over_http2 += bodies.iter().filter(|body| !body.is_empty()).count();
        let all = Request { method: "PUT".to_owned(), ..Request::get(sender, "/") };
        let together = protected.outcome(&all, 200, &[]);
        for ((number, request), body) in chosen.iter().zip(bodies) {
            let secrets = crate::phones::secrets_in(&body);
            let outcome = Outcome { secrets, open: protected.open().to_vec(), ..Outcome::default() };
            if let Some(finding) = wrongs(request, &outcome) {
                return Some((*number, finding));
            }
        }
        // which of them it was is for the shrinking to find out
        if let Some(finding) = wrongs(&all, &together) {
            return chosen.last().map(|(number, _)| (*number, finding));
        }
    }
    None
}
