//! `everup import` as it is typed.

use crate::elsewhere::at;
use crate::kuma::{Kuma, UP};
use std::path::Path;
use std::process::{Command, Output};

fn everup(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_everup"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[tokio::test]
async fn the_command_line_takes_a_history_over() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = "[[monitor]]\nid = \"api\"\nurl = \"https://api.example.com/health\"\n";
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let mut kuma = Kuma::new(folder).await;
    let blog = kuma.monitor("Blog", "https://blog.example.com/", "http").await;
    kuma.beat(blog, at(2, 0), UP).await;
    let api = kuma.monitor("The API", "https://api.example.com/health", "http").await;
    kuma.day(api, at(0, 0), 1_439, 1).await;
    kuma.beat(api, at(2, 0), UP).await;
    kuma.stop().await;

    let (code, printed, said) = everup(folder, &["import", "kuma", "kuma.db"]);
    assert_eq!((code, &*printed), (1, ""));
    assert!(said.contains("1 of 2 monitors have no counterpart here"), "{said}");
    assert!(said.contains("--map \"Blog=ID\""), "{said}");

    let taken = everup(folder, &["import", "kuma", "kuma.db", "--only-mapped"]);
    let expected = "imported 1 check, 1 count beside the figure\n\
                    left out, for want of a counterpart: Blog\n";
    assert_eq!(taken, (0, expected.to_owned(), String::new()));

    // A file of lines that is called like a source.
    let (_, lines, _) = everup(folder, &["export"]);
    std::fs::write(folder.join("kuma"), &lines).unwrap();
    let again = everup(folder, &["import", "./kuma"]);
    let known = "imported 0 checks (1 was there already)\n".to_owned();
    assert_eq!(again, (0, known, String::new()));
    let elsewhere = everup(folder, &["--store", "other.db", "import", "./kuma"]);
    assert!(elsewhere.1.starts_with("imported 1 check, 1 count "), "{elsewhere:?}");
    assert_eq!(everup(folder, &["--store", "other.db", "export"]).1, lines);

    std::fs::write(folder.join("logs.json"), include_str!("answer.json")).unwrap();
    let said =
        ["import", "uptimerobot", "logs.json", "--map", "777749809=api", "--only-mapped"];
    let taken = everup(folder, &said);
    let expected = "imported 0 checks, 6 stretches beside the figure\n\
                    left out, for want of a counterpart: Site\n";
    assert_eq!(taken, (0, expected.to_owned(), String::new()));
}
