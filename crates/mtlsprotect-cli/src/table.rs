//! Tables that fit the terminal.

use crate::output::{one_line, printed};
use anyhow::Result;
use comfy_table::{ColumnConstraint, ContentArrangement, Width as Columns, presets};
use rustix::termios::tcgetwinsize;
use std::io::{self, IsTerminal, Write};

/// The width of a terminal whose width is not known.
const USUAL_WIDTH: usize = 80;
/// A terminal narrower than this gets lines that are too long.
const LEAST_WIDTH: usize = 40;
/// If not everything fits, each column keeps the first of these widths; if that doesn't fit either, the width of its
/// longest word, if that is within the second; then the third, except for the column that a row is about.
const AMPLE: usize = 24;
const LONGEST_WORD: usize = 15;
const NARROW: usize = 8;
const BETWEEN_COLUMNS: usize = 2;

/// Whether tables may be wider than the terminal.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct Width {
    /// Show the whole of every cell, however wide the terminal is
    #[arg(long)]
    wide: bool,
}

/// A table with headings.
pub struct Table {
    headings: Vec<String>,
    /// Columns cut in the middle where there is no room; the others are wrapped.
    cut: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty one; columns with one of the headings `cut` are cut in the middle where there is no room.
    pub fn new(headings: &[&str], cut: &[&str]) -> Self {
        Table {
            headings: headings.iter().map(|heading| heading.to_uppercase()).collect(),
            cut: (0..headings.len()).filter(|&column| cut.contains(&headings[column])).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(cell.as_ref())).collect());
    }

    /// Prints it, without white space at the end of its lines.
    pub fn print(self, width: Width) -> Result<()> {
        let text = self.text((!width.wide).then(terminal_width));
        printed(io::stdout().lock().write_all(text.as_bytes()))
    }

    fn text(mut self, width: Option<usize>) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING);
        let widths = width.map(|width| self.fit(width));
        table.set_header(self.headings);
        table.add_rows(self.rows);
        for (number, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, BETWEEN_COLUMNS as u16));
            if let Some(widths) = &widths {
                let columns = u16::try_from(widths[number] + BETWEEN_COLUMNS).unwrap_or(u16::MAX);
                column.set_constraint(ColumnConstraint::Absolute(Columns::Fixed(columns)));
            }
        }
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width + BETWEEN_COLUMNS).unwrap_or(u16::MAX));
        }
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Leaves out empty columns, makes the widest ones narrower until all fit, and cuts what may be cut. Returns the
    /// widths.
    fn fit(&mut self, width: usize) -> Vec<usize> {
        let room = |columns: usize| (width + BETWEEN_COLUMNS).saturating_sub(BETWEEN_COLUMNS * columns);
        let mut widths = self.each_column(|cell| cell.chars().count());
        if widths.iter().sum::<usize>() > room(widths.len()) {
            self.leave_out_empty();
            widths = self.each_column(|cell| cell.chars().count());
        }
        let words = self.each_column(|cell| cell.split(' ').map(|word| word.chars().count()).max().unwrap_or(0));
        let narrow = |column: usize| if column == 0 { words[0].min(LONGEST_WORD) } else { NARROW };
        let steps: [&dyn Fn(usize) -> usize; 4] =
            [&|_| AMPLE, &|column| words[column].min(LONGEST_WORD), &narrow, &|_| 1];
        for least in steps {
            while widths.iter().sum::<usize>() > room(widths.len()) {
                let may_shrink = (0..widths.len()).filter(|&column| widths[column] > least(column));
                let Some(widest) = may_shrink.rev().max_by_key(|&column| widths[column]) else { break };
                widths[widest] -= 1;
            }
        }
        for row in &mut self.rows {
            for &column in &self.cut {
                row[column] = cut_in_the_middle(&row[column], widths[column]);
            }
        }
        widths
    }

    /// The maximum of something over the cells of a column.
    fn each_column(&self, part: fn(&str) -> usize) -> Vec<usize> {
        let of_column = |column: usize| {
            let cells = self.rows.iter().map(|row| part(&row[column]));
            cells.chain([part(&self.headings[column])]).max().unwrap_or(0)
        };
        (0..self.headings.len()).map(of_column).collect()
    }

    /// Leaves out the columns in which no row has anything.
    fn leave_out_empty(&mut self) {
        let is_empty = |column: usize| self.rows.iter().all(|row| matches!(row[column].as_str(), "-" | "0"));
        let kept: Vec<usize> = (0..self.headings.len()).filter(|&column| column == 0 || !is_empty(column)).collect();
        let of = |cells: &[String]| kept.iter().map(|&column| cells[column].clone()).collect::<Vec<_>>();
        self.headings = of(&self.headings);
        self.rows = self.rows.iter().map(|row| of(row)).collect();
        self.cut = (0..kept.len()).filter(|&column| self.cut.contains(&kept[column])).collect();
    }
}

