//! The report as a PDF: A4, without a browser. Whoever makes one should know that it takes
//! a processor for a while: a page of a server is made aside.
//!
//! `font` sets lines, `table` and `bars` make pieces of them, `sheet` puts pieces on pages,
//! `tree` says what they are, and `press` writes it all down. Like the other forms it
//! prints a statement and computes no figure.

mod bars;
mod corrections;
mod facts;
mod font;
mod maintenance;
mod press;
mod sheet;
mod table;
mod tree;

use super::period::PeriodReport;
use super::statement::{Closed, Entry, NOTHING, RULE, Statement};
use facts::{facts, verdict_colour};
use font::{Faces, Files, Weight};
use press::Place;
use sheet::{Colour, HEIGHT, Ink, Kind, MARGIN, MEASURE, Mark, Piece, Sheets, WIDTH};
use std::io;
use std::num::NonZeroU16;
use table::{Cell, Column, INK, MUTED, number, table, text};
use tree::{Part, Role, Tree};

/// A PDF is for reading: of one monitor it lists so many outages, and says how many more
/// there are.
pub const OUTAGES_MAX: usize = 60;

/// So many groups and monitors have a section of their own: each takes a tenth of a megabyte
/// while it is made, and nobody turns five hundred pages.
pub const SECTIONS_MAX: usize = 200;

/// The language of all its words but names.
const LANGUAGE: &str = "en";

/// A name or an address may take so many lines.
const NAME_LINES_MAX: usize = 3;

/// With more decimals, bounds stand in two lines.
const DECIMALS_IN_LINE: u32 = 3;

/// How wide a figure stands at the left of what it is made of.
const LEFT: f32 = 150.0;

