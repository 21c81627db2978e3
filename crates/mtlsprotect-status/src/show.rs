//! The answer to a request.

use crate::asked::{Asked, Format};
use crate::census::Census;
use crate::device::Devices;
use crate::model::Status;
use crate::{html, json, metrics};
use std::io::{self, BufWriter, Write};

/// Bytes that are handed on at once.
const PIECE: usize = 8 << 10;

/// Writes what was asked for, in pieces, never holding all of it. [`Status::rollout`] is counted here, whatever it says.
///
/// # Errors
/// Those of `out`.
pub fn show(mut status: Status, devices: &dyn Devices, asked: &Asked, out: &mut dyn Write) -> io::Result<()> {
    let mut wanted = asked.devices.clone();
    wanted.is_without |= matches!(asked.format, Format::Prometheus | Format::OpenMetrics);
    let census = Census::of(devices, &wanted);
    status.rollout = census.rollout;
    let mut out = BufWriter::with_capacity(PIECE, out);
    match asked.format {
        Format::Html => html::write(&status, &census.page(devices), &wanted, &mut out)?,
        Format::Json => {
            let devices = (!wanted.is_without).then_some((devices, &wanted));
            json::write(&status, devices, &mut out)?;
        }
        Format::Prometheus => metrics::write(&status, metrics::Form::Prometheus, &mut out)?,
        Format::OpenMetrics => metrics::write(&status, metrics::Form::OpenMetrics, &mut out)?,
    }
    out.flush()
}
