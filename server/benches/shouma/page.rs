//! F1 and S1: what the payer's page weighs, and what it costs to answer.

use std::net::SocketAddr;
use std::path::Path;

use crate::figure::{Figure, Goal, Plan, Ratio, Rounds, say};
use crate::http::{Connection, Load, get};
use crate::stage::{Actor, Role};
use crate::twin::Dress;

/// Four TCP segments (performance 2.5): the first view comes within the first round trip, with room to spare.
const FIRST_VIEW_BYTES: f64 = 5_800.0;

/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;

/// Both figures, `simulator` being what our server introduces itself to.
pub async fn figures(folder: &Path, simulator: &Actor, plan: Plan) -> Vec<Figure> {
    let merchant = serde_json::from_str(&simulator.said).expect("it said who the merchant is");
    let ours = Actor::start(&Role::Ours { database: folder.join("page-ours.db"), merchant, workers: 1 });
    let mut figures = weights(ours.address()).await;
    figures.push(cost(folder, &ours, plan).await);
    figures
}

async fn weights(address: SocketAddr) -> Vec<Figure> {
    let plain = text(address, "/p/demo").await;
    let requests = 1 + others(&plain);
    let mut figures = vec![];
    for (id, encoding) in [("F1-br", "gzip, deflate, br"), ("F1-gzip", "gzip")] {
        // A new connection, as a phone that has never been here has it.
        let answer = Connection::open(address).await.ask(&get("/p/demo", encoding)).await;
        assert_eq!(answer.status, 200);
        let said = answer.header("content-encoding").unwrap_or("identity").to_owned();
        assert!(encoding.contains(&said), "asked for {encoding}, got {said}");
        let bytes = answer.wire_bytes as f64;
        let note =
            format!("status line + headers {} + body {} ({said}); {} uncompressed", answer.head.len(), answer.body.len(), plain.len());
        figures.push(
            Figure::counted(id, "bytes on the wire", bytes, Some(FIRST_VIEW_BYTES), bytes / FIRST_VIEW_BYTES)
                .goal(Goal::AtMost(1.0))
                .note(note),
        );
    }
    let note = "the page itself and every address in it that a browser loads";
    figures.push(
        Figure::counted("F1-requests", "requests of the first view", requests as f64, Some(1.0), requests as f64)
            .goal(Goal::AtMost(1.0))
            .note(note),
    );
    figures
}

/// Addresses in a page that a browser loads by itself.
fn others(html: &str) -> usize {
    let tags =
        html.split('<').filter(|tag| ["link", "script", "img", "iframe", "source", "object"].iter().any(|name| tag.starts_with(name)));
    let addresses = tags.filter_map(|tag| tag.split('>').next()).filter(|tag| tag.contains(" src=") || tag.contains(" href="));
    addresses.filter(|tag| !tag.contains("=\"data:")).count()
}

async fn text(address: SocketAddr, path: &str) -> String {
    let answer = Connection::open(address).await.ask(&get(path, "identity")).await;
    assert_eq!(answer.status, 200, "{}", answer.head);
    String::from_utf8(answer.body).expect("a page is text")
}

async fn cost(folder: &Path, ours: &Actor, plan: Plan) -> Figure {
    let our_page = text(ours.address(), "/p/demo").await;
    let twin = Actor::start(&Role::Twin { database: folder.join("page-twin.db"), dress: undress(&our_page) });
    let twin_page = text(twin.address(), "/p/demo").await;
    assert_eq!(visible(&our_page), visible(&twin_page), "the twin must say what ours says");
    let mut our_load = Load::open(ours.address(), CONNECTIONS).await;
    let mut twin_load = Load::open(twin.address(), CONNECTIONS).await;
    say("S1: CPU of a request of the payer's page, ours and an axum + askama twin");
    for _ in 0..2 {
        cpu_us(ours, &mut our_load, plan.slice_ms).await;
        cpu_us(&twin, &mut twin_load, plan.slice_ms).await;
    }
    let rounds = Rounds::interleaved(
        plan.rounds,
        async || cpu_us(ours, &mut our_load, plan.slice_ms).await,
        async || cpu_us(&twin, &mut twin_load, plan.slice_ms).await,
    );
    let note = format!(
        "peer: axum + askama, same lookup, visible text, style and script; {CONNECTIONS} kept connections, no compression, one worker thread; HTML {} and {} bytes",
        our_page.len(),
        twin_page.len()
    );
    Figure::compared("S1", "CPU us per request", &rounds.await, Ratio::PeerByOurs).goal(Goal::AtLeast(0.6)).note(note)
}

async fn cpu_us(server: &Actor, load: &mut Load, slice_ms: u64) -> f64 {
    let request = get("/p/demo", "identity");
    let before = server.cpu_us();
    let (count, _) = load.run(slice_ms, async |connection| assert_eq!(connection.ask(&request).await.status, 200)).await;
    (server.cpu_us() - before) / count as f64
}

/// Style and scripts of our page.
fn undress(html: &str) -> Dress {
    let inside = |tag: &str| -> Vec<String> {
        let open = format!("<{tag} ");
        let parts = html.split(open.as_str()).skip(1).filter_map(|part| part.split_once('>'));
        parts.map(|(_, rest)| rest.split(&format!("</{tag}>")).next().unwrap_or_default().to_owned()).collect()
    };
    let scripts = inside("script");
    let [early_js, js] = <[String; 2]>::try_from(scripts).expect("the page has two scripts");
    Dress { early_js, css: inside("style").concat(), js }
}

/// What a reader sees: text without tags, style and script.
fn visible(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<').skip(1) {
        let Some((tag, after)) = part.split_once('>') else { continue };
        if !["script", "style", "title"].iter().any(|unseen| tag.starts_with(unseen)) {
            text.extend(after.split_whitespace());
            text.push(' ');
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
