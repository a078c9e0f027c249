#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]
//! What tests are made of: a room with a clock that tests move, seeded randomness, and actors. Dev only.
//!
//! Behaviour is tested at the engine: [`TestRoom`] opens one on a memory store and an audit log in a directory of its
//! own; an [`Actor`] asks as somebody with policies.

mod node;

pub use node::{TestNode, part};

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::model::{Payload, PayloadKind, Selector, VersionNumber};
use strongroom_core::policy::{Acl, Policy, PolicyName, TemplateContext};
use strongroom_core::random::Random;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Clock, Seconds, Timestamp};
use strongroom_core::token::{PlainToken, TtlLimits};
use strongroom_engine::audit::{AuditOptions, Entry, Reader};
use strongroom_engine::jwt::Fetch;
use strongroom_engine::operations::app::{CreateApp, CredentialKind, CredentialRequest};
use strongroom_engine::operations::aws::{Place, Places};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::{
    CreateRootToken, CreateToken, TokenParent, TokenRequest,
};
use strongroom_engine::operations::{PutSecret, ReadSecret};
use strongroom_engine::{
    Caller, DATA_KEY_COMMITS_MAX, Door, Engine, Error, Operation, Parts, Principal, Request,
    initialise,
};
use strongroom_store::Store;
use strongroom_store::memory::MemoryStore;
use tempfile::TempDir;

/// A clock that stands still until it is moved.
pub struct MockClock(AtomicU64);

/// SplitMix64 from a seed: other bytes at every call, the same in every run.
pub struct SeededRandom(AtomicU64);

/// An engine on a store of its own.
pub struct TestRoom {
    /// Where the audit log is.
    pub directory: TempDir,
    /// The clock that the engine reads.
    pub clock: Arc<MockClock>,
    /// The engine's source of random bytes.
    pub random: Arc<SeededRandom>,
    /// The store under the engine.
    pub store: Arc<dyn Store>,
    /// The key that unseals the store.
    pub key: UnsealKey,
    /// The engine.
    pub engine: Arc<Engine>,
}

/// Somebody who asks.
pub struct Actor<'a> {
    room: &'a TestRoom,
    /// Who the engine is told that it is.
    pub caller: Caller,
    /// The address it asks from.
    pub source: Option<IpAddr>,
}

impl MockClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.0))
    }

    /// Move on.
    pub fn advance(&self, span: Seconds) {
        self.0.fetch_add(span.0 * 1_000, Ordering::Relaxed);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn elapsed_micros(&self) -> u64 {
        self.0.load(Ordering::Relaxed) * 1_000
    }
}

impl SeededRandom {
    /// A source that gives the same bytes for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (step ^ (step >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let word = (mixed ^ (mixed >> 31)).to_le_bytes();
            for (byte, random) in chunk.iter_mut().zip(word) {
                *byte = random;
            }
        }
    }
}

impl TestRoom {
    /// A room on a new memory store.
    #[must_use]
    pub fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// A room on this store, which is initialised if it has no keys.
    ///
    /// # Panics
    /// When the store cannot be initialised or opened.
    #[must_use]
    pub fn on(store: Arc<dyn Store>) -> Self {
        Self::made(store, None)
    }

    /// A room whose engine reads from the network with this.
    ///
    /// # Panics
    /// When the store cannot be initialised or opened.
    #[must_use]
    pub fn fetching(fetch: Arc<dyn Fetch>) -> Self {
        Self::made(Arc::new(MemoryStore::new()), Some(fetch))
    }

