//! Where somebody is led after signing in, and how a path travels in a query.

/// Only a path under `home` is led to after signing in: nobody is sent elsewhere by a prepared link.
pub fn safe(next: Option<&str>, home: &str) -> String {
    let decoded = next.map(decode).unwrap_or_default();
    let is_ours = decoded.strip_prefix(home).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain =
        decoded.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && !decoded.contains("//") && !decoded.contains("..");
    if is_ours && is_plain && !decoded.starts_with(&format!("{home}/sign")) { decoded } else { home.to_owned() }
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
            ("/m/receipts%3Fbefore%3D1-2", "/m", "/m/receipts?before=1-2"),
            ("/m/receipts/0199", "/m", "/m/receipts/0199"),
            ("/m", "/m", "/m"),
            ("", "/m", "/m"),
            ("https://evil.example", "/m", "/m"),
            ("//evil.example", "/m", "/m"),
            ("/m//evil.example", "/m", "/m"),
            ("/m/../admin", "/m", "/m"),
            ("/m/%0d%0aSet-Cookie:x", "/m", "/m"),
            ("/m\\evil", "/m", "/m"),
            ("/m/sign-out", "/m", "/m"),
            ("/mallory", "/m", "/m"),
            ("/admin/managers%3Fpage%3D2", "/admin", "/admin/managers?page=2"),
            ("/m", "/admin", "/admin"),
            ("/administer", "/admin", "/admin"),
        ];
        for (next, home, expected) in table {
            assert_eq!(safe(Some(next), home), expected, "{next}");
        }
        assert_eq!(decode(&encode("/m/receipts?before=1-2&x=张")), "/m/receipts?before=1-2&x=张");
    }
}
