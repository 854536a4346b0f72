//! Why the local cloud could not start or keep something.

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
}
