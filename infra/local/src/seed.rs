//! The demo business: created at the start, so that the first request can be made right away.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::Error;
use crate::args::Args;
use crate::cloud::Aws;

/// Values for the parameters of the template that a deployment would be asked for.
pub fn parameters() -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// Creates the demo business unless the data already has it, writes `--credentials`, and returns what to print once the API
/// can be called at the given address.
#[expect(clippy::unused_async, reason = "seeding will call the API")]
pub async fn seed(_aws: &Aws, _args: &Args, api: SocketAddr) -> Result<String, Error> {
    Ok(format!("http://{api}"))
}
