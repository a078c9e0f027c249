use aws_lc_rs::hmac;
use serde_json::{Map, Value, json};
use strongroom_core::time::Timestamp;
use strongroom_core::token::{PlainToken, TokenKind};

use super::hashed;
use super::options::DeviceOptions;
use crate::audit::{Outcome, Record};
use crate::identify::Identified;
use crate::mounts::MountTable;

/// What a device gets of a request: the record, and who asked.
pub(crate) struct Exported<'a> {
    pub(crate) record: &'a Record,
    /// The number of its line in the log.
    pub(crate) seq: u64,
    /// The token that was shown.
    pub(crate) token: Option<&'a PlainToken>,
    /// Who asked, once that was known.
    pub(crate) caller: Option<&'a Identified>,
    pub(crate) mounts: Option<&'a MountTable>,
}

/// Vault's words for what a request does, by the end of an operation's name.
const OPERATIONS: &[(&str, &str)] = &[
    ("-read", "read"),
    ("-lookup", "read"),
    ("-describe", "read"),
    ("-count", "read"),
    ("-list", "list"),
    ("-watch", "read"),
    ("-check", "read"),
    ("-delete", "delete"),
    ("-disable", "delete"),
    ("-purge", "delete"),
];

impl Exported<'_> {
    /// A line of the type `request` and one of the type `response`, as Vault writes them. No text of the request is in
    /// them but its path: tokens and what an operation names are hashed with the device's key.
    pub(super) fn lines(&self, key: &hmac::Key, options: &DeviceOptions) -> [Vec<u8>; 2] {
        let (auth, request) = (self.auth(key, options), self.request(key, options));
        let mut time = Vec::new();
        Timestamp(self.record.time).push_rfc3339(&mut time);
        let time = String::from_utf8(time).unwrap_or_default();
        let log = json!({ "seq": self.seq, "operation": self.record.operation, "door": self.record.door });
        let line = |kind: &str, more: Map<String, Value>| {
            let mut members = Map::new();
            members.insert("time".into(), time.clone().into());
            members.insert("type".into(), kind.into());
            members.insert("auth".into(), auth.clone());
            members.insert("request".into(), request.clone());
            members.extend(more);
            members.insert("strongroom".into(), log.clone());
            // Its keys are texts, so that it always serialises.
            let json = serde_json::to_vec(&members).unwrap_or_default();
            [options.prefix.as_bytes(), json.as_slice(), b"\n"].concat()
        };
        let mut answered = Map::new();
        answered.insert("response".into(), json!({ "mount_type": self.mount().1 }));
        if let (Outcome::Denied | Outcome::Failed, Some(status)) =
            (self.record.outcome, self.record.status)
        {
            answered.insert("error".into(), status.into());
        }
        [line("request", Map::new()), line("response", answered)]
    }

    fn auth(&self, key: &hmac::Key, options: &DeviceOptions) -> Value {
        let mut auth = Map::new();
        let allowed = !matches!(self.record.outcome, Outcome::Denied);
        if let Some(token) = self.token {
            auth.insert("client_token".into(), hashed(key, token.expose()).into());
        }
        if let Some(bearer) = self.caller.and_then(|caller| caller.bearer.as_deref()) {
            let token = &bearer.token;
            let kind = if token.kind == TokenKind::Batch { "batch" } else { "service" };
            auth.insert("accessor".into(), self.accessor(key, options));
            auth.insert("display_name".into(), token.display_name.clone().into());
            let all: Vec<&String> =
                token.policies.iter().chain(&bearer.identity_policies).collect();
            auth.insert("policies".into(), json!(all));
            auth.insert("token_policies".into(), json!(token.policies));
            auth.insert("identity_policies".into(), json!(bearer.identity_policies));
            auth.insert("entity_id".into(), json!(token.entity));
            auth.insert("token_type".into(), kind.into());
        } else if let Some(principal) = &self.record.principal {
            auth.insert("display_name".into(), principal.name.clone().into());
        }
        auth.insert("policy_results".into(), json!({ "allowed": allowed }));
        Value::Object(auth)
    }

    fn request(&self, key: &hmac::Key, options: &DeviceOptions) -> Value {
        let record = self.record;
        let word = OPERATIONS.iter().find(|(end, _)| record.operation.ends_with(end));
        let (mount_point, mount_type) = self.mount();
        let mut request = Map::new();
        request.insert("id".into(), record.request_id.to_string().into());
        request.insert("operation".into(), word.map_or("update", |(_, word)| word).into());
        request.insert("mount_point".into(), mount_point.into());
        request.insert("mount_type".into(), mount_type.into());
        if let Some(token) = self.token {
            request.insert("client_token".into(), hashed(key, token.expose()).into());
            request.insert("client_token_accessor".into(), self.accessor(key, options));
        }
        request.insert("namespace".into(), json!({ "id": "root" }));
        request.insert("path".into(), record.path.clone().unwrap_or_default().into());
        if !record.fields.is_empty() {
            let hash = |(name, text): &(&str, String)| {
                ((*name).to_owned(), Value::from(hashed(key, text.as_bytes())))
            };
            let data: Map<String, Value> = record.fields.iter().map(hash).collect();
            request.insert("data".into(), Value::Object(data));
        }
        request.insert("remote_address".into(), json!(record.source));
        Value::Object(request)
    }

    fn accessor(&self, key: &hmac::Key, options: &DeviceOptions) -> Value {
        let bearer = self.caller.and_then(|caller| caller.bearer.as_deref());
        let accessor = bearer.map(|bearer| bearer.token.accessor.as_str()).unwrap_or_default();
        match (accessor, options.hashes_accessors) {
            ("", _) | (_, false) => accessor.into(),
            (accessor, true) => hashed(key, accessor.as_bytes()).into(),
        }
    }

    /// Where the path's mount is, and its kind.
    fn mount(&self) -> (String, &'static str) {
        let path = self.record.path.as_deref().unwrap_or_default();
        let found = self.mounts.and_then(|mounts| mounts.resolve(path.trim_end_matches('/')).ok());
        found
            .map_or((String::new(), ""), |(path, mount, _)| (format!("{path}/"), mount.kind.word()))
    }
}
