use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strongroom_core::policy::{Capability, PolicyName};
use strongroom_core::token::{
    Accessor, AskedLifetime, Lifetime, PlainToken, TOKEN_BYTES_MAX, TOKEN_DEPTH_MAX, Token,
    TokenKind, network,
};
use strongroom_store::Batch;

use super::TOKEN_STORE;
use super::roles::{TokenRole, role_record};
use crate::error::Error;
use crate::identify::Bearer;
use crate::identity::Attach;
use crate::mounts;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::{Performed, Write};

/// The most policies of one token.
pub(crate) const POLICIES_MAX: usize = 256;
/// The most entries of a token's metadata.
const METADATA_MAX: usize = 64;
/// The longest text that a token keeps of its maker's: a name, a key or a value of its metadata, in bytes.
const TEXT_BYTES_MAX: usize = 512;

/// Make a token, a child of the caller's. Needs `update` on `auth/token/create`, `auth/token/create-orphan` (and `sudo`
/// on it) or `auth/token/create/<role>`. A child has no policy that its parent has not, unless the caller has `sudo`
/// there or a role allows it.
#[derive(Debug)]
pub struct CreateToken {
    /// By which way.
    pub parent: TokenParent,
    /// What is wanted.
    pub asked: TokenRequest,
    path: String,
}

/// By which way a token is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenParent {
    /// As a child of the caller's token.
    Caller,
    /// Without a parent.
    None,
    /// As a token role says.
    Role(String),
}

/// What the maker of a token wants.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// A text of the maker's own; only for `root`.
    pub text: Option<Arc<PlainToken>>,
    /// Policies; the caller's own when `None`.
    pub policies: Option<Vec<String>>,
    /// Leave `default` out.
    pub without_default_policy: bool,
    /// Make an orphan; needs `sudo`.
    pub without_parent: bool,
    /// What the maker notes.
    pub metadata: BTreeMap<String, String>,
    /// For people who read logs.
    pub display_name: String,
    /// How long it is to live.
    pub lifetime: AskedLifetime,
    /// Whether it can be renewed.
    pub renewable: Option<bool>,
    /// How often it can be used; any number when 0.
    pub uses: u64,
    /// A batch token.
    pub kind: Option<TokenKind>,
    /// The name of an alias at the token mount, whose entity the token gets in the place of the caller's; only by a role
    /// that allows the name.
    pub entity_alias: Option<String>,
}

impl CreateToken {
    /// A token by this way.
    #[must_use]
    pub fn new(parent: TokenParent, asked: TokenRequest) -> Self {
        let path = match &parent {
            TokenParent::Caller => "auth/token/create".to_owned(),
            TokenParent::None => "auth/token/create-orphan".to_owned(),
            TokenParent::Role(role) => format!("auth/token/create/{role}"),
        };
        Self { parent, asked, path }
    }
}

impl Operation for CreateToken {
    type Answer = IssuedToken;

    const NAME: &'static str = "token-create";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let _proof = match self.parent {
            TokenParent::None => room.authorise_protected::<Write>(&self.path, TOKEN_STORE)?,
            _ => room.authorise_at::<Write>(&self.path, TOKEN_STORE)?,
        };
        let caller = room.bearer()?;
        if caller.token.kind == TokenKind::Batch {
            return Err(Error::rule("batch tokens cannot create more tokens"));
        }
        if caller.token.uses_left.is_some() {
            return Err(Error::rule("restricted use token cannot generate child tokens"));
        }
        let role = match &self.parent {
            TokenParent::Role(name) => Some((name.clone(), role_record(room, name)?)),
            _ => None,
        };
        let mut token = self.token(room, caller, role.as_ref())?;
        let mut batch = Batch::default();
        if let Some(alias) = &self.asked.entity_alias {
            let role = role.as_ref().map(|(_, role)| role);
            token.entity = Some(entity_of(room, &mut batch, alias, role)?);
        }
        let mut issued = room.issue(&mut batch, token, self.own_text(caller)?)?;
        if self.asked.lifetime.ttl > issued.token.lifetime.ttl {
            issued.warnings.push("TTL was capped to what this server, mount or role allows".into());
        }
        let names = issued.token.policies.join(",");
        let accessor = issued.token.accessor.to_string();
        Ok(Performed::change(issued, batch).naming("policies", names).naming("accessor", accessor))
    }
}

