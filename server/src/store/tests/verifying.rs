//! `verify` passes on everything that can happen and names whatever cannot; a backup is as good as its original.

use domain::account::Phone;
use domain::payment::Trade;
use domain::receivable::{Cause, Outcome};
use domain::refund::RefundWord;
use domain::{Fen, Millis, OutRefundNo, ReceivableId};
use uuid::Uuid;

use super::listening::hear_everything;
use super::{Run, sqlite, stores};
use crate::store::audit::Deed;
use crate::store::backup::{BackupError, backup};
use crate::store::reminders::{NewStep, Step};
use crate::store::rollups::Drain;
use crate::store::testing::shop::{Hear, Insert, NOON, Shop, WriteOff};
use crate::store::verify::verify;
use crate::store::*;

/// Everything that can happen to a payment, in two organisations.
async fn busy_day(store: &Store) -> Shop {
    Shop::open(store).await;
    let shop = Shop::open(store).await;
    for i in 0..3 {
        shop.paid(store, 1_000 + i, "李雷", NOON.plus_ms(i)).await;
    }
    let paid = shop.paid(store, 5_000, "韩梅梅", NOON).await;
    for word in [None, Some(RefundWord::Done), Some(RefundWord::Closed), Some(RefundWord::Abnormal), Some(RefundWord::Processing)] {
        let no = shop.refund(store, paid, 500, NOON).await;
        if let Some(word) = word {
            shop.hear_refund(store, &no, word, NOON).await;
        }
    }
    store.write(Drain { limit: 2 }).await.unwrap();
    let unpaid = |fen| shop.unpaid(Uuid::now_v7(), fen, "张三", NOON);
    store.write(Insert(unpaid(1))).await.unwrap();
    // Too much money, then money twice, then money after closing.
    let held = unpaid(700);
    let no = held.payment.attempts[0].no.clone();
    store.write(Insert(held)).await.unwrap();
    store.write(Hear::paid(&no, 701, NOON)).await.unwrap();
    late_money(store, &shop, true).await;
    late_money(store, &shop, false).await;
    store.write(Append(shop.tenant)).await.unwrap();
    store.write(Append(shop.tenant)).await.unwrap();
    hear_everything(store, &shop).await;
    debts(store, &shop).await;
    shop
}

/// Debts that are owed, partly paid, paid too much with some of it on its way back, and written off.
async fn debts(store: &Store, shop: &Shop) {
    shop.owed(store, 88_000, "欠款人", NOON).await;
    let (_, partly) = shop.owed(store, 77_000, "欠款人", NOON).await;
    let paid = partly.paid(store, 7_001, "欠*人", NOON).await;
    let no = partly.refund(store, paid, 1_010, NOON).await;
    partly.hear_refund(store, &no, RefundWord::Closed, NOON).await;
    partly.refund(store, paid, 500, NOON).await;
    let (_, over) = shop.owed(store, 6_000, "欠款人", NOON).await;
    for fen in [6_000, 6_001] {
        let paid = over.paid(store, fen, "欠*人", NOON).await;
        over.refund(store, paid, 2_000, NOON).await;
    }
    let (id, off) = shop.owed(store, 66_000, "欠款人", NOON).await;
    store.write(WriteOff { tenant: shop.tenant, id, seed: Uuid::now_v7() }).await.unwrap();
    store.write(Remind(shop.tenant, id)).await.unwrap();
    off.paid(store, 6_600, "欠*人", NOON).await;
}

/// A reminder that was sent.
struct Remind(domain::TenantId, ReceivableId);

impl Command for Remind {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for step in [Step::Begun, Step::Ended(Outcome::Sent)] {
            let step = NewStep {
                tenant: self.0,
                reminder: self.1.get(),
                receivable: self.1,
                step,
                cause: Cause::DueDay,
                phone: Phone::parse("13900001111").unwrap(),
                amount_fen: Fen::of(66_000),
                by: None,
                why: None,
                at_ms: NOON,
            };
            assert!(reminders::insert(tx, &step).await?, "{step:?}");
            assert!(!reminders::insert(tx, &step).await?, "a step is written once: {step:?}");
        }
        Ok(())
    }
}

