//! What a request names is found in work that is linear in the request, whatever stands in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mtlsprotect_core::Mac;
use mtlsprotect_core::built_in::KnownPrefixes;
use mtlsprotect_core::names::{Headers, Names, Naming, Texts, percent_decode_once, work};

const SENDER: Mac = Mac::from_bits(0x0004f2_aaaaaa);
/// Looks at each byte of a request, all levels of decoding and all passes together. Of the families of hostile texts that
/// `make bench` measures and of 550 mixtures of their pieces none took more than 34.
const LOOKS: usize = 40;
/// What short texts may take besides, which may have as much as longer ones.
const LOOKS_AT_LEAST: usize = 10_000;

fuzz_target!(|input: &[u8]| {
    let [how, input @ ..] = input else { return };
    // Path, query, path info, User-Agent, Cookie and Host are separated by bytes that no request has.
    let mut parts = input.split(|&byte| byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (path, query, path_info) = (next(), next(), next());
    let (user_agent, cookie, host) = (next(), next(), next());
    // A short piece over and over is what makes most work.
    let times = if how & 1 == 0 { 1 } else { 1 + 4000 / input.len().max(1) };
    let long = |text: &[u8]| text.repeat(times);
    let (path, query, path_info) = (long(path), long(query), long(path_info));
    let (user_agent, cookie, host) = (long(user_agent), long(cookie), long(host));

    let sent = [&path[..], &path_info, b"?", &query].concat();
    let uri = percent_decode_once(&[&path[..], &path_info].concat());
    let args = if how & 2 == 0 { query.clone() } else { percent_decode_once(&query) };
    let filename = percent_decode_once(&path);
    let texts = Texts { sent: &sent, uri: &uri, args: &args, filename: &filename, path_info: &path_info };
    let headers = Headers { host: &host, user_agent: &user_agent, cookie: &cookie };
    let bytes: usize =
        [&sent, &uri, &args, &filename, &path_info, &host, &user_agent, &cookie].map(Vec::len).iter().sum();

    let known = KnownPrefixes::built_in();
    let naming = Naming::with_defaults(&known);
    let sender = (how & 4 == 0).then_some(SENDER);
    work::take();
    let names = Names::of(&texts, &naming, sender, how & 8 != 0);
    // What mod_dav writes, or a vendor that is only watched is asked for.
    let served = Texts { filename: &filename, path_info: &path_info, ..Texts::default() };
    let _ = if how & 16 == 0 {
        names.are_in(&served, &naming)
    } else {
        names.in_a_write_to(&served, &naming, sender).sender_in_path()
    };
    let _ = Names::of_headers(&headers, &naming, sender);
    let _ = Names::of_destination(&user_agent, &naming, sender);
    let done = work::take() as usize;
    let most = LOOKS * (bytes + user_agent.len()) + LOOKS_AT_LEAST;
    assert!(done <= most, "{done} looks at {bytes} bytes: {}", input.escape_ascii());
});
