//! Writes pages as a PDF: tagged (PDF/UA-1) and self-contained (PDF/A-2a), with an outline,
//! and with nothing in it that is not of the report, so that the same report is the same
//! bytes.

use super::NoPdf;
use super::font::Faces;
use super::sheet::{Colour, HEIGHT, Ink, Mark, WIDTH};
use super::tree::Tree;
use crate::domain::timestamp::Timestamp;
use chrono::{Datelike, Timelike};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag};
use krilla::{Document, SerializeSettings};

/// Where something begins: what it is called, its page and how far down it is.
pub(super) type Place = (String, usize, f32);

/// Writes `pages`, of which `tree` says what they are.
///
/// # Errors
/// When the library refuses what was drawn.
pub(super) fn write(
    faces: &Faces<'_>,
    pages: Vec<Vec<Mark>>,
    mut tree: Tree,
    title: String,
    as_of: Timestamp,
    places: Vec<Place>,
) -> Result<Vec<u8>, NoPdf> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| NoPdf::Refused("its forms do not go together".to_owned()))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    for marks in pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT)
            .ok_or_else(|| NoPdf::Refused("a page has no size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for Mark { part, ink } in &marks {
            let tag = match (part, ink) {
                (None, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
                (Some(_), Ink::Text { .. }) => ContentTag::Span(SpanTag::empty()),
                (Some(_), _) => ContentTag::Other,
            };
            let what = surface.start_tagged(tag);
            draw(&mut surface, faces, ink);
            surface.end_tagged();
            if let Some(part) = part {
                tree.drawn(*part, what);
            }
        }
        surface.finish();
        page.finish();
    }
    let mut outline = Outline::new();
    for (name, page, y) in places {
        let place = XyzDestination::new(page, Point::from_xy(0.0, y));
        outline.push_child(OutlineNode::new(name, place));
    }
    document.set_outline(outline);
    document.set_tag_tree(tree.written());
    let everup = concat!("everup ", env!("CARGO_PKG_VERSION")).to_owned();
    let metadata = Metadata::new()
        .title(title)
        .language(super::LANGUAGE.to_owned())
        .creator(everup)
        .creation_date(date(as_of));
    document.set_metadata(metadata);
    document.finish().map_err(|error| NoPdf::Refused(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, faces: &Faces<'_>, ink: &Ink) {
    match ink {
        Ink::Text { x, y, size, colour, line } => {
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: paint(*colour).into(), ..Fill::default() }));
            let (start, font) = (Point::from_xy(*x, *y), faces.font(line.weight));
            surface.draw_glyphs(start, &line.glyphs, font, &line.text, *size, false);
        }
        Ink::Boxes(boxes, colour) => {
            let mut path = PathBuilder::new();
            for [x, y, width, height] in boxes {
                if let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) {
                    path.push_rect(rect);
                }
            }
            surface.set_stroke(None);
            surface.set_fill(Some(Fill { paint: paint(*colour).into(), ..Fill::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Ink::Strokes(strokes, width, colour) => {
            let mut path = PathBuilder::new();
            for [from_x, from_y, to_x, to_y] in strokes {
                path.move_to(*from_x, *from_y);
                path.line_to(*to_x, *to_y);
            }
            surface.set_fill(None);
            let paint = paint(*colour).into();
            surface.set_stroke(Some(Stroke { paint, width: *width, ..Stroke::default() }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn paint([red, green, blue]: Colour) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

/// The instant of the report, not of the printing.
fn date(at: Timestamp) -> DateTime {
    let utc = at.to_utc();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(utc.year()).unwrap_or_default())
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
