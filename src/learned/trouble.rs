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

    /// For the operator, behind the file's path: what is wrong, and what to do.
    pub fn text(self) -> &'static str {
        match self {
            Trouble::Replaced => {
                "the learned file was replaced or removed while httpd has it open: new lines still go into the old file, \
                 and nothing more is read, until you restart httpd gracefully; devices that were proven stay so; to \
                 forget a device use mtlsprotect device forget, not an editor"
            }
            Trouble::Shrunk => {
                "the learned file was cut or rewritten in place: what stands in it now counts, and devices that were proven \
                 before stay so until you restart httpd gracefully; before that, bring the others back from a copy with \
                 mtlsprotect learned merge; to forget a device use mtlsprotect device forget, not an editor"
            }
            Trouble::Outgrown => {
                "the learned file needs more memory than was set aside for it: what other servers have added lately \
                 doesn't count; restart httpd gracefully, which makes room"
            }
            Trouble::Unreadable => {
                "the learned file can't be read: what was added to it lately doesn't count; let httpd's parent process \
                 read it"
            }
        }
    }

    /// The same with the path.
    pub fn says(self, path: &Path) -> String {
        format!("{}: {}", path.display(), self.text())
    }
}
