//! What a form sent stays at hand until it is answered. Where too much waits to be written, the page that says so holds all of it and
//! sends it again with one tap, so nothing has to be typed twice. Screens that can show it in its own fields do that instead.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What was sent, and where.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Path and query.
    pub to: String,
    body: Bytes,
}

/// More than a form of ours has: one that asks everything it may, with presets to forget.
const MOST_FIELDS: usize = 300;

impl Sent {
    /// Its fields; `None` for a form with a password, which no page repeats, and for one with more fields than any form of ours has.
    pub fn pairs(&self) -> Option<Vec<(String, String)>> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&self.body).into_owned().take(MOST_FIELDS + 1).collect();
        let is_ours = pairs.len() <= MOST_FIELDS && pairs.iter().all(|(name, _)| !name.contains("password"));
        is_ours.then_some(pairs)
    }
}

/// Keeps the fields of a form beside the request. How large a form may be is limited by the layer around this one.
pub async fn keep(request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()).unwrap_or_default();
    let is_form = kind.starts_with(b"application/x-www-form-urlencoded") && !request.uri().path().starts_with("/api/");
    if *request.method() != Method::POST || !is_form {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let to = parts.uri.path_and_query().map_or_else(|| parts.uri.path(), |whole| whole.as_str()).to_owned();
    parts.extensions.insert(Sent { to, body: body.clone() });
    next.run(Request::from_parts(parts, Body::from(body))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_form_of_ours_is_not_repeated() {
        let sent = |count: usize| Sent { to: "/m/x".to_owned(), body: Bytes::from("a&".repeat(count)) }.pairs();
        assert_eq!(sent(MOST_FIELDS).map(|pairs| pairs.len()), Some(MOST_FIELDS));
        assert_eq!(sent(MOST_FIELDS + 1), None);
    }

    #[test]
    fn fields_are_kept_as_they_were_sent_and_passwords_never() {
        let sent = |body: &'static str| Sent { to: "/m/x".to_owned(), body: Bytes::from_static(body.as_bytes()) }.pairs();
        let pairs = |pairs: &[(&str, &str)]| Some(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect());
        let table = [
            ("name=%E5%BC%A0+%26&name=b", pairs(&[("name", "张 &"), ("name", "b")])),
            ("", pairs(&[])),
            ("phone=138&password=x", None),
            ("new_password=x", None),
        ];
        for (body, expected) in table {
            assert_eq!(sent(body), expected, "{body}");
        }
    }
}
