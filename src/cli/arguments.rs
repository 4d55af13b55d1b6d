//! What can be said on the command line: the one table from which parsing, help and
//! completions come.

mod maintenance;

pub(super) use maintenance::{MaintenanceWanted, PlanWanted, WindowsForm};

use super::balance::backend;
use super::demo;
use crate::balance::address::Address;
use crate::balance::settings::{Network, Strategy};
use crate::domain::month::Month;
use crate::domain::period::Period;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Scope, TokenName};
use crate::report::form::Form;
use crate::store::closed::Instead;
use crate::transfer::write;
use clap::builder::{PossibleValuesParser, StyledStr, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use http::uri::PathAndQuery;
use std::net::SocketAddr;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Without a command, everup runs: it reads ./config.toml if there is one, and otherwise
watches its own /health.

Logs go to standard error; EVERUP_LOG sets what is logged (like \"everup=debug\"), and
EVERUP_LOG_FORMAT=json makes each a line of JSON.";

/// A self-hosted uptime monitor whose monthly figure its owner can defend.
#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Arguments {
    /// The arguments of the process; where they are wrong, it ends with what is.
    pub(super) fn read() -> Arguments {
        Arguments::try_parse().unwrap_or_else(|error| with_hint(error).exit())
    }
}

/// Someone who writes a URL wants it watched.
fn with_hint(mut error: clap::Error) -> clap::Error {
    let url = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if word.contains("://") => word,
        _ => return error,
    };
    let hint = StyledStr::from(format!("to watch it: everup run {url}"));
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint]));
    error
}

