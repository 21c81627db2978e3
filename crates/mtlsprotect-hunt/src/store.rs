//! The folder that phones may write to: what is in it, and what has become of it.

use crate::phones::{ALL, secret, secrets_in};
use crate::reader::ether_aton;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What all phones read and none may write.
pub const SHARED: [&str; 4] = ["000000000000.cfg", "sip.ld", "3111-44500-001.sip.ld", "y000000000025.cfg"];

/// What is in the folder, by path.
pub fn files() -> BTreeMap<String, String> {
    let shared = SHARED.iter().map(|&name| (name.to_owned(), format!("shared {name};\n")));
    let own = ALL.iter().flat_map(|mac| {
        [(format!("{mac}.cfg"), secret(mac, "stored")), (format!("{mac}/phone.cfg"), secret(mac, "stored-too"))]
    });
    shared.chain(own).collect()
}

/// The folder of one server.
pub struct Store {
    folder: PathBuf,
    locks: PathBuf,
}

impl Store {
    /// The folder below a server's root, where the site has one.
    pub fn below(root: &Path) -> Option<Store> {
        let writable = root.join("writable");
        let store = Store { folder: writable.join("store"), locks: writable };
        store.folder.exists().then_some(store)
    }

    /// What is no longer as it was, or is new: its path, and what is there now.
    pub fn changes(&self) -> Vec<Change> {
        let mut now = BTreeMap::new();
        collect(&self.folder, &self.folder, &mut now);
        let before = files();
        let mut changes = Vec::new();
        for (path, content) in &before {
            match now.get(path) {
                Some(Some(found)) if found == content.as_bytes() => {}
                Some(found) => changes.push(Change { path: path.clone(), content: found.clone() }),
                None => changes.push(Change { path: path.clone(), content: None }),
            }
        }
        let is_folder = |path: &str| before.keys().any(|file| file.starts_with(&format!("{path}/")));
        let new = now.into_iter().filter(|(path, _)| !before.contains_key(path) && !is_folder(path));
        changes.extend(new.map(|(path, content)| Change { path, content }));
        changes
    }

    /// Makes it as it was, for the children of httpd to write, without locks.
    pub fn restore(&self) {
        let _ = fs::remove_dir_all(&self.folder);
        make_writable_folder(&self.folder);
        for (path, content) in files() {
            let path = self.folder.join(path);
            if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
                make_writable_folder(folder);
            }
            fs::write(&path, content).expect("a file of ours");
            let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o666));
        }
        for entry in fs::read_dir(&self.locks).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("dav-locks") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn make_writable_folder(path: &Path) {
    fs::create_dir_all(path).expect("a folder of ours");
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o777));
}

/// Files and folders below one, files with what is in them.
fn collect(base: &Path, folder: &Path, found: &mut BTreeMap<String, Option<Vec<u8>>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(base).unwrap_or(&path).to_string_lossy().into_owned();
        if path.is_dir() {
            // mod_dav's own; what it keeps in it has the name of the file that it is about
            if entry.file_name() != ".DAV" {
                found.insert(name, None);
            }
            collect(base, &path, found);
        } else {
            found.insert(name, Some(fs::read(&path).unwrap_or_default()));
        }
    }
}

/// A file that is not as it was.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its path in the folder.
    pub path: String,
    /// What is in it now; nothing for a folder and for what is gone.
    pub content: Option<Vec<u8>>,
}

impl Change {
    /// Whether the file has the name of this phone, whatever else is in it.
    pub fn is_of(&self, mac: &str) -> bool {
        // mod_dav's list of locked names that have no file yet says whose it is, as does the folder that it is in
        let lists = self.content.as_ref().filter(|_| self.path.ends_with(".DAV/.locknull"));
        lists.is_some_and(|content| is_named(&String::from_utf8_lossy(content), mac))
            || self.path.split('/').any(|segment| is_named(segment, mac))
    }

