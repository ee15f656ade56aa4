//! Receipts as a file: everything that was filled in, the days that were asked for, and nobody else's (I12).

use std::collections::{BTreeMap, BTreeSet};

use domain::Day;
use server::sheets;

use crate::browser::{Answer, Browser};
use crate::receipts::paid;
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

/// The lines of a file, each by the words above its columns.
fn lines(page: &Answer) -> Vec<BTreeMap<String, String>> {
    assert_eq!(page.status, 200, "{}", page.text);
    let mut lines = sheets::read(&page.bytes).unwrap().into_iter().map(|line| line.cells);
    let heading = lines.next().unwrap();
    lines.map(|cells| heading.iter().cloned().zip(cells).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_holds_what_every_payer_filled_in_and_what_became_of_the_money() {
    for shop in Shop::on_each_engine().await {
        let first = paid(&shop, "12.80", "欧阳娜娜").await;
        shop.world.hands.pass_ms(1_000);
        let second = paid(&shop, "1300", "欧阳修").await;
        shop.world.slow_refunds(3_600_000).await;
        shop.refund(&second, 5_000, "不要了").await.unwrap();
        let manager = Browser::manager(&shop, MANAGER).await;
        manager.open("/m/receipts?q=%E6%AC%A7%E9%98%B3").await.says(200, &["/m/receipts/export?q=%E6%AC%A7%E9%98%B3"]);
        for kind in ["csv", "xlsx"] {
            let found = lines(&manager.open(&format!("/m/receipts/export/receipts.{kind}")).await);
            let said = |at: usize, what: &str| found[at].get(what).map(String::as_str).unwrap_or_default();
            assert_eq!([said(0, "单号"), said(1, "单号")], [second.as_str(), first.as_str()], "{kind}: newest first");
            let refunded =
                ["学生姓名", "班级", "收款金额", "退款中", "实收", "状态", "收款码"].map(|what| said(0, what).replace(".00", ""));
            assert_eq!(refunded, ["欧阳修", "三年二班", "1300", "50", "1250", "退款中", "教务处"], "{kind}");
            let kept = ["收款金额", "已退", "实收", "状态"].map(|what| said(1, what).replace(".00", "").replace("12.80", "12.8"));
            assert_eq!(kept, ["12.8", "0", "12.8", "已收款"], "{kind}");
            assert!(!said(1, "渠道单号").is_empty() && said(1, "收款时间").starts_with("20"), "{kind}: {:?}", found[1]);
        }
        let narrow = lines(&manager.open("/m/receipts/export/receipts.csv?q=%E5%A8%9C%E5%A8%9C&state=collected").await);
        assert_eq!(narrow.iter().map(|line| &line["单号"]).collect::<Vec<_>>(), [&first]);
        let english = lines(&manager.open("/m/receipts/export/receipts.csv?lang=en").await);
        assert_eq!((english[0]["State"].as_str(), english[0]["Number"].as_str()), ("Refund under way", second.as_str()));
        // A colleague has none of them, and says so instead of handing out an empty file.
        let colleague = Browser::manager(&shop, "13800138001").await;
        colleague.open("/m/receipts/export/receipts.csv").await.says(422, &["没有符合条件的收款", "没有导出"]);
        assert_eq!(manager.open("/m/receipts/export/receipts.exe").await.status, 404);
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_begins_and_ends_with_the_days_that_were_chosen_and_a_mistake_is_told_with_them_kept() {
    let shop = Shop::open().await;
    // The server has begun its day when the clock goes on.
    let morning = paid(&shop, "9", "上午").await;
    // It is noon: the last millisecond of today, and the first of tomorrow.
    shop.world.hands.pass_ms(12 * 3_600_000 - 1);
    let today = paid(&shop, "1", "今天").await;
    let day = shop.stored(&today).await.payment.paid_at_ms.unwrap().day();
    shop.world.hands.pass_ms(1);
    let tomorrow = paid(&shop, "2", "明天").await;
    let next = Day::of(day.get() + 1);
    let manager = Browser::manager(&shop, MANAGER).await;
    let file = async |from: Day, until: Day| manager.open(&format!("/m/receipts/export/receipts.csv?from={from}&until={until}")).await;
    let table = [(day, day, vec![&today, &morning]), (next, next, vec![&tomorrow]), (day, next, vec![&tomorrow, &today, &morning])];
    for (from, until, expected) in table {
        let found: Vec<_> = lines(&file(from, until).await).iter().map(|line| line["单号"].clone()).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{from} to {until}");
    }
    let page = file(next, day).await;
    page.says(422, &["开始日期晚于截止日期", &format!("value=\"{next}\""), &format!("value=\"{day}\""), "aria-invalid=\"true\""]);
    let page = manager.open(&format!("/m/receipts/export?until={day}&state=refunded&q=%22%3E%3Ci%3E")).await;
    let first = Day::from_ymd(day.ymd().0, day.ymd().1, 1).unwrap();
    page.says(200, &["只导出这些", "已退款", "&quot;&gt;", &format!("value=\"{first}\""), "name=\"state\" value=\"refunded\""]);
    manager.open("/m/receipts/export/receipts.csv?q=5").await.says(422, &["搜索的字太少"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_with_more_than_one_file_holds_are_not_cut() {
    let mut shop = Shop::open().await;
    let payment = paid(&shop, "1", "样张").await;
    let manager = Browser::manager(&shop, MANAGER).await;
    let mut bare = shop.place.bare().await;
    // Receipts without payments are enough for a list.
    bare.run("PRAGMA foreign_keys = OFF").await;
    let mut copies = async |first: usize, last: usize| {
        let same = "payee, code, code_name, title, answers, amount_fen, refunding_fen, refunded_fen, trade, token";
        bare.run(&format!(
            "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
             INSERT INTO receipt (tenant, payment, paid_at_ms, known_at_ms, {same}) \
             SELECT tenant, unhex(printf('%032x', 4096 + i)), paid_at_ms - i, known_at_ms - i, {same} \
             FROM n, receipt WHERE payment = unhex('{payment}')"
        ))
        .await;
    };
    copies(1, 19_999).await;
    let page = manager.open("/m/receipts/export/receipts.csv").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.text.lines().collect::<BTreeSet<_>>().len(), 20_001, "each once, and the heading");
    copies(20_000, 20_000).await;
    for kind in ["csv", "xlsx"] {
        manager.open(&format!("/m/receipts/export/receipts.{kind}")).await.says(422, &["超过 20000 笔", "没有导出"]);
    }
    // The copies were written past the books, so those prove nothing here.
    shop.stop().await;
}
