use std::io::Write;
use std::net::IpAddr;

use strongroom_core::audit::{LINE_BYTES_MAX, RequestId, push_decimal};

use super::reader::Entry;
use strongroom_core::time::Timestamp;

/// The longest rendered record that is sure to fit a line, in bytes: a line adds a sequence number and a hash.
pub const STORED_BYTES_MAX: usize = LINE_BYTES_MAX - 128;

/// What one operation did, allowed or not. It names things; it has no member for a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When the operation was decided, in milliseconds since 1970-01-01T00:00:00Z.
    pub time: u64,
    /// What the record is about.
    pub kind: RecordKind,
    /// The request's number.
    pub request_id: RequestId,
    /// Who asked; `None` before it is known.
    pub principal: Option<Principal>,
    /// Where the request came in: `cli`, `vault`, `aws`, `azure`, `native`.
    pub door: &'static str,
    /// What was asked.
    pub operation: &'static str,
    /// The canonical path it was asked of.
    pub path: Option<String>,
    /// The secret's version that was read or made.
    pub version: Option<u64>,
    /// What was decided.
    pub outcome: Outcome,
    /// The kind of the error, when there was one.
    pub status: Option<&'static str>,
    /// The address the request came from.
    pub source: Option<IpAddr>,
    /// The program that asked.
    pub client: Option<RecordClient>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// What else the operation names, such as the variables that `run` hands over. Texts, never values.
    pub fields: Vec<(&'static str, String)>,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordKind {
    /// An operation that was allowed.
    Access,
    /// An operation that was refused.
    Denied,
    /// An operation that was allowed and failed.
    Error,
    /// Something the server or the log did of itself.
    System,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was allowed.
    Allowed,
    /// It was refused.
    Denied,
    /// It was allowed and failed.
    Failed,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The principal's name.
    pub name: String,
    /// What it is: `owner`, `app`, `token`.
    pub kind: &'static str,
}

/// The program that asked, as far as the system told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordClient {
    /// The program's name, or what it calls itself.
    pub program: String,
    /// Its process number on this machine.
    pub pid: Option<u32>,
}

/// Bytes that are no stored record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a record that was rendered for storing")]
pub struct StoredError;

impl Record {
    /// The record as one JSON object without a sequence number, to be kept with the change it tells of and
    /// appended with [`super::AuditLog::append_stored`].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![b'{'];
        self.push_members(&mut bytes);
        bytes.push(b'}');
        bytes
    }

    /// Append the members of the record's line that follow the sequence number.
    pub(super) fn push_members(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(b"\"time\":\"");
        Timestamp(self.time).push_rfc3339(buffer);
        buffer.extend_from_slice(b"\",\"type\":\"");
        buffer.extend_from_slice(self.kind.as_str().as_bytes());
        buffer.extend_from_slice(b"\",\"request_id\":\"");
        self.request_id.push_hex(buffer);
        buffer.push(b'"');
        if let Some(principal) = &self.principal {
            buffer.extend_from_slice(b",\"principal\":{\"name\":");
            push_string(buffer, &principal.name);
            push_member(buffer, "kind", principal.kind);
            buffer.push(b'}');
        }
        push_member(buffer, "door", self.door);
        push_member(buffer, "operation", self.operation);
        if let Some(path) = &self.path {
            push_member(buffer, "path", path);
        }
        if let Some(version) = self.version {
            buffer.extend_from_slice(b",\"version\":");
            push_decimal(buffer, version);
        }
        push_member(buffer, "outcome", self.outcome.as_str());
        if let Some(status) = self.status {
            push_member(buffer, "status", status);
        }
        if let Some(source) = self.source {
            // Digits, letters, dots and colons; writing to a vector does not fail.
            let _ = write!(buffer, ",\"source\":\"{source}\"");
        }
        if let Some(client) = &self.client {
            buffer.extend_from_slice(b",\"client\":{\"program\":");
            push_string(buffer, &client.program);
            if let Some(pid) = client.pid {
                buffer.extend_from_slice(b",\"pid\":");
                push_decimal(buffer, u64::from(pid));
            }
            buffer.push(b'}');
        }
        buffer.extend_from_slice(b",\"duration_us\":");
        push_decimal(buffer, self.duration_us);
        self.push_fields(buffer);
    }

    fn push_fields(&self, buffer: &mut Vec<u8>) {
        let mut separator = &b",\"fields\":{"[..];
        for (name, value) in &self.fields {
            buffer.extend_from_slice(separator);
            push_string(buffer, name);
            buffer.push(b':');
            push_string(buffer, value);
            separator = b",";
        }
        if !self.fields.is_empty() {
            buffer.push(b'}');
        }
    }
}

/// The members of a record that [`Record::to_bytes`] rendered. The store is not trusted with the log's shape:
/// the bytes have to be one JSON object, on one line, that begins as a record does and has no members of the
/// chain.
pub(super) fn stored_members(bytes: &[u8]) -> Result<&[u8], StoredError> {
    let entry = Entry::from_stored(bytes)?;
    let members = bytes.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    let members = members.ok_or(StoredError)?;
    let one_line = !members.iter().any(u8::is_ascii_control);
    let begins_well = members.starts_with(b"\"time\":\"");
    if one_line && begins_well && entry.request_id.is_some() && entry.is_record() {
        Ok(members)
    } else {
        Err(StoredError)
    }
}

