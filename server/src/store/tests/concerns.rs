//! What payees have to know: written with the change, told once, open until it is over, and nobody else's.

use domain::concern::{Concern, ConcernKind, ConcernState};
use domain::payment::Trade;
use domain::refund::{self, Refund, RefundRefusal, RefundWord};
use domain::{ChannelCode, Fen, Millis, OutRefundNo, OutTradeNo, PaymentId, PaymentState};
use uuid::Uuid;

use super::stores;
use crate::store::concerns::{Before, Counts, StoredConcern};
use crate::store::testing::shop::{Hear, Insert, NOON, Shop};
use crate::store::verify::verify;
use crate::store::*;

/// A payment of `fen` for which `came` arrived.
async fn held(store: &Store, shop: &Shop, fen: i64, came: i64, at: Millis) -> (PaymentId, OutTradeNo) {
    let unpaid = shop.unpaid(Uuid::now_v7(), fen, "张三", at);
    let (id, no) = (unpaid.payment.id, unpaid.payment.attempts[0].no.clone());
    store.write(Insert(unpaid)).await.unwrap();
    store.write(Hear::paid(&no, came, at)).await.unwrap();
    (id, no)
}

struct ReturnKept<'a>(&'a Shop, PaymentId, OutTradeNo, OutRefundNo, Uuid);

impl Command for ReturnKept<'static> {
    type Done = Result<Refund, RefundRefusal>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let ReturnKept(shop, payment, of, no, seed) = self;
        let stored = payments::load(tx, shop.tenant, *payment).await?.unwrap();
        let refunds: Vec<Refund> = payments::refunds_of(tx, shop.tenant, *payment).await?.into_iter().map(|stored| stored.refund).collect();
        let opening = match refund::open_kept(&stored.payment, of, &refunds, no.clone(), NOON) {
            Ok(opening) => opening,
            Err(refusal) => return Ok(Err(refusal)),
        };
        payments::save_refund_opening(tx, &stored, &opening, None, *seed, NOON).await?;
        Ok(Ok(opening.refund))
    }
}

struct See(domain::TenantId, domain::AccountId, domain::ConcernId);

impl Command for See {
    type Done = Option<StoredConcern>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        concerns::see(tx, self.0, self.1, self.2, NOON).await
    }
}

struct Put(PaymentId, domain::TenantId, Concern);

impl Command for Put {
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let stored = payments::load(tx, self.1, self.0).await?.unwrap();
        concerns::put(tx, &stored.payment, &self.2, Uuid::now_v7(), NOON).await
    }
}

async fn all(store: &Store, shop: &Shop) -> Vec<StoredConcern> {
    let mut conn = store.read().await.unwrap();
    concerns::page(&mut conn.tx(), shop.tenant, shop.payee, None, 100).await.unwrap()
}

async fn counts(store: &Store, shop: &Shop) -> (i64, i64) {
    let mut conn = store.read().await.unwrap();
    let Counts { unseen, waiting } = concerns::counts(&mut conn.tx(), shop.tenant, shop.payee).await.unwrap();
    (unseen, waiting)
}

async fn verified(store: &Store) {
    for checked in verify(store).await.unwrap() {
        assert_eq!(checked.first_bad, None, "{}", checked.name);
    }
}

#[tokio::test]
async fn held_money_is_told_seen_returned_and_over() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let (payment, no) = held(store, &shop, 300, 299, NOON).await;
        let [told] = all(store, &shop).await.try_into().unwrap();
        let Concern { kind, state, amount_fen, subject, .. } = &told.concern;
        assert_eq!(
            (*kind, *state, *amount_fen, subject.as_str()),
            (ConcernKind::WrongAmount, ConcernState::Held, Fen::of(299), no.as_str())
        );
        assert_eq!((told.asked_fen, told.title.as_str(), told.has_receipt, told.is_seen), (Fen::of(300), "张三", false, false));
        assert_eq!(counts(store, &shop).await, (1, 0));
        let seen = store.write(See(shop.tenant, shop.payee, told.id)).await.unwrap().unwrap();
        assert!(seen.is_seen);
        assert_eq!(counts(store, &shop).await, (0, 1), "{}: seen, and still open", test.engine);

        let shop: &'static Shop = Box::leak(Box::new(shop));
        let number = OutRefundNo::of_request(Uuid::now_v7());
        let back = store.write(ReturnKept(shop, payment, no.clone(), number.clone(), Uuid::now_v7())).await.unwrap().unwrap();
        assert_eq!((back.amount_fen, back.received_fen, &back.attempt), (Fen::of(299), Fen::of(299), &no));
        assert_eq!(counts(store, shop).await, (0, 0), "{}: somebody acted", test.engine);
        verified(store).await;
        let second = ReturnKept(shop, payment, no, OutRefundNo::of_request(Uuid::now_v7()), Uuid::now_v7());
        assert_eq!(store.write(second).await.unwrap().unwrap_err(), RefundRefusal::NothingKept);
        shop.hear_refund(store, &number, RefundWord::Done, NOON).await;
        let [over] = all(store, shop).await.try_into().unwrap();
        assert_eq!((over.concern.state, over.id, over.is_seen), (ConcernState::Returned, told.id, true));
        let mut conn = store.read().await.unwrap();
        let stored = payments::load(&mut conn.tx(), shop.tenant, payment).await.unwrap().unwrap();
        assert_eq!(stored.payment.state, PaymentState::Closed);
        drop(conn);
        verified(store).await;
    }
}

