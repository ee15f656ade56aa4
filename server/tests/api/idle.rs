//! An administrator who leaves the screen is signed out after half an hour; a manager stays signed in.

use server::demo::{ADMINISTRATOR, PASSWORD};
use server::store::sessions::EndWhy;

use crate::browser::{Answer, Browser, encoded};
use crate::office_codes::hidden;
use crate::scene::Shop;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const FORM: &str = "application/x-www-form-urlencoded";
const PAGE: &str = "/admin/managers?q=%E7%8E%8B";
const UNUSED: &str = "超过 30 分钟没有操作";

async fn back_in(browser: &Browser, next: &str) -> Answer {
    let pairs = [("phone", ADMINISTRATOR), ("password", PASSWORD), ("next", next)].map(|(name, value)| (name, value.to_owned()));
    browser.post("/admin/sign-in", &pairs).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_does_nothing_for_half_an_hour_signs_in_anew_and_returns_to_the_page() {
    for shop in Shop::on_each_engine().await {
        let (admin, manager) = (Browser::administrator(&shop).await, Browser::manager(&shop, "13800138000").await);
        // Each use counts anew.
        for _ in 0..3 {
            shop.world.hands.pass_ms(30 * MINUTE - SECOND);
            assert_eq!(admin.open(PAGE).await.status, 200, "{}", shop.place.engine);
        }
        let (token, used_at) = (admin.cookie("__Host-admin").unwrap(), shop.world.hands.now());
        shop.world.hands.pass_ms(30 * MINUTE);
        let turned = admin.ask("GET", PAGE, &[], None).await;
        assert_eq!((turned.status, turned.header("location").contains("why=ended")), (303, true), "{}", turned.header("location"));
        let door = admin.open(PAGE).await;
        door.says(200, &[UNUSED, "name=\"password\""]);
        let next = hidden(&door.text, "next");
        assert_eq!(next, PAGE);
        admin.open(&format!("{}&lang=en", turned.header("location"))).await.says(200, &["Nothing was done here for 30 minutes"]);
        let entered = back_in(&admin, &next).await;
        assert_eq!((entered.status, entered.header("location")), (303, PAGE), "{}", entered.text);
        assert_eq!(admin.open(&format!("{PAGE}&lang=zh")).await.status, 200);
        // It ended by itself, then, and not by the sign-in that came after.
        let ended = shop.site.sign_ins.ended(&token).await.unwrap().unwrap();
        assert_eq!((ended.why, ended.ended_at_ms, ended.by_device), (EndWhy::Expired, used_at.plus_ms(30 * MINUTE), None));
        manager.open("/m").await.says(200, &["王敏"]);
        shop.world.hands.pass_ms(29 * 86_400_000);
        manager.open("/m").await.says(200, &["王敏"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_on_working_is_signed_out_after_twelve_hours_and_not_for_doing_nothing() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    for _ in 0..24 {
        shop.world.hands.pass_ms(29 * MINUTE);
        assert_eq!(admin.open("/admin").await.status, 200);
    }
    shop.world.hands.pass_ms(24 * MINUTE - SECOND);
    assert_eq!(admin.open("/admin").await.status, 200, "11:59:59");
    shop.world.hands.pass_ms(SECOND);
    let door = admin.open("/admin").await;
    door.says(200, &["登录已结束", "name=\"password\""]);
    assert!(!door.text.contains("没有操作"), "{}", door.text);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_waits_on_its_page_until_somebody_signed_in_again() {
    let shop = Shop::with(|config| config.administrator_idle_ms = 5 * MINUTE).await;
    let admin = Browser::administrator(&shop).await;
    let page = admin.open("/admin/managers/new").await;
    let form = page.text.split("name=\"form\"").nth(1).unwrap().split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let typed = [("name", "周 & 可"), ("phone", "13611112222"), ("mail", "zhou@qinghe.example"), ("lang", "zh"), ("form", form)];
    let typed = typed.map(|(name, value)| (name, value.to_owned()));
    let (home, before) = (shop.url.clone(), shop.count("member").await);
    let referer = format!("{home}/admin/managers/new");
    let send =
        async |browser: &Browser| browser.ask("POST", "/admin/managers/new", &[("referer", &referer)], Some((FORM, encoded(&typed)))).await;
    shop.world.hands.pass_ms(5 * MINUTE);
    let kept = send(&admin).await;
    kept.says(
        401,
        &["超过 5 分钟没有操作", "什么都没有保存", "value=\"周 &amp; 可\"", "value=\"13611112222\"", "action=\"/admin/managers/new\""],
    );
    assert!(kept.is_page() && kept.text.contains("why=ended&amp;next=/admin/managers/new"), "{}", kept.text);
    assert_eq!(shop.count("member").await, before);
    let entered = back_in(&admin, "/admin/managers/new").await;
    assert_eq!((entered.status, entered.header("location")), (303, "/admin/managers/new"));
    assert_eq!(send(&admin).await.status, 303, "sent again as it stands there");
    assert_eq!(shop.count("member").await, before + 1);
    // A prepared page cannot lead elsewhere, and who signed out in another tab keeps what was typed as well.
    shop.world.hands.pass_ms(5 * MINUTE);
    let evil = [("referer", "https://evil.example/admin/../x")];
    let answer = admin.ask("POST", "/admin/managers/new", &evil, Some((FORM, encoded(&typed)))).await;
    assert!(answer.text.contains("next=/admin\""), "{}", answer.text);
    let stranger = send(&Browser::desktop(&shop)).await;
    stranger.says(401, &["登录已结束", "value=\"13611112222\"", "why=needed&amp;next=/admin/managers/new"]);
    shop.close().await;
}