/// Append `,"name":"text"`.
pub(super) fn push_member(buffer: &mut Vec<u8>, name: &str, text: &str) {
    buffer.extend_from_slice(b",\"");
    buffer.extend_from_slice(name.as_bytes());
    buffer.extend_from_slice(b"\":");
    push_string(buffer, text);
}

/// Append a JSON string (RFC 8259, section 7). Whole runs that need no escape are copied at once.
fn push_string(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| needs_escape(*byte)) {
        let (plain, special) = rest.split_at(at);
        buffer.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        push_escape(buffer, *byte);
        rest = after;
    }
    buffer.extend_from_slice(rest);
    buffer.push(b'"');
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f)
}

fn push_escape(buffer: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => buffer.extend_from_slice(b"\\\""),
        b'\\' => buffer.extend_from_slice(b"\\\\"),
        b'\n' => buffer.extend_from_slice(b"\\n"),
        b'\r' => buffer.extend_from_slice(b"\\r"),
        b'\t' => buffer.extend_from_slice(b"\\t"),
        _ => {
            buffer.extend_from_slice(b"\\u00");
            buffer.push(hex_digit(byte >> 4));
            buffer.push(hex_digit(byte & 0x0f));
        }
    }
}

fn hex_digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    }
}

impl RecordKind {
    /// The word in a line's `type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Denied => "denied",
            Self::Error => "error",
            Self::System => "system",
        }
    }
}

impl Outcome {
    /// The word in a line's `outcome`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record() -> Record {
        Record {
            time: 1_767_323_045_678,
            kind: RecordKind::Access,
            request_id: RequestId(0xabc),
            principal: Some(Principal { name: "ada".to_owned(), kind: "owner" }),
            door: "cli",
            operation: "run",
            path: Some("secret/app/dev".to_owned()),
            version: Some(3),
            outcome: Outcome::Allowed,
            status: Some("not_found"),
            source: Some(IpAddr::from([127, 0, 0, 1])),
            client: Some(RecordClient { program: "python".to_owned(), pid: Some(17) }),
            duration_us: 42,
            fields: vec![("names", "A,B".to_owned()), ("n", "2".to_owned())],
        }
    }

    #[test]
    fn full_record_is_rendered_member_by_member() {
        assert_eq!(
            String::from_utf8(record().to_bytes()).unwrap(),
            concat!(
                r#"{"time":"2026-01-02T03:04:05.678Z","type":"access","#,
                r#""request_id":"00000000000000000000000000000abc","#,
                r#""principal":{"name":"ada","kind":"owner"},"door":"cli","operation":"run","#,
                r#""path":"secret/app/dev","version":3,"outcome":"allowed","status":"not_found","#,
                r#""source":"127.0.0.1","client":{"program":"python","pid":17},"duration_us":42,"#,
                r#""fields":{"names":"A,B","n":"2"}}"#
            )
        );
    }

    #[test]
    fn record_of_an_unknown_caller_leaves_out_what_is_not_known() {
        let record = Record {
            kind: RecordKind::Denied,
            principal: None,
            path: None,
            version: None,
            outcome: Outcome::Denied,
            status: None,
            source: None,
            client: None,
            fields: Vec::new(),
            ..record()
        };
        assert_eq!(
            String::from_utf8(record.to_bytes()).unwrap(),
            concat!(
                r#"{"time":"2026-01-02T03:04:05.678Z","type":"denied","#,
                r#""request_id":"00000000000000000000000000000abc","#,
                r#""door":"cli","operation":"run","outcome":"denied","duration_us":42}"#
            )
        );
    }

    #[test]
    fn stored_bytes_that_are_no_record_are_refused() {
        let good = record().to_bytes();
        assert!(stored_members(&good).is_ok());
        let text = String::from_utf8(good).unwrap();
        for bad in [
            String::new(),
            "{}".to_owned(),
            text.replace("\"type\":\"access\"", "\"type\":\"recovery\""),
            text.replace("{\"time\"", "{\"seq\":1,\"time\""),
            text.replace("\"duration_us\":42", "\"duration_us\":42,\"hash\":\"x\""),
            text.replace(",\"door\"", ",\n\"door\""),
            text.replace("00000000000000000000000000000abc", "abc"),
            text.clone() + "\n",
            text.clone() + "{}",
        ] {
            assert_eq!(stored_members(bad.as_bytes()), Err(StoredError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_rendered_as_json_of_one_line(text in any::<String>()) {
            let record = Record { path: Some(text.clone()), fields: vec![("f", text.clone())], ..record() };
            let bytes = record.to_bytes();
            prop_assert!(!bytes.iter().any(u8::is_ascii_control));
            let entry = Entry::from_stored(&bytes).unwrap();
            prop_assert_eq!(entry.path.as_deref(), Some(text.as_str()));
            prop_assert_eq!(&entry.fields["f"], &text);
            prop_assert!(stored_members(&bytes).is_ok());
        }
    }
}
