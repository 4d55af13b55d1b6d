//! How our windows and somebody else's rows come to agree: cases one by one, and any sequence.

use everup::domain::agreement::{Act, Known, Local, Ours, Remote};
use everup::domain::announcement::WindowId;
use everup::domain::foreign_window::{ForeignWindow, SKEW_MS, Terms};
use everup::domain::settlement::{Reading, Settlement, gone, settle};
use everup::domain::timestamp::{HOUR_MS, Timestamp};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

const H: i64 = HOUR_MS;
const NOW: Timestamp = Timestamp(1_000 * H);

fn terms(start: i64, end: i64, message: &str) -> Terms {
    Terms::new(NOW.plus_ms(start * H), NOW.plus_ms(end * H), message).unwrap()
}

fn row(id: &str, terms: Terms) -> ForeignWindow {
    ForeignWindow { id: id.into(), terms, created_at: None }
}

fn window(id: i64, terms: Terms) -> Ours {
    let announced_at = NOW.plus_ms(-100 * H);
    let id = WindowId(id);
    Ours { id, revision: 1, agreed_revision: 1, terms, announced_at, cancelled_at: None }
}

fn announce(terms: Terms, like: Option<i64>) -> Act {
    let like = like.map(WindowId);
    Act::Announce { terms, announced_at: NOW, like }
}

fn known(id: &str, windows: Vec<Ours>) -> Known {
    let first = windows[0].terms.clone();
    Known { foreign_id: id.into(), terms: first, windows }
}

fn reading<'a>(rows: &'a [ForeignWindow], unfit: &'a HashSet<String>) -> Reading<'a> {
    Reading { at: NOW, before: None, ran_since: None, rows, unfit }
}

fn settled(rows: &[ForeignWindow], known: &[Known], free: &[Ours]) -> Settlement {
    let unfit = HashSet::new();
    settle(reading(rows, &unfit), known, free)
}

fn acts(settlement: &Settlement) -> &[Act] {
    assert_eq!((settlement.local.len(), settlement.remote.len()), (1, 0), "{settlement:?}");
    &settlement.local[0].acts
}

#[test]
fn what_agrees_stays_as_it_is() {
    let both = terms(1, 2, "a");
    let pair = known("7", vec![window(1, both.clone())]);
    assert_eq!(settled(&[row("7", both)], &[pair], &[]), Settlement::default());
}

#[test]
fn a_new_row_is_announced_and_a_new_window_becomes_a_row() {
    let new = row("7", terms(1, 2, "there"));
    let here = window(1, terms(3, 4, "here"));
    let over = window(2, terms(-4, -3, "over"));
    let cancelled = Ours { cancelled_at: Some(NOW), ..window(3, terms(5, 6, "off")) };
    let both = settled(std::slice::from_ref(&new), &[], &[here.clone(), over, cancelled]);
    let announced = announce(new.terms.clone(), None);
    assert_eq!(both.local[0].acts, [announced]);
    assert_eq!(both.remote, [Remote::Add { window: here }]);
}

#[test]
fn what_a_row_says_already_is_not_written_a_second_time() {
    // The row is a window of its own already, or is read for the first time and becomes
    // the other of two equal windows.
    let both = terms(1, 2, "a");
    let pair = known("7", vec![window(1, both.clone())]);
    let rows = [row("7", both.clone())];
    let turn = window(2, both.clone());
    let settlement = settled(&rows, &[pair], std::slice::from_ref(&turn));
    assert_eq!(settlement, Settlement::default());
    let twins = [turn, window(3, both.clone())];
    let settlement = settled(&rows, &[], &twins);
    assert_eq!(acts(&settlement), [Act::Link { id: WindowId(2), revision: 1 }]);
    // Two that only differ in their monitors are one row.
    let settlement = settled(&[], &[], &twins);
    assert_eq!(settlement.remote, [Remote::Add { window: twins[0].clone() }]);
    // Where the row says something else, the turn is a row of its own.
    let pair = known("7", vec![window(1, terms(1, 2, "b"))]);
    let settlement = settled(&[row("7", terms(1, 2, "b"))], &[pair], &twins[..1]);
    assert_eq!(settlement.remote.len(), 1);
}

