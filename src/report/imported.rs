//! What other monitors said, beside the figure and never in it.
//!
//! Every form shows it: JSON as numbers, all others as [`Imported::sentences`].

use crate::domain::duration;
use crate::domain::foreign::{Claim, Count, Foreign, MadeUp, Origin, Records, Source, Stretch};
use crate::domain::percent;
use crate::domain::span::Span;
use crate::domain::timestamp::{DAY_MS, Timestamp};
use crate::domain::uptime::Ratio;
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// What one source said of one monitor in a window, and what of it was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Who.
    pub source: Source,
    /// Where its records came from, those that touch the window.
    pub origins: Vec<Origin>,
    /// What it counted, if anything.
    pub counted: Option<Counted>,
    /// How it says it was, if it does.
    pub told: Option<Told>,
}

/// The sum of a source's counts that begin in a window, each whole: a count cannot be cut,
/// and so none is in two windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// From the start of the first to the end of the last, which may lie beyond the window.
    pub span: Span,
    /// Checks that were up.
    pub up: u64,
    /// Checks that were down.
    pub down: u64,
    /// How many counts there are.
    pub counts: usize,
    /// The time of them together, which may have holes.
    pub counted_ms: i64,
}

/// A source's stretches, cut to a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// From the start of the first to the end of the last.
    pub span: Span,
    /// How long it was up.
    pub up_ms: i64,
    /// How long it was down.
    pub down_ms: i64,
    /// When it was down and why, in order.
    pub outages: Vec<Stretch>,
}

impl Imported {
    /// What is in a window, by source.
    #[must_use]
    pub fn of(foreign: &Foreign, window: Span) -> Vec<Imported> {
        Source::ALL
            .into_iter()
            .filter_map(|source| of_source(foreign, source, window))
            .collect()
    }

    /// The same for people, without a full stop, each a line of its own.
    /// Every form but JSON prints these.
    #[must_use]
    pub fn sentences(&self, zone: Tz) -> Vec<String> {
        let source = self.source;
        let taken_over = self.taken_over().into_iter().map(|(file, span)| {
            let dates = dates(span, zone);
            let how = match source {
                Source::Demo => "made up by everup demo".to_owned(),
                source => format!("imported from {source} ({file})"),
            };
            format!("Checks of {dates} were {how} and are part of the figure")
        });
        self.beside(zone).into_iter().chain(taken_over).collect()
    }

    /// Those of them that are of no part of the figure.
    #[must_use]
    pub fn beside(&self, zone: Tz) -> Vec<String> {
        let source = self.source;
        let mut sentences = Vec::new();
        if let Some(counted) = self.counted {
            sentences.push(format!(
                "{source} counted {} of {} checks up {} ({}); not part of the figure",
                grouped(counted.up),
                grouped(counted.up.saturating_add(counted.down)),
                counted.extent(),
                dates(counted.span, zone),
            ));
        }
        if let Some(told) = &self.told {
            let outages = match &told.outages[..] {
                [] => "no outage".to_owned(),
                [_] => format!("1 outage, {}", duration::in_words(told.down_ms)),
                some => format!("{} outages, {}", some.len(), duration::in_words(told.down_ms)),
            };
            let uptime =
                told.uptime_percent().map(|percent| format!("{percent} % uptime and "));
            sentences.push(format!(
                "{source} says {}{outages} ({}); not part of the figure",
                uptime.unwrap_or_default(),
                dates(told.span, zone),
            ));
        }
        sentences
    }

    /// The files that checks were taken over from, and of when.
    fn taken_over(&self) -> BTreeMap<&str, Span> {
        let mut files: BTreeMap<&str, Span> = BTreeMap::new();
        for origin in self.origins.iter().filter(|of| of.records == Records::Checks) {
            let span = files.entry(&origin.file).or_insert(origin.span);
            *span = Span::new(span.from.min(origin.span.from), span.to.max(origin.span.to));
        }
        files
    }
}

impl Counted {
    /// How much time it is, in words. A source that counts by day has whole ones.
    fn extent(self) -> String {
        match (self.counted_ms / DAY_MS, self.counted_ms % DAY_MS) {
            (1, 0) => "on 1 day".to_owned(),
            (days, 0) => format!("on {days} days"),
            _ => format!("in {}", duration::in_words(self.counted_ms)),
        }
    }
}

impl Told {
    /// The source's own figure, exactly what its stretches come to: floored to two
    /// decimals; `None` where it was neither up nor down.
    #[must_use]
    pub fn uptime_percent(&self) -> Option<String> {
        let ratio = Ratio::new(self.up_ms, self.up_ms.saturating_add(self.down_ms))?;
        Some(percent::shown(ratio, 2))
    }
}