struct Append(domain::TenantId);

impl Command for Append {
    type Done = i64;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
        let [actor, act, subject, detail] = ["a", "b", "c", "d"].map(String::from);
        audit::append(tx, self.0, &Deed { at_ms: NOON, actor, act, subject, detail }).await
    }
}

/// Money that comes after an order was closed; it is on its way back, and arrives there or not.
async fn late_money(store: &Store, shop: &Shop, arrives: bool) {
    let unpaid = shop.unpaid(Uuid::now_v7(), 300, "张三", NOON);
    let no = unpaid.payment.attempts[0].no.clone();
    store.write(Insert(unpaid)).await.unwrap();
    let late = NOON.plus_ms(3_600_000);
    store.write(Hear { no: no.clone(), trade: Trade::Closed, seed: Uuid::now_v7(), at: late }).await.unwrap();
    store.write(Hear::paid(&no, 300, late)).await.unwrap();
    if arrives {
        shop.hear_refund(store, &OutRefundNo::of_extra(&no), RefundWord::Done, late).await;
    }
}

#[tokio::test]
async fn everything_that_can_happen_verifies() {
    for test in stores().await {
        let empty = verify(&test.store).await.unwrap();
        assert!(empty.iter().all(|checked| checked.first_bad.is_none()), "{}: {empty:#?}", test.engine);
        busy_day(&test.store).await;
        let checked = verify(&test.store).await.unwrap();
        for one in &checked {
            assert_eq!(one.first_bad, None, "{}: {}", test.engine, one.name);
            assert!(one.rows_checked > 0, "{}: {} looked at nothing", test.engine, one.name);
        }
        while test.store.write(Drain { limit: 100 }).await.unwrap() > 0 {}
        let checked = verify(&test.store).await.unwrap();
        assert!(checked.iter().all(|one| one.first_bad.is_none()), "{}: {checked:#?}", test.engine);
    }
}

