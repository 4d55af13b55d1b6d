//! `[server]`: where the pages are served.

use super::reader::Reader;
use super::section::Section;
use super::text::quoted;
use crate::web::settings::Settings;
use std::net::SocketAddr;

/// What an address to listen on looks like.
pub(super) const EXAMPLE: &str = "an address with its port, like \"127.0.0.1:8000\"";

/// Reads the section; what is wrong in it is told, and stays as it is by default.
pub(super) fn read(section: &Section, reader: &mut Reader) -> Settings {
    let built_in = Settings::default();
    let Some(field) = section.field("listen", reader) else { return built_in };
    let Some(listen) = reader.parsed(&field, EXAMPLE, parse) else { return built_in };
    if listen.ip().is_unspecified() {
        let message = format!(
            "the pages can be seen from every network of this machine; write \
             \"127.0.0.1:{}\" to keep them on it",
            listen.port()
        );
        reader.warn(&field.place, message);
    }
    Settings { listen }
}

/// Reads where to listen; `told` is the form of the text that may be quoted.
pub(super) fn parse(text: &str, told: &str) -> Result<SocketAddr, String> {
    if let Ok(listen) = text.parse::<SocketAddr>() {
        if listen.port() == 0 {
            let told = quoted(told);
            return Err(format!(
                "{told} would be another port at each start; write one, like 8000"
            ));
        }
        return Ok(listen);
    }
    let text = if text == told { text } else { "" };
    let rest = text.strip_prefix("localhost").unwrap_or(text);
    let port = rest.strip_prefix(':').unwrap_or(rest).parse::<u16>();
    let write = match port {
        Ok(port) if port > 0 => format!("write \"127.0.0.1:{port}\""),
        _ if format!("{text}:0").parse::<SocketAddr>().is_ok() => {
            format!("write \"{text}:8000\"")
        }
        _ => format!("write {EXAMPLE}"),
    };
    Err(format!("{} is not an IP address with a port; {write}", quoted(told)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("localhost:8080", "write \"127.0.0.1:8080\"")]
    #[case("localhost", "write an address")]
    #[case(":8080", "write \"127.0.0.1:8080\"")]
    #[case("8080", "write \"127.0.0.1:8080\"")]
    #[case("0.0.0.0", "write \"0.0.0.0:8000\"")]
    #[case("[::1]", "write \"[::1]:8000\"")]
    #[case("example.com:80", "write an address")]
    #[case("127.0.0.1:0", "another port at each start")]
    #[case("127.0.0.1:65536", "write an address")]
    fn a_bad_address_is_told_what_to_write(#[case] text: &str, #[case] told: &str) {
        let error = parse(text, text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}
