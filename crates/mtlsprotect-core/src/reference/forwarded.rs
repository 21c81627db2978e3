//! A certificate in a header, read the obvious way: the text is turned into PEM, and OpenSSL's decoder reads that.

use crate::forwarded::{Certificates, Format};
use openssl::base64::decode_block;
use percent_encoding::percent_decode;

/// What stands in a header that is right; anything of one that isn't.
pub fn reference(format: Format, header: &[u8]) -> Option<Certificates> {
    let text = String::from_utf8_lossy(header).trim().to_owned();
    let unescaped = |text: &str| percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned();
    let ders: Vec<Vec<u8>> = match format {
        Format::Rfc9440 => vec![decode_block(text.trim_matches(':')).ok()?],
        Format::Haproxy => vec![decode_block(&text).ok()?],
        Format::Nginx | Format::Aws | Format::AwsPassthrough => pems(&unescaped(&text))?,
        Format::Apache => pems(&text)?,
        Format::Traefik => text.split(',').map(|one| decode_block(&unescaped(one)).ok()).collect::<Option<_>>()?,
        Format::Envoy => {
            let of = |key: &str| {
                let value = text.split(';').find_map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    name.trim().eq_ignore_ascii_case(key).then_some(value)
                })?;
                pems(&unescaped(&value.replace(['"', '\\'], "")))
            };
            let leaf = of("cert")?.pop()?;
            let chain = of("chain").unwrap_or_default();
            return Some(Certificates { leaf, chain });
        }
    };
    let (leaf, chain) = ders.split_first()?;
    Some(Certificates { leaf: leaf.clone(), chain: chain.to_vec() })
}

fn pems(text: &str) -> Option<Vec<Vec<u8>>> {
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let body = |block: &str| {
        let body = block.split("-----END").next()?;
        decode_block(&body.split_whitespace().collect::<String>()).ok()
    };
    blocks.map(body).collect()
}
