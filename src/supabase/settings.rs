//! Where the table is, and the key to it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use url::{Host, Url};

/// Where PostgREST answers below a project's address.
const REST: &str = "rest/v1/";

/// What the table is called.
pub const TABLE: &str = "system_maintenance";

/// A project and its key. Printing it shows no key.
#[derive(Clone, Debug)]
pub struct Settings {
    table: Url,
    key: SecretString,
    is_loopback: bool,
}

impl Settings {
    /// `url` is SUPABASE_URL, like `https://abc.supabase.co`; `key` is
    /// SUPABASE_SERVICE_KEY.
    ///
    /// # Errors
    /// A sentence that names the variable and what to write instead. It never has the key.
    pub fn new(url: &str, key: &str) -> Result<Settings, String> {
        let mut url = address(url)?;
        let is_loopback = is_loopback(&url);
        if url.scheme() != "https" && !is_loopback {
            return Err("SUPABASE_URL must begin with https://, or the key could be read on \
                        its way"
                .to_owned());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let path = path.strip_suffix("/rest/v1").unwrap_or(&path);
        url.set_path(&format!("{path}/{REST}{TABLE}"));
        let key = key.trim();
        check_key(key)?;
        Ok(Settings { table: url, key: SecretString::from(key.to_owned()), is_loopback })
    }

    /// Where the table is.
    pub(super) fn table(&self) -> &Url {
        &self.table
    }

    /// Whose table it is: scheme, host and port, and never the key.
    pub(super) fn project(&self) -> String {
        self.table.origin().ascii_serialization()
    }

    /// The key. Only for the headers of a request.
    pub(super) fn key(&self) -> &str {
        self.key.expose_secret()
    }

    /// Whether it is on this host: then plain HTTP will do, and no proxy is asked.
    pub(super) fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

fn address(text: &str) -> Result<Url, String> {
    let wrong =
        |why: &str| format!("SUPABASE_URL {why}; write it like https://abcdefgh.supabase.co");
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong("is empty"));
    }
    // It is not quoted: people mix up the two variables.
    let url = Url::parse(text).map_err(|_| wrong("is not an address"))?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(wrong("is not an address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("has a name or a password in it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has more behind it than an address"));
    }
    if matches!(
        url.host_str(),
        Some("supabase.com" | "app.supabase.com" | "app.supabase.io")
    ) {
        return Err(wrong("is the dashboard's address, not the project's"));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Refuses a key with which the table would look empty: to visitors it shows no row.
fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("SUPABASE_SERVICE_KEY is empty".to_owned());
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("SUPABASE_SERVICE_KEY has characters that no key has; copy it again, as \
                    one line"
            .to_owned());
    }
    let role = role(key);
    let public = key.starts_with("sb_publishable_")
        || matches!(role.as_deref(), Some("anon" | "authenticated"));
    if public {
        return Err("SUPABASE_SERVICE_KEY is the public key of the project, to which the \
                    table looks empty; take the secret one (sb_secret_… or service_role, in \
                    the project's settings under API keys)"
            .to_owned());
    }
    Ok(())
}

/// The role that a key of the older kind, a JWT, says it has.
fn role(key: &str) -> Option<String> {
    let claims = key.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims.get("role")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn jwt(role: &str) -> String {
        let claims = format!("{{\"iss\":\"supabase\",\"role\":\"{role}\"}}");
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[rstest]
    #[case("https://abc.supabase.co", "https://abc.supabase.co/rest/v1/system_maintenance")]
    #[case("https://abc.supabase.co/", "https://abc.supabase.co/rest/v1/system_maintenance")]
    #[case(
        " https://abc.supabase.co/rest/v1/ ",
        "https://abc.supabase.co/rest/v1/system_maintenance"
    )]
    #[case("https://a.example/base", "https://a.example/base/rest/v1/system_maintenance")]
    #[case("http://127.0.0.1:54321", "http://127.0.0.1:54321/rest/v1/system_maintenance")]
    #[case("http://[::1]:5", "http://[::1]:5/rest/v1/system_maintenance")]
    fn the_table_is_found_below_the_address(#[case] url: &str, #[case] table: &str) {
        let settings = Settings::new(url, &jwt("service_role")).unwrap();
        assert_eq!(settings.table().as_str(), table);
    }

    #[rstest]
    #[case("", "is empty")]
    #[case("abc.supabase.co", "is not an address")]
    #[case("http://abc.supabase.co", "must begin with https://")]
    #[case("http://localhost.example.com", "must begin with https://")]
    #[case("https://u:p@abc.supabase.co", "has a name or a password in it")]
    #[case("https://abc.supabase.co?x=1", "has more behind it")]
    #[case("https://supabase.com/dashboard/project/abc", "is the dashboard's address")]
    fn a_wrong_address_is_told(#[case] url: &str, #[case] why: &str) {
        let error = Settings::new(url, "secret").unwrap_err();
        assert!(error.contains(why), "{error}");
        assert!(error.contains("SUPABASE_URL"), "{error}");
    }

    #[test]
    fn the_public_key_is_refused_and_no_key_is_ever_shown() {
        for key in [jwt("anon"), jwt("authenticated"), "sb_publishable_x".to_owned()] {
            let error = Settings::new("https://abc.supabase.co", &key).unwrap_err();
            assert!(error.contains("public key"), "{error}");
            assert!(!error.contains(&key), "{error}");
        }
        for key in [jwt("service_role"), "sb_secret_abc".to_owned(), "opaque".to_owned()] {
            let settings = Settings::new("https://abc.supabase.co", &key).unwrap();
            assert_eq!(settings.key(), key);
            assert!(!format!("{settings:?}").contains(&key));
        }
    }

    #[test]
    fn a_key_with_a_line_break_is_refused() {
        let error = Settings::new("https://abc.supabase.co", "sb_secret\nx").unwrap_err();
        assert!(error.contains("copy it again"), "{error}");
        assert!(!error.contains("sb_secret"), "{error}");
    }
}
