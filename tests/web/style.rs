//! What the style sheet says for paper and for narrow windows, as far as a rule of one is
//! undone or needed by another.

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/script.js");
const GROUP: &str = include_str!("../../templates/explain_group.html");
const DOSSIER: &str = include_str!("../../templates/dossier.html");
const PROOF: &str = include_str!("../../templates/proof.html");

/// The rules after `at`, up to where its block ends.
fn block(at: &str) -> &'static str {
    let (_, rest) = STYLE.split_once(at).unwrap();
    rest.split("\n}").next().unwrap()
}

/// A first column that stays in view while months scroll below it would cover them on
/// paper, where a table that scrolls in its window is printed whole.
#[test]
fn nothing_sticks_on_paper() {
    let paper = block("@media print {");
    let sticky = STYLE.lines().filter(|line| line.contains("position: sticky"));
    let mut count = 0;
    for line in sticky {
        let selector = line.split('{').next().unwrap().trim();
        let reset = format!("{selector} {{ position: static; }}");
        assert!(paper.contains(&reset), "{selector}");
        count += 1;
    }
    assert!(count > 0);
}

/// In a narrow window a check is a block of lines. Those of an explanation begin with a
/// name, those of a dossier with their instant, which has the place of the name.
#[test]
fn a_check_without_a_name_begins_with_its_instant_in_a_narrow_window() {
    let narrow = block("@media screen and (max-width: 600px) {");
    assert!(DOSSIER.contains("<tr role=\"row\"><td role=\"cell\" class=\"instant\">"));
    for rule in [
        ".checks thead { position: absolute;",
        ".checks .instant:first-child { grid-area: 1 / 1; }",
        ".checks .verdict { grid-area: 1 / 2; }",
        ".checks .instant:first-child ~ .number { grid-area: 2 / 2; }",
        ".checks .instant:first-child ~ .reason { grid-area: 2 / 1; }",
    ] {
        assert!(narrow.contains(rule), "{rule}");
    }
}

/// Somebody in another zone reads a dossier beside a report, which has the report's zone.
#[test]
fn a_dossier_says_its_times_in_both_zones() {
    assert!(SCRIPT.contains("time.closest(\".outages, .both\")"));
    let pages = [DOSSIER, PROOF].into_iter();
    let places = pages.flat_map(|page| ["<dl ", "<table"].map(|tag| page.split(tag).skip(1)));
    for place in places.flatten().map(|place| place.split('>').next().unwrap()) {
        let is_told = place.contains("both\"") || place.contains("\"outages\"");
        assert!(is_told || place.contains("\"headers\""), "{place}");
    }
}

/// The uptime of a member is in sight, however long its name is.
#[test]
fn the_name_of_a_member_is_broken_where_it_is_long() {
    assert!(GROUP.contains("<table class=\"members stack\" "));
    let rule = STYLE.split(".members tbody th {").nth(1).unwrap();
    let rule = rule.split('}').next().unwrap();
    assert!(rule.contains("white-space: normal") && rule.contains("overflow-wrap: anywhere"));
}

/// Whoever adds the classes up has them on one page.
#[test]
fn a_sum_is_on_one_page() {
    let paper = block("@media print {");
    let whole = paper
        .lines()
        .find(|line| line.contains("{ break-inside: avoid; }"))
        .unwrap();
    assert!(whole.contains(".addition") && whole.contains(".worked > div"), "{whole}");
}
