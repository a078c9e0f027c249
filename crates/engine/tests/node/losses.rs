//! What is left when a commit fails, or is done without its maker hearing of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use strongroom_engine::audit::verify;
use strongroom_engine::operations::{CheckRecords, PutSecret};
use strongroom_engine::{Kind, RekeyOutcome};
use strongroom_store::crash::{CrashStore, Fault};
use strongroom_store::{
    Batch, CommitError, Entry, Key, Mark, Page, Range, ReadError, Revision, Store, Watch,
};
use strongroom_testkit::{TestNode, part, payload};

use super::{is_root, unseal};

const FAULTS: &[Fault] = &[
    Fault::Busy,
    Fault::Full,
    Fault::PowerLoss,
    Fault::PowerLossAfter,
    Fault::ReadOnly,
    Fault::Unavailable,
    Fault::UnknownApplied,
    Fault::UnknownLost,
];

/// A store that does one commit without telling, and then cannot be read for a while.
struct Deaf {
    inner: CrashStore,
    /// How many reads fail after the next commit; 0 for a commit like others.
    deaf: AtomicU32,
    failing: AtomicU32,
}

impl Deaf {
    fn new(inner: CrashStore) -> Arc<Self> {
        Arc::new(Self { inner, deaf: AtomicU32::new(0), failing: AtomicU32::new(0) })
    }

    fn check(&self) -> Result<(), ReadError> {
        let one_less = |left: u32| left.checked_sub(1);
        let failed = self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        match failed {
            Ok(_) => Err(ReadError::Unavailable("deaf".into())),
            Err(_) => Ok(()),
        }
    }
}

impl Store for Deaf {
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.check()?;
        self.inner.get(key)
    }

    fn mark(&self) -> Option<Mark> {
        // Whoever is deaf for so many reads is so for them only.
        let hears = self.failing.load(Ordering::SeqCst) == 0;
        if hears { self.inner.mark() } else { None }
    }

    fn list(&self, range: &Range) -> Result<Page, ReadError> {
        self.check()?;
        self.inner.list(range)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        let done = self.inner.commit(batch)?;
        match self.deaf.swap(0, Ordering::SeqCst) {
            0 => Ok(done),
            reads => {
                self.failing.store(reads, Ordering::SeqCst);
                Err(CommitError::Unknown("deaf".into()))
            }
        }
    }

    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
        self.inner.watch(from)
    }
}

#[test]
fn the_first_keys_are_whole_or_not_there() {
    for fault in FAULTS {
        let crash = CrashStore::new();
        let test = TestNode::on(Arc::new(crash.clone()));
        crash.fail_commit(1, *fault);
        let made = test.node.initialise(3, 2, &test.anonymous());
        let durable: Arc<dyn Store> = Arc::new(crash.crash());
        let node = test.another_on(&durable);
        let is_there = node.status().expect("reads").is_initialised;
        let Ok(made) = made else {
            assert_eq!(is_there, *fault == Fault::PowerLossAfter, "{fault:?}");
            continue;
        };
        assert_eq!(*fault, Fault::UnknownApplied);
        assert!(unseal(&test, &node, &made.shares).expect("are shares"), "{fault:?}");
        assert!(is_root(&test, &node, &made.root_token).expect("is known"), "{fault:?}");
        let engine = node.engine().expect("is open");
        let owner = test.with_token(&made.root_token);
        let checked = engine.execute(&owner, &CheckRecords { after: None }).expect("checks");
        assert!(checked.damaged.is_empty(), "{fault:?}: {:?}", checked.damaged);
        let anchors = engine.anchors().expect("anchors");
        verify(&test.directory.path().join("audit"), &anchors.expectations()).expect("is whole");
    }
}

#[test]
fn the_first_keys_are_one_commit() {
    let crash = CrashStore::new();
    let test = TestNode::on(Arc::new(crash.clone()));
    test.node.initialise(5, 3, &test.anonymous()).expect("initialises");
    assert_eq!(crash.commits(), 1);
}

