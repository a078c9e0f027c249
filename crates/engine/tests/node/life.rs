use std::sync::Arc;

use strongroom_core::crypto::seal::{
    PassphraseParameters, SealMethod, UnsealKey, key_from_passphrase, write_keyfile,
};
use strongroom_core::secret::{Passphrase, SecretValue};
use strongroom_engine::audit::verify;
use strongroom_engine::operations::PutSecret;
use strongroom_engine::{Closed, Kind, Node, initialise};
use strongroom_store::Store;
use strongroom_store::memory::MemoryStore;
use strongroom_testkit::{TestNode, payload};

use super::{is_root, unseal};

#[test]
fn a_store_is_given_keys_opened_sealed_and_opened_again() {
    let test = TestNode::new();
    let node = &*test.node;
    assert_eq!(node.engine().err(), Some(Closed::NotInitialised));
    let status = node.status().expect("reads");
    assert!(!status.is_initialised && status.is_sealed && status.method.is_none());
    let made = node.initialise(5, 3, &test.anonymous()).expect("initialises");
    assert_eq!(made.shares.len(), 5);
    assert_eq!(node.engine().err(), Some(Closed::Sealed));
    let second = test.bring(node, &made.shares[1]).expect("is a share");
    assert_eq!((second.progress, second.is_sealed, second.store_id), (1, true, None));
    let third = test.bring(node, &made.shares[4]).expect("is a share");
    assert_eq!((third.progress, &third.nonce), (2, &second.nonce));
    let open = test.bring(node, &made.shares[0]).expect("is a share");
    assert_eq!((open.progress, open.is_sealed, open.nonce.as_str()), (0, false, ""));
    assert!(open.store_id.is_some());
    assert!(is_root(&test, node, &made.root_token).expect("is known"));
    let engine = node.engine().expect("is open");
    let root = test.with_token(&made.root_token);
    engine.execute(&root, &PutSecret::new("secret/a/A", payload("1"))).expect("writes");
    node.seal(&root).expect("seals");
    assert_eq!(node.engine().err(), Some(Closed::Sealed));
    let late = engine.execute(&root, &PutSecret::new("secret/a/A", payload("2")));
    assert_eq!(late.expect_err("who held the engine").kind(), Kind::Sealed);
    assert!(unseal(&test, node, &made.shares[2..]).expect("are shares"));
    assert_eq!(node.status().expect("reads").store_id, open.store_id);
    assert!(is_root(&test, node, &made.root_token).expect("is known"));
}

#[test]
fn a_part_for_an_open_node_changes_nothing() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let before = test.audit().len();
    assert!(!test.bring(&test.node, &made.shares[2]).expect("answers").is_sealed);
    let garbage = SecretValue::new(vec![0xff; 5_000]);
    assert!(!test.node.unseal(&garbage, &test.anonymous()).expect("answers").is_sealed);
    assert_eq!(test.node.reset_unseal().expect_err("is open").kind(), Kind::InvalidRequest);
    assert_eq!(test.audit().len(), before);
}

#[test]
fn a_share_counts_once_and_parts_can_be_forgotten() {
    let test = TestNode::new();
    let made = test.node.initialise(5, 3, &test.anonymous()).expect("initialises");
    let progress =
        |index: usize| test.bring(&test.node, &made.shares[index]).expect("is a share").progress;
    assert_eq!([progress(0), progress(0), progress(1), progress(0)], [1, 1, 2, 2]);
    let hex = made.shares[1].to_hex().expect("a share").to_uppercase();
    let again = test.node.unseal(&SecretValue::from(hex), &test.anonymous()).expect("is a share");
    assert_eq!(again.progress, 2, "the same in another spelling");
    assert_eq!(test.node.reset_unseal().expect("resets").progress, 0);
    assert_eq!(progress(1), 1);
}

