//! Tables of a PDF, as pieces: the names of the columns, then a row each.

use super::font::{Faces, Line, Weight};
use super::sheet::{Colour, Ink, Kind, MARGIN, MEASURE, Mark, Piece};
use super::tree::{Part, Role, Tree};

/// Black on paper.
pub(super) const INK: Colour = [0x1b, 0x1d, 0x20];
/// For what is read second.
pub(super) const MUTED: Colour = [0x58, 0x5f, 0x68];
/// Between rows.
pub(super) const LINE: Colour = [0xdc, 0xdc, 0xd6];
/// For a missed promise.
pub(super) const DOWN: Colour = [0x8b, 0x0e, 0x22];

const SIZE: f32 = 8.5;
const NAME_SIZE: f32 = 7.5;
const LEADING: f32 = 11.0;
/// Above and below the text of a row.
const AIR: f32 = 3.5;
const GAP: f32 = 8.0;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// What it is called.
    pub(super) name: &'static str,
    /// How wide it is, in points, with the gap after it; the rest of the line for the one
    /// that has 0.
    pub(super) width: f32,
    /// Numbers stand at the right.
    pub(super) is_number: bool,
}

/// A column of text.
pub(super) const fn text(name: &'static str, width: f32) -> Column {
    Column { name, width, is_number: false }
}

/// A column of numbers.
pub(super) const fn number(name: &'static str, width: f32) -> Column {
    Column { name, width, is_number: true }
}

/// What stands in a cell.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) colour: Colour,
    pub(super) weight: Weight,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, colour: INK, weight: Weight::Regular }
    }
}

/// The longest cell has so many lines; what is longer ends in an ellipsis.
const LINES_MAX: usize = 3;

/// A table below `parent`. The first cell of a row says what it is about.
pub(super) fn table<const COLUMNS: usize>(
    faces: &Faces<'_>,
    tree: &mut Tree,
    parent: Option<Part>,
    columns: &[Column; COLUMNS],
    rows: impl Iterator<Item = [Cell; COLUMNS]>,
) -> Vec<Piece> {
    let fixed: f32 = columns.iter().map(|column| column.width).sum();
    let places = columns.map(|column| match column.width {
        0.0 => Column { width: MEASURE - fixed, ..column },
        _ => column,
    });
    let table = tree.add(parent, Role::Table);
    let head = tree.add(Some(table), Role::Row);
    let names = columns.map(|column| {
        let part = tree.add(Some(head), Role::ColumnName);
        let line = faces.line(column.name, Weight::Regular);
        (part, vec![line], MUTED)
    });
    let mut pieces = vec![row(Kind::Columns, NAME_SIZE, &places, names)];
    for cells in rows {
        let part = tree.add(Some(table), Role::Row);
        let mut role = Role::RowName;
        let mut widths = places.iter();
        let cells = cells.map(|cell| {
            let part = tree.add(Some(part), std::mem::replace(&mut role, Role::Cell));
            let width = widths.next().map_or(MEASURE, |column| column.width);
            (part, lines(faces, &cell, width), cell.colour)
        });
        pieces.push(row(Kind::Row, SIZE, &places, cells));
    }
    pieces
}

/// The lines of a cell in a column of this width.
pub(super) fn lines(faces: &Faces<'_>, cell: &Cell, width: f32) -> Vec<Line> {
    faces.wrap(&cell.text, cell.weight, SIZE, width - GAP, LINES_MAX)
}

fn row<const COLUMNS: usize>(
    kind: Kind,
    size: f32,
    columns: &[Column; COLUMNS],
    cells: [(Part, Vec<Line>, Colour); COLUMNS],
) -> Piece {
    let mut marks = Vec::new();
    let mut left = MARGIN;
    let mut height = 0.0_f32;
    let last = COLUMNS.saturating_sub(1);
    for (index, (column, (part, lines, colour))) in columns.iter().zip(cells).enumerate() {
        // A last column of numbers ends with the table.
        let gap = if index == last { 0.0 } else { GAP };
        let mut foot = AIR;
        for line in lines {
            foot += LEADING;
            let x = match column.is_number {
                true => left + column.width - gap - line.width(size),
                false => left,
            };
            let y = foot - 2.5;
            marks.push(Mark { part: Some(part), ink: Ink::Text { x, y, size, colour, line } });
        }
        height = height.max(foot + AIR);
        left += column.width;
    }
    let rule = vec![[MARGIN, height, MARGIN + MEASURE, height]];
    marks.push(Mark { part: None, ink: Ink::Strokes(rule, 0.5, LINE) });
    Piece { kind, height, marks }
}
