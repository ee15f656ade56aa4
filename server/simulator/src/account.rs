//! The account as its followers know it: who follows, who refuses its messages, who gave consents, and what the account pushes to its
//! server address (protocol document, 2.11).

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Serialize;
use serde_json::Value;

use crate::agenda::Task;
use crate::sign::random_text;
use crate::world::{Shared, World, lock};

/// Messages that an account may send a day.
const DAILY_QUOTA: u64 = 100_000;
/// Messages to one person within a minute, above which WeChat finds them too frequent.
const MOST_A_MINUTE: usize = 20;
/// How long a message's number keeps a repetition from being shown again.
const NUMBER_LIFE_MS: i64 = 600_000;
/// Within this time a repetition is refused instead of answered.
const NUMBER_REFUSED_MS: i64 = 60_000;
/// An event that is not answered with 200 is pushed again this often, so long apart.
const PUSHES: u32 = 3;
const PUSH_PAUSE_MS: i64 = 5_000;
const DAY_MS: i64 = 86_400_000;
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;

/// How somebody stands to the account.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Follower {
    pub follows: bool,
    /// Follows, but lets no message through: it is accepted and ends as `failed:user block`.
    pub blocks: bool,
    /// Subscription messages that may still be sent.
    pub consents: u32,
}

/// The account's own settings.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Settings {
    /// Where events are pushed; none: nowhere.
    pub push_url: Option<String>,
    /// How long after a message its end is told, by the clock.
    pub finish_ms: i64,
    /// Messages a day.
    pub quota: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { push_url: None, finish_ms: 1_000, quota: DAILY_QUOTA }
    }
}

/// Everything about followers and what was sent to them.
#[derive(Default)]
pub(crate) struct Account {
    pub settings: Settings,
    pub followers: BTreeMap<String, Follower>,
    /// By person and number: when it came and WeChat's number for it.
    numbers: HashMap<(String, String), (i64, u64)>,
    /// Moments of messages to one person within the last minute.
    recent: HashMap<String, Vec<i64>>,
    sent_on: (i64, u64),
}

/// What comes of a message.
pub(crate) enum Judged {
    /// It is new and may be sent.
    New,
    /// It was sent before under this number.
    Before(u64),
    /// It may not.
    Refused(i64),
}

impl Account {
    /// Judges a template message or, with `by_consent`, a subscription message.
    pub fn judge(&mut self, openid: &str, content: &Value, by_consent: bool, now_ms: i64) -> Judged {
        if let Err(errcode) = readable(content) {
            return Judged::Refused(errcode);
        }
        self.numbers.retain(|_, (at_ms, _)| *at_ms + NUMBER_LIFE_MS > now_ms);
        if let Some(number) = content["client_msg_id"].as_str()
            && let Some((at_ms, msgid)) = self.numbers.get(&(openid.to_owned(), number.to_owned()))
        {
            return if *at_ms + NUMBER_REFUSED_MS > now_ms { Judged::Refused(40_241) } else { Judged::Before(*msgid) };
        }
        let follower = self.followers.get(openid).copied().unwrap_or_default();
        if by_consent && follower.consents == 0 {
            return Judged::Refused(43_101);
        }
        if !by_consent && !follower.follows {
            return Judged::Refused(43_004);
        }
        let recent = self.recent.entry(openid.to_owned()).or_default();
        recent.retain(|at_ms| *at_ms + 60_000 > now_ms);
        if recent.len() >= MOST_A_MINUTE {
            return Judged::Refused(43_117);
        }
        let day = (now_ms + CHINA_OFFSET_MS).div_euclid(DAY_MS);
        if self.sent_on.0 != day {
            self.sent_on = (day, 0);
        }
        if self.sent_on.1 >= self.settings.quota {
            return Judged::Refused(45_009);
        }
        Judged::New
    }

    /// Writes down a message that was sent.
    pub fn sent(&mut self, openid: &str, content: &Value, by_consent: bool, msgid: u64, now_ms: i64) {
        if let Some(number) = content["client_msg_id"].as_str() {
            self.numbers.insert((openid.to_owned(), number.to_owned()), (now_ms, msgid));
        }
        self.recent.entry(openid.to_owned()).or_default().push(now_ms);
        self.sent_on.1 += 1;
        if by_consent && let Some(follower) = self.followers.get_mut(openid) {
            follower.consents = follower.consents.saturating_sub(1);
        }
    }
}

