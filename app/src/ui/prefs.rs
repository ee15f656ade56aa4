//! How a person wants to see the screens: language, light or dark, standard or 长辈版. Kept in cookies and rendered by the
//! server, so that nothing flashes while a page loads.

use serde::{Deserialize, Serialize};

use crate::Locale;

/// Light, dark, or as the device is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the device is set.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The size of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Standard size.
    #[default]
    Normal,
    /// 长辈版: bigger text, 60 px targets.
    Care,
}

/// What a person chose, or what their browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefs {
    /// The language.
    pub locale: Locale,
    /// Light or dark.
    pub theme: Theme,
    /// Standard or 长辈版.
    pub mode: Mode,
}

impl Theme {
    /// The value of the cookie `theme` and of `data-theme`.
    pub const fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Mode {
    /// The value of the cookie `mode` and of `data-mode`.
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Normal => "normal",
            Mode::Care => "care",
        }
    }
}

impl Default for Prefs {
    fn default() -> Prefs {
        Prefs { locale: Locale::zh, theme: Theme::Auto, mode: Mode::Normal }
    }
}

impl Prefs {
    /// Reads a request: `?lang=` first, then the cookies `lang`, `theme` and `mode`, then `Accept-Language`. What is unknown is
    /// passed over. `query` comes without `?`, `cookies` as the Cookie header.
    pub fn read(query: &str, cookies: &str, accept_language: &str) -> Prefs {
        let asked = pairs(query, '&').find(|(name, _)| *name == "lang").and_then(|(_, value)| locale_of(value));
        let mut prefs = Prefs { locale: asked.or_else(|| first_language(accept_language)).unwrap_or(Locale::zh), ..Prefs::default() };
        for (name, value) in pairs(cookies, ';') {
            match (name, value) {
                ("lang", value) if asked.is_none() => prefs.locale = locale_of(value).unwrap_or(prefs.locale),
                ("theme", "light") => prefs.theme = Theme::Light,
                ("theme", "dark") => prefs.theme = Theme::Dark,
                ("mode", "care") => prefs.mode = Mode::Care,
                _ => {}
            }
        }
        prefs
    }

    /// The language tag of `<html lang>`.
    pub const fn html_lang(self) -> &'static str {
        match self.locale {
            Locale::zh => "zh-CN",
            Locale::en => "en",
        }
    }
}

fn pairs(text: &str, separator: char) -> impl Iterator<Item = (&str, &str)> {
    text.split(separator).filter_map(|pair| pair.trim().split_once('='))
}

fn locale_of(tag: &str) -> Option<Locale> {
    let language = tag.trim().split(['-', '_']).next()?;
    match language.to_ascii_lowercase().as_str() {
        "zh" => Some(Locale::zh),
        "en" => Some(Locale::en),
        _ => None,
    }
}

/// The first language of the header that exists here; browsers list them by preference.
fn first_language(accept_language: &str) -> Option<Locale> {
    accept_language.split(',').filter_map(|part| part.split(';').next()).find_map(locale_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_says_the_language_before_the_cookie_and_the_browser() {
        let table = [
            ("", "", "", Locale::zh),
            ("", "", "en-GB,en;q=0.9,zh;q=0.5", Locale::en),
            ("", "", "fr, zh-TW;q=0.8, en;q=0.5", Locale::zh),
            ("", "lang=zh", "en", Locale::zh),
            ("", "a=b; lang=en", "zh-CN", Locale::en),
            ("", "lang=xx", "en", Locale::en),
            ("lang=en", "lang=zh", "zh", Locale::en),
            ("x=1&lang=zh-CN", "lang=en", "en", Locale::zh),
            ("lang=fr", "lang=en", "zh", Locale::en),
        ];
        for (query, cookies, accept, expected) in table {
            assert_eq!(Prefs::read(query, cookies, accept).locale, expected, "{query:?} {cookies:?} {accept:?}");
        }
    }

    #[test]
    fn appearance_comes_from_the_cookies() {
        let prefs = Prefs::read("", "theme=dark;mode=care", "");
        assert_eq!((prefs.theme, prefs.mode), (Theme::Dark, Mode::Care));
        let prefs = Prefs::read("theme=dark", "theme=violet; mode=", "");
        assert_eq!((prefs.theme, prefs.mode), (Theme::Auto, Mode::Normal));
    }
}
