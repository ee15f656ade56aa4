//! What a form reads whose answer the time limit cut off. What it asked for may have been done all the same: the store goes on with a
//! write that it has, whoever waits for it. So nobody is led to a fresh form, by which the same deed would be another one.

use app::pay::NoticeKind;
use axum::http::{Method, Uri};

/// What to say about a request that was cut off, and where that leads: to the form with the number under which it was sent, where the
/// address carries it, or to the page that shows whether it was done.
pub fn said(method: &Method, uri: &Uri) -> (NoticeKind, String) {
    let path = uri.path();
    if *method != Method::POST {
        return (NoticeKind::Busy, path.to_owned());
    }
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (parts.as_slice(), uri.query()) {
        (["m", "receipts", _, "refund"], Some(query)) => (NoticeKind::SendAgain, format!("{path}?{query}")),
        (["m", "receipts", payment, "refund"], None) => (NoticeKind::LookFirst, format!("/m/receipts/{payment}")),
        (["m", "receivables", "new" | "import", ..], _) => (NoticeKind::LookFirst, "/m/receivables".to_owned()),
        (["m", "receivables", id, _], _) => (NoticeKind::LookFirst, format!("/m/receivables/{id}")),
        (["admin", kind @ ("managers" | "codes" | "stores")] | ["admin", kind @ ("managers" | "codes"), "new"], _) => {
            (NoticeKind::LookFirst, format!("/admin/{kind}"))
        }
        (["admin", kind @ ("managers" | "codes" | "stores"), id, ..], _) => (NoticeKind::LookFirst, format!("/admin/{kind}/{id}")),
        (["admin", "settings", ..], _) => (NoticeKind::LookFirst, "/admin/settings".to_owned()),
        _ => (NoticeKind::Busy, path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_cut_off_is_led_to_what_they_sent_or_to_what_became_of_it() {
        use NoticeKind::{Busy, LookFirst, SendAgain};
        let table = [
            ("POST", "/m/receipts/7/refund?number=n1&amount=2", SendAgain, "/m/receipts/7/refund?number=n1&amount=2"),
            ("POST", "/m/receipts/7/refund", LookFirst, "/m/receipts/7"),
            ("GET", "/m/receipts/7/refund?number=n1", Busy, "/m/receipts/7/refund"),
            ("POST", "/m/receivables/new", LookFirst, "/m/receivables"),
            ("POST", "/m/receivables/import/confirm", LookFirst, "/m/receivables"),
            ("POST", "/m/receivables/9/write-off", LookFirst, "/m/receivables/9"),
            ("POST", "/admin/codes/new", LookFirst, "/admin/codes"),
            ("POST", "/admin/codes/9", LookFirst, "/admin/codes/9"),
            ("POST", "/admin/codes/9/switch", LookFirst, "/admin/codes/9"),
            ("POST", "/admin/managers/new", LookFirst, "/admin/managers"),
            ("POST", "/admin/managers/9/suspend", LookFirst, "/admin/managers/9"),
            ("POST", "/admin/stores", LookFirst, "/admin/stores"),
            ("POST", "/admin/stores/9/close", LookFirst, "/admin/stores/9"),
            ("POST", "/admin/settings/write-offs", LookFirst, "/admin/settings"),
            ("POST", "/p/demo", Busy, "/p/demo"),
            ("POST", "/m/sign-in", Busy, "/m/sign-in"),
            ("GET", "/admin/codes/new", Busy, "/admin/codes/new"),
        ];
        for (method, address, kind, leads_to) in table {
            let said = said(&method.parse().unwrap(), &address.parse().unwrap());
            assert_eq!(said, (kind, leads_to.to_owned()), "{method} {address}");
        }
    }
}
