//! What the configuration says of each virtual host: httpd's own tree of directives, read once.

use crate::configuration::proxies::Proxies;
use crate::httpd::{Checked, Node, Pool, Server, tree};
use crate::module::Mtlsprotect;
use std::cell::OnceCell;
use std::collections::{HashMap, VecDeque};

/// The directives that anything here asks for, in lower case. Others are not kept: a configuration may have hundreds of
/// thousands.
const KEPT: [&str; 92] = [
    "addhandler",
    "addtype",
    "alias",
    "aliasmatch",
    "anonymous",
    "authbasicfake",
    "authbasicprovider",
    "authdigestprovider",
    "authmerging",
    "authname",
    "authtype",
    "authuserfile",
    "balancermember",
    "cacheenable",
    "checkspelling",
    "chrootdir",
    "dav",
    "deny",
    "documentroot",
    "fallbackresource",
    "gnutlsenable",
    "limitrequestfieldsize",
    "listen",
    "loglevel",
    "mergetrailers",
    "mtlsprotect",
    "mtlsprotectcafile",
    "mtlsprotectcapath",
    "mtlsprotectcrlfile",
    "mtlsprotectdevicefile",
    "mtlsprotectfleetsize",
    "mtlsprotectidentitypattern",
    "mtlsprotectlearnedfile",
    "mtlsprotectmethods",
    "mtlsprotectnamedby",
    "mtlsprotectnameparameter",
    "mtlsprotectotherfiles",
    "mtlsprotectpassword",
    "mtlsprotectproxy",
    "mtlsprotectvendor",
    "mtlsprotectverifydepth",
    "options",
    "proxypass",
    "proxypassmatch",
    "proxypreservehost",
    "redirect",
    "redirectmatch",
    "redirectpermanent",
    "remoteipheader",
    "remoteipinternalproxy",
    "remoteipinternalproxylist",
    "remoteipproxyprotocol",
    "remoteiptrustedproxy",
    "remoteiptrustedproxylist",
    "removehandler",
    "requestheader",
    "require",
    "rewritecond",
    "rewriteengine",
    "rewriteoptions",
    "rewriterule",
    "satisfy",
    "script",
    "scriptalias",
    "scriptaliasmatch",
    "servername",
    "sethandler",
    "sslcacertificatefile",
    "sslcacertificatepath",
    "sslcadnrequestfile",
    "sslcadnrequestpath",
    "sslcarevocationcheck",
    "sslcarevocationfile",
    "sslcarevocationpath",
    "sslcertificatefile",
    "sslcertificatekeyfile",
    "sslciphersuite",
    "sslengine",
    "sslocspdefaultresponder",
    "sslocspenable",
    "sslopensslconfcmd",
    "ssloptions",
    "sslprotocol",
    "sslusername",
    "sslverifyclient",
    "sslverifydepth",
    "sslvhostsnipolicy",
    "tlsengine",
    "userdir",
    "virtualdocumentroot",
    "virtualdocumentrootip",
    "virtualscriptalias",
];

/// The whole configuration.
pub struct Site<'c> {
    /// All hosts, the main server first, then in the order of the configuration.
    pub hosts: Vec<Host<'c>>,
    /// What stands outside all virtual hosts.
    pub server: Settings<'c>,
}

/// A virtual host or the main server.
pub struct Host<'c> {
    /// httpd's record of it.
    pub server: Server<'c>,
    /// What stands in its `<VirtualHost>`; nothing for the main server.
    pub own: Settings<'c>,
    /// The addresses of its `<VirtualHost>`.
    pub addresses: Vec<String>,
}

/// Directives by their name, those of one name in the order of the configuration. As small as can be: there may be
/// thousands of hosts.
#[derive(Default)]
pub struct Settings<'c>(Box<[Setting<'c>]>);

/// A directive.
#[derive(Debug)]
pub struct Setting<'c> {
    /// The directive.
    pub node: Node<'c>,
    /// The sections around it but for `<VirtualHost>`, the outermost first.
    pub sections: Box<[Node<'c>]>,
    /// Its place in `KEPT`.
    name: u8,
    words: OnceCell<Box<[String]>>,
}

impl<'c> Setting<'c> {
    /// Its words.
    pub fn words(&self) -> &[String] {
        self.words.get_or_init(|| self.node.words().into())
    }

    /// Its first word.
    pub fn word(&self) -> &str {
        self.words().first().map_or("", String::as_str)
    }

    /// Whether its first word is this, compared as httpd does.
    pub fn is(&self, value: &str) -> bool {
        // Most often it is one word without quotes.
        self.node.argument_is(value) || self.word().eq_ignore_ascii_case(value)
    }

    /// `MTLSProtect On`, `Learn` or `Report`.
    pub fn protects(&self) -> bool {
        self.is("on") || self.is("learn") || self.is("report")
    }

    /// Whether it counts only for requests of which an expression is true.
    pub fn is_for_some(&self) -> bool {
        self.sections.iter().any(|section| ["<If", "<ElseIf", "<Else"].iter().any(|name| section.is(name)))
    }

    /// The outermost section around it.
    pub fn section(&self) -> Option<Node<'c>> {
        self.sections.first().copied()
    }

    /// Where it stands, `file:line`.
    pub fn place(&self) -> String {
        self.node.place_text()
    }

    /// It as it is written, for messages.
    pub fn text(&self) -> String {
        format!("{} {}", self.node.name(), self.words().join(" "))
    }
}

