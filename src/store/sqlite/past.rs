//! Lets a monitor's time and rules reach as far back as an import tells.
//!
//! What is kept holds from where it begins; only what was before is taken over.

use super::monitors::{Life, Stored, put_life, put_parameters};
use crate::domain::monitor::{Key, Parameters};
use crate::domain::span::Spans;
use crate::domain::timestamp::Timestamp;
use crate::store::contract::StoreError;
use crate::store::past::Past;
use sqlx::SqliteConnection;

/// Makes a monitor that was removed where it comes from.
pub(super) async fn create(
    connection: &mut SqliteConnection,
    past: &Past,
) -> Result<(Key, Stored), StoreError> {
    let key: i64 = sqlx::query_scalar(
        "INSERT INTO monitor (id, name, url, position) VALUES ($1, $2, $3, 0) RETURNING key",
    )
    .bind(past.id.as_str())
    .bind(&past.name)
    .bind(&past.url)
    .fetch_one(&mut *connection)
    .await?;
    let monitor = Stored {
        id: past.id.clone(),
        name: past.name.clone(),
        url: past.url.clone(),
        position: 0,
        since: None,
        lives: lives(&[], &past.lives),
        parameters: past.parameters.clone(),
        pauses: Vec::new(),
    };
    write(connection, Key(key), &monitor).await?;
    Ok((Key(key), monitor))
}

/// Extends a monitor that is there. Gives whether that changed anything of it.
pub(super) async fn extend(
    connection: &mut SqliteConnection,
    key: Key,
    monitor: &mut Stored,
    past: &Past,
) -> Result<bool, StoreError> {
    let extended = Stored {
        lives: lives(&monitor.lives, &past.lives),
        parameters: parameters(&monitor.parameters, &past.parameters),
        ..monitor.clone()
    };
    // The first version holds for all time before it, so its beginning says nothing.
    let is_known = extended.existed() == monitor.existed()
        && rules(&extended.parameters) == rules(&monitor.parameters);
    if is_known {
        return Ok(false);
    }
    *monitor = extended;
    write(connection, key, monitor).await?;
    Ok(true)
}

/// The kept lives, and what is told of the time before the first of them.
fn lives(kept: &[Life], told: &Spans) -> Vec<Life> {
    let mut kept = kept.to_vec();
    let mut before = Vec::new();
    for life in told.as_slice() {
        match kept.first_mut() {
            Some(first) if first.from <= life.from => break,
            Some(first) if first.from <= life.to => {
                first.from = life.from;
                break;
            }
            _ => {
                let to = (life.to < Timestamp::MAX).then_some(life.to);
                before.push(Life { from: life.from, to });
            }
        }
    }
    before.extend(kept);
    before
}

/// The kept versions, and those that are told of the time before the first of them.
fn parameters(
    kept: &[(Timestamp, Parameters)],
    told: &[(Timestamp, Parameters)],
) -> Vec<(Timestamp, Parameters)> {
    let Some((first, rules)) = kept.first() else { return told.to_vec() };
    let mut versions: Vec<_> =
        told.iter().copied().take_while(|(from, _)| from < first).collect();
    let goes_on = versions.last().is_some_and(|(_, last)| last == rules);
    versions.extend(kept.iter().skip(usize::from(goes_on)));
    versions
}

/// What versions come to.
fn rules(
    versions: &[(Timestamp, Parameters)],
) -> Option<(Parameters, &[(Timestamp, Parameters)])> {
    versions.split_first().map(|((_, first), later)| (*first, later))
}

async fn write(
    connection: &mut SqliteConnection,
    key: Key,
    monitor: &Stored,
) -> Result<(), StoreError> {
    for clear in
        ["DELETE FROM life WHERE monitor = $1", "DELETE FROM parameters WHERE monitor = $1"]
    {
        sqlx::query(clear).bind(key.0).execute(&mut *connection).await?;
    }
    for life in &monitor.lives {
        put_life(connection, key, *life).await?;
    }
    for (from, parameters) in &monitor.parameters {
        put_parameters(connection, key, *from, *parameters).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Span;
    use rstest::rstest;

    fn at(ms: i64) -> Timestamp {
        Timestamp(ms)
    }

    const LASTS: i64 = Timestamp::MAX.0;

    #[rstest]
    #[case::the_same(&[(10, LASTS)], &[(10, LASTS)], &[(10, LASTS)])]
    #[case::earlier(&[(50, LASTS)], &[(10, LASTS)], &[(10, LASTS)])]
    #[case::ended_before(&[(50, LASTS)], &[(10, 20)], &[(10, 20), (50, LASTS)])]
    #[case::ended_as_it_begins(&[(50, LASTS)], &[(10, 50)], &[(10, LASTS)])]
    #[case::ended_and_begun_again(
        &[(50, LASTS)], &[(10, 20), (30, LASTS)], &[(10, 20), (30, LASTS)]
    )]
    #[case::later(&[(10, 20)], &[(30, LASTS)], &[(10, 20)])]
    #[case::removed(&[(10, 20), (30, 40)], &[(5, LASTS)], &[(5, 20), (30, 40)])]
    #[case::not_there(&[], &[(10, 20), (30, 40)], &[(10, 20), (30, 40)])]
    fn only_what_was_before_is_taken_over(
        #[case] kept: &[(i64, i64)],
        #[case] told: &[(i64, i64)],
        #[case] expected: &[(i64, i64)],
    ) {
        let life = |(from, to): &(i64, i64)| Life {
            from: at(*from),
            to: (*to < LASTS).then_some(at(*to)),
        };
        let of = |list: &[(i64, i64)]| -> Vec<Life> { list.iter().map(life).collect() };
        let told = told.iter().map(|(from, to)| Span::new(at(*from), at(*to))).collect();
        assert_eq!(lives(&of(kept), &told), of(expected));
    }

    #[rstest]
    #[case::the_same(&[(10, 3)], &[(10, 3)], &[(10, 3)])]
    #[case::goes_on(&[(50, 3)], &[(10, 3)], &[(10, 3)])]
    #[case::other_before(&[(50, 3)], &[(10, 5)], &[(10, 5), (50, 3)])]
    #[case::changed_before(&[(50, 3)], &[(10, 5), (20, 3)], &[(10, 5), (20, 3)])]
    #[case::changed_since(&[(50, 3), (60, 4)], &[(50, 3), (55, 9)], &[(50, 3), (60, 4)])]
    #[case::not_there(&[], &[(10, 5), (20, 3)], &[(10, 5), (20, 3)])]
    fn only_the_rules_of_before_are_taken_over(
        #[case] kept: &[(i64, u32)],
        #[case] told: &[(i64, u32)],
        #[case] expected: &[(i64, u32)],
    ) {
        let of = |list: &[(i64, u32)]| -> Vec<(Timestamp, Parameters)> {
            list.iter()
                .map(|(from, failures)| {
                    (at(*from), Parameters { failures: *failures, ..Parameters::default() })
                })
                .collect()
        };
        assert_eq!(parameters(&of(kept), &of(told)), of(expected));
    }
}
