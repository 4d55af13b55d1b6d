//! Times of trouble that have a beginning, and a cause in words.

use super::monitor::MonitorId;
use super::span::Span;
use super::timestamp::Timestamp;
use chrono::NaiveDateTime;
use std::fmt;
use std::sync::Arc;

/// A stretch in which a monitor was down, from the first failure of the run that
/// opened it to the first success of the run that closed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When the check that saw the first failure began.
    pub from: Timestamp,
    /// When the check that saw the first success began, or when a pause or removal
    /// cut it; `None` while it lasts.
    pub to: Option<Timestamp>,
    /// What the first failure said.
    pub reason: Arc<str>,
}

impl Outage {
    /// Its whole time; an outage that lasts has no end.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to.unwrap_or(Timestamp::MAX))
    }
}

/// A failing run that ended before it was an outage. Up in the headline, listed in
/// the report, and counted against the lower bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blip {
    /// From its first failure to the success that ended it.
    pub span: Span,
    /// What the first failure said.
    pub reason: Arc<str>,
}

/// The name of an outage: its monitor and the instant of its first failure, like
/// `api-20261103T080000.000Z`. It is derived and never stored, so it stays the same as
/// long as the outage begins when it begins; it may stand in an address as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutageId {
    /// Whose.
    pub monitor: MonitorId,
    /// When it began.
    pub from: Timestamp,
}

impl OutageId {
    /// No monitor's id has capitals, and the instant has no `-`: the last one parts them.
    const INSTANT: &str = "%Y%m%dT%H%M%S%.3fZ";

    /// The outage that a name stands for; `None` where it is none. Every outage has
    /// exactly one name.
    #[must_use]
    pub fn parse(text: &str) -> Option<OutageId> {
        let (monitor, instant) = text.rsplit_once('-')?;
        let from = NaiveDateTime::parse_from_str(instant, Self::INSTANT).ok()?;
        let from = Timestamp(from.and_utc().timestamp_millis());
        let id = OutageId { monitor: MonitorId::new(monitor).ok()?, from };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for OutageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.monitor, self.from.to_utc().format(Self::INSTANT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn the_name_of_an_outage_can_be_read() {
        let monitor = MonitorId::new("eu-1.api_v2").unwrap();
        let from = Timestamp::parse_rfc3339("2026-11-03T08:00:00.120Z").unwrap();
        let id = OutageId { monitor, from };
        assert_eq!(id.to_string(), "eu-1.api_v2-20261103T080000.120Z");
    }

    #[rstest]
    #[case("api")]
    #[case("api-")]
    #[case("-20261103T080000.123Z")]
    #[case("API-20261103T080000.123Z")]
    #[case("api-20261103T080000Z")]
    #[case("api-20261103T080000.1Z")]
    #[case("api-20261103T080000.1234Z")]
    #[case("api-20261303T080000.123Z")]
    #[case("api-20261103T080000.123")]
    #[case("api-+20261103T080000.123Z")]
    #[case("api-20261103T080060.123Z")]
    #[case("api- 20261103T080000.123Z")]
    fn what_is_no_name_of_an_outage_stands_for_none(#[case] text: &str) {
        assert_eq!(OutageId::parse(text), None);
    }

    proptest! {
        #[test]
        fn every_name_comes_back(
            monitor in "[a-z0-9][a-z0-9._-]{0,63}",
            ms in Timestamp::MIN.0..=Timestamp::MAX.0,
        ) {
            let id = OutageId { monitor: MonitorId::new(&monitor).unwrap(), from: Timestamp(ms) };
            prop_assert_eq!(OutageId::parse(&id.to_string()), Some(id));
        }

        #[test]
        fn any_text_is_no_panic(text in ".{0,80}") {
            let _ = OutageId::parse(&text);
        }
    }
}
