//! What the device files say, as it counts at one moment.

use crate::devices::all::{ListState, all, lists};
use crate::devices::list::SharedList;
use mtlsprotect_core::Mac;
use mtlsprotect_core::decision::{DeviceList, Said};
use mtlsprotect_core::time::{DAY, UnixTime};
use mtlsprotect_memory::View;
use mtlsprotect_status::model::DeviceFile;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::iter;
use std::sync::Arc;

/// An exemption that ends within so many seconds is counted as ending.
const SOON: i64 = 14 * DAY;
/// A list is overwritten so seldom that another look at it succeeds.
const LOOKS: usize = 3;

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
    lists: Vec<Arc<SharedList>>,
}

/// The lists that count at one moment.
pub struct CurrentLists(Vec<View<'static>>);

impl DeviceFiles {
    /// Those of the configuration.
    pub fn now() -> Self {
        DeviceFiles { files: lists().map(shown).collect(), lists: all() }
    }

    /// How each file stands.
    pub fn files(&self) -> &[DeviceFile] {
        &self.files
    }

    /// The line of a device.
    pub fn line(&self, mac: Mac) -> Option<Line> {
        let of = |list: DeviceList<'_>| list.devices_from(mac).next().filter(|&(of, ..)| of == mac).map(line);
        self.lists.iter().filter_map(|list| list.ask(of).flatten()).map(|(_, line)| line).min()
    }

    /// What counts now.
    pub fn current(&self) -> CurrentLists {
        CurrentLists(self.lists.iter().filter_map(|list| list.current()).collect())
    }

    /// How many exemptions end within 14 days.
    pub fn exemptions_ending(&self, now: UnixTime) -> u64 {
        if !self.lists.iter().any(|list| list.has_exemptions()) {
            return 0;
        }
        let ends = |&(_, line): &_| matches!(line, Line::Exempt(until) if now <= until && until <= now + SOON);
        let count = |_| {
            let current = self.current();
            let count = current.lines_from(Mac::from_bits(0)).filter(ends).count();
            current.are_whole().then_some(count as u64)
        };
        (0..LOOKS).find_map(count).unwrap_or(0)
    }
}

impl CurrentLists {
    /// The lines from a device on, by MAC.
    pub fn lines_from(&self, first: Mac) -> impl Iterator<Item = (Mac, Line)> {
        let lists = self.0.iter().map(|view| DeviceList::new(view.words, false));
        let mut rests: Vec<_> = lists.map(|list| list.devices_from(first).map(line)).collect();
        let heads = rests.iter_mut().enumerate().filter_map(|(number, rest)| Some(Reverse((rest.next()?, number))));
        let mut others: BinaryHeap<_> = heads.collect();
        let mut least = others.pop();
        let lines = iter::from_fn(move || {
            let Reverse((line, number)) = least?;
            let next = rests[number].next().map(|next| Reverse((next, number)));
            // Most often one list alone goes on, as there is no other.
            least = if others.peek().is_some_and(|other| next.is_none_or(|next| next < *other)) {
                others.extend(next);
                others.pop()
            } else {
                next
            };
            Some(line)
        });
        let mut last = None;
        // Of a device's lines the strictest comes first.
        lines.filter(move |&(mac, _)| last.replace(mac) != Some(mac))
    }

    /// Whether all that was read of them until now is of these lists.
    pub fn are_whole(&self) -> bool {
        self.0.iter().all(View::is_whole)
    }
}

fn line((mac, said, until): (Mac, Said, Option<UnixTime>)) -> (Mac, Line) {
    let line = match said {
        Said::Allow => Line::Allow,
        Said::Block => Line::Block,
        Said::Exempt => Line::Exempt(until.unwrap_or(UnixTime::EPOCH)),
        Said::Password => Line::Password(until.unwrap_or(UnixTime::EPOCH)),
    };
    (mac, line)
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
