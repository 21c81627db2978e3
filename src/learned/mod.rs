//! Which devices have proven themselves: what is read of `MTLSProtectLearnedFile`, what a request is judged by, and what is
//! added.

mod prove;
mod proven_here;
mod store;

pub use prove::{Provenance, prove};
pub use proven_here::ProvenHere;
pub use store::LearnedStore;
