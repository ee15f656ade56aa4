//! Finding receipts: words, a last day, a code, a state, each list with an address (rows E17, E18, I12).

use domain::Day;
use domain::payment::AttemptState;
use serde_json::json;

use crate::browser::Browser;
use crate::scene::{Bill, Shop, digits, until};

const MANAGER: &str = "13800138000";

/// A payment of `name` that is paid.
pub async fn paid(shop: &Shop, amount: &str, name: &str) -> String {
    let typed = vec![("amount", amount.to_owned()), ("field.student", name.to_owned()), ("field.class", "三年二班".to_owned())];
    let page = Browser::wechat(shop).submit("/p/demo", &typed).await;
    let bill = Bill::of_url(shop, &page.url);
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
    bill.payment
}

/// The payments that a list shows, and whether there is more.
async fn listed(manager: &Browser, query: serde_json::Value) -> Vec<String> {
    let page = manager.function("receipts/page", json!({"query": query})).await.json();
    page["rows"].as_array().unwrap_or_else(|| panic!("{page}")).iter().map(|row| digits(&row["payment"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_found_by_what_is_written_on_it_and_the_address_says_so() {
    for shop in Shop::on_each_engine().await {
        let first = paid(&shop, "12.80", "欧阳娜娜").await;
        shop.world.hands.pass_ms(1_000);
        let second = paid(&shop, "300", "欧阳修").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let tail = &first[24..];
        let table = [
            (json!({"words": "欧阳"}), vec![&second, &first]),
            (json!({"words": "娜娜"}), vec![&first]),
            (json!({"words": "修 三年"}), vec![&second]),
            (json!({"words": "12.8"}), vec![&first]),
            (json!({"words": tail}), vec![&first]),
            (json!({"words": "司马"}), vec![]),
        ];
        for (query, expected) in table {
            assert_eq!(listed(&manager, query.clone()).await, expected.into_iter().cloned().collect::<Vec<_>>(), "{query}");
        }
        // A payer reads both whole numbers in WeChat's bill.
        let detail = manager.function("receipts/one", json!({"payment": first})).await.json();
        let trade = detail["receipt"]["transaction"].as_str().unwrap().to_owned();
        let colleague = Browser::manager(&shop, "13800138001").await;
        let other = digits(&manager.function("manager/codes", json!({})).await.json()[1]["code"]);
        let paid_on = shop.stored(&first).await.payment.paid_at_ms.unwrap().day();
        for number in [first.clone(), first.to_ascii_uppercase(), format!(" {} {}", &first[..16], &first[16..]), trade] {
            let words = json!({"words": number});
            assert_eq!(listed(&manager, words.clone()).await, std::slice::from_ref(&first), "{number}");
            assert_eq!(listed(&manager, json!({"words": number, "state": "refunded"})).await, Vec::<String>::new(), "{number}");
            assert_eq!(listed(&manager, json!({"words": number, "code": other})).await, Vec::<String>::new(), "{number}");
            for (days, expected) in [(0, vec![first.clone()]), (-1, vec![])] {
                let until = Day::of(paid_on.get() + days);
                assert_eq!(listed(&manager, json!({"words": number, "until": until})).await, expected, "{number} until {until}");
            }
            assert_eq!(listed(&colleague, words).await, Vec::<String>::new(), "a colleague's are not mine: {number}");
        }
        manager
            .open("/m/receipts?q=%E5%A8%9C%E5%A8%9C")
            .await
            .says(200, &["欧阳娜娜", "value=\"娜娜\"", "去掉条件：娜娜", "没有更早的记录了"]);
        let found = manager.open("/m/receipts?q=%E5%A8%9C%E5%A8%9C").await;
        assert!(!found.text.contains("欧阳修"), "only what was looked for");
        manager.open("/m/receipts?q=%E5%8F%B8%E9%A9%AC").await.says(200, &["没有符合条件的收款", "href=\"/m/receipts\""]);
        manager.open("/m/receipts?q=5").await.says(200, &["请再多输入一个字"]);
        manager.open("/m/receipts?q=%22%3E%3Cbold%3E&lang=en").await.says(200, &["No receipt matches"]);
        assert_eq!(listed(&colleague, json!({"words": "欧阳"})).await, Vec::<String>::new(), "a colleague's are not mine");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_is_shown_whole_and_nothing_after_it() {
    for shop in Shop::on_each_engine().await {
        // It is noon: the last millisecond of today, and the first of tomorrow.
        shop.world.hands.pass_ms(12 * 3_600_000 - 1);
        let today = paid(&shop, "1", "今天").await;
        shop.world.hands.pass_ms(1);
        let tomorrow = paid(&shop, "2", "明天").await;
        let manager = Browser::manager(&shop, MANAGER).await;
        let stored = shop.stored(&today).await.payment.paid_at_ms.unwrap().day();
        let day_of = |days: i32| domain::Day::of(stored.get() + days).get();
        // A stored moment may lie some milliseconds after the tap; what counts is on which side of midnight it is.
        let second = shop.stored(&tomorrow).await.payment.paid_at_ms.unwrap().day();
        assert_eq!(second.get(), day_of(1));
        let table =
            [(day_of(-1), vec![]), (day_of(0), vec![&today]), (day_of(1), vec![&tomorrow, &today]), (day_of(9), vec![&tomorrow, &today])];
        for (until, expected) in table {
            let expected: Vec<String> = expected.into_iter().cloned().collect();
            assert_eq!(listed(&manager, json!({"until": until})).await, expected, "{until}");
        }
        let page = manager.open(&format!("/m/receipts?until={stored}")).await;
        page.says(200, &["今天", "去掉条件：截至"]);
        assert!(!page.text.contains(&tomorrow), "tomorrow is not shown");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_narrowed_to_a_state_or_a_code_and_says_the_totals_of_the_code_only() {
    let shop = Shop::open().await;
    let (kept, returned) = (paid(&shop, "5", "张一").await, paid(&shop, "7", "张二").await);
    shop.world.slow_refunds(3_600_000).await;
    shop.refund(&returned, 700, "不要了").await.unwrap();
    let manager = Browser::manager(&shop, MANAGER).await;
    assert_eq!(listed(&manager, json!({"state": "refunding"})).await, std::slice::from_ref(&returned));
    assert_eq!(listed(&manager, json!({"state": "collected"})).await, std::slice::from_ref(&kept));
    let page = manager.function("receipts/page", json!({"query": {}})).await.json();
    let code = |name: &str| page["codes"].as_array().unwrap().iter().find(|choice| choice["name"] == name).unwrap()["code"].clone();
    let (here, elsewhere) = (code("教务处"), code("午餐"));
    let of_code = manager.function("receipts/page", json!({"query": {"code": here}})).await.json();
    assert_eq!((of_code["rows"].as_array().unwrap().len(), &of_code["days"][0]["sum_fen"]), (2, &json!(1200)));
    assert_eq!(listed(&manager, json!({"code": elsewhere})).await, Vec::<String>::new());
    let of_state = manager.function("receipts/page", json!({"query": {"state": "refunding"}})).await.json();
    assert_eq!(of_state["days"], json!([]), "a sum of the day beside a part of it would mislead");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_found_by_the_number_of_its_refund_and_of_its_second_bill() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid_twice().await;
        let second = until("the second bill", async || {
            let attempts = shop.stored(&bill.payment).await.payment.attempts;
            attempts.into_iter().find(|attempt| attempt.state == AttemptState::Extra)
        })
        .await;
        let refund = shop.refund(&bill.payment, 100, "少发一件").await.unwrap().no.to_string();
        let (manager, colleague) = (Browser::manager(&shop, MANAGER).await, Browser::manager(&shop, "13800138001").await);
        let numbers = [
            refund.clone(),
            refund.to_ascii_uppercase(),
            format!(" {} {}", &refund[..17], &refund[17..]),
            format!("x{}", second.no),
            second.transaction.unwrap(),
        ];
        for number in numbers {
            let words = json!({"words": number});
            assert_eq!(listed(&manager, words.clone()).await, std::slice::from_ref(&bill.payment), "{number}");
            assert_eq!(listed(&colleague, words).await, Vec::<String>::new(), "a colleague's are not mine: {number}");
        }
        let strange = format!("r{}", "0".repeat(32));
        assert_eq!(listed(&manager, json!({"words": strange})).await, Vec::<String>::new());
        shop.close().await;
    }
}
