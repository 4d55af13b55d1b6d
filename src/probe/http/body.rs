//! Reads an answer's body, decoded, up to a cap, and looks for a text in it.
//!
//! It is read to its end even when nothing is looked for: a latency means the whole
//! answer, and a body that lies or breaks off must be noticed. Only as much of it is kept
//! as a text needs that lies across two chunks, and an excerpt, should it turn out wrong.

use super::excerpt::Excerpt;
use reqwest::Response;

/// No more of a decoded body is read: a check must not cost more, whatever is sent.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// What was seen of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Whether the text was there; `true` if none was wanted.
    pub found: bool,
    /// Whether the body went on after what was read of it.
    pub cut: bool,
}

/// Reads the body of `response`, looks for `wanted`, and keeps an excerpt.
///
/// # Errors
/// When it breaks off or cannot be decoded.
pub async fn read(
    response: &mut Response,
    wanted: Option<&str>,
    excerpt: &mut Excerpt,
) -> Result<Seen, reqwest::Error> {
    let mut search = wanted.map(|wanted| Search::new(wanted.as_bytes()));
    let mut left = BODY_BYTES_MAX;
    let mut cut = false;
    while let Some(chunk) = response.chunk().await? {
        excerpt.add(&chunk);
        if let Some(search) = &mut search {
            search.look_at(&chunk[..chunk.len().min(left)]);
        }
        cut = chunk.len() > left;
        left = left.saturating_sub(chunk.len());
        if cut {
            break;
        }
    }
    Ok(Seen { found: search.is_none_or(|search| search.found), cut })
}

/// Looks for a text in pieces that arrive one by one.
struct Search<'a> {
    wanted: &'a [u8],
    /// The end of what was seen, shorter than `wanted`.
    tail: Vec<u8>,
    found: bool,
}

impl<'a> Search<'a> {
    fn new(wanted: &'a [u8]) -> Search<'a> {
        Search { wanted, tail: Vec::new(), found: wanted.is_empty() }
    }

    fn look_at(&mut self, piece: &[u8]) {
        if self.found {
            return;
        }
        let overlap = self.wanted.len() - 1;
        self.tail.extend_from_slice(&piece[..piece.len().min(overlap)]);
        self.found = contains(&self.tail, self.wanted) || contains(piece, self.wanted);
        if piece.len() >= overlap {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - overlap..]);
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(overlap));
        }
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_is_found_however_it_is_cut_into_pieces(
            text in "[ab]{0,24}",
            wanted in "[ab]{1,5}",
            sizes in prop::collection::vec(0usize..6, 0..24),
        ) {
            let mut search = Search::new(wanted.as_bytes());
            let mut rest = text.as_bytes();
            for size in sizes {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                search.look_at(piece);
                prop_assert!(search.tail.len() < wanted.len());
                rest = after;
            }
            search.look_at(rest);
            prop_assert_eq!(search.found, text.contains(&wanted));
        }
    }
}
