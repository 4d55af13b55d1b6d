//! What is said where a file is not TOML at all: the parser's words, and for the slips
//! that people make most what to write instead.

use toml::de::Error;

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

/// Whether nothing but a remark follows in the line of the error.
fn is_missing(error: &Error, text: &str) -> bool {
    let Some(span) = error.span() else { return false };
    let rest = text.get(span.start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default().trim();
    line.is_empty() || line.starts_with('#')
}
