//! Who did what is written with the deed itself, in a chain that shows what somebody changes in it later.

use futures::future::join_all;
use serde_json::{Value, json};
use server::demo::PASSWORD;
use server::refunds::{self, Ask};
use server::sign_in::Unlock;
use server::store::audit::{self, Head};
use server::store::{Command, Store, StoreError, Tx, sessions};
use server::web::cookies::sha256;

use crate::browser::Browser;
use crate::log;
use crate::scene::{Shop, until};
use crate::testing::Bare;

const MANAGER: &str = "13800138001";

/// Every row in the order of its writing: actor without its id, act, detail.
async fn deeds(shop: &Shop) -> Vec<(String, String, Value)> {
    let sql = "SELECT actor, act, detail FROM audit WHERE act <> 'organisation.found' ORDER BY tenant, seq";
    let rows: Vec<(String, String, String)> = match shop.place.bare().await {
        Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap(),
        Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_all(&mut conn).await.unwrap(),
    };
    let short = |(actor, act, detail): (String, String, String)| {
        (actor.split(':').next().unwrap().to_owned(), act, serde_json::from_str(&detail).unwrap())
    };
    rows.into_iter().map(short).collect()
}

fn acts(deeds: &[(String, String, Value)]) -> Vec<String> {
    deeds.iter().map(|(actor, act, _)| format!("{actor} {act}")).collect()
}

struct GiveLink(domain::AccountId, domain::Millis);

