use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::BASE64_NOPAD;
use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::secret::SecretValue;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::{CreateToken, TokenParent, TokenRequest};
use strongroom_engine::operations::{PutSecret, Reseal};
use strongroom_engine::{
    Initialised, Kind, NewSeal, PARTS_BROUGHT_MAX, Principal, ROOT_TOKEN_CHARS, RekeyOutcome,
    Request,
};
use strongroom_store::{Batch, Key, Write};
use strongroom_testkit::{TestNode, part, payload};

use super::{is_root, unseal};

fn root(test: &TestNode, made: &Initialised) -> Request {
    test.with_token(&made.root_token)
}

/// The bearer of a token with this policy.
fn bearer(test: &TestNode, made: &Initialised, policy: &str) -> Request {
    let engine = test.node.engine().expect("is open");
    engine.execute(&root(test, made), &WritePolicy::new("some", policy)).expect("writes");
    let asked = TokenRequest { policies: Some(vec!["some".to_owned()]), ..TokenRequest::default() };
    let create = CreateToken::new(TokenParent::Caller, asked);
    let issued = engine.execute(&root(test, made), &create).expect("makes a token");
    test.with_token(&issued.text)
}

/// Bring the first `count` shares for new ones.
fn rekey(test: &TestNode, made: &Initialised, count: usize, verified: bool) -> RekeyOutcome {
    let root = root(test, made);
    let status = test.node.start_rekey((4, 2), verified, &root).expect("begins");
    let nonce = status.nonce.expect("a number");
    let mut outcome = None;
    for share in made.shares.iter().take(count) {
        outcome = Some(test.node.update_rekey(&nonce, &part(share), &root).expect("is a share"));
    }
    outcome.expect("one share at least")
}

fn new_seal(outcome: RekeyOutcome) -> (Arc<NewSeal>, Option<String>) {
    match outcome {
        RekeyOutcome::Made { new, verification_nonce, .. } => (new, verification_nonce),
        RekeyOutcome::Waits(status) => panic!("more shares are wanted: {status:?}"),
    }
}

#[test]
fn the_threshold_of_shares_and_a_token_make_a_root_token() {
    let test = TestNode::new();
    let made = test.opened(5, 3);
    let root = root(&test, &made);
    let started = test.node.start_root_generation(None, &root).expect("begins");
    let password = started.one_time_password.expect("is made");
    assert_eq!(password.expose().len(), ROOT_TOKEN_CHARS);
    let nonce = started.status.nonce.expect("a number");
    let mut last = None;
    for (index, share) in made.shares[2..].iter().enumerate() {
        let status = test.node.update_root_generation(&nonce, &part(share), &root).expect("counts");
        assert_eq!((status.progress, status.required), (index + 1, 3));
        last = status.encoded_token;
    }
    let hidden = BASE64_NOPAD.decode(last.expect("a token").as_bytes()).expect("base64");
    let token: Vec<u8> = hidden.iter().zip(password.expose()).map(|(a, b)| a ^ b).collect();
    assert!(token.starts_with(b"hvs.") && token.len() == ROOT_TOKEN_CHARS);
    assert!(is_root(&test, &test.node, &PlainToken::new(token)).expect("is known"));
    assert_eq!(test.node.root_generation(&root).expect("reads").nonce, None);
}