#[test]
fn a_row_just_like_a_window_that_has_none_is_that_window() {
    let ours = window(1, Terms { message: "a\tb".into(), ..terms(1, 2, "") });
    // A column of whole seconds has rounded it.
    let mut theirs = terms(1, 2, "a b");
    theirs.end = theirs.end.plus_ms(999);
    let settlement = settled(&[row("7", theirs)], &[], &[ours]);
    assert_eq!(acts(&settlement), [Act::Link { id: WindowId(1), revision: 1 }]);
}

#[test]
fn a_window_called_off_before_its_row_was_noted_takes_the_row_away() {
    let off = Ours { cancelled_at: Some(NOW), ..window(1, terms(1, 2, "a")) };
    let mut theirs = row("7", terms(1, 2, "a"));
    theirs.created_at = Some(NOW.plus_ms(-H));
    let settled = |row: &ForeignWindow, known: &[Known], free: &[Ours]| {
        let (rows, unfit) = ([row.clone()], HashSet::new());
        let before = Some(NOW.plus_ms(-H));
        settle(Reading { before, ..reading(&rows, &unfit) }, known, free)
    };
    let settlement = settled(&theirs, &[], std::slice::from_ref(&off));
    assert_eq!(acts(&settlement), [Act::Link { id: WindowId(1), revision: 0 }]);
    let linked = known("7", vec![Ours { agreed_revision: 0, ..off.clone() }]);
    let settlement = settled(&theirs, &[linked], &[]);
    assert!(matches!(&settlement.remote[..], [Remote::Remove { .. }]), "{settlement:?}");
    // One that somebody made after that, or before we last looked, is another.
    let long_ago = NOW.plus_ms(-H - SKEW_MS - 1);
    for other in [Some(NOW.plus_ms(1)), Some(long_ago), None] {
        theirs.created_at = other;
        let settlement = settled(&theirs, &[], std::slice::from_ref(&off));
        assert!(matches!(acts(&settlement), [Act::Announce { .. }]), "{settlement:?}");
    }
}

#[test]
fn a_row_older_than_a_window_that_was_called_off_is_never_taken_for_ours() {
    let announced_at = NOW.plus_ms(-H);
    let off = Ours { cancelled_at: Some(NOW), announced_at, ..window(1, terms(1, 2, "a")) };
    let created = |ms| Some(announced_at.plus_ms(ms));
    for (created_at, read_before, is_ours) in [
        (created(0), true, true),
        (created(-SKEW_MS), true, true),
        (created(-SKEW_MS - 1), true, false),
        // Where the table was never read, nothing was written into it.
        (created(0), false, false),
    ] {
        let rows = [ForeignWindow { created_at, ..row("7", terms(1, 2, "a")) }];
        let unfit = HashSet::new();
        let before = read_before.then_some(NOW.plus_ms(-90 * H));
        let reading = Reading { before, ..reading(&rows, &unfit) };
        let settlement = settle(reading, &[], std::slice::from_ref(&off));
        let adopted = matches!(acts(&settlement), [Act::Link { .. }]);
        assert_eq!(adopted, is_ours, "{created_at:?}");
    }
}

#[test]
fn a_narrower_row_keeps_its_notice_and_a_wider_or_moved_one_is_announced_now() {
    for (start, end, kept) in [(2, 3, true), (1, 4, true), (0, 3, false), (2, 5, false)] {
        let pair = known("7", vec![window(1, terms(1, 4, "a"))]);
        let wanted = terms(start, end, "b");
        let settlement = settled(&[row("7", wanted.clone())], &[pair], &[]);
        let announced_at = if kept { NOW.plus_ms(-100 * H) } else { NOW };
        let change = Act::Change { id: WindowId(1), revision: 1, terms: wanted, announced_at };
        assert_eq!(acts(&settlement), [change]);
    }
}

