//! The headers that every answer carries, and the content security policy of each kind of page.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A page's policy. It is sent as a header, because `frame-ancestors` is ignored in markup.
pub struct Policy<'a> {
    /// The response's own nonce.
    pub nonce: &'a str,
    /// Other origins that a form's answer may lead to (a redirect after POST is checked too).
    pub form_origins: &'a [String],
    /// The simulator's origin in a demo: its stand-in bridge asks it and shows its cashier.
    pub demo_origin: Option<&'a str>,
}

impl Policy<'_> {
    /// For pages of the payer: their own script and style and nothing else, but for WeChat's script on a page that uses it, which
    /// comes from `script_origin`. Nobody may put them into a frame.
    pub fn payer(&self, script_origin: Option<&str>) -> String {
        self.payer_in("'none'", script_origin)
    }

    /// The same for the one page that diagnosis shows in a frame of ours.
    pub fn probed(&self, script_origin: Option<&str>) -> String {
        self.payer_in("'self'", script_origin)
    }

    fn payer_in(&self, ancestors: &str, script_origin: Option<&str>) -> String {
        let Policy { nonce, form_origins, demo_origin } = self;
        let scripts = script_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
        let demo = demo_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
        let frames = demo_origin.map(|origin| format!("frame-src {origin}; ")).unwrap_or_default();
        let forms: String = form_origins.iter().map(|origin| format!(" {origin}")).collect();
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}'{scripts}; style-src 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'{demo}; \
             {frames}form-action 'self'{forms}{demo}; frame-ancestors {ancestors}; base-uri 'none'"
        )
    }

    /// For the app: WebAssembly, its own style sheets, sounds, manifest and worker. Diagnosis shows the payment page in a frame;
    /// no other page of ours lets itself be put into one.
    pub fn app(&self) -> String {
        let Policy { nonce, demo_origin, form_origins } = self;
        let demo = demo_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
        let forms: String = form_origins.iter().map(|origin| format!(" {origin}")).collect();
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
             img-src 'self' data:; connect-src 'self'{demo}; media-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; form-action 'self'{forms}; \
             frame-ancestors 'none'; base-uri 'none'"
        )
    }
}

/// The policy of plain pages: a style sheet and forms, and no script at all.
pub const PLAIN: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The policy of a plain page with one script of ours, which asks this server only.
pub fn scripted(nonce: &str) -> String {
    format!("{PLAIN}; script-src 'nonce-{nonce}'; connect-src 'self'")
}

/// Sets what every answer carries, without touching what a handler set itself.
pub fn guard(headers: &mut HeaderMap, is_https: bool) {
    let always: [(HeaderName, &str); 4] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(self), microphone=(), payment=()"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in always {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
