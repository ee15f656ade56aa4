//! Work that must stay small where a table has grown large.

use uuid::Uuid;

use super::{plan, sqlite, stores};
use crate::store::testing::shop::{NOON, Shop};
use crate::store::*;

#[tokio::test]
async fn the_last_change_of_a_payees_codes_is_read_from_an_index_however_many_debts_have_one() {
    let test = sqlite(|_| {}).await;
    let shop = Shop::open(&test.store).await;
    let (tenant, payee, code) = (shop.tenant.get(), shop.payee.get(), shop.code.id.get());
    let table: [(&str, &[Uuid], usize); 2] = [(tokens::CHANGED_AT, &[tenant, payee], 1), (tokens::TOUCH, &[tenant, code], 2)];
    for (sql, bound, times) in table {
        let steps = plan(&test.store, sql, bound).await;
        assert_eq!(steps.matches("INDEX code_by_change (tenant=? AND payee=?)").count(), times, "{sql}\n{steps}");
        assert!(!steps.contains("SCAN") && !steps.contains("code_by_payee"), "{sql}\n{steps}");
    }
}

#[tokio::test]
async fn codes_that_change_together_are_touched_once_and_later_than_any_of_the_payee_changed_before() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        for fen in 100..130 {
            shop.owed(&test.store, fen, "张三", NOON).await;
        }
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let ahead = tokens::touch(tx, shop.tenant, shop.code.id, NOON.plus_ms(500)).await.unwrap();
        for (is_stop, now, expected) in [(true, NOON.plus_ms(100), ahead.plus_ms(1)), (false, NOON.plus_ms(900), NOON.plus_ms(900))] {
            let changed = managers::stop_codes(tx, shop.tenant, shop.payee, is_stop).await.unwrap();
            assert_eq!(changed.len(), 31, "{}", test.engine);
            let at = tokens::touch_together(tx, shop.tenant, &changed, now).await.unwrap();
            assert_eq!(at, Some(expected), "{}", test.engine);
            assert_eq!(tokens::changed_at(tx, shop.tenant, shop.payee).await.unwrap(), at, "{}", test.engine);
            let written = tokens::all_changed_since(tx, expected.plus_ms(-1), 100).await.unwrap();
            assert_eq!(written, [(shop.tenant, shop.payee, expected)], "{}: one row for all of them", test.engine);
        }
        assert_eq!(tokens::touch_together(tx, shop.tenant, &[], NOON).await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_is_cleared_away_each_hour_is_found_by_an_index_where_a_table_grows_with_every_payment() {
    let test = sqlite(|_| {}).await;
    let table = [(photos::DELETE_UNATTACHED, "photo_unattached"), (oauth_states::DELETE_EXPIRED, "oauth_state_over")];
    for (sql, expected) in table {
        let steps = plan(&test.store, sql, &[Uuid::nil()]).await;
        assert!(steps.contains(&format!("USING INDEX {expected}")) && !steps.contains("SCAN"), "{sql}\n{steps}");
    }
}
