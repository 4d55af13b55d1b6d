//! `[store]`: where the history is kept, and how long its single checks are.

use super::duration;
use super::reader::Reader;
use super::section::Section;
use super::setting::Setting;
use crate::domain::timestamp::DAY_MS;
use crate::store::settings::{KEEP_CHECKS_MS, Settings};

/// The pages of a monitor show the checks of its last month.
const KEEP_CHECKS_MS_MIN: i64 = 32 * DAY_MS;
/// A hundred years: for ever.
const KEEP_CHECKS_MS_MAX: i64 = 36_500 * DAY_MS;

/// Reads the section; what is wrong in it is told, and stays as it is by default.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Settings {
    let field = section.field("url", reader);
    let read = field.and_then(|field| {
        let example = "it as a string, like \"sqlite://everup.db\"";
        reader.parsed(&field, example, |url, _| Settings::from_url(url))
    });
    let keep = section.field("keep_checks", reader);
    let keep_checks_ms =
        match duration::read(keep, KEEP_CHECKS_MS_MIN..=KEEP_CHECKS_MS_MAX, reader) {
            Setting::Written(written) => written.value,
            Setting::Absent | Setting::Wrong => KEEP_CHECKS_MS,
        };
    Settings { keep_checks_ms, ..read.unwrap_or_default() }
}
