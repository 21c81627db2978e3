//! Files that may be one device's though they name nobody: each fetched from one address only.

use foldhash::HashMap;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The maximum number of files remembered, and of bytes of their request-targets.
const MOST_FILES: usize = 100_000;
const LONGEST: usize = 512;
/// A folder is reported if at least this many of its files have this many different clients, one each.
const FILES_OF_A_FOLDER: u64 = 5;
const CLIENTS_OF_A_FOLDER: usize = 3;
const EXAMPLES: usize = 3;

/// Files that name nobody.
#[derive(Debug, Default)]
pub struct Unnamed {
    files: HashMap<Box<[u8]>, Fetched>,
    /// Requests for which there was no room.
    pub not_kept: u64,
}

/// A file with its only client, and how often.
type OneClients<'a> = (&'a [u8], IpAddr, u64);

#[derive(Debug)]
struct Fetched {
    /// `None` once a second address came.
    by: Option<IpAddr>,
    times: u64,
}

/// A folder, or a script with its queries, whose files look like devices'.
#[derive(Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Path up to the last slash, or up to the question mark.
    pub folder: Box<[u8]>,
    /// Files fetched by one address only.
    pub files: u64,
    /// Those of them fetched twice or more.
    pub fetched_again: u64,
    /// Different addresses.
    pub addresses: usize,
    /// Some of them, with the address.
    pub examples: Vec<(Box<[u8]>, IpAddr)>,
}

impl Unnamed {
    /// Notes that this file, which names nobody, was got from there.
    pub fn fetched(&mut self, target: &[u8], from: IpAddr) {
        let target = &target[..target.len().min(LONGEST)];
        if let Some(file) = self.files.get_mut(target) {
            file.times += 1;
            if file.by != Some(from) {
                file.by = None;
            }
        } else if self.files.len() < MOST_FILES {
            self.files.insert(target.into(), Fetched { by: Some(from), times: 1 });
        } else {
            self.not_kept += 1;
        }
    }

    /// Folders with files that one address fetches again and again, or with many files and many
    /// clients, one each. A crawler that fetches everything once does not count.
    pub fn suspicions(&self) -> Vec<Suspicion> {
        let mut folders: BTreeMap<&[u8], Vec<OneClients>> = BTreeMap::new();
        for (target, file) in &self.files {
            if let Some(by) = file.by {
                folders.entry(folder(target)).or_default().push((target, by, file.times));
            }
        }
        folders.into_iter().filter_map(|(folder, files)| suspicion(folder, files)).collect()
    }
}

fn suspicion(folder: &[u8], mut files: Vec<OneClients<'_>>) -> Option<Suspicion> {
    let distinct = |files: &[OneClients<'_>]| {
        let mut addresses: Vec<IpAddr> = files.iter().map(|&(_, by, _)| by).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.len()
    };
    let is_folder = files.len() as u64 >= FILES_OF_A_FOLDER && distinct(&files) >= CLIENTS_OF_A_FOLDER;
    if !is_folder {
        files.retain(|&(_, _, times)| times > 1);
    }
    if files.is_empty() {
        return None;
    }
    files.sort_unstable_by_key(|&(target, _, times)| (std::cmp::Reverse(times), target));
    Some(Suspicion {
        folder: folder.into(),
        files: files.len() as u64,
        fetched_again: files.iter().filter(|&&(_, _, times)| times > 1).count() as u64,
        addresses: distinct(&files),
        examples: files.iter().take(EXAMPLES).map(|&(target, by, _)| (target.into(), by)).collect(),
    })
}

/// The path up to its last slash, or with a query up to the question mark.
fn folder(target: &[u8]) -> &[u8] {
    if let Some(query) = target.iter().position(|&byte| byte == b'?') {
        return &target[..=query];
    }
    &target[..target.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, last])
    }

    #[test]
    fn a_file_fetched_again_by_its_only_client_is_told_of() {
        let mut unnamed = Unnamed::default();
        for (target, client) in
            [("/c/alice.xml", 1), ("/c/alice.xml", 1), ("/c/sip.ld", 1), ("/c/sip.ld", 2), ("/c/sip.ld", 1)]
        {
            unnamed.fetched(target.as_bytes(), address(client));
        }
        let found = unnamed.suspicions();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&*found[0].folder, found[0].files, found[0].fetched_again, found[0].addresses),
            (&b"/c/"[..], 1, 1, 1)
        );
        assert_eq!(found[0].examples, [((*b"/c/alice.xml").into(), address(1))]);
    }

    #[test]
    fn many_files_with_a_client_each_are_told_of_and_a_crawl_is_not() {
        let mut unnamed = Unnamed::default();
        for number in 0..6 {
            unnamed.fetched(format!("/p.php?serial=ABC{number}").as_bytes(), address(number));
            unnamed.fetched(format!("/docs/{number}.html").as_bytes(), address(9));
        }
        let found = unnamed.suspicions();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&*found[0].folder, found[0].files, found[0].fetched_again, found[0].addresses),
            (&b"/p.php?"[..], 6, 0, 6)
        );
        assert_eq!(found[0].examples.len(), EXAMPLES);
    }

    #[test]
    fn a_flood_of_files_takes_no_more_room() {
        let mut unnamed = Unnamed::default();
        for number in 0..MOST_FILES + 7 {
            unnamed.fetched(format!("/{number}").as_bytes(), address(1));
        }
        assert_eq!((unnamed.files.len(), unnamed.not_kept), (MOST_FILES, 7));
    }
}
