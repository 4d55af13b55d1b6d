//! What is told, ready for any channel: the facts, and the same as one sentence.
//!
//! Made by the deliverer and by `everup alert test`.

use crate::domain::alert::{Alert, Kind, UNWATCHED};
use crate::domain::duration;
use crate::domain::monitor::{Monitor, MonitorId};
use crate::domain::outage::OutageId;
use crate::domain::timestamp::Timestamp;

/// So much of a reason is told; what probes say is shorter, and pages have the rest.
const REASON_CHARS_MAX: usize = 500;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A monitor went down.
    Down,
    /// It is up again.
    Up,
    /// Somebody tries whether messages arrive.
    Test,
}

impl Event {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Event::Down => "down",
            Event::Up => "up",
            Event::Test => "test",
        }
    }
}

/// A monitor as it is named to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: MonitorId,
    /// Its name for people.
    pub name: String,
    /// What is checked, without credentials.
    pub url: String,
}

/// What has become of what an alert says, since it was decided.
#[derive(Clone, Copy, Debug)]
pub enum SinceThen<'a> {
    /// It is so.
    Same,
    /// It is over: this is to be told after it.
    Over(&'a Alert),
    /// It was so when it was last looked at, which is some time ago.
    Unknown,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Names it: the same message has the same id, however often it is sent.
    pub id: String,
    /// What it is about.
    pub event: Event,
    /// The monitor; none in a test.
    pub monitor: Option<Subject>,
    /// The outage. That of an end is the one whose beginning was told, if any was: during
    /// maintenance another may have ended and begun.
    pub outage: Option<OutageId>,
    /// When the outage began that this is about.
    pub since: Option<Timestamp>,
    /// When it ended: also of a beginning that is told once it was over.
    pub until: Option<Timestamp>,
    /// What the target said first, or why nobody saw it come back.
    pub reason: Option<String>,
    /// The end of the maintenance during which this was held.
    pub held_until: Option<Timestamp>,
    /// All of it for people, in one line.
    pub text: String,
}

impl Message {
    /// What an alert says of `monitor`. `told_since` is the beginning of the outage that was
    /// told before and has not been told to have ended.
    #[must_use]
    pub fn of(
        alert: &Alert,
        since_then: SinceThen,
        monitor: &Monitor,
        told_since: Option<Timestamp>,
        held_until: Option<Timestamp>,
    ) -> Message {
        let outage = |from| OutageId { monitor: monitor.id.clone(), from };
        let (event, told) = match alert.kind {
            Kind::Down => (Event::Down, alert.since),
            Kind::Up => (Event::Up, told_since.unwrap_or(alert.since)),
        };
        let reason = plain(&alert.reason);
        let reason = (!reason.is_empty()).then_some(reason);
        Message {
            id: format!("{}-{}", outage(alert.since), event.word()),
            event,
            outage: Some(outage(told)),
            since: Some(alert.since),
            until: ended(alert, since_then),
            text: text(alert, since_then, &plain(&monitor.name), reason.as_deref(), held_until),
            reason,
            held_until,
            monitor: Some(Subject {
                id: monitor.id.clone(),
                name: monitor.name.clone(),
                url: monitor.url.clone(),
            }),
        }
    }

    /// A message that says that it is one, sent at `now`.
    #[must_use]
    pub fn test(now: Timestamp) -> Message {
        Message {
            id: format!("test-{}", now.0),
            event: Event::Test,
            monitor: None,
            outage: None,
            since: None,
            until: None,
            reason: None,
            held_until: None,
            text: "This is a test of everup: alerts arrive here.".to_owned(),
        }
    }

    /// How long the outage lasted, in milliseconds; `None` while it does.
    #[must_use]
    pub fn duration_ms(&self) -> Option<i64> {
        Some(self.until?.since_ms(self.since?))
    }
}

/// When the outage ended, as far as it is known to those who tell.
fn ended(alert: &Alert, since_then: SinceThen) -> Option<Timestamp> {
    alert.until.or(match since_then {
        SinceThen::Over(next) => next.until,
        SinceThen::Same | SinceThen::Unknown => None,
    })
}

fn text(
    alert: &Alert,
    since_then: SinceThen,
    name: &str,
    reason: Option<&str>,
    held_until: Option<Timestamp>,
) -> String {
    let (since, until) = (alert.since, ended(alert, since_then));
    let length = until.map(|until| duration::in_words(until.since_ms(since)));
    let is = if matches!(since_then, SinceThen::Same) { "is" } else { "was" };
    let mut text = match (alert.kind, until, length) {
        (Kind::Down, Some(until), _) => format!("{name} was down from {since} to {until}"),
        (Kind::Down, ..) if matches!(since_then, SinceThen::Unknown) => {
            format!("{name} was down when it was last looked at, since {since}")
        }
        (Kind::Down, ..) => format!("{name} {is} down since {since}"),
        (Kind::Up, _, Some(length)) if *alert.reason == *UNWATCHED => {
            format!("The outage of {name} since {since} ended after {length}")
        }
        (Kind::Up, _, Some(length)) => {
            format!("{name} {is} up again, after {length}; it was down since {since}")
        }
        (Kind::Up, ..) => format!("{name} {is} up again; it was down since {since}"),
    };
    if let Some(reason) = reason {
        text += &format!(": {reason}");
    }
    if let Some(until) = held_until {
        text += &format!(" (held during maintenance until {until})");
    }
    text
}

