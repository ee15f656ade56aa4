//! The payment page once more, as somebody writes it with axum and askama: the same lookup, text, style and script, under the
//! same content security policy, and nothing around it.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use domain::form::{Component, FormSchema};
use serde::{Deserialize, Serialize};
use server::store::codes::{self, FoundCode};
use server::store::{Store, StoreError};
use server::{clock, fresh};

/// Style and script of the page, cut out of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dress {
    /// The script that runs before the first paint.
    pub early_js: String,
    /// Style.
    pub css: String,
    /// Script.
    pub js: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"><meta name="format-detection" content="telephone=no"><title>向{{ shop }}付款</title><link rel="icon" href="data:,"><script nonce="{{ nonce }}">{{ dress.early_js|safe }}</script><style nonce="{{ nonce }}">{{ dress.css|safe }}</style></head><body><p class="demo">演示环境，不会真的扣款</p><main><header class="shop"><span aria-hidden="true" class="logo">{{ initial }}</span><div><h1>{{ shop }}</h1><p>收款人 {{ payee }} · {{ code }}</p></div></header><form method="post" action="/p/{{ token }}" data-required="请填写" data-choose="请选择"><input type="hidden" name="idem" value="{{ idem }}"><input type="hidden" name="form" value="{{ form.version }}"><div class="card"><div class="amt"><label for="amount" class="lb">付款金额</label><span class="money"><i>¥</i><input id="amount" name="amount" inputmode="decimal" autocomplete="off" enterkeyhint="done" placeholder="0.00" maxlength="24" value="" required aria-describedby="note" data-min="1" data-max="5000000" data-says="单笔上限 ¥50,000|请输入金额|金额只能是数字，如 12.50|最多两位小数|最少付 ¥0.01|单笔最多 ¥50,000.00"></span><span id="note" aria-live="polite" class="note">单笔上限 ¥50,000</span></div>
{%- for field in form.fields -%}
{%- match field.component -%}
{%- when Component::Choice with { options, multiple } -%}
<fieldset class="f w"><legend>{{ field.label }}{% if field.required %}<em title="必填">*</em>{% endif %}</legend><div class="chips">{% for option in options %}<label class="chip"><input type="{% if *multiple %}checkbox{% else %}radio{% endif %}" {% if loop.first %}id="f-{{ field.key }}" {% endif %}name="field.{{ field.key }}" value="{{ option }}"{% if field.required %} required{% endif %}><span>{{ option }}</span></label>{% endfor %}</div></fieldset>
{%- else -%}
<div class="f"><label for="f-{{ field.key }}">{{ field.label }}{% if field.required %}<em title="必填">*</em>{% endif %}</label><input id="f-{{ field.key }}" name="field.{{ field.key }}" maxlength="{{ field.component.html_max_length() }}" value=""{% if !field.hint.is_empty() %} placeholder="{{ field.hint }}"{% endif %}{% if field.required %} required{% endif %}></div>
{%- endmatch -%}
{%- endfor -%}
</div><p class="foot"><a href="?lang=en" lang="en">English</a><a href="?mode=care">长辈版</a><a href="/m/lost?code={{ token }}">收款人找回账号</a><button type="button" id="clear" hidden class="x">清除已填内容</button></p><div role="group" aria-label="数字键盘" class="pad keys">{% for key in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "."] %}<button type="button" class="k">{{ key }}</button>{% endfor %}<button type="button" aria-label="退格，长按清空" class="k del">⌫</button><button data-busy="提交中…" class="go"><span>付款</span><output for="amount"></output></button></div></form></main><script nonce="{{ nonce }}">{{ dress.js|safe }}</script></body></html>"##
)]
struct Page<'p> {
    dress: &'p Dress,
    nonce: &'p str,
    idem: &'p str,
    token: &'p str,
    shop: &'p str,
    initial: &'p str,
    payee: &'p str,
    code: &'p str,
    form: &'p FormSchema,
}

#[derive(Clone)]
struct Twin {
    store: Store,
    dress: std::sync::Arc<Dress>,
}

/// The twin's one route.
pub fn router(store: Store, dress: Dress) -> Router {
    Router::new().route("/p/{code}", get(page)).with_state(Twin { store, dress: dress.into() })
}

async fn page(State(twin): State<Twin>, Path(token): Path<String>) -> Response {
    match find(&twin.store, &token).await {
        Ok(Some(found)) if found.code.usable(found.merchant.is_open, clock::system()()).is_ok() => show(&twin, &found),
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn find(store: &Store, token: &str) -> Result<Option<FoundCode>, StoreError> {
    let mut conn = store.read().await?;
    codes::by_token(&mut conn.tx(), token).await
}

fn show(twin: &Twin, found: &FoundCode) -> Response {
    let nonce = STANDARD_NO_PAD.encode(fresh::bytes::<12>());
    let idem = fresh::token();
    let shop = found.merchant.name.as_str();
    let initial = shop.char_indices().nth(1).map_or(shop, |(end, _)| &shop[..end]);
    let (token, payee, code) = (found.token.as_str(), found.payee_name.as_str(), found.code.name.as_str());
    let page = Page { dress: &twin.dress, nonce: &nonce, idem: &idem, token, shop, initial, payee, code, form: &found.code.form };
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    ([(header::CACHE_CONTROL, "no-store".to_owned()), (header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}
