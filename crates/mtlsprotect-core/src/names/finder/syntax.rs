//! Which kinds of text are searched.

/// What a text is, and so where the parts end whose digits applications collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// A path: its segments.
    Path,
    /// The value of a query's parameter or of a cookie: whole, and what stands between `/`, `?`, `&`, `=` and `;` in it.
    Value,
    /// The name of a host: whole.
    Host,
    /// A User-Agent: whole, its end looser than the rest.
    UserAgent,
}
