//! One request to the door, by somebody who is known.

use std::sync::Arc;

use strongroom_core::aws::filters::{Filter, INVALID_FILTER_KEY};
use strongroom_core::aws::token::{ClientRequestToken, MISSING_TOKEN};
use strongroom_core::model::{Label, Payload, PayloadKind};
use strongroom_engine::operations::aws::{Place, Places, SecretRef};
use strongroom_engine::{Engine, Operation, Request};

use super::fault::{Context, Fault, Type};
use super::read::{check_id, check_name};
use super::registry::refusals;
use super::shapes::{
    self, AddReplicaRegionList, FiltersList, KmsKeyId, MaxResults, Name, NextToken, Region,
    ResourcePolicyName, SecretBinary, SecretId, SecretString, SecretVersionId, SecretVersionStage,
    TagList,
};

const BOTH_VALUES: &str =
    "You can't specify both a binary secret value and a string secret value in the same secret.";
/// How much a page holds where the request does not say.
const PAGE: usize = 100;
/// The name of the one policy that a secret can have.
pub const DEFAULT_POLICY: &str = "default";
const BAD_NEXT_TOKEN: &str = "Invalid NextToken.";
/// The one key of a key service that may be named: it is the default.
const DEFAULT_KEYS: &[&str] = &["", "alias/aws/secretsmanager"];

/// A request on its way: who asks what, and of which region.
pub struct Call<'a> {
    engine: &'a Engine,
    request: Request,
    place: Arc<Place>,
    places: &'a Places,
    action: &'static str,
}

impl<'a> Call<'a> {
    pub fn new(
        engine: &'a Engine,
        request: Request,
        place: Arc<Place>,
        places: &'a Places,
        action: &'static str,
    ) -> Self {
        Self { engine, request, place, places, action }
    }

    /// The region that is asked.
    pub fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// Ask the engine about the region, or about nothing.
    pub fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, Fault> {
        self.ask_of(operation, None)
    }

    /// Ask the engine about a secret that the client calls this.
    pub fn ask_about<O: Operation>(&self, id: &str, operation: &O) -> Result<O::Answer, Fault> {
        self.ask_of(operation, Some(id))
    }

    fn ask_of<O: Operation>(&self, operation: &O, id: Option<&str>) -> Result<O::Answer, Fault> {
        let answered = self.engine.execute(&self.request, operation);
        answered.map_err(|error| Fault::of(&error, &self.context(id)))
    }

    /// What refusals say of the request.
    pub fn context<'c>(&'c self, resource: Option<&'c str>) -> Context<'c> {
        Context { action: self.action, account: &self.place.account, resource }
    }

    /// What refusals say of one secret of several.
    pub fn context_of<'c>(&'c self, action: &'c str, resource: &'c str) -> Context<'c> {
        Context { action, account: &self.place.account, resource: Some(resource) }
    }

    /// The secret that is meant.
    pub fn secret(&self, id: SecretId) -> Result<SecretRef, Fault> {
        check_id(&id)?;
        Ok(SecretRef { place: Arc::clone(&self.place), id: id.0 })
    }

    /// The regions that get a copy.
    pub fn replicas(
        &self,
        regions: Option<AddReplicaRegionList>,
    ) -> Result<Vec<Arc<Place>>, Fault> {
        let regions = regions.map(|list| list.0).unwrap_or_default();
        let place = |region: shapes::ReplicaRegion| {
            check_key(region.kms_key_id.as_ref())?;
            let named = region.region.ok_or_else(|| {
                Fault::invalid_parameter("You must provide a Region for each replica.")
            })?;
            self.region(&named)
        };
        regions.into_iter().map(place).collect()
    }

    fn region(&self, region: &Region) -> Result<Arc<Place>, Fault> {
        let found = self.places.region(&region.0).map(Arc::clone);
        let text = || format!("The region {} is not one of this server's.", region.0);
        found.ok_or_else(|| Fault::invalid_parameter(text()))
    }
}

/// A new secret's name.
pub fn name(name: Name) -> Result<String, Fault> {
    check_name(&name.0)?;
    Ok(name.0)
}

/// The token that every writing request has.
pub fn client_token(sent: Option<shapes::ClientRequestToken>) -> Result<ClientRequestToken, Fault> {
    token(&sent.ok_or_else(|| Fault::invalid_request(MISSING_TOKEN))?.0)
}

