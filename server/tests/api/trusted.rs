//! Wrong passwords shut the door of those who guess, and not that of the browser in which the owner signed in before.

use domain::account::Phone;
use server::demo::{ADMINISTRATOR, PASSWORD};
use server::sign_in::Unlock;
use server::store::accounts;
use server::web::cookies::sha256;

use crate::browser::{Answer, Browser};
use crate::scene::Shop;
use crate::{Command, StoreError, Tx, sessions};

const MANAGER: &str = "13800138000";
const COLLEAGUE: &str = "13800138001";
const NOBODY: &str = "15500000009";
const NEW_PASSWORD: &str = "a fine new one";
const COOKIE: &str = "__Host-trusted";
const LOCKED: &str = "输错";
const WRONG: &str = "手机号或密码不对";
const TWO_HOURS_MS: i64 = 2 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Tries a password at the door where this number belongs.
async fn knock(browser: &Browser, phone: &str, password: &str) -> Answer {
    if phone == ADMINISTRATOR { browser.administrate(phone, password).await } else { browser.sign_in(phone, password, "").await }
}

#[track_caller]
fn is_in(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.text);
}

#[track_caller]
fn is_locked(answer: &Answer) {
    answer.says(422, &[LOCKED]);
    assert!(!answer.text.contains(WRONG), "{}", answer.text);
}

/// The browser of somebody who signed in here before.
async fn owner(shop: &Shop, phone: &str) -> Browser {
    let browser = Browser::desktop(shop);
    is_in(&knock(&browser, phone, PASSWORD).await);
    browser
}

