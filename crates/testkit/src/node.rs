use std::sync::Arc;

use strongroom_core::secret::{SecretValue, UnsealShare};
use strongroom_core::time::{Clock, Timestamp};
use strongroom_core::token::{PlainToken, TtlLimits};
use strongroom_engine::audit::{AuditOptions, Entry, Reader};
use strongroom_engine::jwt::NoFetch;
use strongroom_engine::{
    Caller, DATA_KEY_COMMITS_MAX, Door, Error, Initialised, Node, NodeParts, Request, SealStatus,
};
use strongroom_store::Store;
use strongroom_store::memory::MemoryStore;
use tempfile::TempDir;

use crate::{MockClock, SeededRandom};

/// A node on a store that nobody has given keys.
pub struct TestNode {
    /// Where the audit log is.
    pub directory: TempDir,
    /// The clock that the node reads.
    pub clock: Arc<MockClock>,
    /// The node's source of random bytes.
    pub random: Arc<SeededRandom>,
    /// The store under the node.
    pub store: Arc<dyn Store>,
    /// The node.
    pub node: Arc<Node>,
}

impl TestNode {
    /// A node on a new memory store.
    #[must_use]
    pub fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// A node that waits, on this store.
    ///
    /// # Panics
    /// When the store cannot be read.
    #[must_use]
    pub fn on(store: Arc<dyn Store>) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let random = Arc::new(SeededRandom::new(1));
        let clock = Arc::new(MockClock::at(Timestamp(1_800_000_000_000)));
        let parts = parts(&store, &directory, &clock, &random);
        let node = Arc::new(Node::waiting(parts).expect("the store is read"));
        Self { directory, clock, random, store, node }
    }

    /// What another node on this store is made of, with the same clock, randomness and audit log.
    #[must_use]
    pub fn parts_on(&self, store: &Arc<dyn Store>) -> NodeParts {
        parts(store, &self.directory, &self.clock, &self.random)
    }

    /// Another node on this store, as another process has it. It waits.
    ///
    /// # Panics
    /// When the store cannot be read.
    #[must_use]
    pub fn another_on(&self, store: &Arc<dyn Store>) -> Node {
        Node::waiting(self.parts_on(store)).expect("the store is read")
    }

    /// A request by somebody.
    #[must_use]
    pub fn request(&self, caller: Caller) -> Request {
        Request::new(caller, Door::Vault, &*self.random)
    }

    /// A request by the bearer of a token.
    #[must_use]
    pub fn with_token(&self, token: &PlainToken) -> Request {
        let copy = PlainToken::new(token.expose().to_vec());
        self.request(Caller::Token(Arc::new(copy)))
    }

    /// A request by nobody.
    #[must_use]
    pub fn anonymous(&self) -> Request {
        self.request(Caller::Anonymous)
    }

    /// Give the store its keys, and open it.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn opened(&self, shares: i64, threshold: i64) -> Initialised {
        let made = self.node.initialise(shares, threshold, &self.anonymous());
        let made = made.expect("initialises");
        let needed = usize::try_from(threshold).expect("a small number");
        for share in made.shares.iter().take(needed) {
            self.bring(&self.node, share).expect("is a share");
        }
        assert!(self.node.engine().is_ok(), "the node is open");
        made
    }

    /// Bring a share to unseal a node.
    ///
    /// # Errors
    /// What the node says.
    pub fn bring(&self, node: &Node, share: &UnsealShare) -> Result<SealStatus, Error> {
        node.unseal(&part(share), &self.anonymous())
    }

    /// The records of the audit log, oldest first, without the log's own lines.
    ///
    /// # Panics
    /// When the log cannot be read.
    #[must_use]
    pub fn audit(&self) -> Vec<Entry> {
        let reader = Reader::open(&self.directory.path().join("audit")).expect("the log opens");
        let entries = reader.tail(100_000).expect("the log is read");
        entries.map(|entry| entry.expect("an entry")).filter(Entry::is_record).collect()
    }
}

impl Default for TestNode {
    fn default() -> Self {
        Self::new()
    }
}

/// A share as its owner writes it.
#[must_use]
pub fn part(share: &UnsealShare) -> SecretValue {
    SecretValue::new(share.expose().to_vec())
}

fn parts(
    store: &Arc<dyn Store>,
    directory: &TempDir,
    clock: &Arc<MockClock>,
    random: &Arc<SeededRandom>,
) -> NodeParts {
    let audit_clock = Arc::clone(clock);
    NodeParts {
        store: Arc::clone(store),
        storage: Some("inmem"),
        audit_directory: directory.path().join("audit"),
        audit_options: AuditOptions::new(Arc::new(move || audit_clock.now().0)),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        random: Arc::clone(random) as Arc<dyn strongroom_core::random::Random>,
        data_key_commits_max: DATA_KEY_COMMITS_MAX,
        ttl_limits: TtlLimits::DEFAULT,
        fetch: Arc::new(NoFetch),
        places: crate::places(),
        audit_devices: strongroom_engine::audit::DevicesAllowed::default(),
        has_background: false,
    }
}
