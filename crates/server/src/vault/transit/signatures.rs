//! Signatures and HMACs.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Map;
use strongroom_core::transit::{HashAlgorithm, SaltLength, SignatureOptions, Signed};
use strongroom_engine::operations::transit::{
    HmacData, HmacItem, SignData, SignItem, VerifyData, VerifyHmac, VerifyItem,
};

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::lenient::{Truth, Whole};
use super::super::reply::Reply;
use super::{Answered, Answers, Items, decoded, decoded_or_none, process, version};

/// An item of any of the three.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'b> {
    input: Option<&'b str>,
    context: Option<&'b str>,
    signature: Option<&'b str>,
    hmac: Option<&'b str>,
    reference: Option<&'b str>,
}

/// How all items are signed or verified.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Options<'b> {
    hash_algorithm: Option<&'b str>,
    /// The older name of `hash_algorithm`, and the one that HMACs have.
    algorithm: Option<&'b str>,
    prehashed: Truth,
    signature_algorithm: Option<&'b str>,
    marshaling_algorithm: Option<&'b str>,
    salt_length: Option<Salt<'b>>,
    key_version: Option<Whole>,
}

/// Vault takes a number as a text; some clients send one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Salt<'b> {
    Text(&'b str),
    Number(i64),
}

/// What the items of a verification are verified by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    Signature,
    Hmac,
}

impl<'b> Item<'b> {
    fn reference(&self) -> &'b str {
        self.reference.unwrap_or_default()
    }

    fn input(&self) -> Result<Vec<u8>, String> {
        let input = self.input.ok_or_else(|| "missing input".to_owned())?;
        decoded(input).map_err(|error| format!("unable to decode input as base64: {error}"))
    }

    fn to_sign(&self) -> Result<SignItem, String> {
        Ok(SignItem { input: self.input()?, context: decoded_or_none(self.context)? })
    }

    fn to_verify(&self) -> Result<VerifyItem, String> {
        let signature = self.signature.unwrap_or_default().to_owned();
        Ok(VerifyItem { item: self.to_sign()?, signature })
    }

    fn to_verify_hmac(&self) -> Result<HmacItem, String> {
        let hmac = self.hmac.unwrap_or_default().to_owned();
        Ok(HmacItem { input: self.input()?, hmac })
    }

    fn proof(&self) -> Result<Proof, &'static str> {
        let given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
        match (given(self.signature), given(self.hmac)) {
            (true, false) => Ok(Proof::Signature),
            (false, true) => Ok(Proof::Hmac),
            (true, true) => Err("provide one of 'signature' or 'hmac'"),
            (false, false) => Err("neither a 'signature' nor an 'hmac' was given to verify"),
        }
    }
}

impl Options<'_> {
    /// The name of the hash: the path's before the body's.
    fn hash<'n>(&'n self, path_hash: Option<&'n str>) -> Option<&'n str> {
        let given = [path_hash, self.hash_algorithm, self.algorithm];
        given.into_iter().flatten().find(|name| !name.is_empty())
    }

    fn hmac_hash(&self, path_hash: Option<&str>) -> Result<HashAlgorithm, Fault> {
        let name = self.hash(path_hash).map(str::parse).transpose();
        Ok(name.map_err(unusable)?.unwrap_or_default())
    }

    fn signature(&self, path_hash: Option<&str>) -> Result<SignatureOptions, Fault> {
        let default = SignatureOptions::default();
        let hash = match self.hash(path_hash) {
            None => default.hash,
            Some("none") => None,
            Some(name) => Some(name.parse().map_err(unusable)?),
        };
        let marshaling = self.marshaling_algorithm.filter(|name| !name.is_empty());
        let marshaling = marshaling.map(str::parse).transpose().map_err(unusable)?;
        let salt_length: Option<SaltLength> = match &self.salt_length {
            None | Some(Salt::Text("")) => None,
            Some(Salt::Text(text)) => Some(text.parse().map_err(unusable)?),
            Some(Salt::Number(bytes)) => Some(bytes.to_string().parse().map_err(unusable)?),
        };
        Ok(SignatureOptions {
            hash,
            prehashed: self.prehashed.0,
            marshaling: marshaling.unwrap_or_default(),
            padding: self.signature_algorithm.unwrap_or_default().parse().map_err(unusable)?,
            salt_length: salt_length.unwrap_or_default(),
        })
    }
}