#[test]
fn what_a_column_has_rounded_did_not_move() {
    for (by, begun) in [(300, false), (700, false), (300, true), (700, true)] {
        let (start, end) = if begun { (-1, 2) } else { (1, 2) };
        let exact = terms(start, end, "a");
        let ours = Terms {
            start: exact.start.plus_ms(by),
            end: exact.end.plus_ms(by),
            ..exact.clone()
        };
        let round = |at: Timestamp| Timestamp((at.0 + 500).div_euclid(1_000) * 1_000);
        let rounded = Terms { start: round(ours.start), end: round(ours.end), ..exact.clone() };
        let said = |message: &str| Terms { message: message.into(), ..rounded.clone() };
        let pair = Known {
            foreign_id: "7".into(),
            terms: said("a"),
            windows: vec![window(1, ours.clone())],
        };
        let settlement = settled(&[row("7", said("b"))], std::slice::from_ref(&pair), &[]);
        let change = Act::Change {
            id: WindowId(1),
            revision: 1,
            terms: Terms { message: "b".into(), ..ours },
            announced_at: NOW.plus_ms(-100 * H),
        };
        assert_eq!(acts(&settlement), [change]);
        // What moves by a second has moved.
        let mut later = said("a");
        later.end = later.end.plus_ms(1_000);
        let settlement = settled(&[row("7", later)], &[pair], &[]);
        let announced_now = acts(&settlement).iter().any(|act| {
            matches!(act, Act::Change { announced_at, .. } | Act::Announce { announced_at, .. }
                if *announced_at == NOW)
        });
        assert!(announced_now, "{settlement:?}");
    }
}

#[test]
fn what_has_begun_is_extended_by_a_window_of_its_own() {
    let pair = known("7", vec![window(1, terms(-1, 1, "a"))]);
    let settlement = settled(&[row("7", terms(-2, 3, "a"))], &[pair], &[]);
    let announced = announce(terms(1, 3, "a"), Some(1));
    assert_eq!(acts(&settlement), [Act::Link { id: WindowId(1), revision: 1 }, announced]);
}

#[test]
fn an_extension_that_is_taken_back_is_called_off_and_the_rest_is_cut() {
    let windows = vec![window(1, terms(-1, 2, "a")), window(2, terms(2, 4, "a"))];
    let pair = Known { terms: terms(-1, 4, "a"), ..known("7", windows) };
    let settlement = settled(&[row("7", terms(-1, 1, "a"))], &[pair], &[]);
    let announced_at = NOW.plus_ms(-100 * H);
    let cut =
        Act::Change { id: WindowId(1), revision: 1, terms: terms(-1, 1, "a"), announced_at };
    assert_eq!(acts(&settlement), [cut, Act::Cancel { id: WindowId(2), revision: 1 }]);
}

#[test]
fn a_row_that_says_it_is_over_ends_now_and_one_put_off_is_announced_anew() {
    for (start, end, anew) in [(-2, -1, false), (5, 6, true)] {
        let pair = known("7", vec![window(1, terms(-1, 2, "a"))]);
        let wanted = terms(start, end, "a");
        let settlement = settled(&[row("7", wanted.clone())], &[pair], &[]);
        let announced = announce(wanted, Some(1));
        let ended = Act::Cancel { id: WindowId(1), revision: 1 };
        let expected = if anew { vec![ended, announced] } else { vec![ended] };
        assert_eq!(acts(&settlement), expected);
    }
}

#[test]
fn a_row_used_again_leaves_the_past_as_it_was() {
    let pair = known("7", vec![window(1, terms(-4, -3, "a"))]);
    let wanted = terms(100, 101, "b");
    let settlement = settled(&[row("7", wanted.clone())], &[pair], &[]);
    let announced = announce(wanted, None);
    assert_eq!(acts(&settlement), [announced]);
}

#[test]
fn nothing_that_is_over_is_enlarged() {
    let pair = known("7", vec![window(1, terms(-4, -3, "a"))]);
    let settlement = settled(&[row("7", terms(-9, -1, "b"))], &[pair], &[]);
    assert_eq!(acts(&settlement), []);
}

#[test]
fn a_change_here_changes_the_row_unless_the_row_has_changed_too() {
    let changed = Ours { revision: 2, ..window(1, terms(2, 3, "ours")) };
    let pair = Known { terms: terms(1, 2, "a"), ..known("7", vec![changed]) };
    let settlement = settled(&[row("7", terms(1, 2, "a"))], std::slice::from_ref(&pair), &[]);
    let [Remote::Change { terms: wanted, .. }] = &settlement.remote[..] else {
        panic!("{settlement:?}")
    };
    assert_eq!(*wanted, terms(2, 3, "ours"));
    let settlement =
        settled(&[row("7", terms(1, 2, "theirs"))], std::slice::from_ref(&pair), &[]);
    assert!(matches!(acts(&settlement), [Act::Change { .. }]), "{settlement:?}");
    // We had changed it already and could not note it.
    let settlement = settled(&[row("7", terms(2, 3, "ours"))], &[pair], &[]);
    assert_eq!(acts(&settlement), [Act::Link { id: WindowId(1), revision: 2 }]);
}