    /// Whether a part of its path begins with the 12 digits, or is the octets, of a device that is none of the phones; the
    /// octets may stand behind a word, wherever that ends.
    pub fn is_of_none_of_all(&self) -> bool {
        self.path.split('/').any(|segment| {
            let word = segment.bytes().take_while(u8::is_ascii_alphabetic).count();
            let behind = |at: usize| ether_aton(&segment.as_bytes()[at..]);
            let alone = behind(0).or_else(|| twelve_digits(segment));
            let named = alone.map_or_else(|| (1..=word).filter_map(behind).collect(), |mac| vec![mac]);
            !named.is_empty() && !named.iter().any(|mac| ALL.contains(&&**mac))
        })
    }

    /// The phones whose secrets it has now.
    pub fn secrets(&self) -> Vec<&'static str> {
        self.content.as_deref().map(secrets_in).unwrap_or_default()
    }
}

/// The 12 digits that a text begins with, where no other follows.
fn twelve_digits(text: &str) -> Option<String> {
    let run: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
    (run.len() == 12).then(|| run.to_ascii_lowercase())
}

/// Whether a text has a phone's name in any spelling that a file may have.
fn is_named(text: &str, mac: &str) -> bool {
    has_digits(text, mac) || has_octets(&text.to_ascii_lowercase(), mac)
}

/// Whether a text has these octets, with or without their zeros, one after the other; others may touch them.
fn has_octets(text: &str, mac: &str) -> bool {
    let octets: Vec<[&str; 2]> =
        (0..mac.len()).step_by(2).map(|at| [&mac[at..at + 2], mac[at..at + 2].trim_start_matches('0')]).collect();
    let is = |group: &str, at: usize| {
        let forms = octets[at].map(|form| if form.is_empty() { "0" } else { form });
        forms.iter().any(|form| match at {
            0 => group.ends_with(form),
            _ if at + 1 == octets.len() => group.starts_with(form),
            _ => group == *form,
        })
    };
    let groups: Vec<&str> = text.split(|letter: char| !letter.is_ascii_hexdigit()).collect();
    groups.windows(octets.len()).any(|groups| groups.iter().enumerate().all(|(at, group)| is(group, at)))
}

/// Whether these digits follow one another in a text, whatever else stands between them.
fn has_digits(text: &str, digits: &str) -> bool {
    let all: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    all.to_ascii_lowercase().contains(digits)
}

#[cfg(test)]
mod tests {
    use super::{Change, is_named};

    #[test]
    fn a_file_may_be_of_a_device_that_is_no_phone_here() {
        let is = |path: &str| Change { path: path.to_owned(), content: None }.is_of_none_of_all();
        assert!(is("a0:4:13:10:20:30.tar.gz.cfg") && is("x/a0-04-13-10-20-30") && is("phone0:4:13:10:20:31"));
        assert!(is("001563133ECF") && is("x/001563133ecf.cfg") && !is("0015-6313-3ecf0") && !is("0015631333ecf"));
        assert!(!is("phonea0:4:13:10:20:30.cfg"), "it may be a phone's");
        assert!(!is("000413102030.cfg") && !is("0:4:13:10:20:30.cfg") && !is("a.cfg") && !is("a004:13:10:20:30:1"));
    }

    #[test]
    fn a_name_that_is_only_locked_is_of_who_has_it_or_the_folder() {
        let locked = |path: &str, name: &str| Change { path: path.to_owned(), content: Some(name.into()) };
        assert!(locked(".DAV/.locknull", "000413102030.cfg").is_of("000413102030"));
        assert!(locked("000413102030/.DAV/.locknull", "phone.cfg.").is_of("000413102030"));
        assert!(!locked(".DAV/.locknull", "phone.cfg").is_of("000413102030"));
    }

    #[test]
    fn a_file_may_have_a_name_in_many_spellings() {
        for named in ["000413102030.cfg", "00-04-13-10-20-30", "a0:4:13:10:20:30.tar.gz.cfg", "x-0:04:13:10:20:30f"] {
            assert!(is_named(named, "000413102030"), "{named}");
        }
        for other in ["0:4:13:10:20:3", "0:4:13:1:20:30", "4:13:10:20:30", "000413102031"] {
            assert!(!is_named(other, "000413102030"), "{other}");
        }
    }
}
