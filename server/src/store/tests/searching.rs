//! Search finds what reading every receipt would find, newest first and page by page.

use uuid::Uuid;

use super::stores;
use crate::store::receipts::Before;
use crate::store::search::search;
use crate::store::testing::shop::{NOON, Shop};
use crate::store::*;

#[tokio::test]
async fn a_receipt_is_found_by_any_two_characters_that_are_written_on_it() {
    for test in stores().await {
        let (shop, other) = (Shop::open(&test.store).await, Shop::open(&test.store).await);
        let names = ["张三丰", "张三", "李三丰", "王 小明", "Ann Lee", "三丰张", "张三丰 二班"];
        let mut ids = vec![];
        for (i, name) in names.iter().enumerate() {
            ids.push(shop.paid(&test.store, 12_850 + i as i64, name, NOON.plus_ms(i as i64)).await);
        }
        other.paid(&test.store, 12_850, "张三丰", NOON).await;
        let mut reader = test.store.read().await.unwrap();
        let tx = &mut reader.tx();
        let tail = ids[3].tail();
        let table: [(&str, &[usize]); 12] = [
            ("三丰", &[6, 5, 2, 0]),
            ("张三", &[6, 1, 0]),
            ("张", &[6, 5, 1, 0]),
            ("小明", &[3]),
            ("ANN", &[4]),
            ("128.51", &[1]),
            ("8.5", &[6, 5, 4, 3, 2, 1, 0]),
            ("张三 二班", &[6]),
            ("张三 李", &[]),
            ("赵六", &[]),
            ("12850", &[]),
            (&tail, &[3]),
        ];
        for (query, expected) in table {
            let found = search(tx, shop.tenant, shop.payee, query, None, 20).await.unwrap().unwrap();
            let found: Vec<_> = found.receipts.iter().map(|receipt| ids.iter().position(|id| *id == receipt.payment).unwrap()).collect();
            assert_eq!(found, expected, "{} {query:?}", test.engine);
        }
        for too_short in ["", " ", "5", "a"] {
            assert_eq!(search(tx, shop.tenant, shop.payee, too_short, None, 20).await.unwrap(), None, "{too_short:?}");
        }
    }
}

#[tokio::test]
async fn a_search_goes_on_where_its_page_ended() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        for i in 0..45 {
            let name = if i % 3 == 0 { "三丰" } else { "三二丰" };
            shop.paid(&test.store, 100, name, NOON.plus_ms(i / 5)).await;
        }
        let mut reader = test.store.read().await.unwrap();
        let tx = &mut reader.tx();
        // The words are on every receipt, so only the text tells which have them side by side.
        let whole = receipts::page(tx, shop.tenant, shop.payee, None, 100).await.unwrap();
        let expected: Vec<_> = whole.into_iter().filter(|receipt| receipt.title() == Some("三丰")).map(|receipt| receipt.payment).collect();
        let (mut found, mut before): (Vec<_>, Option<Before>) = (vec![], None);
        loop {
            let page = search(tx, shop.tenant, shop.payee, "三丰", before, 4).await.unwrap().unwrap();
            assert!(page.receipts.len() <= 4);
            found.extend(page.receipts.iter().map(|receipt| receipt.payment));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{}", test.engine);
        assert_eq!(found.len(), 15);
        assert_eq!(search(tx, shop.tenant, domain::AccountId::of(Uuid::nil()), "三丰", None, 4).await.unwrap().unwrap().receipts, []);
    }
}
