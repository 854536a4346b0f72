//! Why the local cloud could not start or keep something.

use crate::args::DEFAULT_PORT;

/// A failure of the local cloud itself, never of a function that runs in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template says something that the local cloud does not understand. It stops the start, because a template that is
    /// half understood would run differently here than in AWS.
    #[error("template: {0}")]
    Template(String),
    /// The file of queues could not be read or written.
    #[error("queues: {0}")]
    Queues(#[from] rusqlite::Error),
    /// The embedded DynamoDB refused something.
    #[error("database: {0}")]
    Database(String),
    /// The port is taken, mostly.
    #[error("port {0}: {1}")]
    Listen(u16, std::io::Error),
    /// A socket or a file.
    #[error("{0}: {1}")]
    Io(&'static str, std::io::Error),
    /// A value that should always be JSON was not.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// A function could not be built, or the demo business not be created.
    #[error("{0}: {0:?}")]
    Function(models::Error),
    /// `--clock` is no moment.
    #[error("--clock {0}: must be a date and time like 2027-01-31T00:00:00Z")]
    Clock(String),
    /// A command needs a process that runs already, and there is none at the address.
    #[error(
        "nothing answers at {address}. Start Savvy in another terminal and try again:\n\n  cargo run -p local{}\n",
        port_option(*port)
    )]
    NoProcess {
        /// Where it was looked for.
        address: String,
        /// The port of that.
        port: u16,
    },
    /// Something answers on the port that is no local process, or one that does not know the demo business.
    #[error("what answers at {0} is not Savvy with its demo business: {1}")]
    NotSavvy(String, String),
    /// The API refused a request.
    #[error("{request} was refused with {status}: {detail}")]
    Refused {
        /// Method and path.
        request: String,
        /// The status of the answer.
        status: u16,
        /// What is wrong, with each field.
        detail: String,
    },
    /// An HTTP client could not be built or its request failed halfway.
    #[error("{0}: {1}")]
    Http(&'static str, reqwest::Error),
    /// `--forward-to` is no address that anything could be forwarded to.
    #[error("--forward-to {0}: {1}")]
    ForwardTo(String, String),
    /// No event of that name exists.
    #[error("{0}")]
    UnknownEvent(String),
    /// An event was asked for that somebody should have listened to.
    #[error(
        "no calls bring {kind} about, so it would be sent as a test event, but no enabled endpoint listens to it. Start one \
         in another terminal:\n\n  cargo run -p local -- listen{}\n",
        listener_port_option(*port)
    )]
    NobodyListens {
        /// Its type.
        kind: &'static str,
        /// The port of the process.
        port: u16,
    },
    /// What should have happened did not.
    #[error("{0}")]
    Missing(String),
}

/// How the port is given to the process that is to be started.
fn port_option(port: u16) -> String {
    if port == DEFAULT_PORT {
        String::new()
    } else {
        format!(" -- --port {port}")
    }
}

/// The same for a listener.
fn listener_port_option(port: u16) -> String {
    if port == DEFAULT_PORT {
        String::new()
    } else {
        format!(" --port {port}")
    }
}
