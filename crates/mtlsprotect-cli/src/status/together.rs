//! The devices of several servers, each counted once: there may be millions, which nobody holds.

use super::ask::{self, Url};
use anyhow::{Result, anyhow};
use mtlsprotect_status::device::{Device, Rollout};
use mtlsprotect_status::report::Report;
use mtlsprotect_status::sum;
use std::mem;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Devices that are handed on at a time, and how many of these may wait.
const BATCH: usize = 1024;
const WAITING: usize = 4;

/// The roll-out of all that could be asked. One that can't be asked for its devices becomes an error: then the others are
/// asked again, as what it has told is among theirs.
pub fn rollout(asked: &mut [(&Url, Result<Report>)], timeout: u64) -> Rollout {
    loop {
        let answered: Vec<usize> = (0..asked.len()).filter(|&server| asked[server].1.is_ok()).collect();
        if let [server] = answered[..] {
            return asked[server].1.as_ref().map(|report| report.status.rollout).unwrap_or_default();
        }
        let urls: Vec<&Url> = answered.iter().map(|&server| asked[server].0).collect();
        let (rollout, results) = side_by_side(&urls, timeout);
        let mut has_failed = false;
        for (server, result) in answered.into_iter().zip(results) {
            if let Err(error) = result {
                has_failed = true;
                asked[server].1 = Err(error);
            }
        }
        if !has_failed {
            return rollout;
        }
    }
}

/// Asks all at once, and counts as their devices come.
fn side_by_side(urls: &[&Url], timeout: u64) -> (Rollout, Vec<Result<()>>) {
    thread::scope(|scope| {
        let ask = |url| {
            let (sender, receiver) = sync_channel(WAITING);
            (scope.spawn(move || hand_on(url, timeout, &sender)), receiver)
        };
        let (threads, receivers): (Vec<_>, Vec<Receiver<Vec<Device>>>) = urls.iter().map(|url| ask(*url)).unzip();
        let rollout = sum::rollout(receivers.into_iter().map(|batches| batches.into_iter().flatten()));
        let result =
            |thread: thread::ScopedJoinHandle<'_, Result<()>>| thread.join().unwrap_or_else(|_| Err(anyhow!("failed")));
        (rollout, threads.into_iter().map(result).collect())
    })
}

/// Hands a server's devices on.
fn hand_on(url: &Url, timeout: u64, sender: &SyncSender<Vec<Device>>) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let send = |batch| sender.send(batch).map_err(|_| "nobody counts them".to_owned());
    ask::devices(url, timeout, &mut |device| {
        batch.push(device);
        if batch.len() < BATCH { Ok(()) } else { send(mem::replace(&mut batch, Vec::with_capacity(BATCH))) }
    })?;
    send(batch).map_err(|error| anyhow!("{}: {error}", url.text))
}