#[test]
fn a_cancellation_here_wins_over_a_change_there() {
    let off = Ours { revision: 2, cancelled_at: Some(NOW), ..window(1, terms(1, 2, "a")) };
    let pair = known("7", vec![off]);
    let settlement = settled(&[row("7", terms(3, 4, "b"))], &[pair], &[]);
    assert!(matches!(&settlement.remote[..], [Remote::Remove { .. }]), "{settlement:?}");
    let ended = Ours { revision: 2, cancelled_at: Some(NOW), ..window(1, terms(-1, 2, "a")) };
    let pair = known("7", vec![ended]);
    let settlement = settled(&[row("7", terms(-1, 4, "b"))], &[pair], &[]);
    let [Remote::Change { terms: wanted, .. }] = &settlement.remote[..] else {
        panic!("{settlement:?}")
    };
    assert_eq!(*wanted, terms(-1, 0, "a"));
}

#[test]
fn a_row_that_is_gone_takes_what_is_to_come_and_leaves_what_is_past() {
    let windows = vec![
        window(1, terms(-4, -3, "a")),
        window(2, terms(-1, 1, "b")),
        window(3, terms(1, 2, "b")),
    ];
    // It was moved here meanwhile; the cancellation wins.
    let pair = known("7", windows.into_iter().map(|w| Ours { revision: 2, ..w }).collect());
    let settlement = settled(&[], std::slice::from_ref(&pair), &[]);
    assert_eq!(
        settlement,
        Settlement { missing: vec!["7".into()], ..Settlement::default() }
    );
    let cancelled = [2, 3].map(|id| Act::Cancel { id: WindowId(id), revision: 2 });
    assert_eq!(gone(NOW, &pair).acts, cancelled);
    assert_eq!(gone(NOW, &pair).terms, None);
}

#[test]
fn a_row_that_makes_no_sense_any_more_changes_nothing() {
    let pair = known("7", vec![window(1, terms(1, 2, "a"))]);
    let unfit = HashSet::from(["7".to_owned()]);
    assert_eq!(settle(reading(&[], &unfit), &[pair], &[]), Settlement::default());
}

/// Both sides as they would be, with everything that `settle` asks for carried out.
#[derive(Default)]
struct World {
    now: Timestamp,
    read_at: Option<Timestamp>,
    rows: Vec<ForeignWindow>,
    agreed: HashMap<String, Terms>,
    ours: Vec<(Ours, Option<String>)>,
    next: i64,
}

#[derive(Clone, Debug)]
enum Step {
    AddThere(i64, i64),
    ChangeThere(usize, i64, i64),
    RemoveThere(usize),
    AddHere(i64, i64),
    ChangeHere(usize, i64),
    CancelHere(usize),
    Wait(i64),
    Round { note: bool },
}

impl World {
    fn terms(&self, start: i64, length: i64) -> Terms {
        let start = self.now.plus_ms(start * H);
        Terms::new(start, start.plus_ms(length * H), "m").unwrap()
    }

    fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    fn add_there(&mut self, terms: Terms) -> ForeignWindow {
        let id = self.id().to_string();
        let row = ForeignWindow { id, terms, created_at: Some(self.now) };
        self.rows.push(row.clone());
        row
    }

    fn add_here(&mut self, terms: Terms, announced_at: Timestamp, link: Option<String>) {
        let id = self.id();
        let fresh = Ours { announced_at, ..window(id, terms) };
        self.ours.push((fresh, link));
    }

    fn known(&self) -> Vec<Known> {
        let of = |id: &String| {
            let mut windows: Vec<Ours> = (self.ours.iter())
                .filter(|(_, link)| link.as_ref() == Some(id))
                .map(|(ours, _)| ours.clone())
                .collect();
            windows.sort_by_key(|window| (window.terms.start, window.id));
            windows
        };
        (self.agreed.iter())
            .map(|(id, terms)| Known {
                foreign_id: id.clone(),
                terms: terms.clone(),
                windows: of(id),
            })
            .collect()
    }

