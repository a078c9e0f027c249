//! Why a request was answered as it was.

use strongroom_core::audit::RequestId;

use crate::audit::{Entry, Reader};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// How far back a request is looked for, in lines of the audit log.
pub const EXPLAINED_LINES_MAX: usize = 200_000;

/// How many of the newest lines are read, one number after the other until the request is among them.
const WINDOWS: [usize; 3] = [1_000, 16_000, EXPLAINED_LINES_MAX];

/// What the audit log has of a request, and what a denied one lacked. It looks at the newest [`EXPLAINED_LINES_MAX`]
/// lines. Needs `sudo` on `sys/explain`.
#[derive(Debug)]
pub struct ExplainRequest(pub RequestId);

/// What was asked, and how it was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The request's number, 32 hexadecimal digits.
    pub request_id: String,
    /// When, RFC 3339.
    pub time: String,
    /// Who asked, if that was known.
    pub principal: Option<String>,
    /// What was asked.
    pub operation: String,
    /// Of what.
    pub path: Option<String>,
    /// `allowed`, `denied` or `failed`.
    pub outcome: String,
    /// The kind of the error.
    pub status: Option<String>,
    /// What a denied request lacked: a capability, and where.
    pub missing: Option<(String, String)>,
    /// The decision in words.
    pub reason: Option<String>,
    /// The rule that would have allowed it, as a policy writes it, where one can.
    pub hint: Option<String>,
}

impl Operation for ExplainRequest {
    type Answer = Explanation;

    const NAME: &'static str = "request-explain";

    fn subject(&self) -> Option<&str> {
        Some("sys/explain")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Explanation>, Error> {
        let _proof = room.authorise_system("sys/explain")?;
        let wanted = self.0.to_string();
        let reader = Reader::open(room.audit.directory())?;
        for lines in WINDOWS {
            let (mut found, mut read) = (None, 0);
            for entry in reader.tail(lines)? {
                let entry = entry?;
                read += 1;
                if entry.is_record() && entry.request_id.as_ref() == Some(&wanted) {
                    found = Some(entry);
                }
            }
            if let Some(entry) = found {
                return Ok(Performed::read(explanation(entry)).naming("of_request", wanted));
            }
            if read < lines {
                break;
            }
        }
        Err(Error::NotFound(format!("the request {wanted}")))
    }
}

fn explanation(entry: Entry) -> Explanation {
    let field = |name: &str| entry.fields.get(name).cloned();
    let place = field("denied_path").or_else(|| entry.path.clone()).unwrap_or_default();
    Explanation {
        missing: field("capability").map(|capability| (capability, place)),
        reason: field("reason"),
        hint: field("hint"),
        request_id: entry.request_id.unwrap_or_default(),
        time: entry.time,
        principal: entry.principal.map(|principal| principal.name),
        operation: entry.operation.unwrap_or_default(),
        path: entry.path,
        outcome: entry.outcome.unwrap_or_default(),
        status: entry.status,
    }
}
