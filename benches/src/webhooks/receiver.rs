//! Endpoints: one that takes everything, one that is not there, and one that never answers.

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::http;

/// Takes everything.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) url: String,
    posts: Arc<AtomicU64>,
}

impl Receiver {
    pub(super) fn start() -> Self {
        let posts = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&posts);
        let address = http::serve("receiver", move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            r#"{"ok":true}"#.to_owned()
        });
        Self {
            url: format!("http://{address}/hook"),
            posts,
        }
    }

    /// What it has taken.
    pub(super) fn posts(&self) -> u64 {
        self.posts.load(Ordering::SeqCst)
    }
}

/// What many have taken.
pub(super) fn posts(receivers: &[Receiver]) -> u64 {
    receivers.iter().map(Receiver::posts).sum()
}

/// The URL of an endpoint that refuses connections.
pub(super) fn absent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/hook", listener.local_addr().unwrap())
}

/// Takes connections, reads, and never answers.
#[derive(Debug)]
pub(super) struct Silent {
    pub(super) url: String,
    waiting: Arc<AtomicUsize>,
    ever: Arc<AtomicUsize>,
}

impl Silent {
    pub(super) fn start() -> Self {
        let waiting = Arc::new(AtomicUsize::new(0));
        let ever = Arc::new(AtomicUsize::new(0));
        let (now, all) = (Arc::clone(&waiting), Arc::clone(&ever));
        let address = http::accept("receiver", move |mut socket| {
            now.fetch_add(1, Ordering::SeqCst);
            all.fetch_add(1, Ordering::SeqCst);
            let mut chunk = [0; 4096];
            while socket.read(&mut chunk).is_ok_and(|read| read > 0) {}
            now.fetch_sub(1, Ordering::SeqCst);
        });
        Self {
            url: format!("http://{address}/hook"),
            waiting,
            ever,
        }
    }

    /// Messages that wait for an answer now.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Messages that ever waited.
    pub(super) fn ever(&self) -> usize {
        self.ever.load(Ordering::SeqCst)
    }
}
