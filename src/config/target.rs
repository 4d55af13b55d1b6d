//! A URL that is asked, and what of it may be shown: the `url` of a monitor, those of the
//! command line, and the `webhook` of an alert.

use super::nearest::did_you_mean;
use super::text::{Text, quoted};
use crate::probe::SCHEMES;
use percent_encoding::percent_decode_str;
use std::net::Ipv4Addr;
use url::{Host, ParseError, Url};

/// As long as browsers and proxies take it.
const BYTES_MAX: usize = 8192;

/// What is shown in place of a secret that was written out.
const SECRET_SHOWN: &str = "[secret]";

/// Parts of a query by these names are secrets.
const SECRET_PARAMETERS: [&str; 8] =
    ["token", "access_token", "key", "api_key", "apikey", "secret", "password", "auth"];

/// What a URL is for, and so in which words it is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It is watched: quoted, but for what is a secret by its place or its name.
    Watch,
    /// It is told alerts: a secret as a whole, so nothing of it is said.
    Call,
}

impl Use {
    /// As much of it as may be quoted.
    fn told(self, text: &Text) -> String {
        match self {
            Use::Watch => told(&text.shown),
            Use::Call if text.has_variables() => "this, with its variables,".to_owned(),
            Use::Call => "this".to_owned(),
        }
    }

    fn example(self) -> &'static str {
        match self {
            Use::Watch => "https://example.com/health",
            Use::Call => "https://hooks.example.com/${HOOK_TOKEN}",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Use::Watch => "watched",
            Use::Call => "called",
        }
    }
}

/// A URL that can be asked.
pub(super) struct Target {
    /// What is asked, with user and password.
    pub url: Url,
    /// As it was written: variables by their names, without user and password, and
    /// without what else is a secret by its name.
    pub shown: String,
    /// What must never be shown.
    pub secrets: Vec<String>,
    /// Variables that are set, to nothing.
    pub empty: Vec<String>,
    /// Whether a secret was written out where everybody can read it.
    pub secret_in_file: bool,
}

/// A URL as it was written, taken apart before any variable is put in, so that no
/// variable's value can move the borders.
struct Written<'t> {
    scheme: &'t str,
    user: Option<(&'t str, Option<&'t str>)>,
    /// From the host on.
    rest: &'t str,
}

impl Written<'_> {
    fn of(text: &str) -> Written<'_> {
        let start = text.find("://").map_or(0, |at| at + 3);
        let (scheme, rest) = text.split_at(start);
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let Some(at) = rest[..end].rfind('@') else {
            return Written { scheme, user: None, rest };
        };
        let user = match rest[..at].split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (&rest[..at], None),
        };
        Written { scheme, user: Some(user), rest: &rest[at + 1..] }
    }
}

impl Target {
    /// Reads a URL; `expand` puts the variables into its parts.
    ///
    /// # Errors
    /// Sentences that say what to write. They hold no secret.
    pub fn read(
        raw: &str,
        used: Use,
        expand: impl Fn(&str) -> Result<Text, Vec<String>>,
    ) -> Result<Target, Vec<String>> {
        let written = Written::of(raw);
        let user = written.user.map(|(user, _)| expand(user)).transpose();
        let password = written.user.and_then(|(_, password)| password);
        let password = password.map(&expand).transpose();
        let rest = expand(&format!("{}{}", written.scheme, written.rest));
        let (user, password, rest) = match (user, password, rest) {
            (Ok(user), Ok(password), Ok(rest)) => (user, password, rest),
            (user, password, rest) => {
                let wrong = [user.err(), password.err(), rest.err()];
                return Err(wrong.into_iter().flatten().flatten().collect());
            }
        };
        let mut url = parse(&rest, used).map_err(|message| vec![message])?;
        if let Some(user) = &user {
            let password = password.as_ref().map(encoded);
            let set = url
                .set_username(&encoded(user))
                .and_then(|()| url.set_password(password.as_deref()));
            set.map_err(|()| vec!["this cannot have a user or password".to_owned()])?;
        }
        let (shown, in_query) = without_literal_secrets(&rest.shown);
        let secret_in_file =
            !in_query.is_empty() || is_literal_secret(user.as_ref(), password.as_ref());
        let mut target = Target { url, shown, secrets: vec![], empty: vec![], secret_in_file };
        target.hide(&[user.unwrap_or_default(), password.unwrap_or_default()]);
        target.secrets.extend(in_query);
        target.secrets.extend(rest.secrets);
        target.empty.extend(rest.empty);
        Ok(target)
    }

