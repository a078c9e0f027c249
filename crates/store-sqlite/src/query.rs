//! The statements that read.

use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};
use strongroom_store::{Entry, Event, Key, Page, Range, Revision};

use crate::error::damaged;

/// Changes in one answer of a watch.
const EVENTS_MAX: usize = 1_000;
/// A change's number is its revision times this, and its place in the batch.
const PLACES: i64 = 1_024;
/// The largest revision there is a number for.
const REVISION_MAX: i64 = i64::MAX / PLACES - 1;

/// The number of a change. `place` is less than 1,024.
pub(crate) fn number(revision: Revision, place: usize) -> i64 {
    let revision = i64::try_from(revision.0).unwrap_or(REVISION_MAX).min(REVISION_MAX);
    revision * PLACES + place as i64
}

pub(crate) fn revision(column: usize, number: i64) -> rusqlite::Result<Revision> {
    u64::try_from(number / PLACES)
        .map(Revision)
        .map_err(|_| damaged(column, format!("{number} is not the number of a change")))
}

// The index on the key leads to a row of the table, and the row has its key too. When pages were swapped, the
// index can lead to another row, or to none: both keys are read and must be equal.

const GET: &str = "SELECT i.id, i.key, t.key, t.value
    FROM records AS i LEFT JOIN records AS t ON t.id = i.id WHERE i.key = ?1";

pub(crate) fn get(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Entry>> {
    let found = connection.prepare_cached(GET)?.query_row([key.as_str()], entry).optional()?;
    match found {
        Some(entry) if entry.key != *key => {
            Err(damaged(1, format!("the index leads to {} instead", entry.key)))
        }
        found => Ok(found),
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let key = key(row, 1)?;
    match row.get_ref(2)? {
        ValueRef::Text(text) if text == key.as_str().as_bytes() => {}
        _ => return Err(damaged(2, format!("the index leads from {key} to another record"))),
    }
    Ok(Entry { key, value: bytes(row, 3)?, revision: revision(0, row.get(0)?)? })
}

fn bare_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let revision = revision(0, row.get(0)?)?;
    Ok(Entry { key: key(row, 1)?, value: Arc::default(), revision })
}

/// The revision of the record at `key`.
pub(crate) fn found(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Revision>> {
    connection
        .prepare_cached("SELECT id FROM records WHERE key = ?1")?
        .query_row([key.as_str()], |row| revision(0, row.get(0)?))
        .optional()
}

const LIST: &str = "SELECT i.id, i.key, t.key, t.value
    FROM records AS i LEFT JOIN records AS t ON t.id = i.id
    WHERE i.key >= ?1 AND i.key < ?2 ORDER BY i.key LIMIT ?3";
const LIST_KEYS: &str =
    "SELECT id, key FROM records WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3";

pub(crate) fn list(connection: &Connection, range: &Range) -> rusqlite::Result<Page> {
    let from = match &range.after {
        // The smallest text that is larger.
        Some(after) if *after >= range.prefix => format!("{after}\0"),
        _ => range.prefix.clone(),
    };
    // Every text is smaller than every blob.
    let to = successor(&range.prefix).map_or(Value::Blob(Vec::new()), Value::Text);
    let limit = range.limit();
    let (sql, entry): (_, fn(&Row<'_>) -> _) =
        if range.keys_only { (LIST_KEYS, bare_entry) } else { (LIST, entry) };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((from, to, limit + 1), entry)?;
    let mut entries = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let ordered = entries.is_sorted_by(|earlier, later| earlier.key < later.key);
    if !ordered || entries.iter().any(|entry| !entry.key.as_str().starts_with(&range.prefix)) {
        return Err(damaged(1, "the index on the keys is not in order"));
    }
    let more = entries.len() > limit;
    entries.truncate(limit);
    Ok(Page { entries, more })
}

/// The smallest text that is larger than every text that begins with `prefix`, if there is one.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            _ => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

/// What a watch learns at one point in time.
pub(crate) enum Changes {
    Compacted,
    Events(Vec<Event>),
}

/// The changes after a revision, oldest first; a batch is never cut.
pub(crate) fn changes(connection: &Connection, after: Revision) -> rusqlite::Result<Changes> {
    // One transaction: what was compacted and what is left belong together.
    let transaction = connection.unchecked_transaction()?;
    if after < meta(&transaction, "compacted")? {
        return Ok(Changes::Compacted);
    }
    let mut statement = transaction.prepare_cached(
        "SELECT id, key, 1 FROM records WHERE id > ?1
         UNION ALL SELECT id, key, 0 FROM deletions WHERE id > ?1
         ORDER BY id LIMIT ?2",
    )?;
    let last_seen = number(after, PLACES as usize - 1);
    let rows = statement.query_map((last_seen, EVENTS_MAX + 1), |row| {
        Ok(Event { key: key(row, 1)?, revision: revision(0, row.get(0)?)?, present: row.get(2)? })
    })?;
    let mut events = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    if events.len() > EVENTS_MAX
        && let Some(cut) = events.last().map(|event| event.revision)
    {
        events.retain(|event| event.revision != cut);
    }
    Ok(Changes::Events(events))
}

/// A row of the table `meta`.
pub(crate) fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Revision> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0).map(Revision))
}

fn key(row: &Row<'_>, column: usize) -> rusqlite::Result<Key> {
    let text = row.get_ref(column)?.as_str()?;
    Key::new(text).map_err(|error| damaged(column, error.to_string()))
}

fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<[u8]>> {
    match row.get_ref(column)? {
        ValueRef::Blob(bytes) => Ok(bytes.into()),
        other => {
            Err(damaged(column, format!("a value is {} instead of a blob", other.data_type())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_compiled_once_for_all_keys() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        crate::schema::create(&mut Connection::open(&path).unwrap()).unwrap();
        let access = crate::connection::Access::ReadWrite;
        let busy_timeout = std::time::Duration::ZERO;
        let source = crate::connection::Source { path, access, busy_timeout };
        let connection = source.connect().unwrap();
        for name in ["a", "b", "c"] {
            assert_eq!(get(&connection, &Key::new(name).unwrap()).unwrap(), None);
            assert!(list(&connection, &Range::prefix(name)).unwrap().entries.is_empty());
        }
        for sql in [GET, LIST] {
            let statement = connection.prepare_cached(sql).unwrap();
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0, "{sql}");
            assert!(statement.get_status(rusqlite::StatementStatus::Run) > 0, "it was cached");
        }
    }

    #[test]
    fn successors_are_the_smallest_text_past_a_prefix() {
        assert_eq!(successor(""), None);
        assert_eq!(successor("a/"), Some("a0".into()));
        assert_eq!(successor("é"), Some("ê".into()));
        assert_eq!(successor("\u{d7ff}"), Some("\u{e000}".into()));
        assert_eq!(successor("a\u{10ffff}"), Some("b".into()));
        assert_eq!(successor("\u{10ffff}\u{10ffff}"), None);
    }

    #[test]
    fn numbers_keep_the_order_of_revisions_and_never_overflow() {
        assert!(number(Revision(1), 1_023) < number(Revision(2), 0));
        assert!(number(Revision(u64::MAX), 1_023) > number(Revision(1 << 52), 0));
        assert_eq!(revision(0, number(Revision(77), 5)).unwrap(), Revision(77));
        assert!(revision(0, -1_024).is_err());
    }
}
