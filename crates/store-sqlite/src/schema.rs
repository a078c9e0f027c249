//! The tables, and how a file from an older version of the program gets them.
//!
//! # Adding a version
//! A file in `migrations/` and its line in [`MIGRATIONS`]; what it adds or drops in [`OBJECTS`]; a fixture of
//! the version before it in `tests/fixtures/`.

use rusqlite::{Connection, TransactionBehavior};

/// "STRG" in the file's header: SQLite's mark of the program that a database belongs to.
pub(crate) const APPLICATION_ID: i32 = 0x5354_5247;

/// Version n of the schema is what the first n of these make.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_records.sql")];

/// The version of the schema this program writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// All that the schema may hold, as type and name. A file with anything else, a trigger above all, is refused.
const OBJECTS: &[(&str, &str)] = &[
    ("index", "sqlite_autoindex_deletions_1"),
    ("index", "sqlite_autoindex_records_1"),
    ("table", "deletions"),
    ("table", "meta"),
    ("table", "records"),
];

/// Make the tables in an empty database.
pub(crate) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate_with(connection, MIGRATIONS)?;
    connection.pragma_update(None, "journal_mode", "WAL")
}

/// Bring the tables to [`SCHEMA_VERSION`], all steps in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    migrate_with(connection, MIGRATIONS)
}

fn migrate_with(connection: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have done it while this one waited.
    let found = version(&transaction)? as usize;
    for migration in migrations.iter().skip(found) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", migrations.len().max(found) as u32)?;
    transaction.commit()
}

/// The version of the schema the file has.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// What the schema has and should not, or should have and has not, in words.
pub(crate) fn foreign_object(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement =
        connection.prepare("SELECT type, name FROM sqlite_schema ORDER BY type, name")?;
    let found = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    let known = |(kind, name): &(String, String)| OBJECTS.contains(&(kind, name));
    if let Some((kind, name)) = found.iter().find(|object| !known(object)) {
        return Ok(Some(format!("it has the {kind} {name}, which is not Strongroom's")));
    }
    let missing = |(kind, name): &&(&str, &str)| {
        !found.iter().any(|(found_kind, found_name)| found_kind == kind && found_name == name)
    };
    Ok(OBJECTS.iter().find(missing).map(|(kind, name)| format!("it lacks the {kind} {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &str = "CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES ('moved');";

    #[test]
    fn a_fresh_database_has_exactly_the_known_objects() {
        let mut connection = Connection::open_in_memory().unwrap();
        create(&mut connection).unwrap();
        assert_eq!(foreign_object(&connection).unwrap(), None);
        assert_eq!(version(&connection).unwrap(), SCHEMA_VERSION);
    }

    #[test]
    fn an_older_database_gets_the_missing_steps_only() {
        let mut connection = Connection::open_in_memory().unwrap();
        create(&mut connection).unwrap();
        connection.execute("UPDATE meta SET value = 7 WHERE name = 'revision'", []).unwrap();
        let steps: Vec<&str> = MIGRATIONS.iter().copied().chain([NEXT]).collect();
        migrate_with(&mut connection, &steps).unwrap();
        assert_eq!(version(&connection).unwrap(), SCHEMA_VERSION + 1);
        let kept: u64 = connection
            .query_row("SELECT value FROM meta WHERE name = 'revision'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 7);
        migrate_with(&mut connection, &steps).unwrap();
        let rows: u64 =
            connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "a second run does nothing");
    }

    #[test]
    fn a_failing_step_leaves_the_old_version() {
        let mut connection = Connection::open_in_memory().unwrap();
        create(&mut connection).unwrap();
        let steps: Vec<&str> =
            MIGRATIONS.iter().copied().chain([NEXT, "CREATE nonsense"]).collect();
        assert!(migrate_with(&mut connection, &steps).is_err());
        assert_eq!(version(&connection).unwrap(), SCHEMA_VERSION);
        assert_eq!(foreign_object(&connection).unwrap(), None);
    }

    #[test]
    fn a_trigger_is_named() {
        let mut connection = Connection::open_in_memory().unwrap();
        create(&mut connection).unwrap();
        connection
            .execute_batch("CREATE TRIGGER spy AFTER INSERT ON records BEGIN SELECT 1; END")
            .unwrap();
        let reason = foreign_object(&connection).unwrap().unwrap();
        assert!(reason.contains("trigger spy"), "{reason}");
    }
}
