//! Whose data it is. Both halves come from the credential and from nowhere else.

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::ids::{Account, Id};

/// The business that owns a record.
pub type Business = Id<Account>;

choices! {
    /// Live records move real money; test records never do. The two never meet.
    #[derive(Hash)]
    pub enum Mode {
        /// Real money, real messages.
        Live = "live",
        /// The sandbox.
        Test = "test",
    }
}

impl Mode {
    /// The `livemode` field of every reply.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// One business in one mode: the first argument of everything that reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The business of the credential.
    pub business: Business,
    /// The mode of the credential.
    pub mode: Mode,
}
