//! Which operations there are. The reference page is made from this.

use http::StatusCode;
use strongroom_engine::{Node, Operation};
use strongroom_wire as wire;

use super::call::{Call, NodeCall, json_answer};
use super::fault::Fault;
use crate::door::{Answer, Incoming};

/// One operation of the API.
pub struct Entry {
    /// The last part of its path.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Whether it changes nothing.
    pub reads: bool,
    serve: Served,
}

/// Who answers.
enum Served {
    /// The engine of an open store.
    Engine(fn(&Call<'_>) -> Result<Answer, Fault>),
    /// The node, whether its store is open or not.
    Node(fn(&NodeCall<'_>, &Incoming) -> Result<Answer, Fault>),
}

/// Every operation.
pub const OPERATIONS: &[Entry] = &[
    Entry::of::<wire::ReadSecret>(),
    Entry::of::<wire::ReadSecrets>(),
    Entry::of::<wire::PutSecret>(),
    Entry::of::<wire::PutSecrets>(),
    Entry::of::<wire::ListSecrets>(),
    Entry::of::<wire::DescribeSecret>(),
    Entry::of::<wire::DeleteSecret>(),
    Entry::of::<wire::RestoreSecret>(),
    Entry::of::<wire::PurgeSecret>(),
    Entry::of::<wire::DeleteVersions>(),
    Entry::of::<wire::UndeleteVersions>(),
    Entry::of::<wire::DestroyVersions>(),
    Entry::of::<wire::RollbackSecret>(),
    Entry::of::<wire::TagSecret>(),
    Entry::of::<wire::CreateToken>(),
    Entry::of::<wire::LookupToken>(),
    Entry::of::<wire::RenewToken>(),
    Entry::of::<wire::RevokeToken>(),
    Entry::of::<wire::CreateApp>(),
    Entry::of::<wire::ListApps>(),
    Entry::of::<wire::ReadApp>(),
    Entry::of::<wire::UpdateApp>(),
    Entry::of::<wire::DeleteApp>(),
    Entry::of::<wire::AddCredential>(),
    Entry::of::<wire::ChangeCredential>(),
    Entry::of::<wire::RemoveCredential>(),
    Entry::of::<wire::WritePolicy>(),
    Entry::of::<wire::ReadPolicy>(),
    Entry::of::<wire::DeletePolicy>(),
    Entry::of::<wire::ListPolicies>(),
    Entry::of::<wire::TestPolicy>(),
    Entry::of::<wire::ReadUsage>(),
    Entry::of::<wire::ListUsage>(),
    Entry::of::<wire::ExplainRequest>(),
    Entry::of_node::<wire::ReadSeal>(),
    Entry::of_node::<wire::InitialiseStore>(),
    Entry::of_node::<wire::UnsealStore>(),
    Entry::of_node::<wire::SealStore>(),
    Entry::of_node::<wire::StartRekey>(),
    Entry::of_node::<wire::BringRekeyShare>(),
    Entry::of_node::<wire::VerifyRekey>(),
    Entry::of_node::<wire::CancelRekey>(),
];

/// The operations that never wait for the disk.
pub(super) const HOT: &[&str] = &[
    wire::STATUS,
    <wire::ReadSecret as wire::Call>::NAME,
    <wire::DescribeSecret as wire::Call>::NAME,
];

/// How a call is an operation of the engine.
pub(super) trait Serve: wire::Call {
    type Operation: Operation;

    /// What the engine is asked.
    fn operation(self) -> Result<Self::Operation, Fault>;

    /// What the client is told.
    fn answer(answer: <Self::Operation as Operation>::Answer) -> Self::Answer;
}

/// What the node does for a call.
pub(super) trait ServeOfNode: wire::Call {
    fn serve(self, call: &NodeCall<'_>) -> Result<Self::Answer, Fault>;
}

impl Entry {
    const fn of<C: Serve>() -> Self {
        let serve = Served::Engine(serve::<C>);
        Self { name: C::NAME, about: C::ABOUT, reads: C::READS, serve }
    }

    const fn of_node<C: ServeOfNode>() -> Self {
        let serve = Served::Node(serve_of_node::<C>);
        Self { name: C::NAME, about: C::ABOUT, reads: C::READS, serve }
    }

    /// Whether it works without an open store.
    pub(super) fn is_of_node(&self) -> bool {
        matches!(self.serve, Served::Node(_))
    }

    pub(super) fn serve(&self, node: &Node, incoming: &Incoming) -> Result<Answer, Fault> {
        match &self.serve {
            Served::Engine(serve) => serve(&Call::begin(node, incoming)?),
            Served::Node(serve) => serve(&NodeCall::begin(node, incoming), incoming),
        }
    }
}

fn serve_of_node<C: ServeOfNode>(
    call: &NodeCall<'_>,
    incoming: &Incoming,
) -> Result<Answer, Fault> {
    let asked: C = Call::parse(C::NAME, &incoming.body)?;
    Ok(json_answer(StatusCode::OK, &asked.serve(call)?))
}

fn serve<C: Serve>(call: &Call<'_>) -> Result<Answer, Fault> {
    let operation = call.read::<C>()?.operation()?;
    let answer = C::answer(call.ask(&operation)?);
    Ok(json_answer(StatusCode::OK, &answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_there_twice() {
        let mut names: Vec<_> = OPERATIONS.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
