//! Many checks of one monitor as few bytes.
//!
//! Pure, and the same for every database. A pack is a version byte, the length of its
//! columns, and the columns squeezed by zstd: starts as differences of differences,
//! verdicts as runs, latencies as differences, evidence as a dictionary of distinct
//! texts and runs of its indices. A minute-wise history without failures takes 2 to 3
//! bytes a check. What is decoded is never trusted: damage is an error, not a panic,
//! and nothing is allocated on the word of a number that was not checked.

use super::evidence;
use crate::domain::check::{Check, Evidence, Verdict};
use crate::domain::timestamp::Timestamp;
use std::collections::HashMap;

/// The first byte of the form below.
const VERSION: u8 = 1;
/// A pack holds a day at most: this is three checks in each of its seconds, and checks
/// are a second apart or more.
const CHECKS_MAX: usize = 1 << 18;
/// Neither the columns nor the evidence that they stand for may take more: a monitor
/// that is checked every second and fails all day, each time with other words of the
/// greatest length, needs half of it.
const BYTES_MAX: usize = 256 << 20;
/// zstd's own default: higher levels gain a few percent and cost several times as much.
const ZSTD_LEVEL: i32 = 3;

/// Why checks cannot be packed, or a pack not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PackError {
    /// More than a day can hold.
    #[error("more than {CHECKS_MAX} checks of one monitor in one day cannot be kept")]
    TooMany,
    /// More words than a day may have.
    #[error("the evidence of one monitor's day takes more than {} MiB", BYTES_MAX >> 20)]
    TooLarge,
    /// Not a pack, or one by a later everup.
    #[error("it is not a pack of version {VERSION}")]
    Version,
    /// A pack that was changed.
    #[error("its {0} are damaged")]
    Damaged(&'static str),
}

/// The pack of checks that are in order of time, no two of one instant.
pub(super) fn encode(checks: &[Check]) -> Result<Vec<u8>, PackError> {
    if checks.len() > CHECKS_MAX {
        return Err(PackError::TooMany);
    }
    let mut columns = Vec::with_capacity(checks.len() * 4 + 16);
    put(&mut columns, checks.len() as u64);
    put_starts(&mut columns, checks);
    put_runs(&mut columns, checks.iter().map(|check| verdict_code(check.verdict)));
    put_latencies(&mut columns, checks);
    put_evidence(&mut columns, checks)?;
    if columns.len() > BYTES_MAX {
        return Err(PackError::TooLarge);
    }
    let squeezed =
        zstd::bulk::compress(&columns, ZSTD_LEVEL).map_err(|_| PackError::TooLarge)?;
    let mut pack = Vec::with_capacity(squeezed.len() + 6);
    pack.push(VERSION);
    put(&mut pack, columns.len() as u64);
    pack.extend_from_slice(&squeezed);
    Ok(pack)
}

/// The checks of a pack, in order of time.
pub(super) fn decode(pack: &[u8]) -> Result<Vec<Check>, PackError> {
    let Some((&VERSION, rest)) = pack.split_first() else {
        return Err(PackError::Version);
    };
    let mut rest = Columns { bytes: rest, part: "lengths" };
    let length = rest.size(BYTES_MAX)?;
    let columns = zstd::bulk::decompress(rest.bytes, length)
        .ok()
        .filter(|columns| columns.len() == length)
        .ok_or(PackError::Damaged("columns"))?;
    let mut columns = Columns { bytes: &columns, part: "starts" };
    let mut checks = take_starts(&mut columns)?;
    columns.part = "verdicts";
    columns.runs(&mut checks, |check, code| {
        check.verdict = verdict(code)?;
        Some(())
    })?;
    columns.part = "latencies";
    take_latencies(&mut columns, &mut checks)?;
    columns.part = "reasons";
    take_evidence(&mut columns, &mut checks)?;
    if columns.bytes.is_empty() { Ok(checks) } else { Err(PackError::Damaged("columns")) }
}

