//! Reading receipts: a page at any size and depth, and two Chinese characters among a million names.

use std::time::Instant;

use domain::PaymentId;
use server::store::receipts::{self, Before};
use server::store::search::search;
use server::store::{Reader, Store, StoreConfig, Tx};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::testing::shop::{NOON, Shop};
use super::{ROUNDS, report};

/// Pages read per round.
const PAGES: usize = 500;

/// Words looked up per round.
const WORDS: usize = 5;

const PAGE_ROWS: i64 = 15;

struct Filled {
    _folder: tempfile::TempDir,
    store: Store,
    shop: Shop,
    deep: Before,
}

/// Prints `receipts.*`. Ratios of times are ours over the peer's: less is better. `SHOUMA_BENCH_ROWS` sets another size than 1e6.
pub async fn measure() {
    let rows: i64 = std::env::var("SHOUMA_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let (small, large) = (filled(1_000).await, filled(rows).await);
    pages(&small, &large).await;
    searches(&large, rows).await;
}

async fn pages(small: &Filled, large: &Filled) {
    let (mut size_p50, mut size_p99, mut depth_p50, mut depth_p99) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let small_first = times(small, None).await;
        let large_first = times(large, None).await;
        let large_deep = times(large, Some(large.deep)).await;
        size_p50.push((large_first.0, small_first.0));
        size_p99.push((large_first.1, small_first.1));
        depth_p50.push((large_deep.0, large_first.0));
        depth_p99.push((large_deep.1, large_first.1));
    }
    report("receipts.page.p50.all_rows_to_1e3", "us", &size_p50);
    report("receipts.page.p99.all_rows_to_1e3", "us", &size_p99);
    report("receipts.page.p50.deep_to_first", "us", &depth_p50);
    report("receipts.page.p99.deep_to_first", "us", &depth_p99);
}

/// The median and the 99th percentile of reading a page, in microseconds.
async fn times(filled: &Filled, before: Option<Before>) -> (f64, f64) {
    let mut reader = filled.store.read().await.unwrap();
    let mut times = Vec::with_capacity(PAGES);
    for _ in 0..PAGES {
        let started = Instant::now();
        let page = receipts::page(&mut reader.tx(), filled.shop.tenant, filled.shop.payee, before, PAGE_ROWS).await.unwrap();
        times.push(started.elapsed().as_secs_f64() * 1e6);
        assert_eq!(page.len() as i64, PAGE_ROWS);
    }
    times.sort_by(f64::total_cmp);
    (times[PAGES / 2], times[PAGES * 99 / 100])
}

async fn searches(filled: &Filled, rows: i64) {
    let mut reader = filled.store.read().await.unwrap();
    let mut rounds = vec![];
    for round in 0..ROUNDS {
        let words: Vec<String> = (0..WORDS).map(|i| word(round * WORDS + i)).collect();
        let started = Instant::now();
        for word in &words {
            search(&mut reader.tx(), filled.shop.tenant, filled.shop.payee, word, None, 20).await.unwrap().unwrap();
        }
        let ours = started.elapsed().as_secs_f64() * 1e6 / WORDS as f64;
        let started = Instant::now();
        scan(&mut reader, filled, &words[0], 20).await;
        rounds.push((ours, started.elapsed().as_secs_f64() * 1e6));
        let (found, scanned) = (all(&mut reader, filled, &words[1]).await, scan(&mut reader, filled, &words[1], i64::MAX).await);
        assert_eq!(found, scanned, "search and scan find the same receipts");
        assert!(rows < 1_000_000 || !found.is_empty());
    }
    report("receipts.search.two_characters_to_like_scan", "us", &rounds);
}

/// Everything that a search finds, page by page.
async fn all(reader: &mut Reader, filled: &Filled, word: &str) -> Vec<PaymentId> {
    let (mut found, mut before) = (vec![], None);
    loop {
        let page = search(&mut reader.tx(), filled.shop.tenant, filled.shop.payee, word, before, 50).await.unwrap().unwrap();
        found.extend(page.receipts.iter().map(|receipt| receipt.payment));
        before = page.next;
        if before.is_none() {
            return found;
        }
    }
}

