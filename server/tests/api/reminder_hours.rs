//! From which hour on reminders of a schedule go each day (row I23).

use crate::browser::Browser;
use crate::reminders::{remind, switch, to_phone};
use crate::scene::Shop;

const MANAGER: &str = "13800138000";

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_the_hour_from_which_a_schedule_goes() {
    for shop in Shop::on_each_engine().await {
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin/settings").await.says(200, &["每天几点起发", "type=\"time\" value=\"10:00\"", "21:00 至 09:00 不打扰人"]);
        let set = async |from: &str| {
            let form = [("reminders", "on".to_owned()), ("from", from.to_owned())];
            admin.post("/admin/settings/reminders", &form).await
        };
        for wrong in ["", "ten", "24:00", "21:00", "03:00", "08:59"] {
            let page = set(wrong).await;
            page.says(422, &["请填写 21:00 至 09:00 以外的时间", &format!("value=\"{wrong}\""), "aria-invalid=\"true\""]);
        }
        assert_eq!(set("18:30").await.header("location"), "/admin/settings?done=saved");
        assert_eq!(set("18:30").await.header("location"), "/admin/settings?done=same");
        admin.open("/admin/settings?lang=en").await.says(200, &["From when on each day", "value=\"18:30\""]);
        let phone = "13900001111";
        let manager = Browser::manager(&shop, MANAGER).await;
        let path = shop.raise(&manager, &to_phone(phone)).await;
        manager.open(&path).await.says(200, &["18:30 起发", "11月28日 18:30，发到 139****1111"]);
        shop.pass_until("11-28 18:29:59");
        shop.quiet(phone, 0).await;
        // Whoever asks by hand does not wait for it; and the schedule comes to know of another hour at once.
        let admin = Browser::administrator(&shop).await;
        let form = [("reminders", "on".to_owned()), ("from", "18:00".to_owned())];
        assert_eq!(admin.post("/admin/settings/reminders", &form).await.status, 303);
        shop.reminded(phone, 1).await;
        let other = shop.raise(&Browser::manager(&shop, MANAGER).await, &to_phone("13900002222")).await;
        shop.pass_until("11-29 09:00:00");
        assert_eq!(remind(&Browser::manager(&shop, MANAGER).await, &other).await, "reminded");
        assert_eq!(shop.number("SELECT COUNT(*) FROM audit WHERE act = 'organisation.reminders'").await, 2);
        shop.verify().await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_that_leave_midnight_open_let_no_schedule_go_with_the_new_day() {
    for place in crate::testing::stores().await {
        let shop = Shop::found(crate::scene::World::new().await, place, |config| {
            config.quiet_hours = domain::receivable::QuietHours::new(12 * 60, 14 * 60).unwrap();
        })
        .await;
        let phone = "13900001111";
        let manager = Browser::manager(&shop, MANAGER).await;
        // Noon is quiet here, so what stands at the clock now goes later.
        let path = shop.raise(&manager, &to_phone(phone)).await;
        switch(&manager, &path, "schedule").await;
        manager.open(&path).await.says(200, &["11月28日 10:00，发到 139****1111"]);
        for early in ["11-27 23:59:59", "11-28 00:00:00", "11-28 09:59:59"] {
            shop.pass_until(early);
            shop.quiet(phone, 0).await;
        }
        shop.pass_until("11-28 10:00:00");
        shop.reminded(phone, 1).await;
        // An hour that became quiet with another setting gives way to the end of the quiet hours, and the screen says so.
        shop.place.bare().await.run("UPDATE tenant SET remind_from_minute = 750").await;
        let admin = Browser::administrator(&shop).await;
        admin.open("/admin/settings").await.says(200, &["value=\"12:30\"", "12:00 至 14:00 以内，不打扰人，所以从 14:00 起发"]);
        shop.pass_until("12-01 13:59:59");
        shop.quiet(phone, 1).await;
        shop.pass_until("12-01 14:00:00");
        shop.reminded(phone, 2).await;
        shop.close().await;
    }
}
