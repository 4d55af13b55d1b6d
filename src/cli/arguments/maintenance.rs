//! What can be said of maintenance on the command line.

use crate::config::duration_ms;
use crate::domain::monitor::MonitorId;
use crate::domain::timestamp::Timestamp;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MaintenanceWanted {
    /// Announce maintenance: at least as long before its start as [maintenance] asks for
    Add(PlanWanted),
    /// List what is under way or announced
    List {
        /// What is over or was called off, too
        #[arg(long)]
        all: bool,
        /// The form
        #[arg(long, value_enum, default_value_t = WindowsForm::Table)]
        format: WindowsForm,
    },
    /// Show one window, and what was done to it
    Show {
        /// Its id, as list has it
        id: i64,
    },
    /// Change a window; to move or widen it needs notice of its own
    Change {
        /// Its id, as list has it
        id: i64,
        /// When it begins
        #[arg(long, value_name = "INSTANT", value_parser = Timestamp::parse_rfc3339)]
        start: Option<Timestamp>,
        /// When it ends
        #[arg(long, value_name = "INSTANT", value_parser = Timestamp::parse_rfc3339)]
        end: Option<Timestamp>,
        /// What users are told
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
        /// The monitor that it is about; may be given more than once
        #[arg(long, value_name = "ID", value_parser = MonitorId::new)]
        monitor: Vec<MonitorId>,
        /// It is about all monitors
        #[arg(long, conflicts_with = "monitor")]
        all_monitors: bool,
        /// Who does it [default: the user's name]
        #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
        author: Option<String>,
    },
    /// Call a window off: before its start it never takes place, afterwards it ends now
    Cancel {
        /// Its id, as list has it
        id: i64,
        /// Who does it [default: the user's name]
        #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
        author: Option<String>,
    },
    /// End a window that is under way, now; from then on its time counts
    End {
        /// Its id, as list has it
        id: i64,
        /// Who does it [default: the user's name]
        #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
        author: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("until").required(true))]
pub(in crate::cli) struct PlanWanted {
    /// When it begins, like 2026-12-01T02:00:00Z; only an emergency may leave it out, and
    /// begins now
    #[arg(
        long,
        value_name = "INSTANT",
        value_parser = Timestamp::parse_rfc3339,
        required_unless_present = "emergency"
    )]
    pub(in crate::cli) start: Option<Timestamp>,
    /// When it ends
    #[arg(
        long,
        value_name = "INSTANT",
        value_parser = Timestamp::parse_rfc3339,
        group = "until"
    )]
    pub(in crate::cli) end: Option<Timestamp>,
    /// How long it lasts, like 2h, instead of --end
    #[arg(
        long = "for",
        id = "lasting",
        value_name = "DURATION",
        value_parser = duration_ms,
        group = "until"
    )]
    pub(in crate::cli) lasting: Option<i64>,
    /// What users are told
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(in crate::cli) message: String,
    /// The monitor that it is about; may be given more than once [default: all]
    #[arg(long, value_name = "ID", value_parser = MonitorId::new)]
    pub(in crate::cli) monitor: Vec<MonitorId>,
    /// It cannot wait: accept any notice; its time counts in the uptime figure
    #[arg(long)]
    pub(in crate::cli) emergency: bool,
    /// Who does it [default: the user's name]
    #[arg(long, value_name = "NAME", env = "USER", hide_env = true)]
    pub(in crate::cli) author: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum WindowsForm {
    /// A table for people
    Table,
    /// A line of JSON each, as the API has them
    Json,
}
