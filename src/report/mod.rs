//! The one answer that page, JSON, CSV and terminal share.
//!
//! `period` says how a month was, `status` how things are and `headline` puts that into
//! a sentence, `monitor` tells all of one monitor, `notice` what is planned, `latency`
//! how fast; `explain` says how a figure came about. The forms (`json`, `csv`, `text`, and
//! the pages) only print what these say and compute nothing.

pub mod csv;
pub mod explain;
pub mod figures;
pub mod form;
pub mod headline;
pub mod json;
pub mod latency;
pub mod monitor;
pub mod notice;
pub mod outage;
pub mod period;
pub mod settings;
pub mod status;
pub mod text;
