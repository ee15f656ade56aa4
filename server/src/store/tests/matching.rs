//! Payments that somebody counted for debts: what stays of each when a return fails, and how far back they are looked for.

use std::sync::Arc;

use domain::refund::RefundWord;
use domain::{Caller, Fen, PaymentId, ReceivableId, Role};
use uuid::Uuid;

use super::stores;
use crate::receivables::Receivables;
use crate::store::payments::Ids;
use crate::store::testing::TestStore;
use crate::store::testing::shop::{NOON, Shop};
use crate::store::verify::verify;
use crate::store::*;

async fn counted(test: &TestStore, shop: &Shop, debt: ReceivableId) -> i64 {
    let mut conn = test.store.read().await.unwrap();
    receivables::load(&mut conn.tx(), shop.tenant, debt).await.unwrap().unwrap().claim.settled_fen.get()
}

async fn count(test: &TestStore, shop: &Shop, debt: ReceivableId, payment: PaymentId, fen: i64, after_ms: i64) {
    let mut conn = test.bare().await;
    let tx = &mut conn.tx();
    let stored = receivables::load(tx, shop.tenant, debt).await.unwrap().unwrap();
    let (what, now, mut ids) = ((payment, Fen::of(fen)), NOON.plus_ms(after_ms), Ids(Uuid::now_v7()));
    receivables::match_payment(tx, &stored, what, shop.payee, &mut ids, now).await.unwrap();
}

async fn proven(test: &TestStore) {
    for checked in verify(&test.store).await.unwrap() {
        assert_eq!(checked.first_bad, None, "{}: {}", test.engine, checked.name);
    }
}

#[tokio::test]
async fn a_return_that_fails_counts_again_where_it_was_taken_from() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let ((first, _), (second, _)) = (shop.owed(&test.store, 100, "张三", NOON).await, shop.owed(&test.store, 100, "张三", NOON).await);
        let paid = shop.paid(&test.store, 250, "张三", NOON).await;
        count(&test, &shop, first, paid, 100, 1).await;
        count(&test, &shop, second, paid, 100, 2).await;
        proven(&test).await;
        let no = shop.refund(&test.store, paid, 200, NOON).await;
        assert_eq!((counted(&test, &shop, first).await, counted(&test, &shop, second).await), (50, 0), "{}", test.engine);
        proven(&test).await;
        shop.hear_refund(&test.store, &no, RefundWord::Closed, NOON).await;
        assert_eq!((counted(&test, &shop, first).await, counted(&test, &shop, second).await), (100, 100), "{}", test.engine);
        proven(&test).await;
    }
}

#[tokio::test]
async fn a_payment_is_proposed_however_many_newer_ones_only_look_like_it() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let (debt, _) = shop.owed(&test.store, 100, "张三", NOON).await;
        let old = shop.paid(&test.store, 150, "张三", NOON).await;
        for at in 1..=50 {
            shop.paid(&test.store, 100, "张三丰", NOON.plus_ms(at)).await;
        }
        let receivables = Receivables { store: test.store.clone(), clock: Arc::new(|| NOON) };
        let caller = Caller { tenant: shop.tenant, account: shop.payee, role: Role::Manager };
        let stored = receivables.one(&caller, debt).await.unwrap().unwrap();
        let proposals = receivables.proposals(&caller, &stored).await.unwrap();
        let found: Vec<_> = proposals.iter().map(|it| (it.receipt.payment, it.left_fen.get(), it.counts_fen.get())).collect();
        assert_eq!(found, [(old, 150, 100)], "{}", test.engine);
    }
}
