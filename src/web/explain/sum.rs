//! The sum at the end of an explanation: every class in milliseconds, and what is divided
//! by what, so that a reader with a calculator comes to the same figure.

use crate::domain::duration;
use crate::domain::percent::{self, Verdict};
use crate::domain::uptime::Ratio;
use crate::report::explain::words::grouped;
use crate::report::figures::Figures;
use crate::web::promise::BudgetWords;
use askama::Template;
use chrono_tz::Tz;

/// So many decimals show that the printed figure is the rounded-down one.
const DECIMALS_SHOWN: u32 = 8;

/// The sum.
#[derive(Template)]
#[template(path = "explain_sum.html")]
pub(super) struct Sum {
    lines: Vec<Line>,
    divisions: Vec<Division>,
    sla: Option<Sla>,
    target: String,
    budget: Budget,
}

/// How much downtime the target leaves.
struct Budget {
    formula: String,
    counted: String,
    allowed: String,
    used: String,
    left: String,
    /// When it was or will be used up.
    lost: Option<String>,
}

/// One line of the addition.
struct Line {
    name: &'static str,
    /// The name of its colour and shape; none for what is a sum.
    mark: Option<&'static str>,
    ms: String,
    length: String,
    remark: &'static str,
}

/// One fraction, and the percentage it comes to.
struct Division {
    /// What leads to it on the page.
    anchor: &'static str,
    name: &'static str,
    /// In words.
    formula: &'static str,
    /// In numbers; none where there is nothing to divide by.
    worked: Option<Worked>,
    instead: &'static str,
}

struct Worked {
    /// How the upper number came about, where it is not a line above.
    first: Option<String>,
    fraction: String,
    percent: String,
    /// Three dots, where more decimals follow.
    more: &'static str,
    /// As it is printed everywhere.
    printed: String,
}

/// Both sides of the comparison.
struct Sla {
    left: String,
    left_formula: String,
    right: String,
    right_formula: String,
    kept: bool,
    word: &'static str,
    certain: &'static str,
}

impl Sum {
    /// The sum of some figures.
    pub(super) fn of(figures: &Figures, zone: Tz, decimals: u32) -> Sum {
        Sum {
            lines: lines(figures),
            divisions: divisions(figures, decimals),
            sla: sla(figures),
            budget: budget(figures, zone),
            target: figures.target.to_string(),
        }
    }
}

fn lines(figures: &Figures) -> Vec<Line> {
    let tally = &figures.tally;
    let line = |name, mark, ms: i64, remark| Line {
        name,
        mark,
        ms: grouped(ms),
        length: duration::in_words(ms),
        remark,
    };
    vec![
        line("Up", Some("up"), tally.up, ""),
        line("Slow", Some("degraded"), tally.degraded, "counts as up"),
        line("Down", Some("down"), tally.down, ""),
        line("Observed", None, tally.observed(), "up + slow + down"),
        line("Not checked", Some("unknown"), tally.unknown, "neither up nor down"),
        line("Eligible", None, tally.eligible(), "observed + not checked"),
        line("Maintenance", Some("maintenance"), tally.maintenance, "left the figure"),
        line("Paused", Some("paused"), tally.paused, "left the figure"),
        line("Outside", Some("pending"), tally.outside, "not watched, or not settled yet"),
        line(
            "The whole period",
            None,
            tally.window(),
            "eligible + maintenance + paused + outside",
        ),
    ]
}

fn worked(ratio: Ratio, first: Option<String>, printed: String) -> Worked {
    Worked {
        first,
        fraction: format!("{} / {}", grouped(ratio.part), grouped(ratio.whole)),
        percent: percent::floored(ratio, DECIMALS_SHOWN),
        more: if is_exact(ratio) { "" } else { "…" },
        printed,
    }
}

/// Whether the decimals that are shown are all there are.
fn is_exact(ratio: Ratio) -> bool {
    let scaled = i128::from(ratio.part) * 100 * 10_i128.pow(DECIMALS_SHOWN);
    scaled % i128::from(ratio.whole) == 0
}

fn divisions(figures: &Figures, decimals: u32) -> Vec<Division> {
    let tally = &figures.tally;
    let shown = |ratio| percent::shown(ratio, decimals);
    let bound = |ratio| percent::floored(ratio, decimals);
    let perhaps_ms = figures.doubt.perhaps_down.length_ms();
    let surely_ms = figures.doubt.surely_down.length_ms();
    let eligible = grouped(tally.eligible());
    let low = format!(
        "{eligible} − ({} down + {} not checked + {} doubtful)",
        grouped(tally.down),
        grouped(tally.unknown),
        grouped(perhaps_ms - tally.down - tally.unknown)
    );
    let high = format!("{eligible} − {} surely down", grouped(surely_ms));
    let up = format!("{} + {}", grouped(tally.up), grouped(tally.degraded));
    let nothing = "Nothing was eligible, so there is none.";
    vec![
        Division {
            anchor: "uptime",
            name: "Uptime",
            formula: "(up + slow) / observed",
            worked: tally.uptime().map(|ratio| worked(ratio, Some(up), shown(ratio))),
            instead: "Nothing was observed, so there is none: neither 0 % nor 100 %.",
        },
        Division {
            anchor: "coverage",
            name: "Coverage",
            formula: "observed / eligible",
            worked: tally.coverage().map(|ratio| worked(ratio, None, shown(ratio))),
            instead: nothing,
        },
        Division {
            anchor: "bounds",
            name: "Lower bound",
            formula: "(eligible − all that was perhaps down) / eligible",
            worked: figures.bounds.map(|b| worked(b.low, Some(low), bound(b.low))),
            instead: nothing,
        },
        Division {
            anchor: "bound-above",
            name: "Upper bound",
            formula: "(eligible − all that was surely down) / eligible",
            worked: figures.bounds.map(|b| worked(b.high, Some(high), bound(b.high))),
            instead: nothing,
        },
    ]
}

fn sla(figures: &Figures) -> Option<Sla> {
    let (left, right) = figures.comparison()?;
    let (tally, target) = (&figures.tally, figures.target.ratio());
    let times = |ms: i64, by: i64| format!("{} × {}", grouped(ms), grouped(by));
    Some(Sla {
        left: grouped(left),
        left_formula: times(tally.up + tally.degraded, target.whole),
        right: grouped(right),
        right_formula: times(tally.observed(), target.part),
        kept: figures.verdict == Verdict::Met,
        word: match figures.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NoData => "no data",
        },
        certain: match figures.certain {
            true => "Both bounds come to the same verdict, so it is certain.",
            false => "The bounds lie on both sides of the target, so it is not certain.",
        },
    })
}

fn budget(figures: &Figures, zone: Tz) -> Budget {
    let (observed, ahead) = (figures.tally.observed(), figures.ahead_ms());
    let target = figures.target.ratio();
    let share = format!("{} / {}", grouped(target.whole - target.part), grouped(target.whole));
    let words = BudgetWords::of(&figures.budget, zone);
    Budget {
        formula: match ahead {
            0 => format!("observed × {share}"),
            _ => format!("(observed + to come) × {share}"),
        },
        counted: match ahead {
            0 => format!("{} × {share}", grouped(observed)),
            _ => format!("({} + {}) × {share}", grouped(observed), grouped(ahead)),
        },
        allowed: grouped(figures.budget.allowed_ms),
        used: grouped(figures.budget.used_ms),
        left: words.left,
        lost: words.lost,
    }
}
