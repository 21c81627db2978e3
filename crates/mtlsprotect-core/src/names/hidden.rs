//! What is hidden in the texts of a request, once these were searched for names.

use crate::mac::Mac;
use crate::names::budget::Left;
use crate::names::finder::Hidden;
use crate::names::named::Source;
use crate::names::naming::Naming;
use crate::names::search::Search;
use crate::names::texts::{Headers, Texts};

impl Hidden {
    /// In texts of which so much may still be looked at, searched in the same sender's name as for names.
    pub fn in_texts(texts: &Texts<'_>, naming: &Naming<'_>, sender: Option<Mac>, left: Left) -> Self {
        let mut search = Search::of_others(naming, sender, left).thorough();
        search.texts(*texts, false, None);
        search.hidden()
    }

    /// In headers.
    pub fn in_headers(headers: &Headers<'_>, naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(naming, sender).thorough();
        search.headers(headers);
        search.hidden()
    }

    /// In a value that the operator says is a device's name.
    pub fn in_value(value: &[u8], naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(naming, sender).thorough();
        search.value(value, Source::NamedBy);
        search.hidden()
    }

    /// In the Destination header of a COPY or MOVE.
    pub fn in_destination(destination: &[u8], naming: &Naming<'_>, sender: Option<Mac>) -> Self {
        let mut search = Search::new(naming, sender).thorough();
        search.destination(destination);
        search.hidden()
    }
}

#[cfg(test)]
#[path = "hidden_tests.rs"]
mod tests;
