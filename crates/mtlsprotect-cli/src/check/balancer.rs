//! A balancer that ends TLS: what it lets through of a client, and what the server behind it makes of a balancer's word.

use super::Endpoint;
use super::ask::{ask_plain, ask_tls};
use super::client::{Client, ClientKey};
use super::judge::AnswerRow;
use crate::output::shown;
use anyhow::{Context, Result, bail};
use mtlsprotect_core::forwarded::{Certificates, ProxyLine, Written, write};
use openssl::x509::X509;
use std::fs;
use std::path::Path;

/// Reads the device's certificate, which is no secret, and its intermediates.
pub fn read_certificates(file: &Path) -> Result<Certificates> {
    let pem = fs::read(file).with_context(|| format!("{}: cannot be read", shown(file)))?;
    let mut ders = X509::stack_from_pem(&pem)?.into_iter().map(|certificate| certificate.to_der());
    let Some(leaf) = ders.next() else { bail!("{}: no certificate in PEM", shown(file)) };
    Ok(Certificates { leaf: leaf?, chain: ders.collect::<Result<_, _>>()? })
}

/// Sends a device's certificate in the balancer's header as a client would who doesn't have its key. Served is a hole.
pub fn through(target: &Endpoint, line: &ProxyLine, device: &Certificates) -> Result<Vec<AnswerRow>> {
    let own = ClientKey::self_signed("stranger")?;
    let mut rows = Vec::new();
    for (what, headers) in forged(line, device) {
        let target = target.with_headers(&headers);
        for (who, answer) in [
            ("without a certificate", ask_tls(&Client::new(&target))),
            ("self-signed", ask_tls(&Client::new(&target).proving(&own))),
            ("over plain HTTP", ask_plain(&target)),
        ] {
            rows.push(AnswerRow::of_stranger(&format!("{what}, {who}"), answer, !target.names_nobody));
        }
    }
    Ok(rows)
}

/// Plays the balancer, which takes an address that the server lists. Balancers speak plain HTTP to the server behind.
pub fn via(target: &Endpoint, line: &ProxyLine, device: &Certificates) -> Result<Vec<AnswerRow>> {
    let header = line.header();
    let own = ClientKey::self_signed(&target.names.map_or_else(|| "stranger".to_owned(), |mac| mac.to_string()))?;
    let stranger = Certificates { leaf: own.certificate_der()?, chain: Vec::new() };
    let said = headers_of(line, header, device);
    let ask = |headers: &[String]| ask_plain(&target.with_headers(headers));
    let mut rows = vec![AnswerRow::of_device(&format!("the device, by {header}"), ask(&said))];
    let mut add = |who: &str, headers: &[String]| {
        rows.push(AnswerRow::of_stranger(who, ask(headers), !target.names_nobody));
    };
    add(&format!("without {header}"), &[]);
    add(&format!("self-signed, by {header}"), &headers_of(line, header, &stranger));
    add(
        "X-Forwarded-Proto: http, and the device's certificate",
        &[&said[..], &["X-Forwarded-Proto: http".to_owned()]].concat(),
    );
    for (what, headers) in forged(line, device).into_iter().skip(1) {
        add(&what, &headers);
    }
    Ok(rows)
}

/// Ways to send a device's certificate: as the balancer does, by a name that reads as its header's, and twice.
fn forged(line: &ProxyLine, device: &Certificates) -> Vec<(String, Vec<String>)> {
    let header = line.header();
    let other = header.replace('-', "_");
    let once = headers_of(line, header, device);
    let twice = [&once[..1], &once[..]].concat();
    let mut ways = vec![(format!("the device's certificate in {header}"), once)];
    if other != header {
        ways.push((format!("the device's certificate in {other}"), headers_of(line, &other, device)));
    }
    ways.push((format!("the device's certificate in {header} twice"), twice));
    ways
}

/// The headers with a certificate and its chain.
fn headers_of(line: &ProxyLine, header: &str, certificates: &Certificates) -> Vec<String> {
    let Written { leaf, chain } = write(line.format(), certificates);
    let chain = line.chain().zip(chain).map(|(name, value)| format!("{name}: {value}"));
    [format!("{header}: {leaf}")].into_iter().chain(chain).collect()
}
