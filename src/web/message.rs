//! What the owner of a window wrote: whole where it is short, otherwise its beginning with
//! the whole at hand.

use askama::Template;

/// A longer message would push away what it is about.
const CHARS_MAX: usize = 240;

/// A message; nothing where there is none.
#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct Message<'a> {
    whole: &'a str,
    beginning: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// A message as its owner wrote it.
    pub(super) fn of(text: &'a str) -> Message<'a> {
        let whole = text.trim();
        let Some((cut, _)) = whole.char_indices().nth(CHARS_MAX) else {
            return Message { whole, beginning: None };
        };
        // No word is cut but one that is longer than that.
        let end = whole[..cut].rfind(char::is_whitespace).unwrap_or(cut);
        Message { whole, beginning: Some(whole[..end].trim_end()) }
    }

    /// Whether there is one.
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_begins_with_whole_words() {
        assert_eq!(Message::of(" Router. ").beginning, None);
        let words = "Router firmware. ".repeat(40);
        let beginning = Message::of(&words).beginning.unwrap();
        assert!(
            words.starts_with(beginning) && beginning.ends_with(['r', '.']),
            "{beginning}"
        );
        let one = "ß".repeat(CHARS_MAX + 1);
        assert_eq!(Message::of(&one).beginning, Some(&one[..2 * CHARS_MAX]));
    }
}
