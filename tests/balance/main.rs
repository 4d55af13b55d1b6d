//! The balancer over real backends on loopback, which can be told to misbehave to the byte.

mod backend;
mod failing;
mod forwarding;
mod limits;
mod program;
mod smuggling;
mod upgrades;
mod world;
