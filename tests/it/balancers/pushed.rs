//! Requests that the server makes up itself, for a client of HTTP/2 whom it pushes what it will need.

use super::{NOTHING_SEEN, OTHER, OWN, SEEN, own_file, written};
use crate::asking::{phone, secret, server};
use mtlsprotect_testkit::{Builder, Client, Httpd};
use std::io::{Read, Write};
use std::net::TcpStream;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), content].concat()
}

/// A header as HPACK writes it without its tables.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| match text.len() {
        length @ ..127 => [&[length as u8], text.as_bytes()].concat(),
        length => {
            let mut bytes = vec![127];
            let mut rest = length - 127;
            while rest >= 128 {
                bytes.push((rest % 128 + 128) as u8);
                rest /= 128;
            }
            bytes.push(rest as u8);
            [&bytes, text.as_bytes()].concat()
        }
    };
    [vec![0], text(name), text(value)].concat()
}

/// The bodies that came: that of the request first, then what was pushed.
fn get_with_pushes(port: u16, path: &str, header: Option<&str>) -> Vec<String> {
    over_http2(&mut TcpStream::connect(("127.0.0.1", port)).unwrap(), 1, path, header)
}

/// The same on a connection where nothing was said by HTTP/2 before.
pub fn over_http2(stream: &mut (impl Read + Write), number: u32, path: &str, header: Option<&str>) -> Vec<String> {
    stream.write_all(&opening(number, path, header)).unwrap();
    answers(stream, number)
}

/// What a client of HTTP/2 begins with, and its request as this stream; an upgrade has made a first one.
pub fn opening(number: u32, path: &str, header: Option<&str>) -> Vec<u8> {
    let mut fields = [(":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", path)].to_vec();
    fields.extend(header.map(|value| ("client-cert", value)));
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
    let settings = frame(SETTINGS, 0, 0, b"");
    let request = frame(HEADERS, END_STREAM | END_HEADERS, number, &block);
    [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings, &request].concat()
}

/// The bodies that come for this stream, and for those that are pushed.
pub fn answers(stream: &mut (impl Read + Write), number: u32) -> Vec<String> {
    let mut streams = vec![(number, Vec::new(), false)];
    while streams.iter().any(|(.., is_over)| !is_over) {
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        let [high, middle, low, kind, flags, number @ ..] = head;
        let mut content = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
        stream.read_exact(&mut content).unwrap();
        let number = u32::from_be_bytes(number);
        match kind {
            PUSH_PROMISE => {
                let promised = u32::from_be_bytes(content[..4].try_into().unwrap());
                streams.push((promised, Vec::new(), false));
            }
            SETTINGS if flags == 0 => stream.write_all(&frame(SETTINGS, 1, 0, b"")).unwrap(),
            DATA | HEADERS => {
                let Some((_, body, is_over)) = streams.iter_mut().find(|(of, ..)| *of == number) else { continue };
                if kind == DATA {
                    body.extend(content);
                }
                *is_over = flags & END_STREAM != 0;
            }
            _ => {}
        }
    }
    streams.into_iter().map(|(_, body, _)| String::from_utf8(body).unwrap()).collect()
}

/// A server that pushes both phones' files to whoever gets the page.
fn pushing(line: &str) -> Builder {
    let links = [OWN, OTHER].map(|mac| format!("Header add Link \"</cfg/{mac}.cfg>;rel=preload\""));
    server()
        .module("http2")
        .config(SEEN)
        .page("page.txt", "the page")
        .plain_vhost(line)
        .plain_vhost(&format!("<Location /page.txt>\nMTLSProtect Off\n{}\n</Location>", links.join("\n")))
}

#[test]
fn what_is_pushed_to_a_phone_behind_a_balancer_is_nobodys() {
    let own = written(&phone()).leaf;
    let believed = pushing("MTLSProtectProxy 127.0.0.1 certificate=rfc9440").start();
    let stranger = pushing("MTLSProtectProxy 127.0.0.77 certificate=rfc9440").start();
    let told = |httpd: &Httpd, header: Option<&str>, path: &str| get_with_pushes(httpd.http(), path, header);
    assert_eq!(told(&believed, Some(&own), &own_file()), [secret(OWN)], "over HTTP/2");
    for (httpd, header) in [(&believed, Some(&*own)), (&believed, None), (&stranger, Some(&*own))] {
        let bodies = told(httpd, header, "/page.txt");
        assert_eq!((bodies.len(), &*bodies[0]), (3, "the page"), "both are pushed: {bodies:?}");
        // HTTP/2 repeats few headers in a request that it makes up, and not the balancer's
        assert!(!bodies.iter().any(|body| body.contains("password")), "{bodies:?}");
    }
    believed.wait_for_log("denied reason=no-certificate via=127.0.0.1");
    let seen = Client::plain(stranger.http()).request("GET", "/page.txt", &[("Client-Cert", &own)], b"").unwrap();
    assert_eq!(seen.header("X-Seen"), Some(NOTHING_SEEN));
}
