//! The variables that a configuration may name: those of the process, and beneath them
//! those of a `.env` file. Made once at a start or reload; it never changes the
//! environment of the process, and never shows a value.

use super::dotenv::{self, Entry};
use super::mistake::{Mistake, Place};
use super::nearest::did_you_mean;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What the file with variables is called.
const FILE: &str = ".env";

/// Far more variables than anyone writes; keeps a mistaken path from filling the memory.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Variables by name. Those of the process win over those of `.env`.
#[derive(Clone, Default)]
pub struct Environment {
    /// `None` for what is not Unicode.
    variables: HashMap<String, Option<String>>,
    mistakes: Vec<Mistake>,
    follows_nothing: bool,
}

impl Environment {
    /// The process's variables over those of the `.env` file in `directory`, if there
    /// is one.
    #[must_use]
    pub fn of_process(directory: &Path) -> Environment {
        let text = match read(&directory.join(FILE)) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("it cannot be read: {error}");
                let mistake = Mistake { place: Place::whole(FILE), message };
                let mut environment = Environment::new(std::env::vars_os(), "");
                environment.mistakes.push(mistake);
                return environment;
            }
        };
        Environment::new(std::env::vars_os(), &text)
    }

    /// Variables of a process over the text of a `.env` file. Within that text the
    /// first of two values for one name counts.
    #[must_use]
    pub fn new(
        process: impl IntoIterator<Item = (OsString, OsString)>,
        dotenv: &str,
    ) -> Environment {
        let mut environment = Environment::default();
        for (name, value) in process {
            if let Ok(name) = name.into_string() {
                environment.variables.insert(name, value.into_string().ok());
            }
        }
        environment.add_file(dotenv);
        environment
    }

    /// The same for a program that follows no table of maintenance windows: what
    /// `[maintenance] source` takes from variables may be missing.
    #[must_use]
    pub fn following_nothing(self) -> Environment {
        Environment { follows_nothing: true, ..self }
    }

    /// Whether no table is followed.
    pub(super) fn follows_nothing(&self) -> bool {
        self.follows_nothing
    }

    /// A variable's value.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub(super) fn value(&self, name: &str) -> Result<&str, String> {
        match self.variables.get(name) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(format!("the value of ${{{name}}} is not text in UTF-8")),
            None => {
                let names = self.variables.keys().map(String::as_str);
                let hint = did_you_mean(name, names);
                Err(format!("${{{name}}} is not set in the environment nor in .env{hint}"))
            }
        }
    }

    /// What is wrong with the `.env` file.
    pub(super) fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    fn add_file(&mut self, text: &str) {
        for Entry { line, read } in dotenv::entries(text) {
            match read {
                Ok((name, value)) => {
                    self.variables.entry(name).or_insert(Some(value));
                }
                Err(message) => {
                    let place = Place { line: Some(line), ..Place::whole(FILE) };
                    self.mistakes.push(Mistake { place, message: message.to_owned() });
                }
            }
        }
    }
}

/// Names only.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// The text of a `.env` file; empty where there is none, or a folder of that name.
fn read(path: &Path) -> Result<String, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error.to_string()),
    };
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is longer than {FILE_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (OsString, OsString) {
        (name.into(), value.into())
    }

    fn lines(environment: &Environment) -> Vec<usize> {
        environment
            .mistakes
            .iter()
            .filter_map(|mistake| mistake.place.line)
            .collect()
    }

    #[test]
    fn the_process_wins_over_the_file_and_the_file_fills_in() {
        let environment = Environment::new([pair("A", "process")], "A=file\nB='x y'\nB=2");
        assert_eq!(environment.value("A"), Ok("process"));
        assert_eq!(environment.value("B"), Ok("x y"));
        assert!(environment.mistakes().is_empty());
    }

    #[test]
    fn a_variable_that_is_nowhere_is_named_with_its_neighbour() {
        let environment = Environment::new([], "API_TOKEN=x");
        let error = environment.value("API_TOKN").unwrap_err();
        assert_eq!(
            error,
            "${API_TOKN} is not set in the environment nor in .env; \
             did you mean \"API_TOKEN\"?"
        );
    }

    #[test]
    fn every_malformed_line_of_the_file_is_told_by_its_number_and_not_quoted() {
        let text = "\u{feff}# ours\n\nhunter2\nA=1\r\n  # more\n\nB=x hunter2\nC=3\n";
        let environment = Environment::new([], text);
        assert_eq!(lines(&environment), [3, 7]);
        assert_eq!(environment.value("C"), Ok("3"));
        assert!(!format!("{:?}{environment:?}", environment.mistakes()).contains("hunter2"));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_where_it_was_opened() {
        let environment = Environment::new([], "A=1\nB=\"one\ntwo\"\n\n# c\nC='open\nD=4\n");
        assert_eq!(environment.value("B"), Ok("one\ntwo"));
        assert_eq!(lines(&environment), [6]);
    }

    #[test]
    fn a_line_longer_than_any_buffer_counts_once() {
        let text = format!("A={}\nbroken\n", "x".repeat(50_000));
        assert_eq!(lines(&Environment::new([], &text)), [2]);
    }

    #[test]
    fn a_file_is_read_from_the_folder_and_may_be_missing_or_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Environment::of_process(folder.path()).mistakes().is_empty());
        let file = folder.path().join(FILE);
        std::fs::write(&file, "EVERUP_TEST_ONLY=here").unwrap();
        let environment = Environment::of_process(folder.path());
        assert_eq!(environment.value("EVERUP_TEST_ONLY"), Ok("here"));
        std::fs::write(&file, b"A=\xff").unwrap();
        let environment = Environment::of_process(folder.path());
        let told: Vec<String> =
            environment.mistakes().iter().map(ToString::to_string).collect();
        assert_eq!(told, [".env: it cannot be read: it is not text in UTF-8"]);
    }

    #[test]
    fn a_folder_of_that_name_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(FILE)).unwrap();
        assert!(Environment::of_process(folder.path()).mistakes().is_empty());
    }
}
