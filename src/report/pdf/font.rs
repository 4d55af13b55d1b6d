//! The letters of a PDF: two faces, unpacked only while one is made, and lines set in them.
//!
//! What a face has no glyph for is shown as an empty box and can still be copied as it was
//! written. Nothing that a name may be made of fails.

use krilla::surface::Location;
use krilla::text::{Font, Glyph, GlyphId};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use unicode_bidi::BidiInfo;

/// DejaVu Sans Condensed, regular and bold, which may be embedded freely: see the licence
/// beside them. Packed, because they would be a megabyte and a half in the program.
const PACKED: [&[u8]; 2] = [
    include_bytes!("../../../assets/fonts/DejaVuSansCondensed.ttf.zst"),
    include_bytes!("../../../assets/fonts/DejaVuSansCondensed-Bold.ttf.zst"),
];

/// What stands for a letter that a face does not have.
const BOX: char = '\u{25a1}';
/// What stands for what is no letter.
const NONE: char = '\u{fffd}';
const ELLIPSIS: &str = "…";
/// No line has room for so many; what a text has beyond them is left out.
const LETTERS_MAX: usize = 4_096;

/// The unpacked faces.
pub(super) struct Files([Arc<Vec<u8>>; 2]);

impl Files {
    /// Unpacks them.
    ///
    /// # Errors
    /// When memory is short; they are part of the program.
    pub(super) fn unpack() -> io::Result<Files> {
        let unpack = |packed| zstd::decode_all(packed).map(Arc::new);
        Ok(Files([unpack(PACKED[0])?, unpack(PACKED[1])?]))
    }
}

/// Light or heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// For everything.
    Regular = 0,
    /// For what is read first.
    Bold = 1,
}

/// Both faces, ready to set lines.
pub(super) struct Faces<'a> {
    faces: [(Face<'a>, Font); 2],
}

/// A line of text, set.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) weight: Weight,
    /// What it says, and is copied as.
    pub(super) text: String,
    pub(super) glyphs: Vec<Set>,
    /// How long it is at a size of one point.
    em: f32,
}

/// A glyph, and which bytes of its line it stands for. A report has a hundred thousand of
/// them, so it is small: lengths are in ems.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    glyph: u16,
    from: u16,
    to: u16,
    advance: f32,
    offset: [f32; 2],
}

impl Glyph for Set {
    fn glyph_id(&self) -> GlyphId {
        GlyphId::new(u32::from(self.glyph))
    }

    fn text_range(&self) -> Range<usize> {
        usize::from(self.from)..usize::from(self.to)
    }

    fn x_advance(&self, size: f32) -> f32 {
        self.advance * size
    }

    fn x_offset(&self, size: f32) -> f32 {
        self.offset[0] * size
    }

    fn y_offset(&self, size: f32) -> f32 {
        self.offset[1] * size
    }

    fn y_advance(&self, _: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        None
    }
}

impl Line {
    /// How long it is at `size`, in points.
    pub(super) fn width(&self, size: f32) -> f32 {
        self.em * size
    }
}

impl<'a> Faces<'a> {
    /// The faces in `files`; `None` where they are no fonts.
    pub(super) fn of(files: &'a Files) -> Option<Faces<'a>> {
        let face = |data: &'a Arc<Vec<u8>>| {
            Some((Face::from_slice(data, 0)?, Font::new(Arc::clone(data).into(), 0)?))
        };
        Some(Faces { faces: [face(&files.0[0])?, face(&files.0[1])?] })
    }

    /// The font of a weight, as it is embedded.
    pub(super) fn font(&self, weight: Weight) -> Font {
        self.faces[weight as usize].1.clone()
    }

    /// Sets a line.
    pub(super) fn line(&self, text: &str, weight: Weight) -> Line {
        let text: String = text.chars().take(LETTERS_MAX).filter_map(printable).collect();
        let face = &self.faces[weight as usize].0;
        let mut glyphs = Vec::with_capacity(text.len());
        let bidi = BidiInfo::new(&text, None);
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let is_rtl = levels.get(run.start).is_some_and(|level| level.is_rtl());
                shape(face, &text, run, is_rtl, &mut glyphs);
            }
        }
        let em = glyphs.iter().map(|glyph: &Set| glyph.advance).sum();
        Line { weight, text, glyphs, em }
    }

    /// Sets a text in lines of at most `width` points, of which there are at most `most`;
    /// what does not fit ends in an ellipsis.
    pub(super) fn wrap(
        &self,
        text: &str,
        weight: Weight,
        size: f32,
        width: f32,
        most: usize,
    ) -> Vec<Line> {
        let fits = |text: &str| self.line(text, weight).width(size) <= width;
        let mut lines = Vec::new();
        let mut rest = text.trim();
        while lines.len() + 1 < most && !fits(rest) {
            let whole = longest(rest, |part| fits(part));
            // After a word, if one ends there.
            let cut = match rest[..whole].rfind(' ') {
                Some(space) if space > 0 && !rest[whole..].starts_with(' ') => space,
                _ => whole,
            };
            let words = rest[..cut].trim_end();
            let next = rest[cut..].trim_start();
            // Whoever has it read out hears where a word ends; it takes no room.
            let end = if cut + next.len() < rest.len() { " " } else { "" };
            let em = self.line(words, weight).em;
            lines.push(Line { em, ..self.line(&format!("{words}{end}"), weight) });
            rest = next;
        }
        if fits(rest) {
            lines.push(self.line(rest, weight));
        } else {
            let cut = longest(rest, |part| fits(&format!("{part}{ELLIPSIS}")));
            lines.push(self.line(&format!("{}{ELLIPSIS}", rest[..cut].trim_end()), weight));
        }
        lines
    }
}

