//! Longer periods are the sums of their months, in every zone.

use crate::history::spans;
use everup::domain::calendar::Calendar;
use everup::domain::class::Class;
use everup::domain::period::Period;
use everup::domain::timeline::Timeline;
use everup::domain::timestamp::DAY_MS;
use everup::domain::uptime::Tally;
use proptest::prelude::*;

/// Zones that put their clocks at odd times, by odd amounts, or skip whole days.
pub const ZONES: [chrono_tz::Tz; 7] = [
    chrono_tz::Europe::Berlin,
    chrono_tz::America::New_York,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::Asia::Kathmandu,
    chrono_tz::America::Asuncion,
    chrono_tz::Pacific::Apia,
    chrono_tz::America::Havana,
];

fn add(a: Tally, b: Tally) -> Tally {
    Tally {
        outside: a.outside + b.outside,
        paused: a.paused + b.paused,
        maintenance: a.maintenance + b.maintenance,
        up: a.up + b.up,
        degraded: a.degraded + b.degraded,
        down: a.down + b.down,
        unknown: a.unknown + b.unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_year_and_a_quarter_are_the_sums_of_their_months(
        zone in prop::sample::select(&ZONES[..]),
        year in 1985..2037i32,
        quarter in 1..=4u32,
        trouble in prop::collection::vec((0..360 * DAY_MS, 1..40 * DAY_MS, 0..6usize), 0..20),
    ) {
        for text in [format!("{year}"), format!("{year}-Q{quarter}")] {
            let period = Period::parse(&text).unwrap();
            let window = Calendar::new(zone, [].into()).window(period);
            let layers: Vec<_> = (trouble.iter())
                .map(|(from, ms, class)| {
                    let from = window.from.0 + from;
                    (Class::ALL[*class], spans(&[(from, from + ms)]))
                })
                .collect();
            let layers = layers.iter().map(|(class, spans)| (*class, spans));
            let timeline = Timeline::layered(window, layers);
            let months = period.months();
            let mut end = window.from;
            let mut sum = Tally::default();
            for month in &months {
                let of_month = month.window(zone);
                prop_assert_eq!(of_month.from, end);
                end = of_month.to;
                sum = add(sum, timeline.within(of_month).tally());
            }
            prop_assert_eq!(end, window.to);
            prop_assert_eq!(sum, timeline.tally());
            prop_assert_eq!(sum.window(), window.length_ms());
        }
    }
}
