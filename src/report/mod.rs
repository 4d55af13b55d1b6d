//! The one answer that all forms of it share.
//!
//! `past` reads what was, and all figures are cut from it. `period` says how a month was,
//! `status` how things are and `headline` puts that into a sentence, `monitor` and `group`
//! tell all of one, `hours` when downtime falls, `dossier` all of one outage and
//! `outage_list` which there were, `explain` how a figure came about, `notice` what is
//! planned, `maintenance` what was seen beneath it and who outlasted it, `banner` what the
//! pages of others should say, `latency` how fast, `bygone` what only closed months still show. `statement` puts a report into words. The forms (`json` and
//! `csv` for programs; `text`, `markdown` and `pdf`, which print the statement; and the
//! pages) only print what these say and compute nothing.

pub mod answer;
pub mod banner;
mod beside;
pub mod by_outcome;
pub mod bygone;
pub mod closed;
pub mod column;
pub mod csv;
pub mod dossier;
pub mod dossier_json;
pub mod explain;
pub mod figures;
pub mod form;
pub mod group;
pub mod group_now;
pub mod headline;
pub mod hours;
pub mod imported;
pub mod json;
pub mod latecomer;
pub mod latency;
pub mod listing;
pub mod maintenance;
pub mod markdown;
pub mod monitor;
pub mod months;
pub mod notice;
pub mod outage;
pub mod outage_list;
pub mod outlasted;
pub mod past;
pub mod pdf;
pub mod period;
pub mod promise;
pub mod restated;
pub mod retention;
pub mod settings;
pub mod statement;
pub mod status;
pub mod story;
pub mod terminal;
pub mod text;
pub mod verify;
pub mod visitors;
