//! A server that is killed at any moment has every payment that it acknowledged, and none twice (reliability F1).
//!
//! A copy of this program is the server: it takes orders, hears that they are paid and returns money, many at a time, and says
//! what is on the disk. It is killed while it works, and its database is opened again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test cannot do fails it")]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use server::store::*;
use uuid::Uuid;

use domain::refund::RefundWord;
use domain::{OutRefundNo, PaymentId, PaymentState};
use rollups::Drain;
use testing::shop::{Hear, Insert, NOON, Shop};

#[path = "../src/store/testing/mod.rs"]
#[allow(dead_code, reason = "other test programs use the rest")]
mod testing;

const DATABASE: &str = "SHOUMA_KILL_DATABASE";

/// Kills that one database goes through before the next begins, so that verifying stays quick.
const KILLS_PER_DATABASE: u32 = 10;

#[tokio::test]
async fn a_kill_loses_no_acknowledged_payment_and_doubles_none() {
    let kills: u32 = std::env::var("SHOUMA_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(50);
    let mut folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut all) = (vec![], 0);
    for kill in 0..kills {
        if kill % KILLS_PER_DATABASE == 0 {
            folder = tempfile::tempdir().unwrap();
            acknowledged.clear();
        }
        let file = folder.path().join("kill.db");
        let new = killed_while_working(&file);
        assert!(!new.is_empty(), "kill {kill}: it acknowledged nothing");
        all += new.len();
        acknowledged.extend(new);
        look_at_what_is_left(&file, &acknowledged, kill).await;
    }
    println!("{kills} kills, {all} acknowledgements, every one of them there");
}

/// Runs a server, kills it some time after its first acknowledgement, and tells what it acknowledged.
fn killed_while_working(file: &Path) -> Vec<String> {
    let mut child: Child = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "serve_until_killed", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DATABASE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).filter(|line| line.starts_with("ack "));
    let first = lines.next();
    std::thread::scope(|scope| {
        // The pipe is read meanwhile, or the server would wait for it instead of working.
        let rest = scope.spawn(|| lines.collect::<Vec<_>>());
        std::thread::sleep(Duration::from_micros(RandomState::new().build_hasher().finish() % 120_000));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(status.code().is_none(), "it ended by itself: {status}");
        first.into_iter().chain(rest.join().unwrap()).collect()
    })
}

async fn look_at_what_is_left(file: &Path, acknowledged: &[String], kill: u32) {
    let store = Store::open(&StoreConfig::of_url(format!("sqlite://{}", file.display()))).await.unwrap();
    let mut reader = store.read().await.unwrap();
    let tx = &mut reader.tx();
    for line in acknowledged {
        let (what, id) = line.strip_prefix("ack ").and_then(|line| line.split_once(' ')).unwrap();
        let (id, refund) = id.split_once(' ').unwrap_or((id, ""));
        let id: PaymentId = id.parse().unwrap();
        let tenant = payments::tenant_of(tx, id).await.unwrap().unwrap_or_else(|| panic!("kill {kill}: {line} is lost"));
        let payment = payments::load(tx, tenant, id).await.unwrap().unwrap().payment;
        match what {
            "order" => {}
            "paid" => assert_eq!(payment.state, PaymentState::Paid, "kill {kill}: {line}"),
            "refund" => {
                let no = OutRefundNo::parse(refund).unwrap();
                assert!(payments::load_refund(tx, tenant, &no).await.unwrap().is_some(), "kill {kill}: {line} is lost");
            }
            other => panic!("{other}"),
        }
    }
    drop(reader);
    for checked in verify::verify(&store).await.unwrap() {
        assert_eq!(checked.first_bad, None, "kill {kill}: {}", checked.name);
    }
    store.close().await;
}

/// The server that is killed. It is a test only so that it can be started from this program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs until it is killed"]
async fn serve_until_killed() {
    let Ok(file) = std::env::var(DATABASE) else { return };
    let store = Store::open(&StoreConfig::of_url(format!("sqlite://{file}"))).await.unwrap();
    let shop = Shop::open(&store).await;
    for person in 0..24 {
        tokio::spawn(pay_for_ever(store.clone(), shop.clone(), person));
    }
    loop {
        store.write(Drain { limit: 50 }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn pay_for_ever(store: Store, shop: Shop, person: i64) {
    loop {
        let unpaid = shop.unpaid(Uuid::now_v7(), 100 + person, "同学", NOON);
        let (id, no) = (unpaid.payment.id, unpaid.payment.attempts[0].no.clone());
        store.write(Insert(unpaid)).await.unwrap();
        acknowledge(&format!("order {id}"));
        // The channel says it twice at once; one of the two is news.
        let (one, two) = tokio::join!(store.write(Hear::paid(&no, 100 + person, NOON)), store.write(Hear::paid(&no, 100 + person, NOON)));
        assert!(one.unwrap() != two.unwrap());
        acknowledge(&format!("paid {id}"));
        if person % 3 == 0 {
            let refund = shop.refund(&store, id, 40, NOON).await;
            acknowledge(&format!("refund {id} {refund}"));
            shop.hear_refund(&store, &refund, RefundWord::Done, NOON).await;
        }
    }
}

fn acknowledge(what: &str) {
    // One write per line: a line is whole in the pipe or not there.
    std::io::stdout().write_all(format!("ack {what}\n").as_bytes()).unwrap();
}
