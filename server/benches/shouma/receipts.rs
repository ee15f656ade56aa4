//! E16 and E17: pages and searches of receipts as a manager asks for them, among a thousand and a million. D4: finding one by two
//! characters, against reading them all.

use std::path::Path;
use std::time::{Duration, Instant};

use app::receipts::PAGE_ROWS;
use domain::form::Answer;
use domain::receipt::Receipt;
use domain::{Caller, Day, Millis, PaymentId, Role};
use server::store::codes::FoundCode;
use server::store::reach::Reach;
use server::store::receipts::{Before, Narrow};
use server::store::{Store, search};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use uuid::Uuid;

use crate::figure::{Figure, Goal, Plan, Ratio, Rounds, median, percentile, say};
use crate::{is_wanted, stage};

/// Receipts on a page of the product.
const PAGE: i64 = PAGE_ROWS as i64;

/// Family names that ten receipts have, however many there are.
const RARE: [&str; 3] = ["欧冶", "司空", "濮阳"];

/// What every third receipt says.
const COMMON: [&str; 1] = ["一班"];

/// Noon of a day in Shanghai, when the first receipt was made; one follows every second.
const FIRST_AT_MS: i64 = 1_700_020_800_000;

/// The few: a thousand.
const FEW: i64 = 1_000;

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚";
const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建文志国海云峰婷雪琳晨宇欣怡佳浩然梓涵子轩博思雨桐诗琪嘉懿煜城瑾瑜皓泽天佑晓啸思聪俊凯文昊昕珊莎倩雅芝素媛凝丝雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希";

/// Rows that a paid payment leaves, made in bulk.
const RECEIPTS: &str = "WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < $1 - 1), \
     named(x, name) AS (SELECT x, substr($2, 1 + x * 31 % length($2), 1) || \
     CASE x % ($1 / 10) WHEN 7 THEN '欧冶' WHEN 8 THEN '司空' WHEN 9 THEN '濮阳' ELSE \
     substr($3, 1 + x * 7919 % length($3), 1) || substr($3, 1 + x / 97 * 104729 % length($3), 1) END FROM n) \
     INSERT INTO receipt (tenant, payment, payee, code, code_name, title, answers, amount_fen, trade, token, paid_at_ms, known_at_ms) \
     SELECT $4, unhex(printf('%016x%016x', x, x)), $5, $6, '教务处', name, replace($7, '@', name), 100 + x * 7 % 9900, '42000' || x, 'r' || x, \
     $8 + x * 1000, $8 + x * 1000 FROM named";

/// The tokens of the given name and of 一班, by which the measurement searches.
const TOKENS: &str = "INSERT INTO search_token (tenant, scope, token, at_ms, id) \
     SELECT tenant, payee, token, paid_at_ms, payment FROM (SELECT tenant, payee, substr(title, 2, 2) AS token, paid_at_ms, payment FROM receipt \
     UNION ALL SELECT tenant, payee, '一班', paid_at_ms, payment FROM receipt WHERE answers LIKE '%一班%') ORDER BY token, paid_at_ms, payment";

/// What came together on each day, as it stands when all is rolled up.
const ROLLUPS: &str = "INSERT INTO rollup (tenant, payee, code, day, count, sum_fen, refunded_count, refunded_fen) \
     SELECT tenant, payee, code, (paid_at_ms + 28800000) / 86400000, COUNT(*), SUM(amount_fen), 0, 0 FROM receipt GROUP BY 1, 2, 3, 4";

/// Receipts of one payee.
struct Shelf {
    store: Store,
    found: FoundCode,
    receipts: i64,
}

