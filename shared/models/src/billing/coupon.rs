//! A coupon: money off, and what a subscription keeps of it once it is redeemed.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{self, Slug};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::time::{Interval, Timestamp, Zone};

/// Digits after the decimal point of a percentage at the most, of coupons and of tax rates.
pub const MAX_PERCENT_SCALE: u32 = 4;

/// How much is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// Percent of the net amount, above 0 and at most 100.
    Percent(Decimal),
    /// An amount of each invoice.
    Amount(Money),
}

/// For how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    /// The first invoice.
    Once,
    /// Every invoice for some months.
    Repeating {
        /// Calendar months from the redemption.
        months: u32,
    },
    /// Every invoice.
    Forever,
}

impl Duration {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Repeating { .. } => "repeating",
            Self::Forever => "forever",
        }
    }
}

/// Money off for whoever redeems it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// The name that its creator chose.
    pub id: Slug<ids::Coupon>,
    /// What invoices call it.
    pub name: String,
    /// How much is taken off.
    pub terms: Terms,
    /// For how long.
    pub duration: Duration,
    /// How often it can be redeemed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_redemptions: Option<u32>,
    /// The last moment at which it can be redeemed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeem_by: Option<Timestamp>,
    /// How often it was redeemed.
    pub times_redeemed: u32,
    /// Whether it may be redeemed at all.
    pub active: bool,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
    /// When it was deleted: nobody redeems it any more; subscriptions keep what it gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

impl Coupon {
    /// Counts a redemption. Errors with the conflict `coupon_inactive`, `coupon_expired` or `coupon_exhausted`, and is
    /// unchanged then.
    pub fn redeem(&mut self, now: Timestamp) -> Result<()> {
        self.redeemable(now)?;
        self.times_redeemed = self.times_redeemed.saturating_add(1);
        Ok(())
    }

    /// Takes a redemption back: what it was for never became final.
    pub const fn give_back(&mut self) {
        self.times_redeemed = self.times_redeemed.saturating_sub(1);
    }

    /// Takes it away. Its name stays taken, and subscriptions keep what it gave them.
    pub fn delete(&mut self, now: Timestamp) {
        self.active = false;
        self.deleted = Some(now);
    }

    /// Whether it could be redeemed at that moment.
    pub fn valid(&self, now: Timestamp) -> bool {
        self.redeemable(now).is_ok()
    }

    fn redeemable(&self, now: Timestamp) -> Result<()> {
        if !self.active {
            return Err(Error::conflict(
                "coupon_inactive",
                format!("the coupon {} is not active", self.id),
            ));
        }
        if let Some(last) = self.redeem_by.filter(|last| now > *last) {
            return Err(Error::conflict(
                "coupon_expired",
                format!("the coupon {} could be redeemed until {last}", self.id),
            ));
        }
        if self
            .max_redemptions
            .is_some_and(|max| self.times_redeemed >= max)
        {
            return Err(Error::conflict(
                "coupon_exhausted",
                format!(
                    "the coupon {} has been redeemed {} times, as often as it may be",
                    self.id, self.times_redeemed
                ),
            ));
        }
        Ok(())
    }
}

/// A coupon on a subscription: a snapshot, which no later change of the coupon reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The coupon that was redeemed.
    pub coupon_id: Slug<ids::Coupon>,
    /// What invoices call it.
    pub name: String,
    /// How much it takes off.
    pub terms: Terms,
    /// For how long.
    pub duration: Duration,
    /// When it was redeemed.
    pub start: Timestamp,
    /// The first moment at which it takes nothing off any more; `None` where no moment ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Whether an invoice has had it: all that there is of one that is for once.
    pub used: bool,
}

impl Discount {
    /// What the coupon gives to somebody who redeems it at `start`. Errors where its months leave the calendar.
    pub fn of(coupon: &Coupon, start: Timestamp) -> Result<Self> {
        let end = match coupon.duration {
            Duration::Repeating { months } => {
                Some(Interval::Month.after(start, months, 1, &Zone::default())?)
            }
            Duration::Once | Duration::Forever => None,
        };
        Ok(Self {
            coupon_id: coupon.id.clone(),
            name: coupon.name.clone(),
            terms: coupon.terms,
            duration: coupon.duration,
            start,
            end,
            used: false,
        })
    }

    /// Whether an invoice that is made at `at` has it. It says nothing of the time before `start`, at which no invoice is
    /// made with it.
    pub fn applies(&self, at: Timestamp) -> bool {
        match self.duration {
            Duration::Once => !self.used,
            Duration::Repeating { .. } => self.end.is_none_or(|end| at < end),
            Duration::Forever => true,
        }
    }

    /// Whether it can take anything off an amount in that currency.
    pub fn fits(&self, currency: Currency) -> bool {
        self.terms.fits(currency)
    }

    /// What it takes off `net`, between nothing and all of it. Nothing where `net` is in another currency than its amount.
    pub fn off(&self, net: Money) -> Result<Money> {
        self.terms.off(net)
    }
}

impl Terms {
    /// Whether they can take anything off an amount in that currency.
    pub fn fits(&self, currency: Currency) -> bool {
        match self {
            Self::Percent(_) => true,
            Self::Amount(amount) => amount.currency() == currency,
        }
    }