/// The same where AWS says with another error that it is missing.
pub fn rotation_client_token(
    sent: Option<shapes::ClientRequestToken>,
) -> Result<ClientRequestToken, Fault> {
    token(&sent.ok_or_else(|| Fault::invalid_parameter(MISSING_TOKEN))?.0)
}

/// The version that an id names.
pub fn version(id: Option<SecretVersionId>) -> Result<Option<ClientRequestToken>, Fault> {
    id.map(|id| token(&id.0)).transpose()
}

fn token(text: &str) -> Result<ClientRequestToken, Fault> {
    ClientRequestToken::new(text).map_err(|error| Fault::invalid_parameter(error.to_string()))
}

/// The value of a request that can have one: text or bytes.
pub fn payload(
    text: Option<SecretString>,
    binary: Option<SecretBinary>,
) -> Result<Option<Payload>, Fault> {
    let (kind, value) = match (text, binary) {
        (None, None) => return Ok(None),
        (Some(text), None) => (PayloadKind::Text, text.0),
        (None, Some(binary)) => (PayloadKind::Bytes, binary.0),
        (Some(_), Some(_)) => return Err(Fault::invalid_parameter(BOTH_VALUES)),
    };
    let payload = Payload::new(kind, value);
    payload.map(Some).map_err(|error| Fault::invalid_parameter(error.to_string()))
}

/// That no other key is asked for than the default one.
pub fn check_key(key: Option<&KmsKeyId>) -> Result<(), Fault> {
    match key {
        Some(key) if !DEFAULT_KEYS.contains(&key.0.as_str()) => {
            Err(Fault::invalid_parameter(refusals::KEYS))
        }
        _ => Ok(()),
    }
}

/// A staging label.
pub fn label(stage: SecretVersionStage) -> Result<Label, Fault> {
    Label::new(stage.0).map_err(|error| Fault::invalid_parameter(error.to_string()))
}

/// How much a page holds.
pub fn limit(max_results: Option<MaxResults>) -> usize {
    max_results.and_then(|max| usize::try_from(max.0).ok()).unwrap_or(PAGE)
}

/// Tags by name. One that stands twice is refused.
pub fn tags(list: Option<TagList>) -> Result<std::collections::BTreeMap<String, String>, Fault> {
    let mut tags = std::collections::BTreeMap::new();
    for tag in list.map(|list| list.0).unwrap_or_default() {
        let key = tag
            .key
            .ok_or_else(|| Fault::invalid_parameter("You must provide a Key for each tag."))?;
        let value = tag.value.map(|value| value.0).unwrap_or_default();
        if tags.insert(key.0, value).is_some() {
            return Err(Fault::invalid_parameter("A tag key can be given once only."));
        }
    }
    Ok(tags)
}

/// What the engine calls the end of a page, from the client's token.
pub fn after(token: Option<NextToken>) -> Result<Option<String>, Fault> {
    let Some(token) = token else { return Ok(None) };
    let bytes = data_encoding::BASE64URL_NOPAD.decode(token.0.as_bytes()).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(bad_next_token)
}

/// A token that this server did not make.
pub fn bad_next_token() -> Fault {
    Fault::new(Type::InvalidNextToken, BAD_NEXT_TOKEN)
}

/// The filters of a list.
pub fn filters(list: Option<FiltersList>) -> Result<Vec<Filter>, Fault> {
    let sent = list.map(|list| list.0).unwrap_or_default();
    let filter = |(place, filter): (usize, shapes::Filter)| {
        let key = filter.key.ok_or_else(|| Fault::invalid_parameter(INVALID_FILTER_KEY))?;
        let values = filter.values.map(|values| values.0).unwrap_or_default();
        let values = values.into_iter().map(|value| value.0).collect();
        let parsed = Filter::parse(place + 1, &key.0, values);
        parsed.map_err(|error| Fault::validation(error.to_string()))
    };
    sent.into_iter().enumerate().map(filter).collect()
}

/// That the one policy is meant that a secret can have.
pub fn check_policy_name(name: Option<&ResourcePolicyName>) -> Result<(), Fault> {
    match name {
        Some(name) if name.0 != DEFAULT_POLICY => {
            Err(Fault::invalid_parameter("The only PolicyName that is supported is default."))
        }
        _ => Ok(()),
    }
}

/// The client's token for the end of a page.
pub fn next_token(next: Option<String>) -> Option<String> {
    next.map(|next| data_encoding::BASE64URL_NOPAD.encode(next.as_bytes()))
}
