//! Stores: made and closed by an administrator, and their money seen and heard by their own cashiers only (rows B83, B84, B90).

use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::live::Stream;
use crate::office_codes::{code_form, hidden};
use crate::scene::{Bill, Shop, digits, until};

/// The cashier of the east gate, of the west gate, and a manager who is none.
const EAST: &str = "13800138001";
const WEST: &str = "13800138002";
const NONE: &str = "13800138003";

/// Makes a store and answers its page.
pub async fn make_store(admin: &Browser, name: &str) -> String {
    let made = admin.post("/admin/stores", &[("name", name.to_owned())]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let page = made.header("location").split('?').next().unwrap().to_owned();
    admin.open(&page).await.says(200, &[name, "营业中", "还没有码牌", "还没有收银员"]);
    page
}

/// The person of this phone number, where somebody looks for a cashier.
async fn candidate(admin: &Browser, store: &str, phone: &str) -> String {
    let found = admin.open(&format!("{store}?q={phone}")).await;
    found.says(200, &[phone]);
    hidden(found.text.rsplit(phone).next().unwrap(), "account")
}

pub async fn add_cashier(admin: &Browser, store: &str, phone: &str) -> String {
    let account = candidate(admin, store, phone).await;
    let added = admin.post(&format!("{store}/add"), &[("account", account.clone())]).await;
    assert!(added.header("location").ends_with("done=added"), "{} {}", added.status, added.header("location"));
    account
}

/// Makes a plate of the store and answers the code's page and the address that payers open.
pub async fn make_plate(shop: &Shop, admin: &Browser, store: &str, name: &str) -> (String, String) {
    let id = store.rsplit('/').next().unwrap();
    let mut form = code_form(admin, id).await;
    form.push(("name", name.to_owned()));
    let made = admin.post("/admin/codes/new", &form).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let page = made.header("location").split('?').next().unwrap().to_owned();
    let shown = admin.open(&page).await;
    shown.says(200, &[name, "码牌"]);
    let url = shown.text.split("付款地址").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    (page, url.strip_prefix(&shop.url).unwrap().to_owned())
}

/// A payment through this address that is paid and known to be.
pub async fn paid<'a>(shop: &'a Shop, address: &str, amount: &str, student: &str) -> Bill<'a> {
    let form = [("amount", amount.to_owned()), ("field.student", student.to_owned()), ("field.class", "三年一班".to_owned())];
    let page = Browser::wechat(shop).submit(address, &form).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let bill = Bill::of_url(shop, &page.url);
    shop.world.pay(&bill.payment, json!({})).await;
    bill.until("paid").await;
    bill
}

async fn today(manager: &Browser) -> (i64, i64) {
    let today = manager.function("manager/today", json!({})).await.json();
    (today["count"].as_i64().unwrap(), today["sum_fen"].as_i64().unwrap())
}

async fn found(manager: &Browser, query: serde_json::Value) -> Vec<String> {
    let page = manager.function("receipts/page", json!({"query": query})).await.json();
    page["rows"].as_array().unwrap().iter().map(|row| digits(&row["payment"])).collect()
}

