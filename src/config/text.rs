//! A string of the configuration with its variables put in: `${NAME}` stands for a
//! variable, `$${` for a plain `${`. Used for every string of the file.
//!
//! What a variable held is a secret: a [`Text`] keeps apart what is used and what may be
//! shown, and has no `Debug`.

use super::environment::Environment;

/// Longer than any header, body or URL that a monitor needs; keeps a few variables,
/// named often, from filling the memory.
const BYTES_MAX: usize = 64 * 1024;

/// A string in both its forms.
#[derive(Clone, Default)]
pub(super) struct Text {
    /// What is used.
    pub value: String,
    /// What may be shown: variables by their names.
    pub shown: String,
    /// What the variables held, without the empty ones.
    pub secrets: Vec<String>,
    /// Variables that are set, to nothing.
    pub empty: Vec<String>,
}

impl Text {
    /// A string in which nothing is put.
    pub fn literal(text: &str) -> Text {
        Text { value: text.to_owned(), shown: text.to_owned(), ..Text::default() }
    }

    /// Whether a variable is named in it.
    pub fn has_variables(&self) -> bool {
        !self.secrets.is_empty() || !self.empty.is_empty()
    }

    /// Puts the variables of `raw` in.
    ///
    /// # Errors
    /// A sentence for each variable that cannot be put in; none holds a value.
    pub fn expand(raw: &str, environment: &Environment) -> Result<Text, Vec<String>> {
        let mut text = Text::default();
        let mut wrong = Vec::new();
        let mut rest = raw;
        while let Some(at) = rest.find("${") {
            let (before, after) = (&rest[..at], &rest[at + 2..]);
            if let Some(before) = before.strip_suffix('$') {
                text.push_literal(before);
                text.push_literal("${");
                rest = after;
                continue;
            }
            text.push_literal(before);
            let Some((name, behind)) = after.split_once('}') else {
                let message = "a \"${\" has no \"}\"; write ${NAME}, or $${ for a plain ${";
                wrong.push(message.to_owned());
                rest = "";
                continue;
            };
            rest = behind;
            let value = checked(name).and_then(|name| environment.value(name));
            match value {
                Ok(value) => text.push_variable(name, value),
                Err(message) => wrong.push(message),
            }
            if text.value.len() > BYTES_MAX {
                break;
            }
        }
        text.push_literal(rest);
        if text.value.len() > BYTES_MAX {
            wrong.push(format!("this is, with its variables, longer than {BYTES_MAX} bytes"));
        }
        if wrong.is_empty() { Ok(text) } else { Err(wrong) }
    }

    fn push_literal(&mut self, text: &str) {
        self.value.push_str(text);
        self.shown.push_str(text);
    }

    fn push_variable(&mut self, name: &str, value: &str) {
        self.value.push_str(value);
        self.shown.push_str(&format!("${{{name}}}"));
        if value.is_empty() {
            self.empty.push(name.to_owned());
        } else {
            self.secrets.push(value.to_owned());
        }
    }
}

/// A name as shells have it.
fn checked(name: &str) -> Result<&str, String> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.starts_with(first) && name.chars().all(allowed) {
        return Ok(name);
    }
    Err(format!(
        "{} is not the name of a variable; write ${{NAME}}, or $${{ for a plain ${{",
        quoted(&format!("${{{name}}}"))
    ))
}

/// A part of the file in quotes, for a message: escaped, and cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    if text.chars().nth(CHARS_MAX).is_none() {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(CHARS_MAX).collect();
    format!("{:?}", cut + "…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn environment() -> Environment {
        Environment::new([], "TOKEN=hunter2\nEMPTY=\n_x1=y")
    }

    #[rstest]
    #[case("plain $5 {x} $ $$", "plain $5 {x} $ $$", "plain $5 {x} $ $$")]
    #[case("Bearer ${TOKEN}", "Bearer hunter2", "Bearer ${TOKEN}")]
    #[case("${TOKEN}${_x1}", "hunter2y", "${TOKEN}${_x1}")]
    #[case("$${TOKEN}", "${TOKEN}", "${TOKEN}")]
    #[case("$$${TOKEN}", "$${TOKEN}", "$${TOKEN}")]
    #[case("a${EMPTY}b", "ab", "a${EMPTY}b")]
    fn variables_are_put_in(#[case] raw: &str, #[case] value: &str, #[case] shown: &str) {
        let text = Text::expand(raw, &environment()).ok().unwrap();
        assert_eq!((text.value.as_str(), text.shown.as_str()), (value, shown));
    }

    #[test]
    fn what_variables_held_is_known_as_secret() {
        let text = Text::expand("${TOKEN} ${EMPTY} $${_x1}", &environment()).ok().unwrap();
        assert_eq!(text.secrets, ["hunter2"]);
        assert_eq!(text.empty, ["EMPTY"]);
        assert!(text.has_variables());
        assert!(!Text::expand("$${TOKEN}", &environment()).ok().unwrap().has_variables());
    }

    #[rstest]
    #[case("${TOKEN", 1, "has no \"}\"")]
    #[case("${}", 1, "not the name of a variable")]
    #[case("${TOKEN} ${to ken} ${NONE}", 2, "not the name of a variable")]
    #[case("${1}", 1, "not the name of a variable")]
    fn a_variable_that_cannot_be_put_in_is_said_and_no_value_with_it(
        #[case] raw: &str,
        #[case] count: usize,
        #[case] message: &str,
    ) {
        let wrong = Text::expand(raw, &environment()).err().unwrap();
        assert_eq!(wrong.len(), count, "{wrong:?}");
        assert!(wrong[0].contains(message), "{wrong:?}");
        assert!(!wrong.concat().contains("hunter2"), "{wrong:?}");
    }

    #[test]
    fn variables_cannot_fill_the_memory() {
        let dotenv = format!("BIG={}", "x".repeat(1000));
        let environment = Environment::new([], &dotenv);
        let wrong = Text::expand(&"${BIG}".repeat(100_000), &environment).err().unwrap();
        assert!(wrong[0].contains("longer than 65536 bytes"), "{wrong:?}");
    }
}