    fn change(&mut self, id: WindowId, revision: i64, how: impl FnOnce(&mut Ours)) {
        let ours = self.ours.iter_mut().find(|(ours, _)| ours.id == id).unwrap();
        assert_eq!(ours.0.revision, revision);
        how(&mut ours.0);
    }

    fn carry_out(&mut self, local: Local) {
        let now = self.now;
        assert_eq!(self.agreed.get(&local.foreign_id), local.before.as_ref());
        for act in local.acts {
            match act {
                Act::Announce { terms, announced_at, like: _ } => {
                    self.add_here(terms, announced_at, Some(local.foreign_id.clone()));
                }
                Act::Change { id, revision, terms, announced_at } => {
                    self.change(id, revision, |ours| {
                        let begun = ours.terms.start <= now;
                        assert!(!begun || terms.start == ours.terms.start);
                        assert!(!begun || terms.end <= ours.end());
                        ours.terms = terms;
                        ours.announced_at = announced_at;
                        ours.revision += 1;
                        ours.agreed_revision = ours.revision;
                    });
                }
                Act::Cancel { id, revision } => self.change(id, revision, |ours| {
                    ours.cancelled_at = Some(now);
                    ours.revision += 1;
                    ours.agreed_revision = ours.revision;
                }),
                Act::Link { id, revision } => {
                    let link = Some(local.foreign_id.clone());
                    let ours = self.ours.iter_mut().find(|(ours, _)| ours.id == id);
                    let ours = ours.unwrap();
                    ours.0.agreed_revision = revision;
                    ours.1 = link;
                }
            }
        }
        match local.terms {
            Some(terms) => self.agreed.insert(local.foreign_id, terms),
            None => self.agreed.remove(&local.foreign_id),
        };
    }

    /// One look at the table. Without `note` everything is asked of the table, and
    /// the crash comes before it is noted.
    fn round(&mut self, note: bool) -> bool {
        let rows = self.rows.clone();
        let unfit = HashSet::new();
        let known = self.known();
        let free: Vec<Ours> = (self.ours.iter())
            .filter(|(_, link)| link.is_none())
            .map(|(ours, _)| ours.clone())
            .collect();
        let (at, before) = (self.now, self.read_at);
        let reading = Reading { at, before, ran_since: None, rows: &rows, unfit: &unfit };
        let settlement = settle(reading, &known, &free);
        let idle = settlement == Settlement::default();
        self.read_at = Some(self.now);
        for id in settlement.missing {
            let pair = known.iter().find(|pair| pair.foreign_id == id).unwrap();
            self.carry_out(gone(self.now, pair));
        }
        for local in settlement.local {
            self.carry_out(local);
        }
        for remote in settlement.remote {
            let local = self.ask(remote);
            if note {
                self.carry_out(local);
            }
        }
        idle
    }

    fn ask(&mut self, remote: Remote) -> Local {
        let row = match &remote {
            Remote::Add { window } => Some(self.add_there(window.terms.clone())),
            Remote::Change { foreign_id, terms, .. } => {
                let mut rows = self.rows.iter_mut();
                let row = rows.find(|row| row.id == *foreign_id).unwrap();
                row.terms = terms.clone();
                Some(row.clone())
            }
            Remote::Remove { foreign_id, .. } => {
                self.rows.retain(|row| row.id != *foreign_id);
                None
            }
        };
        remote.noted(row.as_ref()).unwrap()
    }

