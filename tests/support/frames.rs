//! Frames of HTTP/2 that a client takes without an answer coming of them.

/// `103 Early Hints` for the first request.
pub const EARLY_HINTS: &[u8] = b"\0\0\x05\x01\x04\0\0\0\x01\x08\x03103";
/// The same with headers that take a byte each, and far more of memory.
pub const EARLY_HINTS_WITH_MANY_HEADERS: &[u8] = b"\0\0\x15\x01\x04\0\0\0\x01\x08\x03103\
      \x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90";
/// One byte more of window, for the whole connection.
pub const WINDOW_UPDATE: &[u8] = b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01";
/// A priority for a request that was never made.
pub const PRIORITY: &[u8] = b"\0\0\x05\x02\0\0\0\0\x05\0\0\0\0\x01";
/// A question whether the other side lives.
pub const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0whoisit?";
/// No setting.
pub const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
/// A frame of a kind that nobody knows.
pub const UNKNOWN: &[u8] = b"\0\0\x04\xf0\0\0\0\0\0what";

/// The kind of a frame that begins a request.
const HEADERS: u8 = 1;
/// What a client says first.
const PREFACE_BYTES: usize = 24;
/// Length, kind, flags, stream.
const HEAD_BYTES: usize = 9;

/// Whether a request has come in what a client has said so far.
pub fn has_request(said: &[u8]) -> bool {
    let mut rest = said.get(PREFACE_BYTES..).unwrap_or_default();
    while rest.len() >= HEAD_BYTES {
        if rest[3] == HEADERS {
            return true;
        }
        let length = u32::from_be_bytes([0, rest[0], rest[1], rest[2]]) as usize;
        rest = rest.get(HEAD_BYTES + length..).unwrap_or_default();
    }
    false
}
