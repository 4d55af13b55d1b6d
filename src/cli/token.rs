//! `everup token`: makes, lists and revokes the tokens by which administrators are known.
//! Straight in the database, also while a daemon runs on it.

use super::arguments::{Place, TokenWanted};
use super::source::{Source, configured};
use super::terminal;
use crate::clock::{Clock, SystemClock};
use crate::config::nearest::did_you_mean;
use crate::domain::timestamp::{SECOND_MS, Timestamp};
use crate::domain::token::{Scope, Token, TokenName};
use crate::report::text::STYLE;
use crate::store::contract::Store;
use crate::store::secret::Secret;
use crate::store::sqlite::Sqlite;
use crate::store::token::NewToken;
use anyhow::{Context, bail};
use comfy_table::{ContentArrangement, Table};
use secrecy::zeroize::Zeroizing;
use std::path::Path;
use std::process::ExitCode;

/// What is said where there is none to be listed.
const NONE: &str =
    "There is no token. Make one: everup token new --name ci --scope maintenance";

pub(super) async fn token(place: &Place, wanted: TokenWanted) -> anyhow::Result<ExitCode> {
    let config = configured(place, &Source::new(place, &[])?)?;
    let path = &config.store.path;
    match wanted {
        TokenWanted::New { name, scope } => {
            let store = open_to_write(path).await?;
            make(&store, name, scope).await?;
            store.close().await;
        }
        TokenWanted::List => {
            let store = Sqlite::open_existing(path).await?;
            terminal::print(&list(&store.tokens().await?))?;
            store.close().await;
        }
        TokenWanted::Revoke { name } => {
            let store = open_to_write(path).await?;
            terminal::print(&revoke(&store, &name).await?)?;
            store.close().await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The database, which must be there: a token for a new one would be for another than the
/// daemon's wherever a path is mistyped.
async fn open_to_write(path: &Path) -> anyhow::Result<Sqlite> {
    let store = if path.exists() {
        Sqlite::open(path).await
    } else {
        Sqlite::open_existing(path).await
    };
    Ok(store?)
}

/// Makes a token and prints it, alone, so that a script can keep it.
async fn make(store: &Sqlite, name: TokenName, scope: Scope) -> anyhow::Result<()> {
    let secret = Secret::draw()
        .map_err(anyhow::Error::msg)
        .context("this system gives no random numbers")?;
    let clock = SystemClock::default();
    let new = NewToken { name, scope, fingerprint: secret.fingerprint(), made_at: clock.now() };
    store.make_token(&new).await?;
    let name = new.name;
    let line = Zeroizing::new(format!("{}\n", secret.expose()));
    if let Err(error) = terminal::deliver(&line) {
        // A token that nobody has read can only lie about.
        store.revoke_token(&name, clock.now()).await?;
        bail!("the token could not be printed ({error}); it was revoked, so make it again");
    }
    terminal::explain(&format!(
        "This is the token \"{name}\" with the scope {scope}. It is shown only now; keep it in a \
         safe place.\nIt is sent in the header \"Authorization: Bearer …\"; GET /api/token says \
         whether it works.\nTo end it: everup token revoke {name}\n"
    ));
    Ok(())
}

/// Every token, a line each.
fn list(tokens: &[Token]) -> String {
    if tokens.is_empty() {
        return format!("{NONE}\n");
    }
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["Name", "Scope", "Made", "Last used", "Revoked"]);
    for token in tokens {
        table.add_row([
            token.name.to_string(),
            token.scope.to_string(),
            seconds(token.made_at),
            token.last_used_at.map_or("never".to_owned(), seconds),
            token.revoked_at.map_or("no".to_owned(), seconds),
        ]);
    }
    format!("{table}\n")
}

/// Nobody needs to know it to the millisecond.
fn seconds(at: Timestamp) -> String {
    at.plus_ms(-at.0.rem_euclid(SECOND_MS)).to_string()
}

/// Ends the life of a token; gives what is to be said of it.
async fn revoke(store: &Sqlite, name: &str) -> anyhow::Result<String> {
    if Secret::read(name).is_some() {
        // Not said again, so that it is in no more places.
        bail!("this is a token itself; give its name, which everup token list says");
    }
    let tokens = store.tokens().await?;
    let known = TokenName::new(name).ok();
    if let Some(known) = &known
        && store.revoke_token(known, SystemClock::default().now()).await?
    {
        return Ok(format!("the token \"{known}\" is revoked\n"));
    }
    let newest = tokens.iter().rfind(|token| Some(&token.name) == known.as_ref());
    if let Some(Token { name, revoked_at: Some(at), .. }) = newest {
        return Ok(format!("the token \"{name}\" was revoked already, at {}\n", seconds(*at)));
    }
    let living = tokens.iter().filter(|token| token.is_living());
    let meant = did_you_mean(name, living.map(|token| token.name.as_str()));
    if tokens.is_empty() {
        bail!("there is no token {name:?}, nor any other");
    }
    bail!("there is no token {name:?}{meant}\neverup token list names those that there are");
}
