//! Receivables from files and to files, and payments that came another way (rows E15, I23).

use serde_json::json;
use server::sheets::{self, Cell, FileKind};

use crate::browser::{Answer, Browser};
use crate::debts::debt;
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

/// Uploads a file.
pub async fn upload(manager: &Browser, name: &str, bytes: &[u8]) -> Answer {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
    manager.ask("POST", "/m/receivables/import", &[], Some(("multipart/form-data; boundary=b", body))).await
}

/// The rows that a dry run would send.
pub fn rows_of(page: &Answer) -> String {
    let value = page.text.split_once("name=\"rows\" value=\"").expect("there is something to confirm").1.split_once('"').unwrap().0;
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_checked_then_imported_once() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        manager.open("/m/receivables/import").await.says(200, &["先检查，不会写入任何内容", "/m/receivables/template/receivables.xlsx"]);
        let csv = "姓名,学号,事项,金额（元）,截止日期,可分次付,备注\r\n\
                   张小明,S1,学费,\"1,200.50\",2026/12/1,是,\r\n\
                   李雷,S2,学费,八百,2026-12-01,,\r\n\
                   韩梅梅,S3,学费,800,十二月,也许,\r\n\
                   张小明,S1,学费,1200.50,2026-12-01,是,\r\n\
                   王五,,学费,5,,,\"=HYPERLINK(\"\"x\"\")\"\r\n";
        let checked = upload(&manager, "a.csv", csv.as_bytes()).await;
        let said = [
            "还没有写入",
            "第 3 行，D 列“金额（元）”（八百）：请输入金额",
            "第 4 行，E 列“截止日”（十二月）：请输入日期",
            "第 4 行，F 列“可分次付”（也许）：请填",
            "第 5 行：与第 2 行是同一笔",
            "导入 2 笔，共 ¥1,205.50",
        ];
        checked.says(422, &said);
        assert_eq!(shop.count("receivable").await, 0, "nothing is written before it is confirmed");
        let rows = rows_of(&checked);
        let done = manager.submit("/m/receivables/import/confirm", &[("rows", rows.clone())]).await;
        done.says(200, &["已导入 2 笔；0 笔之前就有", "张小明", "王五", "¥1,205.50"]);
        manager.submit("/m/receivables/import/confirm", &[("rows", rows)]).await.says(200, &["已导入 0 笔；2 笔之前就有"]);
        assert_eq!(shop.count("receivable").await, 2);
        let again = upload(&manager, "a.csv", csv.as_bytes()).await;
        again.says(422, &["没有可以导入的行", "之前就有的行：2、6"]);
        // The list as a file: no cell of it is a formula, and read again it raises nothing.
        let exported = manager.open("/m/receivables/export/receivables.csv").await;
        exported.says(200, &["'=HYPERLINK", "张小明", "1200.50", ",是,", "/p/"]);
        assert_eq!(exported.header("content-disposition"), "attachment; filename=\"receivables.csv\"");
        let exported = manager.open("/m/receivables/export/receivables.xlsx").await;
        upload(&manager, "b.xlsx", &exported.bytes).await.says(200, &["之前就有的行：2、3"]);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_and_the_template_are_taken_and_what_is_no_table_is_refused() {
    let shop = Shop::open().await;
    let manager = Browser::manager(&shop, MANAGER).await;
    for kind in ["xlsx", "csv"] {
        let template = manager.open(&format!("/m/receivables/template/receivables.{kind}")).await;
        assert_eq!(template.status, 200);
        upload(&manager, &format!("t.{kind}"), &template.bytes).await.says(200, &["导入 1 笔，共 ¥1,200.00"]);
    }
    assert_eq!(manager.open("/m/receivables/template/receivables.exe").await.status, 404);
    let row = |name: &str| vec![Cell::Text(name.to_owned()), Cell::Text("学费".into()), Cell::Amount(domain::Fen::of(10_050))];
    let rows: Vec<_> = (0..450).map(|at| row(&format!("学生{at}"))).collect();
    let book = sheets::write(FileKind::Xlsx, &["姓名", "事项", "金额"].map(str::to_owned), &rows).unwrap();
    let checked = upload(&manager, "a.xlsx", &book).await;
    checked.says(200, &["可以导入。", "导入 450 笔，共 ¥45,225.00"]);
    manager.submit("/m/receivables/import/confirm", &[("rows", rows_of(&checked))]).await.says(200, &["已导入 450 笔", "¥45,225.00"]);
    let (gb18030, _, _) = encoding_rs::GB18030.encode("姓名,事项,金额\n赵六,学费,1\n");
    upload(&manager, "gbk.csv", &gb18030).await.says(200, &["导入 1 笔"]);
    let many = "姓名,事项,金额\n".to_owned() + &"a,b,1\n".repeat(2_001);
    let table: [(&[u8], &str); 5] = [
        (b"PK\x03\x04 broken", "读不出来"),
        (b"\xff\xd8\xff\xe0 a picture\0", "读不出来"),
        ("姓名,价格\n张三,1\n".as_bytes(), "缺少这些列：事项、金额（元）"),
        (many.as_bytes(), "最多 2000 行"),
        (b"", "请选择"),
    ];
    for (bytes, said) in table {
        upload(&manager, "x", bytes).await.says(422, &[said]);
    }
    upload(&manager, "x", &vec![b'a'; 3 * 1024 * 1024]).await.says(422, &["最多 2 MB"]);
    assert_eq!(shop.count("receivable").await, 450);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_by_another_code_is_proposed_counted_when_confirmed_and_uncounted_again() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = {
            let mut form = debt("500", true);
            form[4].1 = "S2026777".to_owned();
            shop.raise(&manager, &form).await
        };
        manager.open("/m/receivables/matches").await.says(200, &["没有待确认的付款"]);
        // Of the debtor's name (张小明 fills in /p/demo), too much and too little.
        let bill = shop.paid("300").await;
        let large = shop.paid("500.01").await;
        let screen = manager.open(&path).await;
        screen.says(200, &["可能是这笔款的付款", "姓名相同", "计入这笔应收款 ¥300.00", "三年一班", &large.payment]);
        screen.says(200, &["¥500.01", "计入这笔应收款 ¥500.00", "多出的 ¥0.01 不算在这笔里"]);
        manager.open("/m/receivables/matches").await.says(200, &["张小明", "计入这笔应收款 ¥300.00"]);
        assert_eq!(shop.debt(&path).await.claim.settled_fen.get(), 0, "nothing counts by itself");
        // Nobody else confirms it.
        let payment = |id: &str| vec![("payment", id.to_owned())];
        let colleague = Browser::manager(&shop, "13800138001").await;
        assert_eq!(colleague.post(&format!("{path}/match"), &payment(&bill.payment)).await.status, 404);
        manager.submit(&format!("{path}/match"), &payment(&bill.payment)).await.says(200, &["已计入", "核对后计入", "¥200.00", "撤销计入"]);
        let twice = manager.post(&format!("{path}/match"), &payment(&bill.payment)).await;
        assert_eq!(twice.header("location"), format!("{path}?said=passed"));
        // Money that goes back takes off what it settled.
        shop.refund(&bill.payment, 10_000, "退").await.unwrap();
        assert_eq!(shop.debt(&path).await.claim.settled_fen.get(), 20_000);
        shop.verify().await;
        manager.submit(&format!("{path}/unmatch"), &payment(&bill.payment)).await.says(200, &["已撤销", "撤销计入 ¥200.00", "¥500.00"]);
        assert_eq!(shop.debt(&path).await.claim.settled_fen.get(), 0);
        shop.refund(&bill.payment, 1_000, "退").await.unwrap();
        assert_eq!(shop.debt(&path).await.claim.settled_fen.get(), 0, "it counts no more");
        // What came through the debt's own code is not undone.
        let own = shop.pay_debt(&format!("/p/{}", shop.debt(&path).await.token), "100").await;
        let kept = manager.post(&format!("{path}/unmatch"), &payment(&own.payment)).await;
        assert_eq!(kept.header("location"), format!("{path}?said=passed"));
        assert_eq!(shop.debt(&path).await.claim.settled_fen.get(), 10_000);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_and_a_refund_at_the_same_moment_never_disagree() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        for _ in 0..4 {
            let path = shop.raise(&manager, &debt("500", true)).await;
            let bill = shop.bill(&Browser::wechat(&shop), "300").await;
            shop.world.pay(&bill.payment, json!({})).await;
            bill.until("paid").await;
            let form = [("payment", bill.payment.clone())];
            let address = format!("{path}/match");
            let (_, _) = futures::future::join(manager.post(&address, &form), shop.refund(&bill.payment, 10_000, "退")).await;
            shop.verify().await;
            assert_eq!(shop.debt(&path).await.claim.settled_fen.get(), 20_000);
        }
        shop.close().await;
    }
}
