//! What happens while a demonstration runs and a newcomer should see: one line each.

use std::fmt;
use std::net::SocketAddr;

/// Something that has just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A service answers with 503 from now on, for so many seconds.
    Fails(&'static str, u64),
    /// It answers late from now on: after so many milliseconds, for so many seconds.
    Slow(&'static str, u64, u64),
    /// What everup has told by its webhook.
    Told(String),
    /// A process has ended by itself, or was killed: who, its number, how, and in how many
    /// seconds it is started again.
    Died(Who, u32, String, u64),
    /// It was started again, under another number.
    Started(Who, u32),
    /// It is the one that watches now.
    Watches(Who, u32),
}

/// One of the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// An instance, by where it answers.
    Instance(SocketAddr),
    /// The balancer, by where it does.
    Balancer(SocketAddr),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Instance(address) => write!(f, "the instance on port {}", address.port()),
            Who::Balancer(address) => write!(f, "the balancer on port {}", address.port()),
        }
    }
}

/// Its sentence, without a full stop.
impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            News::Fails(name, for_s) => {
                write!(f, "{name} answers with 503 from now on, for {for_s} s")
            }
            News::Slow(name, ms, for_s) => {
                write!(f, "{name} takes {ms} ms to answer from now on, for {for_s} s")
            }
            News::Told(text) => write!(f, "everup tells: {text}"),
            News::Died(who, pid, how, in_s) => write!(
                f,
                "{who} (process {pid}) has ended: {how}; it is started again in {in_s} s"
            ),
            News::Started(who, pid) => write!(f, "{who} was started again: process {pid}"),
            News::Watches(who, pid) => write!(f, "{who} (process {pid}) watches now"),
        }
    }
}
