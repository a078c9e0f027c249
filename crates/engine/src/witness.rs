//! The two proofs that an answer needs.
//!
//! An [`Authorized`] cannot be made outside this crate:
//! ```compile_fail,E0451
//! use strongroom_engine::{Authorized, Read};
//! fn forge(location: strongroom_engine::Location) -> Authorized<Read> {
//!     Authorized { location, aspect: None, capability: std::marker::PhantomData }
//! }
//! ```
//! nor does one capability stand for another:
//! ```compile_fail,E0308
//! use strongroom_engine::{Authorized, Read, Write};
//! fn swap(proof: Authorized<Read>) -> Authorized<Write> { proof }
//! ```
//! A receipt cannot be made by hand, and what an operation found stays held without one:
//! ```compile_fail,E0451
//! use strongroom_engine::audit::{AuditReceipt, Position};
//! fn forge(position: Position) -> AuditReceipt { AuditReceipt { position } }
//! ```
//! ```compile_fail,E0616
//! fn peek<T>(held: strongroom_engine::Held<T>) -> T { held.answer }
//! ```

use std::marker::PhantomData;

use strongroom_core::policy::Capability;
use strongroom_store::Batch;

use crate::audit::AuditReceipt;
use crate::mounts::Location;
use crate::room::Aspect;

/// Proof that the caller's policies allow `C` at a location. Only [`Room`](crate::Room) makes one.
#[derive(Debug)]
pub struct Authorized<C> {
    location: Location,
    /// What is done there, as far as the secret's own policy is still to be asked.
    aspect: Option<Aspect>,
    capability: PhantomData<C>,
}

/// A capability as a type.
pub trait Grant {
    /// The capability.
    const CAPABILITY: Capability;
}

/// May read values and metadata.
#[derive(Debug)]
pub struct Read;
/// May create or update.
#[derive(Debug)]
pub struct Write;
/// May change a part of what is there.
#[derive(Debug)]
pub struct Patch;
/// May list what is below.
#[derive(Debug)]
pub struct List;
/// May delete and bring back.
#[derive(Debug)]
pub struct Delete;
/// May do what is reserved for operators.
#[derive(Debug)]
pub struct Sudo;
/// Reads what is for everybody. No capability stands for it.
#[derive(Debug)]
pub struct Open;

impl Grant for Read {
    const CAPABILITY: Capability = Capability::Read;
}
impl Grant for Write {
    const CAPABILITY: Capability = Capability::Update;
}
impl Grant for Patch {
    const CAPABILITY: Capability = Capability::Patch;
}
impl Grant for List {
    const CAPABILITY: Capability = Capability::List;
}
impl Grant for Delete {
    const CAPABILITY: Capability = Capability::Delete;
}
impl Grant for Sudo {
    const CAPABILITY: Capability = Capability::Sudo;
}

/// A capability with which a value is read: to show it, or to write it with a part of it changed.
pub(crate) trait Reads: Grant {}
impl Reads for Read {}
impl Reads for Patch {}

impl<C> Authorized<C> {
    pub(crate) fn new(location: Location) -> Self {
        Self { location, aspect: None, capability: PhantomData }
    }

    /// Proof by the caller's policies alone: what the secret's own policy says is asked when the secret is read.
    pub(crate) fn by_caller(location: Location, aspect: Aspect) -> Self {
        Self { location, aspect: Some(aspect), capability: PhantomData }
    }

    /// What is done there, when the secret's own policy is still to be asked.
    pub(crate) fn aspect(&self) -> Option<Aspect> {
        self.aspect
    }

    /// Where it holds.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }
}

/// An answer that waits for its audit record.
#[derive(Debug)]
#[must_use]
pub struct Held<T> {
    answer: T,
}

impl<T> Held<T> {
    /// The answer, once its record is in the log.
    pub fn release(self, _receipt: &AuditReceipt) -> T {
        self.answer
    }
}

/// What an operation found or wants to change.
#[must_use]
pub struct Performed<T> {
    pub(crate) held: Held<T>,
    pub(crate) batch: Option<Batch>,
    pub(crate) version: Option<u64>,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) path: Option<String>,
}

impl<T> Performed<T> {
    /// It read and changes nothing.
    pub fn read(answer: T) -> Self {
        Self { held: Held { answer }, batch: None, version: None, fields: Vec::new(), path: None }
    }

    /// It changes the store by this batch.
    pub fn change(answer: T, batch: Batch) -> Self {
        Self { batch: Some(batch), ..Self::read(answer) }
    }

    /// The version that was read or made, for the audit record.
    pub fn of_version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// Where it was done, for the audit record, when what was asked did not say it as a canonical path.
    pub fn at(mut self, location: &Location) -> Self {
        self.path = Some(location.as_str().to_owned());
        self
    }

    /// What else the audit record names. Never a value.
    pub fn naming(mut self, field: &'static str, text: impl Into<String>) -> Self {
        self.fields.push((field, text.into()));
        self
    }
}
