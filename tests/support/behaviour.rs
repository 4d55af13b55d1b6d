//! How a target treats a connection: a script of small acts, with a name for each
//! misbehaviour that was ever seen in the wild.

use std::io::Write;
use std::time::Duration;

/// One thing a target does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes again and again, with a pause between, until the other side goes.
    Repeat(Vec<u8>, Duration),
    /// Sends back the head of the request.
    Echo,
    /// Does nothing for a while.
    Pause(Duration),
    /// Does nothing until the other side goes.
    Hang,
    /// Ends the connection with a reset instead of a goodbye.
    Reset,
}

/// What is done once the head of a request has come; then the connection is closed.
#[derive(Clone, Debug)]
pub struct Behaviour(pub Vec<Act>);

impl Behaviour {
    /// Says this and closes.
    pub fn raw(text: impl AsRef<[u8]>) -> Behaviour {
        Behaviour(vec![Act::Send(text.as_ref().to_vec())])
    }

    /// A whole answer.
    pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Behaviour {
        let body = body.as_ref();
        let mut whole =
            format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\n\r\n", body.len())
                .into_bytes();
        whole.extend_from_slice(body);
        Behaviour::raw(whole)
    }

    pub fn ok() -> Behaviour {
        Behaviour::answer(200, "", "ok")
    }

    pub fn status(status: u16) -> Behaviour {
        Behaviour::answer(status, "", "")
    }

    pub fn redirect(status: u16, location: &str) -> Behaviour {
        Behaviour::answer(status, &format!("location: {location}\r\n"), "moved")
    }

    /// Accepts the request and never says a word.
    pub fn silent() -> Behaviour {
        Behaviour(vec![Act::Hang])
    }

    /// A right answer, late.
    pub fn slow(pause: Duration) -> Behaviour {
        let mut late = Behaviour::ok();
        late.0.insert(0, Act::Pause(pause));
        late
    }

    /// A byte of the head every 100 ms.
    pub fn dripping_head() -> Behaviour {
        let drip = Act::Repeat(b"x".to_vec(), Duration::from_millis(100));
        Behaviour(vec![Act::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), drip])
    }

    /// A byte of the body every 100 ms.
    pub fn dripping_body() -> Behaviour {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
        let drip = Act::Repeat(b"x".to_vec(), Duration::from_millis(100));
        Behaviour(vec![Act::Send(head.to_vec()), drip])
    }

    /// One header after another, for ever.
    pub fn endless_headers() -> Behaviour {
        let headers = b"x-more: and more\r\n".repeat(1_000);
        Behaviour(vec![
            Act::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Act::Repeat(headers, Duration::ZERO),
        ])
    }

    /// One header that never ends.
    pub fn endless_header() -> Behaviour {
        Behaviour(vec![
            Act::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            Act::Repeat(vec![b'x'; 64 * 1024], Duration::ZERO),
        ])
    }

    /// 100 KB of `100 Continue`, then a right answer.
    pub fn informational_flood() -> Behaviour {
        let mut flood = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4_000);
        flood.extend_from_slice(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        Behaviour::raw(flood)
    }

    /// `100 Continue` for ever.
    pub fn endless_informational() -> Behaviour {
        let some = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
        Behaviour(vec![Act::Repeat(some, Duration::ZERO)])
    }

    /// This again and again, for ever.
    pub fn endless(piece: &[u8]) -> Behaviour {
        Behaviour(vec![Act::Repeat(piece.repeat(1_000), Duration::ZERO)])
    }

    /// A body in chunks of one byte, for ever.
    pub fn tiny_chunks() -> Behaviour {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        let chunks = b"0001\r\nx\r\n".repeat(1_000);
        Behaviour(vec![Act::Send(head), Act::Repeat(chunks, Duration::ZERO)])
    }

    /// A compressed body that goes on for ever and comes to nothing.
    pub fn skipped_frames() -> Behaviour {
        let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\n\r\n".to_vec();
        let frames = b"\x50\x2a\x4d\x18\x04\0\0\0skip".repeat(1_000);
        Behaviour(vec![Act::Send(head), Act::Repeat(frames, Duration::ZERO)])
    }

    /// A body without end, as fast as it is taken.
    pub fn flood() -> Behaviour {
        Behaviour(vec![
            Act::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            Act::Repeat(vec![b'x'; 64 * 1024], Duration::ZERO),
        ])
    }

    /// A compressed body that is about a thousand times larger when decoded.
    pub fn bomb(coding: &str) -> Behaviour {
        let packed = compressed(coding, &vec![0; BOMB_BYTES]);
        assert!(packed.len() < BOMB_BYTES / 500, "{coding} packs well");
        Behaviour::answer(200, &format!("content-encoding: {coding}\r\n"), packed)
    }

    /// A right answer in this coding.
    pub fn coded(coding: &str, body: &str) -> Behaviour {
        let packed = compressed(coding, body.as_bytes());
        Behaviour::answer(200, &format!("content-encoding: {coding}\r\n"), packed)
    }

    /// Breaks off in the middle of the body with a reset.
    pub fn reset_in_body() -> Behaviour {
        let part = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\npart";
        // The reset would overtake what was not yet read.
        let read = Act::Pause(Duration::from_millis(100));
        Behaviour(vec![Act::Send(part.to_vec()), read, Act::Reset])
    }

    /// Resets the connection instead of answering.
    pub fn reset() -> Behaviour {
        Behaviour(vec![Act::Reset])
    }

    /// Closes the connection instead of answering.
    pub fn close() -> Behaviour {
        Behaviour(Vec::new())
    }

    /// Promises more of a body than it sends.
    pub fn short_body() -> Behaviour {
        Behaviour::raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
    }

    /// Sends more of a body than it said.
    pub fn long_body() -> Behaviour {
        Behaviour::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and much more")
    }

    /// A chunk whose size is no number.
    pub fn broken_chunks() -> Behaviour {
        Behaviour::raw(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
        )
    }

    /// The head of the request as the body of the answer.
    pub fn echo() -> Behaviour {
        Behaviour(vec![Act::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Act::Echo])
    }
}

/// Far more than a probe may read.
const BOMB_BYTES: usize = 64 * 1024 * 1024;

fn compressed(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => {
            let mut packer =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(body).unwrap();
            packer.finish().unwrap()
        }
        "deflate" => {
            let mut packer =
                flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(body).unwrap();
            packer.finish().unwrap()
        }
        "zstd" => zstd::encode_all(body, 3).unwrap(),
        other => panic!("no such coding: {other}"),
    }
}
