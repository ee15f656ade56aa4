//! Who stands before us: WeChat OAuth with `snsapi_base`, which tells the openid without asking the person (wechat-pay 2.10).

use serde::Deserialize;

use super::outbound;
use super::secret::Secret;
use super::wechat::ConfigError;

/// WeChat's own address of the page that people are sent to.
pub const WECHAT_AUTHORIZE: &str = "https://open.weixin.qq.com";

/// WeChat's own address of the account services.
pub const WECHAT_ACCOUNTS: &str = "https://api.weixin.qq.com";

/// An application at WeChat that may ask who somebody is.
#[derive(Debug, Clone)]
pub struct OauthConfig {
    /// [`WECHAT_AUTHORIZE`] or a stand-in, without a slash at the end.
    pub authorize_base: String,
    /// [`WECHAT_ACCOUNTS`] or a stand-in, without a slash at the end.
    pub api_base: String,
    /// The application.
    pub appid: String,
    /// Its secret.
    pub app_secret: Secret,
    /// How long an exchange may take; 10,000 is usual.
    pub timeout_ms: u64,
}

/// The way to WeChat's accounts.
#[derive(Debug, Clone)]
pub struct Oauth {
    config: OauthConfig,
    client: reqwest::Client,
}

/// Who came back with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A person; the openid names them within this application.
    Person {
        /// Their name within this application.
        openid: String,
    },
    /// The page is shown in WeChat's preview mode under an account that belongs to nobody (`is_snapshotuser`). It must not pay,
    /// so its openid is not even kept; the person opens the whole page and is asked again.
    Preview,
}

/// Why a code did not become an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// No such code, or it is older than five minutes (40029, 41008, 42003). A new round through WeChat helps.
    #[error("the code is not valid")]
    InvalidCode,
    /// The code was exchanged before (40163), as happens when a landing address is loaded again. A new round through WeChat helps.
    #[error("the code was used before")]
    UsedCode,
    /// WeChat's risk control keeps this person out (40226).
    #[error("the person is blocked by WeChat")]
    Blocked,
    /// WeChat is busy (-1, 45009, 45011) or could not be reached. The code may be tried once more.
    #[error("WeChat did not answer: {why}")]
    Unavailable {
        /// What happened, for logs.
        why: String,
    },
    /// Application, secret or rights are wrong (40013, 40125, 48001 and all others): a matter for the administrator.
    #[error("WeChat refused with {errcode}: {said}")]
    Misconfigured {
        /// WeChat's number.
        errcode: i64,
        /// WeChat's sentence.
        said: String,
    },
}

impl OauthError {
    /// Whether sending the person to WeChat once more can help.
    pub const fn may_restart(&self) -> bool {
        matches!(self, OauthError::InvalidCode | OauthError::UsedCode)
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    openid: Option<String>,
    #[serde(default)]
    is_snapshotuser: i64,
}

impl Oauth {
    /// Checks the settings; nothing is asked of WeChat yet.
    ///
    /// # Errors
    /// The first setting that cannot work, as one line.
    pub fn new(config: OauthConfig) -> Result<Oauth, ConfigError> {
        super::wechat::check_base("wechat.oauth_url", &config.authorize_base)?;
        super::wechat::check_base("wechat.account_url", &config.api_base)?;
        if config.app_secret.reveal().is_empty() {
            return Err(ConfigError::of("wechat.app_secret", "is empty"));
        }
        let describe = |error| ConfigError::of("wechat.account_url", outbound::describe(error));
        let client = outbound::client(config.timeout_ms).map_err(describe)?;
        Ok(Oauth { config, client })
    }

    /// The application.
    pub fn appid(&self) -> &str {
        &self.config.appid
    }

    /// Scheme and host of the page that people are sent to; a form's answer leads there.
    pub fn authorize_origin(&self) -> String {
        self.config.authorize_base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }

    /// Where the browser is sent. `redirect_uri` is ours and lies on a domain that the application lists; `state` comes back
    /// unchanged and has at most 128 letters and digits.
    ///
    /// The parameters stand in the order that WeChat asks for, and the fragment belongs to it: otherwise the page stays blank.
    pub fn authorize_url(&self, redirect_uri: &str, state: &str) -> String {
        let OauthConfig { authorize_base, appid, .. } = &self.config;
        let (appid, redirect_uri, state) = (escape(appid), escape(redirect_uri), escape(state));
        format!(
            "{authorize_base}/connect/oauth2/authorize?appid={appid}&redirect_uri={redirect_uri}&response_type=code\
             &scope=snsapi_base&state={state}#wechat_redirect"
        )
    }

