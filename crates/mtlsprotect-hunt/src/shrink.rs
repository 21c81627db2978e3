//! Makes a failure small: fewer requests, fewer parts, plainer settings, a shorter target.

use crate::backend::Backend;
use crate::learning::Learning;
use crate::oracle::{Finding, judge};
use crate::request::Request;
use crate::server::Server;
use crate::site::{Place, Site};
use mtlsprotect_testkit::Mpm;

/// What it takes for something to happen that must not.
#[derive(Clone, Debug)]
pub struct Case {
    /// The site.
    pub site: Site,
    /// The requests in order. The last does it.
    pub requests: Vec<Request>,
    /// What must not happen.
    pub finding: Finding,
}

/// The smallest case found, and the port of a server that showed it.
pub fn shrink(mut case: Case, backend: &Backend) -> (Case, u16) {
    let last = case.requests[case.requests.len() - 1..].to_vec();
    if fails(&Case { requests: last.clone(), ..case.clone() }, backend) {
        case.requests = last;
    } else {
        case.requests =
            fewer(&case.requests, 40, |requests| fails(&Case { requests: requests.to_vec(), ..case.clone() }, backend));
    }
    case.site = plainer_site(&case, backend);
    let port = plainer_request(&mut case, backend);
    (case, port)
}

/// Whether the last request of a case still does it, on new servers.
fn fails(case: &Case, backend: &Backend) -> bool {
    Try::start(case, backend).fails(&case.requests)
}

/// Leaves out halves, quarters and so on while it still fails, with at most this many tries. The last one stays.
pub fn fewer<T: Clone>(items: &[T], tries: usize, mut fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut kept = items.to_vec();
    let mut size = kept.len() / 2;
    let mut left = tries;
    while size > 0 {
        let mut at = 0;
        while at + size < kept.len() && left > 0 {
            left -= 1;
            let mut without = kept.clone();
            without.drain(at..at + size);
            if fails(&without) {
                kept = without;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    kept
}

/// A text with as many characters left out as can be while it still fails.
pub fn shorter(text: &str, mut fails: impl FnMut(&str) -> bool) -> String {
    let mut kept: Vec<char> = text.chars().collect();
    for size in [16, 8, 4, 2, 1] {
        // the first is the slash of a path
        let mut at = 1;
        while at + size <= kept.len() {
            let mut without = kept.clone();
            without.drain(at..at + size);
            if fails(&without.iter().collect::<String>()) {
                kept = without;
            } else {
                at += 1;
            }
        }
    }
    kept.into_iter().collect()
}

fn plainer_site(case: &Case, backend: &Backend) -> Site {
    let mut site = case.site.clone();
    let still = |site: &Site| fails(&Case { site: site.clone(), ..case.clone() }, backend);
    for index in (0..site.parts.len()).rev() {
        let mut without = site.clone();
        without.parts.remove(index);
        if still(&without) {
            site = without;
        }
    }
    let plainer: [fn(&mut Site); 8] = [
        |site| site.password = None,
        |site| (site.learning, site.mode) = (Learning::Nothing, "On"),
        |site| site.more = "",
        |site| site.http2 = false,
        |site| site.mpm = Mpm::Event,
        |site| site.place = Place::Location,
        |site| site.methods = "",
        |site| site.other_files = "device",
    ];
    // who has no certificate is right only by what the site learns, or by its passwords
    let kept = if matches!(case.finding, Finding::Refused(..)) { 2 } else { 0 };
    for change in plainer.into_iter().skip(kept) {
        let mut other = site.clone();
        change(&mut other);
        if still(&other) {
            site = other;
        }
    }
    // lines of a part that do nothing here
    for index in 0..site.parts.len() {
        let lines: Vec<String> = site.parts[index].host.lines().map(str::to_owned).collect();
        let fewer = fewer_lines(&lines, |host| {
            let mut other = site.clone();
            other.parts[index].host = host.iter().map(|line| format!("{line}\n")).collect();
            still(&other)
        });
        site.parts[index].host = fewer.iter().map(|line| format!("{line}\n")).collect();
    }
    site
}

/// Leaves out directives that stand by themselves, one at a time.
fn fewer_lines(lines: &[String], mut still: impl FnMut(&[String]) -> bool) -> Vec<String> {
    let mut kept = lines.to_vec();
    for at in (0..lines.len()).rev() {
        let single = ["Rewrite", "Alias", "ProxyPass", "ErrorDocument", "Proxy", "Options", "Add", "Cache"];
        if single.iter().any(|name| kept[at].starts_with(name)) {
            let mut without = kept.clone();
            without.remove(at);
            if still(&without) {
                kept = without;
            }
        }
    }
    kept
}

fn plainer_request(case: &mut Case, backend: &Backend) -> u16 {
    let mut server = Try::start(case, backend);
    let (before, last) = case.requests.split_at(case.requests.len() - 1);
    let (before, mut last) = (before.to_vec(), last[0].clone());
    let mut fails = |request: &Request| {
        let mut requests = before.clone();
        requests.push(request.clone());
        server.fails(&requests)
    };
    for at in (0..last.headers.len()).rev() {
        let mut without = last.clone();
        without.headers.remove(at);
        if fails(&without) {
            last = without;
        }
    }
    for change in
        [|request: &mut Request| request.resumed = false, |request: &mut Request| request.method = "GET".to_owned()]
    {
        let mut other = last.clone();
        change(&mut other);
        if fails(&other) {
            last = other;
        }
    }
    // a legitimate phone's request is right as it is
    if !last.right {
        last.target =
            shorter(&last.target.clone(), |target| fails(&Request { target: target.to_owned(), ..last.clone() }));
    }
    case.requests = before;
    case.requests.push(last);
    server.protected.https()
}

/// A site's servers, for trying requests.
struct Try<'b> {
    protected: Server<'b>,
    open: Option<Server<'b>>,
    finding: Finding,
}

impl<'b> Try<'b> {
    fn start(case: &Case, backend: &'b Backend) -> Try<'b> {
        let finding = case.finding.clone();
        let needs_open = matches!(finding, Finding::Refused(..));
        Try {
            protected: Server::start(&case.site, backend, true),
            open: needs_open.then(|| Server::start(&case.site, backend, false)),
            finding,
        }
    }

    fn fails(&mut self, requests: &[Request]) -> bool {
        let Some((last, before)) = requests.split_last() else { return false };
        for request in before {
            self.protected.send(request);
            self.open.as_mut().map(|open| open.send(request));
        }
        let without = self.open.as_mut().map(|open| open.send(last)).unwrap_or_default();
        let outcome = self.protected.send(last);
        if let Finding::Crash(_) = self.finding {
            return self.protected.crash().is_some();
        }
        judge(last, &outcome, &without).is_some_and(|finding| finding.is_like(&self.finding))
    }
}

#[cfg(test)]
mod tests;
