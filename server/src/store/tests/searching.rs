//! Search finds what reading every receipt would find, newest first and page by page.

use domain::refund::RefundWord;
use uuid::Uuid;

use super::stores;
use crate::store::receipts::{Before, Narrow};
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
            let found = search(tx, shop.tenant, shop.payee, query, Narrow::default(), None, 20).await.unwrap().unwrap();
            let found: Vec<_> = found.receipts.iter().map(|receipt| ids.iter().position(|id| *id == receipt.payment).unwrap()).collect();
            assert_eq!(found, expected, "{} {query:?}", test.engine);
        }
        for too_short in ["", " ", "5", "a"] {
            assert_eq!(search(tx, shop.tenant, shop.payee, too_short, Narrow::default(), None, 20).await.unwrap(), None, "{too_short:?}");
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
        let whole = receipts::page(tx, shop.tenant, shop.payee, Narrow::default(), None, 100).await.unwrap();
        let expected: Vec<_> = whole.into_iter().filter(|receipt| receipt.title() == Some("三丰")).map(|receipt| receipt.payment).collect();
        let (mut found, mut before): (Vec<_>, Option<Before>) = (vec![], None);
        loop {
            let page = search(tx, shop.tenant, shop.payee, "三丰", Narrow::default(), before, 4).await.unwrap().unwrap();
            assert!(page.receipts.len() <= 4);
            found.extend(page.receipts.iter().map(|receipt| receipt.payment));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{}", test.engine);
        assert_eq!(found.len(), 15);
        assert_eq!(
            search(tx, shop.tenant, domain::AccountId::of(Uuid::nil()), "三丰", Narrow::default(), None, 4)
                .await
                .unwrap()
                .unwrap()
                .receipts,
            []
        );
    }
}

#[tokio::test]
async fn a_list_and_a_search_can_be_narrowed_to_a_code_and_to_a_state() {
    use domain::receipt::ReceiptState::*;
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut ids = vec![];
        for i in 0..8 {
            ids.push(shop.paid(&test.store, 100, if i % 2 == 0 { "张三" } else { "李四" }, NOON.plus_ms(i)).await);
        }
        // 1 is being returned, 2 is partly returned, 3 wholly.
        shop.refund(&test.store, ids[1], 40, NOON.plus_ms(9)).await;
        for (which, fen) in [(2, 40), (3, 100)] {
            let no = shop.refund(&test.store, ids[which], fen, NOON.plus_ms(9)).await;
            shop.hear_refund(&test.store, &no, RefundWord::Done, NOON.plus_ms(10)).await;
        }
        let mut reader = test.store.read().await.unwrap();
        let tx = &mut reader.tx();
        let (here, elsewhere) = (Some(shop.code.id), Some(domain::CodeId::of(Uuid::nil())));
        let table: [(_, _, &[usize], &[usize]); 8] = [
            (None, None, &[7, 6, 5, 4, 3, 2, 1, 0], &[7, 5, 3, 1]),
            (here, None, &[7, 6, 5, 4, 3, 2, 1, 0], &[7, 5, 3, 1]),
            (elsewhere, None, &[], &[]),
            (None, Some(Collected), &[7, 6, 5, 4, 0], &[7, 5]),
            (None, Some(Refunding), &[1], &[1]),
            (here, Some(PartlyRefunded), &[2], &[]),
            (here, Some(Refunded), &[3], &[3]),
            (elsewhere, Some(Refunded), &[], &[]),
        ];
        for (code, state, listed, found) in table {
            let narrow = Narrow { code, state };
            let at = |receipts: Vec<domain::receipt::Receipt>| -> Vec<usize> {
                receipts.iter().map(|receipt| ids.iter().position(|id| *id == receipt.payment).unwrap()).collect()
            };
            let page = receipts::page(tx, shop.tenant, shop.payee, narrow, None, 20).await.unwrap();
            assert_eq!(at(page), listed, "{} {narrow:?}", test.engine);
            let page = search(tx, shop.tenant, shop.payee, "李四", narrow, None, 20).await.unwrap().unwrap();
            assert_eq!(at(page.receipts), found, "{} {narrow:?}", test.engine);
        }
    }
}
