//! How APIv3 says no: an HTTP status, a code, a message, and the number that ends the `Request-ID`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The internal number of an answer, carried from the handler to the header that ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub u32);

/// Internal numbers that merchants look up (protocol document, 2.8).
pub(crate) mod number {
    pub const NO_SUCH_ORDER: u32 = 268_512_771;
    pub const RATE: u32 = 268_447_840;
    pub const BAD_PARAMETER: u32 = 268_435_461;
    pub const OUT_OF_RANGE: u32 = 268_435_464;
    pub const ALREADY_PAID: u32 = 268_449_538;
    pub const ALREADY_PAID_ON_ORDER: u32 = 268_498_689;
    pub const UNKNOWN_PARAMETER: u32 = 270_924_358;
    pub const MERCHANT_ORDER_MISMATCH: u32 = 268_447_843;
    pub const ORDER_EXPIRED: u32 = 268_447_914;
    pub const BAD_SIGNATURE: u32 = 268_443_699;
    pub const MERCHANT_DISABLED: u32 = 268_443_715;
    pub const MERCHANT_RESTRICTED: u32 = 268_448_010;
    pub const OPENID_MISSING: u32 = 268_501_013;
    pub const REPEATED_DIFFERENTLY: u32 = 268_498_688;
    pub const APPID_MCHID_MISMATCH: u32 = 268_445_527;
    pub const SYSTEM: u32 = 268_435_456;
}

/// An answer that is not 2xx.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    pub detail: Option<Value>,
    pub number: u32,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>, number: u32) -> Self {
        Self { status, code, message: message.into(), detail: None, number }
    }

    /// 400 PARAM_ERROR about one field of the body; `pointer` is its JSON pointer.
    pub fn field(pointer: &str, value: &Value, issue: impl Into<String>, number: u32) -> Self {
        Self::located("body", pointer, value, issue, number)
    }

    /// 400 PARAM_ERROR about a parameter outside the body; `location` is `query`, `uri_template` or `header`.
    pub fn located(location: &str, pointer: &str, value: &Value, issue: impl Into<String>, number: u32) -> Self {
        let issue = issue.into();
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "PARAM_ERROR",
            message: format!("输入源“/{location}{pointer}”{issue}"),
            detail: Some(json!({ "field": pointer, "value": value, "issue": issue, "location": location })),
            number,
        }
    }

    /// 400 INVALID_REQUEST: well formed, but against a rule.
    pub fn invalid(message: impl Into<String>, number: u32) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message, number)
    }

    /// 404 for a payment that was never ordered.
    pub fn no_such_order() -> Self {
        Self::new(StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", "订单不存在", number::NO_SUCH_ORDER)
    }

    /// 404 for anything else that is not there.
    pub fn nothing_there(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", message, number::NO_SUCH_ORDER)
    }

    /// The refusal that a fault of this name orders; `None` for one that is no refusal, or that one door alone knows.
    pub fn by_order(fault: &str) -> Option<Refusal> {
        let (status, code, message, number) = match fault {
            "429" => (StatusCode::TOO_MANY_REQUESTS, "FREQUENCY_LIMITED", "频率超限，请降低请求频率后重试", number::RATE),
            "500" => return Some(Refusal::system()),
            "merchant-disabled" => (StatusCode::FORBIDDEN, "NO_AUTH", "商户号该产品权限已被禁用", number::MERCHANT_DISABLED),
            "merchant-restricted" => (StatusCode::FORBIDDEN, "NO_AUTH", "商户号收款功能受限", number::MERCHANT_RESTRICTED),
            "no-auth" => (StatusCode::FORBIDDEN, "NO_AUTH", "商户号未开通此产品权限", number::BAD_PARAMETER),
            "app-mismatch" => {
                (StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试", number::APPID_MCHID_MISMATCH)
            }
            "rule-limit" => (StatusCode::FORBIDDEN, "RULE_LIMIT", "交易金额或次数超出限制", number::BAD_PARAMETER),
            "param-error" => (StatusCode::BAD_REQUEST, "PARAM_ERROR", "参数错误", number::BAD_PARAMETER),
            _ => return None,
        };
        Some(Refusal::new(status, code, message, number))
    }

    /// 500: the platform is to blame and the result is unknown.
    pub fn system() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "SYSTEM_ERROR", "系统异常，请稍后重试", number::SYSTEM)
    }
}

impl From<crate::sign::KeyError> for Refusal {
    fn from(error: crate::sign::KeyError) -> Self {
        tracing::error!(%error, "a key failed");
        Self::system()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "code": self.code, "message": self.message });
        if let Some(detail) = self.detail {
            body["detail"] = detail;
        }
        let mut response = (self.status, Json(body)).into_response();
        response.extensions_mut().insert(Number(self.number));
        response
    }
}
