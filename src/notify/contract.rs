//! What a channel must answer, and what it must not do.
//!
//! A channel tells one message once. It **returns a value, never an error**: the message was
//! taken, may be tried again, or never will be taken. It keeps one total deadline over
//! everything it does, caps what it reads, and never says a secret: no address, no header,
//! and what the other side says only after its secrets are hidden. It knows neither store
//! nor clock, remembers nothing from one message to the next, and never tries again itself.
//! The words of a message that come from a target are untrusted: they are sent as text, and
//! never as anything that is executed.

use super::message::Message;
use async_trait::async_trait;
use std::time::Duration;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It was taken. What the other side said to that.
    Taken(String),
    /// It was not, and may be tried again: why, and how long the other side wants to be left
    /// alone before, if it said so.
    Later(String, Option<Duration>),
    /// It will never be taken: why.
    Refused(String),
}

/// One channel, ready to tell.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Tells a message once. Ends no later than a few milliseconds after
    /// [`super::TELL_WITHIN`].
    async fn tell(&self, message: &Message) -> Receipt;
}