impl Command for GiveLink {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sessions::insert_link(tx, &sha256("link"), self.0, self.1).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_out_passwords_and_locks_are_written_down() {
    for shop in Shop::on_each_engine().await {
        let first = Browser::manager(&shop, MANAGER).await;
        let second = Browser::manager(&shop, MANAGER).await;
        assert_eq!(first.open("/m").await.status, 200, "the sign-in page");
        second.post("/m/sign-out", &[]).await;
        second.post("/m/sign-out", &[]).await;
        for _ in 0..7 {
            second.sign_in(MANAGER, "wrong password", "").await;
        }
        for _ in 0..7 {
            second.sign_in("15500155000", "nobody has this number", "").await;
        }
        let unlock = || Unlock { phone: domain::account::Phone::parse(MANAGER).unwrap(), now: shop.world.hands.now() };
        assert!(shop.site.store.write(unlock()).await.unwrap());
        assert!(!shop.site.store.write(unlock()).await.unwrap(), "nothing was left to open");
        let mut conn = shop.site.store.read().await.unwrap();
        let manager = server::store::accounts::by_phone(&mut conn.tx(), &unlock().phone).await.unwrap().unwrap().id;
        drop(conn);
        shop.site.store.write(GiveLink(manager, shop.world.hands.now().plus_ms(1000))).await.unwrap();
        let new = [("password", "a fine new one".to_owned()), ("again", "a fine new one".to_owned())];
        assert_eq!(second.post("/password/link", &new).await.status, 200);
        assert_eq!(second.post("/password/link", &new).await.status, 410, "a link sets one password");
        let deeds = deeds(&shop).await;
        let expected = [
            "account session.begin",
            "account session.evict",
            "account session.begin",
            "account session.end",
            "unknown door.lock",
            "operator door.unlock",
            "account password.set",
        ];
        assert_eq!(acts(&deeds), expected, "{}", shop.place.engine);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_goes_back_is_written_down_and_money_that_comes_is_not() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("10").await;
        assert_eq!(deeds(&shop).await, [], "a payer's way writes no row and waits for none");
        shop.refund(&bill.payment, 400, "退给金丝雀").await.unwrap();
        assert!(shop.refund(&bill.payment, 700, "太多").await.is_err());
        let stored = shop.stored(&bill.payment).await.payment;
        let by = Some(domain::Caller { tenant: stored.tenant, account: stored.payee, role: domain::Role::Manager });
        let ask = Ask { tenant: stored.tenant, payment: stored.id, amount: domain::Fen::of(1), reason: "退".into(), by, form: None };
        refunds::ask(&shop.site.store, &shop.site.clock, ask).await.unwrap();
        let late = shop.bill(&Browser::wechat(&shop), "3").await;
        shop.world.hands.pass_ms(shop.site.config.payment_expires_ms);
        late.until("not_paid").await;
        shop.world.pay(&late.payment, json!({"force": true})).await;
        late.until("returned").await;
        shop.world.notify(&late.payment, json!({"copies": 3})).await;
        let deeds = deeds(&shop).await;
        assert_eq!(acts(&deeds), ["operator refund.ask", "account refund.ask", "program refund.return_extra"]);
        assert_eq!(deeds[0].2["amount_fen"], 400);
        assert_eq!(deeds[2].2["cause"], "paid_after_close");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_names_people_by_their_ids_and_holds_no_secret() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let bill = shop.paid("10").await;
    shop.refund(&bill.payment, 400, "退给金丝雀").await.unwrap();
    let Bare::Sqlite(mut conn) = shop.place.bare().await else { unreachable!() };
    let sql = "SELECT group_concat(actor || act || subject || detail) FROM audit";
    let (all,): (String,) = sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap();
    let session = manager.cookie("__Host-session").unwrap();
    for canary in [MANAGER, PASSWORD, &session, "金丝雀", "张小明", "argon2", "Mozilla", "刘洋"] {
        assert!(!all.contains(canary), "{canary} is in the trail: {all}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_was_rewritten_whole_shows_beside_a_head_that_was_noted_before() {
    for shop in Shop::on_each_engine().await {
        let logged =
            until("the log is told", async || log::text().lines().find(|line| line.contains("audit trail ends")).map(str::to_owned)).await;
        assert!(logged.contains("head="), "{logged}");
        for _ in 0..3 {
            Browser::manager(&shop, MANAGER).await;
        }
        let mut conn = shop.site.store.read().await.unwrap();
        let heads = audit::heads(&mut conn.tx()).await.unwrap();
        let noted: Head = heads.into_iter().find(|head| head.count == 6).expect("founded, three sign-ins, two evictions");
        drop(conn);
        assert_eq!(noted.to_string().parse(), Ok(noted.clone()));
        Browser::manager(&shop, MANAGER).await;
        let mut bare = shop.place.bare().await;
        assert_eq!(audit::compare(&mut bare.tx(), &noted).await.unwrap(), None, "rows that came later change nothing");
        // Somebody with the database in hand takes the guards off, removes everything and writes a chain that fits together.
        bare.run(match shop.place.engine {
            "sqlite" => "DROP TRIGGER audit_is_not_edited; DROP TRIGGER audit_is_not_deleted",
            _ => "DROP TRIGGER audit_stays ON audit",
        })
        .await;
        bare.run("DELETE FROM audit").await;
        let gone = audit::compare(&mut bare.tx(), &noted).await.unwrap().unwrap();
        assert!(gone.contains("cut off"), "{gone}");
        for _ in 0..4 {
            Browser::manager(&shop, MANAGER).await;
        }
        shop.verify().await;
        let replaced = audit::compare(&mut bare.tx(), &noted).await.unwrap().unwrap();
        assert!(replaced.contains("audit row 6") && replaced.contains("replaced"), "{replaced}");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_that_write_at_once_make_one_whole_chain() {
    let Some([one, other]) = crate::two_instances::two().await else { return };
    let bill = one.paid("100").await;
    let stored = one.stored(&bill.payment).await.payment;
    let stores: [&Store; 2] = [&one.site.store, &other.site.store];
    let managers: Vec<String> = (0..10).map(|number| format!("1380013800{number}")).collect();
    let refund = async |number: usize| {
        let ask = Ask { tenant: stored.tenant, payment: stored.id, amount: domain::Fen::of(1), reason: "退".into(), by: None, form: None };
        // All of them change one payment, so some are told that it changed meanwhile; who is told so wrote nothing.
        refunds::ask(stores[number % 2], &one.site.clock, ask).await.is_ok()
    };
    let sign_in = async |number: usize| {
        let shop = if number.is_multiple_of(2) { &one } else { &other };
        Browser::desktop(shop).sign_in(&managers[number % 10], PASSWORD, "").await.status == 303
    };
    let (refunds, sign_ins) = tokio::join!(join_all((0..30).map(refund)), join_all((0..30).map(sign_in)));
    let done = |all: Vec<bool>| all.into_iter().filter(|done| *done).count();
    let (refunded, signed_in) = (done(refunds), done(sign_ins));
    let rows = deeds(&one).await;
    let count = |act: &str| rows.iter().filter(|(_, found, _)| found == act).count();
    assert_eq!((count("refund.ask"), count("session.begin")), (refunded, signed_in));
    assert_eq!(signed_in, 30, "nobody who signs in gives up because others write");
    assert!(refunded > 0);
    other.verify().await;
    other.close().await;
    one.close().await;
}
