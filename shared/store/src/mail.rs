//! E-mails.

use models::ids::{self, Id};
use models::mail::Email;
use models::page::{Page, PageRequest};
use models::{Result, Scope, Timestamp};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Filter, Range};
use crate::session::Session;

impl Record for Email {
    const TYPE: &'static str = "mail";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn due(&self) -> Option<Timestamp> {
        self.dispatch.due()
    }
}

impl Session {
    /// A mail. One consistent read: whether it is sent hangs on it.
    pub async fn email(&self, id: Id<ids::Email>) -> Result<Option<Stored<Email>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// Mails, newest first; those to one address where it is given.
    pub async fn emails(
        &self,
        page: &PageRequest,
        to: Option<&str>,
    ) -> Result<Page<Stored<Email>>> {
        let range = Range::newest_first(keys::list::<ids::Email>(&self.scope()));
        let filter = to.map(|to| Filter::Equals("to", to.to_owned()));
        self.list(&range, page, filter.as_slice()).await
    }
}