    fn made(store: Arc<dyn Store>, fetch: Option<Arc<dyn Fetch>>) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let random = Arc::new(SeededRandom::new(1));
        let key = UnsealKey::generate(&*random);
        let clock = Arc::new(MockClock::at(Timestamp(1_800_000_000_000)));
        initialise(&*store, SealMethod::Keyfile, &key, &*clock, &*random).expect("initialises");
        let engine =
            Self::engine(&store, directory.path(), &clock, &random, &key, DATA_KEY_COMMITS_MAX)
                .unwrap_or_else(|error| panic!("the store opens: {error}"));
        let engine = engine.with_places(places());
        let engine = match fetch {
            Some(fetch) => engine.with_fetch(fetch),
            None => engine,
        };
        Self { directory, clock, random, store, key, engine: Arc::new(engine) }
    }

    /// Another engine on the same store and audit log, as a second process would have.
    ///
    /// # Errors
    /// What opening the engine says.
    pub fn second_engine(&self) -> Result<Engine, strongroom_engine::OpenError> {
        self.engine_on(&self.store)
    }

    /// Another engine on this store, with the room's key and audit log.
    ///
    /// # Errors
    /// What opening the engine says.
    pub fn engine_on(
        &self,
        store: &Arc<dyn Store>,
    ) -> Result<Engine, strongroom_engine::OpenError> {
        self.engine_with(store, DATA_KEY_COMMITS_MAX)
    }

    /// As [`Self::engine_on`], with another limit on a data key's use.
    ///
    /// # Errors
    /// What opening the engine says.
    pub fn engine_with(
        &self,
        store: &Arc<dyn Store>,
        commits_max: u64,
    ) -> Result<Engine, strongroom_engine::OpenError> {
        let directory = self.directory.path();
        Self::engine(store, directory, &self.clock, &self.random, &self.key, commits_max)
    }

    /// The owner, asking another engine.
    ///
    /// # Errors
    /// What the engine says.
    pub fn ask_of<O: Operation>(&self, engine: &Engine, operation: &O) -> Result<O::Answer, Error> {
        let request = Request::new(Principal::local_owner("owner"), Door::Cli, &*self.random);
        engine.execute(&request, operation)
    }

    /// The time that the room's clock shows.
    #[must_use]
    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The store's owner, who may do everything.
    #[must_use]
    pub fn owner(&self) -> Actor<'_> {
        self.with(Principal::local_owner("owner").into())
    }

    /// Somebody with one policy.
    ///
    /// # Panics
    /// When the policy does not parse.
    #[must_use]
    pub fn actor(&self, name: &str, policy: &str) -> Actor<'_> {
        let policy_name = PolicyName::new(name).expect("a policy name");
        let policy = Policy::parse(policy_name, policy).expect("a policy");
        let acl = Acl::compile(&[policy], &TemplateContext::default());
        self.with(Principal::with_policies(name, "app", Arc::new(acl)).into())
    }

    /// The bearer of a root token.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn root(&self) -> Actor<'_> {
        let create = CreateRootToken { text: None, display_name: "root" };
        let issued = self.owner().ask(&create).expect("makes a root token");
        self.with(Caller::Token(Arc::new(issued.text)))
    }

    /// The bearer of a token with one policy of the same name.
    ///
    /// # Panics
    /// When the policy or the token cannot be made.
    #[must_use]
    pub fn bearer(&self, name: &str, policy: &str) -> Actor<'_> {
        self.owner().ask(&WritePolicy::new(name, policy)).expect("writes the policy");
        let asked = TokenRequest {
            policies: Some(vec![name.to_owned()]),
            without_default_policy: true,
            without_parent: true,
            ..TokenRequest::default()
        };
        self.root().child(asked).expect("makes the token")
    }

    /// An app with one policy of the same name, with its access key.
    ///
    /// # Panics
    /// When the policy or the app cannot be made.
    #[must_use]
    pub fn app(&self, name: &str, policy: &str) -> Actor<'_> {
        self.owner().ask(&WritePolicy::new(name, policy)).expect("writes the policy");
        let mut create = CreateApp::new(name, vec![name.to_owned()]);
        create.credentials = vec![CredentialRequest::new(CredentialKind::AccessKey)];
        let made = self.owner().ask(&create).expect("makes the app");
        let key = made.credentials.first().expect("it has a key");
        let found = self.engine.access_key(&key.shown).expect("the key is there");
        self.with(found.prove(|_| Ok::<_, Error>(())).expect("is let in"))
    }

    /// Whoever a caller is.
    #[must_use]
    pub fn caller(&self, caller: Caller) -> Actor<'_> {
        self.with(caller)
    }

    /// Somebody without a token.
    #[must_use]
    pub fn anonymous(&self) -> Actor<'_> {
        self.with(Caller::Anonymous)
    }

    /// The bearer of this token.
    #[must_use]
    pub fn with_token(&self, text: PlainToken) -> Actor<'_> {
        self.with(Caller::Token(Arc::new(text)))
    }

    fn with(&self, caller: Caller) -> Actor<'_> {
        Actor { room: self, caller, source: None }
    }

    /// The records of the audit log, oldest first, without the log's own lines.
    ///
    /// # Panics
    /// When the log cannot be read.
    #[must_use]
    pub fn audit(&self) -> Vec<Entry> {
        let reader = Reader::open(&self.audit_directory()).expect("the log opens");
        let entries = reader.tail(100_000).expect("the log is read");
        entries.map(|entry| entry.expect("an entry")).filter(Entry::is_record).collect()
    }

    /// Where the audit log is.
    #[must_use]
    pub fn audit_directory(&self) -> std::path::PathBuf {
        self.directory.path().join("audit")
    }

    fn engine(
        store: &Arc<dyn Store>,
        directory: &Path,
        clock: &Arc<MockClock>,
        random: &Arc<SeededRandom>,
        key: &UnsealKey,
        commits_max: u64,
    ) -> Result<Engine, strongroom_engine::OpenError> {
        let audit_clock = Arc::clone(clock);
        let parts = Parts {
            store: Arc::clone(store),
            audit_directory: &directory.join("audit"),
            audit_options: AuditOptions::new(Arc::new(move || audit_clock.now().0)),
            clock: Arc::clone(clock) as Arc<dyn Clock>,
            random: Arc::clone(random) as Arc<dyn Random>,
            data_key_commits_max: commits_max,
            ttl_limits: TtlLimits::DEFAULT,
        };
        Engine::open(parts, key)
    }
}

