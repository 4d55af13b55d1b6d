//! What is said where a file is not TOML at all: the parser's words, and for the slips
//! that people make most what to write instead.

use super::identity;
use super::mistake::Place;
use toml::de::{DeTable, DeValue, Error};

/// A sentence for one error of the parser in `text`. It quotes nothing of the text.
pub(super) fn explain(error: &Error, text: &str) -> String {
    let message = error.message();
    let says = |beginnings: &[&str]| beginnings.iter().any(|start| message.starts_with(start));
    let instead = if message.contains("expected `\"`") || message.contains("expected `'`") {
        "a string has no quote at its end"
    } else if says(&["string values must be quoted"]) && is_missing(error, text) {
        "a value is missing after the \"=\""
    } else if says(&["string values must be", "invalid float", "invalid integer"]) {
        "a value that is no number, date, true or false must stand in quotes"
    } else if says(&["duplicate key"]) {
        "this stands in the file twice; leave one out"
    } else if says(&["missing assignment", "key with no value"]) {
        "a key needs \"=\" and a value after it"
    } else {
        return format!("this is not TOML: {message}");
    };
    instead.to_owned()
}

/// The place of an error, with the monitor and the key if it is a key that is there twice.
/// `document` is what could be read of `text`.
pub(super) fn locate(error: &Error, text: &str, document: &DeTable, place: Place) -> Place {
    let twice = error.message().starts_with("duplicate key");
    let Some(span) = error.span().filter(|_| twice) else { return place };
    let Some(key) = text.get(span.clone()).filter(|key| is_plain(key)) else { return place };
    let line = text[..span.start].rsplit('\n').next().unwrap_or_default();
    if line.trim_start().starts_with('[') {
        return Place { key: Some(key.to_owned()), ..place };
    }
    let (subject, prefix) = table_around(document, span.start);
    Place { subject: subject.map(Into::into), key: Some(format!("{prefix}{key}")), ..place }
}

fn is_plain(key: &str) -> bool {
    key.len() <= 40 && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The table whose headline is the last before `offset`: what it is about, and what stands
/// before its keys.
fn table_around(document: &DeTable, offset: usize) -> (Option<String>, String) {
    let mut nearest = (0, (None, String::new()));
    let mut consider = |start: usize, found: (Option<String>, String)| {
        if (nearest.0..=offset).contains(&start) {
            nearest = (start, found);
        }
    };
    for (name, value) in document.iter() {
        match value.get_ref() {
            DeValue::Table(_) => {
                consider(value.span().start, (None, format!("{}.", name.get_ref())));
            }
            DeValue::Array(list) => {
                for (index, item) in list.iter().enumerate() {
                    let DeValue::Table(table) = item.get_ref() else { continue };
                    let label = identity::label(name.get_ref(), table, index + 1);
                    consider(item.span().start, (Some(label.clone()), String::new()));
                    for (name, value) in
                        table.iter().filter(|(_, value)| value.get_ref().is_table())
                    {
                        let prefix = format!("{}.", name.get_ref());
                        consider(value.span().start, (Some(label.clone()), prefix));
                    }
                }
            }
            _ => {}
        }
    }
    nearest.1
}

/// Whether nothing but a remark follows in the line of the error.
fn is_missing(error: &Error, text: &str) -> bool {
    let Some(span) = error.span() else { return false };
    let rest = text.get(span.start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default().trim();
    line.is_empty() || line.starts_with('#')
}
