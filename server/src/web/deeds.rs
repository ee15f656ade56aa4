//! The addresses of deeds: forms are sent to them, and they show nothing. A browser stands on one after a form was refused; opened
//! from there, or reloaded, it leads back to the page on which the form stands.

/// The page with the form that is sent to `path`; `None` where no person sends one.
pub fn page_of(path: &str) -> Option<&str> {
    match path {
        // It stands on every page of theirs; the manager's is in the settings.
        "/m/sign-out" => Some("/m/settings"),
        _ if path.starts_with("/admin/settings/") => Some("/admin/settings"),
        _ if path.starts_with("/m/") || path.starts_with("/admin/") => path.rsplit_once('/').map(|(page, _)| page),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_leads_to_the_page_on_which_its_form_stands() {
        let table = [
            ("/m/receivables/7/write-off", Some("/m/receivables/7")),
            ("/m/receivables/import/confirm", Some("/m/receivables/import")),
            ("/m/payments/7/ask", Some("/m/payments/7")),
            ("/m/sign-out", Some("/m/settings")),
            ("/m/proof/again", Some("/m/proof")),
            ("/admin/sign-out", Some("/admin")),
            ("/admin/managers/7/contact", Some("/admin/managers/7")),
            ("/admin/settings/refunds", Some("/admin/settings")),
            ("/admin/settings/logo", Some("/admin/settings")),
            ("/admin/settings/logo/remove", Some("/admin/settings")),
            ("/p/demo", None),
            ("/api/receipts/page", None),
            ("/notify/wechat", None),
            ("/m", None),
        ];
        for (path, expected) in table {
            assert_eq!(page_of(path), expected, "{path}");
        }
    }
}
