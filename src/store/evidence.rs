//! Evidence as the short JSON text that databases keep.
//!
//! Used by the hot rows and by the packs. Absent parts are left out and names are one
//! letter, since failing targets write this text with every check.

use crate::domain::check::{Evidence, Kind, Phases};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<'a> {
    #[serde(rename = "r", borrow, default, skip_serializing_if = "str::is_empty")]
    reason: Cow<'a, str>,
    #[serde(rename = "k", borrow, default, skip_serializing_if = "Option::is_none")]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "a", borrow, default, skip_serializing_if = "Option::is_none")]
    address: Option<Cow<'a, str>>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// DNS, connect, TLS, first byte, total; microseconds.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    phases: Option<[Option<u32>; 5]>,
}

/// The text of some evidence.
pub(super) fn to_text(evidence: &Evidence) -> String {
    let Phases { dns_us, connect_us, tls_us, first_byte_us, total_us } = evidence.phases;
    let text = Text {
        reason: Cow::Borrowed(&evidence.reason),
        kind: evidence.kind.map(|kind| Cow::Borrowed(kind.word())),
        address: evidence.address.as_deref().map(Cow::Borrowed),
        status: evidence.status,
        phases: (evidence.phases != Phases::default()).then_some([
            dns_us,
            connect_us,
            tls_us,
            first_byte_us,
            total_us,
        ]),
    };
    // Only maps with keys that are no strings can fail, and there is none.
    serde_json::to_string(&text).unwrap_or_default()
}

/// The evidence of a text; what is wrong with it if it is not one.
pub(super) fn from_text(text: &str) -> Result<Evidence, String> {
    let text: Text<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let kind = match text.kind {
        None => None,
        Some(word) => Some(Kind::from_word(&word).ok_or("it has a kind that is unknown")?),
    };
    let [dns_us, connect_us, tls_us, first_byte_us, total_us] = text.phases.unwrap_or_default();
    Ok(Evidence {
        reason: text.reason.into_owned(),
        kind,
        address: text.address.map(Cow::into_owned),
        status: text.status,
        phases: Phases { dns_us, connect_us, tls_us, first_byte_us, total_us },
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any evidence, however strange its words.
    pub(crate) fn evidence() -> impl Strategy<Value = Evidence> {
        let kind = prop::option::of(prop::sample::select(Kind::ALL.to_vec()));
        let phases = prop::array::uniform5(prop::option::of(any::<u32>()));
        let address = prop::option::of(any::<String>());
        (any::<String>(), kind, address, prop::option::of(any::<u16>()), phases).prop_map(
            |(reason, kind, address, status, [dns, connect, tls, first_byte, total])| {
                Evidence {
                    reason,
                    kind,
                    address,
                    status,
                    phases: Phases {
                        dns_us: dns,
                        connect_us: connect,
                        tls_us: tls,
                        first_byte_us: first_byte,
                        total_us: total,
                    },
                }
            },
        )
    }

    proptest! {
        #[test]
        fn evidence_comes_back_from_its_text(evidence in evidence()) {
            prop_assert_eq!(from_text(&to_text(&evidence)), Ok(evidence));
        }
    }

    #[test]
    fn what_is_absent_costs_nothing() {
        assert_eq!(to_text(&Evidence::default()), "{}");
        let refused = Evidence { status: Some(502), ..Evidence::because("HTTP 502") };
        assert_eq!(to_text(&refused), r#"{"r":"HTTP 502","s":502}"#);
    }

    #[test]
    fn text_that_everup_did_not_write_is_refused() {
        for text in ["", "7", r#"{"x":1}"#, r#"{"k":"gremlins"}"#, r#"{"s":70000}"#] {
            assert!(from_text(text).is_err(), "{text}");
        }
    }
}
