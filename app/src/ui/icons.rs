//! Icons as inline drawings, 24 by 24, in the colour of the text around them. They repeat what a label beside them says, so
//! screen readers pass over them.

use leptos::prelude::*;

fn icon(drawing: &'static str) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            <path d=drawing></path>
        </svg>
    }
    .into_any()
}

/// A code to scan.
pub fn code() -> AnyView {
    icon("M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2h2M18 17v3h2v-3z")
}

/// A search.
pub fn search() -> AnyView {
    icon("M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4.5 4.5")
}

/// A list.
pub fn list() -> AnyView {
    icon("M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01")
}

/// Settings.
pub fn settings() -> AnyView {
    icon("M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4")
}

/// Done.
pub fn check() -> AnyView {
    icon("M5 12.5l4.5 4.5L19 7.5")
}

/// Once more.
pub fn again() -> AnyView {
    icon("M19.5 5v5h-5M19 10a7.5 7.5 0 10.2 4.5")
}

/// Sound.
pub fn sound() -> AnyView {
    icon("M5 9v6h3.5L13 19V5L8.5 9zM16.5 9a4 4 0 010 6M19 6.5a8 8 0 010 11")
}

/// No sound.
pub fn silence() -> AnyView {
    icon("M5 9v6h3.5L13 19V5L8.5 9zM17 9.5l4 5M21 9.5l-4 5")
}

/// Something to look at.
pub fn attention() -> AnyView {
    icon("M12 7.5v5.5M12 16.5h.01M12 3a9 9 0 110 18 9 9 0 010-18z")
}

/// Onward.
pub fn onward() -> AnyView {
    icon("M9 5l7 7-7 7")
}

/// Back.
pub fn back() -> AnyView {
    icon("M15 5l-7 7 7 7")
}

/// Upward.
pub fn up() -> AnyView {
    icon("M12 19V5M6 11l6-6 6 6")
}

/// More to choose from.
pub fn unfold() -> AnyView {
    icon("M6 9l6 6 6-6")
}

/// A new one in the place of the old.
pub fn refresh() -> AnyView {
    icon("M20 11a8 8 0 00-14.3-4L4 9M4 4v5h5M4 13a8 8 0 0014.3 4L20 15M20 20v-5h-5")
}

/// One for another.
pub fn switch() -> AnyView {
    icon("M7 4L3 8l4 4M3 8h14M17 12l4 4-4 4M21 16H7")
}

/// A time that runs.
pub fn clock() -> AnyView {
    icon("M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3 2")
}

/// Hand it on.
pub fn share() -> AnyView {
    icon("M12 15V4M8 7.5L12 3.5l4 4M5 12v7a1 1 0 001 1h12a1 1 0 001-1v-7")
}

/// Keep it.
pub fn save() -> AnyView {
    icon("M12 4v11M8 11.5l4 4 4-4M5 19.5h14")
}

/// As large as the screen.
pub fn full() -> AnyView {
    icon("M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5")
}