/// The columns of the first table; more decimals need more room.
fn summary(decimals: u32) -> [Column; 8] {
    let more = if decimals > DECIMALS_IN_LINE { 14.0 } else { 0.0 };
    [
        text("Monitor", 0.0),
        number("Uptime", 58.0 + more),
        number("Bounds, %", 78.0),
        number("Coverage", 50.0 + more),
        number("Downtime", 54.0),
        number("Outages", 42.0),
        text("SLA", 44.0),
        text("Error budget", 66.0),
    ]
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum NoPdf {
    /// The letters could not be unpacked.
    #[error("the letters of the PDF could not be unpacked: {0}")]
    Font(#[from] io::Error),
    /// The library that writes it refused.
    #[error("the PDF could not be written: {0}")]
    Refused(String),
}

/// Prints a report.
///
/// # Errors
/// When memory is short, or the library refuses; nothing in a report is a reason.
pub fn print(report: &PeriodReport) -> Result<Vec<u8>, NoPdf> {
    let files = Files::unpack()?;
    let faces = Faces::of(&files).ok_or_else(|| NoPdf::Refused("bad letters".to_owned()))?;
    let statement = Statement::of(report);
    let mut desk = Desk { faces: &faces, tree: Tree::default() };
    let mut sheets = Sheets::default();
    let mut places: Vec<Place> = Vec::new();
    let title = statement.title.clone();
    let (page, y) = sheets.put(desk.first(&title, &statement));
    places.push((title.clone(), page, y));
    let entries = statement.groups.iter().chain(&statement.monitors);
    for entry in entries.take(SECTIONS_MAX) {
        let (page, y) = sheets.put(desk.entry(entry));
        places.push((desk.words(&entry.name), page, y));
    }
    let maintenance = desk.maintenance(&statement);
    if !maintenance.is_empty() {
        let (page, y) = sheets.put(maintenance);
        places.push(("Maintenance".to_owned(), page, y));
    }
    let all = sheets.pages.len();
    for (index, page) in sheets.pages.iter_mut().enumerate() {
        page.extend(desk.edges(&statement, &title, index, all));
    }
    press::write(&faces, sheets.pages, desk.tree, title, report.as_of, places)
}

/// What pieces are made with.
struct Desk<'a> {
    faces: &'a Faces<'a>,
    tree: Tree,
}

/// How a text looks.
#[derive(Clone, Copy)]
struct Look {
    size: f32,
    leading: f32,
    weight: Weight,
    colour: Colour,
}

const TITLE: Look = Look { size: 20.0, leading: 25.0, weight: Weight::Bold, colour: INK };
const NAME: Look = Look { size: 13.0, leading: 16.0, weight: Weight::Bold, colour: INK };
const FIGURE: Look = Look { size: 24.0, leading: 28.0, weight: Weight::Bold, colour: INK };
const PLAIN: Look = Look { size: 9.0, leading: 12.5, weight: Weight::Regular, colour: INK };
const WARNING: Look = Look { weight: Weight::Bold, ..PLAIN };
const SMALL: Look = Look { size: 8.0, leading: 11.0, weight: Weight::Regular, colour: MUTED };

impl Desk<'_> {
    /// The title, all figures in a table, and what was corrected.
    fn first(&mut self, title: &str, statement: &Statement) -> Vec<Piece> {
        let Statement { zone, from, to, state, .. } = statement;
        let mut pieces = vec![self.heading(title, 1, TITLE, None)];
        let when = format!("{from} to {to} · {zone} · {state}");
        pieces.push(self.text(&when, SMALL, None));
        if let Some(warning) = &statement.made_up {
            pieces.push(self.text(&format!("{warning}."), WARNING, None));
        }
        for seam in &statement.seams {
            pieces.push(self.text(seam, SMALL, None));
        }
        if let Some(Closed { how, sha256 }) = &statement.closing {
            pieces.push(self.text(&format!("Closed on {how}"), SMALL, None));
            pieces.push(self.text(&format!("SHA-256 of its JSON: {sha256}"), SMALL, None));
        }
        pieces.push(Piece::space(16.0));
        if statement.monitors.is_empty() {
            pieces.push(self.text("Nothing was watched in this time.", PLAIN, None));
            return pieces;
        }
        let entries = statement.groups.iter().chain(&statement.monitors);
        let decimals = statement.decimals;
        let rows = entries.map(|entry| summary_row(entry, decimals));
        pieces.extend(table(self.faces, &mut self.tree, None, &summary(decimals), rows));
        pieces.push(Piece::space(8.0));
        if let Some(corrections) = &statement.corrections {
            pieces.extend(self.corrections(corrections));
        }
        for sentence in &statement.remarks {
            pieces.push(self.text(sentence, PLAIN, None));
            pieces.push(Piece::space(8.0));
        }
        pieces.push(bars::legend(self.faces, &mut self.tree));
        pieces.push(self.text(RULE, SMALL, None));
        for said in statement.of_outages() {
            pieces.push(self.text(said, SMALL, None));
        }
        let all = statement.groups.len() + statement.monitors.len();
        if all > SECTIONS_MAX {
            let first = format!("Of {all}, the first {SECTIONS_MAX} follow one by one.");
            pieces.push(self.text(&first, SMALL, None));
        }
        pieces
    }

    /// All of one monitor or group.
    fn entry(&mut self, entry: &Entry) -> Vec<Piece> {
        let section = Some(self.tree.add(None, Role::Section));
        let mut pieces = vec![Piece::space(18.0), self.rule()];
        pieces.push(self.heading(&entry.name, 2, NAME, section));
        pieces.push(Piece { kind: Kind::Heading, ..self.text(&entry.about, SMALL, section) });
        pieces.push(self.facts(entry, section));
        if let Some(picture) = bars::bars(self.faces, &mut self.tree, section, &entry.columns) {
            pieces.push(picture);
        }
        pieces.extend(self.outages(entry, section));
        for sentence in &entry.beside {
            pieces.push(self.text(&format!("{sentence}."), SMALL, section));
        }
        pieces
    }

    /// The figure at the left, what it is made of beside it.
    fn facts(&mut self, entry: &Entry, section: Option<Part>) -> Piece {
        const EACH: f32 = (MEASURE - LEFT) / 3.0;
        const ROW: f32 = 27.0;
        let mut marks = Vec::new();
        let about = [
            format!(
                "uptime{}{}",
                if entry.is_partial { ", partial data" } else { "" },
                if entry.is_corrected { ", corrected afterwards †" } else { "" },
            ),
            format!("bounds {} %", entry.bounds),
            format!("coverage {}", entry.coverage),
        ];
        let mut foot = 4.0;
        let figure = figure_look(self.faces, &entry.uptime);
        self.write(&mut marks, section, &entry.uptime, figure, [MARGIN, LEFT], &mut foot);
        for words in about {
            self.write(&mut marks, section, &words, SMALL, [MARGIN, LEFT], &mut foot);
        }
        let mut height = foot;
        for (index, (name, value, colour)) in facts(entry).into_iter().enumerate() {
            let place = u16::try_from(index % 3).map_or(0.0, f32::from);
            let above = u16::try_from(index / 3).map_or(0.0, f32::from);
            let mut foot = 4.0 + above * ROW;
            let room = [MARGIN + LEFT + place * EACH, EACH - 8.0];
            self.write(&mut marks, section, name, Look { size: 7.5, ..SMALL }, room, &mut foot);
            let look = Look { colour, ..PLAIN };
            self.write(&mut marks, section, &value, look, room, &mut foot);
            height = height.max(4.0 + (above + 1.0) * ROW);
        }
        Piece { kind: Kind::Plain, height: height + 8.0, marks }
    }

    fn outages(&mut self, entry: &Entry, section: Option<Part>) -> Vec<Piece> {
        let columns = [
            text("Start", 98.0),
            text("End", 98.0),
            number("Downtime", 88.0),
            text("Reason", 0.0),
        ];
        if entry.outages.is_empty() {
            return Vec::new();
        }
        let rows = entry.outages.iter().take(OUTAGES_MAX).cloned().map(|outage| {
            let continued = if outage.is_continued { " (continued)" } else { "" };
            [outage.from, outage.to, outage.downtime, outage.reason + continued].map(Cell::from)
        });
        let mut pieces = vec![Piece::space(4.0)];
        pieces.extend(table(self.faces, &mut self.tree, section, &columns, rows));
        let more = entry.outages.len().saturating_sub(OUTAGES_MAX);
        if more > 0 {
            pieces.push(self.text(
                &format!("and {more} more, all are in the JSON"),
                SMALL,
                section,
            ));
        }
        pieces
    }

    /// Of what and which page this is. It is read once, in the title.
    fn edges(&self, statement: &Statement, title: &str, index: usize, all: usize) -> Vec<Mark> {
        const SIZE: f32 = 7.5;
        let Statement { zone, state, .. } = statement;
        let put = |text: &str, right: bool, y: f32| {
            let line = self.faces.line(text, Weight::Regular);
            let x = if right { WIDTH - MARGIN - line.width(SIZE) } else { MARGIN };
            Mark { part: None, ink: Ink::Text { x, y, size: SIZE, colour: MUTED, line } }
        };
        let version = concat!("everup ", env!("CARGO_PKG_VERSION"));
        let mut marks = vec![
            put(&format!("{version} · {state} · all times in {zone}"), false, HEIGHT - 34.0),
            put(&format!("{} of {all}", index + 1), true, HEIGHT - 34.0),
        ];
        if index > 0 {
            marks.push(put(title, false, 40.0));
        }
        marks
    }

    fn rule(&self) -> Piece {
        let line = vec![[MARGIN, 0.0, MARGIN + MEASURE, 0.0]];
        let marks = vec![Mark { part: None, ink: Ink::Strokes(line, 1.2, INK) }];
        Piece { kind: Kind::Heading, height: 8.0, marks }
    }

    fn heading(&mut self, text: &str, level: u16, look: Look, parent: Option<Part>) -> Piece {
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        let role = Role::Heading(level, self.words(text));
        let part = self.tree.add(parent, role);
        Piece { kind: Kind::Heading, ..self.lines(text, look, part) }
    }

    /// A name as it is read out; whoever has none is something still.
    fn words(&self, name: &str) -> String {
        let words = self.faces.line(name, Weight::Regular).text;
        if words.trim().is_empty() { NOTHING.to_owned() } else { words }
    }

    fn text(&mut self, text: &str, look: Look, parent: Option<Part>) -> Piece {
        let part = self.tree.add(parent, Role::Text);
        self.lines(text, look, part)
    }

    fn lines(&self, text: &str, look: Look, part: Part) -> Piece {
        let mut marks = Vec::new();
        let mut height = 0.0;
        let Look { size, leading, weight, colour } = look;
        let most = if look.size < PLAIN.size { 2 * NAME_LINES_MAX } else { NAME_LINES_MAX };
        for line in self.faces.wrap(text, weight, size, MEASURE, most) {
            height += leading;
            let y = height - (leading - size) / 2.0 - size * 0.2;
            let ink = Ink::Text { x: MARGIN, y, size, colour, line };
            marks.push(Mark { part: Some(part), ink });
        }
        Piece { kind: Kind::Plain, height, marks }
    }

    /// Writes a line into `[left, width]`, below `foot`.
    fn write(
        &mut self,
        marks: &mut Vec<Mark>,
        parent: Option<Part>,
        text: &str,
        look: Look,
        [x, width]: [f32; 2],
        foot: &mut f32,
    ) {
        let part = Some(self.tree.add(parent, Role::Text));
        let Look { size, leading, weight, colour } = look;
        *foot += leading;
        let y = *foot - (leading - size) / 2.0 - size * 0.2;
        for line in self.faces.wrap(text, weight, size, width, 1) {
            marks.push(Mark { part, ink: Ink::Text { x, y, size, colour, line } });
        }
    }
}

