//! How long a connection is held for somebody who does not ask: no half head and no silence keeps one, and nobody else is cut off.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::browser::{Browser, encoded};
use crate::live::Stream;
use crate::scene::{Shop, form};

const LIMIT: Duration = Duration::from_millis(800);

async fn impatient() -> Shop {
    Shop::with(|config| config.header_timeout_ms = LIMIT.as_millis() as u64).await
}

async fn connected(shop: &Shop) -> TcpStream {
    TcpStream::connect(shop.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Reads up to the end of an answer's head.
async fn head(stream: &mut TcpStream) -> String {
    let mut heard = vec![];
    let mut piece = [0; 4096];
    while !heard.windows(4).any(|four| four == b"\r\n\r\n") {
        let count = timeout(Duration::from_secs(9), stream.read(&mut piece)).await.expect("an answer in time").unwrap();
        assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&piece[..count]);
    }
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_on_which_no_whole_head_arrives_is_closed() {
    let shop = impatient().await;
    // Nothing at all, half a head, half a head that grows by a letter now and then, and the beginning of HTTP/2.
    for (sends, drips) in
        [("", false), ("GET /p/demo HTTP/1.1\r\nhost: a", false), ("GET /p/demo HTTP/1.1\r\nx: ", true), ("PRI * HT", false)]
    {
        let started = Instant::now();
        let (mut read, mut write) = connected(&shop).await.into_split();
        write.write_all(sends.as_bytes()).await.unwrap();
        let dripping = tokio::spawn(async move {
            while drips && write.write_all(b"a").await.is_ok() {
                sleep(LIMIT / 8).await;
            }
            // Held until the server ends it.
            sleep(10 * LIMIT).await;
        });
        let mut heard = vec![];
        let ended = timeout(5 * LIMIT, read.read_to_end(&mut heard)).await;
        assert!(ended.is_ok(), "{sends:?} still holds its connection after {:?}", started.elapsed());
        assert!(started.elapsed() >= LIMIT, "{sends:?} was cut off after {:?}", started.elapsed());
        assert_eq!(String::from_utf8_lossy(&heard), "", "nobody asked anything");
        dripping.abort();
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_sends_or_asks_again_keeps_the_connection() {
    let shop = impatient().await;
    let manager = Browser::manager(&shop, "13800138000").await;
    let mut stream = Stream::open(&manager, "/m/live", &[]).await;
    let host = shop.url.strip_prefix("http://").unwrap();

    let ask = format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let mut kept = connected(&shop).await;
    for _ in 0..4 {
        kept.write_all(ask.as_bytes()).await.unwrap();
        assert!(head(&mut kept).await.contains("HTTP/1.1 200"));
        sleep(LIMIT / 2).await;
    }

    let body = encoded(&form("2"));
    let length = body.len();
    let post = format!(
        "POST /p/demo HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut slow = connected(&shop).await;
    slow.write_all(post.as_bytes()).await.unwrap();
    sleep(2 * LIMIT).await;
    slow.write_all(&body).await.unwrap();
    assert!(head(&mut slow).await.starts_with("HTTP/1.1 30"), "what is sent slowly is heard out");

    // Meanwhile the stream has been open for longer than the limit, several times.
    let bill = shop.paid("12.50").await;
    assert_eq!(crate::scene::digits(&stream.event("arrival").await.1["payment"]), bill.payment);
    shop.close().await;
}
