//! Reads the tree and proves the sentences that the design says about it: who may speak SQL and HTTP, who may read a clock, where
//! a float may stand, what each crate may depend on. Each test is one sentence; a failure names file and line and what to do instead.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says plainly what it expects, in its helpers too")]

#[path = "tidy/dependencies.rs"]
mod dependencies;
#[path = "tidy/locales.rs"]
mod locales;
#[path = "tidy/tree.rs"]
mod tree;

use tree::{Source, files, is_test, sources};

/// Fails with every offending line, and with what to do about them.
#[track_caller]
fn none(offences: Vec<String>, instead: &str) {
    assert!(offences.is_empty(), "{}\n=> {instead}\n", offences.join("\n"));
}

/// Lines of `sources` outside of `allowed` (path prefixes) that contain one of `words` as whole tokens.
fn mentions(sources: &[Source], words: &[&str], allowed: &[&str]) -> Vec<String> {
    let outside = sources.iter().filter(|source| !allowed.iter().any(|prefix| source.path.starts_with(prefix)));
    outside.flat_map(|source| source.lines_with(words)).collect()
}

#[test]
fn only_the_store_speaks_sql() {
    let found = mentions(&sources(&["app", "server"]), &["sqlx"], &["server/src/store/", "server/tests/", "server/benches/"]);
    none(found, "move the query into a command or a reader of server/src/store/");
}

#[test]
fn only_channels_and_senders_speak_to_the_outside() {
    // connections.rs takes connections and makes none.
    let listens = "server/src/connections.rs";
    let allowed = ["server/src/channels/", "server/src/senders/", listens, "server/simulator/", "server/tests/", "server/benches/"];
    none(
        mentions(&sources(&["app", "server"]), &["reqwest", "lettre", "async_imap", "ureq", "hyper_util"], &allowed),
        "put the call behind a channel (server/src/channels/) or a sender (server/src/senders/)",
    );
}

#[test]
fn only_clock_files_read_the_time() {
    let words = ["SystemTime::now", "Utc::now", "Local::now", "OffsetDateTime::now_utc", "Uuid::now_v7", "Date::now", "Date::new_0"];
    let all = sources(&["app", "server"]);
    // On a screen that is the file which asks the browser; everything else there takes the time as an argument too.
    let product: Vec<_> = all.into_iter().filter(|source| !is_test(&source.path) && !source.path.ends_with("/clock.rs")).collect();
    none(
        mentions(&product, &words, &["server/benches/", "app/src/ui/browser.rs"]),
        "take `Millis` as an argument, or the clock that you were handed (clock.rs)",
    );
}

#[test]
fn only_measurements_and_waits_read_the_stopwatch() {
    // How long something took is no business time; in the rules and on screens even that has no place.
    none(
        mentions(&sources(&["app"]), &["Instant::now"], &["app/tests/", "app/domain/tests/"]),
        "hand the duration in as an argument; only the server measures",
    );
}

#[test]
fn no_float_touches_money() {
    let rules = sources(&["app/domain/src"]);
    none(mentions(&rules, &["f32", "f64"], &[]), "amounts are `Fen`, ratios are integer arithmetic in fen");
    let server = sources(&["server/src"]);
    // A gauge or a histogram takes floats; what it measures is no money.
    let floats = mentions(&server, &["f32", "f64"], &["server/src/metrics", "server/src/bench"]);
    let elsewhere = floats.into_iter().filter(|line| !["metrics::", "gauge!", "histogram!"].iter().any(|word| line.contains(word)));
    none(elsewhere.collect(), "amounts are `Fen`; a measurement stands in the call of `metrics::` or in server/src/metrics.rs");
}

#[test]
fn no_float_stands_beside_an_amount_on_a_screen_or_in_the_simulator() {
    let screens = sources(&["app/src", "server/simulator/src"]);
    let floats = screens.iter().flat_map(|source| source.lines_with(&["f32", "f64"]));
    let beside = floats.filter(|line| ["fen", "Fen", "amount", "total"].iter().any(|word| line.contains(word)));
    none(beside.collect(), "format and parse amounts with `Fen`, which never leaves the integers");
}

