//! `[report]`: whose calendar the months follow, and which uptime was promised.

use super::nearest::nearest;
use super::promise::Promise;
use super::reader::Reader;
use super::section::Section;
use super::text::quoted;
use crate::report::settings::Settings;
use chrono_tz::{TZ_VARIANTS, Tz};

/// Reads the section; what is wrong in it is told, and stays as it is by default.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Settings {
    let mut settings = Settings::default();
    if let Some(field) = section.field("time_zone", reader) {
        let example = "the name of a zone, like \"Europe/Berlin\"";
        settings.zone = reader.parsed(&field, example, parse_zone).unwrap_or(settings.zone);
    }
    settings.contract = Promise::read(section, reader).or(settings.contract);
    settings
}

/// The zone with this name.
pub(super) fn parse_zone(text: &str, told: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        let hint = similar_zone(told).map_or_else(
            || "; write one like \"Europe/Berlin\" or \"UTC\"".to_owned(),
            |zone| format!("; did you mean {zone:?}?"),
        );
        format!("{} is not a time zone{hint}", quoted(told))
    })
}

/// The zone that was probably meant: the same but for its case, its last part, or near.
fn similar_zone(text: &str) -> Option<&'static str> {
    let text = text.trim().replace(' ', "_");
    let names = TZ_VARIANTS.iter().map(|zone| zone.name());
    let is_city = |name: &&str| {
        name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&text))
    };
    let same = names.clone().find(|name| name.eq_ignore_ascii_case(&text));
    same.or_else(|| names.clone().find(is_city))
        .or_else(|| nearest(&text, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("europe/berlin", Some("Europe/Berlin"))]
    #[case("Berlin", Some("Europe/Berlin"))]
    #[case("Europe/Berln", Some("Europe/Berlin"))]
    #[case("America/New York", Some("America/New_York"))]
    #[case("utc", Some("UTC"))]
    #[case("Middle-earth/Shire", None)]
    fn a_mistyped_zone_finds_its_neighbour(#[case] text: &str, #[case] zone: Option<&str>) {
        assert_eq!(similar_zone(text), zone);
    }
}