    fn step(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::AddThere(start, length) => {
                let terms = self.terms(start, length);
                self.add_there(terms);
            }
            Step::ChangeThere(which, start, length) if !self.rows.is_empty() => {
                let which = which % self.rows.len();
                self.rows[which].terms = self.terms(start, length);
            }
            Step::RemoveThere(which) if !self.rows.is_empty() => {
                self.rows.remove(which % self.rows.len());
            }
            Step::AddHere(start, length) => {
                let terms = self.terms(start, length);
                self.add_here(terms, now, None);
            }
            Step::ChangeHere(which, by) if !self.ours.is_empty() => {
                let which = which % self.ours.len();
                let ours = &mut self.ours[which].0;
                if ours.is_live(now) && ours.terms.start > now {
                    ours.terms.start = ours.terms.start.plus_ms(by * H);
                    ours.terms.end = ours.terms.end.plus_ms(by * H);
                    ours.announced_at = now;
                    ours.revision += 1;
                }
            }
            Step::CancelHere(which) if !self.ours.is_empty() => {
                let which = which % self.ours.len();
                let ours = &mut self.ours[which].0;
                if ours.is_live(now) {
                    ours.cancelled_at = Some(now);
                    ours.revision += 1;
                }
            }
            Step::Wait(ms) => self.now = now.plus_ms(ms),
            Step::Round { note } => {
                self.round(note);
            }
            _ => {}
        }
    }

    /// The stretches to come, on each side.
    fn live(&self) -> [Vec<(Timestamp, Timestamp)>; 2] {
        let cut = |start: Timestamp, end: Timestamp| (start.max(self.now), end);
        let there = (self.rows.iter())
            .filter(|row| row.terms.end > self.now)
            .map(|row| cut(row.terms.start, row.terms.end));
        // What a row says already is not said twice.
        let is_said = |ours: &Ours, link: &Option<String>| {
            link.is_none() && self.rows.iter().any(|row| row.terms.is_about(&ours.terms))
        };
        let mut here: Vec<(Timestamp, Timestamp, Option<&String>)> = (self.ours.iter())
            .filter(|(ours, link)| ours.is_live(self.now) && !is_said(ours, link))
            .map(|(ours, link)| (ours.terms.start.max(self.now), ours.end(), link.as_ref()))
            .collect();
        here.sort_by_key(|(start, end, link)| (link.map(|id| id.to_owned()), *start, *end));
        here.dedup_by(|next, before| {
            let goes_on = before.2 == next.2 && before.1 == next.0;
            if goes_on {
                before.1 = next.1;
            }
            goes_on
        });
        let mut sides = [there.collect(), here.iter().map(|h| (h.0, h.1)).collect()];
        sides.iter_mut().for_each(|side: &mut Vec<_>| side.sort());
        sides
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let start = -5_i64..80;
    let length = 1_i64..6;
    prop_oneof![
        (start.clone(), length.clone()).prop_map(|(s, l)| Step::AddThere(s, l)),
        (any::<usize>(), start, length.clone())
            .prop_map(|(w, s, l)| Step::ChangeThere(w, s, l)),
        any::<usize>().prop_map(Step::RemoveThere),
        (1_i64..80, length).prop_map(|(s, l)| Step::AddHere(s, l)),
        (any::<usize>(), 1_i64..9).prop_map(|(w, by)| Step::ChangeHere(w, by)),
        any::<usize>().prop_map(Step::CancelHere),
        (1_i64..5 * H).prop_map(Step::Wait),
        any::<bool>().prop_map(|note| Step::Round { note }),
    ]
}

proptest! {
    #[test]
    fn after_a_few_quiet_rounds_both_sides_say_the_same(
        steps in prop::collection::vec(any_step(), 0..40),
    ) {
        let mut world = World { now: NOW, ..World::default() };
        for step in steps {
            world.step(step);
        }
        let mut rounds = 0;
        while !world.round(true) {
            rounds += 1;
            prop_assert!(rounds < 4, "they never agree");
        }
        let [there, here] = world.live();
        prop_assert_eq!(there, here);
    }

    #[test]
    fn a_row_excludes_no_time_without_notice_that_could_be_seen(
        steps in prop::collection::vec(any_step(), 0..40),
    ) {
        let mut world = World { now: NOW, ..World::default() };
        for step in steps {
            let before: Vec<Ours> = world.ours.iter().map(|(ours, _)| ours.clone()).collect();
            let is_round = matches!(step, Step::Round { .. });
            world.step(step);
            for (ours, _) in world.ours.iter().filter(|_| is_round) {
                let earlier = before.iter().find(|earlier| earlier.id == ours.id);
                let inside = |earlier: &Ours| {
                    ours.terms.start >= earlier.terms.start && ours.end() <= earlier.end()
                };
                let seen_there = world.rows.iter().any(|row| {
                    row.terms == ours.terms && row.created_at == Some(ours.announced_at)
                });
                prop_assert!(
                    ours.announced_at == world.now
                        || earlier.is_some_and(inside)
                        || earlier.is_none() && seen_there,
                    "{ours:?} was {earlier:?}"
                );
            }
        }
    }
}
