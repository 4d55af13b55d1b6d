//! Which monitor of another program is which of ours.
//!
//! What was said holds; otherwise a name or an address that only one of ours has. A guess
//! that could be wrong is no guess: it is listed, with what to write.

use crate::domain::check::Evidence;
use crate::domain::history::History;
use crate::domain::monitor::{Monitor, MonitorId};
use crate::probe::http::redirect;
use std::collections::HashMap;
use url::Url;

/// So many monitors that are not mapped are listed; more would scroll the rest away.
const LISTED_MAX: usize = 50;

/// A monitor of the other program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// Its id there.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// What it checks, if that is a URL.
    pub url: Option<String>,
}

/// What its owner said about the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names or ids there, and ids here.
    pub pairs: Vec<(String, String)>,
    /// Whether monitors without a counterpart are left out; otherwise nothing is imported.
    pub only_mapped: bool,
}

/// Which is which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// For each of theirs, the place of ours; `None` where it is left out.
    pub ours: Vec<Option<usize>>,
    /// The names of those that are left out, with the id where that takes it.
    pub left_out: Vec<String>,
}

/// What is known of one of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// It was said.
    Said(usize),
    /// It was found by its name or address.
    Guessed(usize),
    /// Why it was not found.
    Not(String),
}

impl Mapping {
    /// Finds out which is which.
    ///
    /// # Errors
    /// What to write: where a pair names nothing, or one of theirs has no counterpart and
    /// is not to be left out.
    pub fn of(
        theirs: &[Theirs],
        histories: &[History],
        wanted: &Wanted,
    ) -> Result<Mapping, String> {
        let ours: Vec<&Monitor> = histories.iter().map(|history| &*history.monitor).collect();
        let said = said(theirs, &ours, wanted)?;
        let guess = |(n, theirs)| match said.get(&n) {
            Some(ours) => Found::Said(*ours),
            None => guess(theirs, &ours),
        };
        let mut found: Vec<Found> = theirs.iter().enumerate().map(guess).collect();
        part(&mut found, &ours);
        let is_missing = |found: &Found| matches!(found, Found::Not(_));
        if found.iter().any(is_missing) && !wanted.only_mapped {
            return Err(listing(theirs, &found, &ours));
        }
        let left_out = theirs.iter().zip(&found).filter(|(_, found)| is_missing(found));
        let left_out = left_out.map(|(of, _)| called(of, theirs)).collect();
        let ours = found.into_iter().map(|found| match found {
            Found::Said(ours) | Found::Guessed(ours) => Some(ours),
            Found::Not(_) => None,
        });
        Ok(Mapping { ours: ours.collect(), left_out })
    }
}

/// The pairs that were said: for the place of one of theirs, that of ours.
fn said(
    theirs: &[Theirs],
    ours: &[&Monitor],
    wanted: &Wanted,
) -> Result<HashMap<usize, usize>, String> {
    let mut said = HashMap::new();
    for (there, here) in &wanted.pairs {
        let pair = format!("--map \"{there}={here}\"");
        let named: Vec<usize> = (theirs.iter().enumerate())
            .filter(|(_, theirs)| theirs.id == *there || theirs.name == *there)
            .map(|(n, _)| n)
            .collect();
        let [their_place] = named[..] else {
            return Err(match named.len() {
                0 => format!("{pair}: there is no {there:?} in it that has a history"),
                _ => {
                    let ids: Vec<&str> = named.iter().map(|n| theirs[*n].id.as_str()).collect();
                    let ids = ids.join(" or ");
                    format!("{pair}: more than one is called {there:?}; write its id: {ids}")
                }
            });
        };
        let our_place = ours.iter().position(|monitor| monitor.id.as_str() == here);
        let our_place = our_place.ok_or_else(|| {
            format!("{pair}: there is no monitor {here:?} here; {}", known(ours))
        })?;
        if said.values().any(|taken| *taken == our_place) {
            return Err(format!("{pair}: {here} is said to be another one already"));
        }
        if said.insert(their_place, our_place).is_some() {
            return Err(format!("{pair}: {there} is said to be another one already"));
        }
    }
    Ok(said)
}

