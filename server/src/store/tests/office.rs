//! What an administrator's pages ask of the store where there are many debts, and the order of somebody's seats.

use domain::{Role, TenantId};
use uuid::Uuid;

use super::{plan, sqlite, stores};
use crate::store::testing::shop::{NOON, Shop};
use crate::store::*;

/// More debts than anything else here.
const DEBTS: i64 = 60;

async fn shop_with_debts(store: &Store) -> Shop {
    let shop = Shop::open(store).await;
    for place in 0..DEBTS {
        shop.owed(store, 100 + place, "张三", NOON).await;
    }
    shop
}

#[tokio::test]
async fn the_form_and_the_codes_of_debts_are_never_among_those_that_an_administrator_sees() {
    for test in stores().await {
        let shop = shop_with_debts(&test.store).await;
        let mut conn = test.store.read().await.unwrap();
        let tx = &mut conn.tx();
        let forms = managers::forms(tx, shop.tenant).await.unwrap();
        let names: Vec<_> = forms.iter().map(|used| used.code_name.as_deref().unwrap_or("")).collect();
        assert_eq!(names, ["门口码牌"], "{}", test.engine);
        assert_eq!(managers::codes(tx, shop.tenant, shop.payee).await.unwrap(), (1, 0), "{}", test.engine);
        assert_eq!(managers::pay_links(tx, shop.tenant, shop.payee).await.unwrap(), (DEBTS, 0), "{}", test.engine);
        assert_eq!(overview::counts(tx, shop.tenant, NOON).await.unwrap().codes, 1, "{}", test.engine);
    }
}

#[tokio::test]
async fn codes_that_were_stopped_with_their_manager_are_counted_apart() {
    for test in stores().await {
        let shop = shop_with_debts(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        managers::stop_codes(tx, shop.tenant, shop.payee, true).await.unwrap();
        assert_eq!(managers::codes(tx, shop.tenant, shop.payee).await.unwrap(), (0, 1), "{}", test.engine);
        made_codes::switch(tx, shop.tenant, shop.code.id, domain::code::CodeState::Active).await.unwrap();
        assert_eq!(managers::codes(tx, shop.tenant, shop.payee).await.unwrap(), (1, 0), "{}", test.engine);
    }
}

#[tokio::test]
async fn no_question_of_an_administrators_page_walks_past_debts() {
    let test = sqlite(|_| {}).await;
    let shop = shop_with_debts(&test.store).await;
    let (tenant, payee) = (shop.tenant.get(), shop.payee.get());
    let table: [(&str, &[Uuid], &str); 3] = [
        (managers::FORMS, &[tenant, receivables::form_of(shop.tenant)], "code_by_form"),
        (managers::CODES, &[tenant, payee], "code_kept"),
        (overview::COUNTS, &[tenant], "code_kept"),
    ];
    for (sql, bound, expected) in table {
        let steps = plan(&test.store, sql, bound).await;
        assert!(steps.contains(expected), "{sql}\n{steps}");
        for walked in ["receivable", "code_by_payee", "code_by_change", "code_newest", "SCAN c"] {
            assert!(!steps.contains(walked), "{walked} in {sql}\n{steps}");
        }
    }
}

#[tokio::test]
async fn what_came_last_and_what_needs_a_look_are_found_by_an_index_whoever_collected_it() {
    let test = sqlite(|_| {}).await;
    let shop = Shop::open(&test.store).await;
    for (sql, expected) in [(receipts::NEWEST_OF_ALL, "receipt_newest_of_all"), (concerns::OPEN_OF_ALL, "concern_open")] {
        let steps = plan(&test.store, sql, &[shop.tenant.get()]).await;
        assert!(steps.contains(expected), "{sql}\n{steps}");
    }
    let steps = plan(&test.store, receipts::NEWEST_OF_ALL, &[shop.tenant.get()]).await;
    assert!(!steps.contains("TEMP B-TREE"), "a page costs the same at any depth\n{steps}");
}

#[tokio::test]
async fn seats_of_one_moment_stand_by_the_names_of_their_organisations() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        // The later an organisation's id, the earlier its name.
        for (id, name) in [(1, "C"), (2, "B"), (3, "A")] {
            let tenant = TenantId::of(Uuid::from_u128(id));
            tenants::insert(tx, tenant, name, NOON).await.unwrap();
            accounts::add_member(tx, tenant, shop.payee, Role::Manager, NOON.plus_ms(1)).await.unwrap();
        }
        let seats = accounts::memberships(tx, shop.payee).await.unwrap();
        let names: Vec<_> = seats.iter().map(|seat| seat.tenant_name.as_str()).collect();
        assert_eq!(names, ["第一食堂", "A", "B", "C"], "{}", test.engine);
    }
}
