//! Pieces and the pages they are put on. A piece is never split; what belongs together is
//! put on one page where it fits. Pure geometry, in points from the upper left corner.

use super::font::Line;
use super::tree::Part;

/// A4.
pub(super) const WIDTH: f32 = 595.28;
/// A4.
pub(super) const HEIGHT: f32 = 841.89;
/// White on the left and the right.
pub(super) const MARGIN: f32 = 48.0;
/// What text and tables are as wide as.
pub(super) const MEASURE: f32 = WIDTH - 2.0 * MARGIN;
/// Where pages begin, below the line that says what they are of.
const TOP: f32 = 60.0;
/// Where they end, above the number of the page.
const BOTTOM: f32 = HEIGHT - 58.0;
/// The height of a page between them.
pub(super) const ROOM: f32 = BOTTOM - TOP;

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// Something that is drawn.
#[derive(Clone, Debug)]
pub(super) enum Ink {
    /// A line of text, by the left end of its foot.
    Text {
        /// Its left end.
        x: f32,
        /// Its foot.
        y: f32,
        /// Its size.
        size: f32,
        /// Its colour.
        colour: Colour,
        /// What it says.
        line: Line,
    },
    /// Filled rectangles: left, top, width and height.
    Boxes(Vec<[f32; 4]>, Colour),
    /// Strokes from one point to another, and how wide they are.
    Strokes(Vec<[f32; 4]>, f32, Colour),
}

/// Something that is drawn, and of which part it is; `None` is only decoration.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) part: Option<Part>,
    pub(super) ink: Ink,
}

/// What becomes of a piece where a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing in particular.
    Plain,
    /// It stands above what follows it, never alone.
    Heading,
    /// The names of columns: as a heading, and repeated where its rows go on.
    Columns,
    /// A row of those columns.
    Row,
}

/// Something that is drawn in one place. Its marks lie below 0.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) height: f32,
    pub(super) marks: Vec<Mark>,
}

impl Piece {
    /// White.
    pub(super) fn space(height: f32) -> Piece {
        Piece { kind: Kind::Plain, height, marks: Vec::new() }
    }
}

/// The pages.
#[derive(Default)]
pub(super) struct Sheets {
    /// What is drawn on each, with `y` from its top.
    pub(super) pages: Vec<Vec<Mark>>,
    /// How much of the last one is taken.
    taken: f32,
}

impl Sheets {
    /// Puts pieces where there is room: all on one page if they fit on one. Gives the page
    /// and the height at which the first one stands.
    pub(super) fn put(&mut self, pieces: Vec<Piece>) -> (usize, f32) {
        let whole: f32 = pieces.iter().map(|piece| piece.height).sum();
        let is_new = self.pages.is_empty();
        if is_new || (self.taken + whole > ROOM && self.taken > 0.0 && whole <= ROOM) {
            self.turn();
        }
        let together: Vec<f32> = (0..pieces.len()).map(|at| with_next(&pieces[at..])).collect();
        let mut first = None;
        let mut columns: Option<Piece> = None;
        for (piece, together) in pieces.into_iter().zip(together) {
            if self.taken + together > ROOM && self.taken > 0.0 {
                self.turn();
                if let (Kind::Row, Some(columns)) = (piece.kind, &columns) {
                    self.draw(columns.clone(), true);
                }
            }
            // White at the top of a page is left out.
            if piece.marks.is_empty() && self.taken == 0.0 {
                continue;
            }
            first.get_or_insert((self.pages.len().saturating_sub(1), TOP + self.taken));
            match piece.kind {
                Kind::Columns => columns = Some(piece.clone()),
                Kind::Row => {}
                Kind::Plain | Kind::Heading => columns = None,
            }
            self.draw(piece, false);
        }
        first.unwrap_or_default()
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.taken = 0.0;
    }

    /// A repetition is decoration: it is read once.
    fn draw(&mut self, piece: Piece, is_repetition: bool) {
        let down = TOP + self.taken;
        self.taken += piece.height;
        let Some(page) = self.pages.last_mut() else { return };
        page.extend(piece.marks.into_iter().map(|mark| Mark {
            part: mark.part.filter(|_| !is_repetition),
            ink: mark.ink.lowered(down),
        }));
    }
}

/// The height of the first piece and of what must stand below it.
fn with_next(pieces: &[Piece]) -> f32 {
    let mut height = 0.0;
    for piece in pieces {
        height += piece.height;
        if matches!(piece.kind, Kind::Plain | Kind::Row) {
            break;
        }
    }
    height
}

impl Ink {
    /// The same further down.
    pub(super) fn lowered(mut self, down: f32) -> Ink {
        match &mut self {
            Ink::Text { y, .. } => *y += down,
            Ink::Boxes(boxes, _) => boxes.iter_mut().for_each(|[_, y, _, _]| *y += down),
            Ink::Strokes(strokes, ..) => strokes.iter_mut().for_each(|[_, from, _, to]| {
                *from += down;
                *to += down;
            }),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(kind: Kind, height: f32) -> Piece {
        let ink = Ink::Boxes(vec![[0.0, 0.0, 1.0, height]], [0, 0, 0]);
        Piece { kind, height, marks: vec![Mark { part: None, ink }] }
    }

    fn tops(sheets: &Sheets) -> Vec<Vec<f32>> {
        let top = |mark: &Mark| match &mark.ink {
            Ink::Boxes(boxes, _) => boxes[0][1] - TOP,
            _ => 0.0,
        };
        sheets.pages.iter().map(|page| page.iter().map(top).collect()).collect()
    }

    #[test]
    fn what_belongs_together_stays_together() {
        let mut sheets = Sheets::default();
        sheets.put(vec![piece(Kind::Plain, ROOM - 100.0)]);
        let (page, y) = sheets.put(vec![piece(Kind::Heading, 60.0), piece(Kind::Plain, 60.0)]);
        assert_eq!((page, y), (1, TOP));
        assert_eq!(tops(&sheets), [vec![0.0], vec![0.0, 60.0]]);
    }

    #[test]
    fn a_long_table_repeats_the_names_of_its_columns() {
        let mut sheets = Sheets::default();
        let rows = std::iter::repeat_n(piece(Kind::Row, 100.0), 8);
        let all: Vec<Piece> = [piece(Kind::Columns, 20.0)].into_iter().chain(rows).collect();
        sheets.put(all);
        assert_eq!(sheets.pages.len(), 2);
        assert_eq!(sheets.pages[0].len() + sheets.pages[1].len(), 10);
        assert_eq!(tops(&sheets)[1][..2], [0.0, 20.0]);
    }
}
