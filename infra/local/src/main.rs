//! `cargo run -p local`: the whole product on this machine.

use std::process::ExitCode;

use clap::Parser;
use local::args::Args;
use local::cloud::{self, Aws, Settings};
use local::{Error, Running, functions, seed};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&args.log))
        .with_writer(std::io::stderr)
        .init();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever starts the command has to see why it ended, whatever the log filter"
)]
fn refuse(error: &Error) -> ExitCode {
    eprintln!("local: {error}");
    ExitCode::FAILURE
}

fn run(args: &Args) -> Result<(), Error> {
    // The database blocks its thread for the moment that a request takes, so there are more threads than processors.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .map_err(|error| Error::Io("runtime", error))?;
    runtime.block_on(async {
        let mut interrupt =
            signal(SignalKind::interrupt()).map_err(|error| Error::Io("signals", error))?;
        let mut terminate =
            signal(SignalKind::terminate()).map_err(|error| Error::Io("signals", error))?;
        let running = start(args).await?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !running.end().await {
            tracing::warn!("not everything in flight has finished");
        }
        Ok(())
    })
}

#[expect(
    clippy::print_stdout,
    reason = "the ready line and the credentials are what the command is run for"
)]
async fn start(args: &Args) -> Result<Running, Error> {
    let api = cloud::listen(args.port).await?;
    let address = api.local_addr().map_err(|error| Error::Io("API", error))?;
    let settings = Settings {
        aws_port: args.aws_port,
        data: args.data.clone(),
        parameters: seed::parameters(),
        ..Settings::default()
    };
    let aws = Aws::start(&settings).await?;
    let functions = functions::wire(&aws, args.wall()?)?;
    let greeting = seed::seed(&aws, args, address).await?;
    let running = aws.run(&functions, api)?;
    println!("{greeting}");
    println!(
        "ready: http://{address} (AWS endpoint {})",
        running.aws().endpoint_url()
    );
    Ok(running)
}
