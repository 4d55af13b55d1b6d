//! `everup verify`: whether a report file of a closed month is sound. Needs nothing but
//! the file.

use super::progress::Progress;
use super::terminal;
use crate::domain::check::Evidence;
use crate::report::imported::warning;
use crate::report::verify::verify as check;
use crate::store::closed::Correction;
use anyhow::Context;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// The largest file that is read: a year of it for ten thousand monitors would be less.
const BYTES_MAX: u64 = 1 << 30;

pub(super) fn verify(file: &Path) -> anyhow::Result<ExitCode> {
    let text = read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let name = file.display();
    let progress = Progress::waiting("computing it again");
    let checked = check(&text);
    drop(progress);
    match checked {
        Ok(verified) => {
            let report = &verified.report;
            let mut said = format!(
                "{name} is sound: {}{}, {} and {}, computed again\n",
                report.period.name(report.zone),
                if report.restatement.is_some() { " as corrected" } else { "" },
                many(report.monitors.len(), "monitor", "monitors"),
                many(report.groups.len(), "group", "groups"),
            );
            if let Some(made_up) = report.made_up {
                said += &format!("{}\n", warning(made_up, report.zone));
            }
            if let Some(closing) = &report.closing {
                let restates = match &report.restatement {
                    Some(_) => "it restates the report ",
                    None => "",
                };
                said += &format!(
                    "{restates}closed {} by {}, sha256 {}\n",
                    closing.closed_at, closing.program, closing.sha256
                );
            }
            let corrections = report.restatement.iter().flat_map(|of| &of.corrections);
            corrections.for_each(|correction| said += &corrected(correction));
            if let Some(theirs) = &verified.other_zone_database {
                let ours = chrono_tz::IANA_TZDB_VERSION;
                said += &format!(
                    "its time zones are those of {theirs}, ours of {ours}; both cut it alike\n"
                );
            }
            terminal::print(&said)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            let mut said = format!("{name} is not sound:\n");
            problems.iter().for_each(|problem| said += &format!("- {problem}\n"));
            terminal::print(&said)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// What was corrected, by whom and why, in a line. The words are those of the file.
fn corrected(correction: &Correction) -> String {
    let Correction { monitor, outage_began_at, made_at, .. } = correction;
    format!(
        "- the outage of {monitor} from {outage_began_at} counts as {}, said {} on {made_at}: {}\n",
        correction.instead.word(),
        Evidence::clean(&correction.author),
        Evidence::clean(&correction.reason),
    )
}

fn many(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(BYTES_MAX).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(BYTES_MAX).read_to_string(&mut text)?;
    }
    Ok(text)
}
