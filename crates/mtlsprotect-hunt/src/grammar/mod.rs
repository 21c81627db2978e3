//! What sites write, in pieces that go together.

mod applications;
mod files;
mod listings;
mod names;
mod pages;
mod rewrites;
mod writes;

pub use names::SPELLINGS;

use crate::part::Part;
use crate::random::Random;

/// Composes one kind of part, with what it leaves open decided by chance.
pub type Kind = fn(&mut Random) -> Part;

/// All kinds of parts.
pub const KINDS: &[Kind] = &[
    files::alias,
    files::alias_match,
    files::directory_index,
    files::fallback,
    files::negotiation,
    files::host_names,
    files::odd_names,
    files::other_host,
    listings::listing,
    listings::corrections,
    listings::homes,
    pages::includes,
    pages::error_pages,
    pages::script,
    pages::named_by,
    pages::caches,
    rewrites::server,
    rewrites::maps,
    rewrites::directory,
    rewrites::htaccess,
    rewrites::from_query,
    rewrites::from_environment,
    applications::proxied,
    applications::proxied_fixed,
    applications::proxied_match,
    applications::proxied_query,
    applications::rewritten,
    applications::rewritten_query,
    applications::rewritten_in_directory,
    applications::balancer,
    applications::sticky_balancer,
    applications::unix_socket,
    applications::fastcgi,
    applications::authority,
    names::folded_header,
    names::told_by_header,
    names::by_expression,
    names::made_header,
    names::parameters,
    writes::dav,
    writes::own_alias,
    writes::rewritten,
];

/// The folder with a file for each phone, which every site has.
pub fn folder() -> Part {
    files::folder()
}

/// Some parts, no kind twice.
pub fn compose(random: &mut Random) -> Vec<Part> {
    let mut kinds: Vec<Kind> = KINDS.to_vec();
    random.shuffle(&mut kinds);
    let count = 2 + random.below(5);
    let mut parts = vec![folder()];
    parts.extend(kinds.into_iter().take(count).map(|kind| kind(random)));
    parts
}
