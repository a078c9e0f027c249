//! Which routes there are, by the kind of mount. The reference page is made from this.

use strongroom_engine::MountKind;

use super::call::Call;
use super::fault::Fault;
use super::node_route::NodeRoute;
use super::route::{Route, Verb};
use super::{
    absent, approle, audit_devices, capabilities, catalog, cubbyhole, generate_root, health,
    identity, jwt, kv, leases, mounts, pki, policies, quotas, rekey, running, seal, system, tokens,
    transit, userpass, wrapping,
};

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
    Part { kind: MountKind::System, routes: system::ROUTES },
    Part { kind: MountKind::System, routes: catalog::ROUTES },
    Part { kind: MountKind::System, routes: running::ROUTES },
    Part { kind: MountKind::System, routes: absent::ROUTES },
    Part { kind: MountKind::System, routes: seal::ROUTES },
    Part { kind: MountKind::System, routes: generate_root::ROUTES },
    Part { kind: MountKind::System, routes: rekey::ROUTES },
    Part { kind: MountKind::Token, routes: tokens::ROUTES },
    Part { kind: MountKind::System, routes: wrapping::ROUTES },
    Part { kind: MountKind::AppRole, routes: approle::ROUTES },
    Part { kind: MountKind::Userpass, routes: userpass::ROUTES },
    Part { kind: MountKind::Jwt, routes: jwt::ROUTES },
    Part { kind: MountKind::Oidc, routes: jwt::ROUTES },
    Part { kind: MountKind::Identity, routes: identity::entities::ROUTES },
    Part { kind: MountKind::Identity, routes: identity::groups::ROUTES },
    Part { kind: MountKind::Identity, routes: identity::aliases::ROUTES },
    Part { kind: MountKind::Identity, routes: identity::oidc::ROUTES },
    Part { kind: MountKind::KeyValue, routes: kv::v2::ROUTES },
    Part { kind: MountKind::KeyValueUnversioned, routes: kv::v1::ROUTES },
    Part { kind: MountKind::Cubbyhole, routes: cubbyhole::ROUTES },
    Part { kind: MountKind::Transit, routes: transit::ROUTES },
    Part { kind: MountKind::Pki, routes: pki::ROUTES },
];

/// What works whether the store is open or not, for anybody.
pub const NODE_PARTS: &[&[NodeRoute]] = &[seal::NODE_ROUTES, health::NODE_ROUTES];

fn node_routes(path: &str) -> impl Iterator<Item = &'static NodeRoute> {
    // Most requests are for something else.
    let parts = path.starts_with("sys/").then_some(NODE_PARTS).into_iter().flatten();
    parts.flat_map(|routes| routes.iter()).filter(move |route| route.path == path)
}

/// Whether a path is one of those that work for anybody.
pub(super) fn is_node_path(path: &str) -> bool {
    node_routes(path).next().is_some()
}

/// What answers at a path for anybody, if it is such a path.
pub(super) fn find_node(path: &str, verb: Verb) -> Result<Option<&'static NodeRoute>, Fault> {
    match node_routes(path).find(|route| route.verb == verb) {
        None if is_node_path(path) => Err(Fault::unsupported("unsupported operation")),
        found => Ok(found),
    }
}

/// What answers a call.
pub(super) fn find(call: &Call<'_>) -> Result<&'static Route, Fault> {
    let parts = PARTS.iter().filter(|part| part.kind == call.kind());
    let routes = || parts.clone().flat_map(|part| part.routes);
    let below = call.below_mount();
    for route in routes().filter(|route| route.verb == call.verb()) {
        if let Some(captures) = route.matches(below) {
            call.capture(captures);
            return Ok(route);
        }
    }
    let other_verbs = routes().any(|route| route.matches(below).is_some());
    // Who may do nothing there does not learn whether there is something.
    call.check_known()?;
    match other_verbs {
        true => Err(Fault::unsupported("unsupported operation")),
        false => Err(Fault::no_route(call.path())),
    }
}
