//! The history of one's sign-ins: where one is signed in now, where one was, and how that ended (row E6). The server renders it alone.

use domain::Millis;
use domain::device::Device;
use leptos::prelude::*;

use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::icons;
use crate::ui::machine::machine;
use crate::ui::moments::moment;
use crate::ui::parts::Bar;

/// What the screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInsPage {
    /// With what and since when the reader is signed in.
    pub present: Option<(Device, Millis)>,
    /// What is over, latest beginning first.
    pub earlier: Vec<EarlierSignIn>,
    /// Whether a foreign sign-in can be reported here.
    pub may_report: bool,
    /// The present moment.
    pub now: Millis,
}

/// A sign-in that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierSignIn {
    /// With what.
    pub device: Device,
    /// When it began.
    pub from_ms: Millis,
    /// When it ended.
    pub to_ms: Millis,
    /// How.
    pub how: HowItEnded,
}

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowItEnded {
    /// The person signed out.
    SignedOut,
    /// They, or somebody, signed in with this device.
    Elsewhere(Device),
    /// A password was set.
    NewPassword,
    /// An administrator suspended them.
    Suspended,
    /// Its time was over.
    Expired,
    /// They reported a foreign sign-in.
    Reported,
}

/// What the screen is called.
pub fn title(locale: Locale) -> &'static str {
    td_string!(locale, sign_ins.title)
}

/// The screen.
pub fn sign_ins_screen(locale: Locale, page: &SignInsPage) -> AnyView {
    let now = page.now;
    let present = page.present.map(|(device, since)| {
        view! {
            <section aria-labelledby="present">
                <h2 id="present">{td_string!(locale, sign_ins.present)}</h2>
                <div class="card sign-in-line">
                    <p><b>{machine(locale, device)}</b></p>
                    <p class="quiet">{fill(td_string!(locale, sign_ins.since), &[("time", &moment(locale, since, now))])}</p>
                </div>
            </section>
        }
    });
    let lines = page.earlier.iter().map(|earlier| line(locale, earlier, now)).collect_view();
    let earlier = if page.earlier.is_empty() {
        view! { <p class="quiet">{td_string!(locale, sign_ins.none)}</p> }.into_any()
    } else {
        view! { <ul class="sign-ins">{lines}</ul> }.into_any()
    };
    view! {
        <Bar title=td_string!(locale, sign_ins.title) back=Some(("/m/settings", td_string!(locale, manager.settings_title)))/>
        <main id="main" class="settings" tabindex="-1">
            {present}
            {page.may_report.then(|| view! {
                <a class="card go-on" href="/m/not-me" rel="external">{td_string!(locale, sign_ins.strange)} {icons::onward()}</a>
            })}
            <section aria-labelledby="earlier">
                <h2 id="earlier">{td_string!(locale, sign_ins.earlier)}</h2>
                {earlier}
            </section>
            <p class="quiet">{td_string!(locale, sign_ins.kept)}</p>
        </main>
    }
    .into_any()
}

fn line(locale: Locale, earlier: &EarlierSignIn, now: Millis) -> AnyView {
    let (from, to) = (moment(locale, earlier.from_ms, now), moment(locale, earlier.to_ms, now));
    let how = match earlier.how {
        HowItEnded::SignedOut => td_string!(locale, sign_ins.signed_out).to_owned(),
        HowItEnded::Elsewhere(device) => fill(td_string!(locale, sign_ins.elsewhere), &[("device", &machine(locale, device))]),
        HowItEnded::NewPassword => td_string!(locale, sign_ins.new_password).to_owned(),
        HowItEnded::Suspended => td_string!(locale, sign_ins.suspended).to_owned(),
        HowItEnded::Expired => td_string!(locale, sign_ins.expired).to_owned(),
        HowItEnded::Reported => td_string!(locale, sign_ins.reported).to_owned(),
    };
    view! {
        <li class="card sign-in-line">
            <p><b>{machine(locale, earlier.device)}</b></p>
            <p class="quiet">{fill(td_string!(locale, sign_ins.from_to), &[("from", &from), ("to", &to)])}</p>
            <p>{how}</p>
        </li>
    }
    .into_any()
}