impl<'c> Settings<'c> {
    fn of(nodes: impl Iterator<Item = Node<'c>>) -> Self {
        let mut found = Vec::new();
        add(nodes, &mut Vec::new(), &mut found);
        found.sort_by_key(|setting| setting.name);
        Settings(found.into_boxed_slice())
    }

    /// All settings of a directive, whose name is given in lower case.
    pub fn all(&self, name: &str) -> &[Setting<'c>] {
        let Some(name) = KEPT.iter().position(|kept| *kept == name) else {
            debug_assert!(false, "{name} is not kept");
            return &[];
        };
        let from = self.0.partition_point(|setting| usize::from(setting.name) < name);
        let until = self.0.partition_point(|setting| usize::from(setting.name) <= name);
        &self.0[from..until]
    }
}

fn add<'c>(nodes: impl Iterator<Item = Node<'c>>, sections: &mut Vec<Node<'c>>, found: &mut Vec<Setting<'c>>) {
    for node in nodes {
        if node.is_section() {
            sections.push(node);
            // Boxed, since otherwise the type of the iterator would contain itself.
            let children: Box<dyn Iterator<Item = Node<'c>>> = Box::new(node.children());
            add(children, sections, found);
            sections.pop();
        } else if let Some(name) = (0..).zip(KEPT).find_map(|(number, name)| node.is(name).then_some(number)) {
            found.push(Setting { node, sections: sections.as_slice().into(), name, words: OnceCell::new() });
        }
    }
}

impl<'c> Site<'c> {
    /// Reads it, for a check that has this pool.
    pub fn read<'l: 'c>(checked: Checked<'l>, temporary: Pool<'c>) -> Site<'c> {
        let server = Settings::of(tree(temporary).filter(|node| !node.is("<VirtualHost")));
        // A file that is included twice defines two hosts at one place, in this order.
        let mut nodes: HashMap<(&[u8], u32), VecDeque<Node<'c>>> = HashMap::new();
        for node in tree(temporary).filter(|node| node.is("<VirtualHost")) {
            nodes.entry(node.place()).or_default().push_back(node);
        }
        // httpd puts each new virtual host right behind the main server.
        let mut all: Vec<Server<'c>> = checked.servers().collect();
        if let Some(virtual_hosts) = all.get_mut(1..) {
            virtual_hosts.reverse();
        }
        let host = |server: Server<'c>| {
            let node = server.is_virtual().then(|| nodes.get_mut(&server.defined_at())?.pop_front()).flatten();
            let own = node.map(|node| Settings::of(node.children())).unwrap_or_default();
            Host { server, own, addresses: node.map(Node::words).unwrap_or_default() }
        };
        Site { hosts: all.into_iter().map(host).collect(), server }
    }

    /// Settings of a directive that count for a host: the server config's and its own.
    pub fn all<'s>(
        &'s self,
        host: &'s Host<'s>,
        name: &str,
    ) -> impl DoubleEndedIterator<Item = &'s Setting<'s>> + use<'s> {
        self.server.all(name).iter().chain(host.own.all(name))
    }

    /// The setting in force outside sections: the host's last, else the server config's.
    pub fn in_force<'s>(&'s self, host: &'s Host<'s>, name: &str) -> Option<&'s Setting<'s>> {
        self.all(host, name).rfind(|setting| setting.sections.is_empty())
    }

    /// Whether a host speaks TLS of mod_ssl's: `SSLEngine on` or, where it isn't set, a certificate and a listener for https.
    /// `SSLEngine optional` is plain HTTP, and httpd has given it up.
    pub fn has_tls(&self, host: &Host) -> bool {
        match self.in_force(host, "sslengine") {
            Some(setting) => setting.is("on"),
            None => host.server.is_https() && self.all(host, "sslcertificatefile").next().is_some(),
        }
    }

    /// The values of SSLVerifyClient that a request to this host can meet, other than none.
    pub fn asks<'s>(&'s self, host: &'s Host<'s>) -> impl Iterator<Item = &'s Setting<'s>> + use<'s> {
        let in_force = self.in_force(host, "sslverifyclient");
        let in_sections = self.all(host, "sslverifyclient").filter(|setting| !setting.sections.is_empty());
        in_force.into_iter().chain(in_sections).filter(|setting| !setting.is("none"))
    }

    /// Whether the operator says how many tickets of TLS 1.3 a client of the host gets.
    pub fn counts_tickets(&self, host: &Host) -> bool {
        self.all(host, "sslopensslconfcmd").any(|setting| setting.is("NumTickets"))
    }

    /// Whether a phone can prove to the host who it is: by its own certificate, or by a balancer's word of it.
    pub fn takes_certificates(&self, host: &Host) -> bool {
        host.proxies().is_some() || self.has_tls(host) && self.asks(host).next().is_some()
    }

    /// Whether somewhere on the host mod_ssl leaves the judging to us.
    pub fn asks_without_judging(&self, host: &Host) -> bool {
        self.asks(host).any(|setting| setting.is("optional_no_ca"))
    }
}

impl Host<'_> {
    /// Whether it has a list of device CAs, its own or the main server's.
    pub fn has_list(&self) -> bool {
        self.server.config::<Mtlsprotect>().has_list()
    }

    /// The balancers that may speak for its clients.
    pub fn proxies(&self) -> Option<&Proxies> {
        self.server.config::<Mtlsprotect>().directives.proxies
    }

    /// The folder that it serves.
    pub fn document_root(&self) -> String {
        String::from_utf8_lossy(self.server.document_root()).trim_end_matches('/').to_owned()
    }
}
