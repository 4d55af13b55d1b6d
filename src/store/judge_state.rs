//! A judge as the short JSON text that databases keep.
//!
//! Its first member is a version: a later everup that judges differently must know a
//! state that it cannot go on from.

use crate::domain::check::Verdict;
use crate::domain::judge::{Judge, Last, Run, Seen};
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of the form below.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<LastText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outage: Option<(i64, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sure: Option<(i64, i64)>,
    /// Earlier versions kept it; it says nothing that `open` does not.
    #[serde(default, rename = "well_since", skip_serializing)]
    _well_since: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastText {
    at: i64,
    verdict: String,
    covers_ms: i64,
    reach_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunText {
    from: i64,
    count: u32,
    after: Option<i64>,
    reason: String,
    marks: Vec<(i64, String)>,
}

/// The text of a judge.
pub(crate) fn to_text(judge: &Judge) -> String {
    let text = Text {
        v: VERSION,
        last: judge.last.map(|last| LastText {
            at: last.at.0,
            verdict: last.verdict.word().to_owned(),
            covers_ms: last.covers_ms,
            reach_ms: last.reach_ms,
        }),
        run: judge.run.as_ref().map(|run| RunText {
            from: run.from.0,
            count: run.count,
            after: run.after.map(|at| at.0),
            reason: run.reason.to_string(),
            marks: run.marks.iter().map(|(at, seen)| (at.0, seen_word(*seen))).collect(),
        }),
        outage: judge.outage.as_ref().map(|(from, reason)| (from.0, reason.to_string())),
        open: judge.open.map(|(seen, from)| (seen_word(seen), from.0)),
        sure: judge.sure.map(|span| (span.from.0, span.to.0)),
        _well_since: None,
    };
    // Only maps with keys that are no strings can fail, and there is none.
    serde_json::to_string(&text).unwrap_or_default()
}

/// The judge of a text; what is wrong with it if it is not one.
pub(crate) fn from_text(text: &str) -> Result<Judge, String> {
    let text: Text = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if text.v != VERSION {
        return Err(format!("its version is {}, not {VERSION}", text.v));
    }
    let last = match text.last {
        None => None,
        Some(last) => Some(Last {
            at: Timestamp(last.at),
            verdict: Verdict::from_word(&last.verdict).ok_or("it has an unknown verdict")?,
            covers_ms: last.covers_ms,
            reach_ms: last.reach_ms,
        }),
    };
    let open = match text.open {
        None => None,
        Some((word, from)) => Some((seen(&word)?, Timestamp(from))),
    };
    Ok(Judge {
        last,
        run: text.run.map(run).transpose()?,
        outage: text.outage.map(|(from, reason)| (Timestamp(from), Arc::from(reason))),
        open,
        sure: text.sure.map(|(from, to)| Span::new(Timestamp(from), Timestamp(to))),
    })
}

fn run(text: RunText) -> Result<Run, String> {
    let mark = |(at, word): (i64, String)| Ok((Timestamp(at), seen(&word)?));
    Ok(Run {
        from: Timestamp(text.from),
        count: text.count,
        after: text.after.map(Timestamp),
        reason: Arc::from(text.reason),
        marks: text.marks.into_iter().map(mark).collect::<Result<_, String>>()?,
    })
}

fn seen_word(seen: Seen) -> String {
    let word = match seen {
        Seen::Up => "up",
        Seen::Degraded => "degraded",
        Seen::Down => "down",
    };
    word.to_owned()
}

fn seen(word: &str) -> Result<Seen, String> {
    match word {
        "up" => Ok(Seen::Up),
        "degraded" => Ok(Seen::Degraded),
        "down" => Ok(Seen::Down),
        _ => Err("it has a state that is unknown".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judge() -> impl Strategy<Value = Judge> {
        let at = || any::<i64>().prop_map(Timestamp);
        let seen = || prop::sample::select(vec![Seen::Up, Seen::Degraded, Seen::Down]);
        let reason = || any::<String>().prop_map(Arc::<str>::from);
        let verdict = prop::sample::select(Verdict::ALL.to_vec());
        let last = (at(), verdict, any::<i64>(), any::<i64>()).prop_map(
            |(at, verdict, covers_ms, reach_ms)| Last { at, verdict, covers_ms, reach_ms },
        );
        let marks = prop::collection::vec((at(), seen()), 0..4);
        let run = (at(), any::<u32>(), prop::option::of(at()), reason(), marks).prop_map(
            |(from, count, after, reason, marks)| Run { from, count, after, reason, marks },
        );
        let sure = (at(), at()).prop_map(|(from, to)| Span::new(from, to));
        (
            prop::option::of(last),
            prop::option::of(run),
            prop::option::of((at(), reason())),
            prop::option::of((seen(), at())),
            prop::option::of(sure),
        )
            .prop_map(|(last, run, outage, open, sure)| Judge {
                last,
                run,
                outage,
                open,
                sure,
            })
    }

    proptest! {
        #[test]
        fn a_judge_comes_back_from_its_text(judge in judge()) {
            prop_assert_eq!(from_text(&to_text(&judge)), Ok(judge));
        }
    }

    #[test]
    fn a_judge_of_an_earlier_everup_is_read() {
        let text = r#"{"v":1,"open":["up",60000],"well_since":0}"#;
        let open = Some((Seen::Up, Timestamp(60_000)));
        assert_eq!(from_text(text), Ok(Judge { open, ..Judge::default() }));
    }

    #[test]
    fn a_judge_of_another_version_is_refused() {
        assert_eq!(to_text(&Judge::default()), r#"{"v":1}"#);
        assert_eq!(from_text(r#"{"v":2}"#), Err("its version is 2, not 1".to_owned()));
        for text in ["", "{}", r#"{"v":1,"open":["sideways",0]}"#, r#"{"v":1,"mood":1}"#] {
            assert!(from_text(text).is_err(), "{text}");
        }
    }
}
