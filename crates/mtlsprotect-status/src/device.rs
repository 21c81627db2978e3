//! A device, and how far it is.

use crate::serial::{self, Word};
use mtlsprotect_core::Mac;
use mtlsprotect_core::time::UnixTime;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::ControlFlow;

mtlsprotect_core::words! {
    /// How far a device is; each is in exactly one, the first that matches.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum State {
        /// The device file blocks it.
        Blocked = "blocked",
        /// The device file exempts it, still.
        Exempt = "exempt",
        /// Its own last request was refused, or would be, and none was served since.
        Refused = "refused",
        /// It is in the learned file, so that Learn protects it.
        Proven = "proven",
        /// It has shown a good certificate, and no learned file keeps that: On would serve it.
        Ready = "ready",
        /// It was served by its password in place of a certificate, and On serves it so.
        Password = "password",
        /// It was served without a good certificate.
        NotYet = "not-yet",
        /// The device file has it, and nothing else is known.
        NeverSeen = "never-seen",
    }
}

/// How many devices are in which [`State`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rollout {
    /// [`State::Blocked`].
    pub blocked: u64,
    /// [`State::Exempt`].
    pub exempt: u64,
    /// [`State::Refused`].
    pub refused: u64,
    /// [`State::Proven`].
    pub proven: u64,
    /// [`State::Ready`].
    pub ready: u64,
    /// [`State::Password`].
    #[serde(default)]
    pub password: u64,
    /// [`State::NotYet`].
    pub not_yet: u64,
    /// [`State::NeverSeen`].
    pub never_seen: u64,
}

/// The devices, however many: the module looks into its table and its lists, the tests have a list.
pub trait Devices {
    /// Tells of each device from `first` on its MAC and its state, by MAC, each once, until `tell` has had enough. Quick: it
    /// is done for every page. False where what was told may be wrong, since a list was overwritten meanwhile: so seldom
    /// that asking again is enough.
    fn each(&self, first: Mac, tell: &mut dyn FnMut(Mac, State) -> ControlFlow<()>) -> bool;

    /// Everything about one of them; none where it has gone meanwhile.
    fn device(&self, mac: Mac) -> Option<Device>;
}

/// What is known of a device. In brief (`devices=brief`) the rest is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its MAC.
    #[serde(with = "serial::mac")]
    pub mac: Mac,
    /// How far it is.
    pub state: State,
    /// When it was first served.
    #[serde(default, with = "serial::maybe_time")]
    pub first_seen: Option<UnixTime>,
    /// When it was last served.
    #[serde(default, with = "serial::maybe_time")]
    pub last_seen: Option<UnixTime>,
    /// When it last proved itself anew.
    #[serde(default, with = "serial::maybe_time")]
    pub proven_at: Option<UnixTime>,
    /// When the certificate that proved it expires.
    #[serde(default, with = "serial::maybe_time")]
    pub certificate_end: Option<UnixTime>,
    /// When its exemption ends, where its line says so.
    #[serde(default, with = "serial::maybe_time")]
    pub exempt_until: Option<UnixTime>,
    /// Whose CAs vouched for it.
    pub vendor: Option<String>,
    /// The host at which it proved itself.
    pub host: Option<String>,
    /// Its requests that were served.
    #[serde(default)]
    pub served: u64,
    /// Its own requests that were refused, or would be.
    #[serde(default)]
    pub refused: u64,
    /// The last of these.
    pub last_refusal: Option<DeviceRefusal>,
}

/// A refusal of a device's own request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRefusal {
    /// When.
    #[serde(with = "serial::time")]
    pub time: UnixTime,
    /// deny or would-deny.
    pub verdict: Word,
    /// Why.
    pub reason: Word,
    /// Where.
    pub host: String,
}

impl Serialize for State {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        State::of_word(word.as_bytes()).ok_or_else(|| serde::de::Error::custom("is not a state of a device"))
    }
}

impl Rollout {
    /// How many are in a state.
    pub fn number(&self, state: State) -> u64 {
        let mut all = *self;
        *all.of(state)
    }

    /// Counts a device.
    pub fn add(&mut self, state: State) {
        *self.of(state) += 1;
    }

    /// How many there are.
    pub fn all(&self) -> u64 {
        State::ALL.into_iter().fold(0, |sum, state| sum.saturating_add(self.number(state)))
    }

    /// How many the mode On would refuse, or of which nobody knows.
    pub fn left(&self) -> u64 {
        self.not_yet.saturating_add(self.refused).saturating_add(self.never_seen)
    }

    fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Blocked => &mut self.blocked,
            State::Exempt => &mut self.exempt,
            State::Refused => &mut self.refused,
            State::Proven => &mut self.proven,
            State::Ready => &mut self.ready,
            State::Password => &mut self.password,
            State::NotYet => &mut self.not_yet,
            State::NeverSeen => &mut self.never_seen,
        }
    }
}