fn unusable(error: impl ToString) -> Fault {
    Fault::invalid(error.to_string())
}

/// The hash that the path names, as it does.
fn path_hash(call: &Call<'_>) -> Option<String> {
    Some(call.named("hash")).filter(|name| !name.is_empty())
}

pub(super) fn sign(call: &Call<'_>) -> Result<Reply, Fault> {
    let (options, path_hash): (Options<'_>, _) = (call.body.read()?, path_hash(call));
    let path_hash = path_hash.as_deref();
    let how = options.signature(path_hash)?;
    let number = version(options.key_version).map_err(Fault::invalid)?;
    let Items { items, is_batch } = Items::<Item<'_>>::read(&call.body)?;
    let read = items.iter().map(Item::to_sign).collect();
    let ask = |read| {
        let name = call.named("name");
        call.ask(&SignData::new(call.mount(), &name, path_hash, how, number, read))
    };
    let answers = process(call, read, ask, signed)?;
    let references = items.iter().map(Item::reference).collect();
    Answers { answers, references, is_batch }.reply()
}

fn signed(Signed { signature, version, public_key }: Signed) -> Answered {
    let mut members = Map::from_iter([
        ("signature".to_owned(), signature.into()),
        ("key_version".to_owned(), version.into()),
    ]);
    if let Some(key) = public_key {
        members.insert("public_key".to_owned(), BASE64.encode(&key).into());
    }
    members
}

pub(super) fn verify(call: &Call<'_>) -> Result<Reply, Fault> {
    let (options, path_hash): (Options<'_>, _) = (call.body.read()?, path_hash(call));
    let path_hash = path_hash.as_deref();
    if call.body.has("cmac") {
        return Err(Fault::unsupported("CMACs are not supported"));
    }
    let Items { items, is_batch } = Items::<Item<'_>>::read(&call.body)?;
    let proof = proof(&items)?;
    let (mount, name) = (call.mount(), call.named("name"));
    let valid = |valid: bool| Map::from_iter([("valid".to_owned(), valid.into())]);
    let answers = match proof {
        Proof::Signature => {
            let how = options.signature(path_hash)?;
            let read = items.iter().map(Item::to_verify).collect();
            let ask = |read| call.ask(&VerifyData::new(mount, &name, path_hash, how, read));
            process(call, read, ask, valid)?
        }
        Proof::Hmac => {
            let hash = options.hmac_hash(path_hash)?;
            let read = items.iter().map(Item::to_verify_hmac).collect();
            let ask = |read| call.ask(&VerifyHmac::new(mount, &name, path_hash, hash, read));
            process(call, read, ask, valid)?
        }
    };
    let references = items.iter().map(Item::reference).collect();
    Answers { answers, references, is_batch }.reply()
}

/// What all items are verified by.
fn proof(items: &[Item<'_>]) -> Result<Proof, Fault> {
    let mut proofs = items.iter().map(Item::proof);
    let first = proofs.next().unwrap_or(Err("missing batch input to process"));
    let first = first.map_err(Fault::invalid)?;
    if proofs.all(|proof| proof == Ok(first)) {
        return Ok(first);
    }
    Err(Fault::invalid("elements of batch_input must all provide either 'signature' or 'hmac'"))
}

pub(super) fn hmac(call: &Call<'_>) -> Result<Reply, Fault> {
    let (options, path_hash): (Options<'_>, _) = (call.body.read()?, path_hash(call));
    let path_hash = path_hash.as_deref();
    let hash = options.hmac_hash(path_hash)?;
    let number = version(options.key_version).map_err(Fault::invalid)?;
    let Items { items, is_batch } = Items::<Item<'_>>::read(&call.body)?;
    let read = items.iter().map(Item::input).collect();
    let ask = |read| {
        let name = call.named("name");
        call.ask(&HmacData::new(call.mount(), &name, path_hash, hash, number, read))
    };
    let made = |hmac: String| Map::from_iter([("hmac".to_owned(), hmac.into())]);
    let answers = process(call, read, ask, made)?;
    let references = items.iter().map(Item::reference).collect();
    Answers { answers, references, is_batch }.reply()
}
