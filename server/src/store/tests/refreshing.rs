//! The tokens of a code: one is shown, each old one runs out by itself, and every payment knows which it came through.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::code::{AmountRule, Validity};
use domain::form::{FormSchema, Typed};
use domain::token::{Terms, TokenLife};
use domain::{Caller, Fen, Millis, Role};
use futures::future::join_all;
use uuid::Uuid;

use super::stores;
use crate::codes::{Codes, Kept};
use crate::live::Hub;
use crate::store::made_codes::Configured;
use crate::store::payments::Stored;
use crate::store::testing::TestStore;
use crate::store::testing::shop::{Insert, NOON, Shop};
use crate::store::*;

const HOUR: i64 = 3_600_000;

/// A manager at work, at a time of the story's choosing.
struct Day<'a> {
    test: &'a TestStore,
    shop: Shop,
    now: Arc<AtomicI64>,
    codes: Codes,
}

impl<'a> Day<'a> {
    async fn begin(test: &'a TestStore) -> Day<'a> {
        let shop = Shop::open(&test.store).await;
        let now = Arc::new(AtomicI64::new(NOON.get()));
        let hand = now.clone();
        let clock: crate::clock::Clock = Arc::new(move || Millis::of(hand.load(Ordering::SeqCst)));
        let codes = Codes { store: test.store.clone(), clock, live: Hub::default() };
        Day { test, shop, now, codes }
    }

    fn caller(&self) -> Caller {
        Caller { tenant: self.shop.tenant, account: self.shop.payee, role: Role::Manager }
    }

    fn at(&self, after_noon_ms: i64) {
        self.now.store(NOON.plus_ms(after_noon_ms).get(), Ordering::SeqCst);
    }

    /// The token that is shown.
    async fn shown(&self) -> String {
        let mut conn = self.test.store.read().await.unwrap();
        codes::app_code(&mut conn.tx(), self.shop.tenant, self.shop.payee).await.unwrap().unwrap().token
    }

    async fn refresh(&self) -> String {
        let kept = self.codes.refresh(&self.caller(), &self.shown().await).await.unwrap();
        assert!(matches!(kept, Kept::Done(_)), "{kept:?}");
        self.shown().await
    }

    /// The old tokens that still work.
    async fn working(&self) -> Vec<String> {
        let now = Millis::of(self.now.load(Ordering::SeqCst));
        let mut conn = self.test.store.read().await.unwrap();
        let old = tokens::working(&mut conn.tx(), self.shop.tenant, self.shop.payee, now).await.unwrap();
        old.into_iter().map(|old| old.token).collect()
    }

    async fn opens(&self, token: &str) -> bool {
        let now = Millis::of(self.now.load(Ordering::SeqCst));
        let mut conn = self.test.store.read().await.unwrap();
        codes::by_token(&mut conn.tx(), token).await.unwrap().unwrap().opens(now).is_ok()
    }
}

#[tokio::test]
async fn each_refresh_leaves_one_old_token_with_three_hours_of_its_own() {
    for test in stores().await {
        let day = Day::begin(&test).await;
        let first = day.shown().await;
        let second = day.refresh().await;
        day.at(HOUR);
        let third = day.refresh().await;
        assert_eq!(day.working().await, [second.clone(), first.clone()], "{}", test.engine);
        // After noon; whether the first, the second and the third token work.
        let table = [
            (HOUR, [true, true, true]),
            (3 * HOUR - 1, [true, true, true]),
            (3 * HOUR, [false, true, true]),
            (4 * HOUR - 1, [false, true, true]),
            (4 * HOUR, [false, false, true]),
            (10_000 * HOUR, [false, false, true]),
        ];
        for (at, expected) in table {
            day.at(at);
            let works = [day.opens(&first).await, day.opens(&second).await, day.opens(&third).await];
            assert_eq!(works, expected, "{} {at}", test.engine);
            assert_eq!(day.working().await.len(), expected[..2].iter().filter(|works| **works).count());
        }
    }
}

#[tokio::test]
async fn thirty_taps_on_one_token_refresh_once() {
    for test in stores().await {
        let day = Day::begin(&test).await;
        let (seen, caller) = (day.shown().await, day.caller());
        let kept = join_all((0..30).map(|_| day.codes.refresh(&caller, &seen))).await;
        let done = kept.iter().filter(|kept| matches!(kept, Ok(Kept::Done(_)))).count();
        let before = kept.iter().filter(|kept| matches!(kept, Ok(Kept::Before))).count();
        assert_eq!((done, before), (1, 29), "{}: {kept:?}", test.engine);
        assert_eq!(day.working().await, std::slice::from_ref(&seen));
        // A request that arrives again hours later changes nothing either.
        day.at(2 * HOUR);
        assert_eq!(day.codes.refresh(&caller, &seen).await.unwrap(), Kept::Before);
        day.at(3 * HOUR);
        assert!(!day.opens(&seen).await, "{}: the three hours began with the first", test.engine);
    }
}

#[tokio::test]
async fn an_old_token_is_cut_at_once_and_the_shown_one_never() {
    for test in stores().await {
        let day = Day::begin(&test).await;
        let caller = day.caller();
        let first = day.shown().await;
        let second = day.refresh().await;
        day.at(HOUR);
        assert_eq!(day.codes.cut(&caller, &second).await.unwrap(), Kept::NotFound, "{}", test.engine);
        assert!(day.opens(&first).await);
        let cuts = join_all((0..8).map(|_| day.codes.cut(&caller, &first))).await;
        assert_eq!(cuts.iter().filter(|kept| matches!(kept, Ok(Kept::Done(_)))).count(), 1, "{}: {cuts:?}", test.engine);
        assert!(!day.opens(&first).await && day.opens(&second).await);
        assert!(day.working().await.is_empty());
        let mut conn = test.store.read().await.unwrap();
        let found = codes::by_token(&mut conn.tx(), &first).await.unwrap().unwrap();
        assert_eq!(found.life, TokenLife { replaced_at_ms: Some(NOON), cut_at_ms: Some(NOON.plus_ms(HOUR)) });
        drop(conn);
        // What has run out is not cut any more: it keeps its story.
        day.refresh().await;
        day.at(5 * HOUR);
        assert_eq!(day.codes.cut(&caller, &second).await.unwrap(), Kept::Before);
    }
}

#[tokio::test]
async fn nobody_else_and_no_plate_is_refreshed() {
    for test in stores().await {
        let (day, other) = (Day::begin(&test).await, Day::begin(&test).await);
        let (own, theirs) = (day.shown().await, other.shown().await);
        for token in [theirs.as_str(), "nobody's", ""] {
            assert_eq!(day.codes.refresh(&day.caller(), token).await.unwrap(), Kept::NotFound, "{} {token}", test.engine);
            assert_eq!(day.codes.cut(&day.caller(), token).await.unwrap(), Kept::NotFound);
        }
        let elsewhere = Caller { tenant: other.shop.tenant, ..day.caller() };
        assert_eq!(day.codes.refresh(&elsewhere, &own).await.unwrap(), Kept::NotFound);
        let mut conn = test.bare().await;
        conn.run("UPDATE code SET kind = 'plate'").await;
        assert_eq!(day.codes.refresh(&day.caller(), &own).await.unwrap(), Kept::Printed, "{}", test.engine);
        assert!(other.opens(&theirs).await && other.working().await.is_empty());
    }
}

#[tokio::test]
async fn a_refresh_knows_what_an_administrator_changed_since_the_one_before() {
    for test in stores().await {
        let day = Day::begin(&test).await;
        let (tenant, code) = (day.shop.tenant, day.shop.code.clone());
        let read = async |token: &str| {
            let mut conn = test.store.read().await.unwrap();
            tokens::refreshed(&mut conn.tx(), tenant, token).await.unwrap()
        };
        assert_eq!(read(&day.shown().await).await, None, "{}", test.engine);
        let same = day.refresh().await;
        let before = Terms::of(&code);
        let made = read(&same).await.unwrap();
        assert_eq!((made.at_ms, made.after.changes_since(&made.before)), (NOON, vec![]));

        let (amount, schema) = (AmountRule::Fixed { amount_fen: Fen::of(1300) }, FormSchema::default());
        let (presets, validity) = (Typed::from_pairs([("field.class", "3A")]), Validity { from_ms: None, until_ms: Some(NOON) });
        let mut conn = test.bare().await;
        let form_version = made_codes::ask(&mut conn.tx(), tenant, code.id, &schema, Uuid::now_v7(), NOON).await.unwrap();
        let to = Configured { name: "Lunch", amount, presets: &presets, validity };
        made_codes::configure(&mut conn.tx(), tenant, code.id, &to).await.unwrap();
        let after = Terms { name: "Lunch".to_owned(), form_version, amount, presets: presets.clone(), validity };
        let fresh = day.refresh().await;
        let made = read(&fresh).await.unwrap();
        assert_eq!((made.before, made.after), (before, after), "{}", test.engine);
    }
}

#[tokio::test]
async fn changes_of_a_code_have_an_order_also_within_a_millisecond() {
    for test in stores().await {
        let day = Day::begin(&test).await;
        let read = async || {
            let mut conn = test.store.read().await.unwrap();
            let all = tokens::all_changed_since(&mut conn.tx(), NOON, 10).await.unwrap();
            (tokens::changed_at(&mut conn.tx(), day.shop.tenant, day.shop.payee).await.unwrap().unwrap(), all)
        };
        assert_eq!(read().await, (NOON, vec![]), "{}", test.engine);
        day.refresh().await;
        day.refresh().await;
        let (changed_at, all) = read().await;
        assert_eq!(changed_at, NOON.plus_ms(2));
        assert_eq!(all, [(day.shop.tenant, day.shop.payee, changed_at)]);
    }
}

#[tokio::test]
async fn a_payment_knows_its_token_and_the_books_hold_after_refreshes() {
    for test in stores().await {
        let day = Day::begin(&test).await;
        let first = day.shown().await;
        day.refresh().await;
        let unpaid = Stored { code_token: first.clone(), ..day.shop.unpaid(Uuid::now_v7(), 100, "张三", NOON) };
        let id = test.store.write(Insert(unpaid)).await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        let stored = payments::load(&mut conn.tx(), day.shop.tenant, id).await.unwrap().unwrap();
        assert_eq!(stored.code_token, first, "{}", test.engine);
        drop(conn);
        let checked = verify::verify(&test.store).await.unwrap();
        assert!(checked.iter().all(|one| one.first_bad.is_none()), "{}: {checked:#?}", test.engine);
    }
}
