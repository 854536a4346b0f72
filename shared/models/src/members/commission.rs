//! What partners earn: a share of every paid invoice of a member whom they enrolled.
//!
//! Earnings and what is taken back are entries of their own whose amounts never change: a month's statement is their sum, and
//! stays what it was when something is taken back later.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::choices;
use crate::error::Result;
use crate::ids::{self, Id, Slug};
use crate::money::{Currency, Money};
use crate::time::{Timestamp, Zone};

/// What a business decided about its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberSettings {
    /// The plan that a member of a call center subscribes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<Slug<ids::Plan>>,
    /// The share of a paid invoice, without its tax, that its enroller earns: 0.1 is a tenth.
    pub commission_rate: Decimal,
    /// Days until an earning can be paid out: refunds come in that time.
    pub holding_days: u32,
}

impl Default for MemberSettings {
    fn default() -> Self {
        Self {
            plan_id: None,
            commission_rate: Decimal::ZERO,
            holding_days: 30,
        }
    }
}

choices! {
    /// Whether something was earned or taken back.
    pub enum CommissionStatus {
        /// An invoice was paid.
        Earned = "earned",
        /// Money of an invoice was given back.
        Reversed = "reversed",
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commission {
    /// Its id, which follows from its identity.
    pub id: Id<ids::Commission>,
    /// What it is for: two entries with one identity are one.
    pub identity: String,
    /// Who earns.
    pub partner_id: Id<ids::Partner>,
    /// From whom.
    pub member_id: Id<ids::Member>,
    /// Earned or taken back.
    pub status: CommissionStatus,
    /// From which invoice.
    pub invoice_id: Id<ids::Invoice>,
    /// What was paid or given back, tax included.
    pub gross: Money,
    /// The same without tax.
    pub base: Money,
    /// The share at that time.
    pub rate: Decimal,
    /// What is earned; below zero where it is taken back.
    pub amount: Money,
    /// What of `gross` has been given back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Money>,
    /// What of `amount` has been taken back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed: Option<Money>,
    /// From when on it can be paid out.
    pub available_at: Timestamp,
    /// The month of the business's calendar whose statement it is on: `2026-01`.
    pub month: String,
    /// When it was made.
    pub created: Timestamp,
}

/// What is needed to make an entry.
#[derive(Debug, Clone)]
pub struct NewCommission {
    /// What it is for.
    pub identity: String,
    /// Who earns.
    pub partner_id: Id<ids::Partner>,
    /// From whom.
    pub member_id: Id<ids::Member>,
    /// From which invoice.
    pub invoice_id: Id<ids::Invoice>,
    /// What was paid, tax included.
    pub gross: Money,
    /// The same without tax.
    pub base: Money,
}

/// The month of a moment in a business's calendar.
fn month(at: Timestamp, zone: &Zone) -> Result<String> {
    let date = zone.date(at)?.to_string();
    Ok(date.chars().take(7).collect())
}

fn part(amount: Money, of: Money, whole: Money) -> Result<Money> {
    amount.share(of.decimal(), whole.decimal())
}

impl Commission {
    /// What is earned from an invoice that was paid at `at`.
    pub fn earned(
        id: Id<ids::Commission>,
        new: NewCommission,
        settings: &MemberSettings,
        (at, zone): (Timestamp, &Zone),
    ) -> Result<Self> {
        Ok(Self {
            id,
            identity: new.identity,
            partner_id: new.partner_id,
            member_id: new.member_id,
            status: CommissionStatus::Earned,
            invoice_id: new.invoice_id,
            gross: new.gross,
            base: new.base,
            returned: None,
            reversed: None,
            rate: settings.commission_rate,
            amount: new.base.share(settings.commission_rate, Decimal::ONE)?,
            available_at: at.plus_days(i64::from(settings.holding_days)),
            month: month(at, zone)?,
            created: at,
        })
    }

    /// Counts that so much of what was paid, tax included, was given back, and returns the entry that takes back the share of
    /// it. The last part takes what is left, so that nothing remains of an invoice that was given back whole.
    pub fn take_back(
        &mut self,
        (id, identity): (Id<ids::Commission>, String),
        back: Money,
        (at, zone): (Timestamp, &Zone),
    ) -> Result<Self> {
        let returned = self.returned.unwrap_or(Money::zero(back.currency()));
        let returned = returned.plus(back)?;
        let before = self.reversed.unwrap_or(Money::zero(back.currency()));
        let goal = if returned.minor() >= self.gross.minor() {
            self.amount
        } else {
            part(self.amount, returned, self.gross)?
        };
        self.returned = Some(returned);
        self.reversed = Some(goal);
        let minor = goal.minor().saturating_sub(before.minor());
        Ok(Self {
            id,
            identity,
            status: CommissionStatus::Reversed,
            gross: back,
            base: part(self.base, back, self.gross)?,
            amount: Money::new(minor.saturating_neg(), self.amount.currency()),
            returned: None,
            reversed: None,
            // What has not been paid out yet is taken back in the same moment in which it would be.
            available_at: self.available_at.max(at),
            month: month(at, zone)?,
            created: at,
            ..self.clone()
        })
    }
}

/// The sums of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementLine {
    /// What was earned.
    pub earned: Money,
    /// What was taken back, as a positive amount.
    pub reversed: Money,
    /// What of both can be paid out already.
    pub available: Money,
}

impl StatementLine {
    /// What is owed in all; below zero where more was taken back than earned.
    pub fn net(&self) -> Money {
        let net = self.earned.minor().saturating_sub(self.reversed.minor());
        Money::new(net, self.earned.currency())
    }
}

/// The entries of one month, summed by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement {
    /// A line for each currency, in the order of their codes.
    pub lines: Vec<StatementLine>,
}

