//! Who is let in by address, and where a stranger can have such an address.

use crate::configuration::access::is_restricted;
use crate::configuration::extent::{Reach, described};
use crate::configuration::passed::{Passed, is_loopback, local_port};
use crate::configuration::passed_on::Passing;
use crate::configuration::site::{Host, Setting, Site};
use crate::message::{Message, Number};
use regex::Regex;
use std::sync::LazyLock;

/// A test of the client's address by itself: `-R '192.0.2.0/24'`, or `%{REMOTE_ADDR}` that is or begins with something.
static OF_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^\s*(
            -R \s* ['"]? [0-9A-Fa-f.:/]+ ['"]? |
            (?i: %\{ (CONN_)?REMOTE_ADDR \} ) \s* (
                (-ipmatch|==|=|-strcmp|-eq) \s* ['"] [0-9A-Fa-f.:/]+ ['"] |
                =~ \s* ( / | m([\#|,!]) ) \^ [(]? [0-9A-Fa-f] [^|]*
            )
        )\s*$"#,
    )
    .ok()
});

/// `<If "-R '192.0.2.0/24'">` and the like: the documented way for staff and monitoring.
pub fn is_for_addresses(setting: &Setting) -> bool {
    setting.sections.iter().any(|section| {
        (section.is("<If") || section.is("<ElseIf")) && is_met_by_addresses_alone(&section.words().join(" "))
    })
}

/// Whether each way to meet a condition takes such an address.
fn is_met_by_addresses_alone(condition: &str) -> bool {
    let is_of_address = |test: &str| OF_ADDRESS.as_ref().is_some_and(|pattern| pattern.is_match(test));
    condition.split("||").all(|way| way.split("&&").any(is_of_address))
}

/// Finds an Off for addresses where the client writes its address itself.
pub fn forged<'s>(site: &Site, host: &Host, reach: &Reach<'s>) -> Option<&'s Setting<'s>> {
    let is_by_address = |setting: &Setting| {
        is_for_addresses(setting)
            || is_restricted(site, host, setting)
                && site
                    .all(host, "require")
                    .any(|require| (require.is("ip") || require.is("local")) && require.section() == setting.section())
    };
    reach
        .sections
        .iter()
        .copied()
        .find(|setting| !setting.protects() && is_by_address(setting) && reach.replaced_by(setting).is_some())
}

/// Finds an Off for this machine's own address in a host to which another host passes on what strangers ask for.
pub fn own_address(site: &Site, host: &Host, reach: &Reach<'_>, fronts: &Fronts, warnings: &mut Vec<Message>) {
    let is_seen = site.in_force(host, "remoteipheader").is_some();
    let Some(front) = host.addresses.iter().find_map(|address| fronts.to(port(address)?)).filter(|_| !is_seen) else {
        return;
    };
    // Without the length of a network's prefix.
    let is_of_this = |text: &str| is_loopback(text.split('/').next().unwrap_or_default());
    let for_this = |setting: &&&Setting| {
        is_for_addresses(setting)
            && setting.sections.iter().any(|section| section.words().join(" ").split(['\'', '"']).any(is_of_this))
    };
    let off = reach.sections.iter().filter(|setting| !setting.protects()).find(for_this);
    if let Some(setting) = off.filter(|setting| reach.replaced_by(setting).is_some()) {
        warnings.push(Number::OwnAddress.says(format!(
            "{}: MTLSProtect {} in {} is for this machine's own address, which everybody has who comes by {front} to virtual \
             host {}: strangers are served; write RemoteIPHeader X-Forwarded-For and RemoteIPInternalProxy 127.0.0.1 into \
             that host, or remove it",
            setting.place(),
            setting.words().join(" "),
            described(setting),
            host.server.describe(),
        )));
    }
}

/// The ports of this machine that some host passes on to, with the directive.
pub struct Fronts(Vec<(String, String)>);

impl Fronts {
    /// Finds them.
    pub fn of(site: &Site) -> Self {
        let front = |host| {
            let passing = Passing::of(site, host);
            let of = |passed: &Passed<'_>| {
                let port = local_port(passed.target.as_deref()?)?.unwrap_or("80").to_owned();
                Some((port, format!("{} ({})", passed.setting.text(), passed.setting.place())))
            };
            passing.all().filter_map(of).collect::<Vec<_>>()
        };
        Fronts(site.hosts.iter().flat_map(front).collect())
    }

    fn to(&self, port: &str) -> Option<&str> {
        self.0.iter().find(|(to, _)| to == port).map(|(_, front)| front.as_str())
    }
}

fn port(address: &str) -> Option<&str> {
    address.rsplit_once(':').map(|(_, port)| port)
}

#[cfg(test)]
mod tests {
    use super::is_met_by_addresses_alone as meets;

    #[test]
    fn only_a_test_of_an_address_by_itself_keeps_strangers_out() {
        for condition in [
            "-R '192.0.2.0/24'",
            "-R \"2001:db8::/32\"",
            "%{REMOTE_ADDR} -ipmatch '192.0.2.0/24'",
            "%{REMOTE_ADDR} == '192.0.2.1'",
            "%{REMOTE_ADDR} =~ /^192\\.0\\.2\\./",
            "-R '192.0.2.0/24' || -R '198.51.100.0/24'",
            "-R '192.0.2.0/24' && %{REQUEST_METHOD} == 'GET'",
        ] {
            assert!(meets(condition), "{condition}");
        }
        for condition in [
            "! -R '192.0.2.0/24'",
            "!(-R '192.0.2.0/24')",
            "%{REMOTE_ADDR} != '192.0.2.1'",
            "-R '192.0.2.0/24' || %{HTTP_USER_AGENT} =~ /monitor/",
            "%{HTTP:X-REMOTE_ADDR} == '192.0.2.1'",
            "%{REMOTE_ADDR} =~ /1/",
            "%{REMOTE_ADDR} =~ /^192|./",
        ] {
            assert!(!meets(condition), "{condition}");
        }
    }
}
