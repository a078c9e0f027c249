use strongroom_core::time::{Seconds, Timestamp};
use strongroom_store::Batch;

use super::place::{Act, Facts, Opened, SecretRef};
use super::rule::{AwsClass, refuse};
use super::view::{Named, replicas_of};
use crate::error::Error;
use crate::operations::delete_secret::purge_when_due;
use crate::operations::purge_secret::purge_step;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

const DAY: u64 = 86_400;

/// Delete a secret.
#[derive(Debug)]
pub struct DeleteSecret {
    /// Which secret.
    pub secret: SecretRef,
    /// How long it can be restored.
    pub window: Window,
}

/// How long a deleted secret can be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// So many days.
    Days(u32),
    /// Not at all: it is erased at once. Its policies must allow that as well.
    None,
}

/// A secret that was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Its ARN and name; the name alone of one that was not there.
    pub named: Named,
    /// When it is erased.
    pub deletion_date: Timestamp,
    /// Whether nothing is left to do. If not, ask again: one commit erases so many versions.
    pub is_done: bool,
}

const ACT: Act = Act::new("DeleteSecret", Aspect::Metadata);

impl Operation for DeleteSecret {
    type Answer = Deleted;

    const NAME: &'static str = "aws-delete-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Deleted>, Error> {
        match self.window {
            Window::Days(days) => self.delete(room, Seconds(u64::from(days) * DAY)),
            Window::None => self.erase(room),
        }
    }
}

impl DeleteSecret {
    fn delete(&self, room: &Room<'_>, recovery: Seconds) -> Result<Performed<Deleted>, Error> {
        let opened = room.open_at::<Delete>(&self.secret, ACT, |facts| self.facts(facts))?;
        require_alone(room, &opened)?;
        let Opened { proof, found, named } = opened;
        let mut secret = found.value.clone();
        secret.delete(recovery, room.now)?;
        let mut batch = Batch::default();
        room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
        let deletion_date = room.now.plus(recovery);
        purge_when_due(room, proof.location(), &mut batch, deletion_date);
        let deleted = Deleted { named, deletion_date, is_done: true };
        Ok(Performed::change(deleted, batch).at(proof.location()))
    }

    fn facts(&self, facts: &mut Facts) {
        let force = self.window == Window::None;
        facts.add("secretsmanager:forcedeletewithoutrecovery", force.to_string());
        if let Window::Days(days) = self.window {
            facts.add("secretsmanager:recoverywindowindays", days.to_string());
        }
    }

    /// AWS answers success as well when there is no such secret.
    fn erase(&self, room: &Room<'_>) -> Result<Performed<Deleted>, Error> {
        let meant = self.secret.locate(room)?;
        room.authorise_purge(meant.location.clone())?;
        let facts = |facts: &mut Facts| self.facts(facts);
        let (proof, _) = room.authorise_act::<Delete>(&self.secret.place, &meant, ACT, &facts)?;
        let answer = |named, is_done| Deleted { named, deletion_date: room.now, is_done };
        let found = room.secret(&proof)?.filter(|found| meant.is(&found.value));
        let Some(found) = found else {
            let named = Named { arn: self.secret.id.clone(), name: meant.name.to_string() };
            return Ok(Performed::read(answer(named, true)).at(proof.location()));
        };
        let named = self.secret.place.named(meant.name.as_str(), &found.value);
        let opened = Opened { proof, found, named };
        require_alone(room, &opened)?;
        let mut batch = Batch::default();
        let done = purge_step(room, opened.proof.location(), &opened.found, &mut batch)?;
        Ok(Performed::change(answer(opened.named, done), batch).at(opened.proof.location()))
    }
}

fn require_alone(room: &Room<'_>, opened: &Opened<Delete>) -> Result<(), Error> {
    let regions: Vec<_> =
        replicas_of(&opened.found.value, room).into_iter().map(|replica| replica.region).collect();
    if regions.is_empty() {
        return Ok(());
    }
    let (arn, regions) = (&opened.named.arn, regions.join(", "));
    let text = format!("You can't delete secret {arn} that still has replica regions [{regions}]");
    Err(refuse(AwsClass::InvalidParameter, text))
}
