//! A kind of device in words: `安卓手机 · 微信`.

use domain::Millis;
use domain::device::{Device, Program, System};

use crate::Locale;
use crate::i18n::*;
use crate::ui::fill;
use crate::ui::moments::moment;

/// A sign-in elsewhere that ended the reader's session (row E6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInElsewhere {
    /// When.
    pub at_ms: Millis,
    /// With what.
    pub device: Device,
    /// The present moment.
    pub now: Millis,
}

impl SignInElsewhere {
    /// `sentence` with its `{time}` and `{device}`.
    pub fn told(self, locale: Locale, sentence: &str) -> String {
        let (time, device) = (moment(locale, self.at_ms, self.now), machine(locale, self.device));
        fill(sentence, &[("time", &time), ("device", &device)])
    }

    /// What the manager's older screen says.
    pub fn words(self, locale: Locale) -> String {
        self.told(locale, td_string!(locale, manager.sign_in_elsewhere))
    }
}

/// What people call the device.
pub fn machine(locale: Locale, device: Device) -> String {
    let system = match device.system {
        System::AndroidPhone => td_string!(locale, device.android_phone),
        System::HarmonyPhone => td_string!(locale, device.harmony_phone),
        System::Iphone => td_string!(locale, device.iphone),
        System::Tablet => td_string!(locale, device.tablet),
        System::Windows => td_string!(locale, device.windows),
        System::Mac => td_string!(locale, device.mac),
        System::Linux => td_string!(locale, device.linux),
        System::Unknown => td_string!(locale, device.unknown),
    };
    // Names of products are the same in every language.
    let program = match device.program {
        Program::Wechat => td_string!(locale, device.wechat),
        Program::Wecom => td_string!(locale, device.wecom),
        Program::Edge => "Edge",
        Program::Chrome => "Chrome",
        Program::Firefox => "Firefox",
        Program::Safari => "Safari",
        Program::Other if device.system == System::Unknown => return system.to_owned(),
        Program::Other => td_string!(locale, device.other),
    };
    fill(td_string!(locale, device.with), &[("system", &system), ("program", &program)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_in_the_readers_language() {
        let phone = Device { system: System::AndroidPhone, program: Program::Wechat };
        let nothing = Device { system: System::Unknown, program: Program::Other };
        let table = [
            (Locale::zh, phone, "安卓手机 · 微信"),
            (Locale::en, phone, "Android phone, WeChat"),
            (Locale::zh, nothing, "未知设备"),
            (Locale::en, Device { system: System::Mac, program: Program::Safari }, "Mac, Safari"),
        ];
        for (locale, device, expected) in table {
            assert_eq!(machine(locale, device), expected);
        }
    }
}
