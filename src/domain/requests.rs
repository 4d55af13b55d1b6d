//! Requests that came to a balancer, counted by what became of them. What a balancer counts,
//! the store keeps and the report prints is this.

/// How many requests there were, by what their visitors saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Answered with anything below 500.
    pub answered: u64,
    /// Answered with 500 or more.
    pub server_errors: u64,
    /// Not answered by any backend.
    pub failed: u64,
    /// Answered in part: the answer broke off.
    pub cut: u64,
    /// Left by the visitor before the answer was whole.
    pub abandoned: u64,
    /// Malformed, and refused with 400 or the like; no backend saw them.
    pub refused: u64,
    /// How often one was given to another backend, or over another connection. No requests
    /// of their own.
    pub repeated: u64,
}

impl Requests {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.answered, self.abandoned, self.refused]
            .into_iter()
            .fold(self.errors(), u64::saturating_add)
    }

    /// Those whose visitors saw an error that was not their own.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.server_errors.saturating_add(self.failed).saturating_add(self.cut)
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Requests::default()
    }

    /// These and others.
    #[must_use]
    pub fn plus(&self, other: &Requests) -> Requests {
        self.with(other, u64::saturating_add)
    }

    /// What has come to them since they were `before`.
    #[must_use]
    pub fn since(&self, before: &Requests) -> Requests {
        self.with(before, u64::saturating_sub)
    }

    fn with(&self, other: &Requests, combine: impl Fn(u64, u64) -> u64) -> Requests {
        Requests {
            answered: combine(self.answered, other.answered),
            server_errors: combine(self.server_errors, other.server_errors),
            failed: combine(self.failed, other.failed),
            cut: combine(self.cut, other.cut),
            abandoned: combine(self.abandoned, other.abandoned),
            refused: combine(self.refused, other.refused),
            repeated: combine(self.repeated, other.repeated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_visitors_brought_about_themselves_is_no_error() {
        let requests = Requests {
            answered: 1,
            server_errors: 20,
            failed: 300,
            cut: 4_000,
            abandoned: 50_000,
            refused: 600_000,
            repeated: 7_000_000,
        };
        assert_eq!(requests.errors(), 4_320);
        assert_eq!(requests.total(), 654_321);
        assert_eq!(requests.plus(&requests).since(&requests), requests);
        assert!(requests.since(&requests).is_empty());
    }
}
