use super::*;
use crate::built_in::known_prefixes::KnownPrefixes;
use crate::names::named::{Named, Names};
use crate::names::pattern::Ignore;
use crate::names::work;

const HIDDEN: &str = "0004f2bbbbbb";
/// Another device's name, and the hidden one's to an application that takes the last 12 digits.
const BOTH: &str = "123456aa0004-f2bbbbbb";

fn with_defaults<T>(of: impl FnOnce(&Naming<'_>) -> T) -> T {
    let known = KnownPrefixes::built_in();
    of(&Naming::with_defaults(&known))
}

fn shown(hidden: &Hidden) -> Option<Vec<String>> {
    Some(hidden.macs()?.iter().map(Mac::to_string).collect())
}

/// What is hidden in texts once they were searched for names.
fn in_texts(texts: &Texts<'_>) -> Option<Vec<String>> {
    with_defaults(|naming| {
        let names = Names::of(texts, naming, None, false);
        assert!(matches!(names.named(), Named::One(_)) && !names.is_malformed(), "{texts:?}: {names:?}");
        shown(&Hidden::in_texts(texts, naming, None, Left::ALL))
    })
}

fn at(target: &str) -> Option<Vec<String>> {
    let (path, args) = target.split_once('?').unwrap_or((target, ""));
    let (sent, uri, args) = (target.as_bytes(), path.as_bytes(), args.as_bytes());
    in_texts(&Texts { sent, uri, args, filename: uri, path_info: b"" })
}

#[test]
fn what_an_application_may_cut_out_of_a_name_and_what_is_beside_it_is_told() {
    for target in [
        format!("/{BOTH}"),
        format!("/cfg/{BOTH}.cfg"),
        format!("/cfg/{BOTH}-phone.cfg"),
        format!("/app?x={BOTH}"),
        format!("/app?mac={BOTH}"),
        format!("/app?{BOTH}"),
        format!("/app?a=1&b={}&x={BOTH}", "y".repeat(100)),
        format!("/{}/{BOTH}", "y".repeat(100)),
        format!("/app?a={}&x=123456aa000%34-f2bbbbbb", "y".repeat(100)),
        "/0004f2bb-bbbb12345678".into(),
        "/0004f2aa0004-f2bbbbbb".into(),
        "/12-34-56-aa-00-04-f2bbbbbb".into(),
        "/1234.56aa.0004-f2bbbbbb".into(),
        "/123456aa0004%2df2bbbbbb".into(),
        "/123456aa000%34-f2bbbbbb".into(),
        "/123456aa0004-f2bbbb\u{ff42}\u{ff42}".into(),
    ] {
        assert_eq!(at(&target), Some(vec![HIDDEN.into()]), "{target}");
    }
    for target in ["/phone0:4:f2:bb:bb:bb.cfg", "/app?x=phone0-04-f2-bb-bb-bb", "/phon%650:4:f2:bb:bb:bb"] {
        assert_eq!(at(target), Some(vec![HIDDEN.into()]), "the letter may end a word: {target}");
    }
    for target in ["/e0:4:f2:bb:bb:bb", "/phon-e0:4:f2:bb:bb:bb", "/phone0_04_f2_bb_bb_bb", "/xf004-f2bb-bbbb"] {
        assert!(!at(target).unwrap().contains(&HIDDEN.into()), "{target}");
    }
    assert_eq!(at("/phone0:0:0:bb:bb:bb"), Some(Vec::new()), "what is no device is not hidden");
    for target in ["/0004f2%62bbbbb".into(), format!("/app?x=0004f2%62bbbbb&y={}&z=1", "y".repeat(100))] {
        assert_eq!(at(&target), Some(vec!["0004f262bbbb".into()]), "for who doesn't decode it: {target}");
    }
    let file = Texts { sent: b"/a/x", uri: b"/a/x", filename: b"/123456aa0004-f2bbbbbb/x", ..Texts::default() };
    assert_eq!(in_texts(&file), Some(vec![HIDDEN.into()]));
}

#[test]
fn nothing_is_hidden_in_what_phones_ask_for() {
    for target in [
        "/0004f2aaaaaa.cfg",
        "/cfg/0004f2aaaaaa-phone.cfg",
        "/0004f2aaaaaa-20261126-0004.log",
        "/cfg/0004F2AAAAAA-app.log.10",
        "/00-04-f2-aa-aa-aa/5.9.7.4477/sip.cfg",
        "/app?mac=0004f2aaaaaa&model=vvx500&version=5.9.7.4477&time=20261126071500",
        "/app?mac=00:04:f2:aa:aa:aa&remote=%2B441632960123&id=00112233-4455-6677-8899-aabbccddeeff",
    ] {
        assert_eq!(at(target), Some(Vec::new()), "{target}");
    }
}

#[test]
fn what_stands_in_headers_is_told_too() {
    let of = |headers: Headers<'_>| with_defaults(|naming| shown(&Hidden::in_headers(&headers, naming, None)));
    let both = "0004f2aa0004-f2bbbbbb";
    for text in [both.to_owned(), format!("{} {both}", "y".repeat(100))] {
        let cookie = format!("phone={text}");
        for headers in [
            Headers { host: text.as_bytes(), ..Headers::default() },
            Headers { user_agent: text.as_bytes(), ..Headers::default() },
            Headers { cookie: cookie.as_bytes(), ..Headers::default() },
        ] {
            assert_eq!(of(headers), Some(vec![HIDDEN.into()]), "{headers:?}");
        }
    }
    assert_eq!(
        of(Headers { user_agent: b"Yealink SIP-T46S 66.84.0.15 00:04:f2:aa:aa:aa", ..Headers::default() }),
        Some(vec![])
    );
    let value = with_defaults(|naming| shown(&Hidden::in_value(both.as_bytes(), naming, None)));
    assert_eq!(value, Some(vec![HIDDEN.into()]));
    let destination = format!("https://localhost/{BOTH}");
    let hidden = with_defaults(|naming| shown(&Hidden::in_destination(destination.as_bytes(), naming, None)));
    assert_eq!(hidden, Some(vec![HIDDEN.into()]));
}

#[test]
fn what_an_operator_cuts_out_hides_nothing_and_the_rest_does() {
    let known = KnownPrefixes::built_in();
    let ignore = [Ignore::new("^/order-[0-9]+").unwrap()];
    let naming = Naming { ignore: &ignore, ..Naming::with_defaults(&known) };
    let of = |path: &str| {
        let texts = Texts { sent: path.as_bytes(), uri: path.as_bytes(), ..Texts::default() };
        shown(&Hidden::in_texts(&texts, &naming, None, Left::ALL))
    };
    assert_eq!(of("/order-1/0004f2aa0004-f2bbbbbb"), Some(vec![HIDDEN.into()]));
    assert_eq!(of("/order-123456780004/f2bbbbbb"), Some(vec![]));
}

#[test]
fn what_is_not_looked_at_again_may_be_anybodys() {
    let long = |piece: &str, pieces: usize| format!("/app?{}", piece.repeat(pieces));
    // One name, and the same one hidden beside it, again and again.
    assert_eq!(at(&long("x=123456aa0004-f2bbbbbb&", 20)), Some(vec![HIDDEN.into()]));
    assert_eq!(at(&long("x=123456aa0004-f2bbbbbb&", 100)), None);
    let several: String = (0..6).map(|last| format!("x=123456aa0004-f2bbbbb{last}&")).collect();
    assert_eq!(at(&long(&several, 1)), None, "more than are told apart");
    for own in ["x=0004f2aaaaaa&y=a-long-value-without-a-name-in-it&", "x=0004f2-aaaaaa&"] {
        assert_eq!(at(&long(own, 100)), Some(vec![]), "nothing was hidden, which is known");
    }
}

#[test]
fn what_hides_something_is_not_searched_for_names_again() {
    with_defaults(|naming| {
        let args = format!("x={BOTH}&y={}", "1~2~3~".repeat(100));
        let texts = Texts { uri: b"/app", args: args.as_bytes(), ..Texts::default() };
        let search = || {
            work::take();
            Names::of(&texts, naming, None, false);
            work::take()
        };
        let (first, again) = (search(), search());
        assert!(2 * again < first && again <= args.len() as u64, "{again} after {first}");
    });
}

#[test]
fn a_long_text_that_was_searched_is_not_searched_again() {
    with_defaults(|naming| {
        for piece in ["x=0004f2aaaaaa&y=1-2-3-4-5-6-7~8~9~0~a~b&", "x=%30%30%30%34%66%32aaaaaa&y=%2530~%2531&"] {
            for hides in ["", "&z=0004f2aa0004-f2bbbbbb"] {
                let args = format!("{}{hides}", piece.repeat(8000 / piece.len()));
                let texts = Texts { sent: b"/app", uri: b"/app", args: args.as_bytes(), ..Texts::default() };
                Names::of(&texts, naming, None, false);
                work::take();
                Hidden::in_texts(&texts, naming, None, Left::ALL);
                let again = work::take();
                assert!(again <= 8 * args.len() as u64, "{again} for {} bytes of {piece}{hides}", args.len());
            }
        }
    });
}
