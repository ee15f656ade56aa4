//! What each crate may depend on, which licences come in, and what must not reach the browser.

use super::{none, tree};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// Licences that allow everything Shouma's own (MIT OR Apache-2.0) allows; each may stand in an expression with AND.
const WELCOME: [&str; 14] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "BSL-1.0",
    "CC0-1.0",
    "Unlicense",
    "Unicode-3.0",
    // Root certificates only (webpki-roots): data, not code.
    "CDLA-Permissive-2.0",
];

/// Crates that must not come in by any road, and why.
const BANNED: [(&str, &str); 8] = [
    ("openssl-sys", "TLS is rustls with aws-lc-rs"),
    ("native-tls", "TLS is rustls with aws-lc-rs"),
    ("rsa", "timing side channel RUSTSEC-2023-0071; aws-lc-rs signs"),
    ("validator", "130 KiB in the client; garde checks"),
    ("sqlx-mysql", "two engines, not three"),
    ("ethnum", "money is i64 fen"),
    ("rust_decimal", "money is i64 fen"),
    ("cargo-leptos", "Trunk is the one bundler"),
];

/// Crates of which a second copy would break something or cost every visitor.
const SINGLE: [&str; 8] = ["libsqlite3-sys", "sqlx-core", "wasm-bindgen", "leptos", "server_fn", "gloo-net", "axum", "aws-lc-sys"];

/// Crates too heavy for a bundle that a phone downloads (measured: 24 to 187 KiB compressed each), or without sense there. `regex`
/// is missing here because leptos_config names it; nothing in the bundle calls it, so it is not linked.
const NOT_IN_THE_BROWSER: [&str; 11] =
    ["regex-lite", "icu_datetime", "icu_plurals", "jiff", "rqrr", "tokio", "axum", "sqlx", "reqwest", "aws-lc-rs", "image"];

#[test]
fn domain_depends_on_a_closed_list() {
    let allowed = ["serde", "serde_json", "uuid", "thiserror"];
    let more = dependencies_of("domain").into_iter().filter(|name| !allowed.contains(&name.as_str()));
    none(more.collect(), "rules compile natively and to wasm with next to nothing; if this one is worth it, add it to the list here");
}

#[test]
fn screens_know_no_table_and_no_http_client() {
    let outside = ["sqlx", "libsqlite3-sys", "reqwest", "axum", "leptos_axum", "tokio", "server", "simulator", "aws-lc-rs"];
    let found = dependencies_of("app").into_iter().filter(|name| outside.contains(&name.as_str()));
    none(found.collect(), "declare what the screen needs in a trait of its api.rs; the server implements it");
}

#[test]
fn the_simulator_stands_alone() {
    let ours = ["domain", "app", "server"];
    let found = dependencies_of("simulator").into_iter().filter(|name| ours.contains(&name.as_str()));
    none(found.collect(), "the simulator must not share a mistake with what it checks");
}

#[test]
fn nothing_depends_on_the_server() {
    let found = ["domain", "app", "simulator"].into_iter().filter(|crate_| dependencies_of(crate_).contains("server"));
    none(found.map(str::to_owned).collect(), "turn the dependency round: a trait in `app`, implemented by the server");
}

#[test]
fn every_dependency_has_a_licence_that_ours_may_include() {
    let refused = packages().into_iter().filter(|package| !acceptable(text(package, "license")));
    none(
        refused
            .map(|package| format!("{} {}: {:?}", text(&package, "name"), text(&package, "version"), text(&package, "license")))
            .collect(),
        "choose another crate, or argue for the licence in WELCOME",
    );
}

#[test]
fn no_banned_crate_comes_in() {
    // Not `cargo metadata`, which also lists what only a feature that nobody switches on would bring.
    let tree = cargo(&["tree", "--workspace", "--target=all", "--prefix=none"]);
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("sqlx"), "`cargo tree` printed no tree");
    let found = BANNED.iter().filter(|(name, _)| names.contains(*name)).map(|(name, reason)| format!("{name}: {reason}"));
    none(found.collect(), "`cargo tree --invert NAME --target all` shows who brings it");
}

#[test]
fn some_crates_come_once() {
    let all = packages();
    let twice = SINGLE.into_iter().filter(|name| all.iter().filter(|package| text(package, "name") == *name).count() > 1);
    none(twice.map(str::to_owned).collect(), "`cargo tree --duplicates` shows who wants which version");
}

#[test]
fn the_browser_downloads_no_heavy_crate() {
    let tree = cargo(&[
        "tree",
        "--package=app",
        "--features=hydrate",
        "--target=wasm32-unknown-unknown",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
    ]);
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("leptos"), "`cargo tree` printed no tree");
    let found = NOT_IN_THE_BROWSER.into_iter().filter(|name| names.contains(name));
    none(found.map(str::to_owned).collect(), "keep it behind the feature `ssr` or in the server");
}

fn dependencies_of(package: &str) -> BTreeSet<String> {
    let all = packages();
    let own = all.iter().find(|it| text(it, "name") == package && it["source"].is_null()).unwrap_or_else(|| panic!("no crate {package}"));
    let listed = own["dependencies"].as_array().expect("cargo metadata lists dependencies").iter();
    listed.filter(|it| it["kind"].is_null()).map(|it| text(it, "name").to_owned()).collect()
}

fn packages() -> Vec<Value> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version=1"])).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().expect("cargo metadata lists packages").clone()
}

fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(program).args(arguments).args(["--locked", "--color=never"]).current_dir(tree::root()).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Whether an SPDX expression can be met with licences of [`WELCOME`] only: OR needs one side, AND both. Old manifests write `/`
/// for OR.
fn acceptable(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    !tokens.is_empty() && any(&mut rest) && rest.is_empty()
}

fn any(rest: &mut &[&str]) -> bool {
    let mut met = all(rest);
    while let ["OR", after @ ..] = *rest {
        *rest = after;
        met |= all(rest);
    }
    met
}

fn all(rest: &mut &[&str]) -> bool {
    let mut met = one(rest);
    while let ["AND", after @ ..] = *rest {
        *rest = after;
        met &= one(rest);
    }
    met
}

fn one(rest: &mut &[&str]) -> bool {
    match *rest {
        ["(", after @ ..] => {
            *rest = after;
            let met = any(rest);
            *rest = rest.strip_prefix(&[")"]).unwrap_or(&["unclosed"]);
            met
        }
        [licence, "WITH", exception, after @ ..] => {
            *rest = after;
            WELCOME.contains(&format!("{licence} WITH {exception}").as_str())
        }
        [licence, after @ ..] => {
            *rest = after;
            WELCOME.contains(licence)
        }
        [] => false,
    }
}

#[test]
fn licence_expressions_are_understood() {
    for (expression, fine) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only", false),
        ("MIT OR Apache-2.0 OR LGPL-2.1-or-later", true),
        ("MIT AND LGPL-2.1-or-later", false),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("(MIT", false),
        ("", false),
    ] {
        assert_eq!(acceptable(expression), fine, "{expression}");
    }
}
