//! Scopes as types: what a handler needs stands in its signature.

use models::platform::{Access, Group};

/// The scope that a handler's [`crate::Cx`] demands of the credential.
pub trait Required: Send + Sync + 'static {
    /// Which group.
    const GROUP: Group;
    /// Reading or writing.
    const ACCESS: Access;
}

macro_rules! scopes {
    ($($name:ident = $group:ident, $access:ident;)*) => {
        $(
            #[doc = concat!("Demands `", stringify!($group), "`, `", stringify!($access), "`.")]
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}

            impl Required for $name {
                const GROUP: Group = Group::$group;
                const ACCESS: Access = Access::$access;
            }
        )*
    };
}

scopes! {
    BillingRead = Billing, Read;
    BillingWrite = Billing, Write;
    CommunicationsRead = Communications, Read;
    CommunicationsWrite = Communications, Write;
    CrmRead = Crm, Read;
    CrmWrite = Crm, Write;
    MembersRead = Members, Read;
    MembersWrite = Members, Write;
    PaymentsRead = Payments, Read;
    PaymentsWrite = Payments, Write;
    PlatformRead = Platform, Read;
    PlatformWrite = Platform, Write;
    WebhooksRead = Webhooks, Read;
    WebhooksWrite = Webhooks, Write;
}