#[test]
fn shares_of_another_store_open_nothing_and_all_parts_are_forgotten() {
    let (test, other) = (TestNode::new(), TestNode::new());
    let made = test.node.initialise(3, 2, &test.anonymous()).expect("initialises");
    let _ = strongroom_core::random::array::<40>(&*other.random);
    let foreign = other.node.initialise(3, 2, &other.anonymous()).expect("initialises");
    for wrong in [&foreign.shares[1], &foreign.shares[0]] {
        test.bring(&test.node, &made.shares[0]).expect("is a share");
        let error = test.bring(&test.node, wrong).expect_err("is wrong");
        assert_eq!(error.kind(), Kind::InvalidRequest);
        assert!(error.to_string().contains("forgotten"), "{error}");
        assert_eq!(test.node.status().expect("reads").progress, 0);
        assert!(test.node.engine().is_err());
    }
    assert!(unseal(&test, &test.node, &made.shares).expect("are shares"));
    let log = test.audit();
    let opened = log.iter().find(|entry| entry.operation.as_deref() == Some("unseal"));
    let opened = opened.expect("the log tells that it was opened");
    assert_eq!(opened.fields.get("failed_attempts").map(String::as_str), Some("2"));
}

#[test]
fn garbage_neither_counts_nor_resets() {
    let test = TestNode::new();
    let made = test.node.initialise(3, 2, &test.anonymous()).expect("initialises");
    test.bring(&test.node, &made.shares[0]).expect("is a share");
    let zero = "00".repeat(33);
    let (short, long) = ("ab".repeat(32), "ab".repeat(34));
    for garbage in ["", "x", "\u{0}", "Grüße", &zero, &short, &long, &"A".repeat(4_096)] {
        let error = test.node.unseal(&SecretValue::from(garbage.to_owned()), &test.anonymous());
        assert_eq!(error.expect_err(garbage).kind(), Kind::InvalidRequest);
        assert_eq!(test.node.status().expect("reads").progress, 1, "{garbage}");
    }
    assert!(unseal(&test, &test.node, &made.shares[1..]).expect("are shares"));
}

#[test]
fn numbers_that_cannot_be_make_no_store() {
    let test = TestNode::new();
    for (shares, threshold, words) in [
        (0, 0, "shares must be at least one"),
        (-1, 1, "shares must be at least one"),
        (5, 0, "threshold must be at least one"),
        (5, 1, "threshold must be greater than one for multiple shares"),
        (2, 3, "threshold cannot be larger than shares"),
        (256, 3, "shares must be less than 256"),
        (i64::MAX, i64::MAX, "shares must be less than 256"),
        (i64::MIN, i64::MIN, "shares must be at least one"),
    ] {
        let error = test.node.initialise(shares, threshold, &test.anonymous());
        let error = error.expect_err(words);
        assert_eq!(error.to_string(), format!("invalid seal configuration: {words}"));
    }
    assert!(!test.node.status().expect("reads").is_initialised);
    for (shares, threshold) in [(1, 1), (255, 255)] {
        let test = TestNode::new();
        let made = test.opened(shares, threshold);
        assert_eq!(made.shares.len(), usize::try_from(shares).expect("a small number"));
    }
}

#[test]
fn a_store_is_given_keys_once_whoever_asks() {
    let test = TestNode::new();
    let second = test.another_on(&test.store);
    let initialise =
        |node: &Node| node.initialise(3, 2, &test.anonymous()).map(|made| made.shares.len());
    let made: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = [&*test.node, &second, &test.node, &second]
            .map(|node| scope.spawn(move || initialise(node)))
            .into();
        asked.into_iter().map(|thread| thread.join().expect("ends")).collect()
    });
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    for error in made.into_iter().filter_map(Result::err) {
        assert_eq!(error.kind(), Kind::AlreadyExists);
    }
    for node in [&*test.node, &second] {
        assert_eq!(node.engine().err(), Some(Closed::Sealed));
    }
}

