//! What a credential may do: `<group>:read`, `<group>:write` or `*`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::EventType;

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A group of operations. Each is one function, and the first half of a scope.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Group { $($(#[$doc])* $name,)* }

        impl Group {
            /// Every group.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in a scope.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

groups! {
    /// Revenue and reports.
    Analytics = "analytics";
    /// Plans, subscriptions, invoices, usage.
    Billing = "billing";
    /// Stores, products, orders.
    Commerce = "commerce";
    /// Calls, numbers, messages.
    Communications = "communications";
    /// Customers.
    Crm = "crm";
    /// Ledger, projects, purchase orders.
    Erp = "erp";
    /// Shipments.
    Logistics = "logistics";
    /// Points and rewards.
    Loyalty = "loyalty";
    /// Members, the partners that enrol them, and what these earn.
    Members = "members";
    /// Payments and payment methods.
    Payments = "payments";
    /// Keys, clients, the test clock.
    Platform = "platform";
    /// Stock.
    Warehouse = "warehouse";
    /// Endpoints and events.
    Webhooks = "webhooks";
}

impl Group {
    /// The group whose records events of that type carry: who may read that group may read the event.
    pub const fn of_events(kind: EventType) -> Self {
        match kind {
            EventType::BillingSettingsUpdated
            | EventType::CouponCreated
            | EventType::CouponDeleted
            | EventType::CouponUpdated
            | EventType::CreditNoteCreated
            | EventType::InvoiceCreated
            | EventType::InvoiceDeleted
            | EventType::InvoiceFinalized
            | EventType::InvoiceOverdue
            | EventType::InvoicePaid
            | EventType::InvoicePaymentFailed
            | EventType::InvoiceUncollectible
            | EventType::InvoiceUpdated
            | EventType::InvoiceVoided
            | EventType::PlanCreated
            | EventType::PlanDeleted
            | EventType::PlanUpdated
            | EventType::ScheduleGraceExpired
            | EventType::ScheduleReminderSent
            | EventType::SubscriptionCanceled
            | EventType::SubscriptionCreated
            | EventType::SubscriptionPastDue
            | EventType::SubscriptionPaused
            | EventType::SubscriptionResumed
            | EventType::SubscriptionTrialWillEnd
            | EventType::SubscriptionUpdated
            | EventType::TaxRateCreated
            | EventType::TaxRateUpdated => Self::Billing,
            EventType::OrderFulfilled => Self::Commerce,
            EventType::CustomerCreated
            | EventType::CustomerDeleted
            | EventType::CustomerUpdated => Self::Crm,
            EventType::CommissionEarned
            | EventType::CommissionReversed
            | EventType::MemberEnrolled
            | EventType::MemberUpdated => Self::Members,
            EventType::PaymentFailed
            | EventType::PaymentSucceeded
            | EventType::PaymentMethodAttached
            | EventType::PaymentMethodDetached
            | EventType::RefundFailed
            | EventType::RefundSucceeded => Self::Payments,
            EventType::TestClockAdvancing | EventType::TestClockReady => Self::Platform,
            EventType::DeliveryExhausted
            | EventType::DeliveryFailing
            | EventType::DeliveryRecovered
            | EventType::EndpointDisabled => Self::Webhooks,
        }
    }
}

/// Reading, or reading and writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `GET`.
    Read,
    /// Everything else. A credential that may write may also read.
    Write,
}

impl Access {
    /// The second half of a scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A set of scopes, two bits a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeSet(u64);

impl ScopeSet {
    /// Everything, also what is added later.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether the set allows it.
    pub fn allows(self, group: Group, access: Access) -> bool {
        let write = self.0 & bit(group, Access::Write) != 0;
        write || (access == Access::Read && self.0 & bit(group, Access::Read) != 0)
    }

    /// Whether everything that `other` allows is allowed here: nobody hands out more than they have.
    pub fn covers(self, other: Self) -> bool {
        if other == Self::ALL {
            return self == Self::ALL;
        }
        Group::ALL.iter().all(|group| {
            [Access::Read, Access::Write]
                .iter()
                .all(|access| !other.allows(*group, *access) || self.allows(*group, *access))
        })
    }

    /// The set with one more scope in its wire spelling; `None` where that is no scope.
    #[must_use]
    pub fn with(self, scope: &str) -> Option<Self> {
        if scope == "*" {
            return Some(Self::ALL);
        }
        let (group, access) = scope.split_once(':')?;
        let group = Group::ALL.iter().find(|known| known.as_str() == group)?;
        let access = [Access::Read, Access::Write]
            .into_iter()
            .find(|known| known.as_str() == access)?;
        Some(Self(self.0 | bit(*group, access)))
    }

    /// The scopes in their wire spelling.
    pub fn names(self) -> Vec<String> {
        if self == Self::ALL {
            return vec!["*".to_owned()];
        }
        let mut names = Vec::new();
        for group in Group::ALL {
            for access in [Access::Read, Access::Write] {
                if self.0 & bit(*group, access) != 0 {
                    names.push(format!("{}:{}", group.as_str(), access.as_str()));
                }
            }
        }
        names
    }
}

fn bit(group: Group, access: Access) -> u64 {
    let position = Group::ALL
        .iter()
        .position(|known| *known == group)
        .unwrap_or_default();
    let shift =
        u32::try_from(position).unwrap_or_default() * 2 + u32::from(access == Access::Write);
    1_u64.checked_shl(shift).unwrap_or_default()
}

impl Serialize for ScopeSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.names().join(" "))
    }
}
impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.split_whitespace()
            .try_fold(Self::default(), Self::with)
            .ok_or_else(|| serde::de::Error::custom("not a scope"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_includes_reading_and_nothing_else() {
        let set = ScopeSet::default().with("billing:write").unwrap();
        assert!(
            set.allows(Group::Billing, Access::Write) && set.allows(Group::Billing, Access::Read)
        );
        assert!(!set.allows(Group::Crm, Access::Read));
        assert!(
            !ScopeSet::default()
                .with("crm:read")
                .unwrap()
                .allows(Group::Crm, Access::Write)
        );
        assert!(ScopeSet::ALL.allows(Group::Warehouse, Access::Write));
    }

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        let set = |names: &[&str]| {
            names
                .iter()
                .try_fold(ScopeSet::default(), |set, name| set.with(name))
                .unwrap()
        };
        assert!(set(&["crm:write"]).covers(set(&["crm:read"])));
        assert!(!set(&["crm:read"]).covers(set(&["crm:write"])));
        assert!(!set(&["crm:write", "billing:write"]).covers(ScopeSet::ALL));
    }

    #[test]
    fn spelled_as_documented() {
        let set = ScopeSet::default()
            .with("crm:read")
            .and_then(|set| set.with("billing:write"))
            .unwrap();
        assert_eq!(
            serde_json::to_string(&set).unwrap(),
            r#""billing:write crm:read""#
        );
        for bad in ["", "crm", "crm:", "crm:delete", "CRM:read", "crm:read "] {
            assert_eq!(ScopeSet::default().with(bad), None, "{bad}");
        }
    }
}
