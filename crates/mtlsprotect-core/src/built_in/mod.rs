//! What is built in of the vendors of phones and their prefixes: `vendors.toml` and `prefixes.tsv`.

pub(crate) mod known_prefixes;
pub(crate) mod known_sets;
pub(crate) mod owned_prefixes;
pub(crate) mod vendors;

pub use known_prefixes::KnownPrefixes;
pub use known_sets::KnownSets;
pub use owned_prefixes::OwnedPrefixes;
pub use vendors::{KnownCa, VENDORS, Vendor, maker_of, vendor_named_in, vendor_of};
