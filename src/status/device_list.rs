//! What the device files say, as it counts at one moment.

use crate::devices::all::{ListState, all, lists};
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{DeviceList, Said};
use mtlsprotect_core::time::{DAY, UnixTime};
use mtlsprotect_status::model::DeviceFile;

/// An exemption that ends within so many seconds is counted as ending.
const SOON: i64 = 14 * DAY;

/// What a line of a device file says of its device; the stricter the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// It is blocked.
    Block,
    /// It may come without a certificate until this second.
    Exempt(UnixTime),
    /// It may send a password until this second.
    Password(UnixTime),
    /// It is let in.
    Allow,
}

/// The device files of all hosts and sections, and their lines: each device once, by MAC.
///
/// A file counts in its section alone, and so two of them can say different things of a device: of tenants, each of which
/// has its folder. The strictest is shown, and of two exemptions the one that ends first, since that is where the device
/// is refused.
pub struct DeviceFiles {
    files: Vec<DeviceFile>,
    lines: Vec<(Mac, Line)>,
}

impl DeviceFiles {
    /// As they count now.
    pub fn now() -> Self {
        // First, as the parent writes it last: what is said to count is in the lines.
        let files = lists().map(shown).collect();
        let mut lines = Vec::new();
        for list in all() {
            let of_list = list.ask(lines_in).unwrap_or_default();
            // The only file's can be many: they are not copied.
            if lines.is_empty() { lines = of_list } else { lines.extend(of_list) }
        }
        // Each file's are in order: this sort takes one look at those of a single file.
        lines.sort();
        lines.dedup_by_key(|&mut (mac, _)| mac);
        DeviceFiles { files, lines }
    }

    /// How each file stands.
    pub fn files(&self) -> &[DeviceFile] {
        &self.files
    }

    /// The line of a device.
    pub fn line(&self, mac: Mac) -> Option<Line> {
        let found = self.lines.binary_search_by_key(&mac, |&(of, _)| of);
        found.ok().map(|place| self.lines[place].1)
    }

    /// All lines, by MAC.
    pub fn lines(&self) -> &[(Mac, Line)] {
        &self.lines
    }

    /// How many exemptions end within 14 days.
    pub fn exemptions_ending(&self, now: UnixTime) -> u64 {
        let ends = |&&(_, line): &&_| matches!(line, Line::Exempt(until) if now <= until && until <= now + SOON);
        self.lines.iter().filter(ends).count() as u64
    }
}

fn shown(list: ListState) -> DeviceFile {
    let path = list.path.to_string_lossy().into_owned();
    DeviceFile {
        valid: list.state.is_valid(),
        lines: list.state.devices,
        loaded_at: list.state.loaded,
        error: list.state.error.map(|(_, error)| without_path(&error, &path)),
        path,
    }
}

/// An error as it reads behind the file's path.
fn without_path(error: &str, path: &str) -> String {
    let rest = error.strip_prefix(path).and_then(|rest| rest.strip_prefix(':')).unwrap_or(error);
    if rest.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("line {rest}");
    }
    rest.trim_start().to_owned()
}

/// The lines of one file.
fn lines_in(list: DeviceList<'_>) -> Vec<(Mac, Line)> {
    let (mut ends, mut passwords) = (list.exemption_ends(), list.password_ends());
    let line = |(mac, said)| {
        let line = match said {
            Said::Allow => Line::Allow,
            Said::Block => Line::Block,
            Said::Exempt => Line::Exempt(ends.next().unwrap_or(UnixTime::EPOCH)),
            Said::Password => Line::Password(passwords.next().unwrap_or(UnixTime::EPOCH)),
        };
        (mac, line)
    };
    list.devices().map(line).collect()
}
