//! The demo business: created at the start, so that the first request can be made right away.

use std::net::SocketAddr;

use crate::Error;
use crate::args::Args;
use crate::cloud::Aws;

/// Creates the demo business unless the data already has it, writes `--credentials`, and returns what to print once the API
/// can be called at the given address.
#[expect(clippy::unused_async, reason = "seeding will call the API")]
pub async fn seed(_aws: &Aws, _args: &Args, api: SocketAddr) -> Result<String, Error> {
    Ok(format!("http://{api}"))
}
