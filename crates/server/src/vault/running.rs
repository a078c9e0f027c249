//! What the door is answering, for operators: `sys/in-flight-req`
//! (<https://developer.hashicorp.com/vault/api-docs/system/in-flight-req>).
//!
//! A request that is answered from memory on the thread that read it is done before anybody could look: what is here is
//! what may wait for the disk or the network.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};
use strongroom_core::audit::RequestId;
use strongroom_core::time::Timestamp;
use strongroom_engine::operations::system::{ReadSystem, SystemPage};

use super::call::Call;
use super::fault::Fault;
use super::mounts::uuid;
use super::reply::Reply;
use super::route::{Route, Verb};
use crate::door::Incoming;
use crate::metrics::method_label;

pub(super) const ROUTES: &[Route] = &[Route::new(
    Verb::Read,
    "in-flight-req",
    "The requests that are being answered and may wait",
    list,
)
.without("reads that are answered from memory; `client_id`")];

/// The longest path that is shown of a request, in bytes.
const PATH_BYTES_MAX: usize = 512;

/// The requests that are being answered. There are no more of them than the server answers at a time.
#[derive(Default)]
pub(super) struct Running(Mutex<HashMap<RequestId, Seen>>);

/// One of them, for as long as it is kept.
pub(super) struct Entered<'a>(&'a Running, RequestId);

struct Seen {
    path: String,
    method: &'static str,
    peer: SocketAddr,
    arrived: Timestamp,
}

impl Running {
    pub fn enter(&self, incoming: &Incoming) -> Entered<'_> {
        let path = incoming.path();
        let seen = Seen {
            path: path.get(..path.floor_char_boundary(PATH_BYTES_MAX)).unwrap_or_default().into(),
            method: method_label(&incoming.head.method),
            peer: incoming.peer,
            arrived: incoming.arrived,
        };
        self.lock().insert(incoming.id, seen);
        Entered(self, incoming.id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::InFlight))?;
    let told = |(id, seen): (&RequestId, &Seen)| {
        let value = json!({
            "client_remote_address": seen.peer.to_string(),
            "request_method": seen.method,
            "request_path": seen.path,
            "start_time": super::leases::rfc3339(seen.arrived),
        });
        (uuid(&id.to_string()), value)
    };
    let members: Map<String, Value> = call.running.lock().iter().map(told).collect();
    Ok(Reply::data(members))
}
