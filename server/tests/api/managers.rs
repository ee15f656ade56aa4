//! What an administrator does with managers: registering them by mail, seeing what became of the mail, correcting, suspending.

use serde_json::json;
use server::demo::{ADMINISTRATOR, PASSWORD};

use crate::browser::{Answer, Browser};
use crate::debts::debt;
use crate::scene::{Shop, form, until};

const MANAGER: &str = "13800138000";
const NEW: &str = "13611112222";
const MAIL: &str = "zhou@qinghe.example";
const NEW_PASSWORD: &str = "a fine new one";
const DAY_MS: i64 = 86_400_000;

/// The form that is chosen at first on the page that registers.
async fn form_id(browser: &Browser) -> String {
    let page = browser.open("/admin/managers/new").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let radio = page.text.split("name=\"form\"").nth(1).expect("there is a form to choose");
    radio.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn register(browser: &Browser, name: &str, phone: &str, mail: &str, lang: &str) -> Answer {
    let form = form_id(browser).await;
    let pairs = [("name", name), ("phone", phone), ("mail", mail), ("lang", lang), ("form", form.as_str())];
    browser.post("/admin/managers/new", &pairs.map(|(name, value)| (name, value.to_owned()))).await
}

/// The page of the manager that an answer leads to.
fn page_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").split('?').next().unwrap().to_owned()
}