#[test]
fn the_log_tells_of_the_first_keys_and_of_every_opening_and_sealing() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = test.with_token(&made.root_token);
    test.node.seal(&root).expect("seals");
    assert!(unseal(&test, &test.node, &made.shares).expect("are shares"));
    let operations: Vec<_> = test.audit().iter().filter_map(|e| e.operation.clone()).collect();
    assert_eq!(operations, ["initialise", "unseal", "version-note", "seal", "unseal"]);
    let anchors = test.node.engine().expect("is open").anchors().expect("anchors");
    verify(&test.directory.path().join("audit"), &anchors.expectations()).expect("is whole");
    let log = std::fs::read_dir(test.directory.path().join("audit")).expect("reads");
    for file in log.map(|entry| std::fs::read(entry.expect("a file").path()).expect("reads")) {
        let text = String::from_utf8_lossy(&file).into_owned();
        assert!(!text.contains(made.root_token.expose_text().expect("text")));
        for share in &made.shares {
            assert!(!text.contains(share.expose_text().expect("text")));
        }
    }
}

#[test]
fn sealing_needs_a_token_that_may() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let error = test.node.seal(&test.anonymous()).expect_err("nobody may");
    assert_eq!(error.kind(), Kind::Forbidden);
    assert!(test.node.engine().is_ok());
    test.node.seal(&test.with_token(&made.root_token)).expect("seals");
    let sealed = test.node.seal(&test.with_token(&made.root_token)).expect_err("is sealed");
    assert_eq!(sealed.kind(), Kind::Sealed);
}

fn sealed_with(method: SealMethod, key: &UnsealKey) -> (TestNode, Node) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let test = TestNode::on(Arc::clone(&store));
    initialise(&*store, method, key, &*test.clock, &*test.random).expect("initialises");
    let node = Node::unsealed(test.parts_on(&store), key).expect("opens");
    (test, node)
}

#[test]
fn a_store_with_a_key_file_is_open_at_once_and_after_sealing_opens_with_the_key() {
    let key = UnsealKey::generate(&strongroom_testkit::SeededRandom::new(7));
    let (test, node) = sealed_with(SealMethod::Keyfile, &key);
    let owner = test.request(strongroom_engine::Principal::local_owner("owner").into());
    node.seal(&owner).expect("seals");
    let status = node.status().expect("reads");
    assert_eq!(status.method.as_ref().map(SealMethod::name), Some("keyfile"));
    let wrong = SecretValue::from("ab".repeat(32));
    assert_eq!(
        node.unseal(&wrong, &test.anonymous()).expect_err("wrong").kind(),
        Kind::InvalidRequest
    );
    let file = write_keyfile(&key);
    let digits = file.lines().find_map(|line| line.strip_prefix("strongroom-key-1 "));
    let digits = digits.and_then(|rest| rest.split(' ').next()).expect("the key's digits");
    let opened = node.unseal(&SecretValue::from(digits.to_owned()), &test.anonymous());
    assert!(!opened.expect("opens").is_sealed);
}

#[test]
fn a_store_with_a_passphrase_opens_with_the_passphrase() {
    let random = strongroom_testkit::SeededRandom::new(7);
    let parameters = PassphraseParameters::generate(&random);
    let passphrase = Passphrase::new(b"correct horse".to_vec());
    let key = key_from_passphrase(&passphrase, &parameters).expect("derives");
    let (test, node) = sealed_with(SealMethod::Passphrase(parameters), &key);
    let owner = test.request(strongroom_engine::Principal::local_owner("owner").into());
    node.seal(&owner).expect("seals");
    let wrong = node.unseal(&SecretValue::from("wrong".to_owned()), &test.anonymous());
    assert_eq!(wrong.expect_err("is wrong").kind(), Kind::InvalidRequest);
    let right = node.unseal(&SecretValue::from("correct horse".to_owned()), &test.anonymous());
    assert!(!right.expect("opens").is_sealed);
}

#[test]
fn a_node_with_threads_beside_it_seals_and_opens_again() {
    let key = UnsealKey::generate(&strongroom_testkit::SeededRandom::new(7));
    let (test, _) = sealed_with(SealMethod::Keyfile, &key);
    let parts = strongroom_engine::NodeParts { has_background: true, ..test.parts_on(&test.store) };
    let node = Node::unsealed(parts, &key).expect("opens");
    let owner = test.request(strongroom_engine::Principal::local_owner("owner").into());
    node.seal(&owner).expect("seals");
    assert_eq!(node.engine().err(), Some(Closed::Sealed));
}