/// CVE-2026-5807: shares alone, or anybody at all, could begin and cancel these at OpenBao and Vault.
#[test]
fn cve_2026_5807_shares_without_a_token_do_nothing() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    let begun = test.node.start_root_generation(None, &root).expect("begins");
    let nonce = begun.status.nonce.expect("a number");
    let rekey = test.node.start_rekey((3, 2), false, &root).expect("begins").nonce.expect("one");
    let all_but_sudo = r#"path "sys/*" { capabilities = ["create", "read", "update", "delete"] }"#;
    let sudo_alone = r#"path "sys/*" { capabilities = ["sudo", "list"] }"#;
    let callers = [
        test.anonymous(),
        test.with_token(&PlainToken::new(b"hvs.nothing".to_vec())),
        bearer(&test, &made, all_but_sudo),
        bearer(&test, &made, sudo_alone),
    ];
    for caller in &callers {
        let node = &test.node;
        let mut errors = vec![
            node.root_generation(caller).map(drop),
            node.start_root_generation(None, caller).map(drop),
            node.cancel_root_generation(caller),
            node.rekey(caller).map(drop),
            node.start_rekey((3, 2), false, caller).map(drop),
            node.cancel_rekey(caller),
            node.rekey_verification(caller).map(drop),
            node.restart_rekey_verification(caller).map(drop),
            node.seal(caller),
        ];
        for share in &made.shares {
            errors.push(node.update_root_generation(&nonce, &part(share), caller).map(drop));
            errors.push(node.update_rekey(&rekey, &part(share), caller).map(drop));
            errors.push(node.verify_rekey(&rekey, &part(share), caller).map(drop));
        }
        for (index, asked) in errors.into_iter().enumerate() {
            let kind = asked.expect_err("is refused").kind();
            assert!(matches!(kind, Kind::Forbidden | Kind::Unauthenticated), "{index}: {kind}");
        }
    }
    assert_eq!(test.node.root_generation(&root).expect("reads").progress, 0);
    assert_eq!(test.node.rekey(&root).expect("reads").progress, 0);
}

#[test]
fn a_token_without_the_shares_makes_no_root_token() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    let begun = test.node.start_root_generation(None, &root).expect("begins");
    let nonce = begun.status.nonce.expect("a number");
    let foreign = TestNode::new();
    let _ = strongroom_core::random::array::<40>(&*foreign.random);
    let foreign = foreign.node.initialise(3, 2, &foreign.anonymous()).expect("initialises");
    let bring = |nonce: &str, share| test.node.update_root_generation(nonce, &part(share), &root);
    assert_eq!(bring(&nonce, &made.shares[0]).expect("counts").progress, 1);
    for (other, words) in [("", "incorrect nonce"), (&nonce, "already been provided")] {
        let error = bring(other, &made.shares[0]).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(test.node.root_generation(&root).expect("reads").progress, 1);
    }
    let wrong = bring(&nonce, &foreign.shares[1]).expect_err("is wrong");
    assert_eq!(wrong.kind(), Kind::InvalidRequest);
    assert_eq!(test.node.root_generation(&root).expect("reads").progress, 0);
    assert_eq!(bring(&nonce, &made.shares[0]).expect("counts").progress, 1);
    assert!(bring(&nonce, &made.shares[2]).expect("counts").encoded_token.is_some());
    let tokens = test.store.list(&strongroom_store::Range::prefix("token/")).expect("lists");
    assert_eq!(tokens.entries.len(), 2, "the first root token and this one");
}

#[test]
fn there_is_one_attempt_at_a_time_and_the_password_has_its_length() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    for length in [0, ROOT_TOKEN_CHARS - 1, ROOT_TOKEN_CHARS + 1, 4_000] {
        let password = SecretValue::new(vec![b'x'; length]);
        let error = test.node.start_root_generation(Some(password), &root).expect_err("refused");
        assert_eq!(error.to_string(), "OTP string is wrong length");
    }
    let password = SecretValue::new(vec![b'x'; ROOT_TOKEN_CHARS]);
    let begun = test.node.start_root_generation(Some(password), &root).expect("begins");
    assert!(begun.one_time_password.is_none(), "it is not told again");
    assert!(test.node.start_root_generation(None, &root).is_err());
    test.node.cancel_root_generation(&root).expect("ends");
    test.node.cancel_root_generation(&root).expect("there is none");
    let next = test.node.start_root_generation(None, &root).expect("begins");
    assert_ne!(next.status.nonce, begun.status.nonce);
}

#[test]
fn an_attempt_takes_so_many_parts_and_no_more() {
    let test = TestNode::new();
    let made = test.opened(255, 255);
    let root = root(&test, &made);
    let begun = test.node.start_root_generation(None, &root).expect("begins");
    let nonce = begun.status.nonce.expect("a number");
    let mut brought = 0;
    let refused = loop {
        let mut bytes = [1; 33];
        bytes[..8].copy_from_slice(&u64::to_be_bytes(brought));
        let share = SecretValue::from(data_encoding::HEXLOWER.encode(&bytes));
        match test.node.update_root_generation(&nonce, &share, &root) {
            Err(error) if error.to_string().contains("as many keys") => break brought,
            _ => brought += 1,
        }
    };
    assert_eq!(refused, PARTS_BROUGHT_MAX as u64);
}

