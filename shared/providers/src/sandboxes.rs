//! The providers of test mode.

use crate::{email, gateway, sms};

/// A sandbox of each kind. Their clones share what they remember.
#[derive(Debug, Clone, Default)]
pub struct Sandboxes {
    /// Charges cards.
    pub gateway: gateway::Sandbox,
    /// Sends text messages.
    pub sms: sms::Sandbox,
    /// Sends e-mails.
    pub mail: email::Sandbox,
}

impl Sandboxes {
    /// Sandboxes that count how often they were asked for each key.
    pub fn counting() -> Self {
        Self {
            gateway: gateway::Sandbox::counting(),
            sms: sms::Sandbox::counting(),
            mail: email::Sandbox::counting(),
        }
    }
}
