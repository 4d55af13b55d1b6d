//! The tokens by which administrators are known.

use super::error::corrupt;
use super::write::Write;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Fingerprint, Scope, Token, TokenId, TokenName};
use crate::store::contract::StoreError;
use crate::store::token::{LIVING_TOKENS_MAX, NewToken, TOKEN_USE_MS};
use sqlx::SqliteConnection;

/// A row as it is read: id, name, scope, sha256, made_at, last_used_at, revoked_at.
type Row = (i64, String, String, String, i64, Option<i64>, Option<i64>);

/// Makes a token, unless it is made already.
pub(super) async fn make(mut write: Write, new: &NewToken) -> Result<(), StoreError> {
    let living = read_living(write.connection()).await?;
    if let Some(known) = living.iter().find(|token| token.name == new.name) {
        let NewToken { name, scope, fingerprint, made_at } = new;
        let same =
            (known.scope, known.fingerprint, known.made_at) == (*scope, *fingerprint, *made_at);
        if same {
            return write.roll_back().await;
        }
        return Err(StoreError::Conflict(format!(
            "there is a token \"{name}\" already, made at {}; choose another name, or revoke \
             that one first: everup token revoke {name}",
            known.made_at
        )));
    }
    if living.len() >= LIVING_TOKENS_MAX {
        return Err(StoreError::Conflict(format!(
            "there are {LIVING_TOKENS_MAX} tokens, which is as many as there may be; revoke one \
             that nobody uses: everup token list says when each was last used"
        )));
    }
    insert(write.connection(), new).await?;
    write.commit().await
}

/// Makes the first token, where there never was one.
pub(super) async fn make_first(mut write: Write, new: &NewToken) -> Result<bool, StoreError> {
    let known = read_all(write.connection()).await?;
    if !known.is_empty() {
        write.roll_back().await?;
        // The call before may have happened, though it failed.
        return Ok(known[0].fingerprint == new.fingerprint);
    }
    insert(write.connection(), new).await?;
    write.commit().await?;
    Ok(true)
}

async fn insert(connection: &mut SqliteConnection, new: &NewToken) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO token (name, scope, sha256, made_at) VALUES ($1, $2, $3, $4)")
        .bind(new.name.as_str())
        .bind(new.scope.word())
        .bind(to_hex(&new.fingerprint))
        .bind(new.made_at.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Every token that ever was, in the order in which they were made.
pub(super) async fn read_all(
    connection: &mut SqliteConnection,
) -> Result<Vec<Token>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, name, scope, sha256, made_at, last_used_at, revoked_at
         FROM token ORDER BY id",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(token).collect()
}

/// Those that live.
pub(super) async fn read_living(
    connection: &mut SqliteConnection,
) -> Result<Vec<Token>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, name, scope, sha256, made_at, last_used_at, revoked_at
         FROM token WHERE revoked_at IS NULL ORDER BY id",
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(token).collect()
}

/// Ends the life of the living token of this name.
pub(super) async fn revoke(
    mut write: Write,
    name: &TokenName,
    at: Timestamp,
) -> Result<bool, StoreError> {
    // Should the clock have gone back since, it did not die before it was made.
    let done = sqlx::query(
        "UPDATE token SET revoked_at = CASE WHEN made_at > $2 THEN made_at ELSE $2 END
         WHERE name = $1 AND revoked_at IS NULL",
    )
    .bind(name.as_str())
    .bind(at.0)
    .execute(write.connection())
    .await?;
    write.commit().await?;
    Ok(done.rows_affected() > 0)
}

/// Notes that a token was used, unless that is known well enough.
pub(super) async fn note_use(
    mut write: Write,
    id: TokenId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE token SET last_used_at = $2
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
    )
    .bind(id.0)
    .bind(at.0)
    .bind(at.plus_ms(-TOKEN_USE_MS).0)
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 0 {
        write.roll_back().await?;
        return Ok(false);
    }
    write.commit().await?;
    Ok(true)
}

fn token(row: Row) -> Result<Token, StoreError> {
    let (id, name, scope, sha256, made_at, last_used_at, revoked_at) = row;
    let wrong = |what: &str| corrupt(format!("token {id}"), what);
    Ok(Token {
        id: TokenId(id),
        name: TokenName::new(&name).map_err(|_| wrong("its name"))?,
        scope: Scope::from_word(&scope).ok_or_else(|| wrong("its scope"))?,
        fingerprint: from_hex(&sha256).ok_or_else(|| wrong("its fingerprint"))?,
        made_at: Timestamp(made_at),
        last_used_at: last_used_at.map(Timestamp),
        revoked_at: revoked_at.map(Timestamp),
    })
}

fn to_hex(fingerprint: &Fingerprint) -> String {
    fingerprint.bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Fingerprint> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Fingerprint::new(bytes))
}
