//! `/inbox`: everything that was sent to people through the simulator, as they would read it, newest first.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use crate::cashier::escape;
use crate::gate::query_value;
use crate::outbox::Message;
use crate::world::{Shared, lock};

/// Messages on the page.
const SHOWN: usize = 100;

/// `GET /inbox?to=`: mails, SMS and account messages; with `to` only those to whom contains it.
pub(crate) async fn page(State(world): State<Shared>, Query(query): Query<Vec<(String, String)>>) -> Response {
    let to = query_value(&query, "to").unwrap_or_default();
    let messages = lock(&world.outbox).list();
    let found: Vec<&Message> = messages.iter().filter(|message| message.to.contains(&to)).take(SHOWN).collect();
    let now_ms = world.now_ms();
    let cards: String = found.iter().map(|message| card(message, now_ms)).collect();
    let body = if cards.is_empty() { "<p class=\"what\">Nothing was sent yet. 还没有消息。</p>".to_owned() } else { cards };
    let page = include_str!("pages/inbox.html").replace("{{to}}", &escape(&to)).replace("{{messages}}", &body);
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn card(message: &Message, now_ms: i64) -> String {
    let content = |name: &str| message.content[name].as_str().unwrap_or_default();
    let subject = content("subject");
    let text = match &message.content["text"] {
        Value::String(text) => text.clone(),
        _ => serde_json::to_string_pretty(&message.content).unwrap_or_default(),
    };
    let title = if subject.is_empty() { message.kind } else { subject };
    format!(
        "<article><h2>{}</h2><p class=\"about\"><span class=\"tag\">{}</span> {} · {}</p><p class=\"letter\">{}</p></article>\n",
        escape(title),
        escape(message.kind),
        escape(&message.to),
        age(now_ms - message.at_ms),
        linked(&text),
    )
}

/// Text with links that can be followed.
fn linked(text: &str) -> String {
    let mut shown = String::new();
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let safe = escape(piece);
        if word.starts_with("http://") || word.starts_with("https://") {
            let href = escape(word);
            shown += &format!("<a href=\"{href}\">{href}</a>{}", escape(&piece[word.len()..]));
        } else {
            shown += &safe;
        }
    }
    shown
}

fn age(ms: i64) -> String {
    match ms / 60_000 {
        ..=0 => "just now 刚刚".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago {minutes} 分钟前"),
        minutes => format!("{} h ago {} 小时前", minutes / 60, minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_can_be_followed_and_nothing_else_is_markup() {
        let shown = linked("<b>x</b>\nhttp://a/b?c=\"d&e\njavascript:x");
        assert!(shown.starts_with("&lt;b&gt;x&lt;/b&gt;\n<a href=\"http://a/b?c="), "{shown}");
        assert!(!shown.contains("<b>") && !shown.contains("\"d&e") && shown.ends_with("</a>\njavascript:x"), "{shown}");
    }
}
