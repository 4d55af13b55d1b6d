//! The canonical form of a JSON value, which two programs come to alike: what the hash of a
//! closed month is made of. That of RFC 8785 for the values that reports have.

use serde_json::Value;
use sha2::{Digest, Sha256};

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
