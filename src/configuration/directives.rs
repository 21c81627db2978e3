//! The module's directives, in the order of the reference.

use crate::clock::unix_time;
use crate::configuration::expression;
use crate::configuration::read_once::ReadOnce;
use crate::httpd::{Command, Directive, Entry, Scope, directive, end};
use crate::module::Mtlsprotect;
use mtlsprotect_core::ca_list::CaList;
use mtlsprotect_core::fleet::Sources;
use mtlsprotect_core::pattern::{FilePattern, Ignore};
use mtlsprotect_core::policy::{Methods, Mode, OtherFiles};
use mtlsprotect_core::revocation::read_crls;
use mtlsprotect_core::vendor_line::VendorLine;
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::path::Path;

/// What httpd looks directives up in; the texts are what `httpd -L` prints.
pub const TABLE: &[Entry] = &[
    directive::<Mtlsprotect, Protect>(c"MTLSProtect", c"Off, Report or On: whether requests are judged, and refused"),
    directive::<Mtlsprotect, CaFile>(c"MTLSProtectCAFile", c"a PEM file of device CAs, roots and intermediates"),
    directive::<Mtlsprotect, CaPath>(c"MTLSProtectCAPath", c"a directory with *.pem and *.crt files of device CAs"),
    directive::<Mtlsprotect, Vendor>(
        c"MTLSProtectVendor",
        c"a vendor with a CA list of its own, and what is known of it",
    ),
    directive::<Mtlsprotect, CrlFile>(c"MTLSProtectCRLFile", c"a file of CRLs of device CAs, PEM or DER"),
    directive::<Mtlsprotect, VerifyDepth>(c"MTLSProtectVerifyDepth", c"the most CAs above a device's certificate"),
    directive::<Mtlsprotect, Identity>(
        c"MTLSProtectIdentityPattern",
        c"a regular expression whose group mac is the MAC in a certificate's Common Name",
    ),
    directive::<Mtlsprotect, Devices>(
        c"MTLSProtectDeviceFile",
        c"a file of devices blocked, exempted or, with closed, the only ones let in",
    ),
    directive::<Mtlsprotect, Others>(c"MTLSProtectOtherFiles", c"device, allow or deny: who reads what names nobody"),
    directive::<Mtlsprotect, AllowedMethods>(c"MTLSProtectMethods", c"the methods that phones use"),
    directive::<Mtlsprotect, NameParameter>(
        c"MTLSProtectNameParameter",
        c"query parameters whose value is a device's MAC, or none",
    ),
    directive::<Mtlsprotect, NamedBy>(
        c"MTLSProtectNamedBy",
        c"an expression whose value is the MAC of the device that a request is about",
    ),
    directive::<Mtlsprotect, Pattern>(c"MTLSProtectFilePattern", c"a regular expression that finds a MAC in a request"),
    directive::<Mtlsprotect, Ignored>(
        c"MTLSProtectIgnore",
        c"a regular expression of text in which no MAC is looked for",
    ),
    end(),
];

type Set<'a> = Command<'a, Mtlsprotect>;

/// MTLSProtect
struct Protect;

impl Directive<Mtlsprotect> for Protect {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "Off, Report or On";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        command.dir.mode = Some(choice::<Self, _>(command.words[0], &Mode::ALL.map(|mode| (mode.as_str(), mode)))?);
        Ok(())
    }
}

/// MTLSProtectCAFile
struct CaFile;

impl Directive<Mtlsprotect> for CaFile {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a PEM file";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        add_to_list(command, CaList::add_file)
    }
}

/// MTLSProtectCAPath
struct CaPath;

impl Directive<Mtlsprotect> for CaPath {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a directory of PEM files";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        add_to_list(command, CaList::add_dir)
    }
}

fn add_to_list(command: &mut Set<'_>, add: fn(&mut CaList, &Path) -> Result<(), String>) -> Result<(), String> {
    let path = command.path(command.words[0]);
    change_sources(command, |sources, _| add(&mut sources.list, &path))
}

/// Changes what the host says of its lists; the main server's stay as they are.
fn change_sources(
    command: &mut Set<'_>,
    change: impl FnOnce(&mut Sources, &mut ReadOnce) -> Result<(), String>,
) -> Result<(), String> {
    // Relative paths mean others where ServerRoot has changed.
    let root = command.path(".").to_string_lossy().into_owned();
    let said = [command.name().to_owned(), root].into_iter().chain(command.words.iter().map(|&word| word.to_owned()));
    let (mut reading, before) = (command.reading(), command.server.sources);
    command.server.sources = Some(reading.sources(command.pool, before, said.collect(), change)?);
    Ok(())
}

/// MTLSProtectVendor
struct Vendor;

impl Directive<Mtlsprotect> for Vendor {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 2..=usize::MAX;
    const SYNTAX: &'static str = "a vendor's name and ca=FILE, then other key=value";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let words = command.words;
        let server_root = command.path("");
        change_sources(command, |sources, reading| {
            let path = |word: &str| server_root.join(word);
            let vendor = VendorLine::read(words, path, |vendor, path| reading.vendor_list(vendor, path))?;
            sources.add_vendor(vendor)
        })
    }
}

