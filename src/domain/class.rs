//! What an instant counts as. Every instant of a window is in exactly one class.

/// What an instant counts as. Where several hold, the first in this order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Before the monitor's creation, after its removal, or not yet settled.
    Outside,
    /// It was paused.
    Paused,
    /// Inside maintenance that was announced in time.
    Maintenance,
    /// It was down.
    Down,
    /// It was up, but slow.
    Degraded,
    /// It was up.
    Up,
    /// Nobody looked, or what was seen decides nothing.
    Unknown,
}

impl Class {
    /// Every class, in order of precedence.
    pub const ALL: [Class; 7] = [
        Class::Outside,
        Class::Paused,
        Class::Maintenance,
        Class::Down,
        Class::Degraded,
        Class::Up,
        Class::Unknown,
    ];

    /// The word used in exports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Outside => "outside",
            Class::Paused => "paused",
            Class::Maintenance => "maintenance",
            Class::Down => "down",
            Class::Degraded => "degraded",
            Class::Up => "up",
            Class::Unknown => "unknown",
        }
    }

    /// The class a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.word() == word)
    }

    /// Whether time of this class could count: it is neither outside nor excused.
    #[must_use]
    pub fn is_eligible(self) -> bool {
        matches!(self, Class::Down | Class::Degraded | Class::Up | Class::Unknown)
    }
}
