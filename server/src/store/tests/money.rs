//! Receipts, totals, messages and the audit trail.

use domain::payment::AttemptState;
use domain::refund::RefundWord;
use domain::{Fen, Millis};
use futures::future::join_all;
use uuid::Uuid;

use super::stores;
use crate::store::audit::Deed;
use crate::store::receipts::{After, Before, Narrow};
use crate::store::rollups::{Drain, Totals};
use crate::store::testing::shop::{Hear, Insert, NOON, Shop};
use crate::store::*;

#[tokio::test]
async fn receipts_are_paged_newest_first_without_gap_or_repetition() {
    for test in stores().await {
        let (shop, other) = (Shop::open(&test.store).await, Shop::open(&test.store).await);
        let mut all = vec![];
        for i in 0..10 {
            // Three receipts share each moment, so that the payment decides.
            all.push(shop.paid(&test.store, 100 + i, "李雷", NOON.plus_ms(i / 3)).await);
            other.paid(&test.store, 1, "别家", NOON).await;
        }
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let whole = receipts::page(tx, shop.tenant, shop.payee, Narrow::default(), None, 100).await.unwrap();
        assert_eq!(whole.len(), 10);
        assert!(whole.is_sorted_by_key(|receipt| std::cmp::Reverse((receipt.paid_at_ms, receipt.payment))), "{}", test.engine);
        let (mut paged, mut before) = (vec![], None);
        loop {
            let page = receipts::page(tx, shop.tenant, shop.payee, Narrow::default(), before, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(Before::of(last));
            paged.extend(page);
        }
        assert_eq!(paged, whole, "{}", test.engine);

        let one = receipts::one(tx, shop.tenant, shop.payee, all[0]).await.unwrap().unwrap();
        assert_eq!(
            (one.amount_fen, one.title(), one.payee_name.as_str(), one.code_name.as_str()),
            (Fen::of(100), Some("李雷"), "王经理", "门口码牌")
        );
        assert_eq!(one.transaction, Some(format!("4200{}", all[0])));
        assert_eq!(receipts::one(tx, shop.tenant, other.payee, all[0]).await.unwrap(), None, "another payee's receipt is not shown");
        assert_eq!(receipts::one(tx, other.tenant, shop.payee, all[0]).await.unwrap(), None, "another tenant's neither");
        let by_link = receipts::by_token(tx, &format!("r{}", all[0])).await.unwrap();
        assert_eq!(by_link, Some((shop.tenant, one)));
        assert_eq!(receipts::by_token(tx, "r").await.unwrap(), None);

        // By when we learned of them, page after page, with several at the same moment.
        let (mut paged, mut after) = (vec![], After::since(NOON.plus_ms(2)));
        loop {
            let page = receipts::known_after(tx, shop.tenant, shop.payee, after, 2).await.unwrap();
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            after = After::of(last);
            paged.extend(page.iter().map(|known| (known.known_at_ms, known.receipt.payment)));
        }
        let mut expected: Vec<_> = [2, 2, 2, 3].into_iter().zip(&all[6..]).map(|(ms, payment)| (NOON.plus_ms(ms), *payment)).collect();
        expected.sort();
        assert_eq!(paged, expected, "{}", test.engine);
    }
}

#[tokio::test]
async fn totals_are_exact_before_between_and_after_rolling_up() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let tomorrow = NOON.plus_ms(86_400_000);
        for i in 1..=7 {
            shop.paid(store, i, "韩梅梅", NOON).await;
        }
        let last = shop.paid(store, 100, "韩梅梅", tomorrow).await;
        let no = shop.refund(store, last, 30, tomorrow).await;
        let totals = async || {
            let mut reader = store.read().await.unwrap();
            let tx = &mut reader.tx();
            let today = rollups::totals(tx, shop.tenant, shop.payee, NOON.day()).await.unwrap();
            let of_code = rollups::totals_of_code(tx, shop.tenant, shop.payee, shop.code.id, NOON.day()).await.unwrap();
            assert_eq!(today, of_code);
            let days = rollups::days(tx, shop.tenant, shop.payee, NOON.day(), tomorrow.day()).await.unwrap();
            assert_eq!(days[1], (NOON.day(), today));
            (today, days[0])
        };
        let sums = |count, fen, refunds, returned| Totals {
            count,
            sum_fen: Fen::of(fen),
            refunded_count: refunds,
            refunded_fen: Fen::of(returned),
        };
        let before = (sums(7, 28, 0, 0), (tomorrow.day(), sums(1, 100, 0, 0)));
        assert_eq!(totals().await, before, "{}", test.engine);
        assert_eq!(store.write(Drain { limit: 3 }).await.unwrap(), 3);
        assert_eq!(totals().await, before, "{}: between", test.engine);
        shop.hear_refund(store, &no, RefundWord::Done, tomorrow).await;
        let after = (before.0, (tomorrow.day(), sums(1, 100, 1, 30)));
        assert_eq!(totals().await, after, "{}: a refund counts on the day of its receipt", test.engine);
        while store.write(Drain { limit: 3 }).await.unwrap() > 0 {}
        assert_eq!(totals().await, after, "{}: all rolled up", test.engine);
        let nothing =
            rollups::totals(&mut store.read().await.unwrap().tx(), shop.tenant, shop.payee, NOON.plus_ms(-86_400_000).day()).await;
        assert_eq!(nothing.unwrap(), Totals::default());
    }
}

