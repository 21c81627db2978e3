//! What is known of each directive besides what it does: one record each.
//!
//! httpd's table of the module is made of these. The reference, the manual page, the shipped configuration and the
//! options of the command are tested against them.

use std::ffi::CStr;
use std::ops::RangeInclusive;

/// A directive.
pub struct Directive {
    /// Its name.
    pub name: &'static CStr,
    /// What httpd prints of it, for `httpd -L` and mod_info.
    pub help: &'static CStr,
    /// What the reference says first.
    pub description: &'static str,
    /// What follows its name, as the reference writes it.
    pub syntax: &'static str,
    /// What counts where nobody sets it.
    pub default: Unset,
    /// Where it may stand.
    pub context: Context,
    /// The numbers of words that it takes.
    pub words: RangeInclusive<usize>,
    /// Those words, for a sentence that begins with "expected".
    pub expected: &'static str,
    /// The option of `mtlsprotect explain` that says the same.
    pub option: Option<&'static str>,
}

/// What counts where nobody sets a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// Nothing.
    None,
    /// The same as with these words.
    Words(&'static str),
    /// What no words would say.
    Means(&'static str),
}

/// Where a directive may stand. Never in .htaccess, and never in `<Limit>`, where it would count for some methods only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Server config alone: there is one for all hosts.
    Main,
    /// Virtual host alone.
    VirtualHost,
    /// Server config and virtual host.
    Server,
    /// These, and `<Directory>`, `<Location>`, `<Files>` and `<If>`.
    Directory,
}

impl Context {
    /// As httpd's manual writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Context::Main => "server config",
            Context::VirtualHost => "virtual host",
            Context::Server => "server config, virtual host",
            Context::Directory => "server config, virtual host, directory",
        }
    }
}