fn put_starts(columns: &mut Vec<u8>, checks: &[Check]) {
    let Some((first, later)) = checks.split_first() else { return };
    put(columns, zigzag(first.started_at.0));
    let (mut before, mut step) = (first.started_at.0, 0_i64);
    for check in later {
        let next_step = check.started_at.0.wrapping_sub(before);
        put(columns, zigzag(next_step.wrapping_sub(step)));
        (before, step) = (check.started_at.0, next_step);
    }
}

fn take_starts(columns: &mut Columns<'_>) -> Result<Vec<Check>, PackError> {
    let count = columns.size(CHECKS_MAX.min(columns.bytes.len()))?;
    let mut checks: Vec<Check> = Vec::with_capacity(count);
    let (mut at, mut step) = (0_i64, 0_i64);
    for index in 0..count {
        let number = unzigzag(columns.number()?);
        if index == 0 {
            at = number;
        } else {
            step = step.wrapping_add(number);
            let next = at.wrapping_add(step);
            if next <= at {
                return Err(columns.damaged());
            }
            at = next;
        }
        checks.push(Check {
            started_at: Timestamp(at),
            verdict: Verdict::Unknown,
            latency_us: None,
            evidence: None,
        });
    }
    Ok(checks)
}

/// 0 stands for none, everything else for one more than the difference to the latency
/// before.
fn put_latencies(columns: &mut Vec<u8>, checks: &[Check]) {
    let mut before = 0;
    for check in checks {
        match check.latency_us.map(i64::from) {
            None => put(columns, 0),
            Some(latency) => {
                put(columns, zigzag(latency - before) + 1);
                before = latency;
            }
        }
    }
}

fn take_latencies(columns: &mut Columns<'_>, checks: &mut [Check]) -> Result<(), PackError> {
    let mut before = 0_i64;
    for check in checks {
        if let Some(difference) = columns.number()?.checked_sub(1) {
            before = before.wrapping_add(unzigzag(difference));
            let latency = u32::try_from(before).map_err(|_| columns.damaged())?;
            check.latency_us = Some(latency);
        }
    }
    Ok(())
}

/// Runs of indices come first, 0 for none; then the texts that they stand for, from 1.
fn put_evidence(columns: &mut Vec<u8>, checks: &[Check]) -> Result<(), PackError> {
    let mut texts: Vec<String> = Vec::new();
    let mut index_of: HashMap<String, u64> = HashMap::new();
    let mut indices = Vec::with_capacity(checks.len());
    let mut bytes = 0_usize;
    for check in checks {
        let Some(evidence) = &check.evidence else {
            indices.push(0);
            continue;
        };
        let text = evidence::to_text(evidence);
        bytes += text.len();
        if bytes > BYTES_MAX {
            return Err(PackError::TooLarge);
        }
        let index = *index_of.entry(text).or_insert_with_key(|text| {
            texts.push(text.clone());
            texts.len() as u64
        });
        indices.push(index);
    }
    put_runs(columns, indices.into_iter());
    put(columns, texts.len() as u64);
    for text in texts {
        put(columns, text.len() as u64);
        columns.extend_from_slice(text.as_bytes());
    }
    Ok(())
}

fn take_evidence(columns: &mut Columns<'_>, checks: &mut [Check]) -> Result<(), PackError> {
    let mut indices = vec![0_u64; checks.len()];
    columns.runs(&mut indices, |index, value| {
        *index = value;
        Some(())
    })?;
    let count = columns.size(checks.len())?;
    let mut texts: Vec<(usize, Evidence)> = Vec::with_capacity(count);
    for _ in 0..count {
        let length = columns.size(columns.bytes.len())?;
        // The length itself has taken some of what there was.
        let taken = columns.bytes.split_at_checked(length);
        let (text, rest) = taken.ok_or_else(|| columns.damaged())?;
        columns.bytes = rest;
        let text = std::str::from_utf8(text).map_err(|_| columns.damaged())?;
        texts.push((length, evidence::from_text(text).map_err(|_| columns.damaged())?));
    }
    let mut bytes = 0_usize;
    for (check, index) in checks.iter_mut().zip(indices) {
        let Some(index) = index.checked_sub(1) else { continue };
        let (length, evidence) = usize::try_from(index)
            .ok()
            .and_then(|index| texts.get(index))
            .ok_or(columns.damaged())?;
        // A short dictionary can stand for any amount of text.
        bytes += length;
        if bytes > BYTES_MAX {
            return Err(PackError::TooLarge);
        }
        check.evidence = Some(Box::new(evidence.clone()));
    }
    Ok(())
}

