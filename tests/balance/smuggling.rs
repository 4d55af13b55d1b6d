//! Requests that two servers might read in two ways: each is refused, or arrives at the
//! backend in the one way in which we read it. Written from RFC 9112 (sections 2.2, 3.2, 5.1,
//! 5.2, 6.1, 6.3, 7.1 and 11.2) and from the classes of attacks that were published: CL.TE,
//! TE.CL, TE.TE, CL.0, chunk sizes and extensions, line ends, folding, hosts and targets.

use super::backend::{Backend, Seen};
use super::world::{Visitor, over};
use std::time::Duration;

/// What is to become of some bytes.
enum Then {
    /// The answer to the last of them has this status and ends the connection; before it,
    /// these arrive, each a line and a body.
    Refused(u16, &'static [(&'static str, &'static str)]),
    /// These arrive, and the connection goes on.
    Arrives(&'static [(&'static str, &'static str)]),
    /// These arrive, and then the connection ends.
    ArrivesAndEnds(&'static [(&'static str, &'static str)]),
}
use Then::{Arrives, ArrivesAndEnds, Refused};

const R: Then = Refused(400, &[]);

/// A name, what is sent, and what is to become of it.
#[rustfmt::skip]
const CORPUS: &[(&str, &str, Then)] = &[
    // Two framings.
    ("CL.TE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        ArrivesAndEnds(&[("POST / HTTP/1.1", "")])),
    ("TE.CL", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n13\r\nGET /x HTTP/1.1\r\n\r\n\r\n0\r\n\r\n",
        ArrivesAndEnds(&[("POST / HTTP/1.1", "GET /x HTTP/1.1\r\n\r\n")])),
    ("CL.TE with a request behind", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n",
        ArrivesAndEnds(&[("POST / HTTP/1.1", "")])),
    ("CL.0", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\nxx",
        Arrives(&[("GET / HTTP/1.1", "GET /admin HTTP/1.1\r\nHost: x\r\n\r\nxx")])),
    ("a request behind one without a body", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        Arrives(&[("GET / HTTP/1.1", ""), ("GET /b HTTP/1.1", "")])),
    // Transfer-Encoding in disguise.
    ("TE.TE, two lines", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", R),
    ("TE.TE, two lines turned round", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", R),
    ("chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", R),
    ("chunked twice in two lines", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", R),
    ("xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", R),
    ("chunked first", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", R),
    ("gzip before chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", R),
    ("identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", R),
    ("nothing", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\nContent-Length: 1\r\n\r\nx", R),
    ("a comma before", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", R),
    ("a comma behind", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", R),
    ("in quotes", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", R),
    ("with a parameter", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;x=1\r\n\r\n0\r\n\r\n", R),
    ("a vertical tab before", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", R),
    ("a space before the colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", R),
    ("a tab before the colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", R),
    ("a space before the name", "POST / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", R),
    ("a bare CR before the name", "POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", R),
    ("another case", "POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding: ChUnKeD\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        Arrives(&[("POST / HTTP/1.1", "x")])),
    ("a tab after the colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\tchunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        Arrives(&[("POST / HTTP/1.1", "x")])),
    ("named by Connection", "POST / HTTP/1.1\r\nHost: a\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        Arrives(&[("POST / HTTP/1.1", "x")])),
    ("chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", R),
    ("chunked and a length in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", R),
    // Lengths.
    ("two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", R),
    ("two lengths in one line", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\nxy", R),
    ("the same length twice in one line", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", R),
    ("a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", R),
    ("a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nx", R),
    ("a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\nx", R),
    ("a length with a space in it", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\nx", R),
    ("an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nx", R),
    ("a length beyond all numbers", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx", R),
    ("a length named by Connection", "POST / HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nContent-Length: 1\r\n\r\nx",
        Arrives(&[("POST / HTTP/1.1", "x")])),
    ("a body in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
        ArrivesAndEnds(&[("POST / HTTP/1.1", "x")])),
    ("HTTP/1.0 with a request behind", "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nxGET /admin HTTP/1.0\r\n\r\n",
        ArrivesAndEnds(&[("POST / HTTP/1.1", "x")])),
    // Chunks.
    ("an extension", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\nz\r\n0\r\n\r\n",
        Arrives(&[("POST / HTTP/1.1", "z")])),
    ("an extension with a line end", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x\nx\r\nz\r\n0\r\n\r\n", R),
    ("a trailer that would be a header", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\nHost: b\r\nContent-Length: 7\r\n\r\n",
        Arrives(&[("POST / HTTP/1.1", "z")])),
    ("a size that is none", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nz\r\n0\r\n\r\n", R),
    ("a size with 0x", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nz\r\n0\r\n\r\n", R),
    ("a size with a sign", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\nz\r\n0\r\n\r\n", R),
    ("a negative size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nz\r\n0\r\n\r\n", R),
    ("a size with a _", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\nz\r\n0\r\n\r\n", R),
    ("a size beyond all numbers", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nz\r\n0\r\n\r\n", R),
    ("an empty size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nz\r\n0\r\n\r\n", R),
    ("a size that is too small", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nzz\r\n0\r\n\r\n", R),
    ("a chunk that ends with LF", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\n0\r\n\r\n", R),
    ("a size that ends with LF", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nz\r\n0\r\n\r\n", R),
    // Lines.
    ("obs-fold", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", R),
    ("obs-fold of the host", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", R),
    ("a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", R),
    ("a header without a name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", R),
    ("a zero in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", R),
    ("a zero in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", R),
    ("a bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", R),
    ("bare LF", "GET / HTTP/1.1\nHost: a\nX: y\n\n",
        Arrives(&[("GET / HTTP/1.1", "")])),
    ("bare LF around a length", "POST / HTTP/1.1\nHost: a\nContent-Length: 1\n\nx",
        Arrives(&[("POST / HTTP/1.1", "x")])),
    ("an empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Arrives(&[("GET / HTTP/1.1", "")])),
    ("two spaces in the line", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", R),
    ("a tab in the line", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", R),
    ("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", R),
    ("no version", "GET /\r\nHost: a\r\n\r\n", R),
    ("version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", R),
    ("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", R),
    ("version 2.0 in a line", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", R),
    ("a method that is none", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", R),
    // Hosts and targets.
    ("no host", "GET / HTTP/1.1\r\n\r\n", R),
    ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", R),
    ("the same host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", R),
    ("two hosts in one line", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", R),
    ("an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", R),
    ("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", R),
    ("a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", R),
    ("a host with a port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", R),
    ("a whole target of another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", R),
    ("a whole target without a host", "GET http://a/ HTTP/1.1\r\n\r\n", R),
    ("a whole target of the same host", "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
        Arrives(&[("GET /x?y HTTP/1.1", "")])),
    ("a whole target without a path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        Arrives(&[("GET / HTTP/1.1", "")])),
    ("all targets", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        Arrives(&[("OPTIONS * HTTP/1.1", "")])),
    ("a target without a slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", R),
    ("a tunnel", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Refused(501, &[])),
    ("an echo", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Refused(501, &[])),
    // Behind a good one.
    ("a bad one behind a good one", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
        Refused(400, &[("GET /1 HTTP/1.1", "")])),
];

fn arrived(seen: &[Seen]) -> Vec<(String, String)> {
    let pair =
        |seen: &Seen| (seen.line.clone(), String::from_utf8_lossy(&seen.body).into_owned());
    seen.iter().map(pair).collect()
}

async fn try_one(name: &str, bytes: &str, then: &Then) -> Result<(), String> {
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    visitor.say(bytes).await;
    let (expected, ends, refusal) = match then {
        Refused(status, expected) => (*expected, true, Some(*status)),
        Arrives(expected) => (*expected, false, None),
        ArrivesAndEnds(expected) => (*expected, true, None),
    };
    let mut wrong = Vec::new();
    for (line, _) in expected {
        let answer = visitor.hear(true).await;
        let status = answer.map(|answer| answer.status);
        if status != Some(200) {
            wrong.push(format!("{line} was answered with {status:?}"));
        }
    }
    if let Some(status) = refusal {
        let answer = visitor.hear(true).await;
        let got = answer.as_ref().map(|answer| answer.status);
        if got != Some(status) {
            wrong.push(format!("the answer was {got:?} instead of {status}"));
        }
    }
    if ends && wrong.is_empty() && !visitor.is_left().await {
        wrong.push("the connection goes on".to_owned());
    }
    if !ends && wrong.is_empty() {
        let last = visitor.ask("GET /last HTTP/1.1\r\nHost: a\r\n\r\n").await;
        if last.status != 200 {
            wrong.push(format!("the next one was answered with {}", last.status));
        }
    }
    // Whatever was to come after it would have by now.
    tokio::time::sleep(Duration::from_millis(10)).await;
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(line, body)| ((*line).to_owned(), (*body).to_owned()))
        .collect();
    if !ends {
        expected.push(("GET /last HTTP/1.1".to_owned(), String::new()));
    }
    let seen = arrived(&a.seen());
    if seen != expected {
        wrong.push(format!("the backend saw {seen:?}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{name}: {}", wrong.join("; "))) }
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_refused_or_arrives_in_one() {
    let tries = CORPUS.iter().map(|(name, bytes, then)| try_one(name, bytes, then));
    let wrong: Vec<String> = futures_util::future::join_all(tries)
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(CORPUS.len() > 80);
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_so_byte_by_byte_too() {
    // The same, cut at every place where a reader might begin anew.
    let bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n";
    let a = Backend::start("a").await;
    let balancer = over(&[&a]).await;
    let mut visitor = Visitor::come(balancer.address()).await;
    for byte in bytes.as_bytes() {
        visitor.say([*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(visitor.hear(true).await.unwrap().text(), "a");
    assert_eq!(a.seen()[0].body, b"abc");
}
