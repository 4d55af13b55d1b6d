//! The rules by which maintenance is announced; how it is changed and called off is
//! in `change`.
//!
//! Whoever registers a window, by the API, a command, a calendar rule or another system,
//! goes through here. Nothing here decides what leaves the figure: that is
//! [`MaintenanceWindow::excluded`], from what is kept.

use super::duration;
use super::maintenance::MaintenanceWindow;
use super::monitor::MonitorId;
use super::timestamp::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use std::fmt;

/// What lasts longer is planned anew; a slip of the pen must not silence anything for years.
pub const LENGTH_MS_MAX: i64 = 31 * DAY_MS;

/// Nobody plans further ahead; a later year is a slip of the pen.
pub const AHEAD_MS_MAX: i64 = 731 * DAY_MS;

/// A message is a paragraph, not a page.
pub const MESSAGE_CHARS_MAX: usize = 2_000;

/// When a wish was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// By the clock of now.
    pub now: Timestamp,
    /// From when on notice counts: no earlier than any instant at which we surely lived, so
    /// that a clock which was put back buys none.
    pub notice_from: Timestamp,
}

impl Received {
    /// By a clock that nobody put back.
    #[must_use]
    pub fn at(now: Timestamp) -> Received {
        Received { now, notice_from: now }
    }
}

/// What someone wants to announce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When it begins; only an emergency may leave it out, and then begins at once.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: Timestamp,
    /// What users are told.
    pub message: String,
    /// The monitors it is about; empty: all.
    pub monitors: Vec<MonitorId>,
    /// Whether short notice is accepted; its time then counts.
    pub emergency: bool,
}

/// Why a window is not announced or changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It ends no later than it begins.
    #[error("the maintenance must end after it begins")]
    NoLength,
    /// It would last for longer than [`LENGTH_MS_MAX`].
    #[error(
        "maintenance lasts at most {}; for longer work, announce another window that begins \
         where this one ends",
        duration::in_words(LENGTH_MS_MAX)
    )]
    TooLong,
    /// It would begin later than [`AHEAD_MS_MAX`] from now.
    #[error("the maintenance begins more than two years from now; write an earlier start")]
    TooFarAhead,
    /// It would begin before now.
    #[error("the maintenance would have begun before now ({now}); write a later start")]
    Past {
        /// Now.
        now: Timestamp,
    },
    /// No start was said.
    #[error(
        "say when the maintenance begins; only an emergency may leave that out, and begins \
         at once"
    )]
    NoStart,
    /// It is announced too late.
    #[error(
        "maintenance is announced at least {} before it begins: {starts}. What cannot wait is \
         an emergency; its time counts in the uptime figure",
        in_hours(*.notice_ms)
    )]
    ShortNotice {
        /// The notice that is asked for, in milliseconds.
        notice_ms: i64,
        /// What would do.
        starts: Starts,
    },
    /// The clock lies behind an instant at which we surely lived.
    #[error(
        "the clock of this host says {now}, but everup ran at {lived_at} already: until then \
         no notice can be proved. Set the clock right; what cannot wait is an emergency"
    )]
    ClockBehind {
        /// Now.
        now: Timestamp,
        /// The newest instant at which we surely lived.
        lived_at: Timestamp,
    },
    /// It would end later, without notice for that.
    #[error(
        "what is added to maintenance needs notice of its own; announce what comes after \
         {end} as maintenance of its own, or as an emergency where it cannot wait: {starts}"
    )]
    Extension {
        /// When it ends.
        end: Timestamp,
        /// What would do for what comes after it.
        starts: Starts,
    },
    /// It leaves the figure now, and would count after the change.
    #[error(
        "so much later announced, all of the maintenance would count in the uptime figure; \
         leave it as it is, and announce what is added as maintenance of its own"
    )]
    LosesNotice,
    /// It is under way, and its start or its monitors would change.
    #[error("the maintenance has begun; only its message and its end can change now")]
    Begun,
    /// It would end before now.
    #[error(
        "the maintenance would have ended before now ({now}); write a later end, or end it"
    )]
    PastEnd {
        /// Now.
        now: Timestamp,
    },
    /// It is over.
    #[error("the maintenance is over; nothing of it changes any more")]
    Over,
    /// It was called off.
    #[error("the maintenance was called off; announce it anew")]
    Cancelled,
    /// It has not begun, and cannot be ended.
    #[error("the maintenance has not begun; cancel it instead")]
    NotBegun,
    /// Its message is longer than [`MESSAGE_CHARS_MAX`].
    #[error("the message has {chars} characters; write at most {MESSAGE_CHARS_MAX}")]
    LongMessage {
        /// How many there are.
        chars: usize,
    },
    /// Its message has characters that are not [`is_fit`] to be shown.
    #[error(
        "the message has a character that is not plain text (U+{:04X}); leave it out",
        u32::from(*.character)
    )]
    Unfit {
        /// The first of them.
        character: char,
    },
}

/// When maintenance could begin that is announced in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starts {
    /// The first instant that would do now.
    pub earliest: Timestamp,
    /// A full minute that will do for at least another minute: whoever is told of one writes
    /// again, and that takes a while.
    pub suggested: Timestamp,
}

