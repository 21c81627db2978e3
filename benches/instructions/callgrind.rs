//! What one step of httpd costs, by callgrind: it writes a dump at each mark.

use mtlsprotect_testkit::measure::callgrind;
use mtlsprotect_testkit::{Builder, Connection, Httpd};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Callgrind writes a dump before this function. httpd calls it for TRACE, which it answers before anybody judges it.
/// (Of the names that httpd exports: what has none of its own counts as the one before it.)
const MARKED_BY: &str = "ap_setup_client_block";

/// What a phone does: it calls [`mark`] twice in a row, takes so many steps, and calls it again.
pub type Play = Box<dyn Fn(&Httpd, u64)>;

/// The dumps of one life of httpd.
pub struct Run {
    folder: TempDir,
    /// How many steps were taken.
    steps: u64,
}

/// From here on, or up to here, is counted.
pub fn mark(connection: &mut Connection) {
    let response = connection.request("TRACE", "/", &[], b"").expect("the server answers");
    assert_eq!(response.status, 200, "TRACE is answered by httpd itself");
}

impl Run {
    /// Plays with an httpd of its own. `by_instruction` is for a profile: the dumps tell each instruction's cost.
    pub fn new(builder: &Builder, play: &Play, steps: u64, by_instruction: bool) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut arguments = callgrind(folder.path(), MARKED_BY);
        if by_instruction {
            arguments.extend(["--dump-instr=yes", "--compress-strings=no", "--compress-pos=no"].map(str::to_owned));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut httpd = builder.clone().single_process().under(&arguments).start();
        play(&httpd, steps);
        httpd.stop();
        let run = Run { folder, steps };
        assert!(!run.folder.path().join("out.4").exists(), "{MARKED_BY} is called by the mark alone");
        run
    }

    /// Instructions of one step.
    pub fn per_step(&self) -> i64 {
        // The mark's own request is in both.
        let more = self.total(3) as i64 - self.total(2) as i64;
        more / self.steps as i64
    }

    /// The dump of all steps and of one mark.
    pub fn dump(&self) -> String {
        self.read(3)
    }

    fn read(&self, mark: u8) -> String {
        let path: PathBuf = self.folder.path().join(format!("out.{mark}"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn total(&self, mark: u8) -> u64 {
        let dump = self.read(mark);
        let totals = dump.lines().rev().find_map(|line| line.strip_prefix("totals: "));
        totals.and_then(|total| total.trim().parse().ok()).unwrap_or_else(|| panic!("no total in callgrind's output"))
    }
}
