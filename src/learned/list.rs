//! The learned list in memory that all children share, and that a graceful restart finds again.

use crate::httpd::{retained_lists, retained_words, room_for};
use crate::learned::trouble::Trouble;
use mtlsprotect_core::Fingerprint;
use mtlsprotect_core::built_in::{KnownPrefixes, KnownSets};
use mtlsprotect_core::learned::{LearnedFile, LearnedList};
use mtlsprotect_memory::{Halves, TooLong, View};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The kinds of what is shared. The numbers change with the meaning of the words. The roots that those of the list number
/// stand among them, so that children of before a graceful restart go by the same.
const LIST: &str = "learned 1";
const OTHER_FACTS: &str = "learned-facts 1";

/// What all processes know of the file besides the list.
const ROOM: usize = 0;
const BAD_LINES: usize = 1;
const TROUBLE: usize = 2;
const FACTS: usize = 3;

/// What the file says, as it counts now.
#[derive(Default)]
pub struct SharedLearned {
    list: OnceLock<Halves<'static>>,
    facts: OnceLock<&'static [AtomicU64]>,
    known: KnownSets,
}

/// What became of a file that was read when httpd reads its configuration.
pub struct Begun {
    /// How many devices were proven before by the same file, at a graceful restart.
    pub before: usize,
    /// How many are.
    pub devices: usize,
}

impl SharedLearned {
    /// Has a file count that was read from its beginning, with the roots of all hosts.
    ///
    /// # Errors
    /// There is no memory.
    pub fn begin(&self, file: &mut LearnedFile, roots: &[Fingerprint]) -> Result<Begun, String> {
        let facts = self.facts(file.path())?;
        let earlier = earlier(file.path(), facts);
        let before = earlier.and_then(|list| Some(LearnedList(list.current()?.words).len())).unwrap_or(0);
        let words = file.learned.to_words(roots);
        let list = match earlier.filter(|list| words.len() <= list.room()) {
            Some(list) => list,
            None => list(file.path(), room_for(words.len()))?,
        };
        // There is room for it.
        let _ = list.publish(words.into_iter());
        facts[ROOM].store(list.room() as u64, Relaxed);
        facts[BAD_LINES].store(0, Relaxed);
        facts[TROUBLE].store(0, Relaxed);
        let devices = list.current().map_or(0, |view| LearnedList(view.words).len());
        let _ = self.list.set(list);
        Ok(Begun { before, devices })
    }

    /// Has what counted before a graceful restart count on, in place of a file that can't be read; false where nothing did.
    pub fn go_on(&self, path: &Path) -> bool {
        let Some((facts, list)) = self.facts(path).ok().and_then(|facts| Some((facts, earlier(path, facts)?))) else {
            return false;
        };
        facts[TROUBLE].store(Trouble::Unreadable.number(), Relaxed);
        self.list.set(list).is_ok()
    }

    /// Has it count anew, as it was read on. Only for the parent.
    pub fn publish(&self, file: &mut LearnedFile, roots: &[Fingerprint]) -> Result<(), Trouble> {
        let words = file.learned.to_words(roots);
        let published = self.list.get().map(|list| list.publish(words.into_iter()));
        published.map_or(Ok(()), |published| published.map(drop).map_err(|TooLong { .. }| Trouble::Outgrown))
    }

    /// What counts now; none before anything does. What is decided by it holds if it [is still whole](View::is_whole)
    /// afterwards.
    #[inline]
    pub fn current(&self) -> Option<View<'static>> {
        self.list.get()?.current()
    }

    /// An answer by what counts now, from beginning to end.
    pub fn ask<T>(&self, ask: impl Fn(LearnedList<'_>) -> T) -> Option<T> {
        self.list.get()?.ask(|words| ask(LearnedList(words)))
    }

    /// The prefixes that a host knows together with those of a list from [`SharedLearned::current`]; `None` where that was
    /// overwritten.
    #[inline]
    pub fn known(&self, of_host: &KnownPrefixes, view: &View<'_>) -> Option<&KnownPrefixes> {
        self.known.with(of_host, view.number, || {
            let prefixes: Vec<_> = LearnedList(view.words).prefixes().collect();
            view.is_whole().then_some(prefixes)
        })
    }

    /// Counts lines that say nothing.
    pub fn add_bad_lines(&self, lines: u64) {
        if let Some(facts) = self.facts.get() {
            facts[BAD_LINES].fetch_add(lines, Relaxed);
        }
    }

    /// The file is read from its beginning, and they are counted anew.
    pub fn no_bad_lines(&self) {
        self.facts.get().into_iter().for_each(|facts| facts[BAD_LINES].store(0, Relaxed));
    }

    /// How many there are.
    pub fn bad_lines(&self) -> u64 {
        self.facts.get().map_or(0, |facts| facts[BAD_LINES].load(Relaxed))
    }

    /// What is wrong with the file.
    pub fn trouble(&self) -> Option<Trouble> {
        Trouble::of_number(self.facts.get()?[TROUBLE].load(Relaxed))
    }

    /// Notes what is wrong with it; true where that is something else than before.
    pub fn note(&self, trouble: Option<Trouble>) -> bool {
        let number = trouble.map_or(0, Trouble::number);
        self.facts.get().is_some_and(|facts| facts[TROUBLE].swap(number, Relaxed) != number)
    }

    fn facts(&self, path: &Path) -> Result<&'static [AtomicU64], String> {
        let name = format!("mtlsprotect {OTHER_FACTS} {}", path.display());
        let facts = retained_words(&name, FACTS).ok_or_else(|| "there is no shared memory".to_owned())?;
        Ok(self.facts.get_or_init(|| facts))
    }
}

/// The list of before a graceful restart.
fn earlier(path: &Path, facts: &[AtomicU64]) -> Option<Halves<'static>> {
    let room = usize::try_from(facts[ROOM].load(Relaxed)).ok().filter(|&room| room > 0)?;
    list(path, room).ok()
}

fn list(path: &Path, room: usize) -> Result<Halves<'static>, String> {
    retained_lists(LIST, path, room).ok_or_else(|| format!("there is no memory for {room} words of it"))
}
