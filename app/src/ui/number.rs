//! Long numbers of payments, so that a person can read them out and a program can take them over.

use leptos::prelude::*;

/// Digits that are read in one breath.
const GROUP: usize = 4;
/// Groups after which a line may end.
const GROUPS_PER_LINE: usize = 4;

/// A number in groups of four, with the chance of a new line after sixteen digits. The gaps are the style sheet's (`.no i`), so
/// that copying gives the number whole.
pub fn grouped(number: &str) -> Vec<AnyView> {
    let digits: Vec<char> = number.chars().collect();
    let groups = digits.chunks(GROUP).map(|group| group.iter().collect::<String>()).enumerate();
    groups
        .map(|(at, group)| match at > 0 && at % GROUPS_PER_LINE == 0 {
            true => view! { <wbr/><i>{group}</i> }.into_any(),
            false => view! { <i>{group}</i> }.into_any(),
        })
        .collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_grouped_and_stays_whole() {
        let table = [
            ("", ""),
            ("123", "<i>123</i>"),
            ("4200005120261122", "<i>4200</i><i>0051</i><i>2026</i><i>1122</i>"),
            ("42000051202611220001", "<i>4200</i><i>0051</i><i>2026</i><i>1122</i><wbr><i>0001</i>"),
        ];
        for (number, expected) in table {
            let html = Owner::new().with(|| grouped(number).to_html()).replace("<!>", "");
            assert_eq!(html, expected);
        }
    }
}