#[test]
fn who_was_not_told_of_the_first_keys_is_given_them_when_asking_again() {
    let deaf = Deaf::new(CrashStore::new());
    let test = TestNode::on(Arc::clone(&deaf) as Arc<dyn Store>);
    deaf.deaf.store(1, Ordering::SeqCst);
    let error = test.node.initialise(3, 2, &test.anonymous()).expect_err("is not told");
    assert_eq!(error.kind(), Kind::Unavailable);
    let made = test.node.initialise(3, 2, &test.anonymous()).expect("is told now");
    let once = test.node.initialise(3, 2, &test.anonymous()).expect_err("once");
    assert_eq!(once.kind(), Kind::AlreadyExists);
    assert!(unseal(&test, &test.node, &made.shares).expect("are shares"));
}

#[test]
fn whatever_happens_to_new_shares_either_the_old_or_the_new_ones_open_the_store() {
    for (fault, verified) in FAULTS.iter().flat_map(|fault| [(fault, false), (fault, true)]) {
        let crash = CrashStore::new();
        let test = TestNode::on(Arc::new(crash.clone()));
        let made = test.opened(3, 2);
        let root = test.with_token(&made.root_token);
        let status = test.node.start_rekey((3, 2), verified, &root).expect("begins");
        let nonce = status.nonce.expect("a number");
        test.node.update_rekey(&nonce, &part(&made.shares[0]), &root).expect("counts");
        if !verified {
            crash.fail_commit(crash.commits() + 1, *fault);
        }
        let mut given = None;
        if let Ok(RekeyOutcome::Made { new, verification_nonce, .. }) =
            test.node.update_rekey(&nonce, &part(&made.shares[1]), &root)
        {
            if let Some(nonce) = verification_nonce {
                test.node.verify_rekey(&nonce, &part(&new.shares[0]), &root).expect("counts");
                crash.fail_commit(crash.commits() + 1, *fault);
                let _ = test.node.verify_rekey(&nonce, &part(&new.shares[1]), &root);
            }
            given = Some(new);
        }
        let durable: Arc<dyn Store> = Arc::new(crash.crash());
        let open =
            |shares: &[_]| unseal(&test, &test.another_on(&durable), shares).is_ok_and(|ok| ok);
        let old = open(&made.shares);
        let new = given.as_ref().is_some_and(|new| open(&new.shares));
        // Without showing them, shares are lost with the machine that was about to tell them.
        let lost = *fault == Fault::PowerLossAfter && !verified;
        assert_eq!(usize::from(old) + usize::from(new), usize::from(!lost), "{fault:?} {verified}");
    }
}

#[test]
fn who_was_not_told_of_the_new_shares_is_given_them_when_bringing_a_key_again() {
    let deaf = Deaf::new(CrashStore::new());
    let test = TestNode::on(Arc::clone(&deaf) as Arc<dyn Store>);
    let made = test.opened(3, 2);
    let root = test.with_token(&made.root_token);
    let nonce = test.node.start_rekey((3, 2), false, &root).expect("begins").nonce.expect("one");
    test.node.update_rekey(&nonce, &part(&made.shares[0]), &root).expect("counts");
    // One read is that of the audit devices, for the record of the failure.
    deaf.deaf.store(2, Ordering::SeqCst);
    let error = test.node.update_rekey(&nonce, &part(&made.shares[1]), &root);
    assert_eq!(error.expect_err("is not told").kind(), Kind::Unavailable);
    let engine = test.node.engine().expect("is open");
    let put = PutSecret::new("secret/a/A", payload("1"));
    engine.execute(&root, &put).expect("goes on with the keys that the store has now");
    assert!(test.node.cancel_rekey(&root).is_err(), "it is done");
    let again = test.node.update_rekey(&nonce, &part(&made.shares[1]), &root).expect("is told");
    let RekeyOutcome::Made { new, .. } = again else { panic!("{again:?}") };
    engine.execute(&root, &put).expect("writes");
    let fresh = test.another_on(&test.store);
    assert!(unseal(&test, &fresh, &new.shares).expect("are shares"));
}
