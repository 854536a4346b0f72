//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::Error;
use crate::braintree::Gateway;
use crate::listen::Listen;
use crate::trigger::Trigger;

/// The port of the API where nobody says another.
pub const DEFAULT_PORT: u16 = 8787;

/// Runs the whole product on this machine, without an AWS account.
#[derive(Clone, Debug, Parser)]
#[command(name = "local", args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// What the process is started with, where no other command is given.
    #[command(flatten)]
    pub args: Args,
    /// Another command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What else can be done.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Shows the webhooks of the running process as they are sent, and forwards them.
    Listen(Listen),
    /// Makes an event happen in the running process.
    Trigger(Trigger),
    /// Runs a gateway for live mode that moves no money.
    Gateway(Gateway),
}

/// Runs the whole product on this machine, without an AWS account.
#[derive(Clone, Debug, Parser)]
#[command(name = "local")]
pub struct Args {
    /// Port of the API.
    #[arg(long, default_value_t = DEFAULT_PORT)]
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
    /// Origins of the pages whose scripts may call the API, with commas between them; `*` for any.
    #[arg(long, value_name = "ORIGINS", default_value = "")]
    pub cors_origins: String,
    /// Address of the gateway of live mode: that of `local gateway`, or of Braintree's sandbox. Without it live mode has none.
    #[arg(long, value_name = "URL")]
    pub gateway_url: Option<String>,
    /// Public and private half of the key for that gateway.
    #[arg(long, value_name = "PUBLIC:PRIVATE", default_value = "local:local")]
    pub gateway_key: String,
    /// Filter of the logs, in the syntax of `RUST_LOG`.
    #[arg(long, default_value = "warn,dynoxide=error")]
    pub log: String,
}

impl Args {
    /// Those of a process that is started without any.
    pub fn none() -> Self {
        Self::parse_from(["local"])
    }

    /// The time at which the wall clock stands still, where it does.
    pub fn wall(&self) -> Result<Option<models::Timestamp>, Error> {
        let parse = |text: &String| text.parse().map_err(|_error| Error::Clock(text.clone()));
        self.clock.as_ref().map(parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Command, CommandLine};

    fn parse(words: &[&str]) -> CommandLine {
        CommandLine::try_parse_from([&["local"], words].concat()).unwrap()
    }

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_product_runs_with_its_options() {
        let line = parse(&[]);
        assert!(line.command.is_none());
        assert_eq!((line.args.port, line.args.aws_port), (8787, 0));
        assert_eq!(line.args.log, "warn,dynoxide=error");
        let line = parse(&[
            "--port",
            "9000",
            "--data",
            "x",
            "--clock",
            "2026-01-31T00:00:00Z",
        ]);
        assert!(line.command.is_none());
        assert_eq!(line.args.port, 9000);
        assert!(line.args.data.is_some() && line.args.wall().unwrap().is_some());
    }

    #[test]
    fn a_listener_hears_everything_unless_it_names_its_events() {
        let Some(Command::Listen(listen)) = parse(&["listen"]).command else {
            panic!("that is no listener");
        };
        assert_eq!((listen.port, listen.events), (8787, vec!["*".to_owned()]));
        let words = [
            "listen",
            "--events",
            "invoice.*,plan.created",
            "--port",
            "9",
        ];
        let Some(Command::Listen(listen)) = parse(&words).command else {
            panic!("that is no listener");
        };
        assert_eq!(
            (listen.port, listen.events),
            (9, vec!["invoice.*".to_owned(), "plan.created".to_owned()])
        );
    }

    #[test]
    fn a_trigger_needs_an_event_or_prints_them() {
        assert!(CommandLine::try_parse_from(["local", "trigger"]).is_err());
        for words in [["trigger", "--list"], ["trigger", "invoice.paid"]] {
            let Some(Command::Trigger(trigger)) = parse(&words).command else {
                panic!("that is no trigger");
            };
            assert_eq!(trigger.list, trigger.event.is_none());
        }
    }
}
