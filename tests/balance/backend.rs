//! A backend that reads strictly and does as it is told, down to the byte.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as a strict server reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `GET /path HTTP/1.1`
    pub(crate) line: String,
    /// Names in small letters, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, out of its chunks.
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(is, _)| is == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} came twice: {self:?}");
        value
    }
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Sends these bytes.
    Says(Vec<u8>),
    /// Sends these bytes, and closes.
    SaysAndCloses(Vec<u8>),
    /// Resets the connection at once.
    Resets,
    /// Says nothing more.
    IsSilent,
}

impl Does {
    /// A whole answer.
    pub(crate) fn answers(status: u16, body: &str) -> Does {
        let text =
            format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        Does::Says(text.into_bytes())
    }
}

/// A server on loopback; it stops when dropped.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    serving: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    name: String,
    seen: Mutex<Vec<Seen>>,
    /// What is done with the next requests; then they are answered with the name.
    next: Mutex<VecDeque<Does>>,
    health: Mutex<Option<Does>>,
    connections: Mutex<Vec<JoinHandle<()>>>,
    opened: Mutex<usize>,
}

impl Backend {
    /// Answers `/health` with 200 and everything else with its name.
    pub(crate) async fn start(name: &str) -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { name: name.to_owned(), ..State::default() });
        let serving = Some(serve(listener, Arc::clone(&state)));
        Backend { address, state, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is done with the next request that is no check.
    pub(crate) fn next(&self, does: Does) {
        self.state.next.lock().unwrap().push_back(does);
    }

    /// What checks are answered with from now on.
    pub(crate) fn health(&self, does: Does) {
        *self.state.health.lock().unwrap() = Some(does);
    }

    /// The requests that were no checks.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// How many connections were opened that were not for a check.
    pub(crate) fn opened(&self) -> usize {
        *self.state.opened.lock().unwrap()
    }

    /// Goes away like a process that is killed: connections are reset, new ones refused.
    pub(crate) fn kill(&mut self) {
        self.serving.take().unwrap().abort();
        self.state
            .connections
            .lock()
            .unwrap()
            .drain(..)
            .for_each(|task| task.abort());
    }

    /// Is there again.
    pub(crate) async fn revive(&mut self) {
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        };
        self.serving = Some(serve(listener, Arc::clone(&self.state)));
    }

    /// Closes the connections that it has, as after a keep-alive timeout.
    pub(crate) fn hang_up(&self) {
        self.state
            .connections
            .lock()
            .unwrap()
            .drain(..)
            .for_each(|task| task.abort());
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
        self.hang_up();
    }
}

fn serve(listener: TcpListener, state: Arc<State>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let of = Arc::clone(&state);
            let task = tokio::spawn(async move {
                let _ = talk(stream, of).await;
            });
            let mut connections = state.connections.lock().unwrap();
            connections.retain(|task| !task.is_finished());
            connections.push(task);
        }
    })
}

async fn talk(mut stream: TcpStream, state: Arc<State>) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    let mut is_first = true;
    while let Some(seen) = read(&mut stream, &mut buffer).await? {
        let is_check = seen.line.starts_with("GET /health ");
        if is_first && !is_check {
            *state.opened.lock().unwrap() += 1;
        }
        is_first = false;
        let does = if is_check {
            let health = state.health.lock().unwrap().clone();
            health.unwrap_or_else(|| Does::answers(200, "ok"))
        } else {
            state.seen.lock().unwrap().push(seen);
            let next = state.next.lock().unwrap().pop_front();
            next.unwrap_or_else(|| Does::answers(200, &state.name))
        };
        match does {
            Does::Says(bytes) => stream.write_all(&bytes).await?,
            Does::SaysAndCloses(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Does::Resets => {
                stream.set_zero_linger()?;
                return Ok(());
            }
            Does::IsSilent => std::future::pending().await,
        }
    }
    Ok(())
}

/// Reads one request; `None` where the connection ended before one.
pub(crate) async fn read(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<Seen>> {
    let head_end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await? == 0 {
            assert!(buffer.is_empty(), "half a head: {:?}", String::from_utf8_lossy(buffer));
            return Ok(None);
        }
    };
    let head = String::from_utf8(buffer.drain(..head_end + 4).collect()).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect();
    let mut seen = Seen { line, headers, body: Vec::new() };
    let length = seen.header("content-length").map(|length| length.parse::<usize>().unwrap());
    let chunked = seen.header("transfer-encoding");
    assert!(length.is_none() || chunked.is_none(), "framed in two ways: {seen:?}");
    if let Some(length) = length {
        while buffer.len() < length {
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        seen.body = buffer.drain(..length).collect();
    } else if let Some(coding) = chunked {
        assert_eq!(coding, "chunked");
        loop {
            let size = loop {
                if let Some(at) = find(buffer, b"\r\n") {
                    let text: Vec<u8> = buffer.drain(..at + 2).collect();
                    let text = String::from_utf8(text).unwrap();
                    break usize::from_str_radix(text.trim_end(), 16).unwrap();
                }
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            };
            while buffer.len() < size + 2 {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            }
            seen.body.extend(buffer.drain(..size));
            assert_eq!(buffer.drain(..2).collect::<Vec<u8>>(), b"\r\n");
            if size == 0 {
                break;
            }
        }
    }
    Ok(Some(seen))
}

pub(crate) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
