//! Paper: a receipt to print or give once more (row C13), and plates to put up (row E10).

use domain::code::CodeState;
use server::store::codes::{self, CodeKind, FoundCode};
use server::store::{Command, StoreError, Tx};

use crate::browser::Browser;
use crate::scene::{Shop, grouped};

const MANAGER: &str = "13800138000";

impl Shop {
    async fn code(&self, token: &str) -> FoundCode {
        let mut conn = self.site.store.read().await.unwrap();
        codes::by_token(&mut conn.tx(), token).await.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_printed_with_all_that_it_says_on_the_paper_that_is_there() {
    for shop in Shop::on_each_engine().await {
        let bill = shop.paid("107.53").await;
        shop.refund(&bill.payment, 250, "少发一件").await.unwrap();
        let manager = Browser::manager(&shop, MANAGER).await;
        let print = format!("/m/receipts/{}/print", bill.payment);
        let number = grouped(&bill.payment);
        let said = [
            "青禾实验学校",
            "收款收据",
            "¥107.53",
            "人民币 壹佰零柒元伍角叁分",
            &number,
            "张小明",
            "三年一班",
            "王敏",
            "教务处",
            "¥2.50",
            "少发一件",
            "<svg",
        ];
        manager.open(&print).await.says(200, &said);
        let table = [
            ("", "210mm 297mm"),
            ("?paper=a5", "148mm 210mm"),
            ("?paper=80mm", "80mm 200mm"),
            ("?paper=a6", "210mm 297mm"),
            ("?paper=x", "210mm 297mm"),
        ];
        for (query, size) in table {
            manager.open(&format!("{print}{query}")).await.says(200, &[&format!("@page{{size:{size};margin:0}}")]);
        }
        manager.open(&format!("{print}?lang=en")).await.says(200, &["Receipt", "In words: 壹佰零柒元伍角叁分", "This is not an invoice."]);
        let give = manager.open(&format!("/m/receipts/{}/give?lang=zh", bill.payment)).await;
        give.says(200, &["发给付款人", &format!("value=\"{}{}\"", shop.url, bill.receipt().await)]);
        // The picture leads where the link leads.
        let png = give.text.split_once("data:image/png;base64,").unwrap().1.split('"').next().unwrap();
        let picture = image::load_from_memory(&base64::Engine::decode(&base64::engine::general_purpose::STANDARD, png).unwrap()).unwrap();
        let mut prepared = rqrr::PreparedImage::prepare(picture.to_luma8());
        assert_eq!(prepared.detect_grids()[0].decode().unwrap().1, format!("{}{}", shop.url, bill.receipt().await));
        // Nobody else's, and nobody's who is not signed in.
        let colleague = Browser::manager(&shop, "13800138001").await;
        for page in [print, format!("/m/receipts/{}/give", bill.payment)] {
            assert_eq!(colleague.open(&page).await.status, 404, "{page}");
            let stranger = Browser::desktop(&shop).ask("GET", &page, &[], None).await;
            assert!(stranger.header("location").starts_with("/m/sign-in?"), "{page} {}", stranger.status);
        }
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plates_are_printed_and_the_code_on_the_phone_is_not() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let list = manager.open("/m/plate").await;
        list.says(200, &["教务处", "午餐", "¥12.50", "已停用，不能打印", "已过期，不能打印", "手机上的收款码不能做码牌", "/m/code.png"]);
        let plate = shop.code("demo-fixed").await;
        assert!(list.text.contains(&format!("/m/plate/{}?paper=a6", plate.code.id)));
        let said = ["青禾实验学校", "午餐", "¥12.50", "收款人 王敏", "码牌尾号 ixed", "微信扫码付款"];
        let address = format!("/m/plate/{}", plate.code.id);
        for (paper, count, size) in [("a4", 4, "210mm 297mm"), ("a6", 1, "105mm 148mm"), ("80mm", 1, "80mm 200mm")] {
            let sheet = manager.open(&format!("{address}?paper={paper}")).await;
            sheet.says(200, &said);
            sheet.says(200, &[&format!("@page{{size:{size};margin:0}}")]);
            assert_eq!(sheet.text.matches("<svg").count(), count, "{paper}");
        }
        manager.open(&format!("{address}?lang=en")).await.says(200, &["Scan with WeChat to pay", "Print at actual size"]);
        // The code on the phone, one that is switched off, one that is over, one of a closed organisation, somebody else's.
        let own = manager.function("manager/desk", serde_json::json!({})).await.json();
        let own = shop.code(own["token"].as_str().unwrap()).await;
        assert_eq!(own.kind, CodeKind::App);
        manager.open("/m/plate?lang=zh").await.says(200, &["打印码牌"]);
        for code in [own, shop.code("demo-disabled").await, shop.code("demo-expired").await, shop.code("demo-closed").await] {
            assert_eq!(manager.open(&format!("/m/plate/{}", code.code.id)).await.status, 404, "{}", code.code.name);
        }
        let colleague = Browser::manager(&shop, "13800138001").await;
        assert_eq!(colleague.open(&address).await.status, 404);
        colleague.open("/m/plate").await.says(200, &["您名下没有可以打印的码牌"]);
        // Switched off since: not printed any more.
        shop.site.store.write(SwitchOff(plate)).await.unwrap();
        assert_eq!(manager.open(&address).await.status, 404);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_plates_says_when_old_codes_end() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let own = manager.function("manager/desk", serde_json::json!({})).await.json()["token"].as_str().unwrap().to_owned();
    let end = shop.world.hands.now().plus_ms(3 * 3_600_000).text();
    assert_eq!(manager.post("/m/refresh", &[("seen", own.clone())]).await.status, 303);
    manager.open("/m/plate").await.says(200, &[&format!("尾号 {} 的旧码：{end} 失效", &own[own.len() - 4..])]);
    shop.close().await;
}

struct SwitchOff(FoundCode);

impl Command for SwitchOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        codes::set_state(tx, self.0.code.tenant, self.0.code.id, CodeState::Disabled).await
    }
}
