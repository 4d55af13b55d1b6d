//! The load balancer: takes requests at one address and has one of several backends answer
//! each.
//!
//! `pick` says which (pure), `wellness` who is well (pure), `pool` knows the backends,
//! `health` asks them, `connection` opens and keeps connections, `message` says what may
//! pass, `headers` what is told along, `forward` carries one request, `tunnel` what follows
//! an upgrade, `serve` takes the connections, on the threads of `crew`. `app` and the
//! command `balance` start it. It never reads a store: what it counted is asked of it.
//! `docs/balancer.md` says how it behaves when something fails.

pub mod address;
pub mod balancer;
pub mod body;
pub mod budget;
pub mod carried;
pub mod connection;
pub mod count;
pub mod crew;
pub mod fleet;
pub mod forward;
pub mod headers;
pub mod health;
pub mod idle;
pub mod lane;
pub mod line;
pub mod message;
pub mod patience;
pub mod pick;
pub mod pool;
pub mod refusal;
pub mod serve;
pub mod settings;
pub mod stream;
pub mod tls;
pub mod tunnel;
pub mod under_way;
pub mod visitors;
pub mod wellness;