/// Where things are; every command takes these.
#[derive(Clone, Debug, Args)]
pub(super) struct Place {
    /// The configuration [default: config.toml, if there is one]
    #[arg(long, short, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// The database, instead of the configured one [default: everup.db]
    #[arg(long, global = true, value_name = "FILE|URL", value_hint = ValueHint::FilePath)]
    pub(super) store: Option<String>,
    /// The address to answer on, instead of the configured one [default: 127.0.0.1:8000; of balance: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch, and answer on the page (what everup does without a command)
    Run {
        /// Watch these instead of what the configuration names; nothing in it counts then
        #[arg(value_name = "URL", value_hint = ValueHint::Url)]
        urls: Vec<String>,
    },
    /// Check a configuration and print every mistake in it
    Validate {
        /// The configuration, instead of --config
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Check one target once, and print what was seen
    Probe {
        /// A URL, or the id of a configured monitor
        #[arg(value_name = "URL|ID")]
        target: String,
    },
    /// Print the report of a month
    Report(ReportWanted),
    /// Read a history into the database: all of it or nothing
    Import(ImportWanted),
    /// Write the history as NDJSON lines to standard output
    Export(ExportWanted),
    /// Compute the report file of a closed month again, and say whether it is sound
    Verify {
        /// The file, as /report/2026-11.json gives it, or - for standard input
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// State that an outage of a closed month was none; the measured figure stays beside it
    Correct(CorrectionWanted),
    /// Make, list and revoke the tokens by which administrators are known
    #[command(subcommand)]
    Token(TokenWanted),
    /// Announce, list, change and call off maintenance
    #[command(subcommand)]
    Maintenance(MaintenanceWanted),
    /// Try the channels by which alerts are told
    #[command(subcommand)]
    Alert(AlertWanted),
    /// Balance load over redundant instances, without watching anything else
    Balance(BalanceWanted),
    /// Show everything at work: two instances, a balancer, services that fail now and then, and
    /// a made-up past. Ctrl-C ends and removes all of it
    #[command(after_help = demo::AFTER_HELP)]
    Demo,
    /// Print a configuration with every setting explained, to begin with
    Example,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

impl Default for Command {
    fn default() -> Command {
        Command::Run { urls: Vec::new() }
    }
}

#[derive(Debug, Args)]
pub(super) struct ReportWanted {
    /// The month, like 2026-11, or quarter (2026-Q4) or year (2026) [default: the running
    /// month]
    #[arg(long, value_name = "PERIOD", value_parser = Period::parse)]
    pub(super) month: Option<Period>,
    /// Instead of a month: from this date or instant on
    #[arg(long, value_name = "DATE|INSTANT", requires = "to", conflicts_with = "month")]
    pub(super) from: Option<String>,
    /// Up to this date, which is included, or instant
    #[arg(long, value_name = "DATE|INSTANT", requires = "from")]
    pub(super) to: Option<String>,
    /// The report as it was at this instant, like 2026-11-15T12:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = Timestamp::parse_rfc3339)]
    pub(super) as_of: Option<Timestamp>,
    /// The form
    #[arg(long, value_parser = forms(), default_value = Form::Text.word())]
    pub(super) format: Form,
    /// The file to write it to, which is replaced; - for standard output
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) output: Option<PathBuf>,
}

/// The forms of a report, by their words.
fn forms() -> impl TypedValueParser<Value = Form> {
    let form = |word: String| Form::ALL.into_iter().find(|form| form.word() == word);
    // Only these words are let through, so one of them is always found.
    PossibleValuesParser::new(Form::ALL.map(Form::word))
        .map(move |word| form(word).unwrap_or(Form::Text))
}

/// A file of lines, or what another monitor has kept. A file that is called like one of
/// these is written with its folder: ./kuma
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub(super) struct ImportWanted {
    /// NDJSON lines, as export writes them; - for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    pub(super) file: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) foreign: Option<ForeignWanted>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ForeignWanted {
    /// The database of Uptime Kuma 2
    Kuma {
        /// Its file, kuma.db
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        #[command(flatten)]
        mapping: MappingWanted,
    },
    /// The maintenance windows of a Supabase project, from its table system_maintenance;
    /// SUPABASE_URL and SUPABASE_SERVICE_KEY say where, in the environment or .env
    Supabase {
        /// The table has moved to another project: what was agreed on with the old one is
        /// forgotten, and all windows stay as they are
        #[arg(long)]
        project_changed: bool,
    },
    /// What UptimeRobot answers to getMonitors with logs=1
    Uptimerobot {
        /// The answer as JSON, or - for standard input
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        #[command(flatten)]
        mapping: MappingWanted,
    },
}

#[derive(Debug, Args)]
pub(super) struct MappingWanted {
    /// Which of ours one of theirs is, where neither name nor address tells; may be given
    /// more than once
    #[arg(long, value_name = "NAME|ID=OURS", value_parser = pair)]
    pub(super) map: Vec<(String, String)>,
    /// Leave out what has no counterpart, instead of importing nothing
    #[arg(long)]
    pub(super) only_mapped: bool,
}

/// A name there may have a `=`, an id here has none.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((there, here)) if !there.is_empty() && !here.is_empty() => {
            Ok((there.to_owned(), here.to_owned()))
        }
        _ => Err("write it like \"Name or id there=id here\"".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(super) struct CorrectionWanted {
    /// The closed month, like 2026-11
    #[arg(long, value_parser = Month::parse)]
    pub(super) month: Month,
    /// The outage, as the report names it: api-20261103T080000.000Z
    #[arg(long, value_name = "ID")]
    pub(super) outage: String,
    /// Why; this stands in the report
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// Who says so; this stands in the report [default: the user's name]
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(super) author: Option<String>,
    /// What its downtime counts as: unknown leaves the observed time, up needs evidence
    #[arg(long = "as", value_name = "CLASS", value_parser = instead(), default_value = "unknown")]
    pub(super) instead: Instead,
}

/// What a correction may make of downtime, by its words.
fn instead() -> impl TypedValueParser<Value = Instead> {
    // Only these words are let through, so one of them is always found.
    PossibleValuesParser::new(Instead::ALL.map(Instead::word))
        .map(|word: String| Instead::from_word(&word).unwrap_or(Instead::Unknown))
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenWanted {
    /// Make a token, and print it this once
    New {
        /// What it is called in lists, in logs, and as the author of what is done by it
        #[arg(long, value_name = "NAME", value_parser = TokenName::new)]
        name: TokenName,
        /// What it may do; admin may do everything, and who may write may read
        #[arg(long, value_parser = scopes())]
        scope: Scope,
    },
    /// Print every token that there is or was, without its secret
    List,
    /// End the life of a token; a running everup refuses it from then on
    Revoke {
        /// What it is called
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AlertWanted {
    /// Send a test message, and print what came back
    Test {
        /// The id of an [[alert]]; left out: each of them
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
}

/// Without --backend it runs each [[balancer]] of the configuration that has apart = true, and
/// none of the options below counts.
#[derive(Debug, Args)]
pub(super) struct BalanceWanted {
    /// An instance, like http://127.0.0.1:8000 or unix:/run/app.sock, and behind a = its
    /// weight, if that is not 1; may be given more than once
    #[arg(long, value_name = "ADDRESS[=WEIGHT]", value_parser = backend)]
    pub(super) backend: Vec<(Address, u32)>,
    /// How one is chosen: random, round_robin, least_requests, or consistent:address,
    /// consistent:cookie=NAME, consistent:header=NAME
    #[arg(long, value_name = "WHICH", value_parser = Strategy::parse, default_value = "random")]
    pub(super) strategy: Strategy,
    /// What instances are asked for to see whether they are well
    #[arg(long, value_name = "PATH", value_parser = health_path, default_value = "/health")]
    pub(super) health_path: PathAndQuery,
    /// Where no instance is well, refuse requests instead of trying them all the same
    #[arg(long)]
    pub(super) fail_closed: bool,
    /// A proxy before this one whose X-Forwarded-For and the like are believed, or a network
    /// of them, like 10.0.0.0/8; may be given more than once
    #[arg(long, value_name = "NETWORK", value_parser = Network::parse)]
    pub(super) trust: Vec<Network>,
    /// The certificate by which TLS is spoken, in PEM; read again when it changes
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_key")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
        requires = "tls_certificate")]
    pub(super) tls_key: Option<PathBuf>,
}

/// A path as a request has it.
fn health_path(text: &str) -> Result<PathAndQuery, String> {
    let path = text.starts_with('/').then(|| text.parse().ok()).flatten();
    path.ok_or_else(|| "write a path, like /health".to_owned())
}

/// The scopes of a token, by their words.
fn scopes() -> impl TypedValueParser<Value = Scope> {
    // Only these words are let through, so one of them is always found.
    PossibleValuesParser::new(Scope::ALL.map(Scope::word))
        .map(|word: String| Scope::from_word(&word).unwrap_or(Scope::Read))
}

#[derive(Debug, Args)]
pub(super) struct ExportWanted {
    /// Only from this instant on
    #[arg(long, value_name = "INSTANT", value_parser = Timestamp::parse_rfc3339)]
    pub(super) from: Option<Timestamp>,
    /// Only before this instant
    #[arg(long, value_name = "INSTANT", value_parser = Timestamp::parse_rfc3339)]
    pub(super) to: Option<Timestamp>,
    /// Only this monitor; may be given more than once
    #[arg(long, value_name = "ID")]
    pub(super) monitor: Vec<String>,
    /// The form
    #[arg(long, value_enum, default_value_t = ExportForm::Ndjson)]
    pub(super) format: ExportForm,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ExportForm {
    /// A record a line, to be imported again
    Ndjson,
    /// The checks alone, as a table
    Csv,
}

impl From<ExportForm> for write::Form {
    fn from(form: ExportForm) -> write::Form {
        match form {
            ExportForm::Ndjson => write::Form::Lines,
            ExportForm::Csv => write::Form::Table,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_table_is_sound() {
        Arguments::command().debug_assert();
    }

    fn import_wanted(arguments: &[&str]) -> Result<ImportWanted, clap::Error> {
        let arguments = ["everup", "import"].iter().chain(arguments);
        match Arguments::try_parse_from(arguments)?.command {
            Some(Command::Import(wanted)) => Ok(wanted),
            other => panic!("not an import: {other:?}"),
        }
    }

    #[test]
    fn an_import_is_of_lines_unless_another_monitor_is_named() {
        for file in ["history.ndjson", "-", "./kuma", "kuma.db"] {
            let wanted = import_wanted(&["--store", "x.db", file]).unwrap();
            assert_eq!(wanted.file.as_deref(), Some(std::path::Path::new(file)));
            assert!(wanted.foreign.is_none());
        }
        let wanted =
            import_wanted(&["kuma", "kuma.db", "--map", "a=b=api", "--only-mapped"]).unwrap();
        let Some(ForeignWanted::Kuma { file, mapping }) = wanted.foreign else { panic!() };
        assert_eq!(file, PathBuf::from("kuma.db"));
        assert_eq!(mapping.map, [("a=b".to_owned(), "api".to_owned())]);
        assert!(mapping.only_mapped && wanted.file.is_none());
        let wanted = import_wanted(&["--store", "x.db", "uptimerobot", "-"]).unwrap();
        assert!(matches!(wanted.foreign, Some(ForeignWanted::Uptimerobot { .. })));
        for wrong in [&[][..], &["kuma"], &["kuma", "x", "--map", "api"]] {
            assert!(import_wanted(wrong).is_err(), "{wrong:?}");
        }
    }
}
