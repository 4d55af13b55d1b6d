//! A value that may be written in several places, of which one counts. Used where
//! values must fit each other: what is not written follows what is, and what is wrong is
//! told once.

use super::mistake::Place;

/// A value as it was written, and where.
#[derive(Clone)]
pub(super) struct Written<T> {
    pub value: T,
    /// As one would write it.
    pub shown: String,
    pub place: Place,
}

/// A value that may be written.
#[derive(Clone)]
pub(super) enum Setting<T> {
    /// It is not there.
    Absent,
    /// It is there, and its mistake has been told.
    Wrong,
    /// It is there.
    Written(Written<T>),
}

impl<T: Copy> Setting<T> {
    /// This one, or if it is not there the other.
    pub fn or<'s>(&'s self, other: &'s Setting<T>) -> &'s Setting<T> {
        if matches!(self, Setting::Absent) { other } else { self }
    }

    /// What was written.
    pub fn written(&self) -> Option<&Written<T>> {
        if let Setting::Written(written) = self { Some(written) } else { None }
    }

    /// What was written, else what `default` gives; `None` where it is wrong.
    pub fn value_or_else(&self, default: impl FnOnce() -> Option<T>) -> Option<T> {
        match self {
            Setting::Absent => default(),
            Setting::Wrong => None,
            Setting::Written(written) => Some(written.value),
        }
    }
}
