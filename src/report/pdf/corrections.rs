//! What was corrected of a closed month.

use super::sheet::Piece;
use super::table::{Cell, number, table, text};
use super::{Desk, NAME};
use crate::report::statement::{CORRECTED, Corrections};

impl Desk<'_> {
    /// Both figures of each, and who said what.
    pub(super) fn corrections(&mut self, corrections: &Corrections) -> Vec<Piece> {
        let columns =
            [text("Monitor", 0.0), number("Measured", 90.0), number("Adjusted", 90.0)];
        let rows = corrections.rows.iter().cloned().map(|cells| cells.map(Cell::from));
        let mut pieces = vec![Piece::space(12.0), self.heading(CORRECTED, 2, NAME, None)];
        pieces.extend(table(self.faces, &mut self.tree, None, &columns, rows));
        pieces.push(Piece::space(12.0));
        let columns = [
            text("Outage since", 98.0),
            text("Monitor", 90.0),
            text("Counts as", 52.0),
            text("Said by", 80.0),
            text("Why", 0.0),
        ];
        let rows = corrections.said.iter().cloned().map(|said| {
            [said.since, said.monitor, said.instead.to_owned(), said.author, said.reason]
                .map(Cell::from)
        });
        pieces.extend(table(self.faces, &mut self.tree, None, &columns, rows));
        pieces.push(Piece::space(20.0));
        pieces
    }
}
