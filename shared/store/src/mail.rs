//! E-mails.

use models::ids;
use models::mail::Email;
use models::page::{Page, PageRequest};
use models::{Result, Scope, Timestamp};

use crate::due::DueKind;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::Filter;
use crate::session::Session;

impl Record for Email {
    const TYPE: &'static str = DueKind::Email.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn due(&self) -> Option<Timestamp> {
        self.dispatch.due()
    }
}

impl Session {
    /// Mails, newest first; those to one address where it is given.
    pub async fn emails(
        &self,
        page: &PageRequest,
        to: Option<&str>,
    ) -> Result<Page<Stored<Email>>> {
        let filter = to.map(|to| Filter::Equals("to", to.to_owned()));
        self.list_filtered::<ids::Email>(page, filter.as_slice())
            .await
    }
}
