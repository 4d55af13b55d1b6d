//! The digests of one day as few bytes, the same for every database.
//!
//! A version byte, then of every hour its number in the day, how many checks counted, and
//! the latencies as differences with how many there were of each. What is decoded is never
//! trusted.

use super::pack::{Columns, PackError, put};
use crate::domain::digest::Digest;
use crate::domain::latency::Latencies;
use crate::domain::timestamp::{DAY_MS, HOUR_MS, Timestamp};

/// The first byte of the form below.
const VERSION: u8 = 1;
/// The hours of a day.
const HOURS_MAX: usize = 24;
/// An hour has no more latencies than that: a check each second.
const LATENCIES_MAX: usize = 3_600;

/// The pack of the digests of one day, in order.
pub(super) fn encode(digests: &[Digest]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    put(&mut bytes, digests.len() as u64);
    for digest in digests {
        put(&mut bytes, (digest.from.0.rem_euclid(DAY_MS) / HOUR_MS) as u64);
        put(&mut bytes, digest.checks);
        put(&mut bytes, digest.latencies.counts().len() as u64);
        let mut before = 0;
        for (tenths, count) in digest.latencies.counts() {
            put(&mut bytes, u64::from(tenths - before));
            put(&mut bytes, u64::from(*count));
            before = *tenths;
        }
    }
    bytes
}

/// The digests of a day, given in days since 1970-01-01.
pub(super) fn decode(day: i64, pack: &[u8]) -> Result<Vec<Digest>, PackError> {
    let Some((&VERSION, bytes)) = pack.split_first() else {
        return Err(PackError::Version);
    };
    let mut columns = Columns { bytes, part: "hours" };
    let count = columns.size(HOURS_MAX)?;
    let mut digests: Vec<Digest> = Vec::with_capacity(count);
    for _ in 0..count {
        let hour = columns.size(HOURS_MAX - 1)?;
        let from = Timestamp(day.saturating_mul(DAY_MS).saturating_add(hour as i64 * HOUR_MS));
        let checks = columns.number()?;
        let latencies = latencies(&mut columns)?;
        if digests.last().is_some_and(|last| last.from >= from) {
            return Err(columns.damaged());
        }
        digests.push(Digest { from, checks, latencies });
    }
    if columns.bytes.is_empty() { Ok(digests) } else { Err(columns.damaged()) }
}

fn latencies(columns: &mut Columns<'_>) -> Result<Latencies, PackError> {
    let count = columns.size(LATENCIES_MAX.min(columns.bytes.len()))?;
    let mut counts: Vec<(u32, u32)> = Vec::with_capacity(count);
    let mut tenths = 0_u32;
    for _ in 0..count {
        let step = columns.size(u32::MAX as usize)?;
        let of = columns.size(u32::MAX as usize)?;
        let (step, of) = u32::try_from(step)
            .ok()
            .zip(u32::try_from(of).ok())
            .ok_or(columns.damaged())?;
        tenths = tenths.checked_add(step).ok_or(columns.damaged())?;
        counts.push((tenths, of));
    }
    Latencies::from_counts(counts).ok_or(columns.damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digests(day: i64) -> impl Strategy<Value = Vec<Digest>> {
        let latencies = prop::collection::vec(any::<u32>(), 0..80);
        prop::collection::btree_map(0..24_i64, (any::<u64>(), latencies), 0..24).prop_map(
            move |hours| {
                let digest = |(hour, (checks, us))| Digest {
                    from: Timestamp(day * DAY_MS + hour * HOUR_MS),
                    checks,
                    latencies: Latencies::of(us).coarse(),
                };
                hours.into_iter().map(digest).collect()
            },
        )
    }

    proptest! {
        #[test]
        fn digests_come_back_from_their_pack(digests in digests(-3)) {
            prop_assert_eq!(decode(-3, &encode(&digests)), Ok(digests));
        }

        #[test]
        fn rubbish_is_no_pack(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            bytes.insert(0, VERSION);
            if let Ok(digests) = decode(7, &bytes) {
                prop_assert_eq!(decode(7, &encode(&digests)), Ok(digests));
            }
        }
    }

    #[test]
    fn a_day_of_minutes_takes_about_a_kilobyte() {
        let hour = |hour: i64| Digest {
            from: Timestamp(hour * HOUR_MS),
            checks: 60,
            latencies: Latencies::of(
                (0..60_u32).map(|n| 20_000 + n * n * 131 % 9_970 + hour as u32).collect(),
            )
            .coarse(),
        };
        let pack = encode(&(0..24).map(hour).collect::<Vec<_>>());
        assert!(pack.len() < 1_200, "{} bytes", pack.len());
    }
}
