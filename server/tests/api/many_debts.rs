//! Very many receivables: the largest file and one row more, the ten thousand and first, and the longest list that is one file.

use crate::browser::Browser;
use crate::debt_files::{rows_of, upload};
use crate::debts::debt;
use crate::scene::Shop;
use crate::testing::Bare;

const MANAGER: &str = "13800138000";

/// A file of `count` debts from the number `first` on.
fn file(first: usize, count: usize) -> String {
    let rows = (first..first + count).map(|at| format!("学生{at:05},S{at:05},学费,{}.50,2026-12-01,是,,\r\n", at % 900 + 100));
    "姓名,学号,事项,金额,截止日,可分次付,手机号,备注\r\n".to_owned() + &rows.collect::<String>()
}

impl Shop {
    /// Writes debts `first..=last` past the use case, each as the one of `样张`, and older by as many milliseconds.
    async fn copies(&self, first: usize, last: usize) {
        let mut bare = self.place.bare().await;
        let id = match &bare {
            Bare::Sqlite(_) => "unhex(printf('%032x', 4096 + i))",
            Bare::Postgres(_) => "CAST(lpad(to_hex(4096 + i), 32, '0') AS uuid)",
        };
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})");
        let of = "FROM n, code c JOIN receivable r ON r.tenant = c.tenant AND r.code = c.id WHERE r.debtor = '样张'";
        let tables = [
            format!(
                "code (tenant, id, payee, kind, name, amount_rule, form, form_version, presets, state, created_at_ms, changed_at_ms) \
                 SELECT c.tenant, {id}, c.payee, c.kind, c.name, c.amount_rule, c.form, c.form_version, c.presets, c.state, \
                 c.created_at_ms, c.changed_at_ms"
            ),
            format!(
                "code_token (token, tenant, code, created_at_ms, terms) SELECT 'many' || i, c.tenant, {id}, c.created_at_ms, \
                 (SELECT k.terms FROM code_token k WHERE k.tenant = c.tenant AND k.code = c.id)"
            ),
            format!(
                "receivable (tenant, id, payee, code, debtor, reference, title, amount_fen, in_parts, remark, source, raised_at_ms, \
                 raised_due_day, settled_fen, is_written_off, outstanding_fen, standing, revision, look_at_ms) \
                 SELECT r.tenant, {id}, r.payee, {id}, '学生' || i, 'S' || i, r.title, r.amount_fen, r.in_parts, '', r.source, \
                 r.raised_at_ms - i, -1, 0, FALSE, r.amount_fen, 'open', 1, NULL"
            ),
        ];
        for table in tables {
            bare.run(&format!("{numbers} INSERT INTO {table} {of}")).await;
        }
        // So many rows at once are news to a planner, which learns of them by itself only after a while.
        bare.run("ANALYZE").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_two_thousand_rows_is_taken_and_one_row_more_is_refused_with_nothing_lost() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let checked = upload(&manager, "a.csv", file(1, 2_000).as_bytes()).await;
        checked.says(200, &["可以导入。", "2000 笔"]);
        let rows = rows_of(&checked);
        let done = manager.submit("/m/receivables/import/confirm", &[("rows", rows.clone())]).await;
        done.says(200, &["已导入 2000 笔；0 笔之前就有", "2000 笔", "更早的"]);
        for more in [file(1, 2_001), file(2_001, 2_001)] {
            upload(&manager, "b.csv", more.as_bytes()).await.says(422, &["最多 2000 行", "分成几个文件"]);
            // Whoever sends the rows without the check is told the same.
            let sent = manager.post("/m/receivables/import/confirm", &[("rows", more)]).await;
            sent.says(422, &["最多 2000 行"]);
        }
        assert_eq!(shop.count("receivable").await, 2_000, "{}", shop.place.engine);
        // What did not fit goes into a file of its own; what is there already is passed over.
        shop.world.hands.pass_ms(1);
        let rest = upload(&manager, "c.csv", file(2_000, 2).as_bytes()).await;
        rest.says(200, &["导入 1 笔", "之前就有的行：2"]);
        let done = manager.submit("/m/receivables/import/confirm", &[("rows", rows_of(&rest))]).await;
        done.says(200, &["已导入 1 笔", "学生02001"]);
        manager.submit("/m/receivables/import/confirm", &[("rows", rows)]).await.says(200, &["已导入 0 笔；2000 笔之前就有"]);
        assert_eq!(shop.count("receivable").await, 2_001);
        manager.open("/m/receivables?q=S01234").await.says(200, &["学生01234"]);
        shop.verify().await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ten_thousand_and_first_debt_is_like_the_first_and_a_list_too_long_for_a_file_is_never_cut() {
    for mut shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut form = debt("10", true);
        (form[0].1, form[4].1) = ("样张".to_owned(), "S0".to_owned());
        shop.raise(&manager, &form).await;
        shop.copies(1, 9_999).await;
        shop.world.hands.pass_ms(1);
        form[0].1 = "第一万零一".to_owned();
        let path = shop.raise(&manager, &form).await;
        assert_eq!(shop.count("receivable").await, 10_001);
        manager.open(&path).await.says(200, &["第一万零一", "¥10.00"]);
        let list = manager.open("/m/receivables").await;
        list.says(200, &["第一万零一", "样张", ">学生13<", "10001 笔", "¥100,010.00", "更早的"]);
        manager.open("/m/receivables?q=%E7%AC%AC%E4%B8%80%E4%B8%87").await.says(200, &["第一万零一"]);
        let lines = async |query: &str| {
            let exported = manager.open(&format!("/m/receivables/export/receivables.csv{query}")).await;
            exported.says(200, &["第一万零一", "样张"]);
            exported.text.lines().collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!(lines("").await, 10_002, "each of them once, and the heading");
        // The longest list that is one file, and one more.
        shop.copies(10_000, 19_998).await;
        assert_eq!(lines("?show=open&reminded=never").await, 20_001);
        shop.copies(19_999, 19_999).await;
        for kind in ["csv", "xlsx"] {
            let page = manager.open(&format!("/m/receivables/export/receivables.{kind}?reminded=never")).await;
            page.says(422, &["一个文件最多 20000 笔", "没有导出", "第一万零一", "20001 笔", "name=\"reminded\" value=\"never\""]);
            assert!(page.is_page());
        }
        manager.open("/m/receivables/export/receivables.csv?q=S0&lang=en").await.says(200, &["第一万零一"]);
        let page = manager.open("/m/receivables/export/receivables.csv?lang=en").await;
        page.says(422, &["at most 20000 receivables", "nothing was exported"]);
        // The copies were written past the books, so those prove nothing here.
        shop.stop().await;
    }
}