#[tokio::test]
async fn any_number_of_instances_roll_up_at_once_while_money_comes() {
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        let pay = join_all((0..40).map(|_| shop.paid(store, 10, "同学", NOON)));
        let drain = join_all((0..4).map(|_| async {
            for _ in 0..20 {
                store.write(Drain { limit: 5 }).await.unwrap();
            }
        }));
        tokio::join!(pay, drain);
        let mut reader = store.read().await.unwrap();
        let totals = rollups::totals(&mut reader.tx(), shop.tenant, shop.payee, NOON.day()).await.unwrap();
        assert_eq!((totals.count, totals.sum_fen), (40, Fen::of(400)), "{}", test.engine);
    }
}

#[tokio::test]
async fn a_word_of_the_channel_counts_once_however_often_and_wherever_it_arrives() {
    for test in stores().await {
        // Two instances share a PostgreSQL; SQLite has one.
        let second = if test.engine == "postgres" { Store::open(&test.config).await.unwrap() } else { test.store.clone() };
        let shop = Shop::open(&test.store).await;
        for round in 0..10 {
            let unpaid = shop.unpaid(Uuid::now_v7(), 500, "同学", NOON);
            let no = unpaid.payment.attempts[0].no.clone();
            test.store.write(Insert(unpaid)).await.unwrap();
            let words = (0..12).map(|i| if i % 2 == 0 { &test.store } else { &second }.write(Hear::paid(&no, 500, NOON)));
            let news: Vec<_> = join_all(words).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(news.iter().filter(|news| **news).count(), 1, "{} round {round}", test.engine);
        }
        let mut reader = test.store.read().await.unwrap();
        let tx = &mut reader.tx();
        let totals = rollups::totals(tx, shop.tenant, shop.payee, NOON.day()).await.unwrap();
        assert_eq!((totals.count, totals.sum_fen), (10, Fen::of(5000)), "{}", test.engine);
        assert_eq!(ledger::balance(tx, shop.tenant, "clearing").await.unwrap(), Fen::of(5000), "{}", test.engine);
    }
}

