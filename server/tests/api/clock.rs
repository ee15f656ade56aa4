//! Our clock beside WeChat's: an operator hears of it before signatures are refused (row H17).

use std::sync::Arc;

use crate::browser::Browser;
use crate::scene::{Shop, World, until};
use crate::{log, testing};

const ALARM: &str = "shouma_alarms_total{alarm=\"clock\"}";

/// Until the distance that an operator sees lies in `within`, in seconds.
async fn until_off(shop: &Shop, within: std::ops::Range<u64>) {
    until(&format!("{within:?} s"), async || {
        // Any answer of the channel says what time it is there.
        shop.site.payments.channel.refresh().await;
        let off_ms = log::counted("shouma_clock_off_ms");
        (within.start * 1_000..within.end * 1_000).contains(&off_ms).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_drifts_is_told_once_at_each_limit_and_once_when_it_is_right_again() {
    let mut world = World::new().await;
    let hands = world.hands.ahead(50_000);
    Arc::get_mut(&mut world).unwrap().hands = hands;
    let mut shop = Shop::found(world, testing::sqlite(|_| {}).await, |_| {}).await;
    until_off(&shop, 50..52).await;
    assert_eq!(log::counted(ALARM), 0, "less than a minute is nobody's concern");

    shop.world.hands.pass_ms(20_000);
    until_off(&shop, 70..72).await;
    until("the alarm", async || (log::counted(ALARM) == 1).then_some(())).await;
    // However many answers say so.
    for amount in ["1", "2"] {
        shop.bill(&Browser::wechat(&shop), amount).await;
    }
    shop.world.hands.pass_ms(3_000);
    until_off(&shop, 73..75).await;
    assert_eq!(log::counted(ALARM), 1);
    assert_eq!(log::text().matches("more than a minute from the channel's").count(), 1);

    shop.world.hands.pass_ms(180_000);
    until_off(&shop, 253..255).await;
    until("the second alarm", async || (log::counted(ALARM) == 2).then_some(())).await;
    let line = log::text().lines().find(|line| line.contains("it soon refuses everything")).map(str::to_owned).unwrap();
    assert!(line.contains("ERROR"), "{line}");

    shop.world.hands.pass_ms(-253_000);
    until_off(&shop, 0..2).await;
    until("it is right again", async || log::text().contains("as it should be again").then_some(())).await;
    assert_eq!(log::counted(ALARM), 2);
    shop.stop().await;
}