/// Whoever can write the store can put a seal of their own there; it does not make them an operator.
#[test]
fn a_seal_that_was_put_into_the_store_makes_no_root_token() {
    let (test, evil) = (TestNode::new(), TestNode::new());
    let made = test.opened(3, 2);
    let _ = strongroom_core::random::array::<40>(&*evil.random);
    let theirs = evil.opened(3, 2);
    let root = root(&test, &made);
    let begun = test.node.start_root_generation(None, &root).expect("begins");
    let nonce = begun.status.nonce.expect("a number");
    let rekey = test.node.start_rekey((3, 2), false, &root).expect("begins").nonce.expect("one");
    let key = Key::new("sys/seal").expect("a key");
    let seal = evil.store.get(&key).expect("reads").expect("is there").value;
    let put = Batch { preconditions: vec![], writes: vec![Write::Put(key, seal)] };
    test.store.commit(put).expect("is written");
    for share in &theirs.shares[..2] {
        let first = test.node.update_root_generation(&nonce, &part(share), &root);
        let second = test.node.update_rekey(&rekey, &part(share), &root);
        assert!(first.is_err() || first.is_ok_and(|status| status.encoded_token.is_none()));
        assert!(!matches!(second, Ok(RekeyOutcome::Made { .. })));
    }
    assert_eq!(test.node.root_generation(&root).expect("reads").progress, 0);
}

#[test]
fn new_shares_replace_the_old_ones_and_the_node_stays_open() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    let engine = test.node.engine().expect("is open");
    engine.execute(&root, &PutSecret::new("secret/a/A", payload("1"))).expect("writes");
    let is_done = AtomicBool::new(false);
    let (new, _) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut written = 0;
            while !is_done.load(Ordering::SeqCst) || written < 3 {
                let put = PutSecret::new("secret/a/B", payload("2"));
                let engine = test.node.engine().expect("stays open");
                engine.execute(&root, &put).expect("is never refused");
                written += 1;
            }
        });
        let outcome = rekey(&test, &made, 2, false);
        is_done.store(true, Ordering::SeqCst);
        reader.join().expect("ends");
        new_seal(outcome)
    });
    assert_eq!(new.shares.len(), 4);
    assert!(is_root(&test, &test.node, &made.root_token).expect("is open"));
    test.node.seal(&root).expect("seals");
    let old = unseal(&test, &test.node, &made.shares).expect_err("the old ones are worth nothing");
    assert_eq!(old.kind(), Kind::InvalidRequest);
    test.node.reset_unseal().expect("resets");
    assert!(unseal(&test, &test.node, &new.shares[1..3]).expect("the new ones open it"));
    let again = test.another_on(&test.store);
    assert!(unseal(&test, &again, &new.shares[..2]).expect("as after a restart"));
}

#[test]
fn shares_that_are_to_be_shown_count_once_they_were_shown() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    let (new, nonce) = new_seal(rekey(&test, &made, 2, true));
    let first = nonce.expect("a number");
    let fresh = test.another_on(&test.store);
    assert!(unseal(&test, &fresh, &made.shares[..2]).expect("the old ones still open it"));
    let nonce = test.node.restart_rekey_verification(&root).expect("begins anew").nonce;
    let nonce = nonce.expect("a number");
    assert_ne!(nonce, first);
    let show = |nonce: &str, share| test.node.verify_rekey(nonce, &part(share), &root);
    assert!(show(&first, &new.shares[0]).is_err(), "the number before");
    assert_eq!(show(&nonce, &new.shares[0]).expect("counts").expect("waits").progress, 1);
    assert!(show(&nonce, &made.shares[1]).is_err(), "an old share");
    let status = test.node.rekey_verification(&root).expect("reads");
    assert_eq!((status.progress, status.threshold, status.shares), (0, 2, 4));
    assert!(show(&nonce, &new.shares[3]).expect("counts").is_some());
    assert_eq!(show(&nonce, &new.shares[0]).expect("counts"), None);
    assert!(is_root(&test, &test.node, &made.root_token).expect("is open"));
    assert!(test.node.rekey(&root).expect("reads").nonce.is_none());
    let again = test.another_on(&test.store);
    assert!(unseal(&test, &again, &new.shares[2..]).expect("the new ones open it"));
}

