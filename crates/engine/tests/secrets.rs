//! Secrets through the engine: written, read, listed, hidden, brought back.

use strongroom_core::model::{Selector, VersionNumber};
use strongroom_engine::Kind;
use strongroom_testkit::TestRoom;

#[test]
fn what_is_written_is_read_back_by_version() {
    let room = TestRoom::new();
    let owner = room.owner();
    assert_eq!(owner.put("secret/app/KEY", "first").expect("writes"), VersionNumber(1));
    assert_eq!(owner.put("secret/app/KEY", "second").expect("writes"), VersionNumber(2));
    assert_eq!(owner.read("secret/app/KEY").expect("reads"), "second");
    let first = owner.read_version("secret/app/KEY", Selector::Number(VersionNumber(1)));
    assert_eq!(first.expect("reads"), "first");
}

#[test]
fn what_is_not_there_is_not_found() {
    let error = TestRoom::new().owner().read("secret/app/KEY").expect_err("is not there");
    assert_eq!(error.kind(), Kind::NotFound);
}
