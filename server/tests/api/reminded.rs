//! What the list of receivables says of reminders, and how it is narrowed by them (row I23).

use std::collections::BTreeSet;

use domain::Day;
use domain::receivable::{Reminded, Standing};
use server::store::receivables::{self, Before, Filter, Stored};

use crate::browser::{Answer, Browser};
use crate::debts::debt;
use crate::reminders::{remind, switch, to_phone};
use crate::scene::Shop;

const MANAGER: &str = "13800138000";
const NAMES: [&str; 6] = ["赵未提", "钱已提", "孙没发", "李不明", "周不收", "吴停止"];

/// The names that a page has.
fn names(page: &Answer) -> Vec<&'static str> {
    assert_eq!(page.status, 200, "{}", page.text);
    NAMES.into_iter().filter(|name| page.text.contains(&format!(">{name}<"))).collect()
}

/// Six debts: never reminded of, reminded of, refused by the provider, unknown, stopped by whoever owes, and stopped by whoever collects
/// after a reminder.
async fn six(shop: &Shop, manager: &Browser) -> Vec<String> {
    let mut paths = vec![];
    for (at, name) in NAMES.into_iter().enumerate() {
        let mut form = to_phone(&format!("1390000200{at}"));
        (form[0].1, form[3].1) = (name.to_owned(), if at == 3 { "2026-11-20" } else { "2026-12-01" }.to_owned());
        paths.push(shop.raise(manager, &form).await);
    }
    remind(manager, &paths[1]).await;
    shop.world.fault("sms", "FailedOperation.ContainSensitiveWord", 1).await;
    remind(manager, &paths[2]).await;
    shop.world.fault("sms", "InternalError.Timeout", 1).await;
    remind(manager, &paths[3]).await;
    shop.world.no_more_faults().await;
    let link = format!("/p/{}/reminders", shop.debt(&paths[4]).await.token);
    Browser::desktop(shop).submit(&link, &[("to", "stop".to_owned())]).await.says(200, &["不会再提醒您"]);
    remind(manager, &paths[5]).await;
    switch(manager, &paths[5], "stop").await;
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_says_what_was_reminded_of_and_is_narrowed_by_it() {
    for shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let paths = six(&shop, &manager).await;
        let said = [
            "12:00 短信提醒过",
            "12:00 的短信提醒没发出",
            "12:00 短信提醒过，不知道有没有发出",
            "对方不再接收",
            "已停止提醒",
            "/m/receivables?reminded=never",
            "没提醒过",
        ];
        let page = manager.open("/m/receivables").await;
        page.says(200, &said);
        assert_eq!(names(&page), NAMES);
        let [never, yes, failed, unknown, refuses, stopped] = NAMES;
        let table: [(&str, &[&str]); 11] = [
            ("reminded=never", &[never, refuses]),
            ("reminded=yes", &[yes, unknown, stopped]),
            ("reminded=failed", &[failed]),
            ("reminded=stopped", &[refuses, stopped]),
            ("reminded=perhaps", &NAMES),
            ("show=overdue&reminded=yes", &[unknown]),
            ("show=overdue&reminded=never", &[]),
            ("show=paid&reminded=yes", &[]),
            ("reminded=yes&q=139000020", &[yes, unknown, stopped]),
            ("reminded=yes&q=%E9%92%B1%E5%B7%B2", &[yes]),
            ("reminded=never&q=%E9%92%B1%E5%B7%B2", &[]),
        ];
        for (query, expected) in table {
            let page = manager.open(&format!("/m/receivables?{query}")).await;
            assert_eq!(names(&page), expected, "{query} on {}", shop.place.engine);
            page.says(200, if expected.is_empty() { &["没有找到"] } else { &["没提醒过"] });
        }
        // A choice keeps the others, and says which it is.
        let page = manager.open("/m/receivables?show=overdue&reminded=yes&q=139000020").await;
        page.says(
            200,
            &[
                "href=\"/m/receivables?reminded=yes&amp;q=139000020\"",
                "href=\"/m/receivables?show=overdue&amp;q=139000020\"",
                "href=\"/m/receivables?show=overdue&amp;reminded=failed&amp;q=139000020\"",
                "name=\"reminded\" value=\"yes\"",
                "/m/receivables/export/receivables.csv?show=overdue&amp;reminded=yes&amp;q=139000020",
            ],
        );
        manager.open("/m/receivables?reminded=yes&lang=en").await.says(200, &["Reminded by SMS 12:00", "Never reminded"]);
        manager.open("/m/receivables?lang=zh").await.says(200, &["没提醒过"]);
        // What is paid is found by its reminders too.
        shop.pay_debt(&format!("/p/{}", shop.debt(&paths[1]).await.token), "1200").await;
        assert_eq!(names(&manager.open("/m/receivables?reminded=yes").await), [unknown, stopped]);
        assert_eq!(names(&manager.open("/m/receivables?show=paid&reminded=yes").await), [yes]);
        assert!(!manager.open("/m/receivables?show=paid").await.text.contains("短信提醒过"), "nobody has to know that of what is paid");
        shop.verify().await;
        // The list as a file.
        let file = manager.open("/m/receivables/export/receivables.csv?show=all").await;
        file.says(
            200,
            &["最近提醒", "2026-11-21 12:00:00 短信提醒过；已停止提醒", "2026-11-21 12:00:00 的短信提醒没发出", ",对方不再接收,"],
        );
        let file = manager.open("/m/receivables/export/receivables.csv?show=all&reminded=never").await;
        file.says(200, &[never, refuses, ",没提醒过,"]);
        assert!(!file.text.contains(yes));
        // What waits for the morning, and what was dropped before it went.
        shop.pass_until("11-21 22:00:00");
        remind(&manager, &paths[0]).await;
        assert_eq!(names(&manager.open("/m/receivables?reminded=never").await), [refuses]);
        manager.open("/m/receivables?reminded=yes").await.says(200, &["短信提醒待发出", never]);
        switch(&manager, &paths[0], "stop").await;
        crate::scene::until("what waited is dropped", async || {
            let page = manager.open("/m/receivables?reminded=never").await;
            names(&page).contains(&never).then_some(())
        })
        .await;
        shop.verify().await;
        shop.close().await;
    }
}