#[tokio::test]
async fn whatever_cannot_happen_is_named() {
    // What somebody does to the rows, how it is undone, which sentence breaks, and what is said about it.
    let table = [
        (
            "UPDATE receipt SET amount_fen = amount_fen + 1 WHERE amount_fen = 1001",
            "UPDATE receipt SET amount_fen = amount_fen - 1 WHERE amount_fen = 1002 AND payment IN (SELECT id FROM payment WHERE amount_fen = 1001)",
            "one receipt",
            "other sums",
        ),
        (
            "UPDATE payment SET refunded_fen = refunded_fen + 1 WHERE amount_fen = 5000",
            "UPDATE payment SET refunded_fen = refunded_fen - 1 WHERE amount_fen = 5000",
            "state and sums",
            "sum returned",
        ),
        (
            "UPDATE payment SET state = 'open' WHERE amount_fen = 1000",
            "UPDATE payment SET state = 'paid' WHERE amount_fen = 1000",
            "one receipt",
            "without being paid",
        ),
        (
            "UPDATE attempt SET received_fen = received_fen + 1 WHERE received_fen = 701",
            "UPDATE attempt SET received_fen = received_fen - 1 WHERE received_fen = 702",
            "money that came",
            "another amount",
        ),
        (
            "UPDATE attempt SET trade = 'x' || trade WHERE received_fen = 701",
            "UPDATE attempt SET trade = substr(trade, 2) WHERE received_fen = 701",
            "money that came",
            "not booked",
        ),
        (
            "UPDATE refund SET state = 'done' WHERE state = 'abnormal'",
            "UPDATE refund SET state = 'abnormal' WHERE state = 'done' AND no IN (SELECT no FROM refund r WHERE NOT EXISTS (SELECT 1 FROM transfer t WHERE t.key = 'refund:' || r.no))",
            "set aside once",
            "not booked as its state says",
        ),
        ("UPDATE rollup SET count = count + 1", "UPDATE rollup SET count = count - 1", "recount", "totals of payee"),
        (
            "UPDATE pending SET sum_fen = sum_fen + 1 WHERE count = 1",
            "UPDATE pending SET sum_fen = sum_fen - 1 WHERE count = 1",
            "recount",
            "totals of payee",
        ),
        (
            "UPDATE search_token SET token = 'zz' WHERE token = '李雷'",
            "UPDATE search_token SET token = '李雷' WHERE token = 'zz'",
            "found by what",
            "is not found by",
        ),
        (
            // As many tokens as before, and one of them is another: what is counted only is not found.
            "UPDATE search_token SET id = scope WHERE token = '韩'",
            "UPDATE search_token SET id = (SELECT r.payment FROM receipt r WHERE r.amount_fen = 5000) WHERE token = '韩'",
            "found by what",
            "is not found by \"韩\"",
        ),
        (
            "INSERT INTO search_token SELECT tenant, scope, 'zz', 1, id FROM search_token WHERE token = '韩梅'",
            "DELETE FROM search_token WHERE token = 'zz'",
            "found by what",
            "search tokens",
        ),
        (
            "UPDATE search_token SET token = 'zz' WHERE token = '欠款'",
            "UPDATE search_token SET token = '欠款' WHERE token = 'zz'",
            "found by what",
            "some belong to no receipt or debt",
        ),
        (
            "UPDATE receivable SET settled_fen = settled_fen + 1, outstanding_fen = outstanding_fen - 1 WHERE amount_fen = 77000",
            "UPDATE receivable SET settled_fen = settled_fen - 1, outstanding_fen = outstanding_fen + 1 WHERE amount_fen = 77000",
            "every debt",
            "something else than its movements",
        ),
        (
            "UPDATE receivable SET standing = 'paid' WHERE amount_fen = 88000",
            "UPDATE receivable SET standing = 'open' WHERE amount_fen = 88000",
            "every debt",
            "stands elsewhere",
        ),
        (
            "UPDATE receivable SET payee = (SELECT a.id FROM account a WHERE a.id <> receivable.payee LIMIT 1) WHERE amount_fen = 88000",
            "UPDATE receivable SET payee = (SELECT p.payee FROM payment p WHERE p.amount_fen = 7001) WHERE amount_fen = 88000",
            "every debt",
            "booked otherwise",
        ),
        (
            "UPDATE receivable_share SET kept_fen = kept_fen + 1 WHERE kept_fen = 6600",
            "UPDATE receivable_share SET kept_fen = kept_fen - 1 WHERE kept_fen = 6601",
            "every payment of a debt",
            "otherwise than it says",
        ),
        (
            "UPDATE receivable_share SET way = 'match' WHERE kept_fen = 6600",
            "UPDATE receivable_share SET way = 'code' WHERE kept_fen = 6600",
            "every payment of a debt",
            "otherwise than it says",
        ),
        (
            "UPDATE receivable_share SET share_fen = share_fen - 1 WHERE kept_fen = 6600",
            "UPDATE receivable_share SET share_fen = share_fen + 1 WHERE share_fen = 6599",
            "every payment of a debt",
            "otherwise than it says",
        ),
        ("UPDATE trade_no SET no = 'x' || no", "UPDATE trade_no SET no = substr(no, 2)", "by its number", "stands alone"),
        (
            "UPDATE receipt_token SET token = 'x' || token",
            "UPDATE receipt_token SET token = substr(token, 2)",
            "by its link",
            "stands alone",
        ),
        (
            "UPDATE concern SET state = 'returned' WHERE state = 'held'",
            "UPDATE concern SET state = 'held' WHERE state = 'returned' AND kind = 'wrong_amount'",
            "payee is told",
            "something else about",
        ),
        (
            "UPDATE concern SET is_open = FALSE WHERE state = 'stuck'",
            "UPDATE concern SET is_open = TRUE WHERE state = 'stuck'",
            "payee is told",
            "closed with one",
        ),
        (
            "UPDATE concern SET subject = 'x' || subject WHERE kind = 'paid_after_close'",
            "UPDATE concern SET subject = substr(subject, 2) WHERE kind = 'paid_after_close'",
            "payee is told",
            "to tell its payee about and does not",
        ),
        (
            "UPDATE code_token SET token = 'x' || token",
            "UPDATE code_token SET token = substr(token, 2)",
            "token of its code",
            "stands alone",
        ),
        (
            "UPDATE code SET payee = id WHERE EXISTS (SELECT 1 FROM payment p WHERE p.code = code.id)",
            "UPDATE code SET payee = (SELECT p.payee FROM payment p WHERE p.code = code.id LIMIT 1) WHERE payee = id",
            "person or for a store",
            "collects for nobody",
        ),
        ("UPDATE code_token SET replaced_at_ms = 1", "UPDATE code_token SET replaced_at_ms = NULL", "came in its place", "stands alone"),
    ];
    for test in stores().await {
        busy_day(&test.store).await;
        let mut conn = test.bare().await;
        for (tamper, undo, sentence, why) in &table {
            conn.run(tamper).await;
            let checked = verify(&test.store).await.unwrap();
            let said: Vec<_> = checked.iter().filter_map(|one| Some((one.name, one.first_bad.clone()?))).collect();
            assert!(said.iter().any(|(name, bad)| name.contains(sentence) && bad.contains(why)), "{} {tamper}: {said:#?}", test.engine);
            conn.run(undo).await;
        }
        let checked = verify(&test.store).await.unwrap();
        assert!(checked.iter().all(|one| one.first_bad.is_none()), "{}: undone, {checked:#?}", test.engine);
        for (extra, sentence, why) in [
            (
                "INSERT INTO transfer SELECT tenant, payment, 'pay:wechat:unheard-of', debit, credit, 1, payment, NULL, 1 FROM transfer WHERE amount_fen = 1000",
                "business event",
                "explained by no attempt",
            ),
            (
                "INSERT INTO transfer SELECT tenant, tenant, 'refund:rx', 'refunds_payable', 'clearing', 1, tenant, NULL, 1 FROM code LIMIT 1",
                "state and sums",
                "which is not there",
            ),
            (
                "INSERT INTO reminder_step SELECT tenant, tenant, 1, receivable, 'begun', cause, phone, amount_fen, account, why, at_ms + 259199999 FROM reminder_step WHERE position = 1",
                "more often than is polite",
                "too soon after another one",
            ),
        ] {
            conn.run(extra).await;
            let checked = verify(&test.store).await.unwrap();
            let said: Vec<_> = checked.iter().filter_map(|one| Some((one.name, one.first_bad.clone()?))).collect();
            assert!(said.iter().any(|(name, bad)| name.contains(sentence) && bad.contains(why)), "{} {extra}: {said:#?}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_backup_made_while_running_verifies_and_overwrites_nothing() {
    let test = sqlite(|_| {}).await;
    let shop = busy_day(&test.store).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let paying = async {
        for _ in 0..30 {
            shop.paid(&test.store, 77, "同学", NOON).await;
        }
    };
    let looking = Store::open_for_reading(&test.config).await.unwrap();
    let (copied, ()) = tokio::join!(backup(&looking, &file), paying);
    copied.unwrap();
    let again = backup(&test.store, &file).await;
    assert!(matches!(&again, Err(BackupError::Exists(_))), "{again:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    let copy = Store::open(&StoreConfig::of_url(format!("sqlite://{}", file.display()))).await.unwrap();
    let checked = verify(&copy).await.unwrap();
    assert!(checked.iter().all(|one| one.first_bad.is_none()), "{checked:#?}");
    assert!(copy.write(Run("DELETE FROM transfer")).await.is_err(), "the guards are in the copy too");
    let nowhere = backup(&test.store, &folder.path().join("no/such/folder.db")).await;
    assert!(nowhere.is_err());
}

#[tokio::test]
async fn postgres_is_copied_by_its_own_tool() {
    let Some(test) = super::postgres(|_| {}).await else { return };
    let said = backup(&test.store, std::path::Path::new("x")).await.err().unwrap().to_string();
    assert!(said.contains("pg_dump"), "{said}");
}

#[test]
fn days_are_counted_in_sql_as_in_the_rules() {
    for ms in [0, 57_599_999, 57_600_000, 1_795_233_600_000] {
        assert_eq!((ms + 28_800_000) / 86_400_000, i64::from(Millis::of(ms).day().get()));
    }
}
