//! The options that tell the command how the site is configured, as the directives tell the module.

use anyhow::{Result, anyhow};
use clap::Args;
use mtlsprotect_core::Oui;
use mtlsprotect_core::pattern::{FilePattern, Ignore};
use mtlsprotect_core::policy::{Methods, Policy};
use mtlsprotect_core::vendors::KnownPrefixes;
use std::borrow::Cow;

/// How the site is configured, where not by default
#[derive(Args)]
#[command(next_help_heading = "How the site is configured")]
pub struct SiteOptions {
    /// Query parameters whose value names a device, or none, as in MTLSProtectNameParameter
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "mac")]
    name_parameter: Vec<String>,
    /// A name of the site's own making, as in MTLSProtectFilePattern; repeatable
    #[arg(long, value_name = "REGEX")]
    file_pattern: Vec<String>,
    /// Text to cut out before the search for names, as in MTLSProtectIgnore; repeatable
    #[arg(long, value_name = "REGEX")]
    ignore: Vec<String>,
    /// What phones may do, as in MTLSProtectMethods
    #[arg(long, value_name = "METHOD,...", value_delimiter = ',', default_value = "GET,HEAD,OPTIONS,PUT")]
    methods: Vec<String>,
    /// Prefixes of phones besides the built-in ones, as those of oui= and of the device file
    #[arg(long, value_name = "OUI,...", value_delimiter = ',', value_parser = parse_prefix)]
    known_prefix: Vec<Oui>,
}

/// The same, ready for judging requests.
pub struct Settings {
    methods: Methods,
    name_parameters: Vec<Cow<'static, str>>,
    file_patterns: Vec<FilePattern>,
    ignore: Vec<Ignore>,
    known: KnownPrefixes,
}

impl Settings {
    /// Reads the options.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(options: &SiteOptions) -> Result<Self> {
        let of = |name: &'static str| move |error: String| anyhow!("--{name}: {error}");
        let patterns = options.file_pattern.iter().map(|pattern| FilePattern::new(pattern));
        let ignore = options.ignore.iter().map(|pattern| Ignore::new(pattern));
        let names = options.name_parameter.iter().filter(|name| !name.eq_ignore_ascii_case("none"));
        Ok(Settings {
            methods: Methods::new(options.methods.iter().map(String::as_str)).map_err(of("methods"))?,
            name_parameters: names.map(|name| Cow::Owned(name.to_ascii_lowercase())).collect(),
            file_patterns: patterns.collect::<Result<_, _>>().map_err(of("file-pattern"))?,
            ignore: ignore.collect::<Result<_, _>>().map_err(of("ignore"))?,
            known: KnownPrefixes::built_in().with(options.known_prefix.iter().copied()),
        })
    }

    /// What the module would judge by, with `On` everywhere.
    pub fn policy(&self) -> Policy<'_> {
        Policy {
            methods: &self.methods,
            name_parameters: &self.name_parameters,
            file_patterns: &self.file_patterns,
            ignore: &self.ignore,
            ..Policy::with_defaults(&self.known)
        }
    }
}

fn parse_prefix(text: &str) -> Result<Oui, String> {
    Oui::parse(text.as_bytes()).ok_or_else(|| "a prefix is 6 hex digits, like 0004f2".to_owned())
}
