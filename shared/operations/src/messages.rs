//! Text messages and e-mails.

mod allowance;
pub(crate) mod receive_message;
pub(crate) mod remind;
pub(crate) mod send_email;
pub(crate) mod send_message;
