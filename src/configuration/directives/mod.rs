//! The module's directives: for each a record in `mtlsprotect_core::directives`, and a setter here.

mod expression;
mod fleet;
mod learned;
mod names;
mod password;
mod proxy;
mod rules;
mod setter;
mod trust;

use crate::httpd::{Entry, end};
use fleet::FleetSize;
use learned::LearnedFile;
use mtlsprotect_core::directives;
use names::{FilePattern, Ignore, NameParameter, NamedBy};
use password::Password;
use proxy::Proxy;
use rules::{Methods, OtherFiles, Protect};
use setter::entry;
use trust::{CaFile, CaPath, CrlFile, DeviceFile, IdentityPattern, Vendor, VerifyDepth};

/// What httpd looks directives up in.
pub const TABLE: &[Entry] = &[
    entry::<Protect>(),
    entry::<CaFile>(),
    entry::<CaPath>(),
    entry::<Vendor>(),
    entry::<CrlFile>(),
    entry::<VerifyDepth>(),
    entry::<IdentityPattern>(),
    entry::<DeviceFile>(),
    entry::<LearnedFile>(),
    entry::<Proxy>(),
    entry::<Password>(),
    entry::<OtherFiles>(),
    entry::<Methods>(),
    entry::<NameParameter>(),
    entry::<NamedBy>(),
    entry::<FilePattern>(),
    entry::<Ignore>(),
    entry::<FleetSize>(),
    end(),
];

const _: () = assert!(TABLE.len() == directives::ALL.len() + 1, "a record without a setter here");
