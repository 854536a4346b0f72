//! Where a command writes to.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// The two streams of a terminal, or a list that a test looks into.
#[derive(Clone, Debug)]
pub enum Terminal {
    /// The streams of this process.
    Real,
    /// Lines of both, in the order in which they were written.
    Kept(Arc<Mutex<Vec<String>>>),
}

impl Terminal {
    /// A terminal that keeps what is written.
    pub fn kept() -> Self {
        Self::Kept(Arc::default())
    }

    /// Writes a line to the standard output.
    pub fn print(&self, line: &str) {
        self.write(line, std::io::stdout());
    }

    /// Writes a line to the standard error, beside an output that another program reads.
    pub fn note(&self, line: &str) {
        self.write(line, std::io::stderr());
    }

    /// What was written so far to a terminal that keeps it.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Real => Vec::new(),
            Self::Kept(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn write(&self, line: &str, mut stream: impl Write) {
        match self {
            // One call for the whole line: several are written at once. Whoever reads may have gone, which is no reason to
            // stop working.
            Self::Real => {
                if let Err(error) = stream.write_all(format!("{line}\n").as_bytes()) {
                    tracing::debug!(%error, "a line could not be written");
                }
            }
            Self::Kept(lines) => lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line.to_owned()),
        }
    }
}
