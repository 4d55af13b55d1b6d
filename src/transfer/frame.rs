//! Whether lines are all there: every export has a head and an end, which says how many
//! lines there were. `write` writes both, `read` asks here.
//!
//! Lines without a head are nobody's export, and may be as many as they are.

use super::line::Record;

/// What is read: lines, or one export after the other.
#[derive(Debug, Default)]
pub(super) enum Frame {
    /// Nothing yet.
    #[default]
    Empty,
    /// Lines that are no export.
    Bare,
    /// An export that began in this line, and how many of its lines there were.
    Begun { line: u64, lines: u64 },
    /// An export that is whole.
    Whole,
}

impl Frame {
    /// Takes the next record, which stands in this line.
    ///
    /// # Errors
    /// A sentence that says why it cannot stand there, and what to do.
    pub(super) fn take(&mut self, line: u64, record: &Record) -> Result<(), String> {
        *self = match (&*self, record) {
            (Frame::Empty | Frame::Whole, Record::Export) => Frame::Begun { line, lines: 1 },
            (Frame::Bare, Record::Export) => {
                return Err(
                    "an export begins here, and lines that are not of it stand before \
                            it; import those as a file of their own"
                        .to_owned(),
                );
            }
            (Frame::Begun { line, .. }, Record::Export) => {
                return Err(format!(
                    "another export begins here, but the one that begins in line {line} has no \
                     end: it is cut short; export it again"
                ));
            }
            (Frame::Begun { lines, .. }, Record::End(told)) if lines == told => Frame::Whole,
            (Frame::Begun { line, lines }, Record::End(told)) => {
                return Err(format!(
                    "{told} lines of the export should stand before its end, and there are \
                     {lines}; export it again, or, where lines were chosen on purpose, take \
                     its head in line {line} and its end away"
                ));
            }
            (_, Record::End(_)) => {
                return Err("an export ends here whose head, its first line, is missing; \
                            export it again"
                    .to_owned());
            }
            (Frame::Begun { line, lines }, _) => {
                Frame::Begun { line: *line, lines: lines.saturating_add(1) }
            }
            (Frame::Whole, _) => {
                return Err(
                    "it stands after the end of an export; import it as a file of its \
                            own"
                    .to_owned(),
                );
            }
            (Frame::Empty | Frame::Bare, _) => Frame::Bare,
        };
        Ok(())
    }

    /// What to say of a line that cannot be read, where it is the last one of an export.
    pub(super) fn broken_off(&self, is_last: bool) -> Option<String> {
        let Frame::Begun { line, .. } = self else { return None };
        is_last.then(|| {
            format!(
                "the export that begins in line {line} breaks off in this one: it is cut short; \
                 export it again"
            )
        })
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// A sentence that says what is missing, and what to do.
    pub(super) fn end(&self) -> Result<(), String> {
        match self {
            Frame::Empty => {
                Err("there are no lines in it; even an export of nothing has two, \
                                 so export again"
                    .to_owned())
            }
            Frame::Begun { line, .. } => Err(format!(
                "the export that begins in line {line} has no end: it is cut short; export it \
                 again, or, to import what is there of it, take its head away"
            )),
            Frame::Bare | Frame::Whole => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// `head`, `end` with its number, or any other line.
    fn read(lines: &str) -> Result<(), String> {
        let mut frame = Frame::default();
        for (index, word) in lines.split_whitespace().enumerate() {
            let record = match (word, word.parse()) {
                ("head", _) => r#"{"kind":"export","schema":"everup.export/1"}"#.to_owned(),
                (_, Ok(number)) => Record::End(number).print(),
                _ => r#"{"kind":"pause","monitor":"api","from":1793491200000}"#.to_owned(),
            };
            let record = Record::parse(&record).unwrap();
            frame.take(index as u64 + 1, &record)?;
        }
        frame.end()
    }

    #[rstest]
    #[case::lines_alone("line line")]
    #[case::an_export("head line line 3")]
    #[case::of_nothing("head 1")]
    #[case::two_exports("head line 2 head line line 3")]
    fn what_is_whole_is_taken(#[case] lines: &str) {
        assert_eq!(read(lines), Ok(()));
    }

    #[rstest]
    #[case::nothing("", "there are no lines in it")]
    #[case::a_head_alone("head", "line 1 has no end: it is cut short")]
    #[case::no_end("head line line", "line 1 has no end: it is cut short")]
    #[case::no_end_of_the_second("head 1 head line", "line 3 has no end: it is cut short")]
    #[case::no_end_of_the_first("head line head line 2", "line 1 has no end: it is cut short")]
    #[case::fewer(
        "head line 3",
        "3 lines of the export should stand before its end, and there are 2"
    )]
    #[case::more(
        "head line line 2",
        "2 lines of the export should stand before its end, and there are 3"
    )]
    #[case::two_ends("head line 2 3", "whose head, its first line, is missing")]
    #[case::no_head("line line 3", "whose head, its first line, is missing")]
    #[case::an_end_alone("0", "whose head, its first line, is missing")]
    #[case::lines_after("head line 2 line", "it stands after the end of an export")]
    #[case::lines_before("line head line 2", "import those as a file of their own")]
    fn what_is_not_whole_is_told_what_is_missing(#[case] lines: &str, #[case] expected: &str) {
        let told = read(lines).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
}