/// Those of the figures that are wanted.
pub async fn figures(folder: &Path, plan: Plan) -> Vec<Figure> {
    let few = Shelf::fill(&folder.join("receipts-few.db"), FEW).await;
    let file = folder.join("receipts-many.db");
    let many = Shelf::fill(&file, plan.receipts).await;
    let mut figures = vec![];
    if is_wanted(&["D3", "E16"]) {
        figures.extend(pages(&few, &many, plan).await);
    }
    if is_wanted(&["D3", "E17"]) {
        figures.extend(words(&few, &many, plan).await);
    }
    if is_wanted(&["D4"]) {
        figures.extend(searches(&many, &file, plan).await);
    }
    few.store.close().await;
    many.store.close().await;
    figures
}

impl Shelf {
    async fn fill(file: &Path, receipts: i64) -> Shelf {
        let (store, found) = stage::open_demo(file).await;
        store.close().await;
        say(format!("E16: making {receipts} receipts"));
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off)
            // The payments behind the receipts are not read here, so they are not made.
            .foreign_keys(false)
            .pragma("cache_size", "-200000")
            .disable_statement_logging();
        let mut conn = options.connect().await.expect("a database opens");
        let answers = vec![Answer::plain("student", "学生姓名", "@"), Answer::plain("class", "班级", "三年#班")];
        let answers = serde_json::to_string(&answers).expect("answers are plain");
        let insert = sqlx::query(RECEIPTS)
            .bind(receipts)
            .bind(SURNAMES)
            .bind(GIVEN)
            .bind(found.code.tenant.get())
            .bind(found.code.payee.get())
            .bind(found.code.id.get())
            .bind(answers)
            .bind(FIRST_AT_MS);
        insert.execute(&mut conn).await.expect("rows go in");
        run(&mut conn, "UPDATE receipt SET answers = replace(answers, '#', substr('一二三', 1 + (paid_at_ms / 1000) % 3, 1))").await;
        run(&mut conn, TOKENS).await;
        run(&mut conn, ROLLUPS).await;
        run(&mut conn, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        conn.close().await.expect("a database closes");
        let (store, found) = stage::open_demo(file).await;
        Shelf { store, found, receipts }
    }

    /// The place right after receipt `number`, counted from the oldest.
    fn before(&self, number: i64) -> Before {
        let digits = u128::try_from(number).expect("receipts are counted from 0");
        Before { paid_at_ms: Millis::of(FIRST_AT_MS + number * 1_000), payment: PaymentId::of(Uuid::from_u128((digits << 64) | digits)) }
    }

    /// Where page `number` of a measurement begins: at the newest receipt, or around nine tenths of the way back.
    fn place(&self, is_deep: bool, number: i64) -> Option<Before> {
        let depth = self.receipts * 12 / 100 - number * 37 % (self.receipts / 25);
        is_deep.then(|| self.before(depth.max(PAGE)))
    }

    fn caller(&self) -> Caller {
        Caller { tenant: self.found.code.tenant, account: self.found.code.payee, role: Role::Manager }
    }

    /// The time of one page in microseconds, as `desk` reads it: whose receipts the caller sees, a page of them and one more, which
    /// tells whether there is an older page, and the totals of their days. The choice of codes that stands on a newest page only is
    /// left out, because it would flatter the deep ones.
    async fn page_us(&self, before: Option<Before>) -> f64 {
        let mut reader = self.store.read().await.expect("a store can be read");
        let started = Instant::now();
        let tx = &mut reader.tx();
        let reach = Reach::of(tx, &self.caller()).await.expect("a store can be read");
        let mut page = reach.receipts(tx, Narrow::default(), before, PAGE + 1).await.expect("a store can be read");
        page.truncate(PAGE_ROWS);
        let mut days: Vec<Day> = page.iter().map(|receipt| receipt.paid_at_ms.day()).collect();
        days.dedup();
        let mut count = 0;
        for day in days {
            count += reach.totals(tx, None, day).await.expect("a store can be read").count;
        }
        let took = started.elapsed();
        assert_eq!(page.len(), PAGE_ROWS);
        assert!(count >= PAGE, "the days hold {count} receipts");
        took.as_secs_f64() * 1e6
    }