/// A text cut to at most this many characters, of which the beginning and the end are kept: both distinguish
/// certificates.
fn cut_in_the_middle(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(3);
    let start: String = text.chars().take(kept.div_ceil(2)).collect();
    let end: String = text.chars().skip(length - kept / 2).collect();
    format!("{start}...{end}")
}

/// The terminal's width, or what the environment says.
fn terminal_width() -> usize {
    let of_terminal = || tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let known = if io::stdout().is_terminal() { of_terminal() } else { None };
    known.filter(|&width| width > 0).or_else(told).map_or(USUAL_WIDTH, |width: usize| width.max(LEAST_WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(subject: &str, problem: &str, width: Option<usize>) -> String {
        let mut table = Table::new(&["mac", "subject", "problem"], &["subject"]);
        table.row(["0004f2aaaaaa", subject, problem]);
        table.text(width)
    }

    #[test]
    fn a_wide_cell_is_cut_in_the_middle_and_a_sentence_wrapped() {
        let subject = "O=A long name of a company that makes phones, CN=TEST Polycom Equipment Issuing CA 1";
        let cut = text(subject, "1", Some(60));
        assert!(
            cut.contains("0004f2aaaaaa  O=A long ") && cut.contains("...") && cut.contains("Issuing CA 1  1"),
            "{cut}"
        );
        assert_eq!(cut.lines().count(), 2, "{cut}");
        assert!(text(subject, "-", None).contains(subject));
        let wrapped = text("CN=x", &"a problem ".repeat(12), Some(60));
        assert!(wrapped.lines().count() > 2, "{wrapped}");
    }

    #[test]
    fn what_a_row_is_about_is_not_broken_for_what_says_nothing() {
        let headings = ["mac", "vendor", "requests", "no verdict", "verdicts", "files", "addresses", "last seen"];
        let mut table = Table::new(&headings, &[]);
        let row = [
            "0004f2aaaaaa",
            "poly",
            "17",
            "0",
            "allow/own-file:17",
            "/<mac>.cfg",
            "198.51.100.200",
            "2026-11-23 10:10:26Z",
        ];
        table.row(row);
        let text = table.text(Some(80));
        for whole in ["0004f2aaaaaa  poly", "2026-11-23\n", "10:10:26Z\n"] {
            assert!(text.contains(whole), "{whole}: {text}");
        }
        assert!(!text.contains("VERDICT "), "{text}");
        let mut table = Table::new(&headings, &[]);
        table.row(row);
        assert!(table.text(None).contains("NO VERDICT"));
    }

    proptest! {
        #[test]
        fn every_line_fits(subject in "[a-z =,é]{0,200}", problem in "[a-z ]{0,200}", width in LEAST_WIDTH..200) {
            let text = text(&subject, &problem, Some(width));
            prop_assert!(text.lines().all(|line| line.chars().count() <= width), "{}", text);
        }
    }
}