    /// Whether it is on this machine.
    pub fn is_own(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        }
    }

    /// Host and path, as a name for people; holds no secret.
    pub fn name(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{host}{port}{}", self.url.path().trim_end_matches('/'))
    }

    /// Books user and password as secrets, in both their forms.
    fn hide(&mut self, parts: &[Text; 2]) {
        for text in parts {
            self.secrets.extend(text.secrets.iter().cloned());
            self.empty.extend(text.empty.iter().cloned());
        }
        let [user, password] = parts;
        // A user without a password is a token.
        let (plain, sent) = match self.url.password() {
            Some(sent) => (&password.value, sent),
            None => (&user.value, self.url.username()),
        };
        let forms = [plain.clone(), sent.to_owned()];
        self.secrets.extend(forms.into_iter().filter(|form| !form.is_empty()));
    }
}

/// A user or password as it is to stand in a URL. What came from a variable is plain
/// text, so its `%` means itself; what was written into the URL is encoded already.
fn encoded(text: &Text) -> String {
    if text.has_variables() { text.value.replace('%', "%25") } else { text.value.clone() }
}

fn is_literal_secret(user: Option<&Text>, password: Option<&Text>) -> bool {
    let literal = |text: &Text| !text.value.is_empty() && !text.has_variables();
    match password {
        Some(password) => literal(password),
        None => user.is_some_and(literal),
    }
}

/// A URL as it may be shown, with something else in the place of each part of its query
/// that is a secret by its name and was written out; and those parts, as they were written
/// and decoded.
fn without_literal_secrets(shown: &str) -> (String, Vec<String>) {
    let Some((before, query)) = shown.split_once('?') else {
        return (shown.to_owned(), vec![]);
    };
    let mut secrets = Vec::new();
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret(name) && is_literal(value) => {
                secrets.push(value.to_owned());
                let plain = percent_decode_str(value).decode_utf8_lossy();
                secrets.extend((plain != value).then(|| plain.into_owned()));
                format!("{name}={SECRET_SHOWN}")
            }
            _ => pair.to_owned(),
        })
        .collect();
    (format!("{before}?{}", pairs.join("&")), secrets)
}

fn is_secret(name: &str) -> bool {
    SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
}

fn is_literal(value: &str) -> bool {
    !value.is_empty() && !value.contains("${")
}

