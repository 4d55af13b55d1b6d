//! One file while it is read: where things stand in it, and what was found. Every
//! reader of a section writes its mistakes here and goes on, so that all of them are
//! told at once.

use super::environment::Environment;
use super::mistake::{Mistake, Place, Warning};
use super::section::Field;
use super::text::Text;
use crate::domain::timestamp::Timestamp;
use std::sync::Arc;
use toml::de::DeValue;

/// Nobody counts further into a line. Without it a file of one long line would be
/// counted through again for each of its values.
const COLUMN_BYTES_MAX: usize = 4096;

/// What was found so far.
pub(super) struct Reader<'e> {
    file: Arc<str>,
    text: &'e str,
    /// Where each line begins, in bytes.
    line_starts: Vec<usize>,
    environment: &'e Environment,
    mistakes: Vec<Mistake>,
    warnings: Vec<Warning>,
}

impl<'e> Reader<'e> {
    /// Begins a file, with what is wrong with the environment's own.
    pub fn new(file: &str, text: &'e str, environment: &'e Environment) -> Reader<'e> {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let mistakes = environment.mistakes().to_vec();
        Reader { file: file.into(), text, line_starts, environment, mistakes, warnings: vec![] }
    }

    /// The place of the byte at `offset`, of no subject and no key.
    pub fn place(&self, offset: usize) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        // The first line starts at 0, so at least one line starts at or before `offset`.
        let start = self.line_starts[line - 1];
        let before = self.text.get(start..offset).filter(|text| text.len() <= COLUMN_BYTES_MAX);
        Place {
            file: Arc::clone(&self.file),
            line: Some(line),
            column: before.map(|text| text.chars().count() + 1),
            subject: None,
            key: None,
        }
    }

    /// Tells a mistake.
    pub fn mistake(&mut self, place: &Place, message: impl Into<String>) {
        self.mistakes
            .push(Mistake { place: place.clone(), message: message.into() });
    }

    /// Tells something legal but surprising.
    pub fn warn(&mut self, place: &Place, message: impl Into<String>) {
        self.warn_until(place, message, None);
    }

    /// The same, for what is true only before an instant.
    pub fn warn_until(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        until: Option<Timestamp>,
    ) {
        self.warnings
            .push(Warning { place: place.clone(), message: message.into(), until });
    }

    /// Tells that a field is of the wrong kind. `example` is what would do, as TOML.
    pub fn wrong_kind(&mut self, field: &Field, example: &str) {
        let kind = match field.value {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.mistake(&field.place, format!("this cannot be {kind}; write {example}"));
    }

    /// A string exactly as it stands in the file.
    pub fn raw<'a>(&mut self, field: &Field<'a>, example: &str) -> Option<&'a str> {
        if let DeValue::String(raw) = field.value {
            return Some(raw);
        }
        self.wrong_kind(field, example);
        None
    }

    /// A string with its variables put in.
    pub fn text(&mut self, field: &Field, example: &str) -> Option<Text> {
        let raw = self.raw(field, example)?;
        match Text::expand(raw, self.environment) {
            Ok(text) => {
                self.warn_empty(&field.place, &text.empty);
                Some(text)
            }
            Err(wrong) => {
                wrong.into_iter().for_each(|message| self.mistake(&field.place, message));
                None
            }
        }
    }

    /// A string that everybody may see, so that no variable may stand in it.
    pub fn public(&mut self, field: &Field, example: &str) -> Option<String> {
        let text = self.text(field, example)?;
        if text.has_variables() {
            let message = "everybody sees this, so no variable may stand in it; write it out";
            self.mistake(&field.place, message);
            return None;
        }
        Some(text.value)
    }

    /// A string that `parse` makes something of: it is given the string, and the form of
    /// it that its error may quote.
    pub fn parsed<T>(
        &mut self,
        field: &Field,
        example: &str,
        parse: impl FnOnce(&str, &str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(field, example)?;
        let parsed = parse(&text.value, &text.shown);
        parsed.map_err(|message| self.mistake(&field.place, message)).ok()
    }

    /// The variables that may be named.
    pub fn environment(&self) -> &'e Environment {
        self.environment
    }

    /// Warns of variables that are set to nothing.
    pub fn warn_empty(&mut self, place: &Place, names: &[String]) {
        for name in names {
            self.warn(place, format!("${{{name}}} is set, but empty"));
        }
    }

    /// Whether nothing was wrong so far.
    pub fn is_flawless(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Everything that was found.
    pub fn finish(self) -> (Vec<Mistake>, Vec<Warning>) {
        (self.mistakes, self.warnings)
    }
}
