//! May this request have what it asks for? The rules, and what an operator decided that they depend on.

pub(crate) mod decide;
pub(crate) mod devices;
pub(crate) mod policy;
pub(crate) mod reason;
pub(crate) mod rule;

pub use decide::{Asked, Verdict, decide, first_match, is_exempt, reads};
pub use devices::{DeviceFile, Entry, Exemption, Line, Listing};
pub use policy::{DEFAULT_METHODS, DEFAULT_NAME_PARAMETERS, Methods, Mode, OtherFiles, Policy, Sender};
pub use reason::Reason;
pub use rule::Rule;
