//! The headers of a request as the file has them: which cannot be sent, and which are
//! secrets.

use super::mistake::Place;
use super::reader::Reader;
use super::section::Field;
use super::text::{Text, quoted};
use http::{HeaderMap, HeaderName, HeaderValue};
use toml::de::DeValue;

/// More than any request has; servers refuse about as many.
const COUNT_MAX: usize = 100;

/// Belong to the connection or are worked out from the body: whoever sets them breaks
/// the request, and books that as the target's failure.
const REFUSED: [&str; 9] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];

/// A header whose name has one of these holds a secret.
const SECRET_NAMES: [&str; 6] = ["auth", "cookie", "token", "secret", "password", "api-key"];

/// Headers, and what of them must never be shown.
#[derive(Default)]
pub(super) struct Headers {
    pub map: HeaderMap,
    pub secrets: Vec<String>,
}

/// Reads `headers = { Name = "value" }`. `None` if anything is wrong.
pub(super) fn read(field: &Field, reader: &mut Reader) -> Option<Headers> {
    let DeValue::Table(table) = field.value else {
        reader.wrong_kind(field, "a table, like { Accept = \"application/json\" }");
        return None;
    };
    if table.len() > COUNT_MAX {
        let message = format!("{} are more than {COUNT_MAX} headers", table.len());
        reader.mistake(&field.place, message);
        return None;
    }
    let whose = field.place.key.clone().unwrap_or_default();
    let mut headers = Headers::default();
    let mut flawless = true;
    for (key, value) in table.iter() {
        let name = key.get_ref();
        let label = if name.len() <= 40 { name.to_string() } else { quoted(name) };
        let place = |offset, reader: &Reader| Place {
            subject: field.place.subject.clone(),
            key: Some(format!("{whose}.{}", label.escape_debug())),
            ..reader.place(offset)
        };
        let name_place = place(key.span().start, reader);
        let field = Field { value: value.get_ref(), place: place(value.span().start, reader) };
        let name = checked_name(name, &headers.map)
            .map_err(|message| reader.mistake(&name_place, message));
        let text = reader.text(&field, "it as a string in quotes");
        match (name, text) {
            (Ok(name), Some(text)) => flawless &= headers.add(name, text, &field.place, reader),
            _ => flawless = false,
        }
    }
    flawless.then_some(headers)
}

impl Headers {
    fn add(
        &mut self,
        name: HeaderName,
        text: Text,
        place: &Place,
        reader: &mut Reader,
    ) -> bool {
        let Ok(mut value) = HeaderValue::from_str(&text.value) else {
            let what = if text.value.contains(['\r', '\n']) {
                "a line break"
            } else {
                "a control character"
            };
            let whose = if text.has_variables() { ", perhaps from its variable" } else { "" };
            let message = format!("the value has {what} in it{whose}; leave it out");
            reader.mistake(place, message);
            return false;
        };
        let is_secret = SECRET_NAMES.iter().any(|part| name.as_str().contains(part));
        if is_secret && !text.has_variables() && !text.value.is_empty() {
            reader.warn(
                place,
                "a secret seems to be written out here; put it into the environment or \
                 .env, and write ${NAME} for it",
            );
            // Of "Bearer abc" also the part that matters.
            let last = text.value.split_ascii_whitespace().last().unwrap_or_default();
            self.secrets.extend([text.value.clone(), last.to_owned()]);
        }
        value.set_sensitive(is_secret || text.has_variables());
        self.secrets.extend(text.secrets);
        self.map.insert(name, value);
        true
    }
}

fn checked_name(name: &str, earlier: &HeaderMap) -> Result<HeaderName, String> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(format!(
            "{} is not the name of a header; write letters, digits and \"-\", like X-Check",
            quoted(name)
        ));
    };
    if REFUSED.contains(&parsed.as_str()) {
        return Err(
            "everup works this header out for each connection itself; leave it out".to_owned()
        );
    }
    if earlier.contains_key(&parsed) {
        let message = "this header is there twice, as upper and lower case are the same; \
                       leave one out";
        return Err(message.to_owned());
    }
    Ok(parsed)
}