    /// What they take off `net`: percents are rounded half away from zero to a minor unit. Never less than nothing nor more
    /// than `net`; nothing where `net` is not above zero, or in another currency.
    pub fn off(&self, net: Money) -> Result<Money> {
        if net.minor() <= 0 || !self.fits(net.currency()) {
            return Ok(Money::zero(net.currency()));
        }
        let off = match self {
            Self::Percent(rate) => net.percent(*rate)?,
            Self::Amount(amount) => *amount,
        };
        let minor = off.minor().clamp(0, net.minor());
        Ok(Money::new(minor, net.currency()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, "USD".parse().unwrap())
    }

    fn percent(text: &str) -> Terms {
        Terms::Percent(text.parse().unwrap())
    }

    fn coupon(terms: Terms, duration: Duration) -> Coupon {
        Coupon {
            id: "welcome".parse().unwrap(),
            name: "Welcome".to_owned(),
            terms,
            duration,
            max_redemptions: None,
            redeem_by: None,
            times_redeemed: 0,
            active: true,
            metadata: Metadata::new(),
            created: at("2026-01-01T00:00:00Z"),
            deleted: None,
        }
    }

    fn refusal(coupon: &mut Coupon, now: &str) -> &'static str {
        let before = coupon.clone();
        assert!(!coupon.valid(at(now)));
        match coupon.redeem(at(now)) {
            Err(Error::Conflict { code, .. }) => {
                assert_eq!(*coupon, before);
                code
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_coupon_counts_its_redemptions_and_says_why_there_are_no_more() {
        let now = "2026-01-31T00:00:00Z";
        let mut last = Coupon {
            max_redemptions: Some(2),
            redeem_by: Some(at(now)),
            ..coupon(percent("25"), Duration::Once)
        };
        // The last moment still counts.
        last.redeem(at(now)).unwrap();
        assert!(last.valid(at(now)));
        assert_eq!(refusal(&mut last, "2026-01-31T00:00:01Z"), "coupon_expired");
        last.redeem(at(now)).unwrap();
        assert_eq!(last.times_redeemed, 2);
        assert_eq!(refusal(&mut last, now), "coupon_exhausted");
        last.active = false;
        assert_eq!(refusal(&mut last, now), "coupon_inactive");
        let mut gone = coupon(percent("25"), Duration::Once);
        gone.delete(at(now));
        assert_eq!(refusal(&mut gone, now), "coupon_inactive");
    }

    #[test]
    fn a_discount_lasts_for_the_first_invoice_for_calendar_months_or_for_good() {
        let start = at("2026-01-31T10:00:00Z");
        let of = |duration| Discount::of(&coupon(percent("10"), duration), start).unwrap();
        let mut once = of(Duration::Once);
        assert!(once.applies(at("2030-01-01T00:00:00Z")));
        once.used = true;
        assert!(!once.applies(start));
        let mut months = of(Duration::Repeating { months: 1 });
        months.used = true;
        assert_eq!(months.end, Some(at("2026-02-28T10:00:00Z")));
        assert!(months.applies(at("2026-02-28T09:59:59Z")));
        assert!(!months.applies(at("2026-02-28T10:00:00Z")));
        let mut forever = of(Duration::Forever);
        forever.used = true;
        assert!(forever.applies(at("2080-01-01T00:00:00Z")));
    }

    #[test]
    fn a_discount_takes_off_between_nothing_and_all() {
        for (terms, net, off) in [
            (percent("25"), 9_999, 2_500),
            (percent("12.5"), 100, 13),
            (percent("33.3333"), 100, 33),
            (percent("100"), 9_999, 9_999),
            (percent("0.0001"), 9_999, 0),
            (percent("50"), 1, 1),
            (percent("50"), 0, 0),
            (percent("50"), -100, 0),
            (Terms::Amount(usd(500)), 9_999, 500),
            (Terms::Amount(usd(500)), 300, 300),
            (Terms::Amount(usd(500)), 0, 0),
            (Terms::Amount(usd(500)), -1, 0),
        ] {
            assert_eq!(terms.off(usd(net)).unwrap(), usd(off), "{terms:?} of {net}");
        }
    }

    #[test]
    fn an_amount_takes_nothing_off_another_currency() {
        let yen = Money::new(5_000, "JPY".parse().unwrap());
        let amount = Discount::of(
            &coupon(Terms::Amount(usd(500)), Duration::Once),
            at("2026-01-01T00:00:00Z"),
        )
        .unwrap();
        assert!(!amount.fits(yen.currency()));
        assert!(amount.off(yen).unwrap().is_zero());
        assert!(percent("10").fits(yen.currency()));
        assert_eq!(percent("10").off(yen).unwrap().minor(), 500);
    }

    #[test]
    fn what_is_stored_reads_back() {
        for (terms, duration) in [
            (percent("12.5"), Duration::Repeating { months: 3 }),
            (Terms::Amount(usd(500)), Duration::Forever),
        ] {
            let coupon = coupon(terms, duration);
            let text = serde_json::to_string(&coupon).unwrap();
            assert_eq!(serde_json::from_str::<Coupon>(&text).unwrap(), coupon);
        }
    }
}
