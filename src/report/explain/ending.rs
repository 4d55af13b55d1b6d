//! Where the figures end, and why there.

use super::reading::Reading;
use super::words::{Words, count};
use crate::domain::duration;
use crate::domain::timestamp::Timestamp;
use crate::report::headline::Piece;

/// The instant, within the window, and the sentence that says why.
pub(super) fn of(reading: &Reading<'_>, now: Timestamp) -> (Timestamp, Vec<Piece>) {
    let (as_of, window) = (reading.figures().as_of, reading.window());
    let said = if reading.report.closing.is_some() {
        Words::new(
            "The month is closed: the figures go to its end, and stay as they were closed.",
        )
    } else if as_of >= window.to {
        Words::new("The figures go to the end of the period.")
    } else {
        running(reading, as_of, now)
    };
    (as_of.clamp(window.from, window.to), said.pieces())
}

fn running(reading: &Reading<'_>, as_of: Timestamp, now: Timestamp) -> Words {
    let history = reading.facts.history;
    let judge = &history.ledger.judge;
    let begin = |why: &str| Words::new(format!("The period runs, and the figures end {why}"));
    if let Some(run) = judge.run.as_ref().filter(|run| run.from == as_of) {
        let (count, what) = (
            count(run.count as usize, "check"),
            match judge.is_down() {
                true => "rightly answered, which is not yet enough to be up again",
                false => "failing, which is not yet enough to be down",
            },
        );
        return begin("where an undecided run of checks begins: ")
            .text(format!("{count} {what}. What they mean is decided by the next ones."));
    }
    if history.under_way == Some(as_of) {
        let said = begin(
            "where a check began that is still under way or waits to be kept: what it says \
             is not known yet.",
        );
        return match &history.unbooked {
            Some(unbooked) => said.text(format!(" {}.", unbooked.why)),
            None => said,
        };
    }
    let speaks_to = judge.last.map(|last| (last, last.at.plus_ms(last.covers_ms)));
    if let Some((last, to)) = speaks_to
        && to == as_of
        && as_of < now
    {
        return begin("where the newest check stops to speak. It began at ")
            .at(last.at)
            .text(format!(
                " and speaks for {}; the next one may still come in time.",
                duration::in_words(last.covers_ms)
            ));
    }
    match speaks_to {
        None => begin("now. There was no check yet."),
        Some((last, to)) if to > now => begin("now. The newest check began at ")
            .at(last.at)
            .text(" and speaks until ")
            .at(to)
            .text("."),
        Some((last, _)) => begin("now. The newest check began at ")
            .at(last.at)
            .text(", and the next one is overdue."),
    }
}
