//! One account, several organisations: the password first, then which one.

use domain::account::Phone;
use domain::receivable::ManagerWriteOffs;
use domain::refund_right::ManagerRefunds;
use domain::{AmountRule, Role, TenantId};
use server::demo::{ADMINISTRATOR, PASSWORD};
use server::found::{Found, NewCode, NewPerson};
use server::fresh;
use server::store::codes::CodeKind;

use crate::browser::{Answer, Browser};
use crate::scene::Shop;

const MANAGER: &str = "13800138000";
const CHOICE: &str = "/m/sign-in/organisation";
const OTHER: &str = "蓝海幼儿园";
/// A list whose words would become others, decoded once too often.
const LINK: &str = "/m/receipts?q=%E5%BC%A0%E4%B8%89%26x%3D1";

impl Shop {
    /// Another organisation with the same manager and administrator, and somebody whom nobody knows.
    async fn found_another(&self, manager: &str) -> (TenantId, String) {
        let now = self.world.hands.now();
        let tenant = TenantId::of(fresh::uuid(now));
        let person = |phone: &str, role| NewPerson::new(Phone::parse(phone).unwrap(), "王敏", role, now);
        let (manager, administrator) = (person(manager, Role::Manager), person(ADMINISTRATOR, Role::Administrator));
        let form = domain::form::FormSchema { version: 1, fields: vec![] };
        let code = NewCode::new(tenant, manager.account, "园里的码", CodeKind::App, AmountRule::Free, form, now);
        let links = [&manager, &administrator].map(|person| (person.account, fresh::token(), now.plus_ms(86_400_000))).to_vec();
        let (secret, ids) = (links[0].1.clone(), [manager.account, administrator.account]);
        let found = Found {
            tenant,
            name: OTHER.to_owned(),
            is_open: true,
            contact: None,
            logo_png: None,
            manager_refunds: ManagerRefunds::Never,
            manager_write_offs: ManagerWriteOffs::Never,
            people: vec![manager, administrator],
            codes: vec![code],
            links,
            is_demo: false,
            now,
        };
        let known = self.site.store.write(found).await.unwrap();
        assert!(known.contains(&ids[1]), "whoever has a password keeps it");
        (tenant, secret)
    }
}

async fn choose(browser: &Browser, path: &str, tenant: &str) -> Answer {
    browser.post(path, &[("tenant", tenant.to_owned())]).await
}

/// The organisations to choose from, in their order.
fn names(page: &Answer) -> Vec<String> {
    let buttons = page.text.split("name=\"tenant\"").skip(1);
    buttons.map(|button| button.split('>').nth(1).unwrap().split(['<', '(', '（']).next().unwrap().trim().to_owned()).collect()
}

