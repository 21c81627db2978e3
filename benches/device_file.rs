//! Seconds that a device file of 100,000 lines takes to load: at each start and graceful restart.

use mtlsprotect_core::decision::DeviceFile;
use mtlsprotect_core::time::UnixTime;
use std::process::exit;
use std::time::Instant;

/// Seconds that it may take.
const LIMIT: f64 = 1.0;

fn main() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), mtlsprotect_testkit::measure::devices()).expect("room for the file");
    let seconds = |_| {
        let start = Instant::now();
        let devices = DeviceFile::read(file.path(), UnixTime::EPOCH).expect("every line is right");
        assert_eq!(devices.list(true).len(), 100_000);
        start.elapsed().as_secs_f64()
    };
    let worst = (0..5).map(seconds).fold(0.0, f64::max);
    println!("device file of 100,000 lines: loads in {worst:.3} s at worst of five, at most {LIMIT} s");
    if worst > LIMIT {
        exit(1);
    }
}
