//! The maintenance of the time.

use super::sheet::{Kind, Piece};
use super::{Desk, NAME, PLAIN, SMALL};
use crate::report::statement::{Statement, WindowWords};

/// A PDF is for reading: it lists so many windows, and says how many more there are.
const WINDOWS_MAX: usize = 60;

impl Desk<'_> {
    /// The windows, and what was seen beneath them; nothing where there were none.
    pub(super) fn maintenance(&mut self, statement: &Statement) -> Vec<Piece> {
        let Statement { maintenance, maintenance_left_out, .. } = statement;
        if maintenance.is_empty() {
            return Vec::new();
        }
        let section = Some(self.tree.add(None, super::Role::Section));
        let mut pieces = vec![Piece::space(18.0), self.rule()];
        pieces.push(self.heading("Maintenance", 2, NAME, section));
        for window in maintenance.iter().take(WINDOWS_MAX) {
            let WindowWords { from, to, length, about, message, counting, seen } = window;
            let when = format!("{from} to {to} · {length} · {about}");
            pieces.push(Piece::space(6.0));
            pieces.push(Piece { kind: Kind::Heading, ..self.text(&when, PLAIN, section) });
            let message = (!message.is_empty()).then_some(message);
            for line in message.into_iter().chain(seen).chain([counting]) {
                pieces.push(self.text(line, SMALL, section));
            }
        }
        let more = maintenance.len().saturating_sub(WINDOWS_MAX) + maintenance_left_out;
        if more > 0 {
            let words = format!("and {more} more, in the JSON or in /maintenance/windows");
            pieces.push(self.text(&words, SMALL, section));
        }
        pieces
    }
}
