//! Forms and query strings with brackets: `user[address_attributes][city]=Salt Lake City`.
//!
//! Brackets and spaces may be raw or percent-encoded; a plus is a space.

use std::collections::BTreeMap;

use models::{Error, Result};
use percent_encoding::percent_decode;

use super::tree::Tree;

/// Names in one key, the first included.
const MOST_DEEP: usize = 5;
/// Pairs in one form: no member has so many fields.
const MOST_PAIRS: usize = 1000;

/// Reads a form. Errors where a key is too deep, there are too many pairs, or a text is no UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<Tree> {
    let mut tree = Tree::default();
    let pairs = bytes
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    for (index, pair) in pairs.enumerate() {
        if index >= MOST_PAIRS {
            return Err(refuse("has too many parameters"));
        }
        let (key, value) = halves(pair);
        let (key, value) = (text(key)?, text(value)?);
        let path = path(&key)?;
        if !value.trim().is_empty() {
            put(&mut tree, &path, value);
        }
    }
    Ok(tree)
}

fn halves(pair: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = pair.splitn(2, |byte| *byte == b'=');
    let key = parts.next().unwrap_or_default();
    (key, parts.next().unwrap_or_default())
}

fn text(bytes: &[u8]) -> Result<String> {
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded = percent_decode(&spaced).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_error| refuse("is not in UTF-8"))
}

/// `user[address_attributes][city]` as its three names. What is not closed is one name, brackets and all.
fn path(key: &str) -> Result<Vec<&str>> {
    let whole = || Ok(vec![key]);
    let Some((first, rest)) = key.split_once('[') else {
        return whole();
    };
    let Some(rest) = rest.strip_suffix(']') else {
        return whole();
    };
    let mut names = vec![first];
    for name in rest.split("][") {
        if names.len() >= MOST_DEEP {
            return Err(refuse("has parameters that are too deep"));
        }
        if name.contains(['[', ']']) {
            return whole();
        }
        names.push(name);
    }
    Ok(names)
}

fn put(tree: &mut Tree, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else {
        *tree = Tree::Text(value);
        return;
    };
    // `a[]=1` adds to a list; no field is one, so that only what it is counts.
    if first.is_empty() {
        match tree {
            Tree::List(items) => items.push(Tree::Text(value)),
            Tree::Text(_) | Tree::Map(_) => *tree = Tree::List(vec![Tree::Text(value)]),
        }
        return;
    }
    if !matches!(tree, Tree::Map(_)) {
        *tree = Tree::Map(BTreeMap::new());
    }
    if let Tree::Map(members) = tree {
        let member = members.entry((*first).to_owned()).or_default();
        put(member, rest, value);
    }
}

/// The input as a whole is wrong.
pub(super) fn refuse(detail: &str) -> Error {
    Error::invalid("base", "invalid_body", detail)
}
