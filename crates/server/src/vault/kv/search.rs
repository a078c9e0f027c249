//! Search by name: `LIST <mount>/metadata/<folder>?search=<text>`, an addition to Vault's API.

use serde_json::json;
use strongroom_engine::operations::LISTED_MAX;
use strongroom_engine::operations::kv::SearchSecrets;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::reply::Reply;
use super::list::relative;

/// One page of the names that hold a text, or match it where it has `*`. `next` is what `after` is to be for the next
/// page, `null` at the end.
pub(super) fn below(
    call: &Call<'_>,
    prefix: String,
    text: String,
    after: Option<String>,
    limit: Option<usize>,
) -> Result<Reply, Fault> {
    let limit = limit.unwrap_or(LISTED_MAX).min(LISTED_MAX);
    let search = SearchSecrets { prefix, text, after, limit };
    let page = call.ask(&search)?;
    if page.paths.is_empty() {
        return Err(Fault::nothing());
    }
    let named = |path: &String| relative(path, &search.prefix);
    let keys: Vec<_> = page.paths.iter().map(named).collect();
    Ok(Reply::data(json!({ "keys": keys, "next": page.next.as_ref().map(named) })))
}
