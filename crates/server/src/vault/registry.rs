//! Which routes there are, by the kind of mount. The reference page is made from this.

use strongroom_engine::MountKind;

use super::call::Call;
use super::fault::Fault;
use super::route::Route;
use super::{audit_devices, capabilities, kv, leases, mounts, policies, quotas, tokens};

/// The routes below a mount of some kind.
pub struct Part {
    /// The kind of mount.
    pub kind: MountKind,
    /// The routes.
    pub routes: &'static [Route],
}

/// Every part of the API.
pub const PARTS: &[Part] = &[
    Part { kind: MountKind::System, routes: mounts::ROUTES },
    Part { kind: MountKind::System, routes: audit_devices::ROUTES },
    Part { kind: MountKind::System, routes: capabilities::ROUTES },
    Part { kind: MountKind::System, routes: leases::ROUTES },
    Part { kind: MountKind::System, routes: policies::ROUTES },
    Part { kind: MountKind::System, routes: quotas::ROUTES },
    Part { kind: MountKind::Token, routes: tokens::ROUTES },
    Part { kind: MountKind::KeyValue, routes: kv::v2::ROUTES },
];

/// What answers a call.
pub(super) fn find(call: &Call<'_>) -> Result<&'static Route, Fault> {
    let mut other_verbs = false;
    let parts = PARTS.iter().filter(|part| part.kind == call.kind());
    for route in parts.flat_map(|part| part.routes) {
        if let Some(captures) = route.matches(call.below_mount()) {
            if route.verb == call.verb() {
                call.capture(captures);
                return Ok(route);
            }
            other_verbs = true;
        }
    }
    // Who may do nothing there does not learn whether there is something.
    call.check_known()?;
    match other_verbs {
        true => Err(Fault::unsupported("unsupported operation")),
        false => Err(Fault::no_route(call.path())),
    }
}
