//! What the directives say, for a section and for a virtual host, and how one inherits another.

use crate::httpd::{PoolRef, Server, SharedSet};
use mtlsprotect_core::ca_list::CaList;
use mtlsprotect_core::pattern::{FilePattern, IdentityPattern, Ignore};
use mtlsprotect_core::policy::{Methods, Mode, OtherFiles, Policy};
use mtlsprotect_core::trust::DeviceTrust;
use mtlsprotect_core::vendors::KnownPrefixes;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// `MTLSProtectVerifyDepth` where nobody sets it.
pub const DEFAULT_DEPTH: u32 = 5;

static DEFAULT_METHODS: Methods = Methods::DEFAULT;
static DEFAULT_NAME_PARAMETERS: &[Cow<'static, str>] = &[Cow::Borrowed("mac")];
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
            is_broken: inner.is_broken || outer.is_broken,
        }
    }

    /// What stands in for a configuration that could not be made.
    pub fn failed() -> DirConfig {
        DirConfig { mode: Some(Mode::On), is_broken: true, ..DirConfig::default() }
    }

    /// The mode, with its default.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Off)
    }

    /// The section's policy, with the defaults.
    pub fn policy(&self) -> Policy<'_> {
        Policy {
            mode: self.mode(),
            other_files: self.other_files.unwrap_or(OtherFiles::Device),
            methods: self.methods.as_deref().unwrap_or(&DEFAULT_METHODS),
            name_parameters: self.name_parameters.as_deref().map_or(DEFAULT_NAME_PARAMETERS, Vec::as_slice),
            file_patterns: self.file_patterns.as_deref().map_or(&[], Vec::as_slice),
            ignore: self.ignore.as_deref().map_or(&[], Vec::as_slice),
            known: &KNOWN_PREFIXES,
        }
    }
}

/// The directives of one virtual host. `None` where it says nothing.
///
/// Hosts without any of these share the main server's. The cell is filled when the configuration
/// is checked, before there are threads.
#[derive(Default)]
pub struct ServerConfig {
    /// MTLSProtectCAFile and MTLSProtectCAPath, one field together
    pub list: Option<PoolRef<CaList>>,
    /// MTLSProtectVerifyDepth
    pub depth: Option<u32>,
    /// MTLSProtectIdentityPattern
    pub identity: Option<PoolRef<IdentityPattern>>,
    /// The list, ready to judge.
    pub trust: Cell<Option<PoolRef<ListTrust>>>,
}

impl ServerConfig {
    /// `own` where it says something, else `base`, field by field.
    pub fn merge(base: &ServerConfig, own: &ServerConfig) -> ServerConfig {
        ServerConfig {
            list: own.list.or(base.list),
            depth: own.depth.or(base.depth),
            identity: own.identity.or(base.identity),
            trust: Cell::new(None),
        }
    }

    /// MTLSProtectVerifyDepth, with its default.
    pub fn depth(&self) -> u32 {
        self.depth.unwrap_or(DEFAULT_DEPTH)
    }
}

/// A CA list ready to judge, shared by all hosts with the same settings.
pub struct ListTrust {
    /// What judges.
    pub device: DeviceTrust,
    /// Intermediates that the list lacks and the log has named.
    pub named: SharedSet,
    /// The hosts whose handshakes it judges; filled and read before there are threads.
    pub handshakes_of: RefCell<Vec<Server>>,
}
