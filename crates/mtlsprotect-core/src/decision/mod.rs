//! May this request have what it asks for? The rules, and what an operator decided that they depend on.

pub(crate) mod asked;
mod claim;
pub(crate) mod decide;
pub(crate) mod devices;
pub(crate) mod methods;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod proven;
pub(crate) mod reason;
pub(crate) mod rule;
pub(crate) mod sender;
pub(crate) mod verdict;

pub use asked::{Asked, User};
pub use claim::searched_as;
pub use decide::{decide, decide_at_once, decide_in_order, first_match, is_exempt, learn_lets_pass};
pub use devices::DeviceFile;
pub use devices::line::{Entry, Exemption, Line, PasswordLine};
pub use devices::list::{DeviceList, Listing, Said};
pub use devices::state::FileState;
pub use methods::{DEFAULT_METHODS, Methods, reads};
pub use password::may_be_proven_by_password;
pub use policy::{Mode, OtherFiles, Passwords, Policy};
pub use proven::Proven;
pub use reason::Reason;
pub use rule::Rule;
pub use sender::Sender;
pub use verdict::Verdict;
