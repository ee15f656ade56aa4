//! Every sentence exists in Chinese and in English, with the same values to fill in.

use super::{none, tree};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_sentence_exists_in_both_languages() {
    let (zh, en) = (sentences("zh"), sentences("en"));
    let only_zh = zh.keys().filter(|key| !en.contains_key(*key)).map(|key| format!("app/locales/en lacks {key}"));
    let only_en = en.keys().filter(|key| !zh.contains_key(*key)).map(|key| format!("app/locales/zh lacks {key}"));
    none(only_zh.chain(only_en).collect(), "write the sentence in the other language too");
}

#[test]
fn both_languages_fill_in_the_same_values() {
    let (zh, en) = (sentences("zh"), sentences("en"));
    let both = zh.iter().filter_map(|(key, zh)| Some((key, holes(zh), holes(en.get(key)?))));
    let differ = both.filter(|(_, zh, en)| zh != en).map(|(key, zh, en)| format!("{key}: zh {zh:?}, en {en:?}"));
    none(differ.collect(), "name the same {{ values }} in both languages");
}

#[test]
fn no_sentence_is_empty_or_left_in_the_other_script() {
    // An English sentence may quote a plate or a name; it may not be Chinese.
    let is_chinese = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
    let chinese = |text: &str| text.chars().filter(is_chinese).count() > text.chars().filter(char::is_ascii_alphabetic).count();
    let all = ["zh", "en"].into_iter().flat_map(|language| sentences(language).into_iter().map(move |(key, text)| (language, key, text)));
    let wrong =
        all.filter(|(language, key, text)| text.trim().is_empty() || (*language == "en" && chinese(text) && !names_a_language(key)));
    none(wrong.map(|(language, key, text)| format!("app/locales/{language}: {key}: {text:?}")).collect(), "translate it");
}

/// A switch to Chinese says so in Chinese, and the product has a Chinese name.
fn names_a_language(key: &str) -> bool {
    ["language", "lang", "zh", "product", "brand", "name"].iter().any(|word| key.to_lowercase().contains(word))
}

/// `namespace.key` to text. A plural's forms (English has two, Chinese one) count as one sentence.
fn sentences(language: &str) -> BTreeMap<String, String> {
    let prefix = format!("app/locales/{language}/");
    let mut found = BTreeMap::new();
    for file in tree::files(&["json"]).into_iter().filter(|file| file.path.starts_with(&prefix)) {
        let namespace = file.path[prefix.len()..].trim_end_matches(".json").to_owned();
        let value: Value = serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        flatten(&namespace, &value, &mut found);
    }
    assert!(!found.is_empty(), "{prefix} holds no sentences");
    found
}

fn flatten(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(parts) => {
            for (part, value) in parts {
                flatten(&format!("{key}.{part}"), value, found);
            }
        }
        other => {
            let text = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            let form = ["_zero", "_one", "_two", "_few", "_many", "_other"].iter().find_map(|form| key.strip_suffix(form));
            found.entry(form.unwrap_or(key).to_owned()).and_modify(|forms| forms.push_str(&text)).or_insert(text);
        }
    }
}

/// Names between `{{` and `}}`, and component tags `<b>`.
fn holes(text: &str) -> BTreeSet<String> {
    let values = text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim().to_owned()));
    let tags = text.split('<').skip(1).filter_map(|rest| Some(format!("<{}>", rest.split_once('>')?.0.trim_matches('/').trim())));
    values.chain(tags).collect()
}
