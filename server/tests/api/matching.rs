//! Payments that are counted for debts in part, for several debts, and a store's for a debt to its cashier (row I23).

use crate::browser::{Answer, Browser};
use crate::debts::debt;
use crate::scene::Shop;
use crate::stores::{add_cashier, make_plate, make_store, paid};

const MANAGER: &str = "13800138000";
const CASHIER: &str = "13800138001";
const COLLEAGUE: &str = "13800138002";

impl Shop {
    /// What came for a debt and stayed, and what of that is too much.
    async fn settled(&self, path: &str) -> (i64, i64) {
        let claim = self.debt(path).await.claim;
        (claim.settled_fen.get(), claim.overpaid().get())
    }
}

/// Counts a payment for a debt, or counts it no more.
async fn change(manager: &Browser, path: &str, what: &str, payment: &str) -> Answer {
    manager.post(&format!("{path}/{what}"), &[("payment", payment.to_owned())]).await
}

fn said(path: &str, word: &str) -> String {
    format!("{path}?said={word}")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payment_for_two_debts_counts_for_both_and_what_goes_back_is_what_counts_for_none_first() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let first = shop.raise(&manager, &debt("100", true)).await;
        let mut form = debt("100", true);
        form[1].1 = "住宿费".to_owned();
        let second = shop.raise(&manager, &form).await;
        let bill = shop.paid("250").await;
        let proposed = ["¥250.00", "计入这笔应收款 ¥100.00", "多出的 ¥150.00 不算在这笔里"];
        manager.open(&first).await.says(200, &proposed);
        manager.open(&format!("{first}?lang=en")).await.says(200, &["The other ¥150.00 do not count for this item"]);
        manager.open(&format!("{first}?lang=zh")).await.says(200, &proposed);
        assert_eq!(change(&manager, &first, "match", &bill.payment).await.header("location"), said(&first, "matched"));
        assert_eq!(change(&manager, &first, "match", &bill.payment).await.header("location"), said(&first, "passed"));
        assert_eq!(shop.settled(&first).await, (10_000, 0));
        // The rest is there for another one.
        shop.world.hands.pass_ms(1);
        manager.open("/m/receivables/matches").await.says(200, &["住宿费", "¥150.00", "多出的 ¥50.00 不算在这笔里"]);
        change(&manager, &second, "match", &bill.payment).await;
        assert_eq!(shop.settled(&second).await, (10_000, 0));
        manager.open("/m/receivables/matches").await.says(200, &["没有待确认的付款"]);
        manager.open(&format!("/m/receipts/{}", bill.payment)).await.says(200, &["计入应收款“2026秋季学费 · 住宿费”", &first]);
        shop.verify().await;
        // What counts for no debt goes back first, then what was counted last.
        for (fen, of_first, of_second) in [(4_000, 10_000, 10_000), (6_000, 10_000, 5_000)] {
            shop.refund(&bill.payment, fen, "退").await.unwrap();
            assert_eq!((shop.settled(&first).await, shop.settled(&second).await), ((of_first, 0), (of_second, 0)), "{fen}");
            shop.verify().await;
        }
        manager.open(&second).await.says(200, &["退款，从已收中扣出 ¥50.00"]);
        // Undone, the first one's part is free; the second gets of it only when somebody says so.
        assert_eq!(change(&manager, &first, "unmatch", &bill.payment).await.header("location"), said(&first, "unmatched"));
        assert_eq!((shop.settled(&first).await, shop.settled(&second).await), ((0, 0), (5_000, 0)));
        shop.verify().await;
        manager.open(&second).await.says(200, &["计入这笔应收款 ¥50.00", "多出的 ¥50.00 不算在这笔里"]);
        change(&manager, &second, "match", &bill.payment).await;
        assert_eq!(shop.settled(&second).await, (10_000, 0));
        shop.verify().await;
        shop.refund(&bill.payment, 6_000, "退").await.unwrap();
        assert_eq!(shop.settled(&second).await, (9_000, 0));
        change(&manager, &second, "unmatch", &bill.payment).await;
        assert_eq!(shop.settled(&second).await, (0, 0));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_debts_that_want_the_same_payment_at_the_same_moment_share_it_and_no_more() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut paths = vec![];
        for title in ["学费", "住宿费", "书本费"] {
            let mut form = debt("100", true);
            form[1].1 = title.to_owned();
            paths.push(shop.raise(&manager, &form).await);
        }
        let bill = shop.paid("150").await;
        futures::future::join_all(paths.iter().map(|path| change(&manager, path, "match", &bill.payment))).await;
        shop.verify().await;
        let mut settled = vec![];
        for path in &paths {
            settled.push(shop.settled(path).await.0);
        }
        settled.sort_unstable();
        assert_eq!(settled, [0, 5_000, 10_000], "{}", shop.place.engine);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stores_money_settles_a_debt_to_its_cashier_where_its_payer_named_the_debtor() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let store = make_store(&admin, "东门店").await;
        let account = add_cashier(&admin, &store, CASHIER).await;
        let (_, address) = make_plate(&shop, &admin, &store, "东门前台").await;
        let (cashier, colleague) = (Browser::manager(&shop, CASHIER).await, Browser::manager(&shop, COLLEAGUE).await);
        let path = shop.raise(&cashier, &debt("100", true)).await;
        let other = shop.raise(&colleague, &debt("100", true)).await;
        let bill = paid(&shop, &address, "80", "张小明").await;
        let strange = paid(&shop, &address, "5", "李雷").await;
        cashier.open(&path).await.says(200, &["计入这笔应收款 ¥80.00", "东门店 · 东门前台"]);
        assert!(!colleague.open(&other).await.text.contains("计入这笔应收款"), "a store out of reach");
        assert_eq!(change(&colleague, &other, "match", &bill.payment).await.status, 404);
        assert_eq!(change(&cashier, &path, "match", &strange.payment).await.status, 404, "its payer named somebody else");
        assert_eq!(change(&cashier, &path, "match", &bill.payment).await.header("location"), said(&path, "matched"));
        assert_eq!(shop.settled(&path).await, (8_000, 0));
        cashier.open(&format!("/m/receipts/{}", bill.payment)).await.says(200, &["计入应收款", &path]);
        shop.verify().await;
        shop.refund(&bill.payment, 3_000, "退").await.unwrap();
        assert_eq!(shop.settled(&path).await, (5_000, 0));
        shop.verify().await;
        // Whoever is no cashier any more counts nothing of the store's, and may still undo what they counted.
        admin.post(&format!("{store}/remove"), &[("account", account)]).await;
        cashier.open(&path).await.says(200, &["撤销计入"]);
        assert_eq!(change(&cashier, &path, "unmatch", &bill.payment).await.header("location"), said(&path, "unmatched"));
        assert_eq!(shop.settled(&path).await, (0, 0));
        assert_eq!(change(&cashier, &path, "match", &bill.payment).await.status, 404);
        shop.close().await;
    }
}
