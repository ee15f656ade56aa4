//! Payment directories: from which pages of the merchant the wallet may be called (seed 001, B46).
//!
//! At most five, each in force about five minutes after it was entered. A directory that is only a domain allows every page of that
//! domain. A deeper one allows exactly its own pages: neither those above nor those below. There is no way to remove one but
//! an application on paper.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::world::{Shared, lock};

const MOST: usize = 5;
const ACTIVE_AFTER_MS: i64 = 5 * 60_000;

/// A directory that was entered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Directory {
    directory: String,
    active_from_ms: i64,
}

/// The merchant's directories. Nobody entered one: every page may call.
#[derive(Default)]
pub(crate) struct Directories(Vec<Directory>);

impl Directories {
    /// Enters a directory.
    pub fn add(&mut self, directory: &str, now_ms: i64) -> Result<(), String> {
        let url = Url::parse(directory).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none_or(|url| !url.path().ends_with('/') || url.query().is_some() || url.fragment().is_some()) {
            return Err("a directory is http(s)://domain/ or deeper, ends with / and has neither ? nor #".into());
        }
        if self.0.len() >= MOST {
            return Err(format!("there are {MOST} directories already; they can only be removed by an application"));
        }
        self.0.push(Directory { directory: directory.into(), active_from_ms: now_ms + ACTIVE_AFTER_MS });
        Ok(())
    }

    /// Whether a page may call the wallet.
    pub fn allow(&self, page: &str, now_ms: i64) -> bool {
        self.0.is_empty() || self.0.iter().any(|known| known.active_from_ms <= now_ms && covers(&known.directory, page))
    }
}

/// Whether `page` lies in `directory`.
fn covers(directory: &str, page: &str) -> bool {
    let (Ok(directory), Ok(page)) = (Url::parse(directory), Url::parse(page)) else { return false };
    let is_same_domain = (directory.host_str(), directory.port_or_known_default()) == (page.host_str(), page.port_or_known_default());
    let folder = page.path().rfind('/').map_or("/", |at| &page.path()[..=at]);
    is_same_domain && (directory.path() == "/" || (directory.scheme() == page.scheme() && directory.path() == folder))
}

/// What the door is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryAsk {
    directory: String,
}

/// `GET /_sim/pay-directories`.
pub(crate) async fn list(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "items": lock(&world.directories).0 }))
}

/// `POST /_sim/pay-directories`: what a merchant enters on the platform.
pub(crate) async fn add(State(world): State<Shared>, Json(ask): Json<DirectoryAsk>) -> Response {
    match lock(&world.directories).add(&ask.directory, world.now_ms()) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::CONFLICT, Json(json!({ "error": error }))).into_response(),
    }
}

/// `DELETE /_sim/pay-directories`: the application on paper was granted, for all of them.
pub(crate) async fn clear(State(world): State<Shared>) -> StatusCode {
    lock(&world.directories).0.clear();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_allows_all_its_pages_and_a_deeper_directory_only_its_own() {
        let deep = "https://www.weixin.com/abc/123/";
        let table = [
            ("https://www.weixin.com/", "https://www.weixin.com/abc/123/pay/index.html", true),
            (deep, "https://www.weixin.com/abc/", false),
            (deep, "https://www.weixin.com/abc/123/pay/", false),
            (deep, "https://www.weixin.com/abc/123/", true),
            (deep, "https://www.weixin.com/abc/123/index.html?order=1#top", true),
            (deep, "https://www.weixin.com/abc/123", false),
            (deep, "http://www.weixin.com/abc/123/", false),
            ("https://www.weixin.com/", "https://weixin.com/", false),
            ("https://www.weixin.com/", "https://www.weixin.com.evil.example/", false),
            ("https://www.weixin.com/", "https://www.weixin.com:8443/", false),
            ("https://www.weixin.com/", "no address", false),
        ];
        for (directory, page, expected) in table {
            assert_eq!(covers(directory, page), expected, "{directory} {page}");
        }
    }

    #[test]
    fn there_are_five_at_most_and_each_is_in_force_after_five_minutes() {
        let mut directories = Directories::default();
        let page = "https://www.weixin.com/p/1";
        assert!(directories.allow(page, 0), "nobody entered one");
        for wrong in ["www.weixin.com/", "https://www.weixin.com/abc", "https://www.weixin.com/?a=1", "ftp://www.weixin.com/", ""] {
            assert!(directories.add(wrong, 0).is_err(), "{wrong}");
        }
        directories.add("https://www.weixin.com/", 0).unwrap();
        assert_eq!((directories.allow(page, 299_999), directories.allow(page, 300_000)), (false, true));
        for number in 1..5 {
            directories.add(&format!("https://www.weixin.com/{number}/"), 0).unwrap();
        }
        assert!(directories.add("https://www.weixin.com/6/", 0).is_err());
    }
}
