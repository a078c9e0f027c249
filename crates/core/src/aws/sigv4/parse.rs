//! Reads who signed a request, and with what.

use aws_lc_rs::digest;
use data_encoding::{BASE64, HEXLOWER};

use super::canonical::{ALGORITHM, SECURITY_TOKEN_HEADER, SECURITY_TOKEN_PARAMETER};
use super::date::SigningTime;
use super::fault::Fault;
use super::key::{Scope, TERMINATOR};
use super::parameters::Parameters;
use super::request::Request;

/// The longest `Authorization` header field, in bytes.
pub const AUTHORIZATION_BYTES_MAX: usize = 4_096;
/// The longest query of a presigned URL, in bytes.
pub const PRESIGNED_QUERY_BYTES_MAX: usize = 16_384;
/// The most parameters of a query.
pub const QUERY_PARAMETERS_MAX: usize = 64;
/// The most signed header fields.
pub const SIGNED_HEADERS_MAX: usize = 64;
/// The longest access key id (AWS's limit).
pub const ACCESS_KEY_ID_CHARS_MAX: usize = 128;
/// The longest day, region or service of a scope.
pub const SCOPE_PART_CHARS_MAX: usize = 64;
/// The longest session token, in bytes.
pub const SESSION_TOKEN_BYTES_MAX: usize = 8_192;
/// The longest that a presigned URL can be good: a week, in seconds.
pub const EXPIRES_SECS_MAX: u64 = 604_800;

/// The parameter of a presigned URL that is not itself signed.
pub(super) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";
/// Header fields that may be there once only: what is acted on is what was signed.
const SINGLE_HEADERS: [&str; 6] = [
    "authorization",
    "host",
    "x-amz-content-sha256",
    "x-amz-date",
    SECURITY_TOKEN_HEADER,
    "x-amz-target",
];

/// A request that says who signed it. Nothing of it is verified.
#[derive(Clone)]
pub struct Signed<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) parameters: Parameters,
    pub(super) access_key_id: String,
    pub(super) day: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
    /// In lower case, in order, each once.
    pub(super) signed_headers: Vec<String>,
    /// `None` when it is no signature at all: it matches nothing.
    pub(super) signature: Option<[u8; 32]>,
    pub(super) time: SigningTime,
    /// How long a presigned URL is good, in seconds.
    pub(super) expires_secs: Option<u64>,
    pub(super) session_token: Option<String>,
}

/// The texts that a header or a query has.
struct Claims {
    credential: String,
    signed_headers: String,
    signature: String,
    time: String,
    expires: Option<String>,
    session_token: Option<String>,
}

impl<'a> Signed<'a> {
    /// Reads the `Authorization` header field, or else the parameters of a presigned URL. The time is that of
    /// `X-Amz-Date`; a `Date` header field is not looked at.
    ///
    /// # Errors
    /// [`Fault::MissingAuthenticationToken`] where there is neither, [`Fault::Incomplete`] where they are not
    /// complete, both there, or beyond a limit.
    pub fn parse(request: &'a Request<'a>) -> Result<Self, Fault> {
        let repeated = |name: &&&str| request.values(name).nth(1).is_some();
        if let Some(name) = SINGLE_HEADERS.iter().find(repeated) {
            return Err(incomplete(format!("The header field '{name}' can be sent once only.")));
        }
        let parameters = Parameters::parse(request.query)?;
        let authorization = request.values("authorization").next();
        let presigned = parameters.value(SIGNATURE_PARAMETER)?.is_some()
            || parameters.value("X-Amz-Algorithm")?.is_some();
        let claims = match (authorization, presigned) {
            (None, false) => return Err(Fault::MissingAuthenticationToken),
            (Some(_), true) => {
                return Err(incomplete(
                    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                     string parameter or the Authorization header should be specified",
                ));
            }
            (Some(header), false) => Claims::of_header(header, request)?,
            (None, true) => Claims::of_query(&parameters, request)?,
        };
        claims.into_signed(request, parameters)
    }

