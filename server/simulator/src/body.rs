//! What request bodies may hold: one table per door, one strict reader for all of them (protocol document, 2.1 and 2.5).

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::refusal::{Refusal, number};

/// One field of a body.
pub(crate) struct Field {
    pub name: &'static str,
    pub needed: bool,
    pub rule: Rule,
}

/// What a field may hold. Lengths count bytes of UTF-8, as WeChat Pay's own messages do.
pub(crate) enum Rule {
    Text { min: usize, max: usize },
    Number { min: i64, max: i64 },
    Flag,
    Object(&'static [Field]),
    Texts { max: usize },
    List(&'static [Field]),
}

/// A field that must be there.
pub(crate) const fn need(name: &'static str, rule: Rule) -> Field {
    Field { name, needed: true, rule }
}

/// A field that may be left out, but may not be null.
pub(crate) const fn may(name: &'static str, rule: Rule) -> Field {
    Field { name, needed: false, rule }
}

/// A text of one to `max` bytes.
pub(crate) const fn text(max: usize) -> Rule {
    Rule::Text { min: 1, max }
}

/// An amount in fen, at least `min`.
pub(crate) const fn fen(min: i64) -> Rule {
    Rule::Number { min, max: 10_000_000_000 }
}

/// Reads a body by its table; refuses unknown fields, nulls, wrong types and lengths as WeChat Pay does.
pub(crate) fn read<T: DeserializeOwned>(fields: &'static [Field], body: &[u8]) -> Result<(T, Value), Refusal> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::field("", &Value::Null, format!("请求体不是合法的JSON：{error}"), number::BAD_PARAMETER))?;
    check_object(fields, &value, "")?;
    let read = serde_json::from_value(value.clone())
        .map_err(|error| Refusal::field("", &Value::Null, format!("请求体无法解析：{error}"), number::BAD_PARAMETER))?;
    Ok((read, value))
}

fn check_object(fields: &'static [Field], value: &Value, at: &str) -> Result<(), Refusal> {
    let Value::Object(object) = value else { return Err(wrong_type(at, value, "对象")) };
    for (name, value) in object {
        let at = format!("{at}/{name}");
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            return Err(Refusal::field(&at, value, "是未定义的参数", number::UNKNOWN_PARAMETER));
        };
        check(&field.rule, value, &at)?;
    }
    match fields.iter().find(|field| field.needed && !object.contains_key(field.name)) {
        Some(missing) => {
            let at = format!("{at}/{}", missing.name);
            let number = if matches!(missing.name, "payer" | "openid") { number::OPENID_MISSING } else { number::BAD_PARAMETER };
            Err(Refusal::field(&at, &Value::Null, "缺少必填参数", number))
        }
        None => Ok(()),
    }
}

fn check(rule: &Rule, value: &Value, at: &str) -> Result<(), Refusal> {
    if value.is_null() {
        return Err(Refusal::field(at, value, "不允许为null", number::BAD_PARAMETER));
    }
    match (rule, value) {
        (Rule::Text { min, max }, Value::String(text)) => check_text(text, *min, *max, value, at),
        (Rule::Text { .. }, _) => Err(wrong_type(at, value, "字符串")),
        (Rule::Number { min, max }, Value::Number(amount)) => match amount.as_i64() {
            Some(amount) if (*min..=*max).contains(&amount) => Ok(()),
            Some(amount) if amount < *min => {
                let issue = format!("数值规则校验失败，值 {amount}，小于最小值 {min}");
                Err(Refusal::field(at, value, issue, number::OUT_OF_RANGE))
            }
            Some(amount) => {
                let issue = format!("数值规则校验失败，值 {amount}，大于最大值 {max}");
                Err(Refusal::field(at, value, issue, number::OUT_OF_RANGE))
            }
            None => Err(wrong_type(at, value, "整数")),
        },
        (Rule::Number { .. }, _) => Err(wrong_type(at, value, "整数")),
        (Rule::Flag, Value::Bool(_)) => Ok(()),
        (Rule::Flag, _) => Err(wrong_type(at, value, "布尔值")),
        (Rule::Object(fields), _) => check_object(fields, value, at),
        (Rule::Texts { max }, Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, item)| check(&text(*max), item, &format!("{at}/{index}")))
        }
        (Rule::List(fields), Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, item)| check_object(fields, item, &format!("{at}/{index}")))
        }
        (Rule::Texts { .. } | Rule::List(_), _) => Err(wrong_type(at, value, "数组")),
    }
}

fn check_text(text: &str, min: usize, max: usize, value: &Value, at: &str) -> Result<(), Refusal> {
    let bytes = text.len();
    if bytes > max {
        return Err(Refusal::field(at, value, format!("字符串规则校验失败，字节数 {bytes}，大于最大值 {max}"), number::BAD_PARAMETER));
    }
    if bytes < min {
        let number = if at.ends_with("/openid") { number::OPENID_MISSING } else { number::BAD_PARAMETER };
        return Err(Refusal::field(at, value, format!("字符串规则校验失败，字节数 {bytes}，小于最小值 {min}"), number));
    }
    // Only characters of up to three bytes are stored (protocol document, 2.1): an emoji is refused.
    if text.chars().any(|character| character.len_utf8() > 3) {
        return Err(Refusal::field(at, value, "含有不支持的字符（仅支持3字节以内的UTF-8）", number::BAD_PARAMETER));
    }
    Ok(())
}

fn wrong_type(at: &str, value: &Value, wanted: &str) -> Refusal {
    Refusal::field(at, value, format!("类型错误，须为{wanted}"), number::BAD_PARAMETER)
}
