//! What sites are composed of.

use crate::reader::Reader;
use crate::spelling::Understood;

/// One thing that a site does, in a corner of URL space of its own.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its kind.
    pub name: &'static str,
    /// Modules that it needs.
    pub modules: Vec<&'static str>,
    /// Lines of the server.
    pub server: String,
    /// Lines of each host.
    pub host: String,
    /// Files below the server's root, and what is in them.
    pub files: Vec<(String, String)>,
    /// Files that are to be run.
    pub scripts: Vec<(String, String)>,
    /// Ways to a phone's file.
    pub doors: Vec<Door>,
}

/// Which methods a door is tried with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Methods {
    /// Those that read, and now and then another.
    Reads,
    /// Those of an application that can be written to.
    Application,
    /// Those of WebDAV.
    Dav,
}

/// A way to a phone's file. In `path`, `query` and `headers` `{name}` is the phone's name as `understood` there,
/// `{half}` and `{rest}` its first six digits and the others, `{extension}` its number in a map, `{own}` the sender,
/// `{mac}` what PHP calls a parameter `mac`.
#[derive(Clone, Debug)]
pub struct Door {
    /// The path.
    pub path: String,
    /// The query, empty for none.
    pub query: String,
    /// Headers that belong to it.
    pub headers: Vec<(&'static str, String)>,
    /// What is understood as the name.
    pub understood: Understood,
    /// The only phone that it leads to.
    pub fixed: Option<&'static str>,
    /// With which methods.
    pub methods: Methods,
    /// Whether the sender may pass it for its own file.
    pub own: bool,
}

impl Door {
    /// A door whose path has the name as the file has it.
    pub fn path(path: &str) -> Door {
        Door {
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
            understood: Understood::Literally,
            fixed: None,
            methods: Methods::Reads,
            own: true,
        }
    }

    /// With this query.
    pub fn query(self, query: &str) -> Door {
        Door { query: query.to_owned(), ..self }
    }

    /// With this header.
    pub fn header(mut self, name: &'static str, value: &str) -> Door {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Whose name may be in any case.
    pub fn any_case(self) -> Door {
        Door { understood: Understood::InAnyCase, ..self }
    }

    /// Read by an application.
    pub fn read_by(self, reader: Reader) -> Door {
        Door { understood: Understood::By(reader), methods: Methods::Application, ..self }
    }

    /// That leads to one phone's file only.
    pub fn fixed(self, mac: &'static str) -> Door {
        Door { fixed: Some(mac), ..self }
    }

    /// Tried with these methods.
    pub fn methods(self, methods: Methods) -> Door {
        Door { methods, ..self }
    }

    /// Not promised to the right phone: what names it does not stand in the URL, or may be read as another.
    pub fn not_own(self) -> Door {
        Door { own: false, ..self }
    }
}

impl Part {
    /// A part without anything yet.
    pub fn named(name: &'static str) -> Part {
        Part { name, ..Part::default() }
    }

    /// Needs this module.
    pub fn module(mut self, name: &'static str) -> Part {
        self.modules.push(name);
        self
    }

    /// Needs these modules.
    pub fn modules(mut self, names: &[&'static str]) -> Part {
        self.modules.extend(names);
        self
    }

    /// More lines of the server.
    pub fn server(mut self, text: &str) -> Part {
        self.server += text;
        self.server.push('\n');
        self
    }

    /// More lines of each host.
    pub fn host(mut self, text: &str) -> Part {
        self.host += text;
        self.host.push('\n');
        self
    }

    /// One more file, below the server's root.
    pub fn file(mut self, path: &str, content: &str) -> Part {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// One more file that is to be run.
    pub fn script(mut self, path: &str, content: &str) -> Part {
        self.scripts.push((path.to_owned(), content.to_owned()));
        self
    }

    /// One more door.
    pub fn door(mut self, door: Door) -> Part {
        self.doors.push(door);
        self
    }
}
