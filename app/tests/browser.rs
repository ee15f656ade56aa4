//! The browser runs the rules that the server trusts: the same table, compiled to wasm, inside Chromium (`make wasm-test`).

#![cfg(target_arch = "wasm32")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects")]

use domain::Fen;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_browser_reads_an_amount_as_the_server_does() {
    for (typed, fen) in [
        ("12.5", Some(1250)),
        ("¥1,234.50", Some(123_450)),
        (".5", Some(50)),
        ("0.1", Some(10)),
        ("1.005", None),
        ("12,50", None),
        ("1e3", None),
        ("", None),
    ] {
        assert_eq!(Fen::parse_yuan(typed).ok().map(Fen::get), fen, "{typed}");
    }
}

#[wasm_bindgen_test]
fn an_amount_beyond_javascripts_whole_numbers_stays_exact() {
    // 2^53 + 1 has no double; a rule that passed through a JavaScript number would lose the last fen.
    let fen = Fen::of(9_007_199_254_740_993);
    assert_eq!(fen.minus(Fen::of(9_007_199_254_740_992)), Some(Fen::of(1)));
    assert_eq!(serde_json::to_string(&fen).expect("an integer"), "9007199254740993");
}
