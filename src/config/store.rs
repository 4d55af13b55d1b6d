//! `[store]`: where the history is kept.

use super::reader::Reader;
use super::section::Section;
use crate::store::settings::Settings;

/// Reads the section; what is wrong in it is told, and stays as it is by default.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Settings {
    let field = section.field("url", reader);
    let read = field.and_then(|field| {
        let example = "it as a string, like \"sqlite://everup.db\"";
        reader.parsed(&field, example, |url, _| Settings::from_url(url))
    });
    read.unwrap_or_default()
}
