//! What the directives say, for a section and for a virtual host, and how one inherits another.

use crate::httpd::{Expression, Pool, PoolRef, PoolStr, Server, SharedSet, SharedStore};
use mtlsprotect_core::devices::DeviceFile;
use mtlsprotect_core::fleet::{Fleet, Sources};
use mtlsprotect_core::pattern::{FilePattern, IdentityPattern, Ignore};
use mtlsprotect_core::policy::{DEFAULT_METHODS, DEFAULT_NAME_PARAMETERS, Methods, Mode, OtherFiles, Policy};
use mtlsprotect_core::vendors::KnownPrefixes;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

static KNOWN_PREFIXES: KnownPrefixes = KnownPrefixes::built_in();

/// The directives of one section. `None` where it says nothing.
///
/// httpd merges these for every request, so they are a handful of pointers.
#[derive(Clone, Copy, Default)]
pub struct DirConfig {
    /// MTLSProtect
    pub mode: Option<Mode>,
    /// MTLSProtectOtherFiles
    pub other_files: Option<OtherFiles>,
    /// MTLSProtectMethods
    pub methods: Option<PoolRef<Methods>>,
    /// MTLSProtectNameParameter
    pub name_parameters: Option<PoolRef<Vec<Cow<'static, str>>>>,
    /// MTLSProtectFilePattern
    pub file_patterns: Option<PoolRef<Vec<FilePattern>>>,
    /// MTLSProtectIgnore
    pub ignore: Option<PoolRef<Vec<Ignore>>>,
    /// MTLSProtectNamedBy
    pub named_by: Option<PoolRef<Vec<Expression>>>,
    /// A section further out protects what is Off here.
    pub is_opened: bool,
    /// Creating or merging it failed: nothing passes.
    pub is_broken: bool,
}

impl DirConfig {
    /// `inner` where it says something, else `outer`, field by field.
    pub fn merge(outer: &DirConfig, inner: &DirConfig) -> DirConfig {
        DirConfig {
            mode: inner.mode.or(outer.mode),
            other_files: inner.other_files.or(outer.other_files),
            methods: inner.methods.or(outer.methods),
            name_parameters: inner.name_parameters.or(outer.name_parameters),
            file_patterns: inner.file_patterns.or(outer.file_patterns),
            ignore: inner.ignore.or(outer.ignore),
            named_by: inner.named_by.or(outer.named_by),
            is_opened: inner.is_opened || outer.is_opened || (inner.is_off() && outer.mode() != Mode::Off),
            is_broken: inner.is_broken || outer.is_broken,
        }
    }

    /// What stands in for a configuration that could not be made.
    pub fn failed() -> DirConfig {
        DirConfig { mode: Some(Mode::On), is_broken: true, ..DirConfig::default() }
    }

    /// Whether it says Off.
    fn is_off(&self) -> bool {
        self.mode == Some(Mode::Off)
    }

    /// The mode, with its default.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Off)
    }

    /// The section's policy on this host, with the defaults.
    pub fn policy<'c>(&'c self, host: &'c ServerConfig) -> Policy<'c> {
        Policy {
            mode: self.mode(),
            other_files: self.other_files.unwrap_or(OtherFiles::Device),
            methods: self.methods.as_deref().unwrap_or(&DEFAULT_METHODS),
            name_parameters: self.name_parameters.as_deref().map_or(DEFAULT_NAME_PARAMETERS, Vec::as_slice),
            file_patterns: self.file_patterns.as_deref().map_or(&[], Vec::as_slice),
            ignore: self.ignore.as_deref().map_or(&[], Vec::as_slice),
            known: host.known(),
            devices: host.devices.as_deref(),
        }
    }
}

