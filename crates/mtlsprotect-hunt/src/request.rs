//! A request.

use crate::phones::Sender;

/// A request, with `{https}` where the server's port is to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sends it.
    pub sender: Sender,
    /// The method.
    pub method: String,
    /// The request-target, as it goes out.
    pub target: String,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// What a PUT writes.
    pub body: &'static str,
    /// A legitimate phone's: it must pass.
    pub right: bool,
    /// The part of the site that it was made for.
    pub part: &'static str,
    /// The door of that part, as its path is written.
    pub door: String,
    /// On a new connection that resumes the last one's session.
    pub resumed: bool,
    /// The phone whose password it sends.
    pub password: Option<&'static str>,
    /// Nothing of all that: this phone asks for its own file with its certificate.
    pub proves: Option<&'static str>,
}

impl Request {
    /// A plain GET.
    pub fn get(sender: Sender, target: &str) -> Request {
        Request {
            sender,
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: "",
            right: false,
            part: "",
            door: String::new(),
            resumed: false,
            password: None,
            proves: None,
        }
    }

    /// Whether it may write.
    pub fn writes(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}
