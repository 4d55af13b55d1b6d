//! The text of a `.env` file, entry by entry. Nothing is ever put in for a `$`: what stands
//! there is a secret more often than not, and must arrive as it was written.
//!
//! `NAME=value` or `export NAME=value`. A plain value goes to the end of its line, or to a
//! remark (` # …`), and has no spaces in it. Within '…' everything stands for itself;
//! within "…" so does everything but `\n`, `\r`, `\t`, `\"`, `\$` and `\\`. Both may go over
//! several lines.

/// An entry, or what is wrong with it. It never quotes the value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// Its name and its value.
    pub read: Result<(String, String), &'static str>,
}

const NO_ENTRY: &str =
    "this is no entry; write NAME=value, with a name of letters, digits and \"_\"";
const SPACES: &str = "a value with spaces must stand in quotes; write NAME='some value'";
const BEHIND: &str = "nothing but a remark may follow the closing quote; a quote within \
                      \"…\" is written \\\"";
const UNCLOSED: &str = "the quote that begins here is never closed";
const ESCAPE: &str = "within \"…\", a \"\\\" is written \"\\\\\"; or put the value into '…', where it stands \
     for itself";

/// Every entry of a text, in order.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let (entry, after) = next(rest);
        entries.extend(entry.map(|read| Entry { line, read }));
        line += rest[..rest.len() - after.len()].matches('\n').count();
        rest = after;
    }
    entries
}

type Read = Result<(String, String), &'static str>;

/// What begins here, if it is anything, and the text after its last line.
fn next(text: &str) -> (Option<Read>, &str) {
    let (line, after) = text.split_once('\n').unwrap_or((text, ""));
    let content = line.trim();
    if content.is_empty() || content.starts_with('#') {
        return (None, after);
    }
    let Some((name, _)) = line.split_once('=') else { return (Some(Err(NO_ENTRY)), after) };
    let named = name.trim();
    let named = named.strip_prefix("export").map_or(named, |rest| {
        if rest.starts_with(char::is_whitespace) { rest.trim_start() } else { named }
    });
    if !is_name(named) {
        return (Some(Err(NO_ENTRY)), after);
    }
    let value = text[name.len() + 1..].trim_start_matches([' ', '\t']);
    let (value, after) = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(&value[1..], quote),
        _ => (plain(value.split('\n').next().unwrap_or_default()), after),
    };
    (Some(value.map(|value| (named.to_owned(), value))), after)
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(allowed)
}

fn plain(line: &str) -> Result<String, &'static str> {
    let is_space = |c: char| c == ' ' || c == '\t';
    let remark = line
        .match_indices('#')
        .find(|(at, _)| *at == 0 || line[..*at].ends_with(is_space));
    let value = line[..remark.map_or(line.len(), |(at, _)| at)].trim();
    match value.contains(char::is_whitespace) {
        true => Err(SPACES),
        false => Ok(value.to_owned()),
    }
}

/// A value up to its closing quote, and the text after the line of that.
fn quoted(text: &str, quote: char) -> (Result<String, &'static str>, &str) {
    let mut value = String::new();
    let mut wrong = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            let (line, after) =
                text[at + 1..].split_once('\n').unwrap_or((&text[at + 1..], ""));
            let behind = line.trim();
            if !behind.is_empty() && !behind.starts_with('#') {
                wrong = wrong.or(Some(BEHIND));
            }
            return (wrong.map_or(Ok(value), Err), after);
        }
        if c != '\\' || quote == '\'' {
            value.push(c);
            continue;
        }
        match chars.next().map(|(_, c)| c) {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some(c @ ('"' | '$' | '\\')) => value.push(c),
            _ => wrong = Some(ESCAPE),
        }
    }
    // Where it was meant to end cannot be known, so nothing after it can be read.
    (Err(UNCLOSED), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("A=abc$def", "abc$def")]
    #[case("A=${HOME}$$\\n", "${HOME}$$\\n")]
    #[case("A=", "")]
    #[case("A= # nothing", "")]
    #[case("A=a#b  # remark", "a#b")]
    #[case("A=\"abc$def\"", "abc$def")]
    #[case("A=\"a\\\"b\\\\c\\$d\\n\" # remark", "a\"b\\c$d\n")]
    #[case("A='a\\n\"$b'", "a\\n\"$b")]
    #[case("A='one\ntwo'\n", "one\ntwo")]
    #[case("  export\tA = x\r\n", "x")]
    #[case("A=p@ss\"w'rd\\", "p@ss\"w'rd\\")]
    #[case("A=hünter", "hünter")]
    fn a_value_arrives_as_it_was_written(#[case] text: &str, #[case] value: &str) {
        let read = Ok(("A".to_owned(), value.to_owned()));
        assert_eq!(entries(text), [Entry { line: 1, read }]);
    }

    #[rstest]
    #[case("A", NO_ENTRY)]
    #[case("=1", NO_ENTRY)]
    #[case("1A=1", NO_ENTRY)]
    #[case("A B=1", NO_ENTRY)]
    #[case("export=1 2", SPACES)]
    #[case("A=one two", SPACES)]
    #[case("A=\"abc\"def\"\"", BEHIND)]
    #[case("A='it''s'", BEHIND)]
    #[case("A=\"a\\xb\"", ESCAPE)]
    #[case("A=\"open\n\nB=1", UNCLOSED)]
    fn a_mistake_is_told(#[case] text: &str, #[case] wrong: &'static str) {
        assert_eq!(entries(text), [Entry { line: 1, read: Err(wrong) }]);
    }

    #[test]
    fn lines_are_counted_over_remarks_and_values_of_several() {
        let text = "\u{feff}# ours\n\nA=1\nB='one\ntwo'\nwrong\n\nC=3";
        let lines: Vec<(usize, bool)> =
            entries(text).iter().map(|entry| (entry.line, entry.read.is_ok())).collect();
        assert_eq!(lines, [(3, true), (4, true), (6, false), (8, true)]);
    }

    proptest! {
        #[test]
        fn any_value_without_its_quote_comes_back(value in "[^']{0,40}") {
            let read = Ok(("A".to_owned(), value.clone()));
            prop_assert_eq!(entries(&format!("A='{value}'")), [Entry { line: 1, read }]);
        }

        #[test]
        fn any_text_is_read_or_told(text in any::<String>()) {
            let lines = text.split('\n').count();
            prop_assert!(entries(&text).iter().all(|entry| entry.line <= lines));
        }
    }
}
