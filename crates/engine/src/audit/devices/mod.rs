//! Audit devices: copies of the audit log's records in the shape of HashiCorp Vault's, for who reads those
//! (<https://developer.hashicorp.com/vault/docs/audit>).
//!
//! The chained log is what decides: a request that it cannot take is refused. A device gets its copy afterwards, and
//! one that fails is counted and shown as failing, tried again with the next record, and keeps nobody waiting. What a
//! device may reach is the operator's to say in the server's configuration ([`DevicesAllowed`]), never the API's
//! (CVE-2025-6000).
//!
//! # Adding a kind of device
//! A variant of [`DeviceKind`], its options in `options.rs`, and its sink in [`Device::new`].

mod file;
mod line;
mod options;
mod stream;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use strongroom_core::crypto::RecordKind;
use strongroom_core::random::{self, Random};
use strongroom_store::Key;
use zeroize::ZeroizeOnDrop;

use crate::error::Error;
use crate::kept::Kept;
use crate::keys;
use crate::mounts;
use crate::records::{Records, decode};

pub(crate) use line::Exported;
use options::DeviceOptions;

/// The most devices of a store.
pub const AUDIT_DEVICES_MAX: usize = 16;

/// The name of the record of all devices, in the mount of the system.
pub(crate) const RECORD: &str = "audit-devices";

/// What audit devices may reach: nothing, unless the operator says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicesAllowed {
    /// The one folder in which devices of the kind `file` may write, without a slash at its end.
    pub folder: Option<PathBuf>,
    /// Where devices of the kind `socket` may send to: `tcp://<host>:<port>`, `udp://<host>:<port>`, `unix://<path>`.
    pub addresses: Vec<String>,
    /// The socket of the system's log, for devices of the kind `syslog`.
    pub syslog: Option<PathBuf>,
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum DeviceKind {
    /// A file.
    #[n(1)]
    File,
    /// A socket of the network or the machine.
    #[n(2)]
    Socket,
    /// The system's log.
    #[n(3)]
    Syslog,
}

/// All devices as they are kept.
#[derive(Clone, Debug, Default, minicbor::Encode, minicbor::Decode)]
pub(crate) struct DeviceTable {
    #[n(0)]
    pub(crate) devices: BTreeMap<String, DeviceRecord>,
}

/// A device as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) struct DeviceRecord {
    #[n(0)]
    pub(crate) kind: DeviceKind,
    #[n(1)]
    pub(crate) description: String,
    /// As they were given.
    #[n(2)]
    pub(crate) options: BTreeMap<String, String>,
    #[n(3)]
    pub(crate) key: DeviceKey,
}

/// What a device hashes texts with, 32 bytes.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop, minicbor::Encode, minicbor::Decode)]
pub(crate) struct DeviceKey(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

/// The devices of a store, open.
pub(crate) struct Devices {
    allowed: RwLock<Arc<DevicesAllowed>>,
    open: Kept<Vec<Arc<Device>>>,
}

/// A device, open.
pub(crate) struct Device {
    path: String,
    record: DeviceRecord,
    hmac: hmac::Key,
    options: Option<DeviceOptions>,
    sink: Sink,
    state: Arc<DeviceState>,
}

/// How a device fares since it was opened.
#[derive(Debug, Default)]
pub(crate) struct DeviceState {
    failing: AtomicBool,
    lost: AtomicU64,
}

enum Sink {
    File(Mutex<file::FileSink>),
    Stream(stream::StreamSink),
    /// It cannot be opened as the configuration is now.
    None,
}

impl DeviceKind {
    /// Its word at the Vault door.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Socket => "socket",
            Self::Syslog => "syslog",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::File, Self::Socket, Self::Syslog].into_iter().find(|kind| kind.word() == word)
    }
}

impl DeviceKey {
    pub(crate) fn generate(random: &dyn Random) -> Self {
        Self(random::array(random))
    }

    fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(..)")
    }
}

impl DeviceRecord {
    /// Whether its options are good and it could be opened, without opening it.
    pub(crate) fn check(&self, allowed: &DevicesAllowed) -> Result<(), Error> {
        match DeviceOptions::parse(self.kind, &self.options, allowed).map_err(Error::rule)? {
            DeviceOptions { file: Some(name), .. } => {
                let folder = allowed.folder.as_deref().unwrap_or(Path::new(""));
                let cannot = |error| Error::rule(format!("the file cannot be written: {error}"));
                file::check(folder, &name).map_err(cannot)
            }
            _ => Ok(()),
        }
    }

