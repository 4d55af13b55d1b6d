//! The statuses that a right answer may have, as the file has them: `"200-299"`,
//! `"204"` or `204`.

use super::mistake::Place;
use super::reader::Reader;
use super::section::Field;
use super::text::quoted;
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// All that HTTP has.
const ALL: RangeInclusive<u16> = 100..=599;

/// Reads `expect_status = ["200-299"]`. `None` if anything is wrong.
pub(super) fn read(field: &Field, reader: &mut Reader) -> Option<Vec<RangeInclusive<u16>>> {
    let example = "a list, like [\"200-299\"]";
    let DeValue::Array(list) = field.value else {
        reader.wrong_kind(field, example);
        return None;
    };
    if list.is_empty() {
        let message = "with an empty list no answer would be right; leave the key out for \
                       [\"200-299\"]";
        reader.mistake(&field.place, message);
        return None;
    }
    let mut ranges = Vec::new();
    for item in list.iter() {
        let Place { subject, key, .. } = field.place.clone();
        let place = Place { subject, key, ..reader.place(item.span().start) };
        let item = Field { value: item.get_ref(), place };
        let range = match item.value {
            DeValue::Integer(number) => parse(number.as_str(), &number.to_string())
                .map_err(|message| reader.mistake(&item.place, message))
                .ok(),
            _ => reader.parsed(&item, "a status, like \"200-299\" or 200", parse),
        };
        ranges.push(range);
    }
    ranges.into_iter().collect()
}

fn parse(text: &str, told: &str) -> Result<RangeInclusive<u16>, String> {
    let told = quoted(told);
    let status = |text: &str| -> Option<u16> {
        let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        let status = text.parse().ok().filter(|_| digits)?;
        ALL.contains(&status).then_some(status)
    };
    if let Some(class) = text.strip_suffix("xx")
        && let Some(first) = status(&format!("{class}00"))
    {
        return Err(format!("{told} is not a status; write \"{first}-{}\"", first + 99));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (status(first.trim()), status(last.trim())) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        (Some(first), Some(last)) => {
            Err(format!("{told} is the wrong way round; write \"{last}-{first}\""))
        }
        _ => Err(format!(
            "{told} is not a status from {} to {}; write \"200-299\" or 200",
            ALL.start(),
            ALL.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("200", 200..=200)]
    #[case("200-299", 200..=299)]
    #[case("200 - 204", 200..=204)]
    #[case("100-599", 100..=599)]
    fn a_status_is_read(#[case] text: &str, #[case] range: RangeInclusive<u16>) {
        assert_eq!(parse(text, text), Ok(range));
    }

    #[rstest]
    #[case("2xx", "write \"200-299\"")]
    #[case("299-200", "write \"200-299\"")]
    #[case("9xx", "from 100 to 599")]
    #[case("99", "from 100 to 599")]
    #[case("600", "from 100 to 599")]
    #[case("0200", "from 100 to 599")]
    #[case("200-", "from 100 to 599")]
    #[case("", "from 100 to 599")]
    #[case("ok", "from 100 to 599")]
    fn a_bad_status_is_told_what_to_write(#[case] text: &str, #[case] told: &str) {
        let error = parse(text, text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}
