//! `mtlsprotect names`: whose each file of a folder is, and what is doubtful.

mod doubt;
mod look_alike;
mod report;
mod served;
mod walk;

use crate::output::{Outcome, counted, failed, shown};
use crate::site::{SiteOptions, SiteSettings};
use anyhow::{Context, Result, bail};
use mtlsprotect_core::decision::DeviceFile;
use mtlsprotect_core::time::UnixTime;
use report::NamesReport;
use served::{Served, parse_at};
use std::fs;
use std::path::PathBuf;
use walk::walk;

const AFTER_HELP: &str = "\
Whose a file is depends on the names that the module finds in its path below DIR. Links are not followed, but what \
each leads to is looked at. These are doubtful:

  look-alike  digits that look like a MAC but name nobody, since their prefix is not known as a phone's
  several     a path that names two devices: nobody may read it
  link        a link from a name that is one device's, or nobody's, to what is another's
  led-to      a file or directory that names nobody, to which only one device's links lead: is it that device's?
              Under its own name any device may read it
  bypass      a file that is a device's only because of its directory, and that has another name too (a hard link)
  precedes    files that name nobody, below a URL or in a DIR that names a device: another Alias or DocumentRoot \
  leads to them without it
  outside     a link that names nobody to a directory outside DIR, which was not looked at

Digits that read as a date of this or the last century are not taken for a MAC.

Exit codes: 0 nothing is doubtful, 1 something is, 2 the command line is wrong, 3 a folder cannot be read.";

/// Walk a directory and show whose each file is, and what is doubtful
#[derive(clap::Args)]
#[command(after_long_help = AFTER_HELP, after_help = "See --help for what is doubtful and for the exit codes.")]
pub struct Arguments {
    /// The directory, a DocumentRoot unless --at is given
    dir: PathBuf,
    /// The URL path at which an Alias serves the directory, which is then not a DocumentRoot
    #[arg(long, value_name = "URL-PATH", value_parser = parse_at)]
    at: Option<String>,
    /// The device file, as MTLSProtectDeviceFile, whose prefixes are known
    #[arg(long, value_name = "FILE")]
    device_file: Option<PathBuf>,
    #[command(flatten)]
    site: Box<SiteOptions>,
    /// Only what is doubtful
    #[arg(long)]
    doubtful: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut settings = SiteSettings::new(&arguments.site)?;
    if let Some(file) = &arguments.device_file {
        let devices = DeviceFile::read(file, UnixTime::now()).map_err(failed)?;
        settings = settings.knowing(devices.list(false).prefixes());
    }
    let dir = shown(&arguments.dir);
    let root = fs::canonicalize(&arguments.dir).with_context(|| format!("{dir}: cannot be read"))?;
    if !root.is_dir() {
        bail!("{dir}: is not a directory");
    }
    let given = std::path::absolute(&arguments.dir)?;
    let served = Served::new(settings.naming(), given, root, arguments.at.as_deref());
    let mut report = NamesReport::begin(&dir, arguments.json, arguments.doubtful)?;
    let unread = walk(&served.root, &mut |entry| report.add(&served, &entry))?;
    let doubtful = report.end(&served, unread)?;
    if unread > 0 && doubtful == 0 {
        bail!("{dir}: {} not be read, and not looked at", counted(unread, "folder could", "folders could"));
    }
    Ok(Outcome::finding_if(doubtful > 0))
}
