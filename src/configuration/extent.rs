//! How far sections reach: which of them count for a request to a host, and which replaces which.

use crate::configuration::folders::{Folder, clean, folders_of, lies_in, overlap};
use crate::configuration::site::{Host, Setting, Site};
use crate::httpd::Node;
use mtlsprotect_core::decision::Mode;
use std::collections::BTreeMap;

/// What protects each host, in the order of [`Site::hosts`].
pub struct Protection<'s> {
    /// Of each host.
    pub hosts: Vec<Reach<'s>>,
}

/// What protects one host.
pub struct Reach<'s> {
    /// `MTLSProtect` in force outside sections.
    pub base: Option<&'s Setting<'s>>,
    /// Those in sections that a request to the host can meet, server config first.
    pub sections: Vec<&'s Setting<'s>>,
    /// What it serves.
    pub folders: Vec<Folder<'s>>,
}

/// The settings of one directive in sections, those of the server config by the literal `<Directory>` that they stand in.
pub struct Index<'s> {
    name: &'static str,
    by_folder: BTreeMap<String, Vec<&'s Setting<'s>>>,
    elsewhere: Vec<&'s Setting<'s>>,
}

impl<'s> Protection<'s> {
    /// Finds out.
    pub fn of(site: &'s Site<'s>) -> Self {
        let index = Index::of(site, "mtlsprotect");
        let hosts = site.hosts.iter().map(|host| {
            let folders = folders_of(site, host);
            let sections = index.reaching(host, &folders);
            Reach { base: site.in_force(host, "mtlsprotect"), sections, folders }
        });
        Protection { hosts: hosts.collect() }
    }
}

impl<'s> Index<'s> {
    /// For a directive whose name is given in lower case.
    pub fn of(site: &'s Site<'s>, name: &'static str) -> Self {
        let mut index = Index { name, by_folder: BTreeMap::new(), elsewhere: Vec::new() };
        for setting in site.server.all(name).iter().filter(|setting| !setting.sections.is_empty()) {
            match folder(setting) {
                Some(folder) => index.by_folder.entry(folder).or_default().push(setting),
                None => index.elsewhere.push(setting),
            }
        }
        index
    }

    /// Those that a request to the host can meet, which serves these folders.
    pub fn reaching(&self, host: &'s Host<'s>, folders: &[Folder<'_>]) -> Vec<&'s Setting<'s>> {
        let mut found: Vec<&'s Setting<'s>> = self.elsewhere.clone();
        for served in folders {
            let path = served.path.as_str();
            let mut above = Some(path);
            while let Some(folder) = above {
                found.extend(self.by_folder.get(folder).into_iter().flatten());
                above = folder.rsplit_once('/').map(|(parent, _)| parent);
            }
            let below = self.by_folder.range(format!("{path}/")..);
            found.extend(below.take_while(|(folder, _)| lies_in(folder, path)).flat_map(|(_, settings)| settings));
        }
        found.sort_by_key(|setting| std::ptr::from_ref(*setting).addr());
        found.dedup_by_key(|setting| std::ptr::from_ref(*setting).addr());
        let own = host.own.all(self.name).iter().filter(|setting| !setting.sections.is_empty());
        found.extend(own.filter(|setting| {
            folder(setting).is_none_or(|own| folders.iter().any(|served| overlap(&served.path, &own)))
        }));
        found
    }
}

impl<'s> Reach<'s> {
    /// The settings that count somewhere on the host.
    pub fn all(&self) -> impl Iterator<Item = &'s Setting<'s>> {
        self.base.into_iter().chain(self.sections.iter().copied())
    }

    /// Whether requests are judged somewhere on it.
    pub fn protects(&self) -> bool {
        self.all().any(Setting::protects)
    }

    /// Whether an Off that counts for all that it serves comes after everything that protects.
    pub fn is_off_in_the_end(&self) -> bool {
        let last = self.all().filter(|setting| setting.protects()).map(rank).max();
        self.all().any(|setting| setting.is("off") && self.covers_all(setting) && Some(rank(setting)) > last)
    }

    /// The strictest mode on it; `None` if nothing is judged.
    pub fn strictest(&self) -> Option<Mode> {
        self.all().map(mode_of).max().filter(|&mode| mode != Mode::Off)
    }

    /// Whether a setting counts for everything that the host serves.
    pub fn covers_all(&self, setting: &Setting) -> bool {
        match &setting.sections[..] {
            [] => true,
            [section] if section.is("<Location") => section.words() == ["/"],
            [section] if section.is("<Directory") => {
                folder(setting).is_some_and(|own| self.folders.iter().all(|served| lies_in(&served.path, &own)))
            }
            _ => false,
        }
    }

