//! What an answer means for who asked.

use super::ask::{Failure, ServerAnswer};
use super::challenge::Challenge;
use mtlsprotect_core::escape::quoted;
use serde::Serialize;

/// A line of the table.
#[derive(Serialize)]
pub struct AnswerRow {
    /// Who asked.
    pub who: String,
    /// What was spoken.
    pub protocol: String,
    /// The server spoke TLS, whatever came of it.
    #[serde(skip)]
    pub is_tls: bool,
    /// The status, none without an answer.
    pub status: Option<u16>,
    /// The ways in which it asks for a password: `Basic`, `Digest MD5`.
    pub asks: Vec<String>,
    /// The answer for people.
    pub answer: String,
    /// What it means.
    pub meaning: Meaning,
    /// Whether a session was resumed where that was tried.
    pub judged: SessionKind,
    /// It is not as it should be.
    pub is_finding: bool,
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// The file.
    Served,
    /// A refusal.
    Refused,
    /// A refusal that asks for a password.
    Asked,
    /// 404, which may be a refusal.
    NotThere,
    /// The way to somewhere else.
    Redirected,
    /// An error of the server's.
    Failed,
    /// The end of the connection.
    Dropped,
    /// Nothing: nobody listens.
    Unreachable,
    /// Nothing in the time for the whole check.
    Unanswered,
}

/// How the session went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionKind {
    /// A full handshake was meant and made, or plain HTTP.
    First,
    /// A session was resumed.
    Resumed,
    /// It should have been, and wasn't.
    NotResumed,
}

impl AnswerRow {
    /// For a client that should not get a device's file.
    pub fn of_stranger(who: &str, answer: ServerAnswer, names_device: bool) -> Self {
        let mut row = AnswerRow::new(who, answer);
        row.is_finding = match row.meaning {
            Meaning::Served => names_device,
            Meaning::Failed => true,
            _ => false,
        };
        row
    }

    /// For the device whose file it is.
    pub fn of_device(who: &str, answer: ServerAnswer) -> Self {
        let mut row = AnswerRow::new(who, answer);
        row.is_finding = !matches!(row.meaning, Meaning::Served | Meaning::Unanswered);
        row
    }

    /// For a device that should be asked for its password, in a way that [`Challenge`] knows.
    pub fn of_asked(who: &str, answer: ServerAnswer) -> Self {
        let is_answered = answer.asks().iter().any(Challenge::is_known);
        let mut row = AnswerRow::new(who, answer);
        row.is_finding = !(row.meaning == Meaning::Asked && is_answered || row.meaning == Meaning::Unanswered);
        row
    }

    /// For whoever asks for a device's file without TLS, where no password should be asked for or be good for anything.
    pub fn of_plain_http(who: &str, answer: ServerAnswer) -> Self {
        let mut row = AnswerRow::of_stranger(who, answer, true);
        row.is_finding |= row.meaning == Meaning::Asked;
        row
    }

    fn new(who: &str, answer: ServerAnswer) -> Self {
        let judged = match (answer.should_resume, answer.resumed) {
            (false, _) => SessionKind::First,
            (true, true) => SessionKind::Resumed,
            (true, false) => SessionKind::NotResumed,
        };
        let asks: Vec<String> = answer.asks().iter().map(Challenge::name).collect();
        let (status, text, meaning) = match answer.head {
            Ok(head) => {
                let to = head.location.map(|location| format!(" to {location}")).unwrap_or_default();
                let by = if asks.is_empty() { String::new() } else { format!(", asks by {}", asks.join(", ")) };
                (Some(head.status), format!("{}{to}{by}", head.status), meaning(head.status, !asks.is_empty()))
            }
            Err(Failure::Dropped(why)) => (None, quoted(why.as_bytes(), 128), Meaning::Dropped),
            Err(Failure::OutOfTime) => (None, "out of time".to_owned(), Meaning::Unanswered),
            Err(Failure::Unreachable(why)) => (None, quoted(why.as_bytes(), 128), Meaning::Unreachable),
        };
        let protocol = match judged {
            SessionKind::Resumed => format!("{}, resumed", answer.protocol),
            SessionKind::NotResumed => format!("{}, not resumed", answer.protocol),
            SessionKind::First => answer.protocol,
        };
        AnswerRow {
            who: who.to_owned(),
            protocol,
            is_tls: answer.is_tls,
            status,
            asks,
            answer: text,
            meaning,
            judged,
            is_finding: false,
        }
    }

    /// The meaning for people; what should not be is in capitals.
    pub fn means(&self) -> &'static str {
        match (self.meaning, self.is_finding) {
            (Meaning::Served, true) => "SERVED",
            (Meaning::Served, false) => "served",
            (Meaning::Refused, false) => "refused",
            (Meaning::Refused, true) => "REFUSED",
            (Meaning::Asked, false) => "asked",
            (Meaning::Asked, true) => "ASKED",
            (Meaning::NotThere, false) => "not there",
            (Meaning::NotThere, true) => "NOT THERE",
            (Meaning::Redirected, false) => "redirected",
            (Meaning::Redirected, true) => "REDIRECTED",
            (Meaning::Failed, _) => "SERVER ERROR",
            (Meaning::Dropped, false) => "dropped",
            (Meaning::Dropped, true) => "DROPPED",
            (Meaning::Unreachable, false) => "nobody listens",
            (Meaning::Unreachable, true) => "NOBODY LISTENS",
            (Meaning::Unanswered, _) => "no answer",
        }
    }
}

fn meaning(status: u16, asks: bool) -> Meaning {
    match status {
        401 if asks => Meaning::Asked,
        200..=299 => Meaning::Served,
        300..=399 => Meaning::Redirected,
        404 | 410 => Meaning::NotThere,
        500..=599 => Meaning::Failed,
        _ => Meaning::Refused,
    }
}
