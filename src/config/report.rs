//! `[report]`: whose calendar the months follow, and which uptime was promised.

use super::nearest::nearest;
use super::reader::Reader;
use super::section::{Field, Section};
use super::text::quoted;
use crate::domain::percent::Target;
use crate::report::settings::Settings;
use chrono_tz::{TZ_VARIANTS, Tz};
use toml::de::DeValue;

/// Reads the section; what is wrong in it is told, and stays as it is by default.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Settings {
    let mut settings = Settings::default();
    if let Some(field) = section.field("time_zone", reader) {
        let example = "the name of a zone, like \"Europe/Berlin\"";
        settings.zone = reader.parsed(&field, example, parse_zone).unwrap_or(settings.zone);
    }
    if let Some(field) = section.field("sla_percent", reader) {
        settings.target = read_target(&field, reader).unwrap_or(settings.target);
    }
    settings
}

fn read_target(field: &Field, reader: &mut Reader) -> Option<Target> {
    let number = match field.value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => {
            let example = "it as a string, like \"99.9\"";
            return reader.parsed(field, example, parse_target);
        }
    };
    // Shown only if it is one: a number may be written in ways that a target may not.
    let write = Target::parse(&number).map_or("99.9".to_owned(), |target| target.to_string());
    let message = format!("a number is not exact; write it as a string: \"{write}\"");
    reader.mistake(&field.place, message);
    None
}

fn parse_target(text: &str, told: &str) -> Result<Target, String> {
    // What has a variable in it is never a target, so the sentence comes out the same.
    Target::parse(text).map_err(|message| Target::parse(told).err().unwrap_or(message))
}

fn parse_zone(text: &str, told: &str) -> Result<Tz, String> {
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
