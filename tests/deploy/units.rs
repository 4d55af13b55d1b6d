//! The unit files, the `Dockerfile` and what `docs/deploy.md` says of them.

use super::proxy::{Kind, read};
use std::path::Path;

const SERVICES: [&str; 3] =
    ["systemd/everup.service", "systemd/everup@.service", "systemd/everup-balance.service"];

fn docs() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy.md");
    std::fs::read_to_string(path).unwrap()
}

/// From the line that begins so to its section's end.
fn from<'a>(text: &'a str, begin: &str) -> &'a str {
    let at = text.find(begin).unwrap_or_else(|| panic!("there is no {begin:?}"));
    text[at..].split("\n[").next().unwrap()
}

#[test]
fn every_service_may_do_as_little_as_the_others() {
    let [one, rest @ ..] = SERVICES.map(read);
    let one = from(&one, "# What it may do");
    assert!(one.lines().count() > 30, "{one}");
    for other in &rest {
        assert_eq!(one, from(other, "# What it may do"));
    }
}

#[test]
fn the_template_differs_from_the_one_in_nothing_but_its_port() {
    let (one, template) = (read(SERVICES[0]), read(SERVICES[1]));
    let template = template
        .replace("everup@%i.socket", "everup.socket")
        .replace(", on port %i", "");
    assert_eq!(one, template);
    let (one, template) = (read("systemd/everup.socket"), read("systemd/everup@.socket"));
    assert_eq!(
        one,
        template.replace("127.0.0.1:%i", "127.0.0.1:8000").replace(", port %i", "")
    );
}

#[test]
fn the_documentation_has_the_files_as_they_are() {
    let docs = docs();
    let mut files = vec!["compose.yaml".to_owned()];
    for kind in [Kind::Nginx, Kind::Haproxy, Kind::Caddy] {
        let of = kind.files();
        files.extend([of.pair.to_owned(), of.one_tls.to_owned()]);
    }
    for file in files {
        let text = read(&file);
        assert!(docs.contains(&format!("\n{}```", text)), "{file} is quoted otherwise");
        assert!(docs.contains(&format!("deploy/{file}")), "{file} is not named");
    }
}
