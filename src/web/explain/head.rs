//! What every explanation begins with: what it is about, the figure, and the window.

use super::address;
use crate::domain::period::Period;
use crate::domain::span::Span;
use crate::domain::timestamp::Timestamp;
use crate::report::figures::Figures;
use crate::web::figure::Figure;
use crate::web::moment::Moment;
use askama::Template;
use chrono_tz::Tz;

/// What the explanations of monitors and groups begin with.
#[derive(Template)]
#[template(path = "explain_head.html")]
pub(super) struct Head {
    name: String,
    /// The page of what is explained, and what it is called.
    home: String,
    period: String,
    report: String,
    json: String,
    zone: &'static str,
    from: Moment,
    to: Moment,
    as_of: Moment,
    ends_at: Moment,
    figure: Figure,
}

impl Head {
    /// `of` is the address of the explanation, `times` its window, when it was made, and
    /// where the figures end.
    pub(super) fn of(
        address: &str,
        name: &str,
        (period, zone): (Period, Tz),
        (window, as_of, ends_at): (Span, Timestamp, Timestamp),
        (figures, decimals): (&Figures, u32),
    ) -> Head {
        let moment = |at| Moment::to_the_ms(at, zone);
        Head {
            name: name.to_owned(),
            home: address.split("/explain").next().unwrap_or_default().to_owned(),
            period: period.name(zone),
            report: match period {
                Period::Range(span) => format!("/report?from={}&to={}", span.from, span.to),
                calendar => format!("/report/{calendar}"),
            },
            json: address::as_json(address),
            zone: zone.name(),
            from: moment(window.from),
            to: moment(window.to),
            as_of: moment(as_of),
            ends_at: moment(ends_at),
            figure: Figure::of(figures, decimals),
        }
    }
}