impl CreateToken {
    fn token(
        &self,
        room: &Room<'_>,
        caller: &Bearer,
        role: Option<&(String, TokenRole)>,
    ) -> Result<Token, Error> {
        let asked = &self.asked;
        let may_more = room.require(&self.path, Capability::Sudo).is_ok();
        if asked.without_parent && !may_more {
            return Err(Error::rule("root or sudo privileges required to create orphan token"));
        }
        let role = role.map(|(name, role)| (name.as_str(), role));
        let policies = self.policies(caller, role.map(|(_, role)| role), may_more)?;
        let is_root = policies.iter().any(|policy| policy == "root");
        if is_root && !caller.token.is_root() {
            return Err(Error::rule(
                "root tokens may not be created without parent token being root",
            ));
        }
        self.check_texts()?;
        let kind = kind_of(asked.kind, role.map(|(_, role)| role))?;
        let lifetime = self.lifetime(room, role.map(|(_, role)| role), is_root, may_more, kind)?;
        let orphan = asked.without_parent
            || self.parent == TokenParent::None
            || role.is_some_and(|(_, role)| role.orphan);
        let name = if asked.display_name.is_empty() {
            "token".to_owned()
        } else {
            format!("token-{}", clean(&asked.display_name))
        };
        let bound_cidrs = role.map(|(_, role)| role.bound_cidrs.clone()).unwrap_or_default();
        let inherited =
            if bound_cidrs.is_empty() { caller.token.bound_cidrs.clone() } else { bound_cidrs };
        let path = match role.and_then(|(_, role)| role.path_suffix.as_deref()) {
            Some(suffix) => format!("{}/{suffix}", self.path),
            None => self.path.clone(),
        };
        if !orphan {
            check_depth(room, caller)?;
        }
        let role_uses = role.map_or(0, |(_, role)| role.uses);
        let uses = [asked.uses, role_uses].into_iter().filter(|uses| *uses > 0).min();
        if uses.is_some() && kind == TokenKind::Batch {
            return Err(Error::rule("batch tokens cannot have limited use count"));
        }
        Ok(Token {
            accessor: Accessor::generate(room.random),
            kind,
            policies,
            display_name: name,
            metadata: asked.metadata.clone(),
            path,
            mount: mounts::fixed(mounts::TOKEN),
            lifetime,
            uses_left: uses,
            parent: (!orphan).then_some(caller.hash),
            entity: if orphan { None } else { caller.token.entity.clone() },
            bound_cidrs: inherited,
            role: role.map(|(name, _)| name.to_owned()),
            wraps: None,
            login: BTreeMap::new(),
        })
    }

    fn policies(
        &self,
        caller: &Bearer,
        role: Option<&TokenRole>,
        may_more: bool,
    ) -> Result<Vec<String>, Error> {
        let wanted = match (&self.asked.policies, role) {
            (Some(wanted), _) if !wanted.is_empty() => names(wanted)?,
            (_, Some(role)) if !role.allowed_policies.is_empty() => names(&role.allowed_policies)?,
            _ => caller.token.policies.clone(),
        };
        if wanted.len() > POLICIES_MAX {
            return Err(Error::rule(format!("a token has at most {POLICIES_MAX} policies")));
        }
        let mut wanted = wanted;
        let leaves_default = self.asked.without_default_policy
            || role.is_some_and(|role| role.without_default_policy);
        let is_root = wanted.iter().any(|policy| policy == "root");
        let default = "default".to_owned();
        if !is_root && !leaves_default && !wanted.contains(&default) {
            wanted.push(default);
        }
        if leaves_default && self.asked.policies.is_none() {
            wanted.retain(|policy| policy != "default");
        }
        match role {
            Some(role) if role.limits_policies() => role.check_policies(&wanted)?,
            _ if may_more || caller.token.is_root() => {}
            _ => {
                let has = |policy: &String| {
                    policy == "default"
                        || caller.token.policies.contains(policy)
                        || caller.identity_policies.contains(policy)
                };
                if !wanted.iter().all(has) {
                    return Err(Error::rule("child policies must be subset of parent"));
                }
            }
        }
        Ok(wanted)
    }

    fn lifetime(
        &self,
        room: &Room<'_>,
        role: Option<&TokenRole>,
        is_root: bool,
        may_more: bool,
        kind: TokenKind,
    ) -> Result<Lifetime, Error> {
        let mut asked = self.asked.lifetime;
        if asked.period.0 > 0 && !may_more {
            return Err(Error::rule("root or sudo privileges required to create periodic token"));
        }
        if let Some(role) = role {
            asked.period = if role.period.0 > 0 { role.period } else { asked.period };
            let maxima = [role.explicit_max, asked.explicit_max];
            asked.explicit_max =
                maxima.into_iter().filter(|max| max.0 > 0).min().unwrap_or_default();
        }
        if kind == TokenKind::Batch && (asked.period.0 > 0 || asked.explicit_max.0 > 0) {
            return Err(Error::rule(
                "batch tokens can be neither periodic nor have an explicit maximum",
            ));
        }
        let nothing = asked == AskedLifetime::default();
        if is_root && nothing {
            return Ok(Lifetime::endless(room.now));
        }
        let renewable = kind != TokenKind::Batch
            && self.asked.renewable.unwrap_or(true)
            && role.is_none_or(|role| role.renewable);
        Ok(Lifetime::begin(asked, room.ttl_limits, renewable, room.now))
    }