impl Starts {
    /// From `at` on, for what is announced at `announced_at`, where `notice_ms` is asked for.
    pub(super) fn from(at: Timestamp, announced_at: Timestamp, notice_ms: i64) -> Starts {
        let suggested = announced_at.plus_ms(notice_ms + 2 * MINUTE_MS - 1);
        let suggested = suggested.plus_ms(-suggested.0.rem_euclid(MINUTE_MS));
        let earliest = announced_at.plus_ms(notice_ms);
        Starts { earliest: earliest.max(at), suggested: suggested.max(at) }
    }
}

impl fmt::Display for Starts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Starts { earliest, suggested } = self;
        write!(
            f,
            "the earliest start that would do now is {earliest}, one that still does in a \
             minute is {suggested}"
        )
    }
}

impl Plan {
    /// The window that is announced at `now`, where `notice_ms` is asked for.
    ///
    /// # Errors
    /// A sentence that says what to write instead.
    pub fn announce(
        self,
        received: Received,
        notice_ms: i64,
    ) -> Result<MaintenanceWindow, Refusal> {
        let Plan { start, end, message, monitors, emergency } = self;
        let now = received.now;
        let start = match start {
            Some(start) => start,
            None if emergency => now,
            None => return Err(Refusal::NoStart),
        };
        let window = MaintenanceWindow {
            announced_at: announced_at(received, emergency),
            start,
            end,
            cancelled_at: None,
            message: clean(&message)?,
            monitors: each_once(monitors),
            emergency,
        };
        has_sound_time(&window, now)?;
        is_announced_in_time(&window, received, notice_ms)?;
        Ok(window)
    }

    /// Whether a window stands that says just this.
    #[must_use]
    pub fn is_announced_by(&self, window: &MaintenanceWindow) -> bool {
        let monitors = each_once(self.monitors.clone());
        window.cancelled_at.is_none()
            && self.start == Some(window.start)
            && (self.end, self.emergency) == (window.end, window.emergency)
            && clean(&self.message).is_ok_and(|message| message == window.message)
            && is_same_set(&monitors, &window.monitors)
    }
}

/// An emergency needs no notice, and is dated as it came.
pub(super) fn announced_at(received: Received, emergency: bool) -> Timestamp {
    if emergency { received.now } else { received.notice_from.max(received.now) }
}

pub(super) fn has_sound_time(
    window: &MaintenanceWindow,
    now: Timestamp,
) -> Result<(), Refusal> {
    if window.end <= window.start {
        return Err(Refusal::NoLength);
    }
    if window.start < now {
        return Err(Refusal::Past { now });
    }
    if window.end.since_ms(window.start) > LENGTH_MS_MAX {
        return Err(Refusal::TooLong);
    }
    if window.start.since_ms(now) > AHEAD_MS_MAX {
        return Err(Refusal::TooFarAhead);
    }
    Ok(())
}

pub(super) fn is_announced_in_time(
    window: &MaintenanceWindow,
    received: Received,
    notice_ms: i64,
) -> Result<(), Refusal> {
    if window.emergency || window.notice_ms() >= notice_ms {
        return Ok(());
    }
    // The clock steps back a little now and then, which nobody has to be told.
    if window.announced_at.since_ms(received.now) > MINUTE_MS {
        let (now, lived_at) = (received.now, window.announced_at);
        return Err(Refusal::ClockBehind { now, lived_at });
    }
    let starts = Starts::from(window.announced_at, window.announced_at, notice_ms);
    Err(Refusal::ShortNotice { notice_ms, starts })
}

/// Hours, where they are whole: two days are not what is meant by 48 of them.
fn in_hours(ms: i64) -> String {
    match ms % HOUR_MS {
        0 => format!("{} h", ms / HOUR_MS),
        _ => duration::in_words(ms),
    }
}

/// A message without spaces around it, if it is fit to be shown.
///
/// # Errors
/// [`Refusal::LongMessage`] and [`Refusal::Unfit`].
pub fn clean(message: &str) -> Result<String, Refusal> {
    let message = message.trim().replace("\r\n", "\n");
    let chars = message.chars().count();
    if chars > MESSAGE_CHARS_MAX {
        return Err(Refusal::LongMessage { chars });
    }
    match message.chars().find(|c| !is_fit(*c)) {
        Some(character) => Err(Refusal::Unfit { character }),
        None => Ok(message),
    }
}

/// Whether a character may stand in a message: not those that control a terminal, turn text
/// around, break lines unseen or hide what is said. The marks and joiners that Arabic, Hebrew,
/// Persian and emoji are written with are text.
#[must_use]
pub fn is_fit(c: char) -> bool {
    let is_unseen = matches!(c,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    // The last two of each plane are no characters, and never will be.
    let is_none = u32::from(c) & 0xfffe == 0xfffe;
    c == '\n' || !(c.is_control() || is_unseen || is_none)
}

/// The monitors in the order in which they were named, each once.
pub(super) fn each_once(monitors: Vec<MonitorId>) -> Vec<MonitorId> {
    let mut once = Vec::with_capacity(monitors.len());
    for monitor in monitors {
        if !once.contains(&monitor) {
            once.push(monitor);
        }
    }
    once
}

/// Whether two lists, each without doubles, name the same monitors.
pub(super) fn is_same_set(a: &[MonitorId], b: &[MonitorId]) -> bool {
    a.len() == b.len() && a.iter().all(|id| b.contains(id))
}
