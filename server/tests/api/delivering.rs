//! What waits in the outbox: one message that cannot be told keeps no other from being told.

use crate::scene::{Shop, until};

/// No message of the outbox counts as told.
const NONE: &str = "CREATE TRIGGER none_is_told BEFORE UPDATE ON outbox WHEN NEW.done_at_ms IS NOT NULL \
    BEGIN SELECT RAISE(ABORT, 'by a test'); END";

/// The first one does not.
const NOT_THE_FIRST: &str = "DROP TRIGGER none_is_told; CREATE TRIGGER the_first_is_not_told BEFORE UPDATE ON outbox \
    WHEN NEW.done_at_ms IS NOT NULL AND OLD.id = (SELECT id FROM outbox ORDER BY created_at_ms, id LIMIT 1) \
    BEGIN SELECT RAISE(ABORT, 'by a test'); END";

/// As long as messages that were taken up are left alone.
const LEASE_MS: i64 = 30_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_told_holds_up_no_other() {
    let shop = Shop::open().await;
    let mut conn = shop.place.bare().await;
    conn.run(NONE).await;
    shop.paid("5").await;
    shop.paid("6").await;
    // Both are taken up, and due again at one moment.
    let put_off = "SELECT COUNT(*) FROM outbox WHERE tries > 0 AND due_at_ms IS NOT NULL";
    until("both are taken up", async || (shop.number(put_off).await == 2).then_some(())).await;
    conn.run(NOT_THE_FIRST).await;
    shop.world.hands.pass_ms(LEASE_MS);
    let told = "SELECT COUNT(*) FROM outbox WHERE done_at_ms IS NOT NULL";
    until("the second is told", async || (shop.number(told).await == 1).then_some(())).await;
    // Nor is the first one lost.
    conn.run("DROP TRIGGER the_first_is_not_told").await;
    shop.world.hands.pass_ms(LEASE_MS);
    until("the first is told", async || (shop.number(told).await == 2).then_some(())).await;
    shop.close().await;
}
