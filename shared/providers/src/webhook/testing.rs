//! Endpoints and names for the tests of this module.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use models::Mode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Egress, Looking, Lookup, Message, Sender, SystemLookup, Timeouts};

pub(super) static NONE: BTreeMap<String, String> = BTreeMap::new();

pub(super) fn message(url: &str) -> Message<'_> {
    Message {
        url,
        mode: Mode::Test,
        id: "evt_rs_1",
        timestamp_seconds: 1_614_265_330,
        signature: "v1,abc",
        headers: &NONE,
        secrets: &[],
        body: "{}".into(),
    }
}

/// Like that of the local process, with little patience.
pub(super) fn local() -> Sender {
    sender(Egress::AlsoLoopback, Arc::new(SystemLookup))
}

pub(super) fn sender(egress: Egress, lookup: Arc<dyn Lookup>) -> Sender {
    let timeouts = Timeouts {
        lookup: Duration::from_millis(100),
        connect: Duration::from_secs(5),
        total: Duration::from_secs(5),
    };
    Sender::with_timeouts(egress, lookup, timeouts).unwrap()
}

/// A sender that waits so shortly that a test can wait for it.
pub(super) fn hasty() -> Sender {
    let timeouts = Timeouts {
        total: Duration::from_millis(150),
        ..Timeouts::default()
    };
    Sender::with_timeouts(Egress::AlsoLoopback, Arc::new(SystemLookup), timeouts).unwrap()
}

/// What an endpoint does when it has read a message.
#[derive(Debug, Clone)]
pub(super) enum Reaction {
    /// Writes that and waits for the next message.
    Write(Vec<u8>),
    /// Writes that and closes the connection.
    WriteAndClose(Vec<u8>),
    /// Writes that and nothing more, and leaves the connection open.
    WriteAndHang(Vec<u8>),
}

impl Reaction {
    pub(super) fn write(text: &str) -> Self {
        Self::Write(text.as_bytes().to_vec())
    }

    pub(super) fn close(text: &str) -> Self {
        Self::WriteAndClose(text.as_bytes().to_vec())
    }

    pub(super) fn hang(text: &str) -> Self {
        Self::WriteAndHang(text.as_bytes().to_vec())
    }
}

/// An endpoint on this machine that reacts to one message after the other as it is told.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) url: String,
    pub(super) address: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    messages: Vec<String>,
}

impl Receiver {
    pub(super) async fn new(reactions: impl IntoIterator<Item = Reaction>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let url = format!("http://{address}/hook");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        let reactions: VecDeque<Reaction> = reactions.into_iter().collect();
        let reactions = Arc::new(Mutex::new(reactions));
        #[expect(clippy::disallowed_methods, reason = "an endpoint for one test")]
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(socket, Arc::clone(&shared), Arc::clone(&reactions)));
            }
        });
        Self { url, address, seen }
    }

    pub(super) async fn answering(answer: &str) -> Self {
        Self::new([Reaction::write(answer)]).await
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub(super) fn messages(&self) -> Vec<String> {
        self.seen.lock().unwrap().messages.clone()
    }
}

async fn serve(
    mut socket: TcpStream,
    seen: Arc<Mutex<Seen>>,
    reactions: Arc<Mutex<VecDeque<Reaction>>>,
) {
    while let Some(message) = read_message(&mut socket).await {
        seen.lock().unwrap().messages.push(message);
        let reaction = reactions.lock().unwrap().pop_front();
        let (Reaction::Write(bytes)
        | Reaction::WriteAndClose(bytes)
        | Reaction::WriteAndHang(bytes)) = reaction.clone().expect("one more reaction");
        // Whoever has read enough hangs up.
        let written = socket.write_all(&bytes).await;
        match reaction {
            Some(Reaction::Write(_)) if written.is_ok() => {}
            Some(Reaction::WriteAndHang(_)) => std::future::pending().await,
            Some(Reaction::Write(_) | Reaction::WriteAndClose(_)) | None => return,
        }
    }
}

async fn read_message(socket: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = vec![0; 4096];
    while !text.ends_with("\r\n\r\n{}") {
        match socket.read(&mut buffer).await {
            Ok(n @ 1..) => text.push_str(&String::from_utf8_lossy(&buffer[..n])),
            Ok(_) | Err(_) => return None,
        }
    }
    Some(text)
}

/// A certificate for 127.0.0.1 that nobody has signed, and its key, which is for nothing else.
const CERTIFICATE: &str = "MIIBkDCCATagAwIBAgIUPhudpvSlvNp1VOIj5+f1FC4fPsswCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2\
    MTEyMjIwMTAxOVoYDzIxMjYxMDI5MjAxMDE5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\
    AASMJuoL0m4P2TPenXXIFOsDztlZnz9DRf+X2sdq9G3gsVFInNh8vebgW8BOnihB73zVbSZw4pC0x4h8ZvdXxMIPo2QwYjAdBgNV\
    HQ4EFgQUn503Zf3cT8xTeH7nWm9NVP6DlvUwHwYDVR0jBBgwFoAUn503Zf3cT8xTeH7nWm9NVP6DlvUwDwYDVR0TAQH/BAUwAwEB\
    /zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIDAm7JpZ7DImSSXILN3IOhEorqvC5B4X97Tbu7MnBoQmAiEA2jNj\
    X2XAiwMqP7gObSSy4cchla8WdVJ7iuFsKtmaQH8=";
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0B7oGptOmRwhcTfA+qA0r6Vy2C61kx9jgqdejZeMrDehRANCAASM\
    JuoL0m4P2TPenXXIFOsDztlZnz9DRf+X2sdq9G3gsVFInNh8vebgW8BOnihB73zVbSZw4pC0x4h8ZvdXxMIP";

/// The URL of an endpoint that speaks TLS with that certificate, to one who connects.
pub(super) fn untrusted() -> String {
    let read = |text| STANDARD.decode(text).unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(
            vec![read(CERTIFICATE).into()],
            read(KEY).try_into().unwrap(),
        )
        .unwrap();
    let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        drop(connection.complete_io(&mut socket));
    });
    url
}

/// The URL of an endpoint that speaks first, and no TLS, to one who connects.
pub(super) fn talkative() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        io::Write::write_all(&mut socket, b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        io::Read::read_to_end(&mut socket, &mut Vec::new()).ok();
    });
    url
}

/// A listener that nothing must connect to.
#[derive(Debug)]
pub(super) struct Canary(std::net::TcpListener);

impl Canary {
    pub(super) fn new() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// The kernel accepts connections before we do: one that was made is seen here.
    pub(super) fn connections(&self) -> usize {
        std::iter::from_fn(|| self.0.accept().ok()).count()
    }
}

/// Says one set of addresses after the other, the last one again and again.
#[derive(Debug)]
pub(super) struct Says(Mutex<VecDeque<Vec<SocketAddr>>>);

impl Says {
    pub(super) fn these(answers: impl IntoIterator<Item = Vec<SocketAddr>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into_iter().collect())))
    }
}

impl Lookup for Says {
    fn lookup<'a>(&'a self, _: &'a str) -> Looking<'a> {
        let mut answers = self.0.lock().unwrap();
        let answer = match answers.len() {
            0 => Err(io::Error::other("no such name: 10.0.0.2 says so")),
            1 => Ok(answers[0].clone()),
            _ => Ok(answers.pop_front().unwrap()),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Never says anything.
#[derive(Debug)]
pub(super) struct Silent;

impl Lookup for Silent {
    fn lookup<'a>(&'a self, _: &'a str) -> Looking<'a> {
        Box::pin(std::future::pending())
    }
}
