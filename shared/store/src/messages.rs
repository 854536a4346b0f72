//! Text messages, and who wants none.

use models::ids;
use models::messaging::{Consent, Message};
use models::page::{Page, PageRequest};
use models::{Result, Scope, Timestamp};

use crate::due::DueKind;
use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::Filter;
use crate::session::Session;

impl Record for Message {
    const TYPE: &'static str = DueKind::Message.as_str();

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn due(&self) -> Option<Timestamp> {
        self.dispatch.due()
    }
}

impl Record for Consent {
    const TYPE: &'static str = "consent";

    fn key(&self, scope: &Scope) -> Key {
        keys::consent(scope, &self.number)
    }
}

impl Session {
    /// Messages, newest first; those to or from one number, or in one status.
    pub async fn messages(
        &self,
        page: &PageRequest,
        number: Option<&str>,
        status: Option<&str>,
    ) -> Result<Page<Stored<Message>>> {
        let mut filters = Vec::new();
        filters.extend(number.map(|number| Filter::Equals("number", number.to_owned())));
        filters.extend(status.map(|status| Filter::Equals("dispatch.status", status.to_owned())));
        self.list_filtered::<ids::Message>(page, &filters).await
    }

    /// Whether a number wants messages, where it ever said. One consistent read.
    pub async fn consent_now(&self, number: &str) -> Result<Option<Stored<Consent>>> {
        self.load(&keys::consent(&self.scope(), number), true).await
    }
}
