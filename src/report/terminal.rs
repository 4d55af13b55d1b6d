//! What a report looks like on a terminal besides its text: how wide it may be, and the
//! days or months of each monitor as a line of blocks. Only whoever prints on a terminal
//! asks for it; the text form itself stays plain.

use super::statement::{Column, Statement};
use crate::domain::uptime::Tally;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};

/// What a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How many characters are in a line.
    pub width: u16,
    /// Whether it shows blocks.
    pub has_blocks: bool,
    /// Whether it shows colours.
    pub has_colours: bool,
}

/// A name beside its line has at least so much room, or there are no lines.
const NAME_WIDTH_MIN: usize = 14;

/// A day or a month is drawn wider where a name still has so much room.
const NAME_WIDTH: usize = 40;

/// So wide a month is, at most: its first and last name fit above a quarter.
const EACH_MAX: usize = 8;

/// A day or a month: what it is called, its block, and its colour as terminals number it.
/// Every block has a shape of its own, so that a line reads without colour.
const KINDS: [(&str, char, u8); 6] = [
    ("down", '█', 31),
    ("slow", '▆', 33),
    ("maintenance", '▒', 34),
    ("not checked", '░', 37),
    ("up", '▄', 32),
    ("paused", '▁', 37),
];

/// Of a day that was not watched for less than a hundredth, that is not worth its block.
const PARTS_UNSEEN: i64 = 100;

/// The lines of all monitors and groups with what the blocks mean; nothing where the
/// terminal shows none, or has no room for them.
#[must_use]
pub fn lines(statement: &Statement, look: Look) -> String {
    let count = statement.entries().map(|entry| entry.columns.len()).max().unwrap_or(0);
    let width = usize::from(look.width);
    if count == 0 || count + NAME_WIDTH_MIN > width || !look.has_blocks {
        return String::new();
    }
    let each = (width.saturating_sub(NAME_WIDTH) / count).clamp(1, EACH_MAX);
    let mut table = Table::new();
    table
        .load_style(super::text::STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(look.width);
    let ends = statement.entries().find_map(|entry| ends(&entry.columns, each));
    table.set_header(["Monitor".to_owned(), ends.unwrap_or_default()]);
    for entry in statement.entries() {
        let blocks = entry
            .columns
            .iter()
            .flat_map(|column| std::iter::repeat_n(block(&column.tally), each));
        table.add_row([entry.title(), blocks.collect()]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    let kinds = KINDS.map(|(name, block, _)| format!("{block} {name}"));
    let text = format!("{table}\n {}\n", kinds.join("  "));
    if look.has_colours { coloured(&text) } else { text }
}

/// The first and the last date, at the ends of the line.
fn ends(columns: &[Column], each: usize) -> Option<String> {
    let (first, last) = columns.first().zip(columns.last())?;
    let width = columns.len() * each;
    let taken = first.label.chars().count() + last.label.chars().count();
    let between = width.checked_sub(taken).filter(|between| *between > 0)?;
    // No-break spaces, or the table takes them for the end of a line.
    Some(
        format!("{}{}{}", first.label, "\u{a0}".repeat(between), last.label)
            .replace(' ', "\u{a0}"),
    )
}

fn block(tally: &Tally) -> char {
    let lived = tally.window() - tally.outside;
    let kind = match tally {
        _ if lived <= 0 => return ' ',
        tally if tally.down > 0 => 0,
        tally if tally.unknown * PARTS_UNSEEN > lived => 3,
        tally if tally.degraded > 0 => 1,
        tally if tally.maintenance > 0 => 2,
        tally if tally.paused == lived => 5,
        _ => 4,
    };
    KINDS[kind].1
}

/// Blocks in their colours. One in a name is coloured too, which does no harm.
fn coloured(text: &str) -> String {
    let mut coloured = String::with_capacity(text.len() * 2);
    let mut now = None;
    for c in text.chars() {
        let colour = KINDS.iter().find(|(_, block, _)| *block == c).map(|(.., colour)| *colour);
        if colour != now {
            match colour {
                Some(colour) => coloured += &format!("\u{1b}[{colour}m"),
                None => coloured += "\u{1b}[0m",
            }
            now = colour;
        }
        coloured.push(c);
    }
    coloured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::DAY_MS;
    use rstest::rstest;

    const UP: Tally = Tally {
        up: DAY_MS,
        outside: 0,
        paused: 0,
        maintenance: 0,
        degraded: 0,
        down: 0,
        unknown: 0,
    };

    #[rstest]
    #[case(UP, '▄')]
    #[case(Tally { down: 1, ..UP }, '█')]
    #[case(Tally { down: 1, unknown: DAY_MS, ..UP }, '█')]
    #[case(Tally { unknown: DAY_MS / 200, ..UP }, '▄')]
    #[case(Tally { unknown: DAY_MS, ..UP }, '░')]
    #[case(Tally { degraded: 1, ..UP }, '▆')]
    #[case(Tally { up: 0, outside: DAY_MS, ..UP }, ' ')]
    #[case(Tally { up: 0, paused: DAY_MS, ..UP }, '▁')]
    fn a_day_has_the_block_of_its_worst(#[case] tally: Tally, #[case] expected: char) {
        assert_eq!(block(&tally), expected);
    }

    #[test]
    fn colours_begin_and_end() {
        assert_eq!(coloured("a▄▄█\nb"), "a\u{1b}[32m▄▄\u{1b}[31m█\u{1b}[0m\nb");
    }
}
