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

/// How long a counter stays when its hour or its day is over: by the machine's clock, whatever a test clock says.
const COUNTER_DAYS: i64 = 2;

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

    /// Counts a text message to a number (E.164) in its hour, where there are fewer than `most`. 1 write unit.
    pub async fn count_text_to(&self, number: &str, at: Timestamp, most: u32) -> Result<bool> {
        let key = keys::texts_to(&self.scope(), number, at);
        let until = self.wall().plus_days(COUNTER_DAYS);
        self.table().increment_below(&key, most, until).await
    }

    /// Counts a text message in its day of UTC, where there are fewer than `most`. 1 write unit.
    ///
    /// One item takes a thousand writes a second, and so many messages are begun in a second by a business at the most.
    pub async fn count_text(&self, at: Timestamp, most: u32) -> Result<bool> {
        let key = keys::texts_of(&self.scope(), at.date()?);
        let until = self.wall().plus_days(COUNTER_DAYS);
        self.table().increment_below(&key, most, until).await
    }

    /// Whether a number wants messages, where it ever said. One consistent read.
    pub async fn consent_now(&self, number: &str) -> Result<Option<Stored<Consent>>> {
        self.load(&keys::consent(&self.scope(), number), true).await
    }
}
