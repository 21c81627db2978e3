use super::*;
use crate::backend::Event;
use crate::phones::{OTHER, OWN, Sender};
use crate::store::Change;

fn request(sender: Sender) -> Request {
    Request::get(sender, "/")
}

fn changed(path: &str, content: Option<&str>) -> Outcome {
    let content = content.map(|text| text.as_bytes().to_vec());
    Outcome { status: 204, changes: vec![Change { path: path.to_owned(), content }], ..Outcome::default() }
}

#[test]
fn a_secret_is_its_phones_alone() {
    let given = |mac| Outcome { status: 200, secrets: vec![mac], ..Outcome::default() };
    assert_eq!(wrongs(&request(Sender::Own), &given(OWN)), None);
    assert_eq!(wrongs(&request(Sender::Own), &given(OTHER)), Some(Finding::Leak(OTHER)));
    assert_eq!(wrongs(&request(Sender::Other), &given(OTHER)), None);
    for sender in [Sender::Stranger, Sender::Forger, Sender::Plain] {
        assert_eq!(wrongs(&request(sender), &given(OTHER)), Some(Finding::Leak(OTHER)), "{sender:?}");
    }
}

#[test]
fn an_application_is_asked_for_the_senders_file_alone() {
    let asked = |mac, wrote| Outcome { status: 200, events: vec![Event { mac, wrote }], ..Outcome::default() };
    assert_eq!(wrongs(&request(Sender::Own), &asked(OWN, true)), None);
    assert_eq!(wrongs(&request(Sender::Own), &asked(OTHER, false)), Some(Finding::Asked(OTHER)));
    assert_eq!(wrongs(&request(Sender::Own), &asked(OTHER, true)), Some(Finding::Changed(OTHER)));
}

#[test]
fn a_phone_writes_what_has_its_name() {
    let own = request(Sender::Own);
    for path in ["0004f2aaaaaa-app.log", "0004F2-AAAAAA.cfg", "0004f2aaaaaa/x/y", ".DAV/0004f2aaaaaa.cfg.pag"] {
        assert_eq!(wrongs(&own, &changed(path, Some("a log"))), None, "{path}");
    }
    for path in ["000000000000.cfg", "sip.ld", "0004f2bbbbbb.cfg", "new"] {
        assert_eq!(wrongs(&own, &changed(path, None)), Some(Finding::Written(path.to_owned())), "{path}");
    }
    assert_eq!(
        wrongs(&own, &changed("0004f2aaaaaa.cfg", Some("secret-0004f2bbbbbb-file"))),
        Some(Finding::Leak(OTHER))
    );
    assert!(wrongs(&request(Sender::Plain), &changed("0004f2aaaaaa-app.log", None)).is_some());
}

#[test]
fn a_password_is_good_for_its_phone_alone_and_for_nobody_with_a_certificate() {
    let given = |mac| Outcome { status: 200, secrets: vec![mac], password: Some(OTHER), ..Outcome::default() };
    assert_eq!(wrongs(&request(Sender::Stranger), &given(OTHER)), None);
    assert_eq!(wrongs(&request(Sender::Stranger), &given(OWN)), Some(Finding::Leak(OWN)));
    assert_eq!(wrongs(&request(Sender::Own), &given(OTHER)), Some(Finding::Leak(OTHER)));
    let right = Request { right: true, ..request(Sender::Stranger) };
    let status = |status| Outcome { status, ..Outcome::default() };
    assert_eq!(judge(&right, &status(401), &status(200)), Some(Finding::Refused(401, 200)));
}

#[test]
fn a_right_phone_gets_what_it_gets_without_the_module() {
    let right = Request { right: true, ..request(Sender::Own) };
    let status = |status| Outcome { status, ..Outcome::default() };
    assert_eq!(judge(&right, &status(403), &status(200)), Some(Finding::Refused(403, 200)));
    assert_eq!(judge(&right, &status(403), &status(404)), Some(Finding::Refused(403, 404)));
    assert_eq!(judge(&right, &status(403), &status(403)), None);
    assert_eq!(judge(&right, &status(200), &status(200)), None);
    assert_eq!(judge(&request(Sender::Own), &status(403), &status(200)), None, "an attack is to be refused");
}

#[test]
fn a_server_that_never_answers_is_found_where_it_answers_without_the_module() {
    let hung = Outcome { hung: true, ..Outcome::default() };
    let answered = Outcome { status: 404, ..Outcome::default() };
    assert_eq!(judge(&request(Sender::Stranger), &hung, &answered), Some(Finding::Hung));
    assert_eq!(judge(&request(Sender::Stranger), &hung, &hung), None, "httpd alone hangs, too");
    assert_eq!(judge(&request(Sender::Stranger), &Outcome::default(), &answered), None, "a closed connection is none");
}

#[test]
fn who_has_no_certificate_may_have_what_is_open_and_a_phone_no_more_than_its_own() {
    let given = |mac| Outcome { status: 200, secrets: vec![mac], open: vec![OTHER], ..Outcome::default() };
    for sender in [Sender::Stranger, Sender::Forger, Sender::Plain] {
        assert_eq!(wrongs(&request(sender), &given(OTHER)), None, "{sender:?}");
        assert_eq!(wrongs(&request(sender), &given(OWN)), Some(Finding::Leak(OWN)), "{sender:?}");
        let writes = |path, text| Outcome { open: vec![OTHER], ..changed(path, Some(text)) };
        assert_eq!(wrongs(&request(sender), &writes("0004f2bbbbbb-app.log", "a log")), None, "{sender:?}");
        assert!(wrongs(&request(sender), &writes("0004f2aaaaaa-app.log", "a log")).is_some(), "{sender:?}");
        assert!(wrongs(&request(sender), &writes("sip.ld", "a log")).is_some(), "{sender:?}");
    }
    assert_eq!(wrongs(&request(Sender::Own), &given(OTHER)), Some(Finding::Leak(OTHER)));
    assert_eq!(wrongs(&request(Sender::Own), &given(OWN)), None);
    // also where each of the phones here is proven
    let nobodys = |learns_of_all| Outcome { learns_of_all, ..changed("0:5:65:2:4:5", Some("a log")) };
    assert_eq!(wrongs(&request(Sender::Plain), &nobodys(true)), None);
    assert!(wrongs(&request(Sender::Plain), &nobodys(false)).is_some());
}
