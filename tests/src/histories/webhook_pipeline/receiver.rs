//! A receiver that does what a script says, and remembers everything that came.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What it does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// Answers with that status and these header lines.
    Answer(u16, &'static str),
    /// Answers 200 with a body of so many bytes.
    Long(usize),
    /// Reads and never answers.
    Hang,
    /// Reads and closes.
    Drop,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What is done with the `nth` request (from 0) of an event at a path.
type Script = Arc<dyn Fn(&Got, usize) -> Manner + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    got: Arc<Mutex<Vec<Got>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    script: Script,
}

impl Receiver {
    pub(crate) async fn start(
        script: impl Fn(&Got, usize) -> Manner + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            got: Arc::default(),
            connections: Arc::default(),
            script: Arc::new(script),
        };
        let serving = this.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                serving.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serving.clone().serve(socket));
            }
        });
        this
    }

    /// One that takes everything.
    pub(crate) async fn willing() -> Self {
        Self::start(|_, _| Manner::Answer(200, "")).await
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn got_at(&self, path: &str) -> Vec<Got> {
        let all = self.got().into_iter();
        all.filter(|got| got.path == path).collect()
    }

    async fn serve(self, mut socket: TcpStream) {
        let mut buffer = Vec::new();
        while let Some(got) = read(&mut socket, &mut buffer).await {
            let nth = {
                let mut all = self.got.lock().unwrap();
                let same = |other: &&Got| other.path == got.path && other.id == got.id;
                let nth = all.iter().filter(same).count();
                all.push(got.clone());
                nth
            };
            let written = match (self.script)(&got, nth) {
                Manner::Answer(status, headers) => {
                    let text =
                        format!("HTTP/1.1 {status} X\r\n{headers}content-length: 2\r\n\r\nok");
                    socket.write_all(text.as_bytes()).await
                }
                Manner::Long(bytes) => {
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n");
                    socket.write_all(head.as_bytes()).await.unwrap();
                    socket.write_all(&vec![b'x'; bytes]).await
                }
                Manner::Hang => std::future::pending().await,
                Manner::Drop => return,
            };
            if written.is_err() {
                return;
            }
        }
    }
}

async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Got> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if socket.read_buf(buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let mut got = Got {
        path,
        id: String::new(),
        head,
        body: String::new(),
    };
    got.id = got.header("webhook-id").unwrap().to_owned();
    let length: usize = got.header("content-length").unwrap().parse().unwrap();
    while buffer.len() < end + length {
        if socket.read_buf(buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    }
    got.body = String::from_utf8(buffer[end..end + length].to_vec()).unwrap();
    buffer.drain(..end + length);
    Some(got)
}
