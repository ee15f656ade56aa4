//! What a person sees who is refused at the door: our page or sentence, never the browser's own page of a broken connection.

use app::Refusal;
use serde_json::json;

use crate::browser::{Answer, Browser};
use crate::scene::{Shop, until};

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
