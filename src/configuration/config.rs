//! What the directives set, for a section and for a virtual host, and how one inherits from another.

use crate::configuration::lists::ListTrust;
use crate::configuration::proxies::Proxies;
use crate::devices::Devices;
use crate::fleet::numbers::HostFleet;
use crate::httpd::{Expression, PoolStr, SharedStore};
use crate::learned::LearnedStore;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::{DEFAULT_METHODS, DeviceList, Methods, Mode, OtherFiles, Passwords, Policy};
use mtlsprotect_core::directives;
use mtlsprotect_core::learned::LearnedList;
use mtlsprotect_core::names::{DEFAULT_NAME_PARAMETERS, FilePattern, IdentityPattern, Ignore, Naming};
use mtlsprotect_core::vendors::Sources;
use mtlsprotect_memory::View;
use mtlsprotect_status::model::Host;
use std::borrow::Cow;

static KNOWN_PREFIXES: KnownPrefixes = KnownPrefixes::built_in();

/// Structs of what directives say, `None` where nobody says it. Before a field stand the records of those that set it; an
/// inner place inherits it from an outer one.
macro_rules! said {
    ($($(#[$about:meta])* $name:ident { $($($record:ident),+ => $field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Default)]
            pub struct $name<'c> {
                $(#[doc = stringify!($($record),+)] pub $field: Option<$type>,)+
            }

            impl<'c> $name<'c> {
                #[allow(dead_code, reason = "a host's is made by default")]
                const SILENT: Self = $name { $($field: None,)+ };

                /// `inner` where it is set, otherwise `outer`, field by field.
                fn merge(outer: &$name<'c>, inner: &$name<'c>) -> $name<'c> {
                    $name { $($field: inner.$field.or(outer.$field),)+ }
                }

                /// Whether no directive stands here.
                #[allow(dead_code, reason = "a host's is merged once")]
                fn says_nothing(&self) -> bool {
                    $(self.$field.is_none())&&+
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
        METHODS => methods: &'c Methods,
        NAME_PARAMETER => name_parameters: &'c Vec<Cow<'static, str>>,
        NAMED_BY => named_by: &'c [Expression<'c>],
        FILE_PATTERN => file_patterns: &'c Vec<FilePattern>,
        IGNORE => ignore: &'c Vec<Ignore>,
        DEVICE_FILE => devices: &'c Devices,
        PASSWORD => password: &'c PasswordSetting<'c>,
    }

    /// The directives of one virtual host.
    HostDirectives {
        CA_FILE, CA_PATH, VENDOR, CRL_FILE => sources: &'c Sources,
        VERIFY_DEPTH => depth: u32,
        IDENTITY_PATTERN => identity: &'c IdentityPattern,
        FLEET_SIZE => fleet_size: usize,
        LEARNED_FILE => learned: &'c LearnedStore,
        PROXY => proxies: &'c Proxies,
    }
}

/// `MTLSProtectPassword`.
#[derive(Clone, Copy)]
pub struct PasswordSetting<'c> {
    /// Until when passwords are good for something; none where it is Off.
    pub passwords: Option<Passwords>,
    /// Where the MAC stands in a user's name, if that is more than a MAC.
    pub pattern: Option<&'c IdentityPattern>,
}

/// What counts in one section.
///
/// httpd merges these for every request, so they are a handful of pointers.
#[derive(Clone, Copy, Default)]
pub struct DirConfig<'c> {
    /// What its directives say.
    pub directives: SectionDirectives<'c>,
    /// A section further out protects what is Off here.
    pub is_opened: bool,
    /// Creating or merging it failed: nothing passes.
    pub is_broken: bool,
}

impl<'c> DirConfig<'c> {
    /// Without any directive.
    pub const SILENT: Self = DirConfig { directives: SectionDirectives::SILENT, is_opened: false, is_broken: false };

