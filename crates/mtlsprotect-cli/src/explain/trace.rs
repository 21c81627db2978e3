//! Each rule of the decision in its order, whether it matches, and what it looked at.

use mtlsprotect_core::decision::{
    Asked, Policy, Reason, Rule, Sender, User, Verdict, first_match, is_exempt, learn_lets_pass,
    may_be_proven_by_password, reads,
};
use mtlsprotect_core::escape::quoted;
use mtlsprotect_core::names::{Hidden, Named, Names};
use mtlsprotect_core::trust::Distrust;
use mtlsprotect_core::vendors::Vendors;
use serde::Serialize;

/// One rule.
#[derive(Serialize)]
pub struct Step {
    /// Its position, from 1.
    pub number: usize,
    /// The case that it covers.
    pub rule: &'static str,
    /// Whether it matches; `None` if an earlier one has.
    pub matches: Option<bool>,
    /// What it looked at.
    pub why: String,
}

/// Everything that is known about a request and its sender.
pub struct Facts<'a> {
    /// The policy that applies to the request.
    pub policy: Policy<'a>,
    /// The request.
    pub asked: Asked<'a>,
    /// The lists.
    pub vendors: &'a Vendors,
    /// What is hidden in it besides its names.
    pub hidden: Hidden,
    /// What is left of the path names by itself.
    pub in_path: bool,
    /// Which list vouches for the certificate.
    pub member: Option<usize>,
    /// Why none does.
    pub distrust: Option<&'a Distrust>,
}