/// The peer: reads newest first and compares every text.
async fn scan(reader: &mut Reader, filled: &Filled, word: &str, limit: i64) -> Vec<PaymentId> {
    let Tx::Sqlite(conn) = reader.tx() else { unreachable!("the measurement is on SQLite") };
    let rows: Vec<(uuid::Uuid,)> = sqlx::query_as(
        "SELECT payment FROM receipt WHERE tenant = $1 AND payee = $2 AND title LIKE $3 ORDER BY paid_at_ms DESC, payment DESC LIMIT $4",
    )
    .bind(filled.shop.tenant.get())
    .bind(filled.shop.payee.get())
    .bind(format!("%{word}%"))
    .bind(limit)
    .fetch_all(conn)
    .await
    .unwrap();
    rows.into_iter().map(|(payment,)| PaymentId::of(payment)).collect()
}

/// Two characters of a given name; about one name in ten thousand has them.
fn word(i: usize) -> String {
    let given = |n: usize| char::from_u32(0x5B50 + (n % 100) as u32).unwrap();
    [given(i * 37 + 11), given(i * 53 + 29)].iter().collect()
}

/// A store with this many receipts of one payee, a second apart, named by a surname and two of a hundred characters. Only the
/// names have tokens; they stand for everything else that a receipt is found by.
async fn filled(rows: i64) -> Filled {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("bench.db");
    let config = StoreConfig::of_url(format!("sqlite://{}", file.display()));
    let store = Store::open(&config).await.unwrap();
    let shop = Shop::open(&store).await;
    store.close().await;
    let mut conn = SqliteConnectOptions::new().filename(&file).foreign_keys(false).connect().await.unwrap();
    for sql in ["PRAGMA synchronous = OFF", "PRAGMA cache_size = -200000", "BEGIN"] {
        sqlx::query(sql).execute(&mut conn).await.unwrap();
    }
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1), named(i, id, name) AS MATERIALIZED ( \
         SELECT i, randomblob(16), char(0x5F20 + abs(random() % 60)) || char(0x5B50 + abs(random() % 100)) || char(0x5B50 + abs(random() % 100)) FROM n) \
         INSERT INTO receipt (tenant, payment, payee, code, code_name, title, answers, amount_fen, trade, token, paid_at_ms, known_at_ms) \
         SELECT $2, id, $3, $4, '门口码牌', name, '[{\"key\":\"student\",\"label\":\"姓名\",\"text\":\"' || name || '\"}]', 100, i, i, $5 + i * 1000, \
         $5 + i * 1000 FROM named",
    )
    .bind(rows)
    .bind(shop.tenant.get())
    .bind(shop.payee.get())
    .bind(shop.code.id.get())
    .bind(NOON.get())
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query(
        "INSERT OR IGNORE INTO search_token (tenant, scope, token, at_ms, id) SELECT tenant, payee, token, paid_at_ms, payment FROM ( \
         SELECT tenant, payee, substr(title, 1, 2) AS token, paid_at_ms, payment FROM receipt \
         UNION ALL SELECT tenant, payee, substr(title, 2, 2), paid_at_ms, payment FROM receipt \
         UNION ALL SELECT tenant, payee, substr(title, 1, 1), paid_at_ms, payment FROM receipt \
         UNION ALL SELECT tenant, payee, substr(title, 2, 1), paid_at_ms, payment FROM receipt \
         UNION ALL SELECT tenant, payee, substr(title, 3, 1), paid_at_ms, payment FROM receipt) ORDER BY token, paid_at_ms, payment",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query("COMMIT").execute(&mut conn).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();
    let store = Store::open(&config).await.unwrap();
    let deep = Before { paid_at_ms: NOON.plus_ms(rows / 10 * 1000), payment: PaymentId::of(uuid::Uuid::nil()) };
    Filled { _folder: folder, store, shop, deep }
}