/// How many bytes of a text fit: up to where a letter ends, and at least one letter.
fn longest(text: &str, fits: impl Fn(&str) -> bool) -> usize {
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let count = ends.partition_point(|end| fits(&text[..*end]));
    ends.get(count.saturating_sub(1)).copied().unwrap_or(text.len())
}

/// What of a text is set. Marks that only steer a text editor are left out, and what is no
/// letter is replaced.
fn printable(c: char) -> Option<char> {
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => None,
        '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => None,
        '\t' | '\n' | '\r' | '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{85}' => Some(' '),
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{fff0}'..='\u{ffff}' => Some(NONE),
        c if c.is_control() => Some(NONE),
        c => Some(c),
    }
}

/// Sets a stretch of text that runs in one direction.
fn shape(face: &Face<'_>, text: &str, run: Range<usize>, is_rtl: bool, glyphs: &mut Vec<Set>) {
    let mut buffer = UnicodeBuffer::new();
    for (at, c) in text[run.clone()].char_indices() {
        let shown = if face.glyph_index(c).is_some() { c } else { BOX };
        // A run of text has less than four billion bytes: names and reasons are cut.
        buffer.add(shown, u32::try_from(run.start + at).unwrap_or(u32::MAX));
    }
    buffer.guess_segment_properties();
    let direction = if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight };
    buffer.set_direction(direction);
    let set = rustybuzz::shape(face, &[], buffer);
    let starts: BTreeSet<usize> =
        set.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    #[expect(clippy::cast_precision_loss, reason = "a font has a few thousand units an em")]
    let em = |units: i32| units as f32 / face.units_per_em() as f32;
    let missing = face.glyph_index(BOX).map_or(0, |glyph| u32::from(glyph.0));
    for (info, position) in set.glyph_infos().iter().zip(set.glyph_positions()) {
        let from = (info.cluster as usize).min(run.end);
        let to = starts.range(from + 1..).next().copied().unwrap_or(run.end);
        let glyph = if info.glyph_id == 0 { missing } else { info.glyph_id };
        // A face has at most 65,536 glyphs, and a line fewer bytes than that.
        let small = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        glyphs.push(Set {
            glyph: u16::try_from(glyph).unwrap_or_default(),
            from: small(from),
            to: small(to),
            advance: em(position.x_advance),
            offset: [em(position.x_offset), em(position.y_offset)],
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_too_long_is_wrapped_and_then_cut() {
        let files = Files::unpack().unwrap();
        let faces = Faces::of(&files).unwrap();
        let wrap = |text: &str, width: f32, most: usize| -> Vec<String> {
            let lines = faces.wrap(text, Weight::Regular, 10.0, width, most);
            assert!(lines.iter().all(|line| line.width(10.0) <= width), "{text}");
            lines.into_iter().map(|line| line.text.trim_end().to_owned()).collect()
        };
        assert_eq!(wrap("Sign-in", 100.0, 2), ["Sign-in"]);
        assert_eq!(wrap("Sign-in of customers", 60.0, 3), ["Sign-in of", "customers"]);
        assert_eq!(
            wrap("Sign-in of customers and others", 60.0, 2),
            ["Sign-in of", "customers…"]
        );
        let unbroken = wrap(&"x".repeat(40), 60.0, 9);
        assert_eq!(unbroken.concat(), "x".repeat(40));
    }

    #[test]
    fn a_letter_that_the_face_does_not_have_is_a_box_and_is_copied_as_it_was() {
        let files = Files::unpack().unwrap();
        let faces = Faces::of(&files).unwrap();
        let line = faces.line("a決", Weight::Regular);
        let boxed = faces.line("a□", Weight::Regular);
        assert_eq!(line.text, "a決");
        assert_eq!(line.glyphs[1].glyph, boxed.glyphs[1].glyph);
        assert_eq!(line.glyphs[1].text_range(), 1..4);
        assert!(line.glyphs.iter().all(|glyph| glyph.glyph != 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_set_has_glyphs_and_its_own_text(text in any::<String>()) {
            let files = Files::unpack().unwrap();
            let faces = Faces::of(&files).unwrap();
            for weight in [Weight::Regular, Weight::Bold] {
                let line = faces.line(&text, weight);
                for glyph in &line.glyphs {
                    prop_assert!(glyph.glyph != 0);
                    prop_assert!(!line.text[glyph.text_range()].is_empty());
                }
            }
        }
    }
}