/// Each value once, with how often it comes in a row.
fn put_runs(columns: &mut Vec<u8>, values: impl Iterator<Item = u64>) {
    let mut run: Option<(u64, u64)> = None;
    for value in values {
        match &mut run {
            Some((running, count)) if *running == value => *count += 1,
            _ => {
                if let Some((value, count)) = run.replace((value, 1)) {
                    put(columns, value);
                    put(columns, count);
                }
            }
        }
    }
    if let Some((value, count)) = run {
        put(columns, value);
        put(columns, count);
    }
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Fixed for ever, whatever becomes of the enum.
fn verdict_code(verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Ok => 0,
        Verdict::Degraded => 1,
        Verdict::Fail => 2,
        Verdict::Unknown => 3,
    }
}

fn verdict(code: u64) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|verdict| verdict_code(*verdict) == code)
}

/// What of a pack has not been read yet.
pub(super) struct Columns<'a> {
    pub(super) bytes: &'a [u8],
    /// What is being read, for the error.
    pub(super) part: &'static str,
}

impl Columns<'_> {
    pub(super) fn damaged(&self) -> PackError {
        PackError::Damaged(self.part)
    }

    pub(super) fn number(&mut self) -> Result<u64, PackError> {
        let mut number = 0_u64;
        for (index, &byte) in self.bytes.iter().enumerate().take(10) {
            let bits = u64::from(byte & 0x7f);
            if index == 9 && bits > 1 {
                break;
            }
            number |= bits << (7 * index);
            if byte < 0x80 {
                self.bytes = &self.bytes[index + 1..];
                return Ok(number);
            }
        }
        Err(self.damaged())
    }

    /// A number that something is allocated for.
    pub(super) fn size(&mut self, max: usize) -> Result<usize, PackError> {
        let number = self.number()?;
        usize::try_from(number)
            .ok()
            .filter(|size| *size <= max)
            .ok_or(self.damaged())
    }

    /// Gives each of `items` the value of its run.
    fn runs<T>(
        &mut self,
        items: &mut [T],
        mut set: impl FnMut(&mut T, u64) -> Option<()>,
    ) -> Result<(), PackError> {
        let mut rest = items;
        while !rest.is_empty() {
            let value = self.number()?;
            let count = self.size(rest.len())?;
            if count == 0 {
                return Err(self.damaged());
            }
            let (run, after) = std::mem::take(&mut rest).split_at_mut(count);
            for item in run {
                set(item, value).ok_or(self.damaged())?;
            }
            rest = after;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::MINUTE_MS;
    use crate::store::evidence::tests::evidence;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn checks() -> impl Strategy<Value = Vec<Check>> {
        let at = prop_oneof![0..90_000_i64, any::<i64>()];
        let verdict = prop::sample::select(Verdict::ALL.to_vec());
        let latency = prop::option::of(prop_oneof![100..200_u32, any::<u32>()]);
        let said = prop::option::weighted(0.3, evidence().prop_map(Box::new));
        prop::collection::btree_map(at, (verdict, latency, said), 0..60).prop_map(
            |checks: BTreeMap<_, _>| {
                let check = |(at, (verdict, latency_us, evidence))| Check {
                    started_at: Timestamp(at),
                    verdict,
                    latency_us,
                    evidence,
                };
                checks.into_iter().map(check).collect()
            },
        )
    }

    /// A minute-wise day whose starts and latencies scatter as real ones do.
    fn plain_day() -> Vec<Check> {
        (0..1_440_i64)
            .map(|minute| Check {
                started_at: Timestamp(minute * MINUTE_MS + minute * minute * 7 % 5),
                verdict: Verdict::Ok,
                latency_us: Some(20_000 + (minute * minute * 131 % 997) as u32),
                evidence: None,
            })
            .collect()
    }

    proptest! {
        #[test]
        fn checks_come_back_from_their_pack(checks in checks()) {
            prop_assert_eq!(decode(&encode(&checks).unwrap()), Ok(checks));
        }

        #[test]
        fn rubbish_is_no_pack(columns in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut pack = vec![VERSION];
            put(&mut pack, columns.len() as u64);
            pack.extend(zstd::bulk::compress(&columns, 1).unwrap());
            for bytes in [&pack, &columns] {
                if let Ok(checks) = decode(bytes) {
                    prop_assert_eq!(decode(&encode(&checks).unwrap()), Ok(checks));
                }
            }
        }

        #[test]
        fn a_changed_byte_is_an_error_or_another_history(
            checks in checks(), at in any::<prop::sample::Index>(), to in any::<u8>(),
        ) {
            let mut columns = encode(&checks).unwrap();
            let at = at.index(columns.len());
            columns[at] = to;
            if let Ok(checks) = decode(&columns) {
                prop_assert!(encode(&checks).is_ok());
            }
        }
    }

    #[test]
    fn a_plain_check_takes_less_than_three_bytes() {
        let day = plain_day();
        let pack = encode(&day).unwrap();
        assert!(pack.len() < 3 * day.len(), "{} bytes", pack.len());
        assert_eq!(decode(&pack), Ok(day));
    }

    #[test]
    fn a_short_text_that_stands_for_gigabytes_is_refused() {
        let reason = "x".repeat(1_000_000);
        let mut day = plain_day();
        for check in &mut day {
            check.evidence =
                Some(Box::new(Evidence { reason: reason.clone(), ..Evidence::default() }));
        }
        assert_eq!(encode(&day), Err(PackError::TooLarge));
        let pack = encode(&day[..100]).unwrap();
        assert!(pack.len() < 10_000);
        // The same dictionary, with a run that stands for 1,440 of its texts.
        let mut columns = Vec::new();
        put(&mut columns, day.len() as u64);
        put_starts(&mut columns, &day);
        put_runs(&mut columns, day.iter().map(|_| 0));
        put_latencies(&mut columns, &day);
        put_runs(&mut columns, day.iter().map(|_| 1));
        let text = evidence::to_text(day[0].evidence.as_deref().unwrap());
        put(&mut columns, 1);
        put(&mut columns, text.len() as u64);
        columns.extend(text.as_bytes());
        let mut bomb = vec![VERSION];
        put(&mut bomb, columns.len() as u64);
        bomb.extend(zstd::bulk::compress(&columns, 1).unwrap());
        assert_eq!(decode(&bomb), Err(PackError::TooLarge));
    }

    #[test]
    fn a_number_that_nothing_follows_allocates_nothing() {
        let mut columns = Vec::new();
        put(&mut columns, u64::MAX);
        let mut pack = vec![VERSION];
        put(&mut pack, columns.len() as u64);
        pack.extend(zstd::bulk::compress(&columns, 1).unwrap());
        assert_eq!(decode(&pack), Err(PackError::Damaged("starts")));
        let mut too_long = vec![VERSION];
        put(&mut too_long, u64::MAX);
        assert_eq!(decode(&too_long), Err(PackError::Damaged("lengths")));
        assert_eq!(decode(&[9, 0]), Err(PackError::Version));
        assert_eq!(decode(&[]), Err(PackError::Version));
    }

    #[test]
    fn a_day_with_more_checks_than_it_can_have_is_refused() {
        let check = |at: usize| Check {
            started_at: Timestamp(at as i64),
            verdict: Verdict::Ok,
            latency_us: None,
            evidence: None,
        };
        let full: Vec<Check> = (0..CHECKS_MAX).map(check).collect();
        assert_eq!(decode(&encode(&full).unwrap()).unwrap().len(), CHECKS_MAX);
        let over: Vec<Check> = (0..=CHECKS_MAX).map(check).collect();
        assert_eq!(encode(&over), Err(PackError::TooMany));
    }
}
