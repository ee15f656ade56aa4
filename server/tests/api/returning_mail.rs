//! Mails that a mail server took first and that come back later: read from the return mailbox, seen beside the manager, corrected.

use serde_json::{Value, json};
use server::demo::PASSWORD;

use crate::browser::{Answer, Browser};
use crate::scene::{self, Shop, World, until};
use crate::testing;

const NEW: &str = "13611112222";
const MAIL: &str = "zhou@qinghe.example";
const BAD: &str = "bounces-later@qinghe.example";
const MINUTE_MS: i64 = 60_000;

/// Shops whose mails come back to the simulator's mailbox, one on each engine that is here.
async fn shops() -> Vec<Shop> {
    let mut shops = vec![];
    for place in testing::stores().await {
        let world = World::new().await;
        let returns = scene::returns(&world);
        shops.push(Shop::found(world, place, |config| config.mail.as_mut().unwrap().returns = Some(returns)).await);
    }
    shops
}

/// Waits until the empty mailbox was looked into once.
async fn first_look(shop: &Shop) {
    let known = async || shop.number("SELECT COUNT(*) FROM return_mailbox WHERE validity = 1").await;
    until("the mailbox is known", async || (known().await == 1).then_some(())).await;
}

/// Registers somebody; answers their page.
async fn register(admin: &Browser, mail: &str) -> String {
    let page = admin.open("/admin/managers/new").await;
    let radio = page.text.split("name=\"form\"").nth(1).expect("there is a form to choose");
    let form = radio.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let pairs = [("name", "周可"), ("phone", NEW), ("mail", mail), ("lang", "zh"), ("form", form.as_str())];
    let answer: Answer = admin.post("/admin/managers/new", &pairs.map(|(name, value)| (name, value.to_owned()))).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").split('?').next().unwrap().to_owned()
}

/// What lies in the mailbox: number and whether it was read.
async fn mailbox(shop: &Shop) -> Vec<(u64, bool)> {
    let answer = shop.world.http.get(format!("{}/_sim/mailbox", shop.world.sim.base_url())).send().await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let items = answer["items"].as_array().unwrap().iter();
    items.map(|item| (item["uid"].as_u64().unwrap(), item["is_read"].as_bool().unwrap())).collect()
}

/// A report about the mail with this identity.
fn report(message_id: &str, to: &str, action: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: returns@shouma.example\nSubject: Undelivered\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"x1\"\n\n\
         --x1\nContent-Type: text/plain\n\nsorry\n\n--x1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {status} told by a test\n\n\
         --x1\nContent-Type: text/rfc822-headers\n\nFrom: no-reply@shouma.example\nMessage-ID: {message_id}\n\n--x1--\n"
    )
}

async fn arrives(shop: &Shop, raw: &str) -> u64 {
    shop.world.control("/_sim/mailbox", json!({"raw": raw})).await["uid"].as_u64().unwrap()
}

/// Waits until the mailbox was looked into up to this mail.
async fn looked_at(shop: &Shop, uid: u64) {
    shop.world.hands.pass_ms(MINUTE_MS);
    until(&format!("mail {uid} is looked at"), async || (last_uid(shop).await >= uid).then_some(())).await;
}

async fn last_uid(shop: &Shop) -> u64 {
    shop.number("SELECT COALESCE(MAX(last_uid), 0) FROM return_mailbox").await.cast_unsigned()
}

