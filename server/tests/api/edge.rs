//! What a person sees who is refused at the door: our page or sentence, never the browser's own page of a broken connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::Refusal;
use serde_json::json;
use server::web::unread::MOST_UNREAD_BYTES;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::browser::{Answer, Browser};
use crate::notices::Linger;
use crate::scene::{Shop, form, until};

const FORM: &str = "application/x-www-form-urlencoded";
const MIB: usize = 1024 * 1024;

/// A phone as it really is: it sends its whole request, and looks for an answer only then.
struct Phone(TcpStream);

impl Phone {
    async fn ask(shop: &Shop, path: &str, headers: &[&str]) -> Phone {
        let host = shop.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n{}\r\n\r\n", headers.join("\r\n"));
        stream.write_all(head.as_bytes()).await.unwrap();
        Phone(stream)
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("the server takes what is on its way");
    }

    async fn send_in_chunks(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(MIB / 2) {
            self.send(format!("{:x}\r\n", chunk.len()).as_bytes()).await;
            self.send(chunk).await;
            self.send(b"\r\n").await;
        }
        self.send(b"0\r\n\r\n").await;
    }

    /// What comes until the answer is whole, however the connection ends.
    async fn hears(mut self) -> String {
        let mut heard = vec![];
        let mut piece = vec![0; 16 * 1024];
        while let Ok(Ok(count @ 1..)) = tokio::time::timeout(Duration::from_secs(3), self.0.read(&mut piece)).await {
            heard.extend_from_slice(&piece[..count]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_large_a_photograph_reads_our_page_and_not_that_of_a_broken_connection() {
    let shop = Shop::open().await;
    let body = vec![b'a'; shop.site.config.photo_limit_bytes + 8 * MIB];
    let length = format!("content-length: {}", body.len());
    let table = [
        ("multipart/form-data; boundary=x", "zh-CN", ["内容太大", "请换一张小一些的"]),
        (FORM, "zh-CN", ["内容太大", "没有扣款"]),
        (FORM, "en-GB", ["Too large", "please use a smaller photo"]),
    ];
    for (kind, language, sentences) in table {
        let (kind, language) = (format!("content-type: {kind}"), format!("accept-language: {language}"));
        let mut phone = Phone::ask(&shop, "/p/demo", &[&kind, &language, &length]).await;
        phone.send(&body).await;
        let mut by_chunks = Phone::ask(&shop, "/p/demo", &[&kind, &language, "transfer-encoding: chunked"]).await;
        by_chunks.send_in_chunks(&body).await;
        for (way, answer) in [("length", phone.hears().await), ("chunked", by_chunks.hears().await)] {
            // Chunks of something that is no form at all are found out earlier, as what they are.
            let status = if way == "chunked" && kind.contains("multipart") { "HTTP/1.1 4" } else { "HTTP/1.1 413" };
            assert!(answer.starts_with(status), "{way} {kind}: {:.300}", answer);
            for sentence in sentences.iter().filter(|_| status.ends_with("413")) {
                assert!(answer.contains(sentence), "{way} {kind} does not say {sentence:?}: {answer}");
            }
            assert!(answer.contains("</html>"), "{way} {kind}: the page is whole");
        }
    }
    assert_eq!(shop.count("payment").await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_before_the_body_was_read_is_heard_all_the_same() {
    let shop = Shop::open().await;
    let body = vec![b'a'; 7 * MIB];
    let length = format!("content-length: {}", body.len());
    let table = [
        ("/p/demo", vec!["content-type: text/plain"], "HTTP/1.1 415", "请重新打开付款页"),
        ("/p/demo", vec!["sec-fetch-site: cross-site"], "HTTP/1.1 403", "请重新打开付款页"),
        ("/m/sign-in", vec!["content-type: application/x-www-form-urlencoded"], "HTTP/1.1 413", "内容太大"),
        ("/nothing", vec![], "HTTP/1.1 404", "</html>"),
        ("/api/receipts/page", vec!["content-type: application/json"], "HTTP/1.1 413", "\"refusal\""),
    ];
    for (path, mut headers, status, sentence) in table {
        headers.push(&length);
        let mut phone = Phone::ask(&shop, path, &headers).await;
        phone.send(&body).await;
        let answer = phone.hears().await;
        assert!(answer.starts_with(status) && answer.contains(sentence), "{path}: {answer:.400}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_heard_out_for_ever() {
    let shop = Shop::open().await;
    let kind = format!("content-type: {FORM}");
    // Who asks for leave to send gets the answer instead of the leave.
    let asks = ["content-length: 90000000", "expect: 100-continue", &kind];
    let answer = Phone::ask(&shop, "/p/demo", &asks).await.hears().await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer:.300}");
    // Who stops in the middle is answered after a few seconds.
    let mut slow = Phone::ask(&shop, "/p/demo", &["content-length: 20000000", &kind]).await;
    slow.send(&vec![b'a'; MIB]).await;
    let started = Instant::now();
    let mut first = [0; 12];
    tokio::time::timeout(Duration::from_secs(9), slow.0.read_exact(&mut first)).await.expect("an answer in time").unwrap();
    assert_eq!(&first, b"HTTP/1.1 413");
    assert!(started.elapsed() > Duration::from_secs(3), "the rest might still have come");
    // Who never stops is cut off.
    let mut endless = Phone::ask(&shop, "/p/demo", &["transfer-encoding: chunked", &kind]).await;
    let chunk = [format!("{MIB:x}\r\n").into_bytes(), vec![b'a'; MIB], b"\r\n".to_vec()].concat();
    let mut sent = 0;
    while endless.0.write_all(&chunk).await.is_ok() {
        sent += MIB;
        assert!(sent < 4 * MOST_UNREAD_BYTES as usize, "it is still being read");
    }
    assert!(sent >= MOST_UNREAD_BYTES as usize, "cut off after {sent} bytes");
    shop.close().await;
}

/// What the app makes of an answer to one of its functions.
fn read(answer: &Answer) -> Refusal {
    serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {} {}", answer.status, answer.text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_function_refuses_with_a_status_that_fits_and_a_reason_that_the_app_reads() {
    let mut shop = Shop::with(|config| {
        config.limits.spare_loopback = false;
        config.limits.view_per_minute = 15;
        config.body_limit_bytes = 20_000;
    })
    .await;
    let nobody = Browser::desktop(&shop);
    let answer = nobody.function("manager/today", json!({})).await;
    assert_eq!((answer.status, read(&answer)), (401, Refusal::SignIn));
    let manager = Browser::manager(&shop, "13800138000").await;
    assert_eq!(manager.function("manager/today", json!({})).await.status, 200);
    let answer = manager.function("receipts/one", json!({"payment": uuid::Uuid::now_v7()})).await;
    assert_eq!((answer.status, read(&answer)), (404, Refusal::NotFound));
    let body = || Some(("application/json", b"{}".to_vec()));
    let answer = manager.ask("POST", "/api/manager/today", &[("sec-fetch-site", "cross-site")], body()).await;
    assert_eq!((answer.status, read(&answer)), (403, Refusal::NotAllowed));
    let large = Some(("application/json", vec![b' '; 30_000]));
    let answer = manager.ask("POST", "/api/receipts/page", &[], large).await;
    assert!(answer.status == 413 && matches!(read(&answer), Refusal::Invalid { .. }), "{} {}", answer.status, answer.text);
    // Somebody signs in elsewhere: this browser's next question tells it so.
    Browser::manager(&shop, "13800138000").await;
    let answer = manager.function("receipts/page", json!({"query": {}})).await;
    assert_eq!((answer.status, read(&answer)), (401, Refusal::SignIn));
    let page = manager.ask("GET", "/m/receipts?before=1-0", &[], None).await;
    assert_eq!((page.status, page.header("location")), (303, "/m/sign-in?why=ended&next=/m/receipts%3Fbefore%3D1-0"));
    let answer = until("the limit", async || {
        let answer = nobody.function("manager/today", json!({})).await;
        (answer.status != 401).then_some(answer)
    })
    .await;
    let after_s: u32 = answer.header("retry-after").parse().unwrap();
    assert_eq!((answer.status, read(&answer)), (429, Refusal::TryLater { after_s }));
    shop.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_a_reason_to_try_later() {
    let mut shop = Shop::open().await;
    let manager = Browser::manager(&shop, "13800138000").await;
    shop.site.store.close().await;
    let answer = manager.function("manager/today", json!({})).await;
    assert_eq!((answer.status, read(&answer), answer.header("retry-after")), (503, Refusal::TryLater { after_s: 2 }, "2"));
    shop.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_answer_to_a_refund_comes_back_to_the_same_form_and_returns_it_once() {
    // Long enough for a password to be checked.
    let shop = Shop::with(|config| config.request_timeout_ms = 2_000).await;
    let bill = shop.paid("10").await;
    let manager = Browser::manager(&shop, "13800138000").await;
    let page = format!("/m/receipts/{}/refund", bill.payment);
    let preview = manager.open(&format!("{page}?number=n1&what=part&amount=2.50&reason=twice")).await;
    let action = preview.text.split("method=\"post\" action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let sent = [("number", "n1"), ("what", "part"), ("amount", "2.50"), ("reason", "twice")].map(|(name, value)| (name, value.to_owned()));
    let gate = Arc::new(Semaphore::new(0));
    let (store, linger) = (shop.site.store.clone(), Linger(gate.clone()));
    let lingering = tokio::spawn(async move { store.write(linger).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let answer = manager.post(&action, &sent).await;
    answer.says(503, &["没有等到结果", "同一张表单只退一次", "回到刚才的表单"]);
    assert!(answer.is_page() && answer.header("retry-after") == "2", "{:?}", answer.headers);
    let back = answer.text.split("href=\"").find(|link| link.contains("/refund?number=n1")).expect("a way back").split('"').next().unwrap();
    let back = back.replace("&amp;", "&");
    manager.post("/m/receivables/new", &crate::debts::debt("1", false)).await.says(503, &["没有等到结果", "href=\"/m/receivables\""]);
    gate.close();
    lingering.await.unwrap().unwrap();
    // The write that nobody waited for was done all the same. The form comes back filled in, under its number, and does nothing twice.
    crate::scene::until("it was taken", async || (shop.count("refund").await == 1).then_some(())).await;
    manager.open(&back).await.says(200, &["name=\"number\" value=\"n1\"", "value=\"2.50\""]);
    assert_eq!(manager.post(&action, &sent).await.header("location"), format!("/m/receipts/{}", bill.payment));
    assert_eq!(shop.count("refund").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_longer_than_a_request_may_take_reads_that_nothing_is_lost() {
    let shop = Shop::with(|config| config.request_timeout_ms = 400).await;
    let payer = Browser::wechat(&shop);
    shop.bill(&payer, "1").await;
    let gate = Arc::new(Semaphore::new(0));
    let (store, linger) = (shop.site.store.clone(), Linger(gate.clone()));
    let lingering = tokio::spawn(async move { store.write(linger).await });
    let writer_is_busy = || tokio::time::sleep(Duration::from_millis(50));
    writer_is_busy().await;
    for (language, sentences) in [("zh-CN", ["请过几秒再试", "不会丢"]), ("en", ["try again in a few seconds", "not taken twice"])]
    {
        let body = Some((FORM, crate::browser::encoded(&form("2"))));
        let answer = payer.ask("POST", "/p/demo", &[("accept-language", language)], body).await;
        answer.says(503, &sentences);
        assert!(answer.is_page() && answer.header("retry-after") == "2", "{:?}", answer.headers);
        assert!(!answer.text.contains("没有扣款"), "nobody knows what became of it");
    }
    gate.close();
    lingering.await.unwrap().unwrap();
    shop.close().await;
}