fn summary_row(entry: &Entry, decimals: u32) -> [Cell; 8] {
    let name = Cell { weight: Weight::Bold, ..Cell::from(entry.title()) };
    let doubt = if entry.is_certain { "" } else { "?" };
    let sla = Cell::from(format!("{}{doubt}", entry.verdict));
    let sla = Cell { colour: verdict_colour(entry), ..sla };
    let partial = if entry.is_partial { " partial data" } else { "" };
    let Entry { uptime, bounds, coverage, downtime, outage_count, left, .. } = entry.clone();
    [
        name,
        (uptime + partial + entry.dagger()).into(),
        bounds_in_cell(bounds, decimals).into(),
        coverage.into(),
        downtime.into(),
        outage_count.into(),
        sla,
        left.into(),
    ]
}

/// Bounds of many decimals may end a line after their dots.
fn bounds_in_cell(bounds: String, decimals: u32) -> String {
    if decimals > DECIMALS_IN_LINE { bounds.replace("..", ".. ") } else { bounds }
}

/// The size of a figure: what is no figure is smaller, and so is one that has no room.
fn figure_look(faces: &Faces<'_>, uptime: &str) -> Look {
    let fits = faces.line(uptime, FIGURE.weight).width(FIGURE.size) <= LEFT;
    if uptime.ends_with('%') && fits { FIGURE } else { Look { size: 15.0, ..FIGURE } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::percent::Target;

    /// The longest numbers there are, with every count of decimals: a line ends between
    /// words and after the dots of bounds, and nowhere else.
    #[test]
    fn no_number_is_broken() {
        let files = Files::unpack().unwrap();
        let faces = Faces::of(&files).unwrap();
        for decimals in 2..=Target::DECIMALS_MAX {
            let whole = format!("100.{:01$}", 0, decimals as usize);
            let bounds = bounds_in_cell(format!("{whole}..{whole}"), decimals);
            let percent = format!("{whole} %");
            let [_, uptime, in_bounds, coverage, downtime, ..] = summary(decimals);
            for (column, text, lines) in [
                (uptime, percent.clone(), 1),
                (in_bounds, bounds, if decimals > DECIMALS_IN_LINE { 2 } else { 1 }),
                (coverage, percent.clone(), 1),
                (downtime, "30 d 23 h".to_owned(), 1),
            ] {
                let set = table::lines(&faces, &Cell::from(text.clone()), column.width);
                let words: Vec<&str> = set.iter().map(|line| line.text.trim()).collect();
                assert_eq!(words.join(" "), text, "{decimals}");
                assert_eq!(words.len(), lines, "{decimals}: {words:?}");
            }
            let look = figure_look(&faces, &percent);
            let set = faces.wrap(&percent, look.weight, look.size, LEFT, 1);
            assert_eq!(set[0].text, percent);
        }
    }
}
