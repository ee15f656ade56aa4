//! Listeners hear of each sale once, and only of those that they may hear of.

use domain::digest::Digest;
use domain::payment::Message;
use domain::refund::RefundCause;
use domain::{AccountId, Fen, PaymentId, Role, TenantId};
use futures::future::join_all;
use uuid::Uuid;

use super::*;
use crate::messages::Told;
use crate::store::listeners::Listener;
use crate::store::testing::Bare;
use crate::store::testing::shop::{NOON, Shop};
use crate::store::{accounts, listeners, outbox, postings, verify};

struct Begin(TenantId, AccountId, &'static str);

impl Command for Begin {
    type Done = Listener;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Listener, StoreError> {
        listeners::begin(tx, self.0, self.1, Uuid::now_v7(), self.2, "zh", NOON).await
    }
}

struct Keep(Listener);

impl Command for Keep {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        listeners::save(tx, &self.0).await
    }
}

struct AddMember(TenantId, AccountId, Role);

impl Command for AddMember {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        accounts::add_member(tx, self.0, self.1, self.2, NOON).await.map(drop)
    }
}

struct Due;

impl Command for Due {
    type Done = Vec<outbox::Due>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        outbox::claim_due(tx, NOON.plus_ms(1_000_000), NOON.plus_ms(2_000_000), 1_000).await
    }
}

/// Everything in the outbox is told `times` times at once, as two instances may do it whose lease ran out.
async fn tell_all(store: &Store, times: usize) {
    let due = store.write(Due).await.unwrap();
    let tell = |due: &outbox::Due| {
        let told =
            Told { tenant: due.tenant, id: due.id, message: due.message.clone(), at: due.created_at_ms, seed: Uuid::now_v7(), now: NOON };
        store.write(told)
    };
    for result in join_all(due.iter().flat_map(|due| std::iter::repeat_n(due, times)).map(tell)).await {
        result.unwrap();
    }
}

/// The shop's manager wants messages and hears of everything that happened.
pub async fn hear_everything(store: &Store, shop: &Shop) {
    store.write(Begin(shop.tenant, shop.payee, "oManager")).await.unwrap();
    tell_all(store, 1).await;
}

async fn gathered(store: &Store, shop: &Shop, account: AccountId) -> Digest {
    listeners::load(&mut store.read().await.unwrap().tx(), shop.tenant, account).await.unwrap().unwrap().pace.gathered
}

async fn faults(store: &Store) -> Vec<String> {
    verify::verify(store).await.unwrap().into_iter().filter_map(|checked| checked.first_bad).collect()
}

#[tokio::test]
async fn a_sale_that_is_told_many_times_at_once_is_gathered_once() {
    for place in stores().await {
        let store = &place.store;
        let shop = Shop::open(store).await;
        store.write(Begin(shop.tenant, shop.payee, "oA")).await.unwrap();
        let payment = shop.paid(store, 300, "张", NOON).await;
        for fen in [100, 250] {
            shop.paid(store, fen, "李", NOON.plus_ms(5)).await;
        }
        let no = shop.refund(store, payment, 40, NOON).await;
        shop.hear_refund(store, &no, domain::refund::RefundWord::Done, NOON.plus_ms(7)).await;
        tell_all(store, 4).await;
        let expected = Digest {
            count: 3,
            sum_fen: Fen::of(650),
            largest_fen: Fen::of(300),
            largest: Some(payment),
            refunded_count: 1,
            refunded_fen: Fen::of(40),
            from_ms: Some(NOON),
            until_ms: Some(NOON.plus_ms(7)),
        };
        assert_eq!(gathered(store, &shop, shop.payee).await, expected, "{}", place.engine);
        let mut conn = store.read().await.unwrap();
        assert_eq!(listeners::due(&mut conn.tx(), NOON, 10).await.unwrap(), [(shop.tenant, shop.payee)]);
        drop(conn);
        assert_eq!(faults(store).await, Vec::<String>::new(), "{}", place.engine);
    }
}

#[tokio::test]
async fn a_manager_hears_of_their_own_codes_and_an_administrator_of_all() {
    for place in stores().await {
        let store = &place.store;
        let (shop, other) = (Shop::open(store).await, Shop::open(store).await);
        // A colleague in the same organisation, its administrator, and somebody who lost the role.
        let (colleague, administrator, gone) = (other.payee, AccountId::of(Uuid::now_v7()), AccountId::of(Uuid::now_v7()));
        for (account, phone) in [(administrator, "13700000001"), (gone, "13700000002")] {
            struct Person(AccountId, &'static str);
            impl Command for Person {
                type Done = ();
                async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
                    accounts::insert(tx, self.0, &domain::account::Phone::parse(self.1).unwrap(), "某人", NOON).await
                }
            }
            store.write(Person(account, phone)).await.unwrap();
        }
        store.write(AddMember(shop.tenant, colleague, Role::Manager)).await.unwrap();
        store.write(AddMember(shop.tenant, administrator, Role::Administrator)).await.unwrap();
        for (tenant, account, openid) in [
            (shop.tenant, shop.payee, "oPayee"),
            (shop.tenant, colleague, "oColleague"),
            (shop.tenant, administrator, "oAdministrator"),
            (shop.tenant, gone, "oGone"),
            (other.tenant, colleague, "oColleague"),
        ] {
            store.write(Begin(tenant, account, openid)).await.unwrap();
        }
        shop.paid(store, 500, "张", NOON).await;
        tell_all(store, 1).await;
        for (account, expected) in [(shop.payee, 1), (colleague, 0), (administrator, 1), (gone, 0)] {
            assert_eq!(gathered(store, &shop, account).await.count, expected, "{}", place.engine);
        }
        assert_eq!(gathered(store, &other, colleague).await.count, 0, "another organisation's sale");
    }
}

