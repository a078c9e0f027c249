//! Lists of names, as both versions answer them.

use strongroom_engine::operations::{LISTED_MAX, ListSecrets, Listed};

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::reply::Reply;
use super::super::route::Verb;
use super::search;

/// The most names in one answer. A folder with more is read page by page, with `limit` and `after`.
const NAMES_MAX: usize = 100_000;

/// What is directly below a folder, or (`SCAN`) at any depth; or what `search` finds there. `below` is the folder's
/// path in the mount, empty for the mount itself.
pub(super) fn folder(call: &Call<'_>, below: &str) -> Result<Reply, Fault> {
    let prefix = match below {
        "" => format!("{}/", call.mount()),
        below => format!("{}/{below}/", call.mount()),
    };
    let after = call.query("after").filter(|after| !after.is_empty());
    let after = after.map(|after| format!("{prefix}{after}"));
    let limit = limit(call)?;
    if let Some(text) = call.query("search") {
        return search::below(call, prefix, text, after, limit);
    }
    let recursive = call.verb() == Verb::Scan;
    let mut list = ListSecrets { recursive, after, ..ListSecrets::below(prefix.as_str()) };
    let mut names = Vec::new();
    loop {
        list.limit = limit.map_or(LISTED_MAX, |limit| LISTED_MAX.min(limit - names.len()));
        let page = call.ask(&list)?;
        names.extend(page.entries.iter().map(|entry| {
            let (Listed::Folder(path) | Listed::Secret { path, .. }) = entry;
            relative(path, &prefix)
        }));
        let Some(next) = page.next.filter(|_| limit.is_none_or(|limit| names.len() < limit)) else {
            return Reply::keys(names);
        };
        if names.len() >= NAMES_MAX {
            let rule = format!("there are more than {NAMES_MAX} names: use 'limit' and 'after'");
            return Err(Fault::invalid(rule));
        }
        list.after = Some(next);
    }
}

/// A canonical path as it is named below a folder.
pub(super) fn relative(path: &str, prefix: &str) -> String {
    path.strip_prefix(prefix).unwrap_or(path).to_owned()
}

/// How many names are wanted; all of them when nothing, zero or less is said, as in OpenBao
/// (<https://openbao.org/api-docs/#pagination>).
fn limit(call: &Call<'_>) -> Result<Option<usize>, Fault> {
    let Some(text) = call.query("limit").filter(|text| !text.is_empty()) else { return Ok(None) };
    let limit: i64 = text.parse().map_err(|_| Fault::invalid("'limit' is not a number"))?;
    let limit = usize::try_from(limit).unwrap_or(0).min(NAMES_MAX);
    Ok(Some(limit).filter(|limit| *limit > 0))
}