/// What somebody gets who asks for this payment in every way that there is.
async fn seen(manager: &Browser, payment: &str) -> Vec<u16> {
    let mut seen = vec![];
    for path in ["receipts/{}", "receipts/{}/print", "receipts/{}/give", "receipts/{}/refund", "payments/{}"] {
        seen.push(manager.open(&format!("/m/{}", path.replace("{}", payment))).await.status);
    }
    seen.push(manager.function("receipts/one", json!({"payment": payment})).await.status);
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_anybody_who_looks_is_said_to_collect_unseen() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let store = make_store(&admin, "北门店").await;
        let says = async |path: &str, sentence: &str| admin.open(path).await.text.contains(sentence);
        let (tag, list, page) = ("没有人看收款</span>", "标着“没有人看收款”的门店", "照常收款，但没有人看到、听到");
        admin.open("/admin/stores").await.says(200, &[tag, list, "只发给开启了通知的管理员"]);
        admin.open(&store).await.says(200, &["还没有收银员：这家门店", page, "href=\"#add\""]);
        add_cashier(&admin, &store, EAST).await;
        assert!(!says("/admin/stores", tag).await && !says("/admin/stores", list).await && !says(&store, page).await);
        // Whoever is suspended looks at nothing.
        let manager = format!("/admin/managers/{}", shop.account(EAST).await);
        admin.post(&format!("{manager}/suspend"), &[]).await;
        assert!(says("/admin/stores", tag).await);
        admin.open(&store).await.says(200, &["收银员的账号都已停用", page]);
        admin.open(&format!("{store}?lang=en")).await.says(200, &["All cashiers are suspended", "nobody sees or hears it"]);
        admin.open("/admin/stores").await.says(200, &["Nobody watches", "reach only administrators who switched them on"]);
        admin.open("/admin/stores?lang=zh").await;
        admin.post(&format!("{manager}/reinstate"), &[]).await;
        assert!(!says(&store, page).await);
        // A closed store collects nothing.
        let account = shop.account(EAST).await;
        admin.post(&format!("{store}/remove"), &[("account", account)]).await;
        assert!(says(&store, page).await);
        admin.post(&format!("{store}/close"), &[]).await;
        assert!(!says("/admin/stores", tag).await && !says(&store, page).await);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_sees_and_hears_their_store_and_nothing_of_another_one() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let (east_page, west_page) = (make_store(&admin, "东门店").await, make_store(&admin, "西门店").await);
        let account = add_cashier(&admin, &east_page, EAST).await;
        add_cashier(&admin, &west_page, WEST).await;
        let (east_code, east_address) = make_plate(&shop, &admin, &east_page, "东门前台").await;
        let (_, west_address) = make_plate(&shop, &admin, &west_page, "西门前台").await;
        let [east, west, none] =
            [Browser::manager(&shop, EAST).await, Browser::manager(&shop, WEST).await, Browser::manager(&shop, NONE).await];
        let mut heard = Stream::open(&east, "/m/live", &[]).await;
        let mut unheard = [Stream::open(&west, "/m/live", &[]).await, Stream::open(&none, "/m/live", &[]).await];

        // The payer reads the store's name, and its cashier hears of the money.
        Browser::desktop(&shop).open(&east_address).await.says(200, &["东门店"]);
        let bill = paid(&shop, &east_address, "12.50", "欧阳东").await;
        let (_, arrival) = heard.event("arrival").await;
        assert_eq!((digits(&arrival["payment"]), &arrival["sum_today_fen"]), (bill.payment.clone(), &json!(1250)));
        for stream in &mut unheard {
            let told = tokio::time::timeout(Duration::from_millis(400), stream.event("arrival")).await;
            assert!(told.is_err(), "{told:?}");
        }
        let other = paid(&shop, &west_address, "3", "欧阳西").await;

        // Lists, figures, search and every address.
        assert_eq!((today(&east).await, today(&west).await, today(&none).await), ((1, 1250), (1, 300), (0, 0)));
        for words in ["", "欧阳", "12.50", "三年一班"] {
            let query = json!({"words": words});
            let expected = [vec![bill.payment.clone()], if words == "12.50" { vec![] } else { vec![other.payment.clone()] }, vec![]];
            assert_eq!(
                [found(&east, query.clone()).await, found(&west, query.clone()).await, found(&none, query).await],
                expected,
                "{words}"
            );
        }
        assert_eq!(seen(&east, &bill.payment).await, [200; 6]);
        assert_eq!(seen(&west, &bill.payment).await, [404; 6]);
        assert_eq!(seen(&none, &bill.payment).await, [404; 6]);
        east.open(&format!("/m/receipts/{}", bill.payment)).await.says(200, &["门店", "东门店", "东门前台", "欧阳东"]);

        // The list narrowed to a store, by whoever asks.
        let store = east_page.rsplit('/').next().unwrap();
        assert_eq!(found(&east, json!({"store": store})).await, std::slice::from_ref(&bill.payment));
        assert_eq!(found(&east, json!({"store": account})).await, Vec::<String>::new());
        assert_eq!(found(&west, json!({"store": store})).await, Vec::<String>::new());
        assert_eq!(found(&none, json!({"store": store, "words": "欧阳"})).await, Vec::<String>::new());
        let list = east.open(&format!("/m/receipts?store={store}")).await;
        list.says(200, &["东门店", "我自己的收款码", "欧阳东"]);
        let list = none.open("/m/receipts").await;
        assert!(!list.text.contains("东门店") && !list.text.contains("name=\"store\""), "there is nothing to choose");

        // Plates.
        let code = east_code.rsplit('/').next().unwrap();
        east.open("/m/plate").await.says(200, &["东门前台"]);
        assert_eq!(east.open(&format!("/m/plate/{code}")).await.status, 200);
        for manager in [&west, &none] {
            assert!(!manager.open("/m/plate").await.text.contains("东门前台"));
            assert_eq!(manager.open(&format!("/m/plate/{code}")).await.status, 404);
        }

        // Whoever is no cashier any more sees and hears nothing from that moment on.
        let removed = admin.post(&format!("{east_page}/remove"), &[("account", account)]).await;
        assert!(removed.header("location").ends_with("done=removed"));
        assert_eq!(seen(&east, &bill.payment).await, [404; 6]);
        assert_eq!((today(&east).await, found(&east, json!({})).await.len()), ((0, 0), 0));
        paid(&shop, &east_address, "1", "欧阳东").await;
        let told = tokio::time::timeout(Duration::from_millis(400), heard.event("arrival")).await;
        assert!(told.is_err(), "{told:?}");
        drop((heard, unheard));
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_cashier_hears_at_once_and_a_list_of_several_stores_is_one_list() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let cashier = Browser::manager(&shop, EAST).await;
        let mut stream = Stream::open(&cashier, "/m/live", &[]).await;
        let mut addresses = vec![];
        for name in ["甲店", "乙店", "丙店"] {
            let page = make_store(&admin, name).await;
            add_cashier(&admin, &page, EAST).await;
            addresses.push(make_plate(&shop, &admin, &page, &format!("{name}码牌")).await.1);
        }
        let mut expected = vec![];
        for (turn, fen) in (0..18).zip(1..) {
            shop.world.hands.pass_ms(1_000);
            let bill = paid(&shop, &addresses[turn % 3], &format!("0.{fen:02}"), "轮流").await;
            expected.insert(0, bill.payment.clone());
            let (_, arrival) = stream.event("arrival").await;
            assert_eq!(arrival["count_today"], turn + 1);
        }
        for words in ["", "轮流"] {
            let first = cashier.function("receipts/page", json!({"query": {"words": words}})).await.json();
            let rows =
                |page: &serde_json::Value| page["rows"].as_array().unwrap().iter().map(|row| digits(&row["payment"])).collect::<Vec<_>>();
            assert_eq!(rows(&first), expected[..15], "{words}");
            let last = first["rows"][14].clone();
            let before = json!({"at_ms": last["at_ms"], "payment": last["payment"]});
            let before = if first["next"].is_string() { first["next"].clone() } else { before };
            let second = cashier.function("receipts/page", json!({"query": {"words": words, "before": before}})).await.json();
            assert_eq!((rows(&second), &second["next"]), (expected[15..].to_vec(), &serde_json::Value::Null), "{words}");
        }
        drop(stream);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_about_a_stores_money_go_to_its_cashiers_and_stop_where_the_organisation_wants_none() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let page = make_store(&admin, "东门店").await;
        add_cashier(&admin, &page, EAST).await;
        let (_, address) = make_plate(&shop, &admin, &page, "东门前台").await;
        shop.world.control("/_sim/account", json!({"push_url": format!("{}/notify/account", shop.url), "finish_ms": 0})).await;
        let mut phones = vec![];
        for phone in [EAST, WEST] {
            let manager = shop.in_wechat(phone).await;
            shop.world.control("/_sim/followers", json!({"openid": manager.openid, "follows": true})).await;
            manager.open("/m/settings/messages/on").await.says(200, &["已开启"]);
            phones.push(manager);
        }
        paid(&shop, &address, "8", "张三").await;
        until("the cashier heard", async || (shop.heard(EAST).await == 1).then_some(())).await;
        assert_eq!(shop.heard(WEST).await, 0);

        let set = admin.post("/admin/settings/messages", &[("messages", "off".to_owned())]).await;
        assert!(set.header("location").ends_with("done=saved"));
        phones[0].open("/m/settings/messages").await.says(200, &["本单位没有开放微信通知"]);
        phones[0].open("/m/settings/messages/on").await.says(200, &["本单位没有开放微信通知"]);
        paid(&shop, &address, "9", "李四").await;
        until("it was taken care of", async || (shop.waiting().await == 0).then_some(())).await;
        assert_eq!((shop.heard(EAST).await, shop.heard(WEST).await), (1, 0));
        shop.close().await;
    }
}

