//! A page of the server as the program reads it: its screen, and the seed with what the living screens show.

use gloo_net::http::{Request, Response};
use leptos::prelude::*;
use web_sys::{AbortController, Document, DomParser, SupportedType, UrlSearchParams};

use crate::mobile::{SEED_ID, Seed};
use crate::ui::browser;

/// Where the pages are asked for. Under the fast loop the server's pages lie behind a prefix of their own.
const SERVER: &str = if cfg!(feature = "csr") { "/server" } else { "" };

/// Longer than the server takes to give up by itself; a line that is silent for so long is dead.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// What the server answered.
pub struct Page {
    /// Path and query where the question ended.
    pub landed: String,
    /// The page.
    pub document: Document,
    /// What it carries; `None` on a page that is none of ours, as a proxy or a busy server sends it.
    pub seed: Option<Seed>,
}

impl Page {
    /// Reads the page at an address; `None` when nothing could be read.
    pub async fn read(address: &str) -> Option<Page> {
        let limit = Limit::begin();
        let request = Request::get(&format!("{SERVER}{address}")).abort_signal(limit.signal().as_ref());
        Page::of(request.send().await.ok()?).await
    }

    /// Sends a form and reads the page that follows; `None` when nobody knows whether it arrived.
    pub async fn send(address: &str, fields: UrlSearchParams) -> Option<Page> {
        let limit = Limit::begin();
        let request = Request::post(&format!("{SERVER}{address}")).abort_signal(limit.signal().as_ref()).body(fields).ok()?;
        Page::of(request.send().await.ok()?).await
    }

    async fn of(response: Response) -> Option<Page> {
        let landed = path_and_query(&response.url());
        let text = response.text().await.ok()?;
        let document = DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()?;
        let seed = document.get_element_by_id(SEED_ID).and_then(|seed| seed.text_content()).and_then(|json| Seed::from_json(&json));
        Some(Page { landed, document, seed })
    }

    /// Follows to the sign-in page: everything that is shown belongs to the person who was signed in before.
    pub fn is_left_for_sign_in(&self) -> bool {
        let is_signed_out = self.landed.starts_with("/m/sign-in");
        if is_signed_out {
            browser::go_to(&self.landed);
        }
        is_signed_out
    }
}

/// Ends a question that has taken too long. It is lifted when it is dropped.
struct Limit(Option<(AbortController, TimeoutHandle)>);

impl Limit {
    fn begin() -> Limit {
        let Ok(controller) = AbortController::new() else { return Limit(None) };
        let ended = controller.clone();
        Limit(set_timeout_with_handle(move || ended.abort(), PATIENCE).ok().map(|handle| (controller, handle)))
    }

    fn signal(&self) -> Option<web_sys::AbortSignal> {
        self.0.as_ref().map(|(controller, _)| controller.signal())
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        if let Some((_, handle)) = &self.0 {
            handle.clear();
        }
    }
}

/// Path and query of an address of ours.
fn path_and_query(url: &str) -> String {
    let path = url.find("://").and_then(|at| url[at + 3..].find('/').map(|slash| &url[at + 3 + slash..])).unwrap_or(url);
    path.strip_prefix(SERVER).unwrap_or(path).split('#').next().unwrap_or_default().to_owned()
}