/// Every filter that there is.
fn filters() -> Vec<Filter> {
    let standings = [None, Some(Standing::Open), Some(Standing::Paid), Some(Standing::Overpaid), Some(Standing::WrittenOff)];
    let days = [None, Day::from_ymd(2026, 11, 21)];
    let reminded = [None].into_iter().chain(Reminded::ALL.map(Some));
    let all = reminded.flat_map(|reminded| standings.map(|standing| days.map(|due_before| Filter { standing, due_before, reminded })));
    all.flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_every_list_is_that_of_reading_all_debts_and_telling_them_apart() {
    for mut shop in Shop::on_each_engine().await {
        let manager = Browser::manager(&shop, MANAGER).await;
        let mut path = String::new();
        for at in 0..60_usize {
            let mut form = debt("10", false);
            form[3].1 = ["", "2026-11-19", "2026-12-01"][at % 3].to_owned();
            path = shop.raise(&manager, &form).await;
            // Some are of one moment.
            shop.world.hands.pass_ms(i64::from(at % 4 == 0));
        }
        let mut scene = vec![];
        for (at, state) in ["waiting", "under_way", "sent", "unknown", "failed"].into_iter().enumerate() {
            let rest = format!("WHERE (raised_at_ms + amount_fen) % 7 = {at}");
            scene.push(format!("UPDATE receivable SET reminded = '{state}', reminded_at_ms = 1 {rest}"));
        }
        scene.push("UPDATE receivable SET stopped_by_debtor_at_ms = 1 WHERE raised_at_ms % 3 = 0".to_owned());
        scene.push("UPDATE receivable SET stopped_by_manager_at_ms = 1 WHERE raised_at_ms % 5 = 0".to_owned());
        scene.push("UPDATE receivable SET standing = 'written_off', is_written_off = TRUE WHERE raised_at_ms % 4 = 0".to_owned());
        for sql in scene {
            shop.place.bare().await.run(&sql).await;
        }
        let one = shop.debt(&path).await.receivable;
        let mut conn = shop.site.store.read().await.unwrap();
        let tx = &mut conn.tx();
        let all = receivables::page(tx, one.tenant, one.payee, Filter::default(), None, 100).await.unwrap();
        assert_eq!(all.len(), 60);
        let told: BTreeSet<_> = all.iter().map(|stored| stored.mark.last.map(|last| format!("{:?}", last.state))).collect();
        assert!(told.len() > 4, "the scene has all kinds: {told:?}");
        for filter in filters() {
            let Filter { standing, due_before, reminded } = filter;
            let takes = |stored: &&Stored| {
                standing.is_none_or(|standing| stored.claim.standing() == standing)
                    && due_before.is_none_or(|day| stored.receivable.due.is_some_and(|due| due < day))
                    && reminded.is_none_or(|reminded| reminded.takes(&stored.mark))
            };
            let expected: Vec<_> = all.iter().filter(takes).map(|stored| stored.receivable.id).collect();
            let (mut listed, mut found, mut before) = (vec![], vec![], None);
            loop {
                let page = receivables::page(tx, one.tenant, one.payee, filter, before, 7).await.unwrap();
                before = page.last().map(Before::of);
                listed.extend(page.iter().map(|stored| stored.receivable.id));
                if page.is_empty() {
                    break;
                }
            }
            assert_eq!(listed, expected, "{filter:?} on {}", shop.place.engine);
            let mut before = None;
            loop {
                let page = receivables::search(tx, one.tenant, one.payee, "S2026001 学费", filter, before, 7).await.unwrap().unwrap();
                found.extend(page.rows.iter().map(|stored| stored.receivable.id));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{filter:?} searched on {}", shop.place.engine);
        }
        drop(conn);
        // The scene was written past the books, so those prove nothing here.
        shop.stop().await;
    }
}