/// WeChat's rules for the fields of a message.
fn readable(content: &Value) -> Result<(), i64> {
    let fields = content["data"].as_object().ok_or(47_001)?;
    if fields.is_empty() || content["client_msg_id"].as_str().is_some_and(|number| number.len() > 32) {
        return Err(47_003);
    }
    for (name, field) in fields {
        let value = field["value"].as_str().ok_or(47_001)?;
        let chars = value.chars().count();
        let plain_money = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.');
        let fits = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "thing" => (1..=20).contains(&chars),
            "amount" => plain_money(value.trim_start_matches('¥').trim_end_matches('元')) && chars <= 14,
            "number" => plain_money(value) && (1..=32).contains(&chars),
            _ => chars > 0,
        };
        if !fits {
            return Err(47_003);
        }
    }
    Ok(())
}

/// Changes how somebody stands to the account; the account tells its server of a new follower or a lost one.
pub(crate) fn follow(world: &World, openid: &str, change: impl FnOnce(&mut Follower)) -> Follower {
    let (before, after) = {
        let mut account = lock(&world.account);
        let follower = account.followers.entry(openid.to_owned()).or_default();
        let before = *follower;
        change(follower);
        (before, *follower)
    };
    if before.follows != after.follows {
        push(world, openid, if after.follows { "subscribe" } else { "unsubscribe" }, "<EventKey><![CDATA[]]></EventKey>", 0);
    }
    after
}

/// Somebody answered to being asked for one more message; the account tells its server.
pub(crate) fn agreed(world: &World, openid: &str, template: &str, agrees: bool) {
    if agrees {
        lock(&world.account).followers.entry(openid.to_owned()).or_default().consents += 1;
    }
    let said = if agrees { "accept" } else { "reject" };
    let list = format!(
        "<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[{template}]]></TemplateId>\
         <SubscribeStatusString><![CDATA[{said}]]></SubscribeStatusString><PopupScene>1</PopupScene></List></SubscribeMsgPopupEvent>"
    );
    push(world, openid, "subscribe_msg_popup_event", &list, 0);
}

/// Tells the server how a template message ended, some time from now.
pub(crate) fn finish(world: &World, openid: &str, msgid: u64, fault: Option<&str>) {
    let (blocks, wait_ms) = {
        let account = lock(&world.account);
        (account.followers.get(openid).is_some_and(|follower| follower.blocks), account.settings.finish_ms)
    };
    let status = match fault {
        Some("system-failed") => "failed: system failed",
        Some("user-block") => "failed:user block",
        _ if blocks => "failed:user block",
        _ => "success",
    };
    push(world, openid, "TEMPLATESENDJOBFINISH", &format!("<MsgID>{msgid}</MsgID><Status><![CDATA[{status}]]></Status>"), wait_ms);
}

fn push(world: &World, openid: &str, event: &str, more: &str, wait_ms: i64) {
    let at_ms = world.now_ms() + wait_ms;
    let xml = format!(
        "<xml><ToUserName><![CDATA[gh_simulator]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>\
         <CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{more}</xml>",
        at_ms / 1000
    );
    world.agenda.add(at_ms, Task::Push { openid: openid.to_owned(), xml, tries: 1 });
}

/// Pushes an event once; when it is not answered with 200, again a little later, three times in all.
pub(crate) async fn deliver(world: Shared, openid: String, xml: String, tries: u32) {
    let Some(url) = lock(&world.account).settings.push_url.clone() else { return };
    let (timestamp, nonce) = ((world.now_ms() / 1000).to_string(), random_text(10));
    let token = world.ring().merchant.push_token.clone();
    let query =
        [("signature", signature(&token, &timestamp, &nonce)), ("timestamp", timestamp), ("nonce", nonce), ("openid", openid.clone())];
    let request =
        world.http.post(url).query(&query).timeout(Duration::from_millis(world.answer_limit_ms)).header("Content-Type", "text/xml");
    let is_taken = request.body(xml.clone()).send().await.is_ok_and(|answer| answer.status().as_u16() == 200);
    if !is_taken && tries < PUSHES {
        world.agenda.add(world.now_ms() + PUSH_PAUSE_MS, Task::Push { openid, xml, tries: tries + 1 });
    }
}

fn signature(token: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    sha1(&parts.concat())
}

/// SHA-1 in hex, as WeChat signs events and pages.
pub(crate) fn sha1(text: &str) -> String {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
