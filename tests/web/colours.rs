//! The colours can be told apart by everyone (WCAG 2: text 4.5:1, marks 3:1).

use rstest::rstest;
use std::collections::BTreeMap;

const STYLE: &str = include_str!("../../assets/style.css");
const BARS: &str = include_str!("../../templates/bars.svg");
const FRAME: &str = include_str!("../../templates/frame.html");
const LEGEND: &str = include_str!("../../templates/legend.html");

/// The tokens of the block that follows `selector`.
fn tokens(selector: &str) -> BTreeMap<&'static str, &'static str> {
    let block = STYLE.split(selector).nth(1).unwrap();
    let block = block.split('}').next().unwrap();
    block
        .split(';')
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "))
        .collect()
}

fn luminance(colour: &str) -> f64 {
    let value = |range: std::ops::Range<usize>| {
        let share = f64::from(u8::from_str_radix(&colour[range], 16).unwrap()) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    assert_eq!(colour.len(), 7, "{colour}");
    0.2126 * value(1..3) + 0.7152 * value(3..5) + 0.0722 * value(5..7)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

const LIGHT: &str = ":root {";
const DARK: &str = ":root[data-theme=\"dark\"] {";

#[rstest]
#[case(LIGHT)]
#[case(DARK)]
fn text_and_marks_stand_out(#[case] theme: &str) {
    let tokens = tokens(theme);
    let check = |mark: &str, ground: &str, least: f64| {
        let contrast = contrast(tokens[mark], tokens[ground]);
        assert!(contrast >= least, "{theme} {mark} on {ground}: {contrast:.2}");
    };
    for text in ["ink", "muted", "accent", "down"] {
        check(text, "paper", 4.5);
        check(text, "raised", 4.5);
    }
    for mark in ["ok", "degraded", "down", "maintenance", "unknown", "paused"] {
        check(mark, "paper", 3.0);
    }
    check("down", "ok", 3.0);
}

/// Six colours cannot all stand 3:1 against paper and against each other, so those that
/// do not also differ by shape.
#[rstest]
#[case(LIGHT)]
#[case(DARK)]
fn marks_that_are_alike_in_brightness_differ_in_shape(#[case] theme: &str) {
    let tokens = tokens(theme);
    let mut alike = 0;
    let shapes = [
        ("ok", "plain"),
        ("down", "plain"),
        ("degraded", "notch"),
        ("maintenance", "stripes"),
        ("unknown", "hatch"),
        ("paused", "low"),
    ];
    for (index, (one, shape)) in shapes.iter().enumerate() {
        for (other, other_shape) in &shapes[index + 1..] {
            if contrast(tokens[one], tokens[other]) < 3.0 {
                assert_ne!(shape, other_shape, "{theme} {one} {other}");
                alike += 1;
            }
        }
    }
    assert!(alike > 0);
    for pattern in ["notch", "stripes", "hatch"] {
        assert!(BARS.contains(&format!("url(#{pattern})")), "{pattern}");
        assert!(FRAME.contains(&format!("<pattern id=\"{pattern}\"")), "{pattern}");
        assert!(LEGEND.contains(&format!("url(#{pattern})")), "{pattern}");
    }
}

#[test]
fn dark_is_the_same_by_wish_and_by_default() {
    let by_default = tokens(":root:not([data-theme=\"light\"]) {");
    assert_eq!(by_default.len(), 12);
    assert_eq!(by_default, tokens(DARK));
    assert_eq!(tokens(LIGHT).len(), 12);
}
