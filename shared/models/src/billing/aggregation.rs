//! How reports of usage become one quantity.

use serde::{Deserialize, Serialize};

/// How the reports of a period become one quantity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Their sum.
    #[default]
    Sum,
    /// How many they are.
    Count,
    /// The largest.
    Max,
    /// The newest.
    Latest,
    /// How many different values they name.
    Unique,
}

impl Aggregation {
    /// All aggregations in their wire spelling.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("count", Self::Count),
        ("latest", Self::Latest),
        ("max", Self::Max),
        ("sum", Self::Sum),
        ("unique", Self::Unique),
    ];
}