/// By its name, and where none of ours has it, by its address.
fn guess(theirs: &Theirs, ours: &[&Monitor]) -> Found {
    let slug = MonitorId::slug(&theirs.name);
    let url = theirs.url.as_deref().and_then(address);
    let by_name = |monitor: &Monitor| {
        monitor.name == theirs.name || slug.as_ref().is_some_and(|slug| monitor.id == *slug)
    };
    let by_url = |monitor: &Monitor| url.is_some() && address(&monitor.url) == url;
    let places = |is_it: &dyn Fn(&Monitor) -> bool| -> Vec<usize> {
        let found = ours.iter().enumerate().filter(|(_, monitor)| is_it(monitor));
        found.map(|(n, _)| n).collect()
    };
    let mut found = places(&by_name);
    if found.is_empty() {
        found = places(&by_url);
    }
    match found[..] {
        [one] => Found::Guessed(one),
        [] => Found::Not("none of ours has its name or address".to_owned()),
        _ => {
            let ids: Vec<&str> = found.iter().map(|n| ours[*n].id.as_str()).collect();
            Found::Not(format!("it may be {}", ids.join(" or ")))
        }
    }
}

/// An address as both sides may write it: without credentials, query and fragment, which
/// are not stored with our monitors.
fn address(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.has_host().then(|| redirect::shown(&url))
}

/// No two of theirs become one of ours: what was said goes before a guess, and two
/// guesses are none.
fn part(found: &mut [Found], ours: &[&Monitor]) {
    let mut claims: HashMap<usize, usize> = HashMap::new();
    for of in found.iter() {
        if let Found::Said(place) | Found::Guessed(place) = of {
            *claims.entry(*place).or_default() += 1;
        }
    }
    for of in found {
        if let Found::Guessed(place) = of
            && claims[place] > 1
        {
            *of = Found::Not(format!("another one may be {}, too", ours[*place].id));
        }
    }
}

/// Whether it has a name, and no other has the same.
fn is_named_alone(one: &Theirs, theirs: &[Theirs]) -> bool {
    let name = Evidence::clean(&one.name);
    !name.is_empty() && theirs.iter().filter(|of| of.name == one.name).count() == 1
}

/// What tells it from the others.
fn called(one: &Theirs, theirs: &[Theirs]) -> String {
    match Evidence::clean(&one.name).as_str() {
        "" => format!("monitor {}", one.id),
        name if is_named_alone(one, theirs) => name.to_owned(),
        name => format!("{name} ({})", one.id),
    }
}

fn listing(theirs: &[Theirs], found: &[Found], ours: &[&Monitor]) -> String {
    let missing: Vec<(&Theirs, &String)> = (theirs.iter().zip(found))
        .filter_map(|(theirs, found)| match found {
            Found::Not(why) => Some((theirs, why)),
            _ => None,
        })
        .collect();
    let mut text = format!(
        "{} of {} monitors have no counterpart here; nothing was imported\n\
         Say which of ours each is, or leave them out with --only-mapped:\n",
        missing.len(),
        theirs.len()
    );
    for (theirs_of, why) in missing.iter().take(LISTED_MAX) {
        let is_enough = is_named_alone(theirs_of, theirs);
        let called = if is_enough { &theirs_of.name } else { &theirs_of.id };
        let address = theirs_of.url.as_deref().and_then(address);
        let address = address.map(|url| format!("{url}, ")).unwrap_or_default();
        text += &format!("  --map \"{}=ID\"  ({address}{why})\n", Evidence::clean(called));
    }
    if missing.len() > LISTED_MAX {
        text += &format!("  and {} more\n", missing.len() - LISTED_MAX);
    }
    text + &known(ours)
}

