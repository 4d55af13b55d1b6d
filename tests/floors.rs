//! The house stands: an import runs down, never up, never sideways between rooms of
//! one floor. `docs/architecture.md` says what lives where.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room and its floor, lowest first.
const FLOORS: &[&[&str]] = &[
    &["domain"],
    &["clock"],
    &["probe", "store", "supabase", "board", "vitals"],
    &["report", "transfer", "planning", "notify", "balance"],
    &["web", "engine"],
    &["config"],
    &["app", "demo"],
    &["cli"],
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a file names by `crate::room`, and the lines that do. Its tests at
/// the end may look wherever they need to.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let production = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    for (number, line) in production.lines().enumerate() {
        let code = line.split("//").next().unwrap_or(line);
        for (at, _) in code.match_indices("crate::") {
            let room: String = code[at + "crate::".len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            found.push((number + 1, room));
        }
    }
    found
}

#[test]
fn imports_only_run_down() {
    let floors: BTreeMap<&str, usize> = (FLOORS.iter().enumerate())
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut crossed = Vec::new();
    let mut seen = 0;
    for file in &files {
        let inside = file.strip_prefix(&root).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap();
        let room = first.trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let floor = floors.get(room).unwrap_or_else(|| panic!("{room} stands on no floor"));
        for (line, other) in imports(&fs::read_to_string(file).unwrap()) {
            seen += 1;
            let Some(below) = floors.get(other.as_str()) else {
                crossed.push(format!("{}:{line} names no room: {other}", inside.display()));
                continue;
            };
            if other != room && below >= floor {
                crossed.push(format!("{}:{line} reaches for {other}", inside.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were seen");
    assert!(crossed.is_empty(), "{}", crossed.join("\n"));
}

#[test]
fn an_import_is_found_wherever_it_stands() {
    let text = "use crate::domain::span;\nfn f() { crate::web::x(); } // crate::no\n";
    let found = vec![(1, "domain".to_owned()), (2, "web".to_owned())];
    assert_eq!(imports(text), found);
}