#[tokio::test]
async fn what_went_wrong_is_a_message_of_its_own_and_takes_nothing_from_the_sales() {
    for place in stores().await {
        let store = &place.store;
        let shop = Shop::open(store).await;
        store.write(Begin(shop.tenant, shop.payee, "oA")).await.unwrap();
        let payment = shop.paid(store, 300, "张", NOON).await;
        tell_all(store, 1).await;
        struct Hear(TenantId, Message);
        impl Command for Hear {
            type Done = ();
            async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
                listeners::hear(tx, self.0, &self.1, NOON, Uuid::now_v7(), NOON).await
            }
        }
        let amount_fen = Fen::of(300);
        let messages = [
            (Message::Refunded { payment, amount_fen, cause: RefundCause::PaidTwice }, 1),
            (Message::RefundStuck { payment, amount_fen, given_up: true }, 2),
            (Message::Contradiction { payment, said: "x".into() }, 2),
            (Message::Mismatch { payment, asked_fen: amount_fen, received_fen: Fen::of(1) }, 3),
            (Message::RefundStuck { payment: PaymentId::of(Uuid::nil()), amount_fen, given_up: true }, 3),
        ];
        for (message, expected) in messages {
            store.write(Hear(shop.tenant, message.clone())).await.unwrap();
            let (count,) = count(&place, "SELECT COUNT(*) FROM posting").await;
            assert_eq!(count, expected, "{message:?}");
        }
        let gathered = gathered(store, &shop, shop.payee).await;
        assert_eq!((gathered.count, gathered.refunded_count), (1, 0), "only what the merchant returns takes away from sales");
    }
}

async fn count(place: &crate::store::testing::TestStore, sql: &'static str) -> (i64,) {
    match place.bare().await {
        Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
        Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
    }
}

#[tokio::test]
async fn who_decides_on_an_old_view_of_a_listener_is_told_so() {
    for place in stores().await {
        let store = &place.store;
        let shop = Shop::open(store).await;
        let seen = store.write(Begin(shop.tenant, shop.payee, "oA")).await.unwrap();
        shop.paid(store, 300, "张", NOON).await;
        tell_all(store, 1).await;
        assert!(matches!(store.write(Keep(seen)).await, Err(StoreError::Stale)), "{}", place.engine);
        assert_eq!(gathered(store, &shop, shop.payee).await.count, 1);
    }
}

#[tokio::test]
async fn verify_finds_a_digest_that_tells_more_than_was_heard() {
    for place in stores().await {
        let store = &place.store;
        let shop = Shop::open(store).await;
        store.write(Begin(shop.tenant, shop.payee, "oA")).await.unwrap();
        shop.paid(store, 300, "张", NOON).await;
        tell_all(store, 1).await;
        assert_eq!(faults(store).await, Vec::<String>::new());
        place.bare().await.run("UPDATE listener SET sum_fen = sum_fen + 1").await;
        assert_eq!(faults(store).await.len(), 1, "{}", place.engine);
    }
}

#[tokio::test]
async fn old_messages_are_forgotten_and_the_sums_still_fit() {
    for place in stores().await {
        let store = &place.store;
        let shop = Shop::open(store).await;
        let listener = store.write(Begin(shop.tenant, shop.payee, "oA")).await.unwrap();
        shop.paid(store, 300, "张", NOON).await;
        tell_all(store, 1).await;
        let id = listener.id;
        struct Tell(TenantId, AccountId, Uuid);
        impl Command for Tell {
            type Done = ();
            async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
                let mut listener = listeners::load(tx, self.0, self.1).await?.unwrap();
                let digest = listener.pace.begin(NOON).unwrap();
                listener.pace.told(NOON);
                listeners::save(tx, &listener).await?;
                let number = Uuid::now_v7();
                postings::insert(tx, self.0, self.1, self.2, number, &domain::digest::News::Digest(digest), NOON).await?;
                let posting = postings::load(tx, self.0, number).await?.unwrap();
                let (from, to) = (postings::PostingState::Waiting, postings::PostingState::Accepted);
                assert!(postings::step(tx, &posting, from, to, Some(7), None).await?);
                assert!(!postings::step(tx, &posting, from, to, Some(7), None).await?, "of two who say it one is heard");
                Ok(())
            }
        }
        store.write(Tell(shop.tenant, shop.payee, id)).await.unwrap();
        assert_eq!(faults(store).await, Vec::<String>::new());
        struct Forget;
        impl Command for Forget {
            type Done = ();
            async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
                postings::forget(tx, NOON.plus_ms(1)).await
            }
        }
        store.write(Forget).await.unwrap();
        assert_eq!(count(&place, "SELECT COUNT(*) FROM posting").await, (0,));
        assert_eq!(faults(store).await, Vec::<String>::new(), "{}", place.engine);
    }
}
