//! What the directives set, for a section and for a virtual host, and how one inherits from another.

use crate::configuration::lists::ListTrust;
use crate::httpd::{Expression, PoolRef, SharedStore};
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::{DEFAULT_METHODS, DeviceFile, Methods, Mode, OtherFiles, Policy};
use mtlsprotect_core::directives;
use mtlsprotect_core::names::{DEFAULT_NAME_PARAMETERS, FilePattern, IdentityPattern, Ignore, Naming};
use mtlsprotect_core::vendors::Sources;
use std::borrow::Cow;
use std::sync::OnceLock;

static KNOWN_PREFIXES: KnownPrefixes = KnownPrefixes::built_in();

/// Structs of what directives say, `None` where nobody says it. Before a field stand the records of those that set it; an
/// inner place inherits it from an outer one.
macro_rules! said {
    ($($(#[$about:meta])* $name:ident { $($($record:ident),+ => $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Default)]
            pub struct $name {
                $(#[doc = stringify!($($record),+)] pub $field: Option<$type>,)+
            }

            impl $name {
                /// `inner` where it is set, otherwise `outer`, field by field.
                fn merge(outer: &$name, inner: &$name) -> $name {
                    $name { $($field: inner.$field.or(outer.$field),)+ }
                }
            }
        )+

        const _: () = assert!(
            [$($($(directives::$record),+),+),+].len() == directives::ALL.len(),
            "a record whose directive nothing keeps"
        );
    };
}

said! {
    /// The directives of one section.
    SectionDirectives {
        PROTECT => mode: Mode,
        OTHER_FILES => other_files: OtherFiles,
        METHODS => methods: PoolRef<Methods>,
        NAME_PARAMETER => name_parameters: PoolRef<Vec<Cow<'static, str>>>,
        NAMED_BY => named_by: PoolRef<Vec<Expression>>,
        FILE_PATTERN => file_patterns: PoolRef<Vec<FilePattern>>,
        IGNORE => ignore: PoolRef<Vec<Ignore>>,
    }

    /// The directives of one virtual host.
    HostDirectives {
        CA_FILE, CA_PATH, VENDOR, CRL_FILE => sources: PoolRef<Sources>,
        VERIFY_DEPTH => depth: u32,
        IDENTITY_PATTERN => identity: PoolRef<IdentityPattern>,
        DEVICE_FILE => devices: PoolRef<DeviceFile>,
    }
}

/// What counts in one section.
///
/// httpd merges these for every request, so they are a handful of pointers.
#[derive(Clone, Copy, Default)]
pub struct DirConfig {
    /// What its directives say.
    pub directives: SectionDirectives,
    /// A section further out protects what is Off here.
    pub is_opened: bool,
    /// Creating or merging it failed: nothing passes.
    pub is_broken: bool,
}

impl DirConfig {
    /// `inner` where it is set, otherwise `outer`, field by field.
    pub fn merge(outer: &DirConfig, inner: &DirConfig) -> DirConfig {
        DirConfig {
            directives: SectionDirectives::merge(&outer.directives, &inner.directives),
            is_opened: inner.is_opened || outer.is_opened || (inner.is_off() && outer.mode() != Mode::Off),
            is_broken: inner.is_broken || outer.is_broken,
        }
    }

    /// What stands in for a configuration that could not be made.
    pub fn failed() -> DirConfig {
        let directives = SectionDirectives { mode: Some(Mode::On), ..SectionDirectives::default() };
        DirConfig { directives, is_broken: true, ..DirConfig::default() }
    }

    /// Whether it says Off.
    fn is_off(&self) -> bool {
        self.directives.mode == Some(Mode::Off)
    }

    /// The mode, with its default.
    pub fn mode(&self) -> Mode {
        self.directives.mode.unwrap_or(Mode::Off)
    }

    /// The section's policy on this host, with the defaults.
    pub fn policy<'c>(&'c self, host: &'c ServerConfig) -> Policy<'c> {
        Policy {
            mode: self.mode(),
            other_files: self.directives.other_files.unwrap_or(OtherFiles::Device),
            methods: self.directives.methods.as_deref().unwrap_or(&DEFAULT_METHODS),
            naming: Naming {
                parameters: self.directives.name_parameters.as_deref().map_or(DEFAULT_NAME_PARAMETERS, Vec::as_slice),
                patterns: self.directives.file_patterns.as_deref().map_or(&[], Vec::as_slice),
                ignore: self.directives.ignore.as_deref().map_or(&[], Vec::as_slice),
                known: host.known(),
            },
            devices: host.directives.devices.as_deref(),
        }
    }
}

/// What counts in one virtual host. Hosts without any directives of their own share the main server's.
#[derive(Clone, Default)]
pub struct ServerConfig {
    /// What its directives say.
    pub directives: HostDirectives,
    /// The lists, ready to judge once the configuration has been checked.
    trust: OnceLock<PoolRef<ListTrust>>,
    /// The prefixes known here, once the configuration has been checked; none for the built-in ones.
    known: OnceLock<PoolRef<KnownPrefixes>>,
    /// Of the main server: what phones sent that lists of any host lack, where handshakes are judged.
    intermediates: OnceLock<PoolRef<SharedStore>>,
}

impl ServerConfig {
    /// What phones sent that lists of any host lack, for all children; only of the main server.
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
        self.directives.sources.is_some_and(|sources| !sources.is_empty())
    }

    /// `own` where it is set, otherwise `base`, field by field.
    pub fn merge(base: &ServerConfig, own: &ServerConfig) -> ServerConfig {
        ServerConfig {
            directives: HostDirectives::merge(&base.directives, &own.directives),
            trust: OnceLock::new(),
            known: OnceLock::new(),
            intermediates: OnceLock::new(),
        }
    }
}
