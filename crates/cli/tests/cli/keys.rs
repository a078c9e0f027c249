//! Seals and rekey.

use super::place::{Place, run_with_input};

fn with_passphrase(place: &Place, passphrase: &str, arguments: &[&str]) -> super::place::Done {
    run_with_input(place.command().env("STRONGROOM_PASSPHRASE", passphrase).args(arguments), b"")
}

#[test]
fn a_passphrase_opens_the_store_and_a_wrong_one_does_not() {
    let place = Place::empty();
    with_passphrase(&place, "correct", &["init", "--seal", "passphrase"]).expect_code(0);
    assert!(!place.home().join("store.key").exists());
    with_passphrase(&place, "correct", &["set", "KEY", "v"]).expect_code(0);
    let wrong = with_passphrase(&place, "wrong", &["get", "KEY"]).expect_code(1);
    assert_eq!(wrong.expect_err("the passphrase is wrong").out, "");
    place.refused(&["get", "KEY"], "--passphrase-file");
    place.write("pass", "correct\n");
    assert_eq!(place.ok(&["get", "KEY", "--passphrase-file", "pass"]).out, "v");
}

#[test]
fn enough_shares_open_the_store_and_fewer_do_not() {
    let place = Place::empty();
    let shares = place.ok(&["init", "--seal", "shamir", "--shares", "3", "--threshold", "2"]).out;
    let shares: Vec<_> = shares.lines().collect();
    assert_eq!(shares.len(), 3);
    let file = |chosen: &[usize]| -> String {
        chosen.iter().map(|&index| format!("{}\n", shares[index])).collect()
    };
    place.write("two", &file(&[2, 0]));
    place.write("one", &file(&[1]));
    place.write("twice", &file(&[1, 1]));
    place.ok(&["set", "KEY", "v", "--unseal-shares-file", "two"]);
    place.refused(
        &["get", "KEY", "--unseal-shares-file", "one"],
        "2 shares are needed and 1 were given",
    );
    place.refused(&["get", "KEY", "--unseal-shares-file", "twice"], "share 2 is the same");
    let unfit = place.run(&[
        "rekey",
        "--seal",
        "shamir",
        "--threshold",
        "9",
        "--unseal-shares-file",
        "two",
    ]);
    unfit.expect_code(2).expect_err("threshold");
}

#[test]
fn a_rekey_changes_the_key_and_keeps_the_secrets() {
    let place = Place::with(&[("KEY", "v")]);
    let key = place.home().join("store.key");
    let old = std::fs::read(&key).expect("is read");
    place.ok(&["rekey"]);
    assert_ne!(std::fs::read(&key).expect("is read"), old);
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
    std::fs::write(&key, old).expect("is written");
    place.refused(&["get", "KEY"], "is not this store's");
}

#[test]
fn a_rekey_to_another_seal_needs_the_new_one_from_then_on() {
    let place = Place::with(&[("KEY", "v")]);
    let mut command = place.command();
    command.env("STRONGROOM_NEW_PASSPHRASE", "new").args(["rekey", "--seal", "passphrase"]);
    run_with_input(&mut command, b"").expect_code(0);
    assert_eq!(with_passphrase(&place, "new", &["get", "KEY"]).expect_code(0).out, "v");
    with_passphrase(&place, "old", &["get", "KEY"]).expect_code(1);
}

#[test]
fn a_rotated_data_key_encrypts_every_record_anew() {
    let place = Place::with(&[("KEY", "v"), ("KEY", "w"), ("OTHER", "x")]);
    place.ok(&["rekey", "--rotate-data-key"]).expect_err("the old ones are gone");
    assert_eq!(place.ok(&["get", "KEY"]).out, "w");
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "v");
    place.ok(&["doctor"]).expect_out("data key 2");
    place.ok(&["audit", "verify"]);
}

#[test]
fn a_rekey_broken_off_before_the_commit_changes_nothing() {
    let place = Place::with(&[("KEY", "v")]);
    let other = Place::with(&[]);
    // What is on disk after a crash between writing the new key and the commit.
    std::fs::copy(other.home().join("store.key"), place.home().join("store.key.new"))
        .expect("is copied");
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
    place.ok(&["rekey"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
}

#[test]
fn a_change_to_a_key_file_broken_off_after_the_commit_is_finished_by_the_next_command() {
    let place = Place::empty();
    with_passphrase(&place, "old", &["init", "--seal", "passphrase"]).expect_code(0);
    with_passphrase(&place, "old", &["set", "KEY", "v"]).expect_code(0);
    with_passphrase(&place, "old", &["rekey", "--seal", "keyfile"]).expect_code(0);
    let (key, new) = (place.home().join("store.key"), place.home().join("store.key.new"));
    std::fs::rename(&key, &new).expect("is renamed");
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
    assert!(key.exists() && !new.exists());
}

#[test]
fn a_rekey_broken_off_after_the_commit_is_finished_by_the_next_command() {
    let place = Place::with(&[("KEY", "v")]);
    let (key, new) = (place.home().join("store.key"), place.home().join("store.key.new"));
    let old = std::fs::read(&key).expect("is read");
    place.ok(&["rekey"]);
    // What is on disk after a crash between the commit and the renaming.
    std::fs::rename(&key, &new).expect("is renamed");
    super::store::write_private(&key, &old);
    place.ok(&["audit", "verify"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
    assert!(!new.exists());
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
}