fn parse(text: &Text, used: Use) -> Result<Url, String> {
    let value = text.value.as_str();
    let (told, example) = (used.told(text), used.example());
    if value.is_empty() {
        return Err(format!("this is empty; write a URL like \"{example}\""));
    }
    if value.len() > BYTES_MAX {
        return Err(format!("a URL may have at most {BYTES_MAX} bytes"));
    }
    if value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!(
            "{told} has white space in it; leave it out, or write %20 for a space"
        ));
    }
    let Some((scheme, rest)) = value.split_once("://") else {
        return Err(without_scheme(text, used, &told));
    };
    if !SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(unsupported(scheme, text, used, &told));
    }
    if rest.is_empty() || rest.starts_with(['/', '\\', '?', '#']) {
        return Err(no_host(used, &told));
    }
    let url = Url::parse(value).map_err(|error| refused(error, used, &told))?;
    if url.fragment().is_some() {
        return Err(fragment(text, used, &told));
    }
    if url.port() == Some(0) {
        return Err(format!("{told} names port 0, which cannot be asked; write another"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(no_host(used, &told));
    }
    Ok(url)
}

/// As much of a URL as may be quoted before it is known to be one: nothing that may be
/// a user, a password or a query.
fn told(shown: &str) -> String {
    let end = shown.find('?').unwrap_or(shown.len());
    let start = shown[..end].rfind('@').map_or(0, |at| at + 1);
    quoted(&shown[start..end])
}

fn without_scheme(text: &Text, used: Use, told: &str) -> String {
    let may_quote = used == Use::Watch && text.shown == text.value;
    let meant = may_quote.then(|| guess(&text.value)).flatten();
    let meant = meant.unwrap_or_else(|| used.example().to_owned());
    format!("{told} has no scheme; write {}", quoted(&meant))
}

/// What was probably meant by a URL without a scheme, if it begins with a host.
fn guess(text: &str) -> Option<String> {
    if text.contains(['@', '?', '#']) {
        return None;
    }
    let authority = text.split('/').next()?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let is_address = host == "localhost" || host.parse::<Ipv4Addr>().is_ok();
    let is_host = host.contains('.')
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    port.parse::<u16>().ok()?;
    let scheme = if is_address { "http" } else { "https" };
    (is_address || is_host).then(|| format!("{scheme}://{text}"))
}

fn unsupported(scheme: &str, text: &Text, used: Use, told: &str) -> String {
    let supported: Vec<String> = SCHEMES.iter().map(|name| format!("{name}://")).collect();
    // The scheme is a part of what was written only if no variable made it.
    let hint = if text.shown.starts_with(scheme) {
        did_you_mean(scheme, SCHEMES.iter().copied())
    } else {
        String::new()
    };
    let (supported, word) = (supported.join(" or "), used.word());
    format!("{told} cannot be {word}; write a URL that begins with {supported}{hint}")
}

fn fragment(text: &Text, used: Use, told: &str) -> String {
    if text.shown.contains('#') {
        return format!("{told} has a part after \"#\", which is never sent; leave it out");
    }
    let place = if used == Use::Watch { format!("in {told} ") } else { String::new() };
    format!("{place}a variable holds a \"#\"; write it as %23 where it is set")
}

fn no_host(used: Use, told: &str) -> String {
    format!("{told} names no host; write one, like \"{}\"", used.example())
}

fn refused(error: ParseError, used: Use, told: &str) -> String {
    let why = match error {
        ParseError::EmptyHost => return no_host(used, told),
        ParseError::InvalidPort => "its port is not a number up to 65535",
        ParseError::InvalidIpv4Address => "its host is not an IPv4 address",
        ParseError::InvalidIpv6Address => "its host is not an IPv6 address",
        ParseError::IdnaError | ParseError::InvalidDomainCharacter => {
            "its host has a character that no host can have"
        }
        _ => "it is malformed",
    };
    format!("{told} is not a URL: {why}; write one like \"{}\"", used.example())
}

#[cfg(test)]
mod tests {
    use super::super::environment::Environment;
    use super::*;
    use rstest::rstest;

    const ENVIRONMENT: &str = "PW='p@ss/w#%r?d'\nHOST=example.com\nBASE=https://u:hunter2@h.example\n\
                               HASH=a#hunter2\nSPACE='hunter2 x'";

    fn read_for(used: Use, raw: &str) -> Result<Target, Vec<String>> {
        let environment = Environment::new([], ENVIRONMENT);
        assert!(environment.mistakes().is_empty());
        Target::read(raw, used, |text| Text::expand(text, &environment))
    }

    fn read(raw: &str) -> Result<Target, Vec<String>> {
        read_for(Use::Watch, raw)
    }

    #[rstest]
    #[case("https://example.com/health?x=1", "https://example.com/health?x=1")]
    #[case("https://user:hunter2@example.com/", "https://example.com/")]
    #[case("https://user:${PW}@${HOST}/a", "https://${HOST}/a")]
    #[case("${BASE}/a", "${BASE}/a")]
    #[case("https://example.com/@user", "https://example.com/@user")]
    #[case(
        "https://example.com/?a=1&Token=hunter2&b",
        "https://example.com/?a=1&Token=[secret]&b"
    )]
    #[case("https://${HOST}/?key=${HOST}&key=", "https://${HOST}/?key=${HOST}&key=")]
    fn a_url_is_shown_without_its_secrets(#[case] raw: &str, #[case] shown: &str) {
        assert_eq!(read(raw).ok().unwrap().shown, shown);
    }

    #[test]
    fn a_password_from_a_variable_stays_a_password_whatever_is_in_it() {
        let target = read("https://user:${PW}@${HOST}/a").ok().unwrap();
        assert_eq!(target.url.host_str(), Some("example.com"));
        assert_eq!(target.url.password(), Some("p%40ss%2Fw%23%25r%3Fd"));
        for secret in ["p@ss/w#%r?d", "p%40ss%2Fw%23%25r%3Fd"] {
            assert!(target.secrets.iter().any(|known| known == secret), "{secret}");
        }
    }

    #[test]
    fn a_secret_that_was_written_out_in_a_query_is_known_as_secret_and_still_sent() {
        let target = read("https://example.com/?key=hun%2Fter2").ok().unwrap();
        assert_eq!(target.secrets, ["hun%2Fter2", "hun/ter2"]);
        assert_eq!(target.url.query(), Some("key=hun%2Fter2"));
        assert!(target.secret_in_file);
    }

    #[test]
    fn a_password_within_a_variable_is_known_as_secret() {
        let target = read("${BASE}/a").ok().unwrap();
        assert!(target.secrets.iter().any(|known| known == "hunter2"));
    }

    #[rstest]
    #[case("https://user:hunter2@example.com/", true)]
    #[case("https://hunter2@example.com/", true)]
    #[case("https://user:${PW}@example.com/", false)]
    #[case("https://example.com/?a=1&Token=x", true)]
    #[case("https://example.com/?token=${PW}", false)]
    #[case("https://example.com/?page=2", false)]
    fn a_secret_that_was_written_out_is_found(#[case] raw: &str, #[case] found: bool) {
        // The password would put a fragment into the query.
        let raw = raw.replace("token=${PW}", "token=${HOST}");
        assert_eq!(read(&raw).ok().unwrap().secret_in_file, found);
    }

    #[rstest]
    #[case("", "this is empty")]
    #[case("example.com/health", "write \"https://example.com/health\"")]
    #[case("localhost:9000/health", "write \"http://localhost:9000/health\"")]
    #[case("example.com:8443", "write \"https://example.com:8443\"")]
    #[case("health", "write \"https://example.com/health\"")]
    #[case("user:hunter2@example.com", "has no scheme")]
    #[case("example.com?key=hunter2", "has no scheme")]
    #[case("htps://example.com/", "did you mean \"https\"?")]
    #[case("ftp://user:hunter2@example.com/", "begins with http:// or https://")]
    #[case("https://", "names no host")]
    #[case("https:///health", "names no host")]
    #[case("https://user:hunter2@/", "names no host")]
    #[case("https://user:hunter2@example.com:99999/", "its port")]
    #[case("https://user:hun/ter2@example.com/", "its port")]
    #[case("https://example.com:0/", "port 0")]
    #[case("https://[::g]/", "IPv6")]
    #[case("https://1.2.3.400/", "IPv4")]
    #[case("https://exa<mple.com/", "no host can have")]
    #[case("https://example.com/a b", "white space")]
    #[case("https://example.com/#top", "a part after \"#\"")]
    #[case("https://example.com/${HASH}", "a variable holds a \"#\"")]
    #[case("https://example.com/${SPACE}", "white space")]
    #[case("https://${NONE}/", "${NONE} is not set")]
    fn a_bad_url_is_told_what_to_write_and_no_secret(#[case] raw: &str, #[case] told: &str) {
        let wrong = read(raw).err().unwrap().concat();
        assert!(wrong.contains(told), "{wrong}");
        for secret in ["hunter2", "hun/ter2", "ter2"] {
            assert!(!wrong.contains(secret), "{wrong}");
        }
    }

    #[rstest]
    #[case("", "this is empty")]
    #[case("hooks.example.com/hunter2", "this has no scheme")]
    #[case("htps://hunter2.example.com/", "did you mean \"https\"?")]
    #[case("mailto://hunter2@example.com", "this cannot be called")]
    #[case("https:///hunter2", "this names no host")]
    #[case("https://user:hunter2@example.com:99999/", "its port")]
    #[case("https://hunter2:0/", "port 0")]
    #[case("https://1.2.3.400/hunter2", "IPv4")]
    #[case("https://example.com/hunter2 b", "this has white space")]
    #[case("https://example.com/hunter2#top", "this has a part after \"#\"")]
    #[case("https://example.com/${HASH}", "a variable holds a \"#\"")]
    #[case("https://example.com/${SPACE}", "this, with its variables, has white space")]
    fn of_a_bad_webhook_nothing_is_told_but_why(#[case] raw: &str, #[case] told: &str) {
        let wrong = read_for(Use::Call, raw).err().unwrap().concat();
        assert!(wrong.contains(told), "{wrong}");
        for part in ["hunter2", "user", "99999", "400", "top"] {
            assert!(!wrong.contains(part), "{wrong}");
        }
        let example = wrong.replace("https://hooks.example.com/${HOOK_TOKEN}", "");
        assert!(!example.contains("example.com"), "{wrong}");
    }

    #[rstest]
    #[case("http://localhost:8000/", true)]
    #[case("http://127.8.0.1/", true)]
    #[case("http://[::1]/", true)]
    #[case("http://[::ffff:127.0.0.1]/", true)]
    #[case("http://10.0.0.1/", false)]
    #[case("http://localhost.example.com/", false)]
    fn its_own_machine_is_known(#[case] raw: &str, #[case] own: bool) {
        assert_eq!(read(raw).ok().unwrap().is_own(), own);
    }
}
