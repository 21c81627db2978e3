use super::{CHOSEN, COMPOSED, numbered, reader_of};
use crate::phones::{DATED, OTHER};
use crate::reader::Asked;

#[test]
fn each_combination_has_a_number_of_its_own() {
    let all: Vec<_> = (CHOSEN.len()..).map_while(numbered).collect();
    assert_eq!(all.len(), COMPOSED);
    assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])));
}

fn read(reader: usize, asked: &Asked) -> Option<&'static str> {
    reader_of(reader).read(asked)
}

fn path(text: &str) -> Asked {
    Asked { path: text.as_bytes().to_vec(), ..Asked::default() }
}

fn query(text: &str) -> Asked {
    Asked { query: text.as_bytes().to_vec(), ..Asked::default() }
}

fn header(name: &str, values: &[&str]) -> Asked {
    let headers = values.iter().map(|value| (name.to_owned(), value.as_bytes().to_vec())).collect();
    Asked { headers, ..Asked::default() }
}

#[test]
fn applications_read_what_they_are_said_to() {
    let agent = |text: &str| Asked { agent: text.as_bytes().to_vec(), ..Asked::default() };
    for (reader, asked) in [
        (0, path("/x/0004f2bbbbbb.cfg")),
        (1, query("a=b&file=0004F2BBBBBB.cfg")),
        (2, query("mac=1&mac[]=00:04:f2:bb:bb:bb")),
        (3, path("/0004f2~~~bbbbbb-app.log")),
        (4, path("/0x0x0x4xfx2xbxbxbxbxbxb.cfg")),
        (4, path("/０004f2ＢBBBBB")),
        (4, path("/٠004f2ḃbbBBB.cfg")),
        (1, query("x=%u0030004f2bb%U0062bbb")),
        (5, path("/%252d00-04%2df2-bb-bb-bb")),
        (6, path("/0:4:f2:bb:bb:bb.cfg")),
        (7, path("/x50004f2bbbbbb")),
        (11, query("0004f2bb%bbbb")),
        (15, Asked { cookie: b"a=1; phone=0004f2!bbbbbb".to_vec(), ..Asked::default() }),
        (18, agent("Yealink SIP-T46S 66.84.0.15 00:04:f2:bb:bb:bb")),
        (19, Asked { host: b"0004f2-bbbbbb.phones.test:443".to_vec(), ..Asked::default() }),
        (20, query("[mac]=0004f2~bbbbbb")),
        (22, query("MAC=0004f2bbbbbb&mac=1")),
        (25, query("file=%uff10004f2bb%uff42bbb")),
        (30, query("phone[mac=0004f2bbbbbb")),
        (32, header("X_PHONE_MAC", &["1", "0004f2.bbbbbb"])),
        (35, header("X_PHONE_MAC", &["0:4:f2:bb:bb:bb", "1"])),
        (38, query("x=1&device=0004f2-bbbbbb&device=1")),
        (41, Asked { cookie: b"a=1; device=0004f2-bbbbbb".to_vec(), ..Asked::default() }),
    ] {
        assert_eq!(read(reader, &asked), Some(OTHER), "{reader}: {asked:?}");
    }
    assert_eq!(read(9, &query("x=0-4-13-10-20-30")), Some(DATED));
}

/// The module does not promise to see these.
#[test]
fn applications_read_no_more_than_is_promised() {
    let far = format!("/0004f2{}bbbbbb-app.log", "~".repeat(9));
    for (reader, asked) in [
        (3, path(&far)),
        (3, path("/0004f2/bbbbbb")),
        (5, path("/0004f2%252fbbbbbb")),
        (6, path("/fe80:0:4:f2:bb:bb:bb")),
        (7, path("/ffffffffffffff0004f2-bbbbbb")),
        (2, query("address=0004f2bbbbbb")),
        (28, query("x=%uff10004f2bbbbbb")),
        (38, query("Device=0004f2bbbbbb")),
        (43, header("PHONE_MAC", &["0004f2bbbbbb"])),
        (15, Asked { cookie: b"a=0004f2; b=bbbbbb".to_vec(), ..Asked::default() }),
    ] {
        assert_eq!(read(reader, &asked), None, "{reader}: {asked:?}");
    }
}
