//! What can be wrong with the learned file while the server runs.

use std::path::Path;

mtlsprotect_core::listed! {
    /// Why what the file says doesn't count, or not all of it. What counted before still does.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Trouble {
        /// Another file has its name, or none.
        Replaced,
        /// It was written anew.
        Shrunk,
        /// There is no room for all of it.
        Outgrown,
        /// It can't be read.
        Unreadable,
    }
}

impl Trouble {
    /// Its number in the memory that the children share, where 0 is none.
    pub fn number(self) -> u64 {
        self as u64 + 1
    }

    /// By its number.
    pub fn of_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.number() == number)
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