    /// The time in microseconds of the first page of a search, as `desk` reads it.
    async fn search_us(&self, word: &str) -> f64 {
        let mut reader = self.store.read().await.expect("a store can be read");
        let started = Instant::now();
        let tx = &mut reader.tx();
        let reach = Reach::of(tx, &self.caller()).await.expect("a store can be read");
        let found = reach.search(tx, word, Narrow::default(), None, PAGE_ROWS).await.expect("a store can be read");
        let took = started.elapsed();
        let most = if RARE.contains(&word) { 10 } else { PAGE_ROWS };
        assert_eq!(found.expect("two characters can be looked up").receipts.len(), most, "{word}");
        took.as_secs_f64() * 1e6
    }

    /// The newest receipts with `word`, at most `most`, by the store's search.
    async fn found(&self, word: &str, most: usize) -> Vec<Receipt> {
        let mut reader = self.store.read().await.expect("a store can be read");
        let mut receipts = vec![];
        let mut before = None;
        while receipts.len() < most {
            let limit = (most - receipts.len()).min(200);
            let found =
                search::search(&mut reader.tx(), self.found.code.tenant, self.found.code.payee, word, Narrow::default(), before, limit)
                    .await;
            let found = found.expect("a store can be read").expect("two characters can be looked up");
            receipts.extend(found.receipts);
            before = found.next;
            if before.is_none() {
                break;
            }
        }
        receipts
    }

    /// The same by reading every receipt.
    async fn scanned(&self, conn: &mut SqliteConnection, word: &str, most: usize) -> Vec<PaymentId> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT payment, answers FROM receipt WHERE tenant = $1 AND payee = $2 AND answers LIKE '%' || $3 || '%' \
             ORDER BY paid_at_ms DESC, payment DESC LIMIT $4",
        )
        .bind(self.found.code.tenant.get())
        .bind(self.found.code.payee.get())
        .bind(word)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .expect("rows can be read");
        rows.into_iter().map(|(payment, _)| PaymentId::of(payment)).collect()
    }
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(conn).await.expect("a statement runs");
}

async fn pages(few: &Shelf, many: &Shelf, plan: Plan) -> Vec<Figure> {
    say("E16: pages of receipts");
    let comparisons = [
        ("E16-first", (many, false), (few, false), "ours: the newest page of many, peer: the newest page of a thousand"),
        (
            "E16-deep",
            (many, true),
            (few, false),
            "ours: pages around nine tenths of the way back in many, peer: the newest page of a thousand",
        ),
        ("E16-depth", (many, true), (many, false), "ours: pages around nine tenths of the way back, peer: the newest page, both of many"),
    ];
    let mut figures = vec![];
    for (id, (ours, is_ours_deep), (peer, is_peer_deep), about) in comparisons {
        let ours = async |number| ours.page_us(ours.place(is_ours_deep, number)).await;
        let peer = async |number| peer.page_us(peer.place(is_peer_deep, number)).await;
        let about = format!("{about}; {PAGE} to a page, with the totals of its days");
        figures.push(side_by_side((id, "us per page, p99"), ours, peer, &about, many, plan).await);
    }
    figures
}

async fn words(few: &Shelf, many: &Shelf, plan: Plan) -> Vec<Figure> {
    say("E17: searches");
    let comparisons = [
        ("E17-rare", &RARE[..], "a word that ten receipts have in many as in a thousand"),
        ("E17-common", &COMMON[..], "a word that every third receipt has"),
    ];
    let mut figures = vec![];
    for (id, words, about) in comparisons {
        let word = |number: i64| words[usize::try_from(number).unwrap_or(0) % words.len()];
        let ours = async |number| many.search_us(word(number)).await;
        let peer = async |number| few.search_us(word(number)).await;
        let about = format!("ours: the newest {PAGE} of many with {about}, peer: those of a thousand");
        figures.push(side_by_side((id, "us per search, p99"), ours, peer, &about, many, plan).await);
    }
    figures
}