    /// Whose secret the request is to be verified with.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What the signing key is derived for.
    #[must_use]
    pub fn scope(&self) -> Scope<'_> {
        Scope { day: &self.day, region: &self.region, service: &self.service }
    }

    /// The session token of temporary keys.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Whether it is a presigned URL.
    #[must_use]
    pub fn is_presigned(&self) -> bool {
        self.expires_secs.is_some()
    }
}

impl std::fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope().to_string())
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

impl Claims {
    fn of_header(header: &[u8], request: &Request<'_>) -> Result<Self, Fault> {
        let hash = || BASE64.encode(digest::digest(&digest::SHA256, header).as_ref());
        if header.len() > AUTHORIZATION_BYTES_MAX {
            let problem =
                format!("The Authorization header is longer than {AUTHORIZATION_BYTES_MAX} bytes.");
            return Err(incomplete(problem));
        }
        let text = std::str::from_utf8(header).unwrap_or_default().trim();
        let (scheme, rest) = text.split_once([' ', ',']).unwrap_or((text, ""));
        if scheme.starts_with("AWS4-") && scheme != ALGORITHM {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{scheme}'.")));
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        if scheme == ALGORITHM {
            for part in rest.split([' ', ',', '\t']).filter(|part| !part.is_empty()) {
                let Some((name, value)) = part.split_once('=') else {
                    return Err(incomplete(format!(
                        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 \
                         and encoded with Base64): '{}'.",
                        hash()
                    )));
                };
                let slot = match name {
                    "Credential" => &mut credential,
                    "SignedHeaders" => &mut signed_headers,
                    "Signature" => &mut signature,
                    _ => continue,
                };
                if slot.replace(value.to_owned()).is_some() {
                    let problem = format!("Authorization header has more than one '{name}'.");
                    return Err(incomplete(problem));
                }
            }
        }
        let time = single_text(request, "x-amz-date");
        let (Some(credential), Some(signed_headers), Some(signature), Some(time)) =
            (&credential, &signed_headers, &signature, &time)
        else {
            let missing = [
                ("'Credential' parameter", credential.is_some()),
                ("'Signature' parameter", signature.is_some()),
                ("'SignedHeaders' parameter", signed_headers.is_some()),
                ("existence of either a 'X-Amz-Date' or a 'Date' header", time.is_some()),
            ];
            let mut problem = String::new();
            for (what, _) in missing.into_iter().filter(|(_, found)| !found) {
                problem.push_str(&format!("Authorization header requires {what}. "));
            }
            problem.push_str(&format!(
                "(Hashed with SHA-256 and encoded with Base64) Authorization={}",
                hash()
            ));
            return Err(incomplete(problem));
        };
        Ok(Self {
            credential: credential.clone(),
            signed_headers: signed_headers.clone(),
            signature: signature.clone(),
            time: time.clone(),
            expires: None,
            session_token: single_text(request, SECURITY_TOKEN_HEADER),
        })
    }

