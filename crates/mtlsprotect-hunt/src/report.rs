//! What a person reads: numbers, and failures that can be seen again.

use crate::hunt::{Failure, Tally};
use crate::phones::Sender;
use crate::request::Request;

/// A failure: what, where, and how to see it again.
pub fn failure(seed: u64, requests: usize, failure: &Failure) -> String {
    let case = &failure.case;
    let last = case.requests.last().expect("a case has a request");
    let mut text = format!(
        "FAILURE: {} {}\nseed={seed} first={} configurations=1 requests={requests}, request {}\n--- configuration\n{}",
        last.sender.title(),
        case.finding,
        failure.configuration,
        failure.request,
        case.site.describe()
    );
    text += "--- requests\n";
    for request in &case.requests {
        text += &format!("{}\n", curl(request, failure.port));
    }
    text + "---"
}

/// A request as a line of shell.
pub fn curl(request: &Request, port: u16) -> String {
    if let Some(mac) = request.proves {
        return format!("# {mac} proves itself by its certificate");
    }
    let mut words = vec!["curl -gks --path-as-is".to_owned()];
    match request.sender {
        Sender::Own | Sender::Other => {
            let mac = request.sender.mac().unwrap_or_default();
            words.push(format!("--cert {mac}.pem --key {mac}.key"));
        }
        Sender::Forger => words.push("--cert forged.pem --key forged.key".to_owned()),
        Sender::Stranger | Sender::Plain => {}
    }
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => words.push("-I".to_owned()),
        method => words.push(format!("-X {method}")),
    }
    let fill = |text: &str| text.replace("{https}", &port.to_string());
    for (name, value) in &request.headers {
        words.push(format!("-H {}", quoted(&format!("{name}: {}", fill(value)))));
    }
    if !request.body.is_empty() {
        words.push(format!("--data-binary {}", quoted(request.body.trim_end())));
    }
    if request.resumed {
        words.push("# on a resumed session:".to_owned());
    }
    words.push(format!("--request-target {}", quoted(&fill(&request.target))));
    words.push(match request.sender {
        Sender::Plain => "http://localhost:HTTP/".to_owned(),
        _ => format!("https://localhost:{port}/"),
    });
    words.join(" ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The numbers of a hunt.
pub fn summary(tally: &Tally, configurations: u64, seconds: u64) -> String {
    let (attacks, open) = tally.attacks();
    let mut text = format!(
        "{configurations} configurations, {} requests and {} over HTTP/2 in {seconds} seconds; {} of right phones\n\
         {} configurations learn, of {} proofs; without the module {} attacks there on proven phones succeed\n\
         {} requests of right phones with passwords; without the module {} attacks with another's password succeed\n\
         {} configurations left early, because httpd hung without the module, too\n\
         doors: {open} of {attacks} attacks succeed without the module; open and tried by part:",
        tally.requests,
        tally.over_http2,
        tally.right,
        tally.learning,
        tally.proofs,
        tally.on_proven,
        tally.by_password,
        tally.on_passwords,
        tally.left,
    );
    for (part, (attacks, open)) in &tally.doors {
        text += &format!(" {part} {open}/{attacks}");
    }
    text
}

/// Why a hunt that found nothing proves nothing: parts through which nobody would have come in.
pub fn vacuous(tally: &Tally) -> Option<String> {
    // wild ones are not aimed at a door
    const AIMED: usize = 150;
    let (attacks, open) = tally.attacks();
    if attacks >= AIMED && open * 5 < attacks {
        return Some(format!(
            "only {open} of {attacks} attacks succeed without the module: the doors are not what they seem"
        ));
    }
    let closed = tally
        .doors
        .iter()
        .find(|(part, door)| door.0 >= AIMED && door.1 * 20 < door.0 && **part != "corpus" && **part != "wild");
    closed.map(|(part, door)| {
        let (attacks, open) = door;
        format!("only {open} of {attacks} attacks through {part} succeed without the module: is it still a door?")
    })
}
