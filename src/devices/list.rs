//! The list of one device file in memory that all children share, and that a graceful restart finds again.

use crate::devices::file::{Found, Stamp};
use crate::httpd::{retained_lists, room_for};
use mtlsprotect_core::built_in::{KnownPrefixes, KnownSets};
use mtlsprotect_core::decision::{DeviceFile, DeviceList, FileState};
use mtlsprotect_core::time::UnixTime;
use mtlsprotect_memory::{Halves, TooLong, View};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The kinds of what is shared. The numbers change with the meaning of the words.
const LIST: &str = "list 2";
const STATE: &str = "list-state 1";

/// The list of a file.
pub struct SharedList {
    path: PathBuf,
    list: Halves<'static>,
    state: Halves<'static>,
    known: KnownSets,
    /// Somewhere only its devices are let in.
    is_closed_somewhere: AtomicBool,
    /// What the parent has seen of the file.
    watched: Mutex<Watched>,
}

/// What the parent has seen of a file.
#[derive(Default)]
pub(super) struct Watched {
    /// What was read last; unknown where that may have changed without showing it.
    pub read: Option<Option<Stamp>>,
    /// What was there when it was looked at, other than that, and since when.
    pub seen: Option<(Option<Stamp>, Instant)>,
}

/// What reading a file has come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A new list counts.
    New {
        /// Devices in the one before.
        before: u64,
    },
    /// The file says what the list says already.
    Same,
    /// The list before still counts, since it says what is wrong with the file.
    Kept,
}

/// What the configuration should say of a file that it names.
#[derive(Default)]
pub struct Remarks {
    /// Of a file that counts.
    pub warnings: Vec<String>,
    /// Of one that doesn't: the list before does.
    pub error: Option<String>,
}

impl SharedList {
    /// That of the file at a path, which is read: a configuration names it.
    ///
    /// # Errors
    /// What is wrong with the file, where there is no earlier list of it.
    pub fn of(path: &Path, now: UnixTime) -> Result<(Self, Remarks), String> {
        let found = Found::at(path, now);
        let state = retained(STATE, path, FileState::WORDS)?;
        let mut room = state_in(&state).map_or(0, |state| state.room as usize);
        if let Ok(file) = &found.read {
            let needed = file.words().len();
            if needed > room {
                room = room_for(needed);
            }
        } else if room == 0 {
            return Err(found.read.err().unwrap_or_default());
        }
        let list = retained(LIST, path, room)?;
        let list = SharedList {
            path: path.to_owned(),
            list,
            state,
            known: KnownSets::default(),
            is_closed_somewhere: AtomicBool::new(false),
            watched: Mutex::default(),
        };
        let mut remarks = Remarks::default();
        match list.take(&found, now) {
            Outcome::Kept => remarks.error = Some(list.what_is_kept()),
            _ => remarks.warnings = found.read.map(|file| file.warnings().to_vec()).unwrap_or_default(),
        }
        list.watched().read = found.stamp;
        Ok((list, remarks))
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The list that counts now. What is decided by it holds if it [is still whole](View::is_whole) afterwards.
    #[inline]
    pub fn current(&self) -> Option<View<'static>> {
        self.list.current()
    }

    /// An answer by the list that counts now, whether it is closed or not, from beginning to end.
    pub fn ask<T>(&self, ask: impl Fn(DeviceList<'_>) -> T) -> Option<T> {
        self.list.ask(|words| ask(DeviceList::new(words, false)))
    }

    /// The prefixes that a host knows together with those of a list from [`SharedList::current`]; `None` where that was
    /// overwritten.
    #[inline]
    pub fn known(&self, of_host: &KnownPrefixes, view: &View<'_>) -> Option<&KnownPrefixes> {
        self.known.with(of_host, view.number, || {
            let prefixes: Vec<_> = DeviceList::new(view.words, false).prefixes().collect();
            view.is_whole().then_some(prefixes)
        })
    }

    /// How the file stands.
    pub fn state(&self) -> FileState {
        state_in(&self.state).unwrap_or_default()
    }

    /// Says that somewhere only its devices are let in.
    pub fn close(&self) {
        self.is_closed_somewhere.store(true, Ordering::Relaxed);
    }

    /// Whether it refuses everybody somewhere. Only for the parent, which alone changes it.
    pub fn refuses_all(&self) -> bool {
        let lists_anyone = |view: View<'_>| DeviceList::new(view.words, true).lists_anyone();
        self.is_closed_somewhere.load(Ordering::Relaxed) && !self.current().is_some_and(lists_anyone)
    }

    /// Whether it exempts any device. As above.
    pub fn has_exemptions(&self) -> bool {
        self.current().is_some_and(|view| DeviceList::new(view.words, false).has_exemptions())
    }

    pub(super) fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has what was found count, if it is good.
    pub(super) fn take(&self, found: &Found, now: UnixTime) -> Outcome {
        let before = self.state();
        let kept = |error: String| {
            let is_old = before.error.as_ref().is_some_and(|(_, old)| *old == error);
            let error = before.error.clone().filter(|_| is_old).unwrap_or((now, error));
            self.keep(&FileState { error: Some(error), ..before.clone() });
            Outcome::Kept
        };
        let file = match &found.read {
            Ok(_) if found.is_empty && before.devices > 0 => {
                let path = self.path.display();
                return kept(format!("{path}: is empty; if no device is to be in it, write a comment: # none"));
            }
            Ok(file) => file,
            Err(error) => return kept(error.clone()),
        };
        let devices = file.list(false).len() as u64;
        let state = FileState { devices, loaded: now, room: self.list.room() as u64, error: None };
        if self.says(file) {
            self.keep(&FileState { loaded: before.loaded, ..state });
            return Outcome::Same;
        }
        match self.list.publish(file.words().iter().map(|word| word.load(Ordering::Relaxed))) {
            Ok(_) => {
                self.keep(&state);
                Outcome::New { before: before.devices }
            }
            Err(TooLong { .. }) => kept(format!(
                "{}: its {} need more memory than was set aside for them; restart httpd gracefully, which \
                 makes room",
                self.path.display(),
                counted(devices)
            )),
        }
    }

    /// What is wrong with the file, and what counts in its place.
    pub(super) fn what_is_kept(&self) -> String {
        let FileState { devices, loaded, error, .. } = self.state();
        let (_, error) = error.unwrap_or_default();
        format!("{error}; the list of {loaded} with {} still counts", counted(devices))
    }

    fn says(&self, file: &DeviceFile) -> bool {
        self.current().is_some_and(|view| {
            let pairs = || view.words.iter().zip(file.words());
            let is_same = |(one, other): (&_, &_)| load(one) == load(other);
            view.words.len() == file.words().len() && pairs().all(is_same)
        })
    }

    fn keep(&self, state: &FileState) {
        // There is room for every state.
        let _ = self.state.publish(state.words().into_iter());
    }
}

/// So many devices.
pub(super) fn counted(devices: u64) -> String {
    if devices == 1 { "1 device".to_owned() } else { format!("{devices} devices") }
}

fn load(word: &std::sync::atomic::AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

/// Memory for words of some kind, up to so many, about a file: that which was given out for it before.
fn retained(kind: &str, path: &Path, words: usize) -> Result<Halves<'static>, String> {
    retained_lists(kind, path, words).ok_or_else(|| format!("there is no memory for {words} words of a device list"))
}

fn state_in(halves: &Halves<'_>) -> Option<FileState> {
    halves.ask(|words| FileState::of(&words.iter().map(load).collect::<Vec<u64>>())).flatten()
}
