//! Sentences of an explanation, put together of words and instants, and numbers as people
//! read them.

use crate::domain::timestamp::Timestamp;
use crate::report::headline::Piece;

/// A sentence that grows.
#[derive(Default)]
pub(super) struct Words(Vec<Piece>);

impl Words {
    /// A sentence that begins so.
    pub(super) fn new(text: impl Into<String>) -> Words {
        Words::default().text(text)
    }

    /// Goes on with these words.
    pub(super) fn text(mut self, text: impl Into<String>) -> Words {
        let text = text.into();
        match self.0.last_mut() {
            Some(Piece::Text(before)) => before.push_str(&text),
            _ => self.0.push(Piece::Text(text)),
        }
        self
    }

    /// Goes on with an instant.
    pub(super) fn at(mut self, at: Timestamp) -> Words {
        self.0.push(Piece::At(at));
        self
    }

    /// The pieces.
    pub(super) fn pieces(self) -> Vec<Piece> {
        self.0
    }
}

/// A whole number with a comma between its thousands: `1,936,800,000`.
#[must_use]
pub fn grouped(number: impl Into<i128>) -> String {
    let number: i128 = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 check`, `3 checks`.
pub(super) fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(number as i128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_kept_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(1_936_800_000_000_i64), "1,936,800,000,000");
        assert_eq!(
            (count(1, "check"), count(1_200, "check")),
            ("1 check".into(), "1,200 checks".into())
        );
    }
}
