//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::Error;

/// Runs the whole product on this machine, without an AWS account.
#[derive(Clone, Debug, Parser)]
#[command(name = "local")]
pub struct Args {
    /// Port of the API.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Port of the AWS endpoint, for `AWS_ENDPOINT_URL`; any free one unless given.
    #[arg(long, default_value_t = 0)]
    pub aws_port: u16,
    /// File that keeps the data; its queues go to a second file beside it. Without it everything is in memory.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// File to write the credentials of the demo business to, as JSON.
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,
    /// File to write the environment of the functions to, for `cargo lambda watch --env-file FILE`.
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Time at which the wall clock of the business stands still.
    #[arg(long, value_name = "RFC 3339")]
    pub clock: Option<String>,
    /// Filter of the logs, in the syntax of `RUST_LOG`.
    #[arg(long, default_value = "warn,dynoxide=error")]
    pub log: String,
}

impl Args {
    /// The time at which the wall clock stands still, where it does.
    pub fn wall(&self) -> Result<Option<models::Timestamp>, Error> {
        let parse = |text: &String| text.parse().map_err(|_error| Error::Clock(text.clone()));
        self.clock.as_ref().map(parse).transpose()
    }
}
