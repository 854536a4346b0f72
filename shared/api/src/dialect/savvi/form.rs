//! Forms and query strings with brackets: `user[address_attributes][city]=Salt Lake City`.
//!
//! Brackets and spaces may be raw or percent-encoded; a plus is a space.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use models::{Error, Result};
use percent_encoding::percent_decode;

use super::charset;
use super::tree::Tree;

/// Names in one key, the first included.
const MAX_DEEP: usize = 5;
/// Pairs in one form: no member has so many fields.
const MAX_PAIRS: usize = 1000;

/// Reads a form in an encoding whose ASCII is ASCII. Errors where a key is too deep, there are too many pairs, or a text is not in that
/// encoding.
pub(super) fn decode(bytes: &[u8], encoding: &'static Encoding) -> Result<Tree> {
    let mut form = Form::default();
    let pairs = bytes
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    for pair in pairs {
        let (key, value) = halves(pair);
        form.add(&text(key, encoding)?, text(value, encoding)?)?;
    }
    Ok(form.into_tree())
}

/// A form that is being read, pair by pair.
#[derive(Debug, Default)]
pub(super) struct Form {
    tree: Tree,
    pairs: usize,
}

impl Form {
    /// Adds a pair. Errors where there are too many, or its key is too deep.
    pub(super) fn add(&mut self, key: &str, value: String) -> Result<()> {
        self.pairs = self.pairs.saturating_add(1);
        if self.pairs > MAX_PAIRS {
            return Err(refuse("has too many parameters"));
        }
        let path = path(key)?;
        if !value.trim().is_empty() {
            put(&mut self.tree, &path, value);
        }
        Ok(())
    }

    pub(super) fn into_tree(self) -> Tree {
        self.tree
    }
}

fn halves(pair: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = pair.splitn(2, |byte| *byte == b'=');
    let key = parts.next().unwrap_or_default();
    (key, parts.next().unwrap_or_default())
}

fn text(bytes: &[u8], encoding: &'static Encoding) -> Result<String> {
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded: Vec<u8> = percent_decode(&spaced).collect();
    Ok(charset::text(&decoded, encoding)?.into_owned())
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
        if names.len() >= MAX_DEEP {
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