    /// The text that a root caller chose.
    fn own_text(&self, caller: &Bearer) -> Result<Option<PlainToken>, Error> {
        let Some(text) = &self.asked.text else { return Ok(None) };
        if !caller.token.is_root() {
            return Err(Error::rule("root or sudo privileges required to specify token id"));
        }
        let chosen = text.expose_text().unwrap_or_default();
        let is_plain = chosen.bytes().all(|byte| byte.is_ascii_graphic());
        let looks_made = chosen.starts_with("hvs.") || chosen.starts_with("hvb.");
        if chosen.is_empty() || chosen.len() > TOKEN_BYTES_MAX || !is_plain || looks_made {
            return Err(Error::rule("the id is not one that a token may be given"));
        }
        Ok(Some(PlainToken::new(text.expose().to_vec())))
    }

    fn check_texts(&self) -> Result<(), Error> {
        let asked = &self.asked;
        let texts = asked.metadata.iter().flat_map(|(key, value)| [key, value]);
        let too_long = texts.chain([&asked.display_name]).any(|text| text.len() > TEXT_BYTES_MAX);
        if too_long || asked.metadata.len() > METADATA_MAX {
            let rule = format!(
                "a token has at most {METADATA_MAX} entries of metadata, of {TEXT_BYTES_MAX} bytes"
            );
            return Err(Error::rule(rule));
        }
        Ok(())
    }
}

/// The entity of an alias at the token mount, in the batch where it is new.
fn entity_of(
    room: &Room<'_>,
    batch: &mut Batch,
    asked: &str,
    role: Option<&TokenRole>,
) -> Result<String, Error> {
    let alone = "'entity_alias' is only allowed in combination with token role";
    let name = role.ok_or_else(|| Error::rule(alone))?.alias(asked)?;
    let mount = room.mounts.by_id(mounts::fixed(mounts::TOKEN)).map(|(_, mount)| mount);
    let mount = mount.ok_or_else(|| Error::rule("auth token mount accessor not found"))?;
    let (metadata, groups) = (BTreeMap::new(), BTreeSet::new());
    let entity = room.attach(batch, Attach { mount, name, metadata, groups })?;
    Ok(entity.to_string())
}

fn kind_of(asked: Option<TokenKind>, role: Option<&TokenRole>) -> Result<TokenKind, Error> {
    match (role.and_then(|role| role.token_kind), asked) {
        (Some(fixed), Some(asked)) if fixed != asked => {
            Err(Error::rule("the token role asks for tokens of another type"))
        }
        (Some(kind), _) | (None, Some(kind)) => Ok(kind),
        (None, None) => Ok(TokenKind::Service),
    }
}

fn check_depth(room: &Room<'_>, caller: &Bearer) -> Result<(), Error> {
    let (mut depth, mut parent) = (2, caller.token.parent);
    while let Some(hash) = parent {
        depth += 1;
        parent = room.token(hash)?.and_then(|token| token.value.parent);
    }
    if depth > TOKEN_DEPTH_MAX {
        return Err(Error::rule(format!(
            "a token descends from fewer than {TOKEN_DEPTH_MAX} others"
        )));
    }
    Ok(())
}

/// Policy names as they are kept and compared.
pub(crate) fn names(written: &[String]) -> Result<Vec<String>, Error> {
    let given = written.iter().filter(|name| !name.trim().is_empty());
    let parsed = given.map(|name| PolicyName::new(name).map(|name| name.to_string()));
    parsed.collect::<Result<_, _>>().map_err(|error| Error::rule(error.to_string()))
}

/// Networks, each checked.
pub(crate) fn networks(written: &[String]) -> Result<Vec<String>, Error> {
    match written.iter().find(|text| network(text).is_none()) {
        Some(bad) => Err(Error::rule(format!("{bad:?} is not a network in CIDR notation"))),
        None => Ok(written.to_vec()),
    }
}

/// A display name with only what reads well in a log.
fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
