//! The forms of a report: one table, from which the pages, the command line and their
//! help come.

use super::pdf::NoPdf;
use super::period::PeriodReport;
use super::{csv, json, markdown, pdf, text};

/// A form in which a report can be had, besides the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table for people.
    Text,
    /// One JSON object, schema `everup.report/1`.
    Json,
    /// One row a monitor.
    Csv,
    /// Tables for people, as GitHub reads them.
    Markdown,
    /// Pages for people, to be printed and kept.
    Pdf,
}

impl Form {
    /// Every form, in the order in which they are offered.
    pub const ALL: [Form; 5] = [Form::Text, Form::Json, Form::Csv, Form::Markdown, Form::Pdf];

    /// The word for it on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Json => "json",
            Form::Csv => "csv",
            Form::Markdown => "markdown",
            Form::Pdf => "pdf",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Form::Text => "Text",
            Form::Json => "JSON",
            Form::Csv => "CSV",
            Form::Markdown => "Markdown",
            Form::Pdf => "PDF",
        }
    }

    /// What it ends in as a file and as an address.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Form::Text => "txt",
            Form::Json => "json",
            Form::Csv => "csv",
            Form::Markdown => "md",
            Form::Pdf => "pdf",
        }
    }

    /// What a visitor is told that it is.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Form::Text => "text/plain; charset=utf-8",
            Form::Json => "application/json",
            Form::Csv => "text/csv; charset=utf-8",
            Form::Markdown => "text/markdown; charset=utf-8",
            Form::Pdf => "application/pdf",
        }
    }

    /// Whether it is bytes that a terminal should not be sent.
    #[must_use]
    pub fn is_binary(self) -> bool {
        self == Form::Pdf
    }

    /// Whether it takes a processor so long that a server makes it aside.
    #[must_use]
    pub fn is_laborious(self) -> bool {
        self == Form::Pdf
    }

    /// Prints a report.
    ///
    /// # Errors
    /// Only of a PDF: see [`pdf::print`].
    pub fn print(self, report: &PeriodReport) -> Result<Vec<u8>, NoPdf> {
        Ok(match self {
            Form::Text => text::print(report).into_bytes(),
            Form::Json => json::print(report).into_bytes(),
            Form::Csv => csv::print(report).into_bytes(),
            Form::Markdown => markdown::print(report).into_bytes(),
            Form::Pdf => pdf::print(report)?,
        })
    }
}
