//! How we speak HTTP to the outside: no redirects, no proxy from the environment, bounded time and bounded answers.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use serde::de::DeserializeOwned;

/// What we call ourselves.
pub const USER_AGENT: &str = concat!("shouma/", env!("CARGO_PKG_VERSION"));

/// The longest answer that is read.
pub const MOST_ANSWER_BYTES: usize = 1024 * 1024;

/// A client for JSON services. A call, its answer included, takes at most `timeout_ms`.
///
/// Answers are taken as they are sent, without decompression: signatures are over the bytes.
///
/// # Errors
/// When the machine has no usable TLS roots.
pub fn client(timeout_ms: u64) -> Result<reqwest::Client, reqwest::Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .no_gzip()
        .connect_timeout(Duration::from_millis(timeout_ms.min(5_000)))
        .timeout(Duration::from_millis(timeout_ms))
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
}

/// Reads a whole answer.
///
/// # Errors
/// What went wrong, without the address that was called (it may hold a secret).
pub async fn read_body(mut response: reqwest::Response) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(describe)? {
        if body.len() + chunk.len() > MOST_ANSWER_BYTES {
            return Err(format!("the answer is longer than {MOST_ANSWER_BYTES} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Sends a request and reads the answer's JSON, if the service says that all went well.
///
/// # Errors
/// What went wrong, without the address that was called (it may hold a secret).
pub async fn json<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, String> {
    let response = request.send().await.map_err(describe)?;
    let status = response.status();
    let body = read_body(response).await?;
    if !status.is_success() {
        return Err(format!("HTTP {}", status.as_u16()));
    }
    serde_json::from_slice(&body).map_err(|_| "the answer cannot be read".to_owned())
}

/// An error with its causes, without the address that was called (it may hold a secret).
pub fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