impl Shop {
    /// Sales that the manager of this phone number heard of by messages.
    async fn heard(&self, phone: &str) -> i64 {
        self.number(&format!("SELECT heard_count FROM listener l JOIN account a ON a.id = l.account WHERE a.phone = '{phone}'")).await
    }

    /// Rows of the outbox that nobody took care of yet.
    async fn waiting(&self) -> i64 {
        self.number("SELECT COUNT(*) FROM outbox WHERE done_at_ms IS NULL").await
    }

    pub async fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let (number,): (i64,) = match self.place.bare().await {
            crate::testing::Bare::Sqlite(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
            crate::testing::Bare::Postgres(mut conn) => sqlx::query_as(sql).fetch_one(&mut conn).await.unwrap(),
        };
        number
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_store_collects_nothing_until_it_opens_again() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let page = make_store(&admin, "东门店").await;
        let (code, address) = make_plate(&shop, &admin, &page, "东门前台").await;
        let payer = Browser::desktop(&shop);
        payer.open(&address).await.says(200, &["东门店"]);
        assert!(admin.post(&format!("{page}/close"), &[]).await.header("location").ends_with("done=closed"));
        assert!(admin.post(&format!("{page}/close"), &[]).await.header("location").ends_with("done=same"));
        assert!(!payer.open(&address).await.text.contains("name=\"amount\""), "nothing can be paid");
        admin.open(&page).await.says(200, &["已关闭", "已停用"]);
        let on = admin.post(&format!("{code}/switch"), &[("to", "on".to_owned())]).await;
        assert!(on.header("location").ends_with("done=no_payee"), "its plates cannot be switched on behind its back");
        let id = page.rsplit('/').next().unwrap();
        assert_eq!(admin.open(&format!("/admin/codes/new?for={id}")).await.status, 404);
        assert!(admin.post(&format!("{page}/open"), &[]).await.header("location").ends_with("done=opened"));
        payer.open(&address).await.says(200, &["name=\"amount\""]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_has_a_name_of_its_own_and_what_is_typed_wrong_is_kept() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let page = make_store(&admin, "东门店").await;
        let other = make_store(&admin, "西门店").await;
        let long = "店".repeat(31);
        let table = [("", "请填写名称"), (long.as_str(), "请填写名称"), ("东门店", "已有同名的门店")];
        for (name, expected) in table {
            for path in ["/admin/stores", &format!("{other}/name")] {
                let answer = admin.post(path, &[("name", name.to_owned())]).await;
                answer.says(422, &[expected, "aria-invalid=\"true\"", &format!("value=\"{name}\"")]);
            }
        }
        let renamed = admin.post(&format!("{page}/name"), &[("name", " 东门旗舰店 ".to_owned())]).await;
        assert!(renamed.header("location").ends_with("done=saved"));
        admin.open(&page).await.says(200, &["东门旗舰店"]);
        admin.open("/admin/stores?q=旗舰").await.says(200, &["东门旗舰店", "共 1 家"]);
        admin.open("/admin/stores?q=nowhere").await.says(200, &["没有找到符合的内容"]);
        admin.open("/admin/stores?lang=en").await.says(200, &["New store", "2 stores", "Open"]);
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act IN ('store.make', 'store.rename')").await, 3);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_organisations_own_administrator_keeps_its_stores_and_only_its_managers_are_cashiers() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let page = make_store(&admin, "东门店").await;
        let (code, _) = make_plate(&shop, &admin, &page, "东门前台").await;
        let account = candidate(&admin, &page, WEST).await;
        // Somebody who administrates the other organisation, and a manager of this one.
        let stranger = shop.administrator_elsewhere().await;
        let manager = Browser::manager(&shop, EAST).await;
        for path in [page.clone(), code.clone(), format!("{code}/print")] {
            assert_eq!(stranger.open(&path).await.status, 404, "{path}");
            assert!(manager.open(&path).await.url.contains("/admin/sign-in"), "{path}");
        }
        for path in [format!("{page}/add"), format!("{page}/close"), format!("{page}/remove"), format!("{code}/switch"), code.clone()] {
            let pairs = [("account", account.clone()), ("name", "x".to_owned()), ("to", "off".to_owned())];
            assert_eq!(stranger.post(&path, &pairs).await.status, 404, "{path}");
        }
        assert!(!stranger.open("/admin/stores").await.text.contains("东门店"));
        assert!(!stranger.open("/admin/codes").await.text.contains("东门前台"));
        // The card holder and an unknown account are no managers.
        let holder = shop.account("13900139000").await;
        for nobody in [holder, "0199a0b1c2d3e4f50617283940516273".to_owned()] {
            let answer = admin.post(&format!("{page}/add"), &[("account", nobody)]).await;
            assert!(answer.header("location").ends_with("done=no_manager"), "{}", answer.header("location"));
        }
        for missing in ["/admin/stores/x", "/admin/stores/0199a0b1c2d3e4f50617283940516273", "/admin/codes/x"] {
            assert_eq!(admin.open(missing).await.status, 404, "{missing}");
        }
        shop.close().await;
    }
}

impl Shop {
    /// The id of the account with this phone number.
    pub async fn account(&self, phone: &str) -> String {
        let phone = domain::account::Phone::parse(phone).unwrap();
        let mut conn = self.site.store.read().await.unwrap();
        server::store::accounts::by_phone(&mut conn.tx(), &phone).await.unwrap().unwrap().id.to_string()
    }