#[test]
fn giving_up_before_the_new_shares_were_shown_leaves_the_old_ones() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    let (new, nonce) = new_seal(rekey(&test, &made, 2, true));
    test.node.cancel_rekey(&root).expect("ends");
    let late = test.node.verify_rekey(&nonce.expect("one"), &part(&new.shares[0]), &root);
    assert_eq!(late.expect_err("has ended").kind(), Kind::InvalidRequest);
    let again = test.another_on(&test.store);
    assert!(unseal(&test, &again, &made.shares).expect("the old ones open it"));
}

#[test]
fn sealing_ends_what_has_begun() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let root = root(&test, &made);
    test.node.start_root_generation(None, &root).expect("begins");
    test.node.start_rekey((3, 2), false, &root).expect("begins");
    test.node.seal(&root).expect("seals");
    assert_eq!(test.node.rekey(&root).expect_err("is sealed").kind(), Kind::Sealed);
    assert!(unseal(&test, &test.node, &made.shares).expect("are shares"));
    assert_eq!(test.node.root_generation(&root).expect("reads").nonce, None);
    assert_eq!(test.node.rekey(&root).expect("reads").nonce, None);
}

#[test]
fn a_node_whose_store_got_other_keys_elsewhere_is_sealed_and_opens_with_those() {
    let test = TestNode::new();
    let made = test.opened(3, 2);
    let other = test.another_on(&test.store);
    assert!(unseal(&test, &other, &made.shares).expect("are shares"));
    let (new, _) = new_seal(rekey(&test, &made, 2, false));
    let put = PutSecret::new("secret/a/A", payload("1"));
    let engine = other.engine().expect("does not know it yet");
    let error = engine.execute(&root(&test, &made), &put).expect_err("is sealed");
    assert_eq!(error.kind(), Kind::Sealed);
    assert!(other.status().expect("reads").is_sealed);
    assert!(unseal(&test, &other, &new.shares).expect("are shares"));
}

#[test]
fn the_key_of_a_key_file_is_its_one_share() {
    let room = strongroom_testkit::TestRoom::new();
    let node = strongroom_engine::Node::open(Arc::clone(&room.engine));
    let key = UnsealKey::generate(&strongroom_testkit::SeededRandom::new(5));
    let owner =
        Request::new(Principal::local_owner("owner"), strongroom_engine::Door::Cli, &*room.random);
    room.owner().ask(&Reseal { method: SealMethod::Keyfile, key: &key }).expect("reseals");
    room.engine.unseal(&key).expect("unseals");
    let file = strongroom_core::crypto::seal::write_keyfile(&key);
    let digits = file.lines().find_map(|line| line.strip_prefix("strongroom-key-1 "));
    let digits = digits.and_then(|rest| rest.split(' ').next()).expect("the key's digits");
    let digits = SecretValue::from(digits.to_owned());
    let begun = node.start_root_generation(None, &owner).expect("begins");
    assert_eq!(begun.status.required, 1);
    let nonce = begun.status.nonce.expect("a number");
    let wrong = SecretValue::from("ab".repeat(32));
    assert!(node.update_root_generation(&nonce, &wrong, &owner).is_err());
    let made = node.update_root_generation(&nonce, &digits, &owner).expect("is the key");
    assert!(made.encoded_token.is_some());
    let status = node.start_rekey((1, 1), false, &owner).expect("begins");
    let outcome = node.update_rekey(&status.nonce.expect("one"), &digits, &owner).expect("counts");
    let (new, _) = new_seal(outcome);
    assert_eq!(new.shares.len(), 1);
    node.seal(&owner).expect("seals");
    let request = Request::new(
        strongroom_engine::Caller::Anonymous,
        strongroom_engine::Door::Vault,
        &*room.random,
    );
    assert!(node.unseal(&digits, &request).is_err(), "the key file opens it no more");
    assert!(!node.unseal(&part(&new.shares[0]), &request).expect("opens").is_sealed);
}
