//! The days or months of a report as columns, as its page has them.

use super::font::{Faces, Weight};
use super::sheet::{Colour, Ink, Kind, MARGIN, MEASURE, Mark, Piece};
use super::table::{DOWN, LINE, MUTED};
use super::tree::{Part, Role, Tree};
use crate::domain::duration;
use crate::report::column::{self, CLASSES, HEIGHT};
use crate::report::statement::Column;

const OK: Colour = [0x42, 0xa4, 0x76];
const DEGRADED: Colour = [0xb5, 0x83, 0x07];
const MAINTENANCE: Colour = [0x4f, 0x90, 0xd9];
const UNKNOWN: Colour = [0x6f, 0x77, 0x81];
const PAUSED: Colour = [0x85, 0x8c, 0x95];
const PAPER: Colour = [0xff, 0xff, 0xff];

const GAP: f32 = 2.0;
const LABEL_SIZE: f32 = 7.0;
/// A year has twelve columns, which are no wider than this.
const COLUMN_MAX: f32 = 36.0;

/// What is drawn of each class, over all columns.
#[derive(Default)]
struct Drawn {
    boxes: [Vec<[f32; 4]>; CLASSES.len()],
    notches: Vec<[f32; 4]>,
    hatch: Vec<[f32; 4]>,
}

/// A picture of some columns with its first and last date.
pub(super) fn bars(
    faces: &Faces<'_>,
    tree: &mut Tree,
    parent: Option<Part>,
    columns: &[Column],
) -> Option<Piece> {
    let (first, last) = columns.first().zip(columns.last())?;
    let picture = Some(tree.add(parent, Role::Picture(in_words(columns))));
    let count = u16::try_from(columns.len()).map_or(1.0, f32::from);
    let pitch = ((MEASURE + GAP) / count).min(COLUMN_MAX);
    let mut drawn = Drawn::default();
    let mut left = MARGIN;
    for column in columns {
        column::draw(&column.tally, |class, top, height| {
            drawn.add(class, [left, points(top), pitch - GAP, points(height)]);
        });
        left += pitch;
    }
    let right = left - GAP;
    let ground = vec![[MARGIN, points(HEIGHT), right, points(HEIGHT)]];
    let mut marks = vec![Mark { part: None, ink: Ink::Strokes(ground, 0.5, LINE) }];
    marks.extend(drawn.marks(picture));
    let ends = [(&first.label, true), (&last.label, false)];
    for (label, is_first) in ends.into_iter().take(columns.len()) {
        let line = faces.line(label, Weight::Regular);
        let x = if is_first { MARGIN } else { right - line.width(LABEL_SIZE) };
        let y = points(HEIGHT) + 9.0;
        let ink = Ink::Text { x, y, size: LABEL_SIZE, colour: MUTED, line };
        marks.push(Mark { part: picture, ink });
    }
    Some(Piece { kind: Kind::Plain, height: points(HEIGHT) + 16.0, marks })
}

/// What the columns mean, in one line.
pub(super) fn legend(faces: &Faces<'_>, tree: &mut Tree) -> Piece {
    let words = ["down", "not checked", "maintenance", "slow", "up", "paused"];
    let part = Some(tree.add(None, Role::Text));
    let mut marks = Vec::new();
    let mut left = MARGIN;
    // In the order of how much they matter.
    for class in [4, 0, 3, 1, 2, 5] {
        let mut drawn = Drawn::default();
        let height = if class == CLASSES.len() - 1 { 3.0 } else { 9.0 };
        drawn.add(class, [left, 12.0 - height, 7.0, height]);
        marks.extend(drawn.marks(None));
        let line = faces.line(words[class], Weight::Regular);
        let x = left + 11.0;
        left = x + line.width(LABEL_SIZE) + 16.0;
        let ink = Ink::Text { x, y: 11.0, size: LABEL_SIZE, colour: MUTED, line };
        marks.push(Mark { part, ink });
    }
    Piece { kind: Kind::Plain, height: 20.0, marks }
}

impl Drawn {
    /// A state is told by its shape too: slow has a notch, what was not checked is hatched,
    /// and maintenance is striped.
    fn add(&mut self, class: usize, area: [f32; 4]) {
        const STRIPE: f32 = 1.5;
        let [left, top, width, height] = area;
        let Some(boxes) = self.boxes.get_mut(class) else { return };
        match CLASSES[class] {
            "unknown" => self.hatch.extend(hatch(area)),
            "maintenance" => {
                let mut down = 0.0;
                while down < height {
                    boxes.push([left, top + down, width, STRIPE.min(height - down)]);
                    down += 2.0 * STRIPE;
                }
            }
            "degraded" => {
                boxes.push(area);
                self.notches.push([left + width / 3.0, top, width / 3.0, height.min(3.0)]);
            }
            _ => boxes.push(area),
        }
    }

    fn marks(self, part: Option<Part>) -> Vec<Mark> {
        let colours = [DOWN, UNKNOWN, MAINTENANCE, DEGRADED, OK, PAUSED];
        let boxes = self.boxes.into_iter().zip(colours);
        let filled = boxes.map(|(boxes, colour)| Ink::Boxes(boxes, colour));
        let over = [Ink::Boxes(self.notches, PAPER), Ink::Strokes(self.hatch, 0.6, UNKNOWN)];
        let is_drawn = |ink: &Ink| match ink {
            Ink::Boxes(boxes, _) => !boxes.is_empty(),
            Ink::Strokes(strokes, ..) => !strokes.is_empty(),
            Ink::Text { .. } => true,
        };
        let all = filled.chain(over).filter(is_drawn);
        all.map(|ink| Mark { part, ink }).collect()
    }
}

/// Slanted strokes within an area.
fn hatch([left, top, width, height]: [f32; 4]) -> Vec<[f32; 4]> {
    const PITCH: f32 = 2.4;
    let mut strokes = Vec::new();
    // Each begins on the left or the lower edge, and goes up to the right.
    let mut run = PITCH / 2.0;
    while run < width + height {
        let (x, y) = (run.min(width), (run - width).max(0.0));
        let (from_x, from_y) = ((run - height).max(0.0), run.min(height));
        strokes.push([left + from_x, top + from_y, left + x, top + y]);
        run += PITCH;
    }
    strokes
}

/// One unit of a column is one point.
fn points(units: i64) -> f32 {
    u16::try_from(units).map_or(0.0, f32::from)
}

/// The picture in words: which columns had downtime. There are 31 at most.
fn in_words(columns: &[Column]) -> String {
    let ends = columns.first().zip(columns.last());
    let (first, last) =
        ends.map_or(("", ""), |(first, last)| (first.label.as_str(), last.label.as_str()));
    let down: Vec<String> = (columns.iter())
        .filter(|column| column.tally.down > 0)
        .map(|column| format!("{} {}", column.label, duration::in_words(column.tally.down)))
        .collect();
    match down.is_empty() {
        true => format!("{first} to {last}: no downtime"),
        false => format!("{first} to {last}: downtime on {}", down.join(", ")),
    }
}