fn known(ours: &[&Monitor]) -> String {
    let ids: Vec<&str> = ours.iter().map(|monitor| monitor.id.as_str()).collect();
    match ids[..] {
        [] => "there is no monitor here: name them in the configuration first".to_owned(),
        _ => format!("the ids here are: {}", ids.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Ledger;
    use crate::domain::monitor::{Key, ParameterHistory, Parameters};
    use crate::domain::span::Spans;
    use std::sync::Arc;

    fn ours(id: &str, name: &str, url: &str) -> History {
        let monitor = Monitor::new(
            MonitorId::new(id).unwrap(),
            name.to_owned(),
            url.to_owned(),
            ParameterHistory::new(Parameters::default()),
            Spans::empty(),
            Spans::empty(),
        );
        History {
            key: Key(0),
            monitor: Arc::new(monitor),
            maintenance: Spans::empty(),
            ledger: Ledger::default(),
            latest: None,
            under_way: None,
            made_up: Spans::empty(),
            unbooked: None,
        }
    }

    fn theirs(id: &str, name: &str, url: &str) -> Theirs {
        let url = (!url.is_empty()).then(|| url.to_owned());
        Theirs { id: id.to_owned(), name: name.to_owned(), url }
    }

    fn some_of_ours() -> Vec<History> {
        vec![
            ours("api", "The API", "https://api.example.com/health"),
            ours("web", "Web site", "https://www.example.com/"),
        ]
    }

    fn wanted(pairs: &[(&str, &str)]) -> Wanted {
        let pairs = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        Wanted { pairs: pairs.collect(), only_mapped: false }
    }

    #[test]
    fn a_name_an_id_or_an_address_is_enough() {
        let all = [
            theirs("1", "The API", ""),
            theirs("2", "WEB", ""),
            theirs("3", "x", "https://user:pass@api.example.com/health?token=1#a"),
        ];
        let one = |theirs: &Theirs| {
            let theirs = std::slice::from_ref(theirs);
            Mapping::of(theirs, &some_of_ours(), &Wanted::default()).unwrap().ours
        };
        assert_eq!(all.iter().map(one).collect::<Vec<_>>(), [[Some(0)], [Some(1)], [Some(0)]]);
    }

    #[test]
    fn what_was_said_holds_against_any_likeness() {
        let all = [theirs("1", "The API", ""), theirs("2", "other", "")];
        let mut said = wanted(&[("other", "api"), ("1", "web")]);
        let mapping = Mapping::of(&all, &some_of_ours(), &said).unwrap();
        assert_eq!(mapping.ours, [Some(1), Some(0)]);
        // The name of one of ours that was given to another is no counterpart any more.
        said.pairs.pop();
        let error = Mapping::of(&all, &some_of_ours(), &said).unwrap_err();
        assert!(error.contains("another one may be api, too"), "{error}");
    }

    #[test]
    fn what_has_no_counterpart_is_listed_with_what_to_write() {
        let all = [
            theirs("1", "The API", ""),
            theirs("2", "Blog\u{1b}[31m", "https://u:secret@blog.example.com/?token=secret"),
            theirs("3", "twice", "https://www.example.com/"),
            theirs("4", "twice", "https://www.example.com/"),
        ];
        let error = Mapping::of(&all, &some_of_ours(), &Wanted::default()).unwrap_err();
        assert_eq!(
            error,
            "3 of 4 monitors have no counterpart here; nothing was imported\n\
             Say which of ours each is, or leave them out with --only-mapped:\n\
             \x20 --map \"Blog [31m=ID\"  (https://blog.example.com/, none of ours has its name \
             or address)\n\
             \x20 --map \"3=ID\"  (https://www.example.com/, another one may be web, too)\n\
             \x20 --map \"4=ID\"  (https://www.example.com/, another one may be web, too)\n\
             the ids here are: api, web"
        );
        let lenient = Wanted { only_mapped: true, ..Wanted::default() };
        let mapping = Mapping::of(&all, &some_of_ours(), &lenient).unwrap();
        assert_eq!(mapping.ours, [Some(0), None, None, None]);
        assert_eq!(mapping.left_out, ["Blog [31m", "twice (3)", "twice (4)"]);
    }

    #[test]
    fn what_has_no_name_is_told_by_its_id() {
        let all = [theirs("1", "The API", ""), theirs("2", "", "")];
        let error = Mapping::of(&all, &some_of_ours(), &Wanted::default()).unwrap_err();
        assert!(error.contains("--map \"2=ID\""), "{error}");
        let lenient = Wanted { only_mapped: true, ..Wanted::default() };
        let mapping = Mapping::of(&all, &some_of_ours(), &lenient).unwrap();
        assert_eq!(mapping.left_out, ["monitor 2"]);
    }

    #[test]
    fn an_address_that_two_of_ours_have_is_no_counterpart() {
        let both = vec![ours("a", "A", "https://x.org/"), ours("b", "B", "https://x.org/")];
        let all = [theirs("1", "x", "https://x.org/")];
        let error = Mapping::of(&all, &both, &Wanted::default()).unwrap_err();
        assert!(error.contains("it may be a or b"), "{error}");
    }

    #[test]
    fn a_pair_that_cannot_be_is_told_why() {
        let all = [theirs("1", "one", ""), theirs("2", "same", ""), theirs("3", "same", "")];
        for (pairs, expected) in [
            (&[("nine", "api")][..], "no \"nine\" in it"),
            (&[("one", "nope")], "no monitor \"nope\" here; the ids here are: api, web"),
            (&[("same", "api")], "more than one is called \"same\"; write its id: 2 or 3"),
            (&[("one", "api"), ("1", "web")], "1 is said to be another one already"),
            (&[("one", "api"), ("2", "api")], "api is said to be another one already"),
        ] {
            let error = Mapping::of(&all, &some_of_ours(), &wanted(pairs)).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
