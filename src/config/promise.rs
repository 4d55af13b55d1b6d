//! What is promised of everything, of a monitor, or of a group: `sla_percent` and
//! `maintenance_allowance`.

use super::duration;
use super::reader::Reader;
use super::section::{Field, Section};
use super::setting::Setting;
use crate::domain::percent::Target;
use crate::domain::timestamp::DAY_MS;
use crate::report::settings::Contract;
use toml::de::DeValue;

/// As long as any month; more than that allows all maintenance, which needs no setting.
const ALLOWANCE_MS_MAX: i64 = 31 * DAY_MS;

/// What a section says of it; what is wrong is told, and counts as not said.
#[derive(Clone, Copy, Default)]
pub(super) struct Promise {
    target: Option<Target>,
    allowance_ms: Option<i64>,
}

impl Promise {
    /// Reads both from a section that may have them.
    pub fn read(section: &Section, reader: &mut Reader) -> Promise {
        let allowance = section.field("maintenance_allowance", reader);
        let allowance = duration::read(allowance, 0..=ALLOWANCE_MS_MAX, reader);
        let allowance_ms = match allowance {
            Setting::Written(written) => Some(written.value),
            Setting::Absent | Setting::Wrong => None,
        };
        Promise { target: target(section, reader), allowance_ms }
    }

    /// The contract that it makes of another one, which holds for what it does not say.
    pub fn or(self, other: Contract) -> Contract {
        Contract {
            target: self.target.unwrap_or(other.target),
            allowance_ms: self.allowance_ms.or(other.allowance_ms),
        }
    }
}

/// Reads `sla_percent` of a section.
pub(super) fn target(section: &Section, reader: &mut Reader) -> Option<Target> {
    let field = section.field("sla_percent", reader)?;
    read_target(&field, reader)
}

fn read_target(field: &Field, reader: &mut Reader) -> Option<Target> {
    let number = match field.value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        _ => {
            let example = "it as a string, like \"99.9\"";
            return reader.parsed(field, example, parse_target);
        }
    };
    // Shown only if it is one: a number may be written in ways that a target may not.
    let write = Target::parse(&number).map_or("99.9".to_owned(), |target| target.to_string());
    let message = format!("a number is not exact; write it as a string: \"{write}\"");
    reader.mistake(&field.place, message);
    None
}

fn parse_target(text: &str, told: &str) -> Result<Target, String> {
    // What has a variable in it is never a target, so the sentence comes out the same.
    Target::parse(text).map_err(|message| Target::parse(told).err().unwrap_or(message))
}
