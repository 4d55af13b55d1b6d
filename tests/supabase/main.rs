//! The maintenance table of Supabase: asked, imported and followed, over a stand-in that is
//! as strict as PostgREST.

mod client;
mod following;
mod import;
mod program;
#[path = "../support/mod.rs"]
mod support;
mod world;