fn link(mail: &Value, shop: &Shop) -> String {
    mail["links"][0].as_str().unwrap().strip_prefix(&shop.url).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_comes_back_is_seen_beside_the_manager_and_its_address_is_corrected() {
    for shop in shops().await {
        first_look(&shop).await;
        let admin = Browser::administrator(&shop).await;
        let page = register(&admin, BAD).await;
        let first = shop.world.mail(BAD, 1).await;
        assert_eq!(first["from"], "returns@shouma.example", "mails come back to where they are read");
        until("it is sent", async || admin.open(&page).await.text.contains("已发邮件，等对方设置密码").then_some(())).await;
        looked_at(&shop, 1).await;
        admin.open(&page).await.says(200, &["邮件被退回", "550 5.1.1 mailbox unavailable", "请核对邮箱后补发", BAD]);
        admin.open("/admin/managers").await.says(200, &["邮件被退回", "mailbox unavailable"]);
        admin.open(&format!("{page}?lang=en")).await.says(200, &["Mail returned", "came back at", "The returned mail says"]);
        admin.open(&format!("{page}?lang=zh")).await.says(200, &["邮件被退回"]);
        until("the report is marked", async || (mailbox(&shop).await == [(1, true)]).then_some(())).await;
        // What the mail carried stays as good as it was.
        Browser::desktop(&shop).open(&link(&first, &shop)).await.says(200, &["周可"]);
        let contact = [("name", "周可".to_owned()), ("mail", MAIL.to_owned()), ("lang", "zh".to_owned())];
        let corrected = admin.post(&format!("{page}/contact"), &contact).await;
        assert!(corrected.header("location").ends_with("said=saved_sent"), "{}", corrected.header("location"));
        let mail = shop.world.mail(MAIL, 1).await;
        until("it is sent", async || admin.open(&page).await.text.contains("已发邮件，等对方设置密码").then_some(())).await;
        // The old letter stays in the list, under the address that it went to.
        admin.open(&page).await.says(200, &["被退回", BAD, MAIL]);
        assert_eq!(Browser::desktop(&shop).sign_in(NEW, PASSWORD, "").await.status, 422);
        Browser::desktop(&shop).open(&link(&mail, &shop)).await.says(200, &["周可"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_final_report_about_the_letter_and_its_address_counts_and_other_mail_is_left_alone() {
    for shop in shops().await {
        first_look(&shop).await;
        let admin = Browser::administrator(&shop).await;
        let page = register(&admin, MAIL).await;
        let id = shop.world.mail(MAIL, 1).await["message_id"].as_str().unwrap().to_owned();
        until("it is sent", async || admin.open(&page).await.text.contains("已发邮件，等对方设置密码").then_some(())).await;
        let unknown = "<0199f0c2a1b37c4d8e5f60718293a4b5@shouma.example>";
        let reply = format!("From: {MAIL}\nTo: returns@shouma.example\nIn-Reply-To: {id}\nSubject: Re\n\nStatus: 5.1.1\nAction: failed\n");
        let others = [
            report(&id, MAIL, "delayed", "4.4.1"),
            reply,
            report(unknown, MAIL, "failed", "5.1.1"),
            report(&id, "li@qinghe.example", "failed", "5.1.1"),
            report("<x@other.example>", MAIL, "failed", "5.1.1"),
            "no mail at all".to_owned(),
        ];
        let mut last = 0;
        for raw in &others {
            last = arrives(&shop, raw).await;
        }
        looked_at(&shop, last).await;
        admin.open(&page).await.says(200, &["已发邮件，等对方设置密码"]);
        assert!(mailbox(&shop).await.iter().all(|(_, is_read)| !is_read), "none of them is marked");
        // The true one, twice.
        let first = arrives(&shop, &report(&id, "Zhou@Qinghe.example", "failed", "5.1.1")).await;
        looked_at(&shop, first).await;
        until("the page says so", async || admin.open(&page).await.text.contains("5.1.1 told by a test").then_some(())).await;
        let second = arrives(&shop, &report(&id, MAIL, "failed", "5.7.1")).await;
        looked_at(&shop, second).await;
        let again = admin.open(&page).await;
        assert!(again.text.contains("5.1.1 told by a test") && !again.text.contains("5.7.1"), "the first report stays");
        until("both are marked", async || {
            let marked: Vec<u64> = mailbox(&shop).await.into_iter().filter(|(_, is_read)| *is_read).map(|(uid, _)| uid).collect();
            (marked == [first, second]).then_some(())
        })
        .await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_cannot_be_read_is_tried_again_ever_more_rarely() {
    for shop in shops().await {
        let failures = async || shop.number("SELECT COALESCE(MAX(failures), 0) FROM return_mailbox").await;
        first_look(&shop).await;
        for (door, fault) in [("imap", "hang-up"), ("imap-login", "no"), ("imap-select", "no")] {
            shop.world.fault(door, fault, 1).await;
        }
        let admin = Browser::administrator(&shop).await;
        let page = register(&admin, BAD).await;
        shop.world.mail(BAD, 1).await;
        until("it is sent", async || admin.open(&page).await.text.contains("已发邮件，等对方设置密码").then_some(())).await;
        for (wait_ms, failed) in [(MINUTE_MS, 1), (2 * MINUTE_MS, 2), (4 * MINUTE_MS, 3)] {
            shop.world.hands.pass_ms(wait_ms);
            until(&format!("failure {failed}"), async || (failures().await == failed).then_some(())).await;
        }
        admin.open(&page).await.says(200, &["已发邮件，等对方设置密码"]);
        shop.world.hands.pass_ms(8 * MINUTE_MS);
        until("it is read again", async || admin.open(&page).await.text.contains("邮件被退回").then_some(())).await;
        until("the failures are forgotten", async || (failures().await == 0).then_some(())).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_read_is_stepped_over_and_those_after_it_are_read() {
    for shop in shops().await {
        let failures = async || shop.number("SELECT COALESCE(MAX(failures), 0) FROM return_mailbox").await;
        first_look(&shop).await;
        let admin = Browser::administrator(&shop).await;
        let page = register(&admin, MAIL).await;
        let id = shop.world.mail(MAIL, 1).await["message_id"].as_str().unwrap().to_owned();
        until("it is sent", async || admin.open(&page).await.text.contains("已发邮件，等对方设置密码").then_some(())).await;
        let first = arrives(&shop, "no mail at all").await;
        let broken = arrives(&shop, "no mail at all, either").await;
        let last = arrives(&shop, &report(&id, MAIL, "failed", "5.1.1")).await;
        let fault = json!({"door": "imap-fetch", "fault": "garbled", "times": 3, "only": broken.to_string()});
        shop.world.control("/_sim/faults", fault).await;
        for (wait_ms, failed) in [(MINUTE_MS, 1), (2 * MINUTE_MS, 2)] {
            shop.world.hands.pass_ms(wait_ms);
            until(&format!("failure {failed}"), async || (failures().await == failed).then_some(())).await;
            assert_eq!(last_uid(&shop).await, first, "{}: what was looked at is not looked at again", shop.place.engine);
        }
        admin.open(&page).await.says(200, &["已发邮件，等对方设置密码"]);
        shop.world.hands.pass_ms(4 * MINUTE_MS);
        until("the last is read", async || (last_uid(&shop).await == last).then_some(())).await;
        admin.open(&page).await.says(200, &["邮件被退回", "5.1.1 told by a test"]);
        assert_eq!(failures().await, 0, "{}", shop.place.engine);
        assert_eq!(mailbox(&shop).await, [(first, false), (broken, false), (last, true)], "{}", shop.place.engine);
        shop.close().await;
    }
}