    /// `inner` where it is set, otherwise `outer`, field by field. httpd merges no section without a directive of ours, nor,
    /// for requests, what stands outside of all where that is silent.
    pub fn merge<'d>(outer: &'d DirConfig<'c>, inner: &'d DirConfig<'c>) -> Cow<'d, DirConfig<'c>> {
        if outer.is_silent() {
            return Cow::Borrowed(inner);
        }
        Cow::Owned(DirConfig::merge_both(outer, inner))
    }

    #[inline(never)]
    fn merge_both(outer: &DirConfig<'c>, inner: &DirConfig<'c>) -> DirConfig<'c> {
        DirConfig {
            directives: SectionDirectives::merge(&outer.directives, &inner.directives),
            is_opened: inner.is_opened || outer.is_opened || (inner.is_off() && outer.mode() != Mode::Off),
            is_broken: inner.is_broken || outer.is_broken,
        }
    }

    /// Whether it says nothing.
    pub fn is_silent(&self) -> bool {
        self.directives.says_nothing() && !self.is_opened && !self.is_broken
    }

    /// What stands in for a configuration that could not be made.
    pub fn failed() -> DirConfig<'c> {
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

    /// The section's policy on this host, with the defaults, and the lists that it is of; `None` where one of them is
    /// overwritten meanwhile.
    #[inline]
    pub fn policy(&self, host: &ServerConfig<'c>) -> Option<(Policy<'c>, Views)> {
        if host.directives.learned.is_none() && self.directives.devices.is_none() && host.devices.is_none() {
            return Some((self.policy_by(host, host.known(), None), Views::default()));
        }
        self.policy_by_lists(host)
    }

    #[inline(never)]
    fn policy_by_lists(&self, host: &ServerConfig<'c>) -> Option<(Policy<'c>, Views)> {
        let (mut known, mut devices, mut views) = (host.known(), None, Views::default());
        if let Some(store) = host.directives.learned {
            let view = store.list.current()?;
            known = store.list.known(known, &view)?;
            views.learned = Some(view);
        }
        if let Some(of) = self.directives.devices.or(host.devices) {
            let view = of.list.current()?;
            known = of.list.known(known, &view)?;
            devices = Some(DeviceList::new(view.words, of.is_closed));
            views.devices = Some(view);
        }
        Some((self.policy_by(host, known, devices), views))
    }

    #[inline(always)]
    fn policy_by(
        &self,
        host: &ServerConfig<'c>,
        known: &'c KnownPrefixes,
        devices: Option<DeviceList<'c>>,
    ) -> Policy<'c> {
        Policy {
            mode: self.mode(),
            other_files: self.directives.other_files.unwrap_or(OtherFiles::Device),
            methods: self.directives.methods.unwrap_or(&DEFAULT_METHODS),
            naming: Naming {
                parameters: self.directives.name_parameters.map_or(DEFAULT_NAME_PARAMETERS, Vec::as_slice),
                patterns: self.directives.file_patterns.map_or(&[], Vec::as_slice),
                ignore: self.directives.ignore.map_or(&[], Vec::as_slice),
                known,
            },
            devices,
            learns: self.mode() == Mode::Learn || host.trust.is_some_and(|list| list.learns),
            passwords: self.directives.password.and_then(|setting| setting.passwords.as_ref()),
        }
    }
}

/// The lists that a request is judged by.
#[derive(Clone, Copy, Default)]
pub struct Views {
    devices: Option<View<'static>>,
    learned: Option<View<'static>>,
}

impl Views {
    /// Whether all that was read of them until now is of these lists.
    pub fn are_whole(&self) -> bool {
        [&self.devices, &self.learned].into_iter().flatten().all(View::is_whole)
    }

    /// That of the learned file, if there is one.
    pub fn learned(&self) -> Option<LearnedList<'static>> {
        self.learned.map(|view| LearnedList(view.words))
    }
}

/// What counts in one virtual host. Hosts without any directives of their own share the main server's until it is checked.
#[derive(Clone, Copy, Default)]
pub struct ServerConfig<'c> {
    /// What its directives say.
    pub directives: HostDirectives<'c>,
    /// The lists that judge for this host; none before the configuration has been checked, and without device CAs.
    pub trust: Option<&'c ListTrust>,
    /// What counts outside sections: kept here, since httpd merges for every request what stands in the server config for
    /// sections.
    pub devices: Option<&'c Devices>,
    /// Of the main server: what phones sent that lists of any host lack, for all children, where handshakes are judged.
    pub intermediates: Option<&'c SharedStore>,
    /// What is `Off` on it may be judged for other clients, as an `<If>` says.
    pub is_judged_for_some: bool,
    /// What is shown of the host; none where nothing is judged on it.
    pub shown: Option<&'c Host>,
    /// The paths of the `<Location>`s that show the status page, of all hosts.
    pub pages: &'c [PoolStr],
    /// Where its requests are counted, once the server is to serve; none without shared memory.
    pub fleet: Option<&'c HostFleet<'c>>,
    /// DocumentRoot, whose length no request then has to look for; none before the server is to serve.
    pub document_root: Option<&'c [u8]>,
}

impl<'c> ServerConfig<'c> {
    /// The prefixes that are known here as phones': those built in, and of its vendors. The learned file and a device file
    /// add their own.
    pub fn known(&self) -> &'c KnownPrefixes {
        self.trust.map_or(&KNOWN_PREFIXES, |lists| lists.vendors.known())
    }

    /// Whether there are device CAs.
    pub fn has_list(&self) -> bool {
        self.directives.sources.is_some_and(|sources| !sources.is_empty())
    }

    /// `own` where it is set, otherwise `base`, field by field.
    pub fn merge(base: &ServerConfig<'c>, own: &ServerConfig<'c>) -> ServerConfig<'c> {
        ServerConfig {
            directives: HostDirectives::merge(&base.directives, &own.directives),
            trust: None,
            devices: own.devices.or(base.devices),
            intermediates: None,
            is_judged_for_some: false,
            shown: None,
            pages: &[],
            fleet: None,
            document_root: None,
        }
    }
}