/// The manager's page in the list, by name.
async fn find(browser: &Browser, name: &str) -> String {
    let list = browser.open("/admin/managers").await.text;
    let row = list.split("<tr>").find(|row| row.contains(name)).unwrap_or_else(|| panic!("{name} is not listed: {list}"));
    row.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Where a mail's link leads on this server.
fn link(mail: &serde_json::Value, shop: &Shop) -> String {
    let link = mail["links"][0].as_str().expect("the mail has a link");
    link.strip_prefix(&shop.url).unwrap_or_else(|| panic!("{link} is not ours")).to_owned()
}

async fn set_password(browser: &Browser, link: &str, password: &str) -> Answer {
    browser.post(link, &[("password", password.to_owned()), ("again", password.to_owned())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_registered_sets_a_password_by_mail_and_collects_with_a_code_of_their_own() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin/managers").await.says(200, &["收款人", "王敏", "13800138000", "已开通", "青禾实验学校", "何主任"]);
        let page = page_of(&register(&admin, " 周可 ", "136 1111 2222", "Zhou@Qinghe.example", "zh").await);
        let mail = shop.world.mail("zhou@qinghe.example", 1).await;
        assert_eq!(mail["subject"], "青禾实验学校请您开通收码", "{mail}");
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains("周可") && text.contains("24 小时"), "{text}");
        until("the page says that it went out", async || admin.open(&page).await.text.contains("已发邮件，等对方设置密码").then_some(()))
            .await;
        let phone = Browser::desktop(&shop);
        assert_eq!(phone.sign_in(NEW, PASSWORD, "").await.status, 422, "there is no default password");
        let link = link(&mail, &shop);
        phone.open(&link).await.says(200, &["周可"]);
        assert_eq!(set_password(&phone, &link, NEW_PASSWORD).await.status, 200);
        assert_eq!(set_password(&phone, &link, NEW_PASSWORD).await.status, 410, "a link sets one password");
        assert_eq!(phone.sign_in(NEW, NEW_PASSWORD, "").await.status, 303);
        phone.open("/m").await.says(200, &["周可", "默认收款码"]);
        admin.open(&page).await.says(200, &["已开通", "Zhou@qinghe.example", "Linux 电脑 · Chrome"]);
        // Their code collects.
        let desk = phone.function("manager/desk", json!({})).await.json();
        let token = desk["token"].as_str().expect("a code is shown").to_owned();
        let paid = Browser::wechat(&shop).submit(&format!("/p/{token}"), &form("3")).await;
        assert_eq!(paid.status, 200, "{}", paid.text);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_is_seen_beside_the_manager_and_corrected() {
    for shop in Shop::on_each_engine().await {
        shop.world.control("/_sim/mail", json!({"refused": ["typo@qinghe.example"]})).await;
        let admin = Browser::administrator(&shop).await;
        let page = page_of(&register(&admin, "周可", NEW, "typo@qinghe.example", "en").await);
        until("the refusal is told", async || admin.open(&page).await.text.contains("550 5.1.1").then_some(())).await;
        admin.open(&page).await.says(200, &["邮件被拒收", "no such user here", "typo@qinghe.example"]);
        for said in ["registered", "sent", "saved_sent"] {
            let late = admin.open(&format!("{page}?said={said}")).await;
            assert!(
                late.text.contains("邮件被拒收") && !late.text.contains("class=\"note\""),
                "a mail that came back is not on its way: {said}"
            );
        }
        admin.open("/admin/managers").await.says(200, &["邮件被拒收", "no such user here"]);
        let contact = |mail: &str| [("name", "周可".to_owned()), ("mail", mail.to_owned()), ("lang", "en".to_owned())];
        let wrong = admin.post(&format!("{page}/contact"), &contact("zhou at qinghe")).await;
        wrong.says(422, &["请填写正确的邮箱", "zhou at qinghe"]);
        let corrected = admin.post(&format!("{page}/contact"), &contact(MAIL)).await;
        assert!(corrected.header("location").ends_with("said=saved_sent"), "{}", corrected.header("location"));
        let mail = shop.world.mail(MAIL, 1).await;
        assert_eq!(mail["subject"], "青禾实验学校 invites you to Shouma");
        assert!(mail["text"].as_str().unwrap().starts_with("Hello 周可,"), "{mail}");
        assert_eq!(shop.world.mails("typo@qinghe.example").await.len(), 0);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_says_not_now_is_asked_again_and_the_link_is_drawn_anew() {
    let shop = Shop::open().await;
    shop.world.control("/_sim/faults", json!({"door": "mail", "fault": "451", "times": 2, "only": MAIL})).await;
    let admin = Browser::administrator(&shop).await;
    let page = page_of(&register(&admin, "周可", NEW, MAIL, "zh").await);
    until("the first try failed", async || admin.open(&page).await.text.contains("451 4.7.1").then_some(())).await;
    admin.open(&format!("{page}?said=registered")).await.says(200, &["邮件发送中", "自动重试", "已登记，邮件马上发出"]);
    assert_eq!(shop.world.mails(MAIL).await.len(), 0);
    for (ms, tries) in [(30_000, 2), (60_000, 3)] {
        shop.world.hands.pass_ms(ms);
        until(&format!("try {tries}"), async || admin.open(&page).await.text.contains(&format!("试了 {tries} 次")).then_some(())).await;
    }
    let mail = shop.world.mail(MAIL, 1).await;
    assert_eq!(set_password(&Browser::desktop(&shop), &link(&mail, &shop), NEW_PASSWORD).await.status, 200);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_trouble_at_the_mail_server_is_no_fault_of_the_address() {
    let shop = Shop::open().await;
    shop.world.control("/_sim/faults", json!({"door": "mail-auth", "fault": "535", "times": 1})).await;
    let admin = Browser::administrator(&shop).await;
    let page = page_of(&register(&admin, "周可", NEW, MAIL, "zh").await);
    until("the first try failed", async || admin.open(&page).await.text.contains("535").then_some(())).await;
    admin.open(&page).await.says(200, &["邮件发送中"]);
    shop.world.hands.pass_ms(30_000);
    shop.world.mail(MAIL, 1).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lasts_a_day_and_another_can_be_sent_after_a_minute() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    let page = page_of(&register(&admin, "周可", NEW, MAIL, "zh").await);
    let first = link(&shop.world.mail(MAIL, 1).await, &shop);
    let send = format!("{page}/send");
    until("it is sent", async || admin.open(&page).await.text.contains("等对方设置密码").then_some(())).await;
    assert!(admin.post(&send, &[]).await.header("location").ends_with("said=just"));
    shop.world.hands.pass_ms(DAY_MS - 1);
    let phone = Browser::desktop(&shop);
    phone.open(&first).await.says(200, &["周可"]);
    shop.world.hands.pass_ms(1);
    assert_eq!(phone.open(&first).await.status, 410);
    // An administrator's session lasts a working day.
    let admin = Browser::administrator(&shop).await;
    admin.open(&page).await.says(200, &["链接已过期"]);
    assert!(admin.post(&send, &[]).await.header("location").ends_with("said=sent"));
    let second = link(&shop.world.mail(MAIL, 2).await, &shop);
    assert_ne!(first, second);
    assert_eq!(set_password(&phone, &second, NEW_PASSWORD).await.status, 200);
    shop.world.hands.pass_ms(60_000);
    assert!(admin.post(&send, &[]).await.header("location").ends_with("said=sent"));
    let third = shop.world.mail(MAIL, 3).await;
    assert_eq!(third["subject"], "重新设置收码的登录密码", "whoever has a password is sent a recovery");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_said_at_its_field_and_kept() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    let table = [
        ("", NEW, MAIL, "请填写姓名"),
        ("周可", "1361111222", MAIL, "请填写 11 位手机号"),
        ("周可", NEW, "zhou@qinghe", "请填写正确的邮箱"),
        ("周可", MANAGER, MAIL, "这个手机号已是本单位的收款人"),
    ];
    for (name, phone, mail, expected) in table {
        let answer = register(&admin, name, phone, mail, "en").await;
        answer.says(422, &[expected, "aria-invalid=\"true\"", &format!("value=\"{phone}\""), &format!("value=\"{mail}\"")]);
        assert_eq!(answer.text.matches("role=\"alert\"").count(), 1, "{expected}");
    }
    assert_eq!(shop.world.mails(MAIL).await.len(), 0);
    assert_eq!(shop.count("letter").await, 0);
    let odd = [("name", "周可"), ("phone", NEW), ("mail", MAIL), ("form", "0199a0b1c2d3e4f50617283940516273")];
    admin.post("/admin/managers/new", &odd.map(|(name, value)| (name, value.to_owned()))).await.says(422, &["请选择表单"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_an_account_already_joins_under_their_own_name_and_address() {
    let shop = Shop::open().await;
    let admin = Browser::administrator(&shop).await;
    // The card holder has an account and a password.
    let page = page_of(&register(&admin, "别的名字", "13900139000", "evil@attacker.example", "zh").await);
    admin.open(&page).await.says(200, &["林工", "13900139000@qinghe.example", "已开通"]);
    let mail = shop.world.mail("13900139000@qinghe.example", 1).await;
    assert_eq!(mail["subject"], "青禾实验学校已把您登记为收款人");
    assert_eq!(mail["links"][0], format!("{}/m", shop.url), "it opens nothing by itself");
    assert_eq!(shop.world.mails("evil@attacker.example").await.len(), 0);
    Browser::manager(&shop, "13900139000").await.open("/m").await.says(200, &["林工"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_cannot_redirect_the_mail_of_whom_others_know() {
    let shop = Shop::open().await;
    // 刘洋 also administrates another organisation.
    let mut conn = shop.site.store.read().await.unwrap();
    let tenants = server::store::tenants::all(&mut conn.tx()).await.unwrap();
    let phone = domain::account::Phone::parse("13800138001").unwrap();
    let account = server::store::accounts::by_phone(&mut conn.tx(), &phone).await.unwrap().unwrap().id;
    drop(conn);
    let other = tenants.iter().find(|tenant| tenant.name.contains("旧校区")).unwrap().id;
    let mut bare = shop.place.bare().await;
    let role = domain::Role::Administrator;
    server::store::accounts::add_member(&mut bare.tx(), other, account, role, shop.world.hands.now()).await.unwrap();
    let admin = Browser::administrator(&shop).await;
    let page = find(&admin, "刘洋").await;
    let shown = admin.open(&page).await;
    shown.says(200, &["只能由本人修改"]);
    assert!(!shown.text.contains(&format!("{page}/contact")), "there is nothing to fill in");
    let contact = [("name", "刘洋".to_owned()), ("mail", "evil@attacker.example".to_owned())];
    let answer = admin.post(&format!("{page}/contact"), &contact).await;
    assert!(answer.header("location").ends_with("said=not_ours"), "{}", answer.header("location"));
    let mut conn = shop.site.store.read().await.unwrap();
    let mail = server::store::accounts::by_phone(&mut conn.tx(), &phone).await.unwrap().unwrap().mail.unwrap();
    drop(conn);
    assert_eq!(mail.as_str(), "13800138001@qinghe.example");

    // Who belongs to another organisation is not drawn into this one by their number, and nothing of theirs is shown.
    let holder = domain::account::Phone::parse(server::demo::HOLDER).unwrap();
    let mut conn = shop.site.store.read().await.unwrap();
    let holder = server::store::accounts::by_phone(&mut conn.tx(), &holder).await.unwrap().unwrap().id;
    drop(conn);
    server::store::accounts::add_member(&mut bare.tx(), other, holder, domain::Role::Manager, shop.world.hands.now()).await.unwrap();
    let answer = register(&admin, "别的名字", server::demo::HOLDER, "evil@attacker.example", "zh").await;
    answer.says(422, &["已在另一个单位登记", "别的名字"]);
    assert!(!answer.text.contains("林工") && !answer.text.contains("13900139000@qinghe.example"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_manager_is_out_at_once_and_their_codes_go_on_unless_asked() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let admin = Browser::administrator(&shop).await;
        let page = find(&admin, "王敏").await;
        let suspend = format!("{page}/suspend");
        assert!(admin.post(&suspend, &[]).await.header("location").ends_with("said=suspended"));
        assert_eq!(manager.ask("GET", "/m", &[], None).await.status, 303, "the open session ended");
        assert!(admin.post(&suspend, &[]).await.header("location").ends_with("said=before"));
        Browser::desktop(&shop).sign_in(MANAGER, PASSWORD, "").await.says(422, &["已被管理员停用"]);
        Browser::desktop(&shop).sign_in(MANAGER, "wrong", "").await.says(422, &["手机号或密码"]);
        Browser::wechat(&shop).open("/p/demo").await.says(200, &["教务处"]);
        assert!(admin.post(&format!("{page}/send"), &[]).await.header("location").ends_with("said=is_suspended"));
        admin.open(&page).await.says(200, &["已停用", "恢复账号"]);
        assert!(admin.post(&format!("{page}/reinstate"), &[]).await.header("location").ends_with("said=reinstated"));
        assert_eq!(manager.ask("GET", "/m", &[], None).await.status, 303, "an ended session stays ended");
        Browser::manager(&shop, MANAGER).await.open("/m").await.says(200, &["王敏"]);

        assert!(admin.post(&suspend, &[("codes", "stop".to_owned())]).await.header("location").ends_with("said=suspended"));
        assert_ne!(Browser::wechat(&shop).open("/p/demo").await.status, 200, "stopped with the account");
        admin.open(&page).await.says(200, &["随账号停用"]);
        admin.post(&format!("{page}/reinstate"), &[]).await;
        Browser::wechat(&shop).open("/p/demo").await.says(200, &["教务处"]);
        assert_ne!(Browser::wechat(&shop).open("/p/demo-disabled").await.status, 200, "what was off before stays off");
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_about_to_suspend_somebody_reads_how_many_codes_and_payment_links_that_is() {
    for shop in Shop::on_each_engine().await {
        const COLLEAGUE: &str = "13800138001";
        let manager = Browser::manager(&shop, COLLEAGUE).await;
        let admin = Browser::administrator(&shop).await;
        let page = format!("/admin/managers/{}", shop.account(COLLEAGUE).await);
        let before = admin.open(&page).await;
        let codes = before.text.split("同时停用其收款码（").nth(1).unwrap().split(' ').next().unwrap().parse::<i64>().unwrap();
        assert!(codes > 0 && !before.text.contains("付款链接（"), "{}", before.text);
        let debts = [
            shop.raise(&manager, &debt("1", false)).await,
            shop.raise(&manager, &debt("2", false)).await,
            shop.raise(&manager, &debt("3", false)).await,
        ];
        let link = format!("/p/{}", shop.debt(&debts[0]).await.token);
        let paid = format!("/p/{}", shop.debt(&debts[2]).await.token);
        let both = |links: i64| format!("同时停用其收款码（{codes} 个）和还没付清的应收款的付款链接（{links} 个）");
        admin.open(&page).await.says(200, &[&both(3), "应收款付款链接", "可用 3 个"]);
        // What is paid asks for nothing more, and its link is none to stop.
        shop.pay_debt(&paid, "").await;
        admin.open(&page).await.says(200, &[&both(2), &format!("可用 {codes} 个")]);
        admin.post(&format!("{page}/suspend"), &[]).await;
        admin.open(&page).await.says(200, &["收款码和应收款的付款链接照常收款", "可用 2 个"]);
        assert_eq!(Browser::wechat(&shop).open(&link).await.status, 200, "they go on unless asked");
        admin.post(&format!("{page}/reinstate"), &[]).await;
        admin.post(&format!("{page}/suspend"), &[("codes", "stop".to_owned())]).await;
        let stopped = [format!("可用 0 个 · 随账号停用 {codes} 个"), "可用 0 个 · 随账号停用 2 个".to_owned()];
        admin.open(&page).await.says(200, &[&stopped[0], &stopped[1], "随账号停用的收款码和付款链接一并恢复"]);
        assert_ne!(Browser::wechat(&shop).open(&link).await.status, 200);
        admin.post(&format!("{page}/reinstate"), &[]).await;
        admin.open(&format!("{page}?lang=en")).await.says(200, &[&format!("Stop their codes too ({codes}), and the payment links"), "(2)"]);
        assert_eq!(Browser::wechat(&shop).open(&link).await.status, 200);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_see_these_pages_and_only_their_own_organisation() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let stranger = Browser::desktop(&shop);
    for browser in [&manager, &stranger] {
        for path in ["/admin/managers", "/admin/managers/new", "/admin/nothing", "/admin/managers/0199a0b1c2d3e4f50617283940516273"] {
            let answer = browser.ask("GET", path, &[], None).await;
            assert_eq!(answer.status, 303, "{path}");
            assert!(
                answer.header("location").starts_with("/admin/sign-in?why=needed&next=%2Fadmin")
                    || answer.header("location").contains("next=/admin"),
                "{path}: {}",
                answer.header("location")
            );
        }
        let posted = browser.post("/admin/managers/0199a0b1c2d3e4f50617283940516273/suspend", &[]).await;
        assert!(posted.header("location").starts_with("/admin/sign-in"), "{}", posted.header("location"));
    }
    stranger.administrate(MANAGER, PASSWORD).await.says(422, &["此账号不是管理员"]);
    stranger.administrate(ADMINISTRATOR, "wrong").await.says(422, &["手机号或密码不对", ADMINISTRATOR]);
    stranger.sign_in(ADMINISTRATOR, PASSWORD, "").await.says(422, &["没有收款的权限"]);
    let admin = Browser::administrator(&shop).await;
    admin.open("/admin/managers/0199a0b1c2d3e4f50617283940516273").await.says(404, &["没有这个收款人"]);
    admin.open("/admin/nothing").await.says(404, &["没有这个页面"]);
    // 蒋明 collects at the closed organisation as payee of a plate only: no member there, so not listed anywhere else.
    admin.open("/admin/managers?q=13800138009").await.says(200, &["蒋明", "共 1 人"]);
    admin.open("/admin/managers?q=%E7%8E%8B%E6%95%8F").await.says(200, &["王敏", "共 1 人"]);
    admin.open("/admin/managers?q=nobody&lang=en").await.says(200, &["No manager matches", "0 in all"]);
    let foreign = admin.ask("POST", "/admin/sign-out", &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], None).await;
    assert_eq!(foreign.status, 403);
    let gone = admin.post("/admin/sign-out", &[]).await;
    assert_eq!(gone.header("location"), "/admin/sign-in?why=signed_out");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_signs_in_elsewhere_is_told_where_and_a_manager_beside_it_stays() {
    let shop = Shop::open().await;
    let first = Browser::administrator(&shop).await;
    // The same browser may hold a manager's session too.
    assert_eq!(first.sign_in(MANAGER, PASSWORD, "").await.status, 303);
    first.open("/m").await.says(200, &["王敏"]);
    shop.world.hands.pass_ms(60_000);
    let _second = Browser::administrator(&shop).await;
    first.open("/admin/managers").await.says(200, &["12:01", "Linux 电脑 · Chrome"]);
    first.open("/m").await.says(200, &["王敏"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_the_administrator_is_told_so() {
    let shop = Shop::with(|config| config.mail = None).await;
    let admin = Browser::administrator(&shop).await;
    admin.open("/admin/managers").await.says(200, &["没有配置邮件服务器"]);
    let page = page_of(&register(&admin, "周可", NEW, MAIL, "zh").await);
    admin.open(&page).await.says(200, &["未配置邮件服务器", "shouma.toml"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_presses_the_button_twice_registers_somebody_once() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let (before, letters) = (shop.count("code").await, shop.count("letter").await);
        // The card holder has an account, so no phone number stands in the way of the second.
        let all = (0..6).map(|_| register(&admin, "林工", server::demo::HOLDER, "lin@qinghe.example", "zh"));
        let mut statuses: Vec<u16> = futures::future::join_all(all).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422, 422, 422, 422, 422], "{}: the others are told that it is done", shop.place.engine);
        assert_eq!(shop.count("code").await, before + 1, "{}", shop.place.engine);
        assert_eq!(shop.count("letter").await, letters + 1, "{}", shop.place.engine);
        shop.close().await;
    }
}
