//! docs/reference/native-api.md names every operation and what it takes.

use std::path::Path;

use strongroom_server::native::registry::OPERATIONS;
use strongroom_wire::{Kind, WatchSecrets};

#[test]
fn the_reference_page_has_a_row_for_every_operation_and_every_kind_of_error() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/native-api.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    for entry in OPERATIONS {
        let kind = if entry.reads { "reads" } else { "changes" };
        let row = format!("| `{}` | {kind} | {} |", entry.name, entry.about);
        assert!(page.lines().any(|line| line.starts_with(&row)), "missing: {row}");
    }
    assert!(page.contains(WatchSecrets::NAME) && page.contains("`GET /api/v1/status`"));
    for kind in Kind::ALL {
        let row = format!("| `{kind}` | {} |", kind.status());
        assert!(page.lines().any(|line| line.starts_with(&row)), "missing: {row}");
    }
    let rows = page.lines().filter(|line| {
        line.starts_with("| `") && line.contains("| reads |") || line.contains("| changes |")
    });
    assert_eq!(rows.count(), OPERATIONS.len(), "a row of an operation that is not there");
}
