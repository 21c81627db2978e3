//! What the configuration says of each virtual host, read from httpd's own tree of directives.

use crate::Mtlsprotect;
use crate::httpd::{Node, Pool, Server, servers, tree};

/// A virtual host or the main server.
pub struct Host {
    /// httpd's record of it.
    pub server: Server,
    /// Its `<VirtualHost>`, none for the main server.
    node: Option<Node>,
}

/// A directive in force for a host.
#[derive(Clone)]
pub struct Setting {
    /// The directive.
    pub node: Node,
    /// Its words.
    pub words: Vec<String>,
    /// The section around it, if it stands in one other than `<VirtualHost>`.
    pub section: Option<Node>,
}

impl Setting {
    /// Its first word in lower case.
    pub fn value(&self) -> String {
        self.words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default()
    }

    /// `MTLSProtect On` or `Report`.
    pub fn protects(&self) -> bool {
        self.is("on") || self.is("report")
    }

    /// Whether it says so, compared as httpd does.
    pub fn is(&self, value: &str) -> bool {
        self.value() == value
    }
}

/// All hosts, the main server first, then in the order of the configuration.
pub fn hosts() -> Vec<Host> {
    // httpd puts each new virtual host right behind the main server.
    let mut all: Vec<Server> = servers().collect();
    if let Some(virtual_hosts) = all.get_mut(1..) {
        virtual_hosts.reverse();
    }
    let mut nodes: Vec<Node> = tree().filter(|node| node.is("<VirtualHost")).collect();
    all.into_iter()
        .map(|server| {
            // A file that is included twice defines two hosts at one place, in this order.
            let own = nodes.iter().position(|node| server.is_virtual() && node.place() == server.defined_at());
            Host { server, node: own.map(|own| nodes.remove(own)) }
        })
        .collect()
}

impl Host {
    /// Whether it has a list of device CAs, its own or the main server's.
    pub fn has_list(&self) -> bool {
        self.server.config::<Mtlsprotect>().has_list()
    }

    /// The host's own settings of a directive, in its sections too.
    pub fn own(&self, name: &str, pool: Pool<'_>) -> Vec<Setting> {
        self.node.map(|node| settings(node.children(), name, pool)).unwrap_or_default()
    }

    /// Settings of a directive that count for this host: its own and the server config's.
    pub fn all(&self, name: &str, pool: Pool<'_>) -> Vec<Setting> {
        let mut all = server_settings(name, pool);
        all.extend(self.own(name, pool));
        all
    }

    /// The setting in force outside sections: the host's last, else the server config's.
    pub fn in_force(&self, name: &str, pool: Pool<'_>) -> Option<Setting> {
        self.all(name, pool).into_iter().rfind(|setting| setting.section.is_none())
    }

    /// Whether it speaks TLS.
    pub fn has_tls(&self, pool: Pool<'_>) -> bool {
        self.in_force("SSLEngine", pool).is_some_and(|setting| !setting.is("off"))
    }

    /// The values of SSLVerifyClient that a request to this host can meet, other than none.
    pub fn asks(&self, pool: Pool<'_>) -> Vec<Setting> {
        let mut asks: Vec<Setting> = self.in_force("SSLVerifyClient", pool).into_iter().collect();
        asks.extend(self.all("SSLVerifyClient", pool).into_iter().filter(|setting| setting.section.is_some()));
        asks.retain(|setting| !setting.is("none"));
        asks
    }

    /// Whether somewhere on the host mod_ssl leaves the judging to us.
    pub fn asks_without_judging(&self, pool: Pool<'_>) -> bool {
        self.asks(pool).iter().any(|setting| setting.is("optional_no_ca"))
    }

    /// The folder that it serves.
    pub fn document_root(&self) -> String {
        String::from_utf8_lossy(self.server.document_root()).trim_end_matches('/').to_owned()
    }

    /// The addresses of its `<VirtualHost>`.
    pub fn addresses(&self, pool: Pool<'_>) -> Vec<String> {
        self.node.map(|node| node.words(pool)).unwrap_or_default()
    }
}

/// Settings of a directive outside all virtual hosts.
pub fn server_settings(name: &str, pool: Pool<'_>) -> Vec<Setting> {
    settings(tree().filter(|node| !node.is("<VirtualHost")), name, pool)
}

fn settings(nodes: impl Iterator<Item = Node>, name: &str, pool: Pool<'_>) -> Vec<Setting> {
    let mut found = Vec::new();
    collect(nodes, None, name, pool, &mut found);
    found
}

fn collect(
    nodes: impl Iterator<Item = Node>,
    section: Option<Node>,
    name: &str,
    pool: Pool<'_>,
    found: &mut Vec<Setting>,
) {
    for node in nodes {
        if node.is(name) {
            found.push(Setting { node, words: node.words(pool), section });
        }
        if node.is_section() {
            // Boxed, or the type of the iterator would contain itself.
            let children: Box<dyn Iterator<Item = Node>> = Box::new(node.children());
            collect(children, section.or(Some(node)), name, pool, found);
        }
    }
}

/// Whether `path` is `folder` or lies in it.
pub fn lies_in(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