    /// Turns the code that came back into an identity. A code works once and for five minutes.
    ///
    /// # Errors
    /// [`OauthError`], by what can be done about it.
    pub async fn exchange(&self, code: &str) -> Result<Identity, OauthError> {
        if code.is_empty() || code.len() > 512 {
            return Err(OauthError::InvalidCode);
        }
        let OauthConfig { api_base, appid, app_secret, .. } = &self.config;
        let secret = String::from_utf8_lossy(app_secret.reveal());
        let address = format!(
            "{api_base}/sns/oauth2/access_token?appid={}&secret={}&code={}&grant_type=authorization_code",
            escape(appid),
            escape(&secret),
            escape(code)
        );
        let answer: Answer = outbound::json(self.client.get(address)).await.map_err(|why| OauthError::Unavailable { why })?;
        answer.identity()
    }
}

impl Answer {
    fn identity(self) -> Result<Identity, OauthError> {
        match (self.errcode, self.openid) {
            (0, _) if self.is_snapshotuser != 0 => Ok(Identity::Preview),
            (0, Some(openid)) if !openid.is_empty() => Ok(Identity::Person { openid }),
            (0, _) => Err(OauthError::Unavailable { why: "the answer names nobody".to_owned() }),
            (40029 | 41008 | 42003, _) => Err(OauthError::InvalidCode),
            (40163, _) => Err(OauthError::UsedCode),
            (40226, _) => Err(OauthError::Blocked),
            (-1 | 45009 | 45011, _) => Err(OauthError::Unavailable { why: format!("{} {}", self.errcode, self.errmsg) }),
            (errcode, _) => Err(OauthError::Misconfigured { errcode, said: self.errmsg }),
        }
    }
}

/// Percent-encoding of a query value, as a browser's `encodeURIComponent` does it for these characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oauth() -> Oauth {
        let config = OauthConfig {
            authorize_base: WECHAT_AUTHORIZE.to_owned(),
            api_base: "http://127.0.0.1:1".to_owned(),
            appid: "wx520c15f417810387".to_owned(),
            app_secret: Secret::of("not to be seen"),
            timeout_ms: 1_000,
        };
        Oauth::new(config).unwrap()
    }

    #[test]
    fn the_address_has_the_order_that_wechat_asks_for() {
        let given = oauth().authorize_url("https://pay.example.org/oauth/wechat?p=1&名=2", "3Fq9");
        let expected = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx520c15f417810387\
            &redirect_uri=https%3A%2F%2Fpay.example.org%2Foauth%2Fwechat%3Fp%3D1%26%E5%90%8D%3D2\
            &response_type=code&scope=snsapi_base&state=3Fq9#wechat_redirect";
        assert_eq!(given, expected);
    }

    #[test]
    fn an_answer_is_a_person_a_preview_or_a_named_error() {
        let person = Identity::Person { openid: "oUpF8".to_owned() };
        let misconfigured = |errcode| OauthError::Misconfigured { errcode, said: "m".to_owned() };
        let unavailable = |why: &str| OauthError::Unavailable { why: why.to_owned() };
        let table = [
            (r#"{"access_token":"A","expires_in":7200,"openid":"oUpF8","scope":"snsapi_base"}"#, Ok(person.clone())),
            (r#"{"openid":"oUpF8","is_snapshotuser":0}"#, Ok(person)),
            (r#"{"openid":"oUpF8","is_snapshotuser":1}"#, Ok(Identity::Preview)),
            (r#"{"openid":""}"#, Err(unavailable("the answer names nobody"))),
            (r#"{}"#, Err(unavailable("the answer names nobody"))),
            (r#"{"errcode":40029,"errmsg":"m"}"#, Err(OauthError::InvalidCode)),
            (r#"{"errcode":40163,"errmsg":"m"}"#, Err(OauthError::UsedCode)),
            (r#"{"errcode":40226,"errmsg":"m"}"#, Err(OauthError::Blocked)),
            (r#"{"errcode":-1,"errmsg":"m"}"#, Err(unavailable("-1 m"))),
            (r#"{"errcode":40125,"errmsg":"m"}"#, Err(misconfigured(40125))),
            (r#"{"errcode":40013,"errmsg":"m"}"#, Err(misconfigured(40013))),
        ];
        for (body, expected) in table {
            assert_eq!(serde_json::from_str::<Answer>(body).unwrap().identity(), expected, "{body}");
        }
    }

    #[tokio::test]
    async fn an_error_tells_neither_secret_nor_code() {
        let error = oauth().exchange("the code").await.unwrap_err();
        let told = format!("{error} {error:?} {:?}", oauth());
        assert!(matches!(error, OauthError::Unavailable { .. }));
        for hidden in ["not to be seen", "not%20to", "the code", "the%20code"] {
            assert!(!told.contains(hidden), "{told}");
        }
    }
}
