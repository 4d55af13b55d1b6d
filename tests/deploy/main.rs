//! everup as it is deployed, with real processes: what a service manager hears of it and
//! passes to it, the files in `deploy/`, and other balancers in the place of ours.

mod heard;
mod instance;
mod manager;
mod passed;
mod proxies;
mod proxy;
mod units;
