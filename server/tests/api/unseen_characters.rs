//! Characters that nobody sees, above all NUL, which PostgreSQL takes in no text: wherever somebody may send one, both engines answer
//! alike, and with no error.

use serde_json::json;

use crate::browser::Browser;
use crate::scene::{Shop, form};

const MANAGER: &str = "13800138001";

#[tokio::test(flavor = "multi_thread")]
async fn words_to_look_for_may_hold_a_character_that_nobody_sees() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        for list in ["managers", "codes", "stores", "codes/new"] {
            for words in ["%00", "%00%E5%88%98", "+%00+", "%EF%BB%BF%00"] {
                let page = admin.open(&format!("/admin/{list}?q={words}")).await;
                assert_eq!(page.status, 200, "{} {list} {words}: {}", shop.place.engine, page.text);
            }
        }
        admin.open("/admin/managers?q=%00%E5%88%98%00%E6%B4%8B").await.says(200, &["共 1 人", "value=\"刘洋\""]);
        let manager = Browser::manager(&shop, MANAGER).await;
        for list in ["receipts", "receivables"] {
            for words in ["%00", "%00%E5%BC%A0", "%E5%BC%A0%00%E4%B8%89"] {
                let page = manager.open(&format!("/m/{list}?q={words}")).await;
                assert_eq!(page.status, 200, "{} {list} {words}: {}", shop.place.engine, page.text);
            }
        }
        let page = manager.function("receipts/page", json!({"query": {"words": "\u{0}张"}})).await;
        assert_eq!(page.status, 200, "{} {}", shop.place.engine, page.text);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_and_addresses_may_hold_a_character_that_nobody_sees() {
    for shop in Shop::on_each_engine().await {
        let nul = || "\u{0}".to_owned();
        let browser = Browser::desktop(&shop);
        for door in ["/m/sign-in", "/admin/sign-in", "/m/lost"] {
            let answer = browser.post(door, &[("phone", nul()), ("password", nul()), ("next", nul())]).await;
            assert!(answer.status < 500, "{} {door}: {} {}", shop.place.engine, answer.status, answer.text);
        }
        for path in ["/p/%00", "/p/%00/reminders", "/r/%00", "/r/%00/photos/%00", "/p/demo%00"] {
            let page = browser.open(path).await;
            assert_eq!((page.status, page.is_page()), (404, true), "{} {path}: {}", shop.place.engine, page.text);
        }
        // A submit that is sent twice is one payment, whatever its number holds.
        let submit = [form("5"), vec![("idem", "\u{0}one".to_owned())]].concat();
        let first = browser.post("/p/demo", &submit).await;
        assert_eq!(first.status, 303, "{} {}", shop.place.engine, first.text);
        assert_eq!(browser.post("/p/demo", &submit).await.header("location"), first.header("location"));
        let other = [form("5"), vec![("idem", nul())]].concat();
        let other = browser.post("/p/demo", &other).await;
        assert_eq!(other.status, 303, "{} {}", shop.place.engine, other.text);
        assert_ne!(other.header("location"), first.header("location"), "a number without a character is none");

        let manager = Browser::manager(&shop, MANAGER).await;
        for (function, argument) in [("manager/refresh", "seen"), ("manager/cut", "token")] {
            let [of_nul, of_nobody] = ["\u{0}", "nobody"].map(|token| json!({ argument: token }));
            let (answer, expected) = (manager.function(function, of_nul).await, manager.function(function, of_nobody).await);
            assert_eq!((answer.status, answer.text), (expected.status, expected.text), "{} {function}", shop.place.engine);
        }
        for (path, field) in [("/m/refresh", "seen"), ("/m/cut", "token")] {
            let answer = manager.post(path, &[(field, nul())]).await;
            assert!(answer.status < 500, "{} {path}: {} {}", shop.place.engine, answer.status, answer.text);
        }
        shop.close().await;
    }
}
