//! `since`: the instant at which a monitor's time begins.

use super::reader::Reader;
use super::section::Field;
use super::text::quoted;
use crate::domain::timestamp::Timestamp;
use toml::de::DeValue;

/// Reads a string, or a date as TOML has it. `None` if it is wrong.
pub(super) fn read(field: &Field, reader: &mut Reader) -> Option<Timestamp> {
    let since = match field.value {
        DeValue::Datetime(at) => {
            let text = at.to_string();
            let parsed = parse(&text, &text);
            parsed.map_err(|message| reader.mistake(&field.place, message)).ok()
        }
        _ => reader.parsed(field, "an instant, like \"2026-11-01T00:00:00Z\"", parse),
    };
    if since.is_some() {
        let message = "this lies in the future: until then nothing that is seen counts";
        reader.warn_until(&field.place, message, since);
    }
    since
}

fn parse(text: &str, told: &str) -> Result<Timestamp, String> {
    let Err(message) = Timestamp::parse_rfc3339(text) else {
        return Timestamp::parse_rfc3339(text);
    };
    if text != told {
        return Err(format!(
            "what {told} holds is not an instant; write it like 2026-11-01T00:00:00Z"
        ));
    }
    // What is left out most often: the time, or the zone.
    for rest in ["Z", "T00:00:00Z"] {
        let whole = format!("{text}{rest}");
        if Timestamp::parse_rfc3339(&whole).is_ok() {
            let told = quoted(text);
            return Err(format!(
                "{told} has no time zone; write \"{whole}\" if it is meant in UTC"
            ));
        }
    }
    Err(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2026-11-01", "write \"2026-11-01T00:00:00Z\"")]
    #[case("2026-11-01T12:00:00", "write \"2026-11-01T12:00:00Z\"")]
    #[case("yesterday", "like 2026-11-01T00:00:00Z")]
    fn a_bad_instant_is_told_what_to_write(#[case] text: &str, #[case] told: &str) {
        let error = parse(text, text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}