fn of_source(foreign: &Foreign, source: Source, window: Span) -> Option<Imported> {
    let origins: Vec<Origin> = (foreign.origins.iter())
        .filter(|origin| origin.source == source && origin.span.overlaps(window))
        .cloned()
        .collect();
    let counts: Vec<&Count> = (foreign.counts.iter())
        .filter(|count| count.source == source && window.contains(count.span.from))
        .collect();
    let stretches: Vec<Stretch> = (foreign.stretches.iter())
        .filter(|stretch| stretch.source == source && stretch.span.overlaps(window))
        .map(|stretch| Stretch { span: stretch.span.cut(window), ..stretch.clone() })
        .collect();
    let imported =
        Imported { source, origins, counted: counted(&counts), told: told(stretches) };
    let nothing =
        imported.origins.is_empty() && imported.counted.is_none() && imported.told.is_none();
    (!nothing).then_some(imported)
}

fn counted(counts: &[&Count]) -> Option<Counted> {
    let (first, last) = (counts.first()?, counts.last()?);
    Some(Counted {
        span: Span::new(first.span.from, last.span.to),
        up: counts.iter().fold(0, |sum, count| sum.saturating_add(count.up)),
        down: counts.iter().fold(0, |sum, count| sum.saturating_add(count.down)),
        counts: counts.len(),
        counted_ms: counts.iter().map(|count| count.span.length_ms()).sum(),
    })
}

fn told(stretches: Vec<Stretch>) -> Option<Told> {
    let span = Span::new(stretches.first()?.span.from, stretches.last()?.span.to);
    let length_ms = |claim| {
        let claims = stretches.iter().filter(|stretch| stretch.claim == claim);
        claims.map(|stretch| stretch.span.length_ms()).sum()
    };
    let (up_ms, down_ms) = (length_ms(Claim::Up), length_ms(Claim::Down));
    let outages = stretches
        .into_iter()
        .filter(|stretch| stretch.claim == Claim::Down)
        .collect();
    Some(Told { span, up_ms, down_ms, outages })
}

/// What every form says at its head that shows figures of a past that was made up, and every
/// page of a database that has one.
#[must_use]
pub fn warning(made_up: MadeUp, zone: Tz) -> String {
    format!(
        "Demonstration: checks of {} were made up by everup demo, and the figures of that \
         time follow from them",
        dates(made_up.span, zone)
    )
}

/// The dates of a span's first and last instant.
fn dates(span: Span, zone: Tz) -> String {
    let date = |at: Timestamp| at.to_utc().with_timezone(&zone).format("%-d %b %Y").to_string();
    let (first, last) = (date(span.from), date(span.to.plus_ms(-1)));
    if first == last { first } else { format!("{first} to {last}") }
}