impl Statement {
    /// Sums entries at the moment `now`.
    pub fn of<'c>(entries: impl IntoIterator<Item = &'c Commission>, now: Timestamp) -> Self {
        let mut lines: Vec<StatementLine> = Vec::new();
        for entry in entries {
            let currency = entry.amount.currency();
            let line = line_of(&mut lines, currency);
            let add = |to: &mut Money, minor: i64| {
                *to = Money::new(to.minor().saturating_add(minor), currency);
            };
            let minor = entry.amount.minor();
            match entry.status {
                CommissionStatus::Earned => add(&mut line.earned, minor),
                CommissionStatus::Reversed => add(&mut line.reversed, minor.saturating_neg()),
            }
            if entry.available_at <= now {
                add(&mut line.available, minor);
            }
        }
        lines.sort_by_key(|line| line.earned.currency().code().to_owned());
        Self { lines }
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the index is that of a line found or added a moment ago"
)]
fn line_of(lines: &mut Vec<StatementLine>, currency: Currency) -> &mut StatementLine {
    let found = lines
        .iter()
        .position(|line| line.earned.currency() == currency);
    let index = found.unwrap_or_else(|| {
        let zero = Money::zero(currency);
        lines.push(StatementLine {
            earned: zero,
            reversed: zero,
            available: zero,
        });
        lines.len().saturating_sub(1)
    });
    &mut lines[index]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, "USD".parse().unwrap())
    }

    fn entry(base: i64) -> Commission {
        let new = NewCommission {
            identity: "a".to_owned(),
            partner_id: Id::new(1).unwrap(),
            member_id: Id::new(2).unwrap(),
            invoice_id: Id::new(3).unwrap(),
            gross: usd(base),
            base: usd(base),
        };
        let settings = MemberSettings {
            commission_rate: "0.125".parse().unwrap(),
            ..MemberSettings::default()
        };
        let at = "2026-02-01T03:00:00Z".parse().unwrap();
        let zone = Zone::new("America/New_York").unwrap();
        Commission::earned(Id::new(4).unwrap(), new, &settings, (at, &zone)).unwrap()
    }

    #[test]
    fn a_share_is_rounded_and_belongs_to_the_business_s_month() {
        let entry = entry(9999);
        assert_eq!(entry.amount, usd(1250));
        assert_eq!(entry.month, "2026-01");
        assert_eq!(entry.available_at.to_string(), "2026-03-03T03:00:00Z");
    }

    #[test]
    fn what_is_given_back_in_parts_is_taken_back_to_the_last_cent() {
        let mut earned = entry(9999);
        let at = earned.created.plus_days(40);
        let mut back = |part| {
            let name = (Id::new(5).unwrap(), "b".to_owned());
            earned
                .take_back(name, usd(part), (at, &Zone::default()))
                .unwrap()
        };
        let (first, second, last) = (back(3333), back(3333), back(3333));
        assert_eq!(first.amount, usd(-417));
        assert_eq!(second.amount, usd(-416));
        assert_eq!(last.amount, usd(-417));
        let all = [&earned, &first, &second, &last];
        let statement = Statement::of(all, at);
        assert_eq!(statement.lines.len(), 1);
        assert_eq!(statement.lines[0].net(), usd(0));
        assert_eq!(statement.lines[0].available, usd(0));
    }
}
