//! What a visitor gets instead of an answer of a backend.

use http::{HeaderValue, Response, StatusCode, header};

/// Why a request is not answered by a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It can be read in more than one way, or in none; the connection ends.
    Malformed(&'static str),
    /// It wants something that a balancer does not do.
    NotHere(&'static str),
    /// Its address is too long.
    UriTooLong,
    /// It has more headers than anyone needs.
    TooManyHeaders,
    /// Its body came too slowly.
    BodyTooSlow,
    /// No backend is there to be asked.
    NoneWell,
    /// A backend was asked and gave no answer.
    NoAnswer,
    /// A backend was asked and gave no answer in time.
    TooLate,
}

/// After so many seconds it is worth trying again: two checks.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("4");

impl Refusal {
    /// Its status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
            Refusal::NotHere(_) => StatusCode::NOT_IMPLEMENTED,
            Refusal::UriTooLong => StatusCode::URI_TOO_LONG,
            Refusal::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Refusal::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::NoneWell => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::NoAnswer => StatusCode::BAD_GATEWAY,
            Refusal::TooLate => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// A sentence for whoever sees the answer.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Refusal::Malformed(why) | Refusal::NotHere(why) => why,
            Refusal::UriTooLong => "The address of this request is too long.",
            Refusal::TooManyHeaders => "This request has more than 100 headers.",
            Refusal::BodyTooSlow => "The body of this request came too slowly.",
            Refusal::NoneWell => "No server can answer at the moment. Try again in a moment.",
            Refusal::NoAnswer => "The server that was asked gave no answer.",
            Refusal::TooLate => "The server that was asked gave no answer in time.",
        }
    }

    /// Whether the connection ends with it: what follows on it may be anything.
    #[must_use]
    pub fn ends_connection(self) -> bool {
        !matches!(self, Refusal::NoneWell | Refusal::NoAnswer | Refusal::TooLate)
    }

    /// The head of the answer, and its text.
    #[must_use]
    pub fn response(self) -> Response<String> {
        let mut response = Response::new(format!("{}\n", self.sentence()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, text);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self == Refusal::NoneWell {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if self.ends_connection() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