/// Guesses until the door is shut.
async fn shut(browser: &Browser, phone: &str) {
    for _ in 0..4 {
        knock(browser, phone, "wrong").await.says(422, &[WRONG]);
    }
    is_locked(&knock(browser, phone, "wrong").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_guess_shut_their_own_door_and_never_the_owners() {
    for shop in Shop::on_each_engine().await {
        for phone in [MANAGER, ADMINISTRATOR] {
            let (owner, stranger) = (owner(&shop, phone).await, Browser::desktop(&shop));
            shut(&stranger, phone).await;
            is_in(&knock(&owner, phone, PASSWORD).await);
            is_locked(&knock(&stranger, phone, PASSWORD).await);
            is_locked(&knock(&Browser::desktop(&shop), phone, PASSWORD).await);
            assert_eq!(stranger.cookie(COOKIE), None, "nothing is kept of a try");
            // The owner's own guesses count at a door of their own, which is shut as long as any other.
            shut(&owner, phone).await;
            is_locked(&knock(&owner, phone, PASSWORD).await);
        }
        shop.world.hands.pass_ms(TWO_HOURS_MS - 1);
        for phone in [MANAGER, ADMINISTRATOR] {
            is_locked(&knock(&Browser::desktop(&shop), phone, PASSWORD).await);
        }
        shop.world.hands.pass_ms(1);
        for phone in [MANAGER, ADMINISTRATOR] {
            is_in(&knock(&Browser::desktop(&shop), phone, PASSWORD).await);
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_door_is_shut_for_two_hours_to_the_millisecond_while_others_still_enter() {
    let shop = Shop::open().await;
    for phone in [MANAGER, ADMINISTRATOR] {
        let owner = owner(&shop, phone).await;
        shut(&owner, phone).await;
        is_in(&knock(&Browser::desktop(&shop), phone, PASSWORD).await);
        shop.world.hands.pass_ms(TWO_HOURS_MS - 1000);
        is_locked(&knock(&owner, phone, PASSWORD).await);
        shop.world.hands.pass_ms(999);
        is_locked(&knock(&owner, phone, PASSWORD).await);
        shop.world.hands.pass_ms(1);
        is_in(&knock(&owner, phone, PASSWORD).await);
        // The right password in between begins the count anew.
        for _ in 0..2 {
            for _ in 0..4 {
                knock(&owner, phone, "wrong").await.says(422, &[WRONG]);
            }
            is_in(&knock(&owner, phone, PASSWORD).await);
        }
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_that_was_changed_is_somebody_elses_or_too_old_is_worth_nothing() {
    let shop = Shop::open().await;
    let owner = owner(&shop, MANAGER).await;
    let sealed = owner.cookie(COOKIE).unwrap();
    let colleagues = self::owner(&shop, COLLEAGUE).await.cookie(COOKIE).unwrap();
    for (phone, stranger) in [(MANAGER, Browser::desktop(&shop)), (NOBODY, Browser::desktop(&shop))] {
        shut(&stranger, phone).await;
    }
    let (value, rest) = sealed.split_once('.').unwrap();
    let changed = format!("{}{}.{rest}", if value.starts_with('A') { 'B' } else { 'A' }, &value[1..]);
    // What was sealed for another purpose, of the same person.
    let other_purpose = shop.site.seal.seal("choice", "[]", shop.world.hands.now().plus_ms(DAY_MS));
    for cookie in [changed.as_str(), &colleagues, &other_purpose, "x", ""] {
        let thief = Browser::desktop(&shop);
        thief.keep("127.0.0.1", COOKIE, cookie);
        is_locked(&knock(&thief, MANAGER, PASSWORD).await);
    }
    // It opens the door of the person whom it names alone, and tells nothing of anybody else.
    let [known, unknown] = [&owner, &Browser::desktop(&shop)];
    for browser in [known, unknown] {
        is_locked(&knock(browser, NOBODY, PASSWORD).await);
    }
    is_in(&knock(&owner, MANAGER, PASSWORD).await);
    let attributes = "Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=Lax";
    let again = knock(&owner, MANAGER, PASSWORD).await;
    let lines: Vec<&str> = again.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert!(lines.iter().any(|line| line.starts_with(COOKIE) && line.ends_with(attributes)), "{lines:?}");
    shop.world.hands.pass_ms(180 * DAY_MS - 1);
    shut(&Browser::desktop(&shop), MANAGER).await;
    is_in(&knock(&owner, MANAGER, PASSWORD).await);
    owner.keep("127.0.0.1", COOKIE, &sealed);
    shop.world.hands.pass_ms(1);
    is_locked(&knock(&owner, MANAGER, PASSWORD).await);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_people_sign_in_with_one_browser_and_each_is_known_there() {
    let shop = Shop::open().await;
    let browser = Browser::desktop(&shop);
    let people = [ADMINISTRATOR, MANAGER, COLLEAGUE];
    for phone in people {
        is_in(&knock(&browser, phone, PASSWORD).await);
        shut(&Browser::desktop(&shop), phone).await;
    }
    // One who mistypes shuts nobody else out.
    shut(&browser, MANAGER).await;
    for phone in [ADMINISTRATOR, COLLEAGUE] {
        is_in(&knock(&browser, phone, PASSWORD).await);
    }
    browser.post("/m/sign-out", &[]).await;
    is_in(&knock(&browser, COLLEAGUE, PASSWORD).await);
    shop.close().await;
}

/// Gives somebody a link to set a password; its secret is their number.
struct GiveLink(Phone, domain::Millis);

impl Command for GiveLink {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let account = accounts::by_phone(tx, &self.0).await?.expect("the demo has them").id;
        sessions::insert_link(tx, &sha256(self.0.as_str()), account, self.1).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_makes_every_trusted_browser_a_strangers() {
    for shop in Shop::on_each_engine().await {
        for phone in [MANAGER, ADMINISTRATOR] {
            let (here, there) = (owner(&shop, phone).await, owner(&shop, phone).await);
            let until = shop.world.hands.now().plus_ms(1000);
            shop.site.store.write(GiveLink(Phone::parse(phone).unwrap(), until)).await.unwrap();
            let new = [("password", NEW_PASSWORD.to_owned()), ("again", NEW_PASSWORD.to_owned())];
            assert_eq!(here.post(&format!("/password/{phone}"), &new).await.status, 200);
            shop.world.hands.pass_ms(2000);
            is_in(&knock(&here, phone, NEW_PASSWORD).await);
            shut(&Browser::desktop(&shop), phone).await;
            is_locked(&knock(&there, phone, NEW_PASSWORD).await);
            is_in(&knock(&here, phone, NEW_PASSWORD).await);
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_and_a_suspension_make_every_trusted_browser_a_strangers() {
    let shop = Shop::open().await;
    let (manager, admin) = (owner(&shop, MANAGER).await, Browser::administrator(&shop).await);
    let list = admin.open("/admin/managers").await.text;
    let row = list.split("<tr>").find(|row| row.contains("王敏")).unwrap();
    let page = row.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    for act in ["suspend", "reinstate"] {
        assert_eq!(admin.post(&format!("{page}/{act}"), &[]).await.status, 303, "{act}");
    }
    shut(&Browser::desktop(&shop), MANAGER).await;
    is_locked(&knock(&manager, MANAGER, PASSWORD).await);
    shop.world.hands.pass_ms(TWO_HOURS_MS);

    let browsers = [owner(&shop, MANAGER).await, owner(&shop, MANAGER).await];
    browsers[1].submit("/m/not-me", &[("way", "sms".to_owned())]).await.says(200, &["138****8000"]);
    let code = shop.world.code(MANAGER, 1).await;
    browsers[1].submit("/m/proof", &[("code", code)]).await.says(200, &["设置密码"]);
    shut(&Browser::desktop(&shop), MANAGER).await;
    for browser in &browsers {
        is_locked(&knock(browser, MANAGER, PASSWORD).await);
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_wechat_a_browser_is_trusted_only_after_the_second_step() {
    let shop = Shop::open().await;
    let owner = Browser::wechat(&shop);
    let asked = owner.sign_in(MANAGER, PASSWORD, "").await;
    assert!(asked.header("location").contains("oauth2/authorize"), "{}", asked.header("location"));
    assert_eq!(owner.cookie(COOKIE), None, "the password alone is not a sign-in");
    owner.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
    // Another identity needs a code by SMS, and until it is typed the browser is a stranger's.
    let other = Browser::wechat(&shop);
    other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
    assert_eq!(other.cookie(COOKIE), None);
    shut(&Browser::desktop(&shop), MANAGER).await;
    is_locked(&knock(&other, MANAGER, PASSWORD).await);
    owner.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
    shop.world.hands.pass_ms(TWO_HOURS_MS);
    other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["138****8000"]);
    let code = shop.world.code(MANAGER, 2).await;
    other.submit("/m/proof", &[("code", code)]).await.says(200, &["收款码"]);
    shut(&Browser::desktop(&shop), MANAGER).await;
    other.sign_in_through(MANAGER, PASSWORD).await.says(200, &["收款码"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_opens_every_door_of_a_number() {
    let shop = Shop::open().await;
    let (owner, stranger) = (owner(&shop, MANAGER).await, Browser::desktop(&shop));
    for browser in [&owner, &stranger] {
        shut(browser, MANAGER).await;
    }
    let unlock = || Unlock { phone: Phone::parse(MANAGER).unwrap(), now: shop.world.hands.now() };
    assert!(shop.site.store.write(unlock()).await.unwrap());
    assert!(!shop.site.store.write(unlock()).await.unwrap(), "nothing is left to open");
    for browser in [&owner, &stranger] {
        is_in(&knock(browser, MANAGER, PASSWORD).await);
    }
    shop.close().await;
}