    fn of_query(parameters: &Parameters, request: &Request<'_>) -> Result<Self, Fault> {
        if request.query.len() > PRESIGNED_QUERY_BYTES_MAX {
            let problem = format!("The query is longer than {PRESIGNED_QUERY_BYTES_MAX} bytes.");
            return Err(incomplete(problem));
        }
        if let Some(algorithm) = parameters.value("X-Amz-Algorithm")?
            && algorithm != ALGORITHM
        {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let names = [
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            SIGNATURE_PARAMETER,
            "X-Amz-SignedHeaders",
            "X-Amz-Date",
            "X-Amz-Expires",
        ];
        let mut problem = String::new();
        let mut values = Vec::with_capacity(names.len());
        for name in names {
            match parameters.value(name)? {
                Some(value) => values.push(value),
                None => problem
                    .push_str(&format!("AWS query-string parameters must include '{name}'. ")),
            }
        }
        let Ok([_, credential, signature, signed_headers, time, expires]) =
            <[String; 6]>::try_from(values)
        else {
            problem.push_str("Re-examine the query-string parameters.");
            return Err(incomplete(problem));
        };
        if request.values(SECURITY_TOKEN_HEADER).next().is_some() {
            return Err(incomplete("A presigned URL has its session token in the query."));
        }
        Ok(Self {
            credential,
            signed_headers,
            signature,
            time,
            expires: Some(expires),
            session_token: parameters.value(SECURITY_TOKEN_PARAMETER)?,
        })
    }

    fn into_signed<'a>(
        self,
        request: &'a Request<'a>,
        parameters: Parameters,
    ) -> Result<Signed<'a>, Fault> {
        let parts: Vec<&str> = self.credential.split('/').take(6).collect();
        let &[access_key_id, day, region, service, terminator] = parts.as_slice() else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 '{}'",
                self.credential
            )));
        };
        for (what, text, chars_max) in [
            ("access key id", access_key_id, ACCESS_KEY_ID_CHARS_MAX),
            ("date", day, SCOPE_PART_CHARS_MAX),
            ("region", region, SCOPE_PART_CHARS_MAX),
            ("service", service, SCOPE_PART_CHARS_MAX),
            ("terminator", terminator, TERMINATOR.len() * 4),
        ] {
            let fits = (1..=chars_max).contains(&text.len());
            if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(incomplete(format!("The {what} of the Credential is not valid.")));
            }
        }
        let time = self.time.parse().map_err(|_| {
            incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                self.time.chars().take(SCOPE_PART_CHARS_MAX).collect::<String>()
            ))
        })?;
        if self.session_token.as_ref().is_some_and(|token| token.len() > SESSION_TOKEN_BYTES_MAX) {
            let problem =
                format!("A session token is not longer than {SESSION_TOKEN_BYTES_MAX} bytes.");
            return Err(incomplete(problem));
        }
        Ok(Signed {
            request,
            parameters,
            access_key_id: access_key_id.to_owned(),
            day: day.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            terminator: terminator.to_owned(),
            signed_headers: signed_headers(&self.signed_headers)?,
            signature: signature(&self.signature),
            time,
            expires_secs: self.expires.as_deref().map(expires_secs).transpose()?,
            session_token: self.session_token,
        })
    }
}

fn single_text(request: &Request<'_>, name: &str) -> Option<String> {
    let value = request.values(name).next()?;
    Some(String::from_utf8_lossy(value).trim().to_owned())
}

fn signed_headers(text: &str) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(';') {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) || names.len() == SIGNED_HEADERS_MAX {
            return Err(incomplete(format!(
                "'SignedHeaders' lists 1 to {SIGNED_HEADERS_MAX} names of header fields, separated by ';'."
            )));
        }
        names.push(name.to_ascii_lowercase());
    }
    names.sort();
    if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(incomplete("'SignedHeaders' lists a header field twice."));
    }
    Ok(names)
}

fn signature(text: &str) -> Option<[u8; 32]> {
    let mut signature = [0; 32];
    if text.len() != 64 {
        return None;
    }
    let decoded = HEXLOWER.decode_mut(text.as_bytes(), &mut signature);
    decoded.ok().map(|_| signature)
}

fn expires_secs(text: &str) -> Result<u64, Fault> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse::<u64>().ok().filter(|_| digits);
    match seconds {
        None if digits => Err(too_long()),
        None => Err(incomplete("X-Amz-Expires should be a number")),
        Some(0) => Err(incomplete("X-Amz-Expires must be at least 1")),
        Some(seconds) if seconds > EXPIRES_SECS_MAX => Err(too_long()),
        Some(seconds) => Ok(seconds),
    }
}

fn too_long() -> Fault {
    incomplete(format!(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
         {EXPIRES_SECS_MAX} seconds"
    ))
}

fn incomplete(problem: impl Into<String>) -> Fault {
    Fault::Incomplete(problem.into())
}
