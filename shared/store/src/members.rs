//! Members, what partners earn from them, and ways to a new password.

use models::ids::{self, Id};
use models::members::{Commission, MEMBER_EMAIL, Member, MemberSettings, PasswordLink};
use models::page::{Page, PageRequest};
use models::{Result, Scope, Timestamp};

use crate::item::{Record, Stored, decode};
use crate::keys::{self, Key};
use crate::list::Filter;
use crate::session::Session;
use crate::table::Table;

impl Record for Member {
    const TYPE: &'static str = "member";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        Some(keys::members_of(scope, self.partner_id))
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for MemberSettings {
    const TYPE: &'static str = "member_settings";

    fn key(&self, scope: &Scope) -> Key {
        keys::member_settings(scope)
    }
}

impl Record for Commission {
    const TYPE: &'static str = "com";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }

    fn parent(&self, scope: &Scope) -> Option<String> {
        Some(keys::commissions_of(scope, self.partner_id, &self.month))
    }
}

impl Record for PasswordLink {
    const TYPE: &'static str = "pwlink";

    fn key(&self, _scope: &Scope) -> Key {
        keys::password_link(&self.hash)
    }

    fn expires(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Table {
    /// The business and mode of a way to a new password, whether it is still good or not. One consistent read.
    pub async fn password_link(&self, hash: &str) -> Result<Option<Stored<PasswordLink>>> {
        match self.get(&keys::password_link(hash), true).await? {
            Some(item) => decode(item).map(Some),
            None => Ok(None),
        }
    }
}

impl Session {
    /// The member with that e-mail address. Two consistent reads, whether there is one or not: how long it takes tells nothing.
    pub async fn member_of(&self, email: &str) -> Result<Option<Stored<Member>>> {
        let owner = self.owner_of((MEMBER_EMAIL, email)).await?;
        let id = owner.and_then(|owner| owner.parse().ok());
        let nobody: Id<ids::Member> = Id::new(0)?;
        let member = self.find_now(id.unwrap_or(nobody)).await?;
        Ok(member.filter(|_| id.is_some()))
    }

    /// Members, newest first; those of one partner where it is given.
    pub async fn members(
        &self,
        page: &PageRequest,
        status: Option<&str>,
    ) -> Result<Page<Stored<Member>>> {
        let filter = status.map(|status| Filter::Equals("status", status.to_owned()));
        self.list_filtered::<ids::Member>(page, filter.as_slice())
            .await
    }

    /// Members of one partner, newest first. One `Query` and one read.
    pub async fn enrollees(
        &self,
        partner: Id<ids::Partner>,
        page: &PageRequest,
    ) -> Result<Page<Stored<Member>>> {
        let scope = self.scope();
        let parent = keys::members_of(&scope, partner);
        self.list_children(&parent, &keys::list::<ids::Member>(&scope), page)
            .await
    }

    /// What the business decided about its members. One consistent read.
    pub async fn member_settings_now(&self) -> Result<Option<Stored<MemberSettings>>> {
        self.load(&keys::member_settings(&self.scope()), true).await
    }

    /// What a partner earned in a month (`2026-01`), newest first. One `Query` and one read.
    pub async fn commissions(
        &self,
        partner: Id<ids::Partner>,
        month: &str,
        page: &PageRequest,
    ) -> Result<Page<Stored<Commission>>> {
        let scope = self.scope();
        let parent = keys::commissions_of(&scope, partner, month);
        self.list_children(&parent, &keys::list::<ids::Commission>(&scope), page)
            .await
    }
}
