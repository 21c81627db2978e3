//! Ten thousand requests of random bytes, and certificates with random subjects: no crash, and never another's file.

use crate::asking::{OTHER, OWN, phone, secret, server};
use mtlsprotect_testkit::pki::{COMMON_NAME, ORGANIZATION};
use mtlsprotect_testkit::{Certificate, Connection, Httpd, Poly, StringType, Subject};

const REQUESTS: usize = 10_000;

/// A small generator with a fixed seed (xorshift64*), so that a failure can be had again.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.next(most + 1)).map(|_| self.next(256) as u8).collect()
    }

    /// Pieces of names, separators, escapes and noise.
    fn piece(&mut self) -> Vec<u8> {
        let fixed: [&[u8]; 18] = [
            b"0004f2bbbbbb",
            b"0004f2aaaaaa",
            b"0004f2",
            b"bbbbbb",
            b"bb",
            b"00",
            b"04",
            b"f2",
            b":",
            b"-",
            b".",
            b"/",
            b"..",
            b"%2e",
            b"%252f",
            b"?mac=",
            b"&x=",
            b"cfg/",
        ];
        match self.next(26) {
            index if index < fixed.len() => fixed[index].to_vec(),
            18..=20 => format!("%{:02x}", self.next(256)).into_bytes(),
            21 => format!("%{}", self.next(100)).into_bytes(),
            22 => OTHER.bytes().flat_map(|digit| format!("%{digit:02X}").into_bytes()).collect(),
            23 => OTHER.to_ascii_uppercase().into_bytes(),
            _ => self.bytes(3),
        }
    }

    /// A request-target that can be sent: httpd takes a space or line end for the target's end.
    fn target(&mut self) -> Vec<u8> {
        let mut target = if self.next(3) == 0 { b"/cfg/".to_vec() } else { b"/".to_vec() };
        for _ in 0..self.next(9) {
            target.extend(self.piece());
        }
        if self.next(4) == 0 {
            target.extend(b".cfg");
        }
        target.retain(|byte| !matches!(byte, b' ' | b'\r' | b'\n' | 0));
        target
    }
}

fn connect(httpd: &Httpd) -> Connection {
    httpd.phone(&phone()).connect().expect("the phone is let in")
}

#[test]
fn ten_thousand_requests_of_random_bytes() {
    let httpd = server().config("<Directory \"{docroot}\">\nAcceptPathInfo On\n</Directory>").start();
    let children = httpd.pids();
    let mut random = Random(0x6d74_6c73_7072_6f74);
    let mut connection = connect(&httpd);
    let mut allowed = 0;
    for _ in 0..REQUESTS {
        let target = random.target();
        match connection.request("GET", &target, &[], b"") {
            Ok(response) => {
                let shown = String::from_utf8_lossy(&target).into_owned();
                assert!(!response.text().contains(&secret(OTHER)), "{shown}");
                assert_ne!(response.status, 500, "{shown}");
                allowed += u32::from(response.status == 200);
                if response.status == 400 || response.header("Connection") == Some("close") {
                    connection = connect(&httpd);
                }
            }
            Err(_) => connection = connect(&httpd),
        }
    }
    assert!(allowed > 0, "some of them are the phone's own");
    assert_eq!(httpd.pids(), children, "no child has gone");
    assert!(!httpd.error_log().contains("exit signal"));
    assert!(!httpd.own_log().contains("internal error"));
}

/// What is not a proper request: bytes that end a line, methods and versions that nobody speaks.
#[test]
fn hundreds_of_requests_that_are_none() {
    let httpd = server().start();
    let children = httpd.pids();
    let mut random = Random(0x726f_7567_685f_6c69);
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..600 {
        let method: &[u8] = [&b"GET"[..], b"PUT", b"get", b"", b"\xff", b"G T", b"OPTIONS"][random.next(7)];
        let version: &[u8] = [&b"HTTP/1.1"[..], b"HTTP/1.0", b"HTTP/9.9", b"", b"http/1.1"][random.next(5)];
        let mut target = b"/cfg/".to_vec();
        for _ in 0..random.next(6) {
            target.extend(random.piece());
            target.extend(random.bytes(4));
            target.extend([&b" "[..], b"\r", b"\n", b"\0", b"\t", b"#", b"*", b""][random.next(8)]);
        }
        let raw = [method, b" ", &target, b" ", version, b"\r\nHost: localhost\r\nConnection: close\r\n\r\n"].concat();
        let shown = String::from_utf8_lossy(&raw).into_owned();
        // What httpd can't answer in HTTP it may answer with nothing.
        let Ok(response) = connect(&httpd).raw(&raw) else { continue };
        assert!(!response.text().contains(&secret(OTHER)), "{shown:?}");
        assert_ne!(response.status, 500, "{shown:?}");
        answered += 1;
        refused += u32::from(response.status == 400);
    }
    assert!(answered > 300 && refused > 100, "{answered} answered, {refused} of them with 400");
    assert_eq!(httpd.phone(&phone()).get(&format!("/cfg/{OWN}.cfg")).unwrap().text(), secret(OWN), "it still serves");
    assert_eq!(httpd.pids(), children, "no child has gone");
    assert!(!httpd.error_log().contains("exit signal"));
    assert!(!httpd.own_log().contains("internal error"));
}

#[test]
fn certificates_with_random_subjects() {
    let httpd = server().start();
    let children = httpd.pids();
    let mut random = Random(0x7375_626a_6563_7473);
    let kinds = [StringType::Utf8, StringType::Printable, StringType::T61, StringType::Ia5, StringType::Bmp];
    let (mut asked, trusted) = (0, &Poly::shared().issuing1);
    for number in 0..400 {
        let mut subject = Subject::empty();
        for _ in 0..random.next(3) + 1 {
            let oid = if random.next(3) > 0 { COMMON_NAME } else { ORGANIZATION };
            // Never the digits alone, which would be the phone itself: with anything beside them it is nobody.
            let mut value = random.bytes(20);
            if random.next(3) == 0 {
                value.splice(0..0, OTHER.bytes().chain(*b" "));
            }
            subject = subject.and(oid, kinds[random.next(kinds.len())], value);
        }
        let certificate = Certificate::leaf(subject).existing_key(&phone().key);
        let certificate = if number % 2 == 0 { certificate.issuer(trusted) } else { certificate };
        // OpenSSL reads no BMPString of odd length; such a certificate can't be sent.
        let Ok(identity) = certificate.try_issue() else { continue };
        for mac in [OTHER, OWN] {
            let Ok(response) = httpd.phone(&identity).get(&format!("/cfg/{mac}.cfg")) else { continue };
            assert_eq!(response.status, 403, "{:?}", identity.cert.subject_name());
            asked += 1;
        }
    }
    assert!(asked > 300, "most of them are answered: {asked}");
    assert_eq!(httpd.pids(), children, "no child has gone");
    assert!(!httpd.error_log().contains("exit signal"));
    assert!(!httpd.own_log().contains("internal error"));
}
