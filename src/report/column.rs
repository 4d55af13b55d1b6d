//! What a day or a month looks like as a column: which classes share its height, and how.
//! Pages and the PDF draw the same one. Pure geometry.

use crate::domain::uptime::Tally;

/// The height of a picture: what a day that was down all through has.
pub const HEIGHT: i64 = 28;
/// The height of a day without downtime. What is above it is for outages alone.
const BODY: i64 = 18;
/// The least height of an outage: what stands out, and a little of the body, so that
/// both are seen as one mark. From there it grows with its time.
const OUTAGE_MIN: i64 = HEIGHT - BODY + 2;
/// The least height of anything else that happened.
const MARK_MIN: i64 = 5;
/// What is left to everything else on a day that was nearly all downtime.
const LEAST: i64 = 3;
/// The paper between two classes of a day: no two colours need to be told apart where
/// they touch.
const SEAM: i64 = 1;
/// The height of a paused day: a line that lies low.
const PAUSED: i64 = 4;

/// The classes that are drawn, from the top of a column to its foot.
pub const CLASSES: [&str; 6] = ["down", "unknown", "maintenance", "degraded", "up", "paused"];

/// What one day looks like: draws its parts from top to foot, each by the place of its
/// class in `CLASSES`, its top and its height.
pub fn draw(tally: &Tally, mut draw: impl FnMut(usize, i64, i64)) {
    let lived = tally.window() - tally.outside;
    if lived <= 0 {
        return;
    }
    if tally.paused == lived {
        return draw(CLASSES.len() - 1, HEIGHT - PAUSED, PAUSED);
    }
    // A month has less than 10^10 milliseconds, so the product is far from overflowing.
    let share = |ms: i64, height: i64| ms * height / lived;
    let body = [tally.unknown, tally.maintenance, tally.degraded, tally.up, tally.paused];
    let mut kinds = body.iter().filter(|ms| **ms > 0).count() as i64;
    let (mut top, mut seam) = (HEIGHT - BODY, 0);
    if tally.down > 0 {
        let height = OUTAGE_MIN + share(tally.down, HEIGHT - OUTAGE_MIN);
        top = height.min(HEIGHT - kinds * LEAST);
        draw(0, 0, top);
        seam = SEAM;
    }
    for (class, ms) in (1..).zip(body).filter(|(_, ms)| *ms > 0) {
        let room = HEIGHT - top;
        let least = MARK_MIN.min(room / kinds);
        kinds -= 1;
        let height = match kinds {
            0 => room,
            others => share(ms, BODY).clamp(least, room - others * least),
        };
        draw(class, top + seam, height - seam);
        top += height;
        seam = SEAM;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::DAY_MS;
    use rstest::rstest;

    const WELL: Tally = Tally {
        up: DAY_MS,
        outside: 0,
        paused: 0,
        maintenance: 0,
        degraded: 0,
        down: 0,
        unknown: 0,
    };

    /// What is drawn of a day: its classes with their tops and heights.
    fn drawn(tally: &Tally) -> Vec<(&'static str, i64, i64)> {
        let mut parts = Vec::new();
        draw(tally, |class, top, height| parts.push((CLASSES[class], top, height)));
        parts
    }

    #[rstest]
    #[case(Tally { down: DAY_MS, up: 0, ..WELL }, &[("down", 0, 28)])]
    #[case(Tally { down: DAY_MS / 2, up: DAY_MS / 2, ..WELL }, &[("down", 0, 20), ("up", 21, 7)])]
    #[case(Tally { down: DAY_MS / 16, up: DAY_MS / 16 * 15, ..WELL }, &[("down", 0, 13), ("up", 14, 14)])]
    #[case(Tally { unknown: DAY_MS, up: 0, ..WELL }, &[("unknown", 10, 18)])]
    #[case(Tally { unknown: 1, up: DAY_MS - 1, ..WELL }, &[("unknown", 10, 5), ("up", 16, 12)])]
    #[case(Tally { outside: DAY_MS, up: 0, ..WELL }, &[])]
    #[case(Tally { outside: DAY_MS - 5, up: 5, ..WELL }, &[("up", 10, 18)])]
    #[case(Tally { paused: DAY_MS, up: 0, ..WELL }, &[("paused", 24, 4)])]
    fn classes_share_a_day_by_their_time(
        #[case] tally: Tally,
        #[case] parts: &[(&'static str, i64, i64)],
    ) {
        assert_eq!(drawn(&tally), parts);
    }

    #[test]
    fn a_column_is_whole_but_for_its_seams_whatever_happened_in_it() {
        for kinds in 1..64_i64 {
            let ms = |bit: u32, much: i64| if kinds >> bit & 1 == 1 { much } else { 0 };
            for (much, little) in [(9, 9), (1, DAY_MS), (DAY_MS, 1)] {
                let tally = Tally {
                    outside: 0,
                    up: ms(0, much),
                    degraded: ms(1, little),
                    down: ms(2, much),
                    unknown: ms(3, little),
                    maintenance: ms(4, much),
                    paused: ms(5, little),
                };
                let parts = drawn(&tally);
                let foot = parts.iter().fold(parts[0].1, |top, part| {
                    assert_eq!(part.1, top, "{tally:?}");
                    assert!(part.2 > 1, "{tally:?}");
                    top + part.2 + SEAM
                });
                assert_eq!(foot, HEIGHT + SEAM, "{tally:?}");
                assert_eq!(parts.len(), kinds.count_ones() as usize, "{tally:?}");
            }
        }
    }
}