/// Two regions of AWS's: the one that every store has a mount for, and one whose mount is to be made.
#[must_use]
pub fn places() -> Places {
    let place = |region: &str, mount: &str| Place {
        region: region.to_owned(),
        account: "123456789012".to_owned(),
        mount: mount.to_owned(),
    };
    Places::new([place("us-east-1", "secret"), place("eu-west-1", "secret-eu")])
}

impl Default for TestRoom {
    fn default() -> Self {
        Self::new()
    }
}

impl Actor<'_> {
    /// Ask.
    ///
    /// # Errors
    /// What the engine says.
    pub fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, Error> {
        let mut request = Request::new(self.caller.clone(), Door::Cli, &*self.room.random);
        request.source = self.source;
        self.room.engine.execute(&request, operation)
    }

    /// The bearer of a new token that this one makes.
    ///
    /// # Errors
    /// What the engine says.
    pub fn child(&self, asked: TokenRequest) -> Result<Self, Error> {
        let issued = self.ask(&CreateToken::new(TokenParent::Caller, asked))?;
        Ok(self.room.with_token(issued.text))
    }

    /// The text of its token.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn token(&self) -> Arc<PlainToken> {
        match &self.caller {
            Caller::Token(text) => Arc::clone(text),
            other => panic!("{other:?} has no token"),
        }
    }

    /// Write a text.
    ///
    /// # Errors
    /// What the engine says.
    pub fn put(&self, path: &str, text: &str) -> Result<VersionNumber, Error> {
        self.ask(&PutSecret::new(path, payload(text)))
    }

    /// Read the current text.
    ///
    /// # Errors
    /// What the engine says.
    pub fn read(&self, path: &str) -> Result<String, Error> {
        self.read_version(path, Selector::Current)
    }

    /// Read a version's text.
    ///
    /// # Errors
    /// What the engine says.
    pub fn read_version(&self, path: &str, selector: Selector) -> Result<String, Error> {
        let read = self.ask(&ReadSecret::new(path, selector))?;
        Ok(read.payload.value().expose_text().unwrap_or_default().to_owned())
    }
}

/// A text as a payload.
///
/// # Panics
/// When it is longer than a value may be.
#[must_use]
pub fn payload(text: &str) -> Payload {
    let value = SecretValue::new(text.as_bytes().to_vec());
    Payload::new(PayloadKind::Text, value).expect("the text fits")
}
