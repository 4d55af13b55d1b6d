//! One look at one monitor, and what was seen.

use super::timestamp::Timestamp;
use std::fmt;

/// What one check says of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It answered rightly.
    Ok,
    /// It answered rightly, but slower than it should. Counts as up, reported apart.
    Degraded,
    /// It did not answer rightly, and that is the target's fault.
    Fail,
    /// We could not judge. The same as no check at all, but it keeps its reason.
    Unknown,
}

impl Verdict {
    /// Every verdict, in the order in which they are declared.
    pub const ALL: [Verdict; 4] =
        [Verdict::Ok, Verdict::Degraded, Verdict::Fail, Verdict::Unknown];

    /// The word used in exports, the database and the terminal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Degraded => "degraded",
            Verdict::Fail => "fail",
            Verdict::Unknown => "unknown",
        }
    }

    /// The verdict a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }

    /// Whether the target answered rightly, fast or slow.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Verdict::Ok | Verdict::Degraded)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Where a check that was not plainly `ok` went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The name has no address.
    Dns,
    /// No connection came about.
    Connect,
    /// The connection could not be secured, or the certificate is not good.
    Tls,
    /// The deadline passed first.
    Timeout,
    /// Another status than expected.
    Status,
    /// Another body than expected.
    Body,
    /// What came back is not the protocol, or breaks a limit.
    Protocol,
    /// A right answer, but later than `degraded_above`.
    Slow,
    /// Ours: no route, no interface, no local port.
    OwnNetwork,
    /// Ours: the resolver answers for no name at all.
    OwnResolver,
    /// Ours: no file descriptors, no memory.
    OwnResources,
    /// Ours: this process or its host stood still.
    OwnStall,
    /// Ours: the clock jumped.
    OwnClock,
    /// Ours: the database would not take the result.
    OwnStore,
}

impl Kind {
    /// Every kind, in the order in which they are declared.
    pub const ALL: [Kind; 14] = [
        Kind::Dns,
        Kind::Connect,
        Kind::Tls,
        Kind::Timeout,
        Kind::Status,
        Kind::Body,
        Kind::Protocol,
        Kind::Slow,
        Kind::OwnNetwork,
        Kind::OwnResolver,
        Kind::OwnResources,
        Kind::OwnStall,
        Kind::OwnClock,
        Kind::OwnStore,
    ];

    /// The word used in exports, the database and the terminal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Dns => "dns",
            Kind::Connect => "connect",
            Kind::Tls => "tls",
            Kind::Timeout => "timeout",
            Kind::Status => "status",
            Kind::Body => "body",
            Kind::Protocol => "protocol",
            Kind::Slow => "slow",
            Kind::OwnNetwork => "own-network",
            Kind::OwnResolver => "own-resolver",
            Kind::OwnResources => "own-resources",
            Kind::OwnStall => "own-stall",
            Kind::OwnClock => "own-clock",
            Kind::OwnStore => "own-store",
        }
    }

    /// The kind a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How long each part of a check took, in microseconds; `None` where it never came to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// From the start until the name had addresses.
    pub dns_us: Option<u32>,
    /// From there until the connection stood.
    pub connect_us: Option<u32>,
    /// From there until it was secured.
    pub tls_us: Option<u32>,
    /// From there until the first byte of the answer.
    pub first_byte_us: Option<u32>,
    /// From the start to the end of the check.
    pub total_us: Option<u32>,
}

/// What is kept of a check besides its verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// One sentence for people, like `HTTP 502 from 203.0.113.7`. It may quote the
    /// target, so it is cut to [`Evidence::REASON_CHARS_MAX`] and has no control characters.
    pub reason: String,
    /// Where it went wrong.
    pub kind: Option<Kind>,
    /// The address it spoke to, with its port.
    pub address: Option<String>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Where the time went.
    pub phases: Phases,
}

impl Evidence {
    /// A reason is a sentence, not a page: longer ones are cut.
    pub const REASON_CHARS_MAX: usize = 300;

    /// Evidence with nothing but its sentence.
    #[must_use]
    pub fn because(reason: &str) -> Evidence {
        Evidence { reason: Evidence::clean(reason), ..Evidence::default() }
    }

    /// A sentence that may quote a stranger, made safe to print anywhere:
    /// control and direction characters become spaces, and what is too long ends in `…`.
    #[must_use]
    pub fn clean(text: &str) -> String {
        let printable = |c: char| match c {
            c if c.is_control() => ' ',
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
            c => c,
        };
        let text = text.trim_matches(|c| printable(c).is_whitespace());
        let mut chars = text.chars().map(printable);
        let mut kept: String = chars.by_ref().take(Evidence::REASON_CHARS_MAX).collect();
        if chars.next().is_some() {
            kept.pop();
            kept.push('…');
        }
        kept
    }
}

/// One look at one monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// When it began. Together with the monitor this is its key.
    pub started_at: Timestamp,
    /// What it says.
    pub verdict: Verdict,
    /// From its start to the whole answer, in microseconds; `None` where none came.
    pub latency_us: Option<u32>,
    /// What was seen; always there unless the verdict is `ok`, except in imported history.
    pub evidence: Option<Box<Evidence>>,
}

impl Check {
    /// The sentence that says why, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.evidence.as_deref().map(|evidence| evidence.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back() {
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::from_word(verdict.word()), Some(verdict));
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(Verdict::from_word("OK"), None);
    }

    #[test]
    fn a_strangers_sentence_is_made_safe_and_cut() {
        assert_eq!(Evidence::clean(" a\r\nb\u{1b}[31m\u{202e}c "), "a  b [31m c");
        // What was cleaned is clean.
        assert_eq!(Evidence::clean("\u{0} a \u{202e}\u{1b} "), "a");
        let long = Evidence::clean(&"é".repeat(301));
        assert_eq!(long.chars().count(), Evidence::REASON_CHARS_MAX);
        assert!(long.ends_with('…'));
        let fits = "é".repeat(300);
        assert_eq!(Evidence::clean(&fits), fits);
    }
}
