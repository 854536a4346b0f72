//! Scopes that a caller hands out.

use api::Cx;
use api::input::{Field, Fields};
use models::platform::{ApiKey, ScopeSet};
use models::{Error, Result, Timestamp};

/// More names than there are scopes.
const MAX_NAMES: usize = 50;
/// Origins of one key.
const MAX_ORIGINS: usize = 20;
/// Longer than any host.
const MAX_ORIGIN_CHARS: usize = 300;

/// Names of scopes.
pub(crate) fn read(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<String>> {
    let known = |name: &str| {
        ScopeSet::default()
            .with(name)
            .map(|_| name.to_owned())
            .ok_or_else(|| {
                let name: String = name.chars().take(80).collect();
                format!("{name:?} is not a scope; scopes are <group>:read, <group>:write and *")
            })
    };
    fields.list(name, 1..=MAX_NAMES, 1..=64, known)
}

/// The scopes of these names.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form of everything that is read further"
)]
pub(crate) fn set(_fields: &mut Fields<'_>, _field: &str, names: Vec<String>) -> Option<ScopeSet> {
    names
        .iter()
        .try_fold(ScopeSet::default(), |set, name| set.with(name))
}

/// The scopes that a new credential gets: those asked for, or all where the caller may hand out all.
pub(crate) fn granted(asked: Option<ScopeSet>, caller: ScopeSet) -> Result<ScopeSet> {
    let scopes = match asked {
        Some(scopes) => scopes,
        None if caller == ScopeSet::ALL => caller,
        None => {
            let detail =
                "is required: this key does not have every scope, so it cannot hand out \"*\"";
            return Err(Error::invalid("/scopes", "required", detail));
        }
    };
    within(scopes, caller)?;
    Ok(scopes)
}

/// Errors where a key has more than the caller: who could not create it neither replaces its secrets nor ends them.
pub(crate) fn within_key<S>(key: &ApiKey, cx: &Cx<S>) -> Result<()> {
    within(key.scopes, cx.scopes())?;
    within_life(key.expires_at, cx.expires_at())?;
    within_origins(&key.allowed_origins, cx.allowed_origins())
}

/// The same of a client with these scopes. It does not expire, and servers use it.
pub(crate) fn within_client<S>(scopes: ScopeSet, cx: &Cx<S>) -> Result<()> {
    within(scopes, cx.scopes())?;
    within_life(None, cx.expires_at())?;
    within_origins(&[], cx.allowed_origins())
}

/// Errors where `scopes` has what the caller lacks, and names that.
fn within(scopes: ScopeSet, caller: ScopeSet) -> Result<()> {
    if caller.covers(scopes) {
        return Ok(());
    }
    let lacks = |name: &String| {
        let one = ScopeSet::default().with(name);
        one.is_some_and(|one| !caller.covers(one))
    };
    let missing: Vec<String> = scopes.names().into_iter().filter(lacks).collect();
    Err(Error::Forbidden {
        code: "scope_exceeded",
        detail: format!(
            "a key hands out, replaces and ends only what it has itself; this key lacks {}",
            missing.join(", ")
        ),
    })
}

/// The origin of a page, as browsers send it: `https://app.example.com`.
pub(crate) fn origins(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<String>> {
    fields.list(name, 0..=MAX_ORIGINS, 1..=MAX_ORIGIN_CHARS, |text| {
        let is_origin =
            url::Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        // A pattern would match nothing: origins are compared as they are.
        if is_origin && !text.contains('*') {
            Ok(text.to_owned())
        } else {
            Err(
                "every origin is a scheme and a host like https://app.example.com, without a path or a pattern"
                    .to_owned(),
            )
        }
    })
}

/// Errors where a credential could be used from where the one that makes it cannot.
pub(crate) fn within_origins(origins: &[String], caller: &[String]) -> Result<()> {
    let within = !origins.is_empty() && origins.iter().all(|origin| caller.contains(origin));
    if caller.is_empty() || within {
        return Ok(());
    }
    Err(Error::Forbidden {
        code: "origins_exceeded",
        detail: format!(
            "this key has allowed_origins; what it hands out, replaces or ends is for these, too: {}",
            caller.join(", ")
        ),
    })
}

/// Errors where a credential would outlive the one that makes it: a key that leaks for an hour must not become one for good.
pub(crate) fn within_life(expires_at: Option<Timestamp>, caller: Option<Timestamp>) -> Result<()> {
    match (expires_at, caller) {
        (Some(new), Some(caller)) if new <= caller => Ok(()),
        (_, None) => Ok(()),
        (_, Some(caller)) => Err(Error::Forbidden {
            code: "expiry_exceeded",
            detail: format!(
                "this key is good until {caller}; what it hands out, replaces or ends must expire by then, too"
            ),
        }),
    }
}
