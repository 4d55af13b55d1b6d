//! The pages, exports and service endpoints, asked as a visitor asks them.

#![allow(clippy::unwrap_used, reason = "in a test, what is not there is a failure")]

mod banner;
mod calendar_feed;
mod colours;
mod connection;
mod corrections;
mod dossier;
mod explanations;
mod exports;
mod forms;
mod groups;
mod maintenance;
mod pages;
mod routes;
mod sample;
mod service;
mod style;
mod tokens;
mod verified;
mod views;
mod visitor;
mod visitors;
