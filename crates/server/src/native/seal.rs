//! What is asked of the node: it works, for anybody, while the store is sealed or has no keys.

use strongroom_core::secret::{SecretValue, UnsealShare};
use strongroom_engine::{RekeyOutcome, RekeyStatus, SealStatus};
use strongroom_wire as wire;

use super::call::NodeCall;
use super::fault::Fault;
use super::registry::ServeOfNode;

/// The longest body of these calls, in bytes: nobody is known yet.
pub(super) const NODE_BODY_BYTES_MAX: usize = 16 * 1_024;

impl ServeOfNode for wire::ReadSeal {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::StoreSeal, Fault> {
        Ok(told(&call.node.status()?))
    }
}

impl ServeOfNode for wire::InitialiseStore {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::InitialisedStore, Fault> {
        let made = call.node.initialise(self.shares, self.threshold, &call.request)?;
        let shares = made.shares.into_iter().map(wire::ShareText).collect();
        Ok(wire::InitialisedStore { shares, root_token: wire::TokenText(made.root_token) })
    }
}

impl ServeOfNode for wire::UnsealStore {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::StoreSeal, Fault> {
        let status = match (self.reset, self.share) {
            (true, None) => call.node.reset_unseal()?,
            (false, Some(share)) => call.node.unseal(&part(&share), &call.request)?,
            _ => return Err(Fault::invalid("bring a `share`, or say `reset`")),
        };
        Ok(told(&status))
    }
}

impl ServeOfNode for wire::SealStore {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::Done, Fault> {
        call.node.seal(&call.request)?;
        Ok(wire::Done {})
    }
}

impl ServeOfNode for wire::StartRekey {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::RekeyState, Fault> {
        let numbers = (self.shares, self.threshold);
        Ok(waiting(&call.node.start_rekey(numbers, self.verified, &call.request)?))
    }
}

impl ServeOfNode for wire::BringRekeyShare {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::RekeyState, Fault> {
        match call.node.update_rekey(&self.nonce, &part(&self.share), &call.request)? {
            RekeyOutcome::Waits(status) => Ok(waiting(&status)),
            RekeyOutcome::Made { nonce, new, verification_nonce } => {
                let copied = new.shares.iter().map(|share| share.expose().to_vec());
                let shares = copied.map(UnsealShare::new);
                Ok(wire::RekeyState {
                    done: verification_nonce.is_none(),
                    nonce: verification_nonce.unwrap_or(nonce),
                    progress: 0,
                    required: new.method.parts_needed(),
                    shares: shares.map(wire::ShareText).collect(),
                })
            }
        }
    }
}

impl ServeOfNode for wire::VerifyRekey {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::RekeyState, Fault> {
        let shown = call.node.verify_rekey(&self.nonce, &part(&self.share), &call.request)?;
        Ok(wire::RekeyState {
            done: shown.is_none(),
            progress: shown.as_ref().map_or(0, |status| status.progress),
            required: shown.as_ref().map_or(0, |status| status.threshold),
            nonce: self.nonce,
            shares: Vec::new(),
        })
    }
}

impl ServeOfNode for wire::CancelRekey {
    fn serve(self, call: &NodeCall<'_>) -> Result<wire::Done, Fault> {
        call.node.cancel_rekey(&call.request)?;
        Ok(wire::Done {})
    }
}

fn part(share: &wire::ShareText) -> SecretValue {
    SecretValue::new(share.0.expose().to_vec())
}

fn told(status: &SealStatus) -> wire::StoreSeal {
    let method = status.method.as_ref();
    wire::StoreSeal {
        initialised: status.is_initialised,
        sealed: status.is_sealed,
        method: method.map(|method| method.name().to_owned()),
        shares: method.map_or(0, |method| method.parts()),
        threshold: method.map_or(0, |method| method.parts_needed()),
        progress: status.progress,
    }
}

fn waiting(status: &RekeyStatus) -> wire::RekeyState {
    wire::RekeyState {
        nonce: status.nonce.clone().unwrap_or_default(),
        progress: status.progress,
        required: status.required,
        shares: Vec::new(),
        done: false,
    }
}