/// Ours against the peer by the p99 of what each takes; both are handed the number of the try.
async fn side_by_side(
    (id, unit): (&'static str, &'static str),
    ours: impl AsyncFn(i64) -> f64,
    peer: impl AsyncFn(i64) -> f64,
    about: &str,
    many: &Shelf,
    plan: Plan,
) -> Figure {
    lockstep(&ours, &peer, 500).await;
    let (mut p99, mut p50s) = (Rounds::default(), (vec![], vec![]));
    for _ in 0..plan.rounds {
        let [mut before, mut between, mut after] = lockstep(&ours, &peer, i64::try_from(plan.slice_ms).unwrap_or(1_000) * 2).await;
        p99.push(percentile(&mut before, 99), percentile(&mut between, 99), percentile(&mut after, 99));
        p50s.0.push(percentile(&mut before, 50));
        p50s.1.push(percentile(&mut between, 50));
    }
    let note = format!("{about}; many is {}; p50 {:.0} and {:.0} us", many.receipts, median(p50s.0), median(p50s.1));
    Figure::compared(id, unit, &p99, Ratio::OursByPeer).goal(Goal::AtMost(1.5)).note(note)
}

/// Times of `count` tries of ours, the peer and ours again. They take turns try by try, because a p99 is made of the machine's
/// rare pauses, which are to meet all of them alike.
async fn lockstep(ours: &impl AsyncFn(i64) -> f64, peer: &impl AsyncFn(i64) -> f64, count: i64) -> [Vec<f64>; 3] {
    let mut took_us = [vec![], vec![], vec![]];
    for number in 0..count {
        took_us[0].push(ours(number).await);
        took_us[1].push(peer(number).await);
        took_us[2].push(ours(number).await);
    }
    took_us
}

async fn searches(shelf: &Shelf, file: &Path, plan: Plan) -> Vec<Figure> {
    say("D4: search by two characters, and a LIKE scan");
    let mut conn = SqliteConnectOptions::new().filename(file).read_only(true).connect().await.expect("a database opens");
    let mut figures = vec![];
    for (id, words) in [("D4-rare", RARE.to_vec()), ("D4-common", COMMON.to_vec())] {
        let (mut written, mut compared) = (0, 0);
        for word in &words {
            // Equal recall: the same receipts in the same order, all of them or the newest thousand.
            let (ours, scan) = (shelf.found(word, 1_000).await, shelf.scanned(&mut conn, word, 1_000).await);
            assert!(!scan.is_empty(), "{word} is on no receipt");
            assert_eq!(ours.iter().map(|receipt| receipt.payment).collect::<Vec<_>>(), scan, "{word}");
            (written, compared) = (written + scan.len(), compared + 1);
        }
        let ours = async || {
            let until = Instant::now() + Duration::from_millis(plan.slice_ms / 3);
            let mut took_us = vec![];
            for word in words.iter().cycle() {
                let started = Instant::now();
                shelf.found(word, PAGE_ROWS).await;
                took_us.push(started.elapsed().as_secs_f64() * 1e6);
                if Instant::now() >= until {
                    break;
                }
            }
            median(took_us)
        };
        let mut turn = 0;
        let scan = async || {
            let word = &words[turn % words.len()];
            turn += 1;
            let started = Instant::now();
            shelf.scanned(&mut conn, word, PAGE_ROWS).await;
            started.elapsed().as_secs_f64() * 1e6
        };
        let rounds = Rounds::interleaved(plan.rounds, ours, scan).await;
        let note = format!(
            "newest {PAGE} of {} receipts with a word of two characters; {compared} word(s), {written} receipts compared with the scan's, equal in order",
            shelf.receipts
        );
        let figure = Figure::compared(id, "us per search", &rounds, Ratio::PeerByOurs).note(note);
        figures.push(if id == "D4-rare" { figure.goal(Goal::AtLeast(500.0)) } else { figure });
    }
    figures
}