/// A constant for each record, and all of them in order.
macro_rules! directives {
    ($($constant:ident = $record:expr;)*) => {
        $(#[doc = "One of [`ALL`]."] pub const $constant: Directive = $record;)*

        /// All of them, in the order of the reference.
        pub const ALL: &[Directive] = &[$($constant),*];
    };
}

directives! {
    PROTECT = Directive {
        name: c"MTLSProtect",
        help: c"Off, Report, Learn or On: whether requests are judged, and refused",
        description: "Whether requests are judged, and whether a refusal is carried out",
        syntax: "Off|Report|Learn|On",
        default: Unset::Words("Off"),
        context: Context::Directory,
        words: 1..=1,
        expected: "Off, Report, Learn or On",
        option: None,
    };
    CA_FILE = Directive {
        name: c"MTLSProtectCAFile",
        help: c"a PEM file of device CAs, roots and intermediates",
        description: "A PEM file of device CAs",
        syntax: "FILE",
        default: Unset::None,
        context: Context::Server,
        words: 1..=1,
        expected: "a PEM file",
        option: Some("--ca"),
    };
    CA_PATH = Directive {
        name: c"MTLSProtectCAPath",
        help: c"a directory with *.pem and *.crt files of device CAs",
        description: "A directory of device CAs",
        syntax: "DIRECTORY",
        default: Unset::None,
        context: Context::Server,
        words: 1..=1,
        expected: "a directory of PEM files",
        option: Some("--ca"),
    };
    VENDOR = Directive {
        name: c"MTLSProtectVendor",
        help: c"a vendor of phones, with a CA list of its own",
        description: "A vendor of phones, with a CA list of its own",
        syntax: "NAME ca=FILE|DIRECTORY [key=value] ...",
        default: Unset::None,
        context: Context::Server,
        words: 2..=usize::MAX,
        expected: "a vendor's name and ca=FILE, then other key=value pairs",
        option: Some("--vendor"),
    };
    CRL_FILE = Directive {
        name: c"MTLSProtectCRLFile",
        help: c"a file of CRLs of device CAs, PEM or DER",
        description: "Certificates that their CAs have revoked",
        syntax: "FILE",
        default: Unset::None,
        context: Context::Server,
        words: 1..=1,
        expected: "a file of CRLs",
        option: Some("--crl"),
    };
    VERIFY_DEPTH = Directive {
        name: c"MTLSProtectVerifyDepth",
        help: c"the maximum number of CAs above a device's certificate",
        description: "Maximum number of CAs between a phone's certificate and the end of its chain, including the root",
        syntax: "NUMBER",
        default: Unset::Words("5"),
        context: Context::Server,
        words: 1..=1,
        expected: "a number from 1 to 100",
        option: Some("--depth"),
    };
    IDENTITY_PATTERN = Directive {
        name: c"MTLSProtectIdentityPattern",
        help: c"a regular expression whose group mac is the MAC in a certificate's Common Name",
        description: "Where the MAC stands in a certificate's Common Name, for lists without a vendor",
        syntax: "REGEX",
        default: Unset::Means("the Common Name is a MAC and nothing else"),
        context: Context::Server,
        words: 1..=1,
        expected: "a regular expression with a group named mac",
        option: Some("--identity-pattern"),
    };
    DEVICE_FILE = Directive {
        name: c"MTLSProtectDeviceFile",
        help: c"a file of devices blocked, exempted or, with closed, the only ones let in",
        description: "Devices blocked, exempted or, in a closed file, the only ones let in",
        syntax: "FILE [closed]",
        default: Unset::None,
        context: Context::Directory,
        words: 1..=2,
        expected: "a device file, then closed or nothing",
        option: Some("--device-file"),
    };
    LEARNED_FILE = Directive {
        name: c"MTLSProtectLearnedFile",
        help: c"the file to which devices that prove themselves are added",
        description: "Where devices that have proven themselves are kept",
        syntax: "FILE",
        default: Unset::None,
        context: Context::Main,
        words: 1..=1,
        expected: "the path of a file",
        option: Some("--learned"),
    };
    PROXY = Directive {
        name: c"MTLSProtectProxy",
        help: c"balancers that end TLS, and the header in which they pass on a phone's certificate",
        description: "Balancers that end TLS and pass on a phone's certificate",
        syntax: "ADDRESS [ADDRESS] ... certificate=FORMAT[:HEADER] [chain=HEADER]",
        default: Unset::None,
        context: Context::VirtualHost,
        words: 2..=usize::MAX,
        expected: "the balancer's addresses and certificate=FORMAT:HEADER, then chain=HEADER or nothing",
        option: Some("--via"),
    };
    PASSWORD = Directive {
        name: c"MTLSProtectPassword",
        help: c"whether, and until when, a device's password stands in for its certificate",
        description: "Whether a password may take the place of a device's certificate",
        syntax: "Off|On|until=DATE [pattern=REGEX]",
        default: Unset::Words("Off"),
        context: Context::Directory,
        words: 1..=2,
        expected: "Off, On or until=DATE, then pattern=REGEX or nothing",
        option: Some("--password"),
    };
    OTHER_FILES = Directive {
        name: c"MTLSProtectOtherFiles",
        help: c"device, allow or deny: who may read what names nobody",
        description: "Who may read what names no device",
        syntax: "device|allow|deny",
        default: Unset::Words("device"),
        context: Context::Directory,
        words: 1..=1,
        expected: "device, allow or deny",
        option: Some("--other-files"),
    };
    METHODS = Directive {
        name: c"MTLSProtectMethods",
        help: c"the methods that phones use",
        description: "The methods that phones use",
        syntax: "METHOD [METHOD] ...",
        default: Unset::Words("GET HEAD OPTIONS PUT"),
        context: Context::Directory,
        words: 1..=usize::MAX,
        expected: "one or more methods, like GET PUT",
        option: Some("--methods"),
    };
    NAME_PARAMETER = Directive {
        name: c"MTLSProtectNameParameter",
        help: c"query parameters whose value is a device's MAC, or none",
        description: "Query parameters whose value names a device",
        syntax: "NAME [NAME] ...|none",
        default: Unset::Words("mac"),
        context: Context::Directory,
        words: 1..=usize::MAX,
        expected: "one or more parameter names, or none",
        option: Some("--name-parameter"),
    };
    NAMED_BY = Directive {
        name: c"MTLSProtectNamedBy",
        help: c"an expression whose value is the MAC of the device that a request is about",
        description: "An expression whose value names the device that a request is about",
        syntax: "EXPRESSION",
        default: Unset::None,
        context: Context::Directory,
        words: 1..=1,
        expected: "an expression, like %{reqenv:PHONE}",
        option: Some("--named-by"),
    };
    FILE_PATTERN = Directive {
        name: c"MTLSProtectFilePattern",
        help: c"a regular expression that finds a MAC in a request",
        description: "Finds names in a format of the site's own",
        syntax: "REGEX",
        default: Unset::None,
        context: Context::Directory,
        words: 1..=1,
        expected: "a regular expression",
        option: Some("--file-pattern"),
    };
    IGNORE = Directive {
        name: c"MTLSProtectIgnore",
        help: c"a regular expression for text in which no MAC is looked for",
        description: "Text in which no MAC is looked for",
        syntax: "REGEX",
        default: Unset::None,
        context: Context::Directory,
        words: 1..=1,
        expected: "a regular expression",
        option: Some("--ignore"),
    };
    FLEET_SIZE = Directive {
        name: c"MTLSProtectFleetSize",
        help: c"how many devices the server keeps track of for its status",
        description: "How many devices the server keeps track of",
        syntax: "NUMBER",
        default: Unset::Words("65536"),
        context: Context::Main,
        words: 1..=1,
        expected: "a number from 1024 to 16777216",
        option: None,
    };
}

impl Directive {
    /// Its name as text.
    pub fn as_str(&self) -> &'static str {
        self.name.to_str().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::KnownPrefixes;
    use crate::decision::{DEFAULT_METHODS, Mode, OtherFiles, Policy};
    use crate::names::DEFAULT_NAME_PARAMETERS;
    use crate::trust::DEFAULT_DEPTH;
    use std::collections::BTreeSet;

    #[test]
    fn a_directive_takes_as_many_words_as_its_syntax_shows() {
        for directive in ALL {
            let shown: Vec<&str> = directive.syntax.split(' ').collect();
            let repeats = shown.iter().any(|word| word.starts_with("..."));
            let least = shown.iter().filter(|word| !word.starts_with(['[', '.'])).count();
            let most = if repeats { usize::MAX } else { shown.len() };
            assert_eq!(directive.words, least..=most, "{}", directive.as_str());
        }
    }

    #[test]
    fn each_directive_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = ALL.iter().map(|directive| directive.as_str()).collect();
        assert!(names.len() == ALL.len() && names.iter().all(|name| name.starts_with("MTLSProtect")), "{names:?}");
    }

    #[test]
    fn the_defaults_are_those_that_requests_are_judged_by() {
        let known = KnownPrefixes::built_in();
        for (directive, default) in [
            (PROTECT, Mode::ALL[0].as_str().to_owned()),
            (VERIFY_DEPTH, DEFAULT_DEPTH.to_string()),
            (OTHER_FILES, Policy::with_defaults(&known).other_files.as_str().to_owned()),
            (METHODS, DEFAULT_METHODS.to_string()),
            (NAME_PARAMETER, DEFAULT_NAME_PARAMETERS.join(" ")),
        ] {
            assert!(matches!(directive.default, Unset::Words(words) if words == default), "{}", directive.as_str());
        }
    }

    #[test]
    fn the_words_of_a_choice_are_those_that_are_taken() {
        assert_eq!(PROTECT.syntax, Mode::ALL.map(Mode::as_str).join("|"));
        assert_eq!(OTHER_FILES.syntax, OtherFiles::ALL.map(OtherFiles::as_str).join("|"));
    }

    #[test]
    fn a_context_is_written_as_httpds_manual_writes_it() {
        for (context, written) in [
            (Context::Main, "server config"),
            (Context::VirtualHost, "virtual host"),
            (Context::Server, "server config, virtual host"),
            (Context::Directory, "server config, virtual host, directory"),
        ] {
            assert_eq!(context.as_str(), written);
        }
    }
}
