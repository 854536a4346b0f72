//! What every format is read into.

use std::collections::BTreeMap;

use serde_json::Value;

/// A value without a format. Empty texts are left out when it is read: absent and empty are the same.
#[derive(Clone, PartialEq, Eq)]
pub enum Tree {
    /// A text; numbers and truth values in their digits and words.
    Text(String),
    /// Named values.
    Map(BTreeMap<String, Tree>),
    /// A list, which no field takes.
    List(Vec<Tree>),
}

impl std::fmt::Debug for Tree {
    // Values may be passwords and tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("…"),
            Self::Map(members) => f.debug_set().entries(members.keys()).finish(),
            Self::List(items) => write!(f, "[{}]", items.len()),
        }
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

impl Tree {
    /// A value of JSON; `None` for `null`.
    pub(super) fn of_json(value: Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(value) => Some(Self::Text(value.to_string())),
            Value::Number(value) => Some(Self::Text(value.to_string())),
            Value::String(text) => Some(Self::Text(text)),
            Value::Array(items) => {
                let items = items.into_iter().filter_map(Self::of_json);
                Some(Self::List(items.collect()))
            }
            Value::Object(members) => {
                let members = members
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, Self::of_json(value)?)));
                Some(Self::Map(members.collect()))
            }
        }
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.get(name),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// Both in one. Where both have a text, `other` has the last word.
    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Map(members), Self::Map(others)) => {
                for (name, value) in others {
                    match members.get_mut(&name) {
                        Some(member) => member.merge(value),
                        None => {
                            members.insert(name, value);
                        }
                    }
                }
            }
            (this, other) => *this = other,
        }
    }

    /// The same in a form in which equal meanings are equal texts, without what must not be hashed: a hash over a password would
    /// let whoever reads the table try passwords until one fits.
    pub(crate) fn canonical(&self) -> String {
        self.masked().to_string()
    }

    fn masked(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(Self::masked).collect(),
            Self::Map(members) => {
                let kept = members.iter().filter(|(name, _)| {
                    !matches!(name.as_str(), "password" | "authentication_token")
                });
                kept.map(|(name, value)| (name.clone(), value.masked()))
                    .collect()
            }
        }
    }
}
