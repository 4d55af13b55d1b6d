//! The values that lines have in common: instants, latencies, and texts.

use crate::domain::check::Evidence;
use crate::domain::notice::MESSAGE_CHARS_MAX;
use crate::domain::timestamp::Timestamp;
use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An instant of a line.
#[derive(Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

/// Integers below this are meant as seconds: as milliseconds they lie before March 1973,
/// as seconds they reach to the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_ms())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        struct AnInstant;
        impl Visitor<'_> for AnInstant {
            type Value = Instant;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an instant like \"2026-11-01T00:00:00.000Z\" or integer milliseconds",
                )
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Instant, E> {
                let at = Timestamp::parse_rfc3339(text).map_err(E::custom)?;
                if at < Timestamp(0) {
                    return Err(E::custom(format!(
                        "{at} is before 1970, when nothing was watched"
                    )));
                }
                Ok(Instant(at))
            }
            fn visit_i64<E: serde::de::Error>(self, ms: i64) -> Result<Instant, E> {
                let at = Timestamp(ms);
                if ms < 0 {
                    return Err(E::custom(format!(
                        "{ms} is before 1970, when nothing was watched"
                    )));
                }
                if ms < MILLISECONDS_FROM {
                    return Err(E::custom(format!(
                        "{ms} looks like seconds; write milliseconds since 1970, or an instant \
                         like \"2026-11-01T00:00:00.000Z\""
                    )));
                }
                if (Timestamp::MIN..=Timestamp::MAX).contains(&at) {
                    Ok(Instant(at))
                } else {
                    Err(E::invalid_value(Unexpected::Signed(ms), &self))
                }
            }
            fn visit_u64<E: serde::de::Error>(self, ms: u64) -> Result<Instant, E> {
                match i64::try_from(ms) {
                    Ok(ms) => self.visit_i64(ms),
                    Err(_) => Err(E::invalid_value(Unexpected::Unsigned(ms), &self)),
                }
            }
        }
        deserializer.deserialize_any(AnInstant)
    }
}

/// A latency of a line: milliseconds with up to three decimals, kept as microseconds.
#[derive(Clone, Copy)]
pub(super) struct Milliseconds(pub(super) u32);

impl Milliseconds {
    /// Whole tenths, as digests have them.
    pub(super) fn of_tenths(tenths: u32) -> Milliseconds {
        Milliseconds(tenths.saturating_mul(100))
    }

    pub(super) fn tenths(self) -> u32 {
        self.0 / 100
    }
}

impl Serialize for Milliseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact to the microsecond: 32 bits of them fit a float's 53 many times over.
        serializer.serialize_f64(f64::from(self.0) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Milliseconds, D::Error> {
        let ms = f64::deserialize(deserializer)?;
        let us = (ms * 1_000.0).round();
        if (0.0..=f64::from(u32::MAX)).contains(&us) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked"
            )]
            Ok(Milliseconds(us as u32))
        } else {
            Err(D::Error::custom(format!("{ms} is not a latency in milliseconds")))
        }
    }
}

/// A text that is safe to print anywhere, or what it has to be like.
pub(super) fn clean(text: String, what: &str) -> Result<String, String> {
    if Evidence::clean(&text) == text {
        return Ok(text);
    }
    Err(format!(
        "{what} is at most {} characters, without control characters or spaces around it",
        Evidence::REASON_CHARS_MAX
    ))
}

/// A message or a reason of people, of bounded length.
pub(super) fn message(text: String) -> Result<String, String> {
    if text.chars().count() > MESSAGE_CHARS_MAX {
        return Err(format!("a message is at most {MESSAGE_CHARS_MAX} characters"));
    }
    Ok(text)
}
