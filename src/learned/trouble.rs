//! What can be wrong with the learned file while the server runs.

use std::path::Path;

/// Why what the file says doesn't count, or not all of it. What counted before still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Trouble {
    /// Another file has its name, or none.
    Replaced = 1,
    /// It was written anew.
    Shrunk = 2,
    /// There is no room for all of it.
    Outgrown = 3,
    /// It can't be read.
    Unreadable = 4,
}

impl Trouble {
    /// By its number.
    pub fn of_number(number: u64) -> Option<Self> {
        [Trouble::Replaced, Trouble::Shrunk, Trouble::Outgrown, Trouble::Unreadable]
            .into_iter()
            .find(|trouble| *trouble as u64 == number)
    }

    /// For the operator: what, and what to do.
    pub fn says(self, path: &Path) -> String {
        let path = path.display();
        let restart = "restart httpd gracefully";
        match self {
            Trouble::Replaced => format!(
                "{path}: another file, or none, has the name of the learned file that is open; nothing more is read from \
                 the one nor written to the other until you {restart}, and devices that were proven stay so; forget a \
                 device by mtlsprotect device forget, not by an editor"
            ),
            Trouble::Shrunk => format!(
                "{path}: the learned file was cut or written anew in place; what stands in it now counts, and devices that \
                 were proven before stay so until you {restart}; before that, bring the others back from a copy by mtlsprotect \
                 learned merge; forget a device by mtlsprotect device forget, not by an editor"
            ),
            Trouble::Outgrown => format!(
                "{path}: the learned file needs more memory than was set aside for it: what other servers have added \
                 lately doesn't count; {restart}, which makes room"
            ),
            Trouble::Unreadable => format!(
                "{path}: the learned file can't be read: what was added to it lately doesn't count; let httpd's parent \
                 process read it"
            ),
        }
    }
}
