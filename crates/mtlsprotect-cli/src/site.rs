//! The options that tell the command how the site is configured, as the directives tell the module.

use crate::output::usage;
use anyhow::Result;
use clap::Args;
use mtlsprotect_core::Oui;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::decision::{Methods, Policy};
use mtlsprotect_core::names::{FilePattern, Ignore, Naming};
use std::borrow::Cow;

/// How the site is configured, where not by default
#[derive(Args)]
#[command(next_help_heading = "How the site is configured")]
pub struct SiteOptions {
    /// Query parameters whose value names a device, or none, as in MTLSProtectNameParameter
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "mac", value_parser = parse_name)]
    name_parameter: Vec<String>,
    /// A name in the site's own format, as in MTLSProtectFilePattern; repeatable
    #[arg(long, value_name = "REGEX", value_parser = FilePattern::new)]
    file_pattern: Vec<FilePattern>,
    /// Text to cut out before the search for names, as in MTLSProtectIgnore; repeatable
    #[arg(long, value_name = "REGEX", value_parser = Ignore::new)]
    ignore: Vec<Ignore>,
    /// The methods that phones use, as in MTLSProtectMethods
    #[arg(long, value_name = "METHOD,...", value_delimiter = ',', default_value = "GET,HEAD,OPTIONS,PUT", value_parser = parse_method)]
    methods: Vec<String>,
    /// Prefixes of phones besides the built-in ones, as those of oui= and of the device file
    #[arg(long, value_name = "OUI,...", value_delimiter = ',', value_parser = parse_prefix)]
    known_prefix: Vec<Oui>,
}

/// The same, ready for judging requests.
pub struct SiteSettings {
    methods: Methods,
    name_parameters: Vec<Cow<'static, str>>,
    file_patterns: Vec<FilePattern>,
    ignore: Vec<Ignore>,
    known: KnownPrefixes,
}

impl SiteSettings {
    /// Reads the options.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(options: &SiteOptions) -> Result<Self> {
        let names = &options.name_parameter;
        let is_none = |name: &String| name.eq_ignore_ascii_case("none");
        if names.len() > 1 && names.iter().any(is_none) {
            return Err(usage("--name-parameter: none must stand alone"));
        }
        let names = names.iter().filter(|name| !is_none(name));
        Ok(SiteSettings {
            methods: Methods::new(options.methods.iter().map(String::as_str)).map_err(usage)?,
            name_parameters: names.map(|name| Cow::Owned(name.to_ascii_lowercase())).collect(),
            file_patterns: options.file_pattern.clone(),
            ignore: options.ignore.clone(),
            known: KnownPrefixes::built_in().with(options.known_prefix.iter().copied()),
        })
    }

    /// With further prefixes of phones.
    pub fn knowing(self, prefixes: impl IntoIterator<Item = Oui>) -> Self {
        SiteSettings { known: self.known.with(prefixes), ..self }
    }

    /// How devices are named.
    pub fn naming(&self) -> Naming<'_> {
        Naming {
            parameters: &self.name_parameters,
            patterns: &self.file_patterns,
            ignore: &self.ignore,
            known: &self.known,
        }
    }

    /// What the module would judge by, with `On` everywhere.
    pub fn policy(&self) -> Policy<'_> {
        Policy { methods: &self.methods, naming: self.naming(), ..Policy::with_defaults(&self.known) }
    }
}

fn parse_prefix(text: &str) -> Result<Oui, String> {
    let prefix: Oui = text.parse().map_err(|_| "a prefix is 6 hex digits, like 0004f2")?;
    if prefix.bits() == 0 { Err("000000 is the prefix of shared files, not a device's".to_owned()) } else { Ok(prefix) }
}

fn parse_name(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a parameter must have a name".to_owned()) } else { Ok(text.to_owned()) }
}

fn parse_method(text: &str) -> Result<String, String> {
    Methods::new([text]).map(|_| text.to_owned())
}
