//! A maintenance window as somebody else's table has it. The follower and the import of
//! such tables make these; `agreement.rs` compares them with ours.

use super::duration;
use super::notice::{LENGTH_MS_MAX, MESSAGE_CHARS_MAX, is_fit};
use super::timestamp::{MINUTE_MS, Timestamp};

/// How far the clock of a database and ours may be apart. A row that it dates so much
/// before our last look, at most, may have come after that look.
pub const SKEW_MS: i64 = 5 * MINUTE_MS;

/// A row's start, end and message, made safe to show: what two sides can agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; after the start.
    pub end: Timestamp,
    /// What users are told; see [`message`].
    pub message: String,
}

impl Terms {
    /// Terms that make sense.
    ///
    /// # Errors
    /// A sentence, if it ends before it begins or lasts for too long.
    pub fn new(start: Timestamp, end: Timestamp, text: &str) -> Result<Terms, String> {
        if end <= start {
            return Err(format!("it ends at {end}, which is not after its start at {start}"));
        }
        if end.since_ms(start) > LENGTH_MS_MAX {
            let longest = duration::in_words(LENGTH_MS_MAX);
            return Err(format!(
                "it lasts from {start} to {end}, and maintenance lasts at most {longest}"
            ));
        }
        Ok(Terms { start, end, message: message(text) })
    }

    /// Whether both are the same window, where a table may keep whole seconds only.
    #[must_use]
    pub fn is_about(&self, other: &Terms) -> bool {
        is_near(self.start, other.start)
            && is_near(self.end, other.end)
            && self.message == message(&other.message)
    }
}

/// Whether two instants are the same, where a table may keep whole seconds only.
#[must_use]
pub fn is_near(a: Timestamp, b: Timestamp) -> bool {
    a.since_ms(b).abs() < ROUNDING_MS
}

/// A column such as `timestamp(0)` rounds to whole seconds.
const ROUNDING_MS: i64 = 1_000;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignWindow {
    /// Its key there, as text.
    pub id: String,
    /// What it says.
    pub terms: Terms,
    /// When it was made, if the table says so.
    pub created_at: Option<Timestamp>,
}

impl ForeignWindow {
    /// When it counts as announced, if it is seen at `now` for the first time.
    ///
    /// That is when it was made, as the table says: whoever reads the table could see it
    /// from then on. But a row that was not there when the table was last read
    /// (`read_at`), though it claims to be older, was back-dated, and notice that nobody
    /// could see is none; nor is notice of the future.
    ///
    /// Nor does a row take time that has passed out of the figure: where it had begun
    /// before it was seen, and everup first ran (`ran_since`) before it began, it counts
    /// from now. What began before everup ever ran is a past that only the table knows.
    #[must_use]
    pub fn announced_at(
        &self,
        read_at: Option<Timestamp>,
        ran_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Timestamp {
        let was_missing =
            |created: Timestamp| read_at.is_some_and(|read| read >= created.plus_ms(SKEW_MS));
        let start = self.terms.start;
        let is_too_late = start <= now && ran_since.is_some_and(|since| since <= start);
        match self.created_at {
            Some(created) if created <= now && !was_missing(created) && !is_too_late => created,
            _ => now,
        }
    }
}

/// A stranger's message, made safe to show anywhere: what is not [`is_fit`] becomes a space, and what is too long ends in `…`. Cleaning twice
/// changes nothing.
#[must_use]
pub fn message(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let printable = |c: char| if is_fit(c) { c } else { ' ' };
    let text = text.trim_matches(|c| printable(c).is_whitespace());
    let mut chars = text.chars().map(printable);
    let mut kept: String = chars.by_ref().take(MESSAGE_CHARS_MAX).collect();
    if chars.next().is_some() {
        kept.pop();
        kept.truncate(kept.trim_end().len());
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn made(created_at: Option<i64>) -> ForeignWindow {
        let terms = Terms::new(Timestamp(START), Timestamp(START + SKEW_MS), "").unwrap();
        ForeignWindow { id: "1".into(), terms, created_at: created_at.map(Timestamp) }
    }

    const NOW: i64 = 5 * SKEW_MS;
    const START: i64 = 10 * SKEW_MS;

    #[rstest]
    #[case::no_time_is_told(None, None, NOW)]
    #[case::it_is_told(Some(7), None, 7)]
    #[case::this_very_moment(Some(NOW), None, NOW)]
    #[case::the_future(Some(NOW + 1), None, NOW)]
    #[case::made_after_the_last_look(Some(NOW - 1), Some(NOW - 1), NOW - 1)]
    #[case::within_what_clocks_may_differ(Some(7), Some(7 + SKEW_MS - 1), 7)]
    #[case::it_was_not_there(Some(7), Some(7 + SKEW_MS), NOW)]
    fn a_row_is_announced_when_it_was_made_unless_nobody_could_see_it(
        #[case] created_at: Option<i64>,
        #[case] read_at: Option<i64>,
        #[case] announced_at: i64,
    ) {
        let told = made(created_at).announced_at(read_at.map(Timestamp), None, Timestamp(NOW));
        assert_eq!(told, Timestamp(announced_at));
    }

    #[rstest]
    #[case::everup_never_ran(START, None, 7)]
    #[case::it_began_before_everup_ever_ran(START, Some(START + 1), 7)]
    #[case::it_began_while_everup_ran(START, Some(START), START)]
    #[case::it_began_long_after(START + 1, Some(0), START + 1)]
    #[case::it_is_still_to_come(START - 1, Some(0), 7)]
    fn a_row_takes_no_time_that_has_passed_since_everup_first_ran(
        #[case] now: i64,
        #[case] ran_since: Option<i64>,
        #[case] announced_at: i64,
    ) {
        let told = made(Some(7)).announced_at(None, ran_since.map(Timestamp), Timestamp(now));
        assert_eq!(told, Timestamp(announced_at));
    }

    #[test]
    fn a_window_that_ends_before_it_begins_is_refused() {
        let error = Terms::new(Timestamp(1_000), Timestamp(1_000), "").unwrap_err();
        assert_eq!(
            error,
            "it ends at 1970-01-01T00:00:01Z, which is not after its start at \
             1970-01-01T00:00:01Z"
        );
    }

    #[test]
    fn a_window_that_silences_everything_for_years_is_refused() {
        let lasting = |ms| Terms::new(Timestamp(0), Timestamp(ms), "");
        assert!(lasting(LENGTH_MS_MAX).is_ok());
        let error = lasting(LENGTH_MS_MAX + 1).unwrap_err();
        assert!(error.ends_with("and maintenance lasts at most 31 d"), "{error}");
    }

    #[test]
    fn a_hostile_message_is_made_safe_and_short() {
        assert_eq!(message("\u{1b}[31m<b>now</b>\r\n"), "[31m<b>now</b>");
        assert_eq!(message("a\u{202e}b\r\nc\rd\n"), "a b\nc d");
        let long = message(&"é".repeat(1_000_000));
        assert_eq!(long.chars().count(), MESSAGE_CHARS_MAX);
        assert!(long.ends_with('…'));
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>(), times in 1_usize..200) {
            let once = message(&text.repeat(times));
            prop_assert_eq!(&message(&once), &once);
        }
    }
}
