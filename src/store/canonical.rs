//! The canonical form of a JSON value, which two programs come to alike: what the hash of a
//! closed month is made of. That of RFC 8785 for the values that reports have.

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;

/// Reads JSON in which no object names a member twice: others would read it otherwise.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map(|Unique(value)| value)
        .map_err(|error| error.to_string())
}

/// A value whose objects name each of their members once.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unique, D::Error> {
        deserializer.deserialize_any(Reader).map(Unique)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Unique(value))) = members.next_entry::<String, Unique>()? {
            if all.contains_key(&name) {
                return Err(A::Error::custom(format!("{name:?} is named twice")));
            }
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

/// The canonical text: no white space, the members of objects in order of their names,
/// whole numbers without a decimal point.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// The SHA-256 of the canonical text, in small hexadecimal digits.
#[must_use]
pub fn sha256(value: &Value) -> String {
    let digest = Sha256::digest(text(value).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(value: &Value, text: &mut String) {
    let separated = |text: &mut String, index: usize| {
        if index > 0 {
            text.push(',');
        }
    };
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separated(text, index);
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (index, name) in names.into_iter().enumerate() {
                separated(text, index);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(&members[name], text);
            }
            text.push('}');
        }
        Value::Number(number) => {
            let printed = number.to_string();
            text.push_str(printed.strip_suffix(".0").unwrap_or(&printed));
        }
        simple => text.push_str(&simple.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_named_twice_is_refused_and_all_else_is_read() {
        let text = r#"{"a":[1,-2,2.5,null,true,"x"],"b":{"c":{}}}"#;
        let read: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text), Ok(read));
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"c":2,"a":3}}]"#] {
            assert!(parse(text).unwrap_err().contains("\"a\" is named twice"));
        }
        assert!(parse("{\"a\":1").unwrap_err().contains("EOF"));
    }
    use serde_json::json;

    #[test]
    fn members_are_ordered_and_numbers_are_plain() {
        let value = json!({"b": [1, 2.0, 2.5, null, true], "a": {"é": "x\n\"", "A": ""}});
        assert_eq!(text(&value), r#"{"a":{"A":"","é":"x\n\""},"b":[1,2,2.5,null,true]}"#);
    }

    #[test]
    fn the_hash_is_that_of_the_canonical_text() {
        let expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(sha256(&json!({})), expected);
    }
}
