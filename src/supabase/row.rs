//! One row of the table, as it comes in JSON.

use super::instant::{self, Finer};
use crate::domain::check::Evidence;
use crate::domain::foreign_window::{ForeignWindow, Terms};
use crate::domain::timestamp::Timestamp;
use serde_json::Value;

/// A key is a number or a UUID; what is longer is none that can be asked for.
const ID_CHARS_MAX: usize = 100;

/// The columns that are asked for.
pub(super) const COLUMNS: &str = "id,start_time,end_time,message";

/// The column that says when a row was made; not every table has it.
pub(super) const CREATED_AT: &str = "created_at";

/// A row of which we can make no window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Its key.
    pub id: String,
    /// Why, as a sentence.
    pub why: String,
}

/// The key of a row.
///
/// # Errors
/// A sentence, if it has none that can be asked for.
pub(super) fn id(row: &Value) -> Result<String, String> {
    let id = match row.get("id") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return Err("a row has an id that is neither a whole number nor a text".to_owned()),
    };
    let sound = !id.is_empty()
        && id.chars().count() <= ID_CHARS_MAX
        && !id.chars().any(char::is_control);
    if sound { Ok(id) } else { Err("a row has an id that cannot be asked for".to_owned()) }
}

/// Reads the row with the key `id`.
///
/// # Errors
/// The row's key, and a sentence that names its column.
pub(super) fn read(id: String, row: &Value) -> Result<ForeignWindow, Unfit> {
    let made = || -> Result<ForeignWindow, String> {
        let start = required(row, "start_time")?;
        let end = required(row, "end_time")?;
        let message = match row.get("message") {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(_) => return Err("its message is not a text".to_owned()),
        };
        let created_at = match row.get(CREATED_AT) {
            None | Some(Value::Null) => None,
            Some(value) => Some(instant(value, CREATED_AT, Finer::Up)?),
        };
        let terms = Terms::new(start, end, message)?;
        Ok(ForeignWindow { id: id.clone(), terms, created_at })
    };
    made().map_err(|why| Unfit { why: Evidence::clean(&why), id })
}

fn required(row: &Value, column: &str) -> Result<Timestamp, String> {
    match row.get(column) {
        None | Some(Value::Null) => Err(format!("it has no {column}")),
        Some(value) => instant(value, column, Finer::Cut),
    }
}

fn instant(value: &Value, column: &str, finer: Finer) -> Result<Timestamp, String> {
    let Value::String(text) = value else {
        return Err(format!("its {column} is not written as a text"));
    };
    instant::parse(text, finer).map_err(|why| format!("its {column} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn row(change: Value) -> Value {
        let mut row = json!({
            "id": 17, "start_time": "2026-12-01T02:00:00+00:00",
            "end_time": "2026-12-01T04:00:00", "message": "Upgrade",
            "created_at": "2026-11-01T00:00:00.0000001+00:00",
        });
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        row
    }

    #[test]
    fn a_row_with_a_number_or_a_uuid_is_read() {
        let sound = row(json!({}));
        let read_row = read(id(&sound).unwrap(), &sound).unwrap();
        assert_eq!(read_row.id, "17");
        assert_eq!(read_row.terms.start.to_string(), "2026-12-01T02:00:00Z");
        assert_eq!(read_row.terms.end.to_string(), "2026-12-01T04:00:00Z");
        assert_eq!(read_row.created_at.unwrap().to_string(), "2026-11-01T00:00:00.001Z");
        let uuid = "7f0c3f9e-0b1c-4a57-9d83-3f4f0a2b6f10";
        assert_eq!(id(&row(json!({"id": uuid}))).unwrap(), uuid);
    }

    #[rstest]
    #[case(json!({"start_time": null}), "it has no start_time")]
    #[case(json!({"end_time": "infinity"}), "its end_time \"infinity\" is not an instant")]
    #[case(json!({"end_time": 17}), "its end_time is not written as a text")]
    #[case(json!({"end_time": "2026-12-01T01:00:00+00:00"}), "it ends at 2026-12-01T01:00:00Z")]
    #[case(json!({"message": 17}), "its message is not a text")]
    #[case(json!({"created_at": "once"}), "its created_at \"once\" is not an instant")]
    fn nonsense_is_told(#[case] change: Value, #[case] why: &str) {
        let unfit = read("17".to_owned(), &row(change)).unwrap_err();
        assert!(unfit.why.starts_with(why), "{}", unfit.why);
    }

    #[rstest]
    #[case(json!({"id": null}))]
    #[case(json!({"id": 1.5}))]
    #[case(json!({"id": ""}))]
    #[case(json!({"id": "a\nb"}))]
    #[case(json!({"id": "9".repeat(101)}))]
    fn a_key_that_cannot_be_asked_for_is_told(#[case] change: Value) {
        assert!(id(&row(change)).is_err());
    }
}
