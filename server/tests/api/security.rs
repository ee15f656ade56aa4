//! What every answer carries, who is turned away and how that reads, and what must not be seen anywhere.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use app::pay::Assets;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use futures::future::join_all;
use serde_json::json;
use server::client::Client;
use server::config::Config;
use server::demo::PASSWORD;
use server::{router, serve};
use tower::ServiceExt;

use crate::browser::{Answer, Browser, encoded};
use crate::log;
use crate::scene::{Shop, World, form, until, wechat};
use crate::testing;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_protect_it_errors_too() {
    let shop = Shop::open().await;
    let bill = shop.paid("1").await;
    let browser = Browser::manager(&shop, "13800138000").await;
    let gets = [
        "/",
        "/p/demo",
        "/p/demo-closed",
        "/p/nosuch",
        "/p/demo/x",
        &bill.page,
        &bill.receipt().await,
        "/r/x",
        "/r/x/photos/y",
        "/logo/x/y.png",
        "/oauth/wechat",
        "/m",
        "/m/receipts",
        "/m/settings",
        "/m/nothing",
        "/m/sign-in?why=needed",
        "/api/receipts/page",
        "/notify/wechat",
        "/pkg/mobile/x.js",
        "/voice/zh/1.mp3",
        "/favicon.ico",
        "/healthz",
        "/readyz",
        "/nothing",
        "/%00",
        "/admin",
    ];
    let mut answers = join_all(gets.iter().map(|path| browser.ask("GET", path, &[], None))).await;
    for (path, kind) in [
        ("/p/demo", FORM),
        ("/p/demo", "text/plain"),
        ("/m/sign-in", FORM),
        ("/m/settings", "text/plain"),
        ("/api/x", FORM),
        ("/notify/wechat", FORM),
        ("/nothing", FORM),
        ("/p/demo", "multipart/form-data"),
    ] {
        answers.push(browser.ask("POST", path, &[], Some((kind, b"x=1".to_vec()))).await);
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        answers.push(browser.ask(method, "/p/demo", &[], None).await);
    }
    for answer in &answers {
        let place = format!("{} {}", answer.status, answer.url);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{place}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{place}");
        assert!(answer.header("permissions-policy").contains("microphone=()"), "{place}");
        assert_eq!(answer.header("x-request-id").len(), 12, "{place}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{place}: {policy}");
        assert!(!policy.replace("'wasm-unsafe-eval'", "").contains("unsafe"), "{place}: {policy}");
        assert!(answer.status != 500, "{place}: {}", answer.text);
        assert_eq!(answer.header("server"), "", "{place}");
        if answer.text.contains("<html") {
            assert!(policy.contains("base-uri 'none'") && policy.contains("form-action 'self'"), "{place}: {policy}");
            assert_eq!(answer.header("cache-control"), "no-store", "{place}");
        }
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_a_nonce_of_its_own_and_people_with_https_are_kept_there() {
    let shop = Shop::open().await;
    let browser = Browser::desktop(&shop);
    let mut nonces = BTreeSet::new();
    for path in ["/p/demo", "/p/demo", "/p/nosuch", "/m/sign-in", "/m/sign-in"] {
        let answer = browser.open(path).await;
        let nonce =
            answer.header("content-security-policy").split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 16, "{nonce}");
        assert!(answer.text.contains(&nonce) || !answer.text.contains("<style"), "{path}: the page uses its nonce");
        nonces.insert(nonce);
        assert_eq!(answer.header("strict-transport-security"), "");
    }
    assert_eq!(nonces.len(), 5);
    let forms = browser.open("/p/demo").await;
    let wechat = shop.world.sim.base_url();
    assert!(
        forms.header("content-security-policy").contains(&format!("form-action 'self' {wechat}")),
        "a redirect after POST is checked too"
    );
    shop.close().await;
    let secure = Shop::with(|config| config.public_url = "https://pay.example.org".into()).await;
    assert_eq!(Browser::desktop(&secure).open("/p/demo").await.header("strict-transport-security"), "max-age=31536000");
    secure.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_header_is_never_believed() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let evil = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    let answer = payer.ask("POST", "/p/demo", &evil, Some((FORM, encoded(&form("1"))))).await;
    assert!(!answer.header("location").contains("evil"), "{}", answer.header("location"));
    assert!(answer.header("location").contains("redirect_uri=http%3A%2F%2F127.0.0.1"), "{}", answer.header("location"));
    let manager = Browser::manager(&shop, "13800138000").await;
    let desk = manager.ask("GET", "/m", &evil, None).await;
    assert!(!desk.text.contains("evil.example"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_another_site_posts_is_refused_with_a_page() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, "13800138000").await;
    let table: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ];
    for headers in table {
        for path in ["/p/demo", "/m/sign-in", "/m/sign-out", "/m/settings"] {
            let answer = manager.ask("POST", path, headers, Some((FORM, encoded(&form("1"))))).await;
            answer.says(403, &["请重新打开付款页", "没有扣款"]);
            assert!(answer.is_page());
        }
        let answer = manager.ask("POST", "/api/receipts/page", headers, Some(("application/json", b"{\"query\":{}}".to_vec()))).await;
        assert_eq!(answer.status, 403);
    }
    assert_eq!(shop.count("payment").await, 0);
    assert_eq!(manager.open("/m").await.status, 200, "still signed in");
    let fine: [&[(&str, &str)]; 4] = [&[("sec-fetch-site", "same-origin")], &[("sec-fetch-site", "none")], &[("origin", &shop.url)], &[]];
    for headers in fine {
        let answer = manager.ask("POST", "/p/demo", headers, Some((FORM, encoded(&form("1"))))).await;
        assert_eq!(answer.status, 303, "{headers:?}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_no_form_is_refused_with_a_page() {
    let shop = Shop::with(|config| {
        config.body_limit_bytes = 20_000;
        config.photo_limit_bytes = 50_000;
    })
    .await;
    let browser = Browser::wechat(&shop);
    let large = |bytes: usize| [b"amount=1&field.student=".to_vec(), vec![b'a'; bytes]].concat();
    for (path, bytes) in [("/p/demo", 60_000), ("/m/sign-in", 30_000), ("/m/settings", 30_000)] {
        let answer = browser.ask("POST", path, &[], Some((FORM, large(bytes)))).await;
        answer.says(413, &["内容太大", "没有扣款"]);
        assert!(answer.is_page(), "{path}: {}", answer.header("content-type"));
    }
    let answer = browser.ask("POST", "/api/receipts/page", &[], Some(("application/json", large(30_000)))).await;
    assert_eq!(answer.status, 413);
    for kind in ["text/plain", "application/json", "text/xml", "multipart/form-data", ""] {
        let answer = browser.ask("POST", "/p/demo", &[], Some((kind, b"amount=1".to_vec()))).await;
        answer.says(415, &["请重新打开付款页"]);
        assert!(answer.is_page(), "{kind}");
    }
    for kind in ["text/plain", "application/json"] {
        let answer = browser.ask("POST", "/m/sign-in", &[], Some((kind, b"phone=1".to_vec()))).await;
        assert!((400..500).contains(&answer.status) && answer.is_page(), "{kind}: {} {}", answer.status, answer.text);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_waits_and_reads_how_long() {
    let shop = Shop::with(|config| {
        config.limits.spare_loopback = false;
        config.limits.view_per_minute = 12;
        config.limits.pay_per_minute = 2;
        config.limits.sign_in_per_hour = 2;
    })
    .await;
    let browser = Browser::desktop(&shop);
    for _ in 0..2 {
        assert_eq!(browser.post("/p/demo", &form("1")).await.status, 303);
    }
    let refused = browser.post("/p/demo", &form("1")).await;
    refused.says(429, &["操作太频繁", "没有扣款", "张小明", "value=\"1\""]);
    waits(&refused);
    for _ in 0..2 {
        browser.sign_in("13800138000", "wrong", "").await.says(422, &[]);
    }
    let refused = browser.sign_in("13800138000", PASSWORD, "").await;
    refused.says(429, &["尝试太频繁"]);
    waits(&refused);
    let mut answer = browser.open("/p/demo").await;
    for _ in 0..12 {
        answer = browser.open("/p/demo").await;
    }
    answer.says(429, &["请稍等一下", "操作太频繁，请过"]);
    assert!(!answer.text.contains("没有扣款"), "a page that was not read does not say what became of a payment");
    waits(&answer);
    assert!(answer.is_page());
    // Machines are not people: WeChat and the load balancer are never told to wait.
    assert_eq!(browser.ask("POST", "/notify/wechat", &[], Some(("application/json", vec![]))).await.status, 401);
    assert_eq!(browser.ask("GET", "/healthz", &[], None).await.status, 200);
    shop.close().await;
}

#[track_caller]
fn waits(answer: &Answer) {
    let seconds: u32 = answer.header("retry-after").parse().unwrap_or_else(|_| panic!("{} has no Retry-After", answer.url));
    assert!((1..=3600).contains(&seconds), "{seconds}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_only_claimed_counts_behind_a_trusted_proxy_alone() {
    for (trusted, expected) in [(false, [303, 429, 429]), (true, [303, 303, 303])] {
        let shop = Shop::with(|config| {
            config.limits.spare_loopback = false;
            config.limits.pay_per_minute = 1;
            config.trusted_proxies = if trusted { vec!["127.0.0.1".parse().unwrap()] } else { vec![] };
        })
        .await;
        let browser = Browser::desktop(&shop);
        let mut statuses = vec![];
        for address in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
            statuses.push(browser.ask("POST", "/p/demo", &[("x-forwarded-for", address)], Some((FORM, encoded(&form("1"))))).await.status);
        }
        assert_eq!(statuses, expected, "trusted: {trusted}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_people_are_not_in_the_log() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let name = "金丝雀甲乙丙";
    let answers = [("amount", "6.66".to_owned()), ("field.student", name.to_owned()), ("field.class", "三年一班".to_owned())];
    shop.world.fault("prepay", "500-after", 1).await;
    payer.submit("/p/demo", &answers).await;
    shop.world.fault("oauth-token", "500", 1).await;
    Browser::of(&shop, "oCanaryOpenidOfSomebody").submit("/p/demo", &answers).await;
    let bill = crate::scene::Bill::of_url(&shop, &payer.submit("/p/demo", &answers).await.url);
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
    let receipt = bill.receipt().await;
    payer.open(&receipt).await.says(200, &[name]);
    shop.world.notify(&bill.payment, json!({"fault": "wrong-signature"})).await;
    let manager = Browser::manager(&shop, "13800138003").await;
    Browser::desktop(&shop).sign_in("13800138004", "canary-password", "").await;
    Browser::desktop(&shop).sign_in("15512345678", "canary-password", "").await;
    manager.open("/m/receipts").await;
    let refund = shop.refund(&bill.payment, 666, name).await.unwrap();
    bill.until("refunded").await;

    let merchant = shop.world.sim.merchant();
    let key: String = merchant.merchant_private_key_pem.lines().nth(1).unwrap().to_owned();
    let landing = payer.trail.lock().unwrap().iter().find(|url| url.contains("/oauth/wechat?")).unwrap().clone();
    let code = landing.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let (session, sealed) = (manager.cookie("__Host-session").unwrap(), payer.cookie("__Host-payer").unwrap());
    let canaries = [
        ("openid", payer.openid.as_str()),
        ("another openid", "oCanaryOpenidOfSomebody"),
        ("what was typed", name),
        ("the receipt's link", receipt.strip_prefix("/r/").unwrap()),
        ("a known phone", "13800138003"),
        ("an unknown phone", "15512345678"),
        ("a password", "canary-password"),
        ("the right password", PASSWORD),
        ("a session", &session),
        ("a payer's cookie", &sealed),
        ("the OAuth code", &code),
        ("the app's secret", &merchant.app_secret),
        ("the APIv3 key", &merchant.api_v3_key),
        ("the private key", &key),
    ];
    let logged = log::text();
    assert!(logged.contains("answered") && logged.contains("was not believed"), "the log is kept: {logged}");
    for (what, canary) in canaries {
        let line = logged.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{what} is in the log");
    }
    // Nobody but the payer's own pages shows who paid, and no page shows a secret.
    let pages = [payer.open(&bill.page).await.text, payer.open(&receipt).await.text, manager.open("/m").await.text];
    for (what, canary) in [&canaries[..2], &canaries[8..]].concat() {
        assert!(!pages.iter().any(|page| page.contains(canary)), "{what} is on a page");
    }
    assert!(!refund.no.as_str().is_empty());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_becomes_an_answer_for_people_with_every_header() {
    let world = World::new().await;
    let place = testing::sqlite(|_| {}).await;
    let mut config = Config::read(&std::collections::BTreeMap::new()).unwrap();
    config.wechat = Some(wechat(world.sim.merchant()));
    let breaks = Arc::new(AtomicBool::new(false));
    let (hands, broken) = (world.hands.clone(), breaks.clone());
    let clock: server::clock::Clock = Arc::new(move || {
        assert!(!broken.load(Ordering::SeqCst), "the clock is broken");
        hands.now()
    });
    let site = serve::site_of(config, place.store.clone(), clock, None, Client::default(), Assets::default()).await.unwrap();
    let app = router::router(site);
    let ask = |path: &str| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 9))));
        app.clone().oneshot(request)
    };
    let before = log::counted("shouma_panics_total");
    assert_eq!(ask("/p/nosuch").await.unwrap().status(), 404);
    breaks.store(true, Ordering::SeqCst);
    for path in ["/p/nosuch", "/m/sign-in", "/r/x"] {
        let answer = ask(path).await.unwrap();
        assert_eq!(answer.status(), 500, "{path}");
        assert_eq!(answer.headers().get("x-content-type-options").map(|value| value.as_bytes()), Some(&b"nosniff"[..]), "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        let text = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains("收码出了点问题") && text.contains("Something went wrong") && !text.contains("clock is broken"), "{text}");
    }
    assert!(log::counted("shouma_panics_total") >= before + 3);
    breaks.store(false, Ordering::SeqCst);
    assert_eq!(ask("/p/nosuch").await.unwrap().status(), 404, "it goes on serving");
}

#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_kept_in_cookies_and_only_known_ones() {
    let shop = Shop::open().await;
    let browser = Browser::desktop(&shop);
    browser.open("/p/demo?lang=en&theme=dark&mode=care").await.says(200, &["lang=\"en"]);
    assert_eq!(["lang", "theme", "mode"].map(|name| browser.cookie(name)), ["en", "dark", "care"].map(|value| Some(value.to_owned())));
    browser.open("/p/demo").await.says(200, &["lang=\"en"]);
    browser.open("/p/demo?lang=%3Cscript%3E&theme=x").await.says(200, &["lang=\"en"]);
    assert_eq!(browser.cookie("lang").as_deref(), Some("en"));
    let saved = browser.post("/m/settings", &[("lang", "zh".to_owned()), ("theme", "<b>".to_owned())]).await;
    assert_eq!((saved.status, browser.cookie("lang").as_deref(), browser.cookie("theme").as_deref()), (303, Some("zh"), Some("dark")));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_text_wherever_it_is_shown() {
    let shop = Shop::open().await;
    let payer = Browser::wechat(&shop);
    let evil = "\"><img src=x>'&<";
    let typed = [("amount", evil.to_owned()), ("field.student", evil.to_owned()), ("field.class", evil.to_owned())];
    let refused = payer.submit("/p/demo", &typed).await;
    assert!(refused.status == 422 && !refused.text.contains("<img src=x"), "{}", refused.text);
    let typed = [("amount", "1".to_owned()), ("field.student", evil.to_owned()), ("field.class", "三年一班".to_owned())];
    let bill = crate::scene::Bill::of_url(&shop, &payer.submit("/p/demo", &typed).await.url);
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
    let manager = Browser::manager(&shop, "13800138000").await;
    let pages = [bill.receipt().await, "/m".to_owned(), "/m/receipts".to_owned(), format!("/m/receipts/{}", bill.payment)];
    for path in pages {
        let page = until("the page", async || Some(manager.open(&path).await)).await;
        assert!(page.status == 200 && !page.text.contains("<img src=x"), "{path}: {}", page.text);
        assert!(page.text.contains("img src=x"), "{path} shows it as text");
    }
    let phone = manager.sign_in(evil, "x", evil).await;
    assert!(!phone.text.contains("<img src=x"));
    shop.close().await;
}