    /// `hmac-sha256:` and HMAC-SHA-256(the device's key, text) in hexadecimal digits.
    pub(crate) fn hash(&self, text: &[u8]) -> String {
        hashed(&self.key.hmac(), text)
    }
}

fn hashed(key: &hmac::Key, text: &[u8]) -> String {
    format!("hmac-sha256:{}", HEXLOWER.encode(hmac::sign(key, text).as_ref()))
}

impl Devices {
    pub(crate) fn new() -> Self {
        let system = keys::logical_of(mounts::fixed(mounts::SYSTEM));
        #[expect(clippy::expect_used, reason = "the name is a constant within a key's grammar")]
        let key = Key::new(format!("{system}{RECORD}")).expect("a key");
        Self { allowed: RwLock::default(), open: Kept::at(key) }
    }

    /// Say what devices may reach from now on.
    pub(crate) fn allow(&self, allowed: DevicesAllowed) {
        *self.allowed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(allowed);
        self.reopen();
    }

    pub(crate) fn allowed(&self) -> Arc<DevicesAllowed> {
        Arc::clone(&self.allowed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forget what is open: the next record opens it anew.
    pub(crate) fn reopen(&self) {
        self.open.forget();
    }

    /// How a device fares: whether it fails, and how many records it lost.
    pub(crate) fn state(&self, records: &Records<'_>, path: &str) -> (bool, u64) {
        let devices = self.open(records).ok();
        let found = devices.as_ref().and_then(|all| all.iter().find(|d| d.path == path));
        found.map_or((true, 0), |device| {
            (device.state.failing.load(Relaxed), device.state.lost.load(Relaxed))
        })
    }

    /// All devices, as the table has them now.
    pub(crate) fn open(&self, records: &Records<'_>) -> Result<Arc<Vec<Arc<Device>>>, Error> {
        let key = self.open.key();
        let (_, devices) = self.open.now(records.store, |entry, before| {
            let Some(entry) = entry else { return Ok(Vec::new()) };
            let bytes = records.open(RecordKind::Logical, key, &entry.value)?;
            let table: DeviceTable = decode(key, bytes.expose())?;
            let allowed = self.allowed();
            let kept = |path: &str, record: &DeviceRecord| {
                let same = |device: &&Arc<Device>| device.path == path && device.record == *record;
                before?.iter().find(same).map(Arc::clone)
            };
            let open = |(path, record): (String, DeviceRecord)| {
                kept(&path, &record)
                    .unwrap_or_else(|| Arc::new(Device::new(path, record, &allowed)))
            };
            Ok(table.devices.into_iter().map(open).collect())
        })?;
        Ok(devices)
    }
}

impl Device {
    fn new(path: String, record: DeviceRecord, allowed: &DevicesAllowed) -> Self {
        let state = Arc::new(DeviceState::default());
        let options = DeviceOptions::parse(record.kind, &record.options, allowed).ok();
        let sink = match (&options, &allowed.folder) {
            (Some(DeviceOptions { file: Some(name), .. }), Some(folder)) => {
                Sink::File(Mutex::new(file::FileSink::new(folder.clone(), name.clone())))
            }
            (Some(DeviceOptions { target: Some(target), .. }), _) => {
                Sink::Stream(stream::StreamSink::begin(target.clone(), Arc::clone(&state)))
            }
            _ => Sink::None,
        };
        Self { path, hmac: record.key.hmac(), record, options, sink, state }
    }

    /// Give it its copy of a record. What fails is counted.
    pub(crate) fn write(&self, exported: &Exported<'_>) {
        let Some(options) = &self.options else { return self.state.lose() };
        let lines = exported.lines(&self.hmac, options);
        match &self.sink {
            Sink::File(sink) => {
                let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                match sink.write(&lines.concat()) {
                    Ok(()) => self.state.failing.store(false, Relaxed),
                    Err(_) => self.state.lose(),
                }
            }
            Sink::Stream(sink) => sink.send(lines),
            Sink::None => self.state.lose(),
        }
    }
}

impl DeviceState {
    fn lose(&self) {
        self.failing.store(true, Relaxed);
        self.lost.fetch_add(1, Relaxed);
    }
}
