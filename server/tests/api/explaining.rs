//! An error read from a screen is explained to whoever is signed in, in their language (row I16).

use crate::browser::Browser;
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_reads_what_happened_who_mends_it_and_whether_to_try_again() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    manager.open("/m/help").await.says(200, &["href=\"/m/errors\""]);
    manager.open("/m/errors").await.says(200, &["屏幕上显示的代码或文字"]);
    let limit = manager.open("/m/errors?q=61+%E4%BA%A4%E6%98%93%E9%87%91%E9%A2%9D%E8%B6%85%E9%99%90").await;
    limit.says(200, &["刷卡终端 · 61", "没有扣款", "发卡行", "谁来处理", "付款人", "处理好以后", "value=\"61 交易金额超限\""]);
    manager.open("/m/errors?q=95").await.says(200, &["可能是下面 8 种", "验签失败", "此商户不支持双免"]);
    manager.open("/m/errors?q=ACQ.TRADE_HAS_SUCCESS").await.says(200, &["支付宝", "已经付过了", "不要再试"]);
    // WeChat Pay's own words are explained as they are everywhere else.
    manager.open("/m/errors?q=08F7C8AC0610-268448010").await.says(200, &["微信支付", "管理员"]);
    manager.open("/m/errors?q=51&lang=en").await.says(200, &["Card terminal · 51", "nothing was charged", "Yes, at once"]);
    let nothing = manager.open("/m/errors?q=%3Cb%3EZ9&lang=zh").await;
    nothing.says(200, &["没有找到“&lt;b&gt;Z9”", "收单机构"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_reads_the_administrators_words_and_a_stranger_none() {
    let shop = Shop::open().await;
    let stranger = Browser::wechat(&shop);
    for (path, door) in [("/m/errors?q=61", "/m/sign-in"), ("/admin/errors?q=61", "/admin/sign-in")] {
        let sent = stranger.ask("GET", path, &[], None).await;
        assert!(sent.status == 303 && sent.header("location").starts_with(door), "{path}: {} {}", sent.status, sent.header("location"));
    }
    let office = Browser::administrator(&shop).await;
    office.open("/admin").await.says(200, &["href=\"/admin/errors\""]);
    office.open("/admin/errors?q=SIGN_ERROR").await.says(200, &["微信支付", "私钥", "处理好以后"]);
    office.open("/admin/errors?q=97").await.says(200, &["终端未登记", "管理员"]);
    shop.close().await;
}
