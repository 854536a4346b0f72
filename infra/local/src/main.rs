//! `cargo run -p local`: the whole product on this machine.

use std::process::ExitCode;

use clap::Parser;
use local::args::{Args, Command, CommandLine};
use local::cloud::{self, Aws, Settings};
use local::terminal::Terminal;
use local::{Error, Running, braintree, functions, listen, seed, trigger};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&line.args.log))
        .with_writer(std::io::stderr)
        .init();
    match run(&line) {
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

fn run(line: &CommandLine) -> Result<(), Error> {
    // The database blocks its thread for the moment that a request takes, so there are more threads than processors.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .map_err(|error| Error::Io("runtime", error))?;
    runtime.block_on(async {
        match &line.command {
            None => serve(&line.args).await,
            Some(Command::Listen(listen)) => {
                listen::listen(listen, &Terminal::Real, hung_up()?).await
            }
            Some(Command::Trigger(trigger)) => trigger::trigger(trigger, &Terminal::Real).await,
            Some(Command::Gateway(gateway)) => {
                braintree::run(gateway, &Terminal::Real, hung_up()?).await
            }
        }
    })
}

/// Runs the product until it is told to end.
async fn serve(args: &Args) -> Result<(), Error> {
    let ended = ended()?;
    let running = start(args).await?;
    ended.await;
    if !running.end().await {
        tracing::warn!("not everything in flight has finished");
    }
    Ok(())
}

/// Done when the process is told to end. It takes the signals from now on.
fn ended() -> Result<impl Future<Output = ()>, Error> {
    let take = |kind| signal(kind).map_err(|error| Error::Io("signals", error));
    let mut interrupt = take(SignalKind::interrupt())?;
    let mut terminate = take(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// The same, and when its terminal is closed.
fn hung_up() -> Result<impl Future<Output = ()>, Error> {
    let ended = ended()?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(|error| Error::Io("signals", error))?;
    Ok(async move {
        tokio::select! {
            () = ended => {}
            _ = hang_up.recv() => {}
        }
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
        parameters: seed::parameters(args),
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
