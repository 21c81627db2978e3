//! The kinds of texts.

use crate::names::finder::Syntax;

/// The kind of a text that is searched as a whole, or in pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// A path.
    Path,
    /// A path behind a long text, with which it shares what may be looked at.
    OtherPath,
    /// A query.
    Query,
    /// A query that isn't as it was sent, but made of texts that were searched before.
    RewrittenQuery,
    /// Cookies.
    Cookies,
    /// Another header, or a value that is all there is.
    Header(Syntax),
}

impl Whole {
    /// A number of what is found in such a text, which no reading of a piece has.
    pub fn number(self) -> u16 {
        match self {
            Whole::Path | Whole::OtherPath => 0x100,
            Whole::Query | Whole::RewrittenQuery => 0x200,
            Whole::Cookies => 0x300,
            Whole::Header(syntax) => 0x400 + ((syntax as u16) << 4),
        }
    }
}