#[tokio::test]
async fn only_an_order_of_which_there_is_more_to_learn_is_asked_about_again() {
    use domain::PaymentState::*;
    for test in stores().await {
        let (store, shop) = (&test.store, Shop::open(&test.store).await);
        // How the payment and its attempt stand, what is heard to come, how the attempt stands then, whether it is asked about.
        let table = [
            (Open, AttemptState::Unknown, None, AttemptState::Unknown, true),
            (Open, AttemptState::Ready, None, AttemptState::Ready, true),
            (Closed, AttemptState::Closed, None, AttemptState::Closed, true),
            (Open, AttemptState::Refused, None, AttemptState::Refused, false),
            (Open, AttemptState::Ready, Some(500), AttemptState::Paid, false),
            (Open, AttemptState::Ready, Some(499), AttemptState::Held, false),
            (Closed, AttemptState::Closed, Some(500), AttemptState::Extra, false),
        ];
        for (payment, before, fen, after, expected) in table {
            let mut unpaid = shop.unpaid(Uuid::now_v7(), 500, "同学", NOON);
            unpaid.payment.state = payment;
            unpaid.payment.attempts[0].state = before;
            let (id, no) = (unpaid.payment.id, unpaid.payment.attempts[0].no.clone());
            store.write(Insert(unpaid)).await.unwrap();
            if let Some(fen) = fen {
                assert!(store.write(Hear::paid(&no, fen, NOON)).await.unwrap());
            }
            let mut conn = test.bare().await;
            let tx = &mut conn.tx();
            let stored = payments::load(tx, shop.tenant, id).await.unwrap().unwrap();
            assert_eq!((stored.payment.state == Open, stored.payment.attempts[0].state), (payment == Open && fen.is_none(), after));
            payments::set_query(tx, shop.tenant, &no, None, None).await.unwrap();
            // The answer to an earlier question did not come.
            payments::set_query(tx, shop.tenant, &no, None, Some(NOON)).await.unwrap();
            let due = payments::claim_due(tx, NOON, NOON.plus_ms(1), 9).await.unwrap();
            assert_eq!(due.iter().any(|due| due.no == no), expected, "{}: {after:?}", test.engine);
            payments::set_query(tx, shop.tenant, &no, None, None).await.unwrap();
            assert_eq!(payments::claim_due(tx, NOON.plus_ms(9_999), NOON, 9).await.unwrap(), [], "{}: {after:?}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_message_is_taken_by_one_and_comes_back_when_it_is_not_delivered() {
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        for i in 0..3 {
            shop.paid(&test.store, 10, "同学", NOON.plus_ms(i)).await;
        }
        let mut conn = test.bare().await;
        let tx = &mut conn.tx();
        let (now, lease) = (NOON.plus_ms(10), NOON.plus_ms(1000));
        let first = outbox::claim_due(tx, now, lease, 2).await.unwrap();
        assert_eq!(first.iter().map(|due| (due.created_at_ms, due.tries)).collect::<Vec<_>>(), [(NOON, 1), (NOON.plus_ms(1), 1)]);
        let second = outbox::claim_due(tx, now, lease, 2).await.unwrap();
        assert_eq!(second.len(), 1, "{}: nobody else gets the first two", test.engine);
        assert!(outbox::claim_due(tx, now, lease, 2).await.unwrap().is_empty());
        outbox::done(tx, first[0].tenant, first[0].id, now).await.unwrap();
        outbox::put_off(tx, first[1].tenant, first[1].id, None).await.unwrap();
        outbox::put_off(tx, first[0].tenant, first[0].id, Some(now)).await.unwrap();
        let later: Vec<_> = outbox::claim_due(tx, lease, lease.plus_ms(1000), 9).await.unwrap();
        assert_eq!(later.iter().map(|due| (due.id, due.tries)).collect::<Vec<_>>(), [(second[0].id, 2)], "{}", test.engine);
        let dead: Vec<_> = outbox::dead(tx, 9).await.unwrap().into_iter().map(|due| due.id).collect();
        assert_eq!(dead, [first[1].id], "{}", test.engine);
        let again = outbox::insert(tx, shop.tenant, first[0].id, &first[0].message, now).await;
        assert!(matches!(again, Err(StoreError::Duplicate)));
    }
}

#[tokio::test]
async fn the_audit_chain_shows_every_tampering() {
    struct Append(domain::TenantId, i64);
    impl Command for Append {
        type Done = i64;
        async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
            let deed = Deed {
                at_ms: Millis::of(self.1),
                actor: "138****0000".into(),
                act: "refund.ask".into(),
                subject: "s".into(),
                detail: "{}".into(),
            };
            audit::append(tx, self.0, &deed).await
        }
    }
    for test in stores().await {
        let shop = Shop::open(&test.store).await;
        let mut seqs: Vec<_> =
            join_all((0..6).map(|i| test.store.write(Append(shop.tenant, i)))).await.into_iter().map(Result::unwrap).collect();
        seqs.sort_unstable();
        assert_eq!(seqs, [1, 2, 3, 4, 5, 6], "{}: written at once, numbered one after the other", test.engine);
        let mut conn = test.bare().await;
        assert_eq!(audit::verify(&mut conn.tx(), shop.tenant).await.unwrap(), (6, None));
        // Somebody with the database in hand takes the guards off first.
        conn.run(match test.engine {
            "sqlite" => "DROP TRIGGER audit_is_not_edited; DROP TRIGGER audit_is_not_deleted",
            _ => "DROP TRIGGER audit_stays ON audit",
        })
        .await;
        let table = [
            ("UPDATE audit SET actor = 'nobody' WHERE seq = 5", "audit row 5", "was changed"),
            ("UPDATE audit SET prev_hash = 'x' WHERE seq = 4", "audit row 4", "hash of the one before"),
            ("DELETE FROM audit WHERE seq = 3", "audit row 4", "rows are missing"),
            ("UPDATE audit SET at_ms = at_ms + 100 WHERE seq = 1", "audit row 1", "was changed"),
        ];
        for (sql, row, why) in table {
            conn.run(sql).await;
            let (_, bad) = audit::verify(&mut conn.tx(), shop.tenant).await.unwrap();
            let bad = bad.unwrap();
            assert!(bad.contains(row) && bad.contains(why), "{} {sql}: {bad}", test.engine);
        }
    }
}
