//! Where somebody is led after signing in, and how a path travels in a query.
//!
//! A path travels encoded in a query only, and is decoded there, once ([`in_query`]). A form posts it, a cookie keeps it and a trip
//! through WeChat returns it as it is. Decoded once more, a word in it would become another word.

use axum::http::Uri;

use super::visit::query_value;

/// The longest path that is led to.
const MOST_BYTES: usize = 1_000;

/// Only a path under `home` is led to after signing in: nobody is sent elsewhere by a prepared link. `next` is the path itself, not
/// encoded once more; what its own query holds stays as it is.
pub fn safe(next: Option<&str>, home: &str) -> String {
    let next = next.unwrap_or_default();
    let path = next.split('?').next().unwrap_or_default();
    let is_ours = path.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Browsers read `%2e%2e` as `..` and some read `\` as `/`. No path of ours has anything encoded in it.
    let is_plain = !path.contains("//") && !path.contains("..") && !path.contains('%');
    // Longer ones are none of ours, and a cookie that carries them through WeChat would not be kept.
    let is_one_word = next.len() <= MOST_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
    if is_ours && is_plain && is_one_word && !path.starts_with(&format!("{home}/sign")) { next.to_owned() } else { home.to_owned() }
}

/// The safe path that the query of an address names as `next`.
pub fn in_query(uri: &Uri, home: &str) -> String {
    safe(query_value(uri, "next").map(|next| decode(&next)).as_deref(), home)
}

/// A path as a value of a query.
pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A value of a query as it was meant.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_is_led_within_the_app_only() {
        let table = [
            ("/m/receipts?before=1-2", "/m", "/m/receipts?before=1-2"),
            ("/m/receipts?q=%E5%BC%A0%E4%B8%89", "/m", "/m/receipts?q=%E5%BC%A0%E4%B8%89"),
            ("/m/receipts?q=a%26b&code=1", "/m", "/m/receipts?q=a%26b&code=1"),
            ("/m/receipts?q=100%25+x", "/m", "/m/receipts?q=100%25+x"),
            ("/m/receipts?q=%0d%0aSet-Cookie:x", "/m", "/m/receipts?q=%0d%0aSet-Cookie:x"),
            ("/m/receipts?q=1..2//3", "/m", "/m/receipts?q=1..2//3"),
            ("/m/receipts/0199", "/m", "/m/receipts/0199"),
            ("/m", "/m", "/m"),
            ("/m?x=1", "/m", "/m?x=1"),
            ("", "/m", "/m"),
            ("https://evil.example", "/m", "/m"),
            ("https%3A%2F%2Fevil.example", "/m", "/m"),
            ("//evil.example", "/m", "/m"),
            ("%2F%2Fevil.example", "/m", "/m"),
            ("/%2Fevil.example", "/m", "/m"),
            ("/\\evil.example", "/m", "/m"),
            ("/%5Cevil.example", "/m", "/m"),
            ("\t//evil.example", "/m", "/m"),
            ("/m//evil.example", "/m", "/m"),
            ("/m/%2Fevil.example", "/m", "/m"),
            ("/m/../admin", "/m", "/m"),
            ("/m/%2e%2E/admin", "/m", "/m"),
            ("/m/.%2e//evil.example", "/m", "/m"),
            ("/m/%0d%0aSet-Cookie:x", "/m", "/m"),
            ("/m/\r\nSet-Cookie: x", "/m", "/m"),
            ("/m/receipts?q=\r\nSet-Cookie:x", "/m", "/m"),
            ("/m/receipts?q=张", "/m", "/m"),
            ("/m\\evil", "/m", "/m"),
            ("/m%3F@evil.example", "/m", "/m"),
            ("/m/sign-out", "/m", "/m"),
            ("/mallory", "/m", "/m"),
            ("/m@evil.example", "/m", "/m"),
            ("/admin/managers?page=2", "/admin", "/admin/managers?page=2"),
            ("/admin/managers?q=%E5%BC%A0", "/admin", "/admin/managers?q=%E5%BC%A0"),
            ("/m", "/admin", "/admin"),
            ("/administer", "/admin", "/admin"),
        ];
        for (next, home, expected) in table {
            assert_eq!(safe(Some(next), home), expected, "{next}");
            assert_eq!(safe(Some(expected), home), expected, "{next} a second time");
        }
        assert_eq!(safe(None, "/m"), "/m");
        let long = |bytes: usize| format!("/m/receipts?q={}", "a".repeat(bytes - "/m/receipts?q=".len()));
        assert_eq!((safe(Some(&long(1_000)), "/m"), safe(Some(&long(1_001)), "/m")), (long(1_000), "/m".to_owned()));
    }

    #[test]
    fn a_path_is_decoded_once_where_a_query_names_it() {
        let paths = ["/m", "/m/receipts?q=%E5%BC%A0%E4%B8%89", "/m/receipts?q=a%26b", "/m/receipts?q=100%2525", "/m/receipts?q=a+b&code=1"];
        for path in paths {
            let address: Uri = format!("/m/sign-in?why=needed&next={}", encode(path)).parse().unwrap();
            assert_eq!(in_query(&address, "/m"), path);
        }
        for foreign in ["//evil.example", "/\\evil.example", "/m/../..//evil.example", "/m\r\nSet-Cookie: x", "%2F%2Fevil.example"] {
            let address: Uri = format!("/m/sign-in?next={}", encode(foreign)).parse().unwrap();
            assert_eq!(in_query(&address, "/m"), "/m", "{foreign}");
        }
        assert_eq!(in_query(&Uri::from_static("/m/sign-in"), "/m"), "/m");
        assert_eq!(decode(&encode("/m/receipts?before=1-2&x=张")), "/m/receipts?before=1-2&x=张");
    }
}