    /// 刘洋, who administrates the other organisation, signed in there.
    async fn administrator_elsewhere(&self) -> Browser {
        let account = self.account("13800138009").await.parse().unwrap();
        let mut conn = self.site.store.read().await.unwrap();
        let tenants = server::store::tenants::all(&mut conn.tx()).await.unwrap();
        drop(conn);
        let other = tenants.iter().find(|tenant| tenant.name.contains("旧校区")).unwrap().id;
        let mut bare = self.place.bare().await;
        let now = self.world.hands.now();
        server::store::accounts::add_member(&mut bare.tx(), other, account, domain::Role::Administrator, now).await.unwrap();
        let browser = Browser::desktop(self);
        let answer = browser.administrate("13800138009", server::demo::PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        browser
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_stores_and_a_thousand_codes_are_listed_a_page_at_a_time() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        let caller = shop.caller(server::demo::ADMINISTRATOR, domain::Role::Administrator).await;
        let mut made = vec![];
        for number in 0..200 {
            made.push(shop.site.stores.make(&caller, format!("{number:03} 号店")).await.unwrap().unwrap());
        }
        let form = shop.site.managers.forms(&caller).await.unwrap().remove(0).form;
        let payee = shop.account(NONE).await.parse().unwrap();
        for number in 0..1_000 {
            let terms = server::made_codes::CodeTerms {
                name: format!("第 {number} 个"),
                amount: domain::AmountRule::Free,
                validity: domain::code::Validity::default(),
                form,
                typed: domain::form::Typed::default(),
            };
            let kind = server::store::codes::CodeKind::App;
            shop.world.hands.pass_ms(1);
            shop.site.codes.make(&caller, payee, kind, terms, &number.to_string()).await.unwrap().unwrap();
        }
        let rows = |text: &str| text.matches("<th scope=\"row\">").count();
        let stores = admin.open("/admin/stores?page=4").await;
        stores.says(200, &["共 200 家", "第 4 页，共 4 页", "199 号店"]);
        assert_eq!(rows(&stores.text), 50);
        let codes = admin.open("/admin/codes?q=第&page=2").await;
        codes.says(200, &["共 1000 个", "第 2 页，共 20 页", "第 900 个"]);
        assert_eq!(rows(&codes.text), 50);
        assert_eq!(rows(&admin.open("/admin/codes?q=第&page=99999999999").await.text), 50);
        assert_eq!(
            rows(&admin.open("/admin/codes?page=21").await.text) as i64,
            shop.count("code").await - 1_000 - 3,
            "the other organisations have three"
        );
        admin.open("/admin").await.says(200, &["今天", "200 家营业中"]);
        // For whom a code may be made: the first ten who may collect, and how many more there are.
        admin.open("/admin/codes/new").await.says(200, &["009 号店", "还有 190 家，请查找"]);
        for store in &made[..12] {
            shop.site.stores.set_open(&caller, *store, false).await.unwrap();
        }
        let open = admin.open("/admin/codes/new").await;
        open.says(200, &["012 号店", "021 号店", "还有 178 家，请查找"]);
        assert!(!open.text.contains("011 号店") && !open.text.contains("022 号店"));
        assert!(!admin.open("/admin/codes/new?q=199").await.text.contains("请查找"), "there are no more");
        shop.close().await;
    }
}

impl Shop {
    /// This person in the demo's school.
    pub async fn caller(&self, phone: &str, role: domain::Role) -> domain::Caller {
        let account = self.account(phone).await.parse().unwrap();
        let mut conn = self.site.store.read().await.unwrap();
        let seats = server::store::accounts::memberships(&mut conn.tx(), account).await.unwrap();
        let seat = seats.iter().find(|seat| seat.role == role).unwrap();
        domain::Caller { tenant: seat.tenant, account, role }
    }
}
