//! Policies on secrets, in AWS's language, beside those of callers.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html>
//!
//! What a secret's policy denies is denied at every door. What it allows is allowed at AWS's, where its clients expect
//! it: a caller whose own policies say nothing of the secret is let in by the secret's. It is kept as the record
//! `resource-policy/<secret id>`, and the secret says whether there is one, so that a secret without costs nothing.

use std::sync::Arc;

use strongroom_core::aws::arn::AccountId;
use strongroom_core::aws::policy::{Caller, Decision, PolicyDocument, Question};
use strongroom_core::crypto::RecordKind;
use strongroom_core::model::Secret;
use strongroom_core::policy::Capability;

use crate::error::Error;
use crate::keys;
use crate::metadata::KnownSecret;
use crate::mounts::Location;
use crate::operations::aws::{Act, Facts, Meant, Place};
use crate::room::{Aspect, Room};
use crate::witness::{Authorized, Grant};

/// What is before the name of an action.
const SERVICE: &str = "secretsmanager:";

impl Room<'_> {
    /// Proof that the caller may do `C` to a secret at AWS's door: what its policy denies is denied, what it or the
    /// caller's allow is allowed. The secret, if it is there and whole, comes with it.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_act<C: Grant>(
        &self,
        place: &Place,
        meant: &Meant,
        act: Act,
        facts: &dyn Fn(&mut Facts),
    ) -> Result<(Authorized<C>, Option<Arc<KnownSecret>>), Error> {
        let location = meant.location.clone();
        let by_caller = self.require_on(&location, act.aspect, C::CAPABILITY);
        // A damaged record is told of to who is let in by their own policies.
        let known = self.look(&location);
        let secret = known.as_ref().map(|known| &known.secret);
        let Some(secret) = secret.filter(|secret| secret.has_resource_policy) else {
            return by_caller.map(|()| (Authorized::new(location), known));
        };
        let asked = Asked { place, name: meant.name.as_str(), action: act.action, facts };
        match self.verdict(secret, &asked)? {
            Decision::ExplicitDeny => Err(self.denied_by_secret(&location, C::CAPABILITY)),
            Decision::Allow => Ok((Authorized::new(location), known)),
            Decision::AccountAllowed | Decision::NoDecision => {
                by_caller.map(|()| (Authorized::new(location), known))
            }
        }
    }

    /// That the secret's policy does not deny what the caller's policies allow.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn admit_by_secret<C: Grant>(
        &self,
        proof: &Authorized<C>,
        secret: &Secret,
    ) -> Result<(), Error> {
        let Some(aspect) = proof.aspect().filter(|_| secret.has_resource_policy) else {
            return Ok(());
        };
        let location = proof.location();
        let place = self.places.mount(location.mount_path()).or_else(|| self.places.iter().next());
        let home = Place::default();
        let asked = Asked {
            place: place.map_or(&home, |place| place),
            name: secret
                .aliases
                .aws
                .as_ref()
                .map_or(location.path().as_str(), |name| name.as_str()),
            action: action_of(aspect, C::CAPABILITY),
            facts: &|_| {},
        };
        match self.verdict(secret, &asked)? {
            Decision::ExplicitDeny => Err(self.denied_by_secret(location, C::CAPABILITY)),
            _ => Ok(()),
        }
    }

    fn verdict(&self, secret: &Secret, asked: &Asked<'_>) -> Result<Decision, Error> {
        let key = keys::resource_policy(secret.id);
        let found = self.records().read_bytes(RecordKind::ResourcePolicy, &key)?;
        let text = found.as_ref().and_then(|found| found.value.expose_text());
        let policy = text.and_then(|text| PolicyDocument::parse(text).ok());
        // What cannot be read allows nothing.
        let policy = policy.ok_or_else(|| Error::damaged(key.as_str(), "it is no policy"))?;
        let place = asked.place;
        let account = AccountId::new(&place.account)
            .map_err(|_| Error::damaged("the account", "it is not twelve digits"))?;
        let arns = self.caller.arns(&place.account);
        let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
        let facts = self.facts(secret, asked, &arns);
        Ok(policy.evaluate(&Question {
            caller: Caller { arns: &arns, account: &account },
            action: &format!("{SERVICE}{}", asked.action),
            resource: &place.arn(asked.name, secret),
            context: &|key| facts.get(key),
        }))
    }

    /// The values of what conditions may ask for.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
    fn facts(&self, secret: &Secret, asked: &Asked<'_>, arns: &[&str]) -> Facts {
        let mut facts = Facts::default();
        if let Some(source) = self.request.source {
            facts.add("aws:sourceip", source.to_string());
        }
        facts.add("aws:securetransport", self.request.encrypted.to_string());
        facts.add("aws:currenttime", self.now.to_string());
        facts.add("aws:epochtime", (self.now.0 / 1_000).to_string());
        facts.add("aws:principalaccount", asked.place.account.clone());
        facts.add("aws:requestedregion", asked.place.region.clone());
        if let Some(arn) = arns.first() {
            facts.add("aws:principalarn", *arn);
        }
        facts.add("aws:username", self.caller.principal.name().trim_start_matches("app:"));
        if let Some(client) = &self.request.client {
            facts.add("aws:useragent", client.program.clone());
        }
        for (key, value) in &secret.aws_tags {
            facts.add(&format!("aws:resourcetag/{key}"), value.clone());
            facts.add(&format!("secretsmanager:resourcetag/{key}"), value.clone());
        }
        facts.add("secretsmanager:name", asked.name);
        facts.add("secretsmanager:secretid", asked.place.arn(asked.name, secret));
        (asked.facts)(&mut facts);
        facts
    }

    fn denied_by_secret(&self, location: &Location, capability: Capability) -> Error {
        let reason = "the secret's resource policy denies it".to_owned();
        self.denied(location.as_str(), capability, reason, None)
    }
}

/// What a secret's policy is asked.
struct Asked<'a> {
    place: &'a Place,
    name: &'a str,
    action: &'a str,
    facts: &'a dyn Fn(&mut Facts),
}

/// AWS's action for what another door does.
fn action_of(aspect: Aspect, capability: Capability) -> &'static str {
    match (aspect, capability) {
        (Aspect::Data, Capability::Update | Capability::Create) => "PutSecretValue",
        (Aspect::Data | Aspect::Subkeys, _) => "GetSecretValue",
        (Aspect::Metadata, Capability::Read) => "DescribeSecret",
        (Aspect::Metadata, Capability::Delete) | (Aspect::Delete | Aspect::Destroy, _) => {
            "DeleteSecret"
        }
        (Aspect::Metadata, _) => "UpdateSecret",
        (Aspect::Undelete, _) => "RestoreSecret",
    }
}
