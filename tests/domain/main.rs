//! The arithmetic of uptime, held to its definition: the worked examples, a second
//! implementation that takes every instant by itself, and the properties.

mod alerts;
mod explanations;
mod groups;
mod history;
mod hours;
mod instants;
mod notices;
mod oracle;
mod periods;
mod properties;
mod settlements;
mod worked_examples;