/// The directives of one virtual host. `None` where it says nothing.
///
/// Hosts without any of these share the main server's.
#[derive(Clone, Default)]
pub struct ServerConfig {
    /// MTLSProtectCAFile, MTLSProtectCAPath, MTLSProtectCRLFile and MTLSProtectVendor, one field together
    pub sources: Option<PoolRef<Sources>>,
    /// MTLSProtectVerifyDepth
    pub depth: Option<u32>,
    /// MTLSProtectIdentityPattern
    pub identity: Option<PoolRef<IdentityPattern>>,
    /// MTLSProtectDeviceFile
    pub devices: Option<PoolRef<DeviceFile>>,
    /// The lists, ready to judge once the configuration has been checked.
    trust: OnceLock<PoolRef<ListTrust>>,
    /// The prefixes known here, once the configuration has been checked; none for the built-in ones.
    known: OnceLock<PoolRef<KnownPrefixes>>,
    /// Of the main server: what phones sent that lists of any host lack, where handshakes are judged.
    intermediates: OnceLock<PoolRef<SharedStore>>,
}

impl ServerConfig {
    /// What phones sent that lists of any host lack, for all children; none but of the main server.
    pub fn intermediates(&self) -> Option<&'static SharedStore> {
        self.intermediates.get().map(|store| store.get())
    }

    /// Gives the main server its store.
    pub fn set_intermediates(&self, store: PoolRef<SharedStore>) {
        let _ = self.intermediates.set(store);
    }

    /// The lists that judge for this host; none before the configuration has been checked, and without device CAs.
    pub fn trust(&self) -> Option<PoolRef<ListTrust>> {
        self.trust.get().copied()
    }

    /// Gives it the lists for its settings; hosts that share a configuration have got the same ones already.
    pub fn set_trust(&self, trust: PoolRef<ListTrust>) {
        let _ = self.trust.set(trust);
    }

    /// The prefixes that are known here as phones': those built in, of its vendors, and of its device file.
    pub fn known(&self) -> &KnownPrefixes {
        self.known.get().map_or(&KNOWN_PREFIXES, |known| known.get())
    }

    /// Gives it the prefixes known here; hosts that share a configuration have got the same ones already.
    pub fn set_known(&self, known: PoolRef<KnownPrefixes>) {
        let _ = self.known.set(known);
    }

    /// Whether there are device CAs.
    pub fn has_list(&self) -> bool {
        self.sources.is_some_and(|sources| !sources.is_empty())
    }

    /// `own` where it says something, else `base`, field by field.
    pub fn merge(base: &ServerConfig, own: &ServerConfig) -> ServerConfig {
        ServerConfig {
            sources: own.sources.or(base.sources),
            depth: own.depth.or(base.depth),
            identity: own.identity.or(base.identity),
            devices: own.devices.or(base.devices),
            trust: OnceLock::new(),
            known: OnceLock::new(),
            intermediates: OnceLock::new(),
        }
    }
}

/// CA lists ready to judge, shared by all hosts with the same settings.
pub struct ListTrust {
    /// What judges.
    pub fleet: Fleet,
    /// The vendors' names, in the order of the fleet; none for the plain list.
    pub vendors: Vec<Option<PoolStr>>,
    /// Intermediates that the lists lack and the log has named.
    pub named: SharedSet,
    /// Prefixes that no vendor lists and the log has named.
    pub new_prefixes: SharedSet,
    /// The hosts whose handshakes it judges.
    handshakes_of: Mutex<HashSet<Server>>,
}

impl ListTrust {
    /// Lists that judge no handshakes yet.
    pub fn new(fleet: Fleet, pool: Pool<'static>) -> Self {
        let name = |name: &str| pool.string(name.as_bytes());
        ListTrust {
            vendors: fleet.members().iter().map(|member| member.name().map(name)).collect(),
            fleet,
            named: SharedSet::new(pool),
            new_prefixes: SharedSet::new(pool),
            handshakes_of: Mutex::default(),
        }
    }

    /// The hosts whose handshakes are judged by these lists.
    pub fn handshakes_of(&self) -> MutexGuard<'_, HashSet<Server>> {
        self.handshakes_of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
