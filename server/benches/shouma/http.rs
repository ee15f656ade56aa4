//! The least HTTP client that a measurement needs: raw bytes in, raw bytes counted, connections kept open.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a phone in WeChat asks.
const PHONE: &str = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50";

/// A GET as a phone sends it.
pub fn get(path: &str, accept_encoding: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {PHONE}\r\nAccept: text/html\r\nAccept-Language: zh-CN,zh;q=0.9\r\n\
         Accept-Encoding: {accept_encoding}\r\n\r\n"
    )
    .into_bytes()
}

/// A posted form from a browser that is not WeChat's, so that nobody is sent to its sign-in page.
pub fn post(path: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: text/html\r\nAccept-Encoding: identity\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// An answer.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body, without the marks of a chunked transfer.
    pub body: Vec<u8>,
    /// Everything that came over the wire.
    pub wire_bytes: usize,
}

impl Answer {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Connection {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket has options");
        Connection { stream, read: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.expect("the server reads");
        self.read.clear();
        let head_end = loop {
            self.more().await;
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.read[..head_end]).into_owned();
        let status = head.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status line has a status");
        let body = match header(&head, "content-length").map(|length| length.parse::<usize>().expect("a length is a number")) {
            Some(length) => {
                while self.read.len() < head_end + length {
                    self.more().await;
                }
                self.read[head_end..head_end + length].to_vec()
            }
            None => self.chunks(head_end).await,
        };
        Answer { status, head, body, wire_bytes: self.read.len() }
    }

    async fn chunks(&mut self, mut at: usize) -> Vec<u8> {
        let mut body = vec![];
        loop {
            let line_end = loop {
                match self.read[at..].windows(2).position(|two| two == b"\r\n") {
                    Some(end) => break at + end,
                    None => self.more().await,
                }
            };
            let size = std::str::from_utf8(&self.read[at..line_end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
            let size = size.expect("a chunk begins with its size");
            let (from, to) = (line_end + 2, line_end + 2 + size);
            while self.read.len() < to + 2 {
                self.more().await;
            }
            body.extend_from_slice(&self.read[from..to]);
            at = to + 2;
            if size == 0 {
                return body;
            }
        }
    }

    async fn more(&mut self) {
        let count = self.stream.read_buf(&mut self.read).await.expect("the server answers");
        assert!(count > 0, "the server closed the connection");
    }
}

/// A set of connections, each of which asks as soon as it is answered.
pub struct Load {
    connections: Vec<Connection>,
}

impl Load {
    /// Opens `count` connections.
    pub async fn open(address: SocketAddr, count: usize) -> Load {
        Load { connections: join_all((0..count).map(|_| Connection::open(address))).await }
    }

    /// Lets every connection repeat `turn` for a while; how many turns there were, and how many of them a second.
    pub async fn run(&mut self, slice_ms: u64, turn: impl AsyncFn(&mut Connection)) -> (u64, f64) {
        let started = Instant::now();
        let until = started + Duration::from_millis(slice_ms);
        let turn = &turn;
        let counts = join_all(self.connections.iter_mut().map(|connection| async move {
            let mut count = 0_u64;
            while Instant::now() < until {
                turn(connection).await;
                count += 1;
            }
            count
        }));
        let count: u64 = counts.await.into_iter().sum();
        (count, count as f64 / started.elapsed().as_secs_f64())
    }
}