impl Facts<'_> {
    /// The rules up to the first that matches, the rest, and the verdict.
    pub fn steps(&self) -> (Vec<Step>, Verdict) {
        let first = first_match(&self.policy, &self.asked);
        let step = |(number, rule): (usize, Rule)| Step {
            number,
            rule: rule.case(),
            matches: (rule <= first).then_some(rule == first),
            why: if rule <= first { self.why(rule) } else { String::new() },
        };
        ((1..).zip(Rule::ALL).map(step).collect(), first.verdict())
    }

    /// Whether a refusal is only reported: it concerns vendors with mode=report alone, or MTLSProtect Learn lets it pass.
    pub fn passes(&self, reason: Reason) -> bool {
        let Asked { method, names, .. } = self.asked;
        self.vendors.only_watches(reason, method, names, || self.in_path, self.member)
            || self.policy.learns && learn_lets_pass(&self.policy, &self.asked, reason, &|| self.hidden.clone())
    }

    /// The vendor whose list vouches for the certificate.
    pub fn vendor(&self) -> &str {
        self.member.and_then(|member| self.vendors.members().get(member)?.name()).unwrap_or("the list")
    }

    fn why(&self, rule: Rule) -> String {
        let Asked { method, names, .. } = self.asked;
        match rule {
            Rule::Off => format!("mode {}", self.policy.mode.as_str()),
            Rule::Blocked => self.in_device_file(),
            Rule::Method => format!("{}, allowed are {}", quoted(method, 32), self.policy.methods),
            Rule::MalformedName if self.policy.naming.parameters.is_empty() => "no name parameters".to_owned(),
            Rule::MalformedName => format!("name parameters: {}", self.policy.naming.parameters.join(" ")),
            Rule::OtherFileForAnybody | Rule::OtherFileForNobody => {
                format!("{}; MTLSProtectOtherFiles {}", named(names), self.policy.other_files.as_str())
            }
            Rule::AmbiguousName => named(names),
            Rule::PlainHttp => if self.asked.sender == Sender::PlainHttp { "http" } else { "https" }.to_owned(),
            Rule::PasswordMissing | Rule::PasswordOfAnother | Rule::OwnPassword => self.password(),
            Rule::NoCertificate if self.asked.sender != Sender::NoCertificate => "a certificate came".to_owned(),
            Rule::NoCertificate | Rule::Untrusted | Rule::Expired | Rule::Revoked if self.is_exempt() => {
                format!("{}, but the device file exempts it: {}", self.trust(), self.in_device_file())
            }
            Rule::NoCertificate | Rule::Untrusted | Rule::Expired | Rule::Revoked => self.trust(),
            Rule::NoIdentity => self.identity(),
            Rule::VendorMismatch => match self.asked.sender {
                Sender::OtherVendors(mac) => format!("{} can't speak for {}", self.vendor(), mac.oui()),
                Sender::Device(mac) => format!("{} may speak for {}", self.vendor(), mac.oui()),
                _ => self.identity(),
            },
            Rule::UnknownDevice => self.in_device_file(),
            Rule::OtherFileForDevices if self.is_exempt() => "exempt, and no device".to_owned(),
            Rule::OtherFileForDevices | Rule::WriteOfNobodys => {
                format!("{}; {} {}", named(names), quoted(method, 32), if reads(method) { "reads" } else { "writes" })
            }
            Rule::WriteOfDotFile | Rule::WriteBesidePath if reads(method) => format!("{} reads", quoted(method, 32)),
            Rule::WriteOfDotFile if names.dot_segment() => "a segment begins with a dot".to_owned(),
            Rule::WriteOfDotFile => "no segment begins with a dot".to_owned(),
            Rule::WriteBesidePath if names.sender_in_path() => "the path names the sender".to_owned(),
            Rule::WriteBesidePath => "what is left of the path does not name the sender".to_owned(),
            Rule::MacMismatch | Rule::OwnFile => format!("{}; {}", self.identity(), named(names)),
            Rule::Exempt => self.in_device_file(),
        }
    }

    fn is_exempt(&self) -> bool {
        is_exempt(&self.policy, &self.asked)
    }

    fn password(&self) -> String {
        if self.policy.passwords.is_none() {
            return "MTLSProtectPassword Off".to_owned();
        }
        match (may_be_proven_by_password(&self.policy, &self.asked), self.asked.user) {
            (None, _) => "no device is named that may send its password now".to_owned(),
            (Some(mac), User::Unknown) => format!("{mac} may send its password, and none came"),
            (Some(_), User::NoDevice) => "the user is not a device".to_owned(),
            (Some(mac), User::Device(user)) => format!("{mac} may send its password, and {user}'s came"),
        }
    }

    fn trust(&self) -> String {
        match (self.asked.sender, self.distrust) {
            (Sender::PlainHttp, _) => "plain HTTP".to_owned(),
            (Sender::NoCertificate, _) => "no certificate came".to_owned(),
            (_, Some(distrust)) => distrust.why.clone(),
            _ => format!("{} vouches for it", self.vendor()),
        }
    }

    fn identity(&self) -> String {
        match self.asked.sender {
            Sender::Device(mac) | Sender::OtherVendors(mac) => format!("the certificate is {mac}'s"),
            Sender::AnyOf(prefixes) => {
                let prefixes: Vec<String> = prefixes.iter().map(|prefix| prefix.to_string()).collect();
                format!("identity=none: any device with prefix {}", prefixes.join(", "))
            }
            Sender::Nobody => "the subject is not a device's name".to_owned(),
            _ => "no certificate that counts".to_owned(),
        }
    }

    fn in_device_file(&self) -> String {
        let Some(file) = self.policy.devices else { return "no device file".to_owned() };
        let mut macs: Vec<_> = self.asked.sender.mac().into_iter().chain(self.asked.names.macs()).collect();
        macs.dedup();
        if macs.is_empty() {
            return format!("from {}", self.asked.from);
        }
        let says = macs.iter().map(|&mac| format!("{mac}: {}", file.says(mac)));
        format!("{}; from {}", says.collect::<Vec<_>>().join(", "), self.asked.from)
    }
}

fn named(names: &Names) -> String {
    let found = names.found().map(|(mac, source)| format!("{mac} in {}", source.as_str()));
    match names.named() {
        Named::Nobody => "names nobody".to_owned(),
        _ => format!(
            "names {}{}",
            found.collect::<Vec<_>>().join(" and "),
            if names.are_more() { " and more" } else { "" }
        ),
    }
}
