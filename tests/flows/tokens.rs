//! The first token, and tokens over a real connection.

use crate::app::{START, TestApp};
use everup::domain::timestamp::MINUTE_MS;
use everup::domain::token::{Scope, TokenName};
use everup::store::contract::Store;
use everup::store::secret::Secret;
use everup::store::token::NewToken;

async fn status(app: &TestApp, token: &str) -> (u16, String) {
    let bearer = format!("Bearer {token}");
    let answer = app.ask("/api/token", ("authorization", &bearer)).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_first_token_is_there_after_a_kill_and_is_never_made_again() {
    let mut app = TestApp::start("").await;
    let token = app.first_token().await.expect("there never was one");
    let own = (200, "{\"name\":\"first\",\"scope\":\"admin\"}".to_owned());
    assert_eq!(status(&app, &token).await, own);
    assert_eq!(app.first_token().await, None);
    app.restart_after_kill(MINUTE_MS).await;
    assert_eq!(status(&app, &token).await, own);
    let elsewhere = app.store().await;
    elsewhere
        .revoke_token(&TokenName::new("first").unwrap(), START)
        .await
        .unwrap();
    assert_eq!(status(&app, &token).await.0, 401);
    app.restart_after(MINUTE_MS).await;
    assert_eq!(app.first_token().await, None);
    assert_eq!(status(&app, &token).await.0, 401);
    app.stop().await;
}

#[tokio::test]
async fn where_a_token_was_made_by_hand_there_is_no_first_one() {
    let app = TestApp::start("").await;
    let secret = Secret::draw().unwrap();
    let new = NewToken {
        name: TokenName::new("ci").unwrap(),
        scope: Scope::Maintenance,
        fingerprint: secret.fingerprint(),
        made_at: START,
    };
    app.store().await.make_token(&new).await.unwrap();
    assert_eq!(app.first_token().await, None);
    assert_eq!(status(&app, secret.expose()).await.0, 200);
    app.stop().await;
}

/// Each comes over a connection of its own, so it is the address that is counted.
#[tokio::test]
async fn who_guesses_is_slowed_down_and_shuts_nobody_out() {
    let app = TestApp::start("").await;
    let token = app.first_token().await.unwrap();
    assert_eq!(status(&app, &token).await.0, 200);
    let guess = async || {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = app.url("/api/token");
        client.get(url).bearer_auth("everup_guess").send().await.unwrap()
    };
    for _ in 0..10 {
        assert_eq!(guess().await.status().as_u16(), 401);
    }
    let refused = guess().await;
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(refused.headers()["retry-after"], "6");
    assert_eq!(status(&app, &token).await.0, 200);
    app.clock.advance_ms(6_000);
    assert_eq!(guess().await.status().as_u16(), 401);
    app.stop().await;
}