#[test]
fn rules_ask_nobody_and_draw_no_lots() {
    let words = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "tokio",
        "async",
        "await",
        "rand",
        "new_v4",
        "println",
        "eprintln",
    ];
    none(
        mentions(&sources(&["app/domain/src"]), &words, &[]),
        "`domain` has no I/O, no clock, no randomness and no async: take what you need as an argument",
    );
}

#[test]
fn nothing_is_left_for_later() {
    let all = sources(&["app", "server"]);
    none(mentions(&all, &["todo!", "unimplemented!"], &["server/tests/tidy"]), "finish it, or take it out");
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("HA", "CK")];
    let noted = all.iter().flat_map(|source| source.raw_lines_with(&marks));
    none(noted.collect(), "comments say why, about the present; open work is an issue");
}

#[test]
fn no_file_grows_beyond_one_idea() {
    const MOST_LINES: usize = 700;
    let long = sources(&["app", "server"]).into_iter().filter(|source| source.line_count() > MOST_LINES);
    let named = long.map(|source| format!("{}: {} lines, at most {MOST_LINES}", source.path, source.line_count()));
    none(named.collect(), "split the file where a second idea begins");
}

#[test]
fn no_module_is_named_after_nothing() {
    let empty_names = ["data", "info", "misc", "common", "util", "utils", "helper", "helpers", "types", "stuff"];
    let named = sources(&["app", "server"]).into_iter().map(|source| source.path).filter(|path| {
        let parts: Vec<_> = path.trim_end_matches(".rs").trim_end_matches("/mod").split('/').collect();
        parts.last().is_some_and(|last| empty_names.contains(last))
    });
    none(named.collect(), "name the module after the noun that it is about");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let machine = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/"), concat!("C:\\", "Users")];
    let found =
        files(&["rs", "toml", "json", "mjs", "js", "ts", "html", "css", "sql", "md", "sh", "yml", ""]).into_iter().flat_map(|file| {
            let lines = file.text.lines().enumerate();
            let hits = lines.filter(|(_, line)| machine.iter().any(|path| line.contains(path)));
            hits.map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim())).collect::<Vec<_>>()
        });
    none(found.collect(), "use a path relative to the checkout, or $HOME");
}

#[test]
fn the_top_level_stays_as_small_as_the_design_says() {
    let known = ["Cargo.toml", "Cargo.lock", "LICENSE", "Makefile", "README.md", "Trunk.toml", "rust-toolchain.toml"];
    let folders = ["app", "end2end", "public", "server", "style", "target", "var", "shouma.toml"];
    let entries = std::fs::read_dir(tree::root()).expect("the checkout is readable");
    let names = entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned());
    let more = names.filter(|name| !name.starts_with('.') && !known.contains(&name.as_str()) && !folders.contains(&name.as_str()));
    none(more.collect(), "put it into the folder whose noun it shares; tool settings are dot-files");
}

#[test]
fn every_tool_has_one_version() {
    let pin = |path: &str, before: &str| {
        let text = tree::read(path);
        let after = text.split_once(before).unwrap_or_else(|| panic!("{path} names no version after `{before}`")).1;
        after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>()
    };
    let library = pin("Cargo.toml", "wasm-bindgen = \"=");
    assert_eq!(library, pin("Trunk.toml", "wasm_bindgen = \""), "Trunk.toml must name the wasm-bindgen of Cargo.toml");
    assert_eq!(library, pin(".make/setup", "wasm_bindgen="), ".make/setup must install the wasm-bindgen of Cargo.toml");
    let binaryen = pin("app/package.json", "\"binaryen\": \"");
    let major = pin("Trunk.toml", "wasm_opt = \"version_");
    assert!(binaryen.starts_with(&format!("{major}.")), "Trunk.toml wants wasm-opt {major}, app/package.json installs {binaryen}");
}

#[test]
fn the_client_is_never_stripped() {
    let manifest = tree::read("Cargo.toml");
    let profile = manifest.split("[profile.wasm-release]").nth(1).expect("Cargo.toml has the profile wasm-release");
    let own = profile.split("\n[").next().unwrap_or_default();
    assert!(!own.contains("strip ="), "wasm-opt needs the target_features section, which `strip` removes");
}
