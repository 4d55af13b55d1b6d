//! What the style sheet says for paper and for narrow windows, as far as a rule of one is
//! undone or needed by another.

const STYLE: &str = include_str!("../../assets/style.css");

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