/// MTLSProtectCRLFile
struct CrlFile;

impl Directive<Mtlsprotect> for CrlFile {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a file of CRLs";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let path = command.path(command.words[0]);
        change_sources(command, |sources, _| {
            sources.crls.extend(read_crls(&path)?);
            Ok(())
        })
    }
}

/// MTLSProtectDeviceFile
struct Devices;

impl Directive<Mtlsprotect> for Devices {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 1..=2;
    const SYNTAX: &'static str = "a file of devices, and closed or nothing";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let closed = command.words.get(1).map_or(Ok(false), |word| choice::<Self, _>(word, &[("closed", true)]))?;
        let path = command.path(command.words[0]);
        command.server.devices = Some(command.reading().devices(command.pool, path, closed, unix_time())?);
        Ok(())
    }
}

/// MTLSProtectVerifyDepth
struct VerifyDepth;

impl Directive<Mtlsprotect> for VerifyDepth {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a number from 1 to 100";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let depth = command.words[0].parse().ok().filter(|depth| (1..=100).contains(depth));
        command.server.depth = Some(depth.ok_or_else(|| unexpected::<Self>(command.words[0]))?);
        Ok(())
    }
}

/// MTLSProtectOtherFiles
struct Others;

impl Directive<Mtlsprotect> for Others {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "device, allow or deny";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let files = choice::<Self, _>(command.words[0], &OtherFiles::ALL.map(|files| (files.as_str(), files)))?;
        command.dir.other_files = Some(files);
        Ok(())
    }
}

/// MTLSProtectMethods
struct AllowedMethods;

impl Directive<Mtlsprotect> for AllowedMethods {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=usize::MAX;
    const SYNTAX: &'static str = "one method or more, like GET PUT";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let methods = Methods::new(command.words.iter().copied())?;
        command.dir.methods = Some(command.pool.own(methods));
        Ok(())
    }
}

/// MTLSProtectNameParameter
struct NameParameter;

impl Directive<Mtlsprotect> for NameParameter {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=usize::MAX;
    const SYNTAX: &'static str = "one parameter's name or more, or none";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let words: Vec<Cow<'static, str>> = command.words.iter().map(|word| word.to_ascii_lowercase().into()).collect();
        let none = words.iter().any(|word| word == "none");
        if (none && words.len() > 1) || words.iter().any(|word| word.is_empty()) {
            return Err(unexpected::<Self>(&command.words.join(" ")));
        }
        command.dir.name_parameters = Some(command.pool.own(if none { Vec::new() } else { words }));
        Ok(())
    }
}

/// MTLSProtectNamedBy
struct NamedBy;

impl Directive<Mtlsprotect> for NamedBy {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "an expression, like %{reqenv:PHONE}";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let text = command.words[0];
        expression::check(text)?;
        let expression =
            command.expression(text).map_err(|error| format!("\"{text}\" is not an expression: {error}"))?;
        let mut expressions = command.dir.named_by.map(|expressions| (*expressions).clone()).unwrap_or_default();
        expressions.push(expression);
        command.dir.named_by = Some(command.pool.own(expressions));
        command.ask_for_last_fixups();
        Ok(())
    }
}

/// MTLSProtectFilePattern
struct Pattern;

impl Directive<Mtlsprotect> for Pattern {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a regular expression";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let mut patterns = command.dir.file_patterns.map(|patterns| (*patterns).clone()).unwrap_or_default();
        patterns.push(FilePattern::new(command.words[0])?);
        command.dir.file_patterns = Some(command.pool.own(patterns));
        Ok(())
    }
}

/// MTLSProtectIgnore
struct Ignored;

impl Directive<Mtlsprotect> for Ignored {
    const SCOPE: Scope = Scope::Directory;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a regular expression";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        let mut ignore = command.dir.ignore.map(|ignore| (*ignore).clone()).unwrap_or_default();
        ignore.push(Ignore::new(command.words[0])?);
        command.dir.ignore = Some(command.pool.own(ignore));
        Ok(())
    }
}

/// MTLSProtectIdentityPattern
struct Identity;

impl Directive<Mtlsprotect> for Identity {
    const SCOPE: Scope = Scope::Server;
    const WORDS: RangeInclusive<usize> = 1..=1;
    const SYNTAX: &'static str = "a regular expression with a group named mac";

    fn set(command: &mut Set<'_>) -> Result<(), String> {
        command.server.identity = Some(command.reading().identity(command.pool, command.words[0])?);
        Ok(())
    }
}

/// One of a few words, compared without case as httpd does.
fn choice<D: Directive<Mtlsprotect>, T: Copy>(word: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|&(_, value)| value).ok_or_else(|| unexpected::<D>(word))
}

fn unexpected<D: Directive<Mtlsprotect>>(word: &str) -> String {
    format!("expected {}, found \"{word}\"", D::SYNTAX)
}
