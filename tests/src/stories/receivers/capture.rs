//! One delivery, byte for byte.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Headers;

/// What came over the wire.
#[derive(Clone)]
pub(super) struct Captured {
    pub(super) headers: Headers,
    pub(super) body: String,
}

impl Captured {
    pub(super) fn timestamp(&self) -> i64 {
        self.headers["webhook-timestamp"].parse().unwrap()
    }

    /// The same with another header.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.insert(name.to_owned(), value.to_owned());
        other
    }

    /// The same with another text in its body.
    pub(super) fn changed(&self, from: &str, to: &str) -> Self {
        let body = self.body.replace(from, to);
        assert_ne!(body, self.body);
        Self {
            body,
            ..self.clone()
        }
    }
}

/// An address, and the first request that comes there. It is answered with 200.
pub(super) async fn capture() -> (String, JoinHandle<Captured>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let request = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        loop {
            assert_ne!(socket.read_buf(&mut bytes).await.unwrap(), 0);
            if let Some(captured) = parse(&bytes) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                socket.write_all(answer).await.unwrap();
                return captured;
            }
        }
    });
    (url, request)
}

/// The request, once all of it is there.
fn parse(bytes: &[u8]) -> Option<Captured> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at(end + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let headers: Headers = lines
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    (body.len() == length).then(|| Captured {
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    })
}
