//! Text in a cell of a table that others open in a spreadsheet.

/// Text that a spreadsheet would run as a formula gets an apostrophe before it, because it
/// may quote a stranger.
#[must_use]
pub fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("HTTP 502"), "HTTP 502");
    }
}