/// Words from elsewhere in one line: cut, and without control characters.
#[must_use]
pub fn plain(words: &str) -> String {
    let clean = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut plain: String = clean.take(REASON_CHARS_MAX).collect();
    if words.chars().nth(REASON_CHARS_MAX).is_some() {
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::monitor::{Key, ParameterHistory, Parameters};
    use crate::domain::span::Spans;
    use std::sync::Arc;

    fn monitor() -> Monitor {
        Monitor::new(
            MonitorId::new("api").unwrap(),
            "Our API".to_owned(),
            "https://a.example/".to_owned(),
            ParameterHistory::new(Parameters::default()),
            Spans::empty(),
            Spans::empty(),
        )
    }

    fn alert(kind: Kind, until_ms: Option<i64>, reason: &str) -> Alert {
        Alert {
            monitor: Key(1),
            kind,
            since: Timestamp(0),
            until: until_ms.map(Timestamp),
            at: Timestamp(7),
            reason: Arc::from(reason),
        }
    }

    #[test]
    fn an_alert_is_one_sentence_for_people() {
        let said = |alert: &Alert, held: Option<i64>| {
            Message::of(alert, SinceThen::Same, &monitor(), None, held.map(Timestamp)).text
        };
        let down = alert(Kind::Down, None, "HTTP 502");
        let sentence = "Our API is down since 1970-01-01T00:00:00Z: HTTP 502";
        assert_eq!(said(&down, None), sentence);
        let held = " (held during maintenance until 1970-01-01T00:00:01Z)";
        assert_eq!(said(&down, Some(1_000)), format!("{sentence}{held}"));
        let up = alert(Kind::Up, Some(720_000), "");
        let sentence =
            "Our API is up again, after 12 min; it was down since 1970-01-01T00:00:00Z";
        assert_eq!(said(&up, None), sentence);
        let cut = alert(Kind::Up, Some(720_000), UNWATCHED);
        assert!(said(&cut, None).ends_with("ended after 12 min: it was no longer watched"));
    }

    #[test]
    fn what_is_over_is_not_told_as_if_it_were_so() {
        let down = alert(Kind::Down, None, "HTTP 502");
        let up = alert(Kind::Up, Some(720_000), "");
        let late = Message::of(&down, SinceThen::Over(&up), &monitor(), None, None);
        assert_eq!(
            late.text,
            "Our API was down from 1970-01-01T00:00:00Z to 1970-01-01T00:12:00Z: HTTP 502"
        );
        assert_eq!((late.event, late.duration_ms()), (Event::Down, Some(720_000)));
        let late = Message::of(&up, SinceThen::Over(&down), &monitor(), None, None);
        assert!(
            late.text.starts_with("Our API was up again, after 12 min; "),
            "{}",
            late.text
        );
        assert_eq!(late.until, Some(Timestamp(720_000)));
        for (alert, begins) in [
            (&down, "Our API was down when it was last looked at, since 1970-"),
            (&up, "Our API was up again, after 12 min; "),
        ] {
            let seen = Message::of(alert, SinceThen::Unknown, &monitor(), None, None);
            assert!(seen.text.starts_with(begins), "{}", seen.text);
            assert_eq!(seen.until, alert.until);
        }
    }

    #[test]
    fn an_end_is_that_of_the_outage_that_was_told() {
        let up = alert(Kind::Up, Some(9), "");
        let message =
            Message::of(&up, SinceThen::Same, &monitor(), Some(Timestamp(-5_000)), None);
        assert_eq!(message.id, "api-19700101T000000.000Z-up");
        assert_eq!(message.outage.unwrap().to_string(), "api-19691231T235955.000Z");
        let message = Message::of(&up, SinceThen::Same, &monitor(), None, None);
        assert_eq!(message.duration_ms(), Some(9));
    }

    #[test]
    fn what_a_target_says_is_cut_and_kept_in_one_line() {
        let long = format!("a\r\nb\u{1b}[31m{}", "é".repeat(900));
        let message = Message::of(
            &alert(Kind::Down, None, &long),
            SinceThen::Same,
            &monitor(),
            None,
            None,
        );
        let reason = message.reason.unwrap();
        assert!(reason.starts_with("a  b [31mé"), "{reason}");
        assert_eq!(reason.chars().count(), 501);
        assert!(!message.text.chars().any(char::is_control));
    }
}