/// A number with a comma before every third digit.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Spans;
    use crate::domain::timestamp::HOUR_MS;
    use proptest::prelude::*;

    /// 2026-11-01T00:00:00Z.
    const BEGIN: Timestamp = Timestamp(1_793_491_200_000);

    fn hours(from: i64, to: i64) -> Span {
        Span::new(BEGIN.plus_ms(from * HOUR_MS), BEGIN.plus_ms(to * HOUR_MS))
    }

    fn count(day: i64, up: u64, down: u64) -> Count {
        let span = hours(day * 24, day * 24 + 24);
        Count { source: Source::UptimeKuma, span, up, down }
    }

    fn stretch(from: i64, to: i64, claim: Claim) -> Stretch {
        Stretch {
            source: Source::UptimeRobot,
            span: hours(from, to),
            claim,
            reason: String::new(),
        }
    }

    fn sentences(foreign: &Foreign, window: Span) -> Vec<String> {
        let imported = Imported::of(foreign, window);
        imported
            .iter()
            .flat_map(|imported| imported.sentences(chrono_tz::UTC))
            .collect()
    }

    #[test]
    fn counts_are_added_up_and_said_to_be_no_part_of_the_figure() {
        let counts = vec![count(0, 1_440, 0), count(1, 1_436, 4), count(3, 1_440, 0)];
        let foreign = Foreign { counts, ..Foreign::default() };
        assert_eq!(
            sentences(&foreign, hours(0, 720)),
            [
                "Uptime Kuma counted 4,316 of 4,320 checks up on 3 days (1 Nov 2026 to 4 Nov 2026); \
              not part of the figure"
            ]
        );
        assert!(Imported::of(&foreign, hours(96, 720)).is_empty());
    }

    #[test]
    fn a_count_over_the_edge_of_two_months_is_in_the_one_it_begins_in() {
        let foreign = Foreign { counts: vec![count(29, 10, 1)], ..Foreign::default() };
        let (berlin_november, berlin_december) = (hours(-1, 719), hours(719, 1_463));
        assert_eq!(Imported::of(&foreign, berlin_november)[0].counted.unwrap().up, 10);
        assert!(Imported::of(&foreign, berlin_december).is_empty());
    }

    #[test]
    fn stretches_are_cut_and_come_to_the_sources_own_figure() {
        let stretches = vec![
            stretch(-10, 0, Claim::Unknown),
            stretch(0, 99, Claim::Up),
            stretch(99, 101, Claim::Down),
            stretch(101, 150, Claim::Paused),
        ];
        let foreign = Foreign { stretches, ..Foreign::default() };
        let imported = Imported::of(&foreign, hours(-5, 100));
        let told = imported[0].told.as_ref().unwrap();
        assert_eq!((told.up_ms, told.down_ms), (99 * HOUR_MS, HOUR_MS));
        assert_eq!(told.span, hours(-5, 100));
        assert_eq!(
            sentences(&foreign, hours(-5, 100)),
            ["UptimeRobot says 99.00 % uptime and 1 outage, 1 h (31 Oct 2026 to 5 Nov \
              2026); not part of the figure"]
        );
        // While it was paused only, it has no figure.
        assert_eq!(
            sentences(&foreign, hours(120, 140)),
            ["UptimeRobot says no outage (6 Nov 2026); not part of the figure"]
        );
    }

    #[test]
    fn checks_that_were_taken_over_are_marked() {
        let origin = Origin {
            source: Source::UptimeKuma,
            file: "kuma.db".to_owned(),
            imported_at: BEGIN,
            records: Records::Checks,
            span: hours(0, 24),
            added: 1_440,
        };
        let later = Origin { span: hours(30, 31), ..origin.clone() };
        let foreign = Foreign { origins: vec![origin, later], ..Foreign::default() };
        assert_eq!(
            sentences(&foreign, hours(0, 720)),
            [
                "Checks of 1 Nov 2026 to 2 Nov 2026 were imported from Uptime Kuma (kuma.db) and \
              are part of the figure"
            ]
        );
    }

    #[test]
    fn checks_that_were_made_up_are_said_to_be() {
        let origin = Origin {
            source: Source::Demo,
            file: "everup demo".to_owned(),
            imported_at: BEGIN,
            records: Records::Checks,
            span: hours(0, 24),
            added: 1_440,
        };
        let foreign = Foreign { origins: vec![origin], ..Foreign::default() };
        assert_eq!(
            sentences(&foreign, hours(0, 720)),
            ["Checks of 1 Nov 2026 were made up by everup demo and are part of the figure"]
        );
        let times = [Spans::from(hours(-48, 1)), Spans::empty(), Spans::from(hours(3, 720))];
        let made_up = MadeUp::within(&times, hours(0, 25)).unwrap();
        assert_eq!(made_up.span, hours(0, 25));
        let said = warning(made_up, chrono_tz::UTC);
        assert!(said.contains("checks of 1 Nov 2026 to 2 Nov 2026 were made up"), "{said}");
        assert_eq!(MadeUp::within(&times, hours(1, 3)), None);
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    proptest! {
        #[test]
        fn two_halves_of_a_window_add_up(
            lengths in prop::collection::vec((1..60i64, 0..4usize), 1..20),
            cut in 0..800i64,
        ) {
            let mut foreign = Foreign::default();
            let mut from = 0;
            for (n, (length, claim)) in lengths.into_iter().enumerate() {
                foreign.stretches.push(stretch(from, from + length, Claim::ALL[claim]));
                foreign.counts.push(count(n as i64, n as u64, 1));
                from += length;
            }
            let sums = |window: Span| {
                let mut sums = [0; 4];
                for imported in Imported::of(&foreign, window) {
                    if let Some(told) = imported.told {
                        sums[0] += told.up_ms;
                        sums[1] += told.down_ms;
                    }
                    if let Some(counted) = imported.counted {
                        sums[2] += counted.up as i64;
                        sums[3] += counted.counted_ms / DAY_MS;
                    }
                }
                sums
            };
            let (a, b) = (sums(hours(0, cut)), sums(hours(cut, 2_000)));
            let sum: Vec<i64> = a.iter().zip(b).map(|(a, b)| a + b).collect();
            prop_assert_eq!(sum, sums(hours(0, 2_000)));
        }
    }
}
