//! The forms of a report: one table, from which the pages, the command line and their
//! help come.

use super::period::PeriodReport;
use super::{csv, json, text};

/// A form in which a report can be had, besides the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table for people.
    Text,
    /// One JSON object, schema `everup.report/1`.
    Json,
    /// One row a monitor.
    Csv,
}

impl Form {
    /// Every form, in the order in which they are offered.
    pub const ALL: [Form; 3] = [Form::Text, Form::Json, Form::Csv];

    /// The word for it on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Json => "json",
            Form::Csv => "csv",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Form::Text => "Text",
            Form::Json => "JSON",
            Form::Csv => "CSV",
        }
    }

    /// What it ends in as a file and as an address.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Form::Text => "txt",
            Form::Json => "json",
            Form::Csv => "csv",
        }
    }

    /// What a visitor is told that it is.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Text => "text/plain; charset=utf-8",
            Form::Json => "application/json",
            Form::Csv => "text/csv; charset=utf-8",
        }
    }

    /// Prints a report.
    #[must_use]
    pub fn print(self, report: &PeriodReport) -> Vec<u8> {
        match self {
            Form::Text => text::print(report).into_bytes(),
            Form::Json => json::print(report).into_bytes(),
            Form::Csv => csv::print(report).into_bytes(),
        }
    }
}