    /// The setting that `inner` replaces for some requests: the strictest of those that httpd merges before it.
    pub fn replaced_by(&self, inner: &'s Setting<'s>) -> Option<&'s Setting<'s>> {
        let at = self.all().position(|setting| std::ptr::eq(setting, inner))?;
        let is_before = |(place, outer): &(usize, &'s Setting<'s>)| {
            *place != at && (rank(outer), *place) < (rank(inner), at) && self.meet(outer, inner)
        };
        let stricter = |outer: &&'s Setting<'s>| mode_of(outer) > mode_of(inner);
        let before: Vec<&Setting> =
            self.all().enumerate().filter(is_before).map(|(_, outer)| outer).filter(stricter).collect();
        before.into_iter().rev().max_by_key(|outer| mode_of(outer))
    }

    /// Whether a request can be in the sections of both.
    pub fn meet(&self, one: &Setting, other: &Setting) -> bool {
        match (folder(one), url(one), folder(other), url(other)) {
            (Some(one), _, Some(other), _) => overlap(&one, &other),
            (_, Some(one), _, Some(other)) => one.starts_with(&other) || other.starts_with(&one),
            (Some(folder), _, _, Some(url)) | (_, Some(url), Some(folder), _) => self.serves(&folder, &url),
            _ => true,
        }
    }

    /// Whether something of a folder is served below a URL.
    fn serves(&self, folder: &str, url: &str) -> bool {
        self.folders.iter().any(|served| {
            let Some(at) = served.url else { return overlap(&served.path, folder) };
            if at.starts_with(url) {
                return overlap(&served.path, folder);
            }
            url.strip_prefix(at).is_some_and(|rest| {
                if served.pattern.is_some() {
                    return overlap(&served.path, folder);
                }
                let path = format!("{}/{}", served.path, rest.trim_matches('/'));
                overlap(path.trim_end_matches('/'), folder)
            })
        })
    }
}

impl Reach<'_> {
    /// The URLs below which the host serves what lies in a folder.
    pub fn urls_of(&self, folder: &str) -> Vec<String> {
        let url = |served: &Folder<'_>| {
            let at = served.url?.trim_end_matches('/');
            let inside = if lies_in(&served.path, folder) { "" } else { folder.strip_prefix(&served.path)? };
            overlap(&served.path, folder).then(|| format!("{at}{inside}/"))
        };
        self.folders.iter().filter_map(url).collect()
    }
}

/// Where httpd merges a section among others: by the innermost one, folders by their depth, patterns after all of them.
pub fn rank(setting: &Setting) -> (u8, usize) {
    let Some(section) = setting.sections.last() else { return (0, 0) };
    let name = section.name().to_ascii_lowercase();
    match name.as_str() {
        "<directory" if section.words().len() == 1 => (1, clean(&section.words()[0]).matches('/').count()),
        // What is proxied is in these instead of a folder.
        "<directory" | "<directorymatch" | "<proxy" | "<proxymatch" => (2, 0),
        "<files" | "<filesmatch" => (3, 0),
        "<location" | "<locationmatch" => (4, 0),
        _ => (5, 0),
    }
}

/// The literal path of the outermost `<Directory>`; none for a pattern, and outside of any.
pub fn folder(setting: &Setting) -> Option<String> {
    setting.section().filter(|section| section.is("<Directory")).and_then(literal).map(|path| clean(&path))
}

/// The literal path of the outermost `<Location>`; none for a pattern, and outside of any.
pub fn url(setting: &Setting) -> Option<String> {
    let section = setting.section().filter(|section| section.is("<Location"))?;
    let path = literal(section)?;
    Some(if path.len() > 1 { path.trim_end_matches('/').to_owned() } else { path })
}

fn literal(section: Node) -> Option<String> {
    let words = section.words();
    let [path] = &words[..] else { return None };
    (!path.contains(['*', '?', '['])).then(|| path.clone())
}

/// The sections around a setting, as they are written: `<Directory "/srv/cfg"> <Files "*.cfg">`.
pub fn described(setting: &Setting) -> String {
    let one = |section: &Node| format!("{} \"{}\">", section.name(), section.words().join(" "));
    setting.sections.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The mode that a setting sets.
pub fn mode_of(setting: &Setting) -> Mode {
    Mode::ALL.into_iter().rev().find(|mode| setting.is(mode.as_str())).unwrap_or(Mode::Off)
}