#[tokio::test]
async fn a_return_that_gets_stuck_opens_what_was_seen() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let paid = shop.paid(store, 1_000, "李雷", NOON).await;
        let no = shop.refund(store, paid, 400, NOON).await;
        assert_eq!(all(store, &shop).await, [], "a refund that does as it should concerns nobody");
        shop.hear_refund(store, &no, RefundWord::Unfunded, NOON).await;
        let [blocked] = all(store, &shop).await.try_into().unwrap();
        assert_eq!((blocked.concern.state, blocked.concern.why), (ConcernState::Blocked, Some(ChannelCode::NotEnough)));
        assert!(blocked.has_receipt);
        store.write(See(shop.tenant, shop.payee, blocked.id)).await.unwrap().unwrap();
        verified(store).await;
        shop.hear_refund(store, &no, RefundWord::Processing, NOON.plus_ms(1)).await;
        assert_eq!((counts(store, &shop).await, all(store, &shop).await[0].concern.why), ((0, 0), None));
        shop.hear_refund(store, &no, RefundWord::Abnormal, NOON.plus_ms(2)).await;
        let [stuck] = all(store, &shop).await.try_into().unwrap();
        assert_eq!((stuck.id, stuck.is_seen, stuck.at_ms, stuck.happened_at_ms), (blocked.id, false, NOON.plus_ms(2), NOON));
        verified(store).await;
        // Another word of the same comes late: nothing is said anew.
        store.write(See(shop.tenant, shop.payee, stuck.id)).await.unwrap();
        shop.hear_refund(store, &no, RefundWord::Abnormal, NOON.plus_ms(3)).await;
        assert_eq!((all(store, &shop).await[0].is_seen, counts(store, &shop).await), (true, (0, 1)));
        shop.hear_refund(store, &no, RefundWord::Done, NOON.plus_ms(4)).await;
        assert_eq!((counts(store, &shop).await, all(store, &shop).await[0].concern.state), ((0, 0), ConcernState::Returned));
        verified(store).await;
    }
}

#[tokio::test]
async fn a_contradiction_is_told_once_for_each_thing_that_is_said() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let unpaid = shop.unpaid(Uuid::now_v7(), 300, "张三", NOON);
        let no = unpaid.payment.attempts[0].no.clone();
        store.write(Insert(unpaid)).await.unwrap();
        store.write(Hear::paid(&no, 300, NOON)).await.unwrap();
        let other = |transaction: &str| Hear {
            no: no.clone(),
            trade: Trade::Paid { transaction: transaction.into(), amount_fen: Fen::of(300), is_cny: true, at_ms: NOON },
            seed: Uuid::now_v7(),
            at: NOON,
        };
        for transaction in ["another", "another", "third", "another", "third"] {
            store.write(other(transaction)).await.unwrap();
        }
        let told = all(store, &shop).await;
        assert_eq!(told.len(), 2, "{}", test.engine);
        assert!(told.iter().all(|it| it.concern.kind == ConcernKind::Contradiction && it.concern.state == ConcernState::Noted));
        struct Messages;
        impl Command for Messages {
            type Done = Vec<outbox::Due>;
            async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
                outbox::claim_due(tx, NOON.plus_ms(1), NOON.plus_ms(2), 100).await
            }
        }
        let messages = store.write(Messages).await.unwrap();
        let contradictions = messages.iter().filter(|due| matches!(due.message, domain::payment::Message::Contradiction { .. })).count();
        assert_eq!((messages.len(), contradictions), (3, 2), "{}: one arrival, two contradictions", test.engine);
        verified(store).await;
    }
}

#[tokio::test]
async fn a_refusal_is_noted_once_and_not_after_the_end() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let paid = shop.paid(store, 1_000, "李雷", NOON).await;
        let no = shop.refund(store, paid, 400, NOON).await;
        let mut conn = test.bare().await;
        let refund = payments::load_refund(&mut conn.tx(), shop.tenant, &no).await.unwrap().unwrap().refund;
        let refused = |code| Put(paid, shop.tenant, Concern::of_refusal(&refund, code).unwrap());
        assert!(store.write(refused(ChannelCode::NoAuth)).await.unwrap());
        assert!(!store.write(refused(ChannelCode::NoAuth)).await.unwrap());
        assert!(store.write(refused(ChannelCode::NotEnough)).await.unwrap(), "another reason is news");
        assert_eq!(all(store, &shop).await.len(), 1);
        verified(store).await;
    }
}

#[tokio::test]
async fn concerns_are_paged_newest_first_and_are_their_payees_alone() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let other = Shop::open(store).await;
        for i in 0..10 {
            // Three share each moment, so that the row's id decides.
            held(store, &shop, 300, 100 + i, NOON.plus_ms(i / 3)).await;
            held(store, &other, 300, 1, NOON).await;
        }
        let whole = all(store, &shop).await;
        assert_eq!(whole.len(), 10);
        assert!(whole.is_sorted_by_key(|it| std::cmp::Reverse((it.at_ms, it.id))), "{}", test.engine);
        let mut conn = store.read().await.unwrap();
        let tx = &mut conn.tx();
        let (mut paged, mut before) = (vec![], None);
        loop {
            let page = concerns::page(tx, shop.tenant, shop.payee, before, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(Before { at_ms: last.at_ms, id: last.id });
            paged.extend(page);
        }
        assert_eq!(paged, whole, "{}", test.engine);
        assert_eq!(concerns::page(tx, shop.tenant, other.payee, None, 9).await.unwrap(), []);
        assert_eq!(concerns::page(tx, other.tenant, shop.payee, None, 9).await.unwrap(), []);
        assert_eq!(concerns::waiting(tx, 100).await.unwrap().len(), 20);
        drop(conn);
        let theirs = whole[0].id;
        assert_eq!(store.write(See(shop.tenant, other.payee, theirs)).await.unwrap(), None);
        assert_eq!(store.write(See(other.tenant, shop.payee, theirs)).await.unwrap(), None);
        assert_eq!(counts(store, &shop).await, (10, 0));
    }
}
