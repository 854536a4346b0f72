//! Servers with nothing in them: keep-alive HTTP/1.1, a thread for each connection, so that their time is not the workers'.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// What is answered to the body of a request.
type Answer = dyn Fn(&[u8]) -> String + Send + Sync;

/// Serves on threads of that name. Returns where.
pub(super) fn serve(
    name: &'static str,
    answer: impl Fn(&[u8]) -> String + Send + Sync + 'static,
) -> SocketAddr {
    let answer: Arc<Answer> = Arc::new(answer);
    accept(name, move |socket| {
        let answer = Arc::clone(&answer);
        // Whoever has heard enough hangs up.
        drop(converse(socket, &*answer));
    })
}

/// Hands each connection to `serve`, on a thread of its own.
pub(super) fn accept(
    name: &'static str,
    serve: impl Fn(TcpStream) + Clone + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let spawn = move |work: Box<dyn FnOnce() + Send>| {
        let thread = thread::Builder::new().name(name.to_owned());
        thread.stack_size(256 * 1024).spawn(work).unwrap();
    };
    let listening = move || {
        for socket in listener.incoming() {
            let (serve, socket) = (serve.clone(), socket.unwrap());
            spawn(Box::new(move || serve(socket)));
        }
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(listening)
        .unwrap();
    address
}

fn converse(mut socket: TcpStream, answer: &Answer) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let (head, body) = loop {
            if let Some(found) = request(&buffer) {
                break found;
            }
            let read = socket.read(&mut chunk)?;
            if read == 0 {
                return Ok(());
            }
            buffer.extend_from_slice(&chunk[..read]);
        };
        let text = answer(&buffer[head..head + body]);
        buffer.drain(..head + body);
        let length = text.len();
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{text}"
        );
        socket.write_all(response.as_bytes())?;
    }
}

/// The bytes of the head and of the body of a request that is there to its end.
fn request(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let lines = std::str::from_utf8(&buffer[..head]).ok()?.lines();
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
    (buffer.len() >= head + length).then_some((head, length))
}