/// The value of an organisation's button.
fn tenant(page: &Answer, name: &str) -> String {
    let button = page.text.split("name=\"tenant\"").skip(1).find(|button| button.split("</button>").next().unwrap().contains(name));
    let button = button.unwrap_or_else(|| panic!("no {name}: {}", page.text));
    button.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_for_two_organisations_chooses_after_the_password_and_the_last_one_stands_first() {
    for shop in Shop::on_each_engine().await {
        let here = Browser::manager(&shop, MANAGER).await;
        let (other, secret) = shop.found_another(MANAGER).await;
        assert_eq!(Browser::desktop(&shop).open(&format!("/password/{secret}")).await.status, 410, "there is no link for a known account");
        // Without the password nobody learns of it.
        let browser = Browser::desktop(&shop);
        browser.sign_in(MANAGER, "wrong", "").await.says(422, &["手机号或密码不对"]);
        browser.open(CHOICE).await.says(200, &["name=\"password\""]);
        shop.world.hands.pass_ms(60_000);
        let asked = browser.sign_in(MANAGER, PASSWORD, LINK).await;
        assert_eq!((asked.status, asked.header("location")), (303, CHOICE));
        assert!(browser.cookie("__Host-session").is_none());
        let page = browser.open(CHOICE).await;
        page.says(200, &["选择单位", "（上次进入）"]);
        assert_eq!(names(&page), ["青禾实验学校", OTHER]);
        assert_eq!(here.ask("GET", "/m", &[], None).await.status, 200, "the password alone evicts nobody");
        // Only what is offered is taken.
        let all = server::store::tenants::all(&mut shop.site.store.read().await.unwrap().tx()).await.unwrap();
        let stranger = all.iter().find(|tenant| tenant.id != other && tenant.name != "青禾实验学校").unwrap();
        let closed = stranger.id.to_string();
        for odd in ["", "x", closed.as_str(), "0199a0b1c2d3e4f50617283940516273"] {
            choose(&browser, CHOICE, odd).await.says(422, &["请从下面选一个单位", OTHER]);
        }
        let chosen = choose(&browser, CHOICE, &tenant(&page, OTHER)).await;
        assert_eq!((chosen.status, chosen.header("location")), (303, LINK));
        browser.open("/m").await.says(200, &["园里的码"]);
        assert_eq!(here.ask("GET", "/m", &[], None).await.status, 303, "one place at a time");
        browser.open(CHOICE).await.says(200, &["园里的码"]);

        // The next time it stands first.
        shop.world.hands.pass_ms(60_000);
        let again = Browser::desktop(&shop);
        again.sign_in(MANAGER, PASSWORD, "").await;
        let page = again.open(&format!("{CHOICE}?lang=en")).await;
        page.says(200, &["Choose an organisation", "(last time)"]);
        assert_eq!(names(&page), [OTHER, "青禾实验学校"]);
        assert_eq!(choose(&again, CHOICE, &tenant(&page, "青禾实验学校")).await.header("location"), "/m");
        assert!(!again.open("/m").await.text.contains("园里的码"));

        // Whoever is suspended in one of them has nothing to choose.
        let sql = format!(
            "UPDATE member SET suspended_at_ms = 1 WHERE role = 'manager' AND tenant = (SELECT id FROM tenant WHERE name = '{OTHER}')"
        );
        shop.place.bare().await.run(&sql).await;
        let third = Browser::desktop(&shop);
        assert_eq!(third.sign_in(MANAGER, PASSWORD, "").await.header("location"), "/m");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_over_with_its_time_and_with_the_password() {
    let shop = Shop::open().await;
    shop.found_another(MANAGER).await;
    let browser = Browser::desktop(&shop);
    browser.sign_in(MANAGER, PASSWORD, "").await;
    let page = browser.open(CHOICE).await;
    let other = tenant(&page, OTHER);
    shop.world.hands.pass_ms(10 * 60_000);
    assert_eq!(choose(&browser, CHOICE, &other).await.header("location"), "/m/sign-in");
    browser.sign_in(MANAGER, PASSWORD, "").await;
    shop.place.bare().await.run("UPDATE account SET password_hash = '!'").await;
    choose(&browser, CHOICE, &other).await.says(422, &["手机号或密码不对"]);
    assert!(browser.cookie("__Host-session").is_none());
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_wechat_the_choice_comes_before_the_trip() {
    let shop = Shop::open().await;
    shop.found_another(MANAGER).await;
    let phone = Browser::wechat(&shop);
    let typed = [("phone", MANAGER.to_owned()), ("password", PASSWORD.to_owned()), ("next", LINK.to_owned())];
    let page = phone.submit("/m/sign-in", &typed).await;
    page.says(200, &["选择单位"]);
    assert!(page.header("content-security-policy").contains("form-action"), "{:?}", page.headers);
    let landed = phone.submit(CHOICE, &[("tenant", tenant(&page, OTHER))]).await;
    assert_eq!((landed.status, landed.url), (200, format!("{}{LINK}", shop.url)));
    phone.open("/m").await.says(200, &["园里的码"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_of_two_organisations_chooses_too() {
    for shop in Shop::on_each_engine().await {
        // Somebody new collects there: they get a link, the administrator keeps their password.
        let (_, secret) = shop.found_another("13611112222").await;
        Browser::desktop(&shop).open(&format!("/password/{secret}")).await.says(200, &["王敏"]);
        let admin = Browser::desktop(&shop);
        let link = "/admin/managers?q=%E5%BC%A0%26page%3D2";
        let typed = [("phone", ADMINISTRATOR.to_owned()), ("password", PASSWORD.to_owned()), ("next", link.to_owned())];
        let asked = admin.post("/admin/sign-in", &typed).await;
        assert_eq!((asked.status, asked.header("location")), (303, "/admin/sign-in/organisation"));
        let page = admin.open("/admin/sign-in/organisation").await;
        page.says(200, &["选择单位", "青禾实验学校", OTHER]);
        // The choice of an administrator is none of a manager.
        assert_eq!(choose(&admin, CHOICE, &tenant(&page, OTHER)).await.header("location"), "/m/sign-in");
        let chosen = choose(&admin, "/admin/sign-in/organisation", &tenant(&page, OTHER)).await;
        assert_eq!((chosen.status, chosen.header("location")), (303, link));
        admin.open("/admin/managers").await.says(200, &[OTHER, "13611112222"]);
        assert!(!admin.open("/admin/managers").await.text.contains("13800138001"), "nothing of the other organisation");
        shop.close().await;
    }
}
