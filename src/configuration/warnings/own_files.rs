//! Files of this module among the files that are served.

use crate::configuration::extent::Protection;
use crate::configuration::folders::Folder;
use crate::configuration::site::{Setting, Site};
use crate::configuration::warnings::paths::Paths;
use crate::httpd::{Pool, server_path};
use crate::message::{Message, Number};

/// Finds them.
pub fn find(site: &Site, protection: &Protection<'_>, pool: Pool<'_>, warnings: &mut Vec<Message>) {
    let names = ["mtlsprotectdevicefile", "mtlsprotectlearnedfile"];
    let all = || std::iter::once(&site.server).chain(site.hosts.iter().map(|host| &host.own));
    let mut files = names.iter().flat_map(|name| all().flat_map(|settings| settings.all(name))).peekable();
    if files.peek().is_none() {
        return;
    }
    let served = protection.hosts.iter().flat_map(|reach| &reach.folders).filter(|folder| is_whole(folder));
    let served = Paths(served.map(|folder| folder.path.clone()).collect());
    warnings.extend(files.filter_map(|file| {
        let path = server_path(pool, file.word());
        let folder = served.around(&path.to_string_lossy())?;
        Some(of(file, folder))
    }));
}

fn is_whole(folder: &Folder<'_>) -> bool {
    !folder.path.is_empty() && folder.url.is_some()
}

fn of(file: &Setting, folder: &str) -> Message {
    Number::OwnFileServed.says(format!(
        "{}: {}: the file lies in {folder}, which is served: whoever may read what names no phone learns the MACs of all devices \
         and who is exempt; where phones may write there they could change it; move it out of there, to /etc/mtlsprotect or \
         /var/lib/mtlsprotect",
        file.place(),
        file.text(),
    ))
}
