//! Somebody's browser: keeps cookies, follows redirects (also the trip through WeChat's sign-in), and never runs a script.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::scene::{Shop, client};

const WECHAT: &str = "Mozilla/5.0 (Linux; Android 13; V2183A) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 XWEB/1160065 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";
/// WeCom's browser, which calls itself WeChat's too.
const WECOM: &str = "Mozilla/5.0 (Windows NT 10.0) Chrome/116.0 Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1";
const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36";

static NEXT_PERSON: AtomicU32 = AtomicU32::new(1);

pub struct Browser {
    http: reqwest::Client,
    home: String,
    agent: &'static str,
    /// Who this is in WeChat.
    pub openid: String,
    /// By host and name. Ports share cookies, as in real browsers.
    pub jar: Mutex<BTreeMap<(String, String), String>>,
    /// Every address that was asked, in order.
    pub trail: Mutex<Vec<String>>,
}

/// What came back, after redirects.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub url: String,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks the status and that the page says each sentence.
    #[track_caller]
    pub fn says(&self, status: u16, sentences: &[&str]) {
        assert_eq!(self.status, status, "{}: {}", self.url, self.text);
        for sentence in sentences {
            assert!(self.text.contains(sentence), "{} does not say {sentence:?}: {}", self.url, self.text);
        }
    }

    /// Whether it is a page for people.
    pub fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html") && self.text.contains("</html>")
    }
}

impl Browser {
    /// Somebody new with WeChat.
    pub fn wechat(shop: &Shop) -> Browser {
        let openid = format!("oSomebody{}_{}", std::process::id(), NEXT_PERSON.fetch_add(1, Ordering::Relaxed));
        Browser::of(shop, &openid)
    }

    /// This person with WeChat, in a browser without cookies of ours.
    pub fn of(shop: &Shop, openid: &str) -> Browser {
        let browser = Browser { agent: WECHAT, openid: openid.to_owned(), ..Browser::desktop(shop) };
        browser.keep("localhost", "sim_openid", openid);
        browser
    }

    /// Somebody without WeChat.
    pub fn desktop(shop: &Shop) -> Browser {
        Browser {
            http: client(),
            home: shop.url.clone(),
            agent: DESKTOP,
            openid: String::new(),
            jar: Mutex::default(),
            trail: Mutex::default(),
        }
    }

    /// Somebody in WeCom.
    pub fn wecom(shop: &Shop) -> Browser {
        Browser { agent: WECOM, ..Browser::desktop(shop) }
    }

    pub fn keep(&self, host: &str, name: &str, value: &str) {
        self.jar.lock().unwrap().insert((host.to_owned(), name.to_owned()), value.to_owned());
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(&("127.0.0.1".to_owned(), name.to_owned())).cloned()
    }

    /// One request, no redirect followed. `path` may be a whole address.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<(&str, Vec<u8>)>) -> Answer {
        let response = self.send(method, path, headers, body).await;
        let (status, url, headers) = (response.status().as_u16(), response.url().to_string(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        Answer { status, url, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }

    /// The same, without waiting for the body.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<(&str, Vec<u8>)>) -> reqwest::Response {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// The same, where the connection may break: a door for machines closes on what is too large while it is still being sent.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.home) };
        let url: Url = url.parse().unwrap();
        let host = url.host_str().unwrap().to_owned();
        self.trail.lock().unwrap().push(url.to_string());
        let mut request = self.http.request(method.parse().unwrap(), url).header("user-agent", self.agent);
        let cookies = self.cookies(&host);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        let response = request.send().await?;
        self.take_cookies(&host, response.headers());
        Ok(response)
    }

    fn cookies(&self, host: &str) -> String {
        let jar = self.jar.lock().unwrap();
        let pairs = jar.iter().filter(|((known, _), _)| known == host).map(|((_, name), value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn take_cookies(&self, host: &str, headers: &HeaderMap) {
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let key = (host.to_owned(), name.to_owned());
            if line.contains("Max-Age=0") {
                self.jar.lock().unwrap().remove(&key);
            } else {
                self.jar.lock().unwrap().insert(key, value.to_owned());
            }
        }
    }

    /// Opens a page and follows where it leads.
    pub async fn open(&self, path: &str) -> Answer {
        let first = self.ask("GET", path, &[("accept", "text/html")], None).await;
        self.follow(first).await
    }

    async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..8 {
            if !(300..400).contains(&answer.status) {
                return answer;
            }
            let to: Url = answer.url.parse::<Url>().unwrap().join(answer.header("location")).unwrap();
            answer = self.ask("GET", to.as_str(), &[("accept", "text/html")], None).await;
        }
        panic!("redirected without end: {}", answer.url);
    }

    /// Posts a form; nothing is followed.
    pub async fn post(&self, path: &str, pairs: &[(&str, String)]) -> Answer {
        self.ask("POST", path, &[], Some(("application/x-www-form-urlencoded", encoded(pairs)))).await
    }

    /// Posts a form and follows where it leads.
    pub async fn submit(&self, path: &str, pairs: &[(&str, String)]) -> Answer {
        let first = self.post(path, pairs).await;
        self.follow(first).await
    }

    /// Calls a server function of the manager's screens.
    pub async fn function(&self, name: &str, arguments: Value) -> Answer {
        self.ask("POST", &format!("/api/{name}"), &[], Some(("application/json", arguments.to_string().into_bytes()))).await
    }

    /// A manager of the demo, signed in.
    pub async fn manager(shop: &Shop, phone: &str) -> Browser {
        let browser = Browser::desktop(shop);
        let answer = browser.sign_in(phone, server::demo::PASSWORD, "").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/m"), "{}", answer.text);
        browser
    }

    /// The administrator of the demo, signed in.
    pub async fn administrator(shop: &Shop) -> Browser {
        let browser = Browser::desktop(shop);
        let answer = browser.administrate(server::demo::ADMINISTRATOR, server::demo::PASSWORD).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/admin"), "{}", answer.text);
        browser
    }

    pub async fn administrate(&self, phone: &str, password: &str) -> Answer {
        self.post("/admin/sign-in", &[("phone", phone.to_owned()), ("password", password.to_owned())]).await
    }

    /// Signs in and goes where that leads, inside WeChat through WeChat.
    pub async fn sign_in_through(&self, phone: &str, password: &str) -> Answer {
        self.submit("/m/sign-in", &[("phone", phone.to_owned()), ("password", password.to_owned())]).await
    }

    pub async fn sign_in(&self, phone: &str, password: &str, next: &str) -> Answer {
        self.post("/m/sign-in", &[("phone", phone.to_owned()), ("password", password.to_owned()), ("next", next.to_owned())]).await
    }
}

/// Pairs as a form posts them.
pub fn encoded(pairs: &[(&str, String)]) -> Vec<u8> {
    let mut url: Url = "http://x/".parse().unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().as_bytes().to_vec()
}
