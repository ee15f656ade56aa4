//! What kind of device somebody signs in from, as far as its browser tells: enough to say "that was my phone", and no more.

use serde::{Deserialize, Serialize};

/// The machine and its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// A phone with Android.
    AndroidPhone,
    /// A phone with HarmonyOS.
    HarmonyPhone,
    /// An iPhone.
    Iphone,
    /// A tablet of any maker.
    Tablet,
    /// A computer with Windows.
    Windows,
    /// A Mac.
    Mac,
    /// A computer with Linux.
    Linux,
    /// Nothing that is known.
    Unknown,
}

/// The program in which the page was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// WeChat's own browser.
    Wechat,
    /// WeCom's own browser.
    Wecom,
    /// Edge.
    Edge,
    /// Chrome, or a browser made of the same parts.
    Chrome,
    /// Firefox.
    Firefox,
    /// Safari.
    Safari,
    /// Any other.
    Other,
}

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The machine.
    pub system: System,
    /// The program.
    pub program: Program,
}

impl Device {
    /// Reads the `User-Agent` of a request. A browser may say what it likes: this is for people to recognise, never for deciding.
    pub fn of_agent(agent: &str) -> Device {
        let says = |word: &str| agent.contains(word);
        let is_tablet = says("iPad") || says("Tablet") || (says("Android") && !says("Mobile"));
        let system = match () {
            () if is_tablet => System::Tablet,
            () if says("OpenHarmony") || says("HarmonyOS") => System::HarmonyPhone,
            () if says("iPhone") => System::Iphone,
            () if says("Android") => System::AndroidPhone,
            () if says("Windows") => System::Windows,
            () if says("Macintosh") => System::Mac,
            () if says("Linux") => System::Linux,
            () => System::Unknown,
        };
        let program = match () {
            () if says("wxwork") => Program::Wecom,
            () if says("MicroMessenger") => Program::Wechat,
            () if says("Edg") => Program::Edge,
            () if says("Firefox") || says("FxiOS") => Program::Firefox,
            () if says("Chrome") || says("CriOS") => Program::Chrome,
            () if says("Safari") => Program::Safari,
            () => Program::Other,
        };
        Device { system, program }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_recognise_their_device_by_machine_and_program() {
        let table = [
            (
                "Mozilla/5.0 (Linux; Android 13; V2183A) Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49",
                System::AndroidPhone,
                Program::Wechat,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
                System::Iphone,
                Program::Safari,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126.0 Mobile/15E148 Safari/604.1",
                System::Iphone,
                Program::Chrome,
            ),
            (
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile",
                System::HarmonyPhone,
                Program::Chrome,
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", System::Windows, Program::Edge),
            (
                "Mozilla/5.0 (Windows NT 10.0) Chrome/116.0 Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1",
                System::Windows,
                Program::Wecom,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", System::Linux, Program::Chrome),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:131.0) Gecko/20100101 Firefox/131.0", System::Mac, Program::Firefox),
            ("Mozilla/5.0 (Linux; Android 12; SM-T870) Chrome/120.0 Safari/537.36", System::Tablet, Program::Chrome),
            ("curl/8.5", System::Unknown, Program::Other),
            ("", System::Unknown, Program::Other),
        ];
        for (agent, system, program) in table {
            assert_eq!(Device::of_agent(agent), Device { system, program }, "{agent}");
        }
    }
}
