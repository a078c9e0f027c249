//! Encrypting, decrypting, both at once, and data keys.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Map, json};
use strongroom_core::secret::SecretValue;
use strongroom_core::transit::{DataKeyBits, Encrypted, KeyType};
use strongroom_engine::operations::transit::{
    DataKeyRequest, DecryptData, DecryptItem, EncryptData, EncryptItem, GenerateDataKey,
    RewrapData, RewrapItem,
};

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::lenient::{Truth, Whole};
use super::super::reply::Reply;
use super::{Answered, Answers, Items, decoded, decoded_or_none, partial_status, process, version};

/// An item of any of the three.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'b> {
    plaintext: Option<&'b str>,
    ciphertext: Option<&'b str>,
    context: Option<&'b str>,
    associated_data: Option<&'b str>,
    nonce: Option<&'b str>,
    key_version: Option<Whole>,
    reference: Option<&'b str>,
}

/// How a key is made that is not there.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NewKey<'b> {
    #[serde(rename = "type")]
    key_type: Option<&'b str>,
    convergent_encryption: Truth,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WantedDataKey<'b> {
    context: Option<&'b str>,
    associated_data: Option<&'b str>,
    nonce: Option<&'b str>,
    bits: Option<Whole>,
    key_version: Option<Whole>,
}

impl<'b> Item<'b> {
    fn has_context(&self) -> bool {
        self.context.is_some_and(|context| !context.is_empty())
    }

    fn reference(&self) -> &'b str {
        self.reference.unwrap_or_default()
    }

    fn to_encrypt(&self) -> Result<EncryptItem, String> {
        check_nonce(self.nonce)?;
        let plaintext = self.plaintext.ok_or_else(|| "missing plaintext to encrypt".to_owned())?;
        Ok(EncryptItem {
            plaintext: SecretValue::new(decoded(plaintext)?),
            context: decoded_or_none(self.context)?,
            associated: decoded_or_none(self.associated_data)?,
            version: version(self.key_version)?,
        })
    }

    fn to_decrypt(&self) -> Result<DecryptItem, String> {
        check_nonce(self.nonce)?;
        let ciphertext = self.ciphertext.filter(|text| !text.is_empty());
        let ciphertext = ciphertext.ok_or_else(|| "missing ciphertext to decrypt".to_owned())?;
        Ok(DecryptItem {
            ciphertext: ciphertext.to_owned(),
            context: decoded_or_none(self.context)?,
            associated: decoded_or_none(self.associated_data)?,
        })
    }

    fn to_rewrap(&self) -> Result<RewrapItem, String> {
        Ok(RewrapItem { decrypt: self.to_decrypt()?, version: version(self.key_version)? })
    }
}

/// Nonces are never the client's: Vault takes one for convergent keys of its first version only.
fn check_nonce(nonce: Option<&str>) -> Result<(), String> {
    match nonce {
        None | Some("") => Ok(()),
        Some(_) => Err("provided nonce not allowed for this key".to_owned()),
    }
}

pub(super) fn encrypt(call: &Call<'_>) -> Result<Reply, Fault> {
    let new: NewKey<'_> = call.body.read()?;
    let partial = partial_status(&call.body)?;
    let Items { items, is_batch } = Items::<Item<'_>>::read(&call.body)?;
    let with_context = items.iter().filter(|item| item.has_context()).count();
    if with_context != 0 && with_context != items.len() {
        let rule = "context should be set either in all the request blocks or in none";
        return Err(Fault::invalid(rule));
    }
    if new.convergent_encryption.0 && with_context == 0 {
        let rule =
            "convergent encryption requires derivation to be enabled, so context is required";
        return Err(Fault::invalid(rule));
    }
    let key_type = upserted_type(new.key_type)?;
    let read = items.iter().map(Item::to_encrypt).collect();
    let ask = |read| {
        let name = call.named("name");
        let encrypt = EncryptData::new(call.mount(), &name, key_type, read);
        call.ask(&encrypt.convergent(new.convergent_encryption.0))
    };
    let answers = process(call, read, ask, encrypted)?;
    let references = items.iter().map(Item::reference).collect();
    Answers { answers, references, is_batch }.strict_reply(partial)
}

/// The type of a key that has to be made: one that derives, as Vault has it.
fn upserted_type(name: Option<&str>) -> Result<KeyType, Fault> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(KeyType::AES_256_GCM96);
    };
    let unknown = || Fault::invalid("unknown key type");
    let key_type: KeyType = name.parse().map_err(|_| unknown())?;
    match key_type.supports().convergent {
        true => Ok(key_type),
        false => {
            Err(Fault::invalid(format!("key type {key_type} not supported for this operation")))
        }
    }
}

pub(super) fn decrypt(call: &Call<'_>) -> Result<Reply, Fault> {
    let partial = partial_status(&call.body)?;
    let Items { items, is_batch } = Items::<Item<'_>>::read(&call.body)?;
    let read = items.iter().map(Item::to_decrypt).collect();
    let ask = |read| call.ask(&DecryptData::new(call.mount(), &call.named("name"), read));
    let answers = process(call, read, ask, |plaintext: SecretValue| {
        Map::from_iter([("plaintext".to_owned(), BASE64.encode(plaintext.expose()).into())])
    })?;
    let references = items.iter().map(Item::reference).collect();
    Answers { answers, references, is_batch }.strict_reply(partial)
}

pub(super) fn rewrap(call: &Call<'_>) -> Result<Reply, Fault> {
    let partial = partial_status(&call.body)?;
    let Items { items, is_batch } = Items::<Item<'_>>::read(&call.body)?;
    let read = items.iter().map(Item::to_rewrap).collect();
    let ask = |read| call.ask(&RewrapData::new(call.mount(), &call.named("name"), read));
    let answers = process(call, read, ask, encrypted)?;
    let references = items.iter().map(Item::reference).collect();
    Answers { answers, references, is_batch }.strict_reply(partial)
}

fn encrypted(Encrypted { ciphertext, version }: Encrypted) -> Answered {
    Map::from_iter([
        ("ciphertext".to_owned(), ciphertext.into()),
        ("key_version".to_owned(), version.into()),
    ])
}

pub(super) fn data_key(call: &Call<'_>) -> Result<Reply, Fault> {
    let plaintext = match call.named("type").as_str() {
        "plaintext" => true,
        "wrapped" => false,
        _ => return Err(Fault::invalid("Invalid path, must be 'plaintext' or 'wrapped'")),
    };
    let wanted: WantedDataKey<'_> = call.body.read()?;
    check_nonce(wanted.nonce).map_err(Fault::invalid)?;
    let bits = wanted.bits.map_or(Some(DataKeyBits::default()), |bits| {
        u64::try_from(bits.0).ok().and_then(DataKeyBits::from_bits)
    });
    let request = DataKeyRequest {
        bits: bits.ok_or_else(|| Fault::invalid("invalid bit length"))?,
        plaintext,
        context: decoded_or_none(wanted.context).map_err(Fault::invalid)?,
        associated: decoded_or_none(wanted.associated_data).map_err(Fault::invalid)?,
        version: version(wanted.key_version).map_err(Fault::invalid)?,
    };
    let (key, made) =
        call.ask(&GenerateDataKey::new(call.mount(), &call.named("name"), request))?;
    let mut members = encrypted(made);
    if let Some(key) = key {
        members.insert("plaintext".to_owned(), json!(BASE64.encode(key.expose())));
    }
    Ok(Reply::data(members))
}
