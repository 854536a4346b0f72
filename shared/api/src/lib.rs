//! HTTP: how a request becomes a [`Cx`] and an input, and how a reply or an error goes back in the caller's dialect.
//! `docs/adding-an-operation.md` says how an operation is added.
#![warn(missing_docs)]

// What the derive of an input writes names this crate so.
extern crate self as api;

mod app;
mod auth;
mod body;
pub mod conditional;
mod config;
mod configured;
mod cors;
mod credential_cache;
mod cursor;
mod cx;
pub mod dialect;
mod due;
pub mod input;
mod limits;
mod list;
mod middleware;
pub mod operation;
mod path;
mod reply;
mod request;
mod run;
mod scope;
pub mod secrets;

pub use api_macros::operation;
pub use app::App;
pub use auth::Operator;
pub use body::{Form, Json, MAX_ROWS, Query, Rows};
pub use config::Config;
pub use cors::Cors;
pub use cursor::{PageQuery, Paging};
pub use cx::Cx;
pub use due::{attempt_due, due_function};
pub use limits::{Costs, Door};
pub use list::{Deleted, List};
pub use middleware::{finish, with_layers};
pub use path::{NestedPath, Path};
pub use reply::{
    Accepted, Answered, Created, Csv, Done, FileBytes, Listed, NoContent, Pdf, Problem, Reply,
};
pub use run::{
    Build, Change, Invocation, Message, http_function, run, run_without_table, sqs_batch_function,
    stream_function, typed_function,
};
pub use scope::{
    BillingRead, BillingWrite, CommunicationsRead, CommunicationsWrite, CrmRead, CrmWrite,
    MembersRead, MembersWrite, PaymentsRead, PaymentsWrite, PlatformRead, PlatformWrite, Required,
    WebhooksRead, WebhooksWrite,
};
