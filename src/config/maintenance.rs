//! `[maintenance]`: how long before its beginning maintenance is announced, what comes
//! again, and which table is followed.

use super::duration;
use super::reader::Reader;
use super::recurring::Rules;
use super::section::{Field, Section};
use super::setting::Setting;
use super::supabase;
use crate::domain::maintenance::MaintenanceWindow;
use crate::domain::timestamp::DAY_MS;
use crate::planning::Settings;
use crate::supabase::settings::Settings as SourceSettings;
use chrono_tz::Tz;

/// Nobody could plan what must be announced earlier.
const NOTICE_MS_MAX: i64 = 90 * DAY_MS;

/// Reads the section; what is wrong in it is told, and stays as it is by default. The rules
/// are settled once the monitors are known; `zone` is that of the report.
pub(super) fn read(section: &Section, zone: Tz, reader: &mut Reader) -> (Settings, Rules) {
    let mut settings = Settings::default();
    let notice = section.field("notice", reader);
    if let Setting::Written(notice) = duration::read(notice, 0..=NOTICE_MS_MAX, reader) {
        settings.notice_ms = notice.value;
        if notice.value < MaintenanceWindow::NOTICE_MS {
            let message = format!(
                "maintenance is accepted on {} of notice, but what is announced less than 48h \
                 ahead counts in the uptime figure all the same",
                notice.shown
            );
            reader.warn(&notice.place, message);
        }
    }
    let rules = Rules::read(section.field("recurring", reader), zone, reader);
    (settings, rules)
}

/// The table that is followed, if one is; there is one kind.
pub(super) fn source(section: &Section, reader: &mut Reader) -> Option<SourceSettings> {
    let field = section.field("source", reader)?;
    read_source(&field, reader)
}

fn read_source(field: &Field, reader: &mut Reader) -> Option<SourceSettings> {
    let source = reader.raw(field, "source = \"supabase\"")?;
    if source != "supabase" {
        let message = "there is no such source; write source = \"supabase\", or leave it out";
        reader.mistake(&field.place, message);
        return None;
    }
    match supabase::supabase(reader.environment()) {
        Ok(settings) => Some(settings),
        // Whoever makes a report needs no key.
        Err(_) if reader.environment().follows_nothing() => None,
        Err(message) => {
            reader.mistake(&field.place, message);
            None
        }
    }
}
