//! The voice in the browser: clips in WebAudio, one sentence after the other. A browser plays nothing before a tap, so the
//! button that allows the voice is also what starts it. Which clips make a sentence is decided by [`crate::manager::speech`].

use crate::manager::speech::Sentence;
use crate::mobile::Till;

/// Allows the voice and says so; to be called from a tap.
pub fn allow(till: Till) {
    #[cfg(target_arch = "wasm32")]
    browser::allow(till, Some(Sentence::VoiceIsOn));
    #[cfg(not(target_arch = "wasm32"))]
    let _ = till;
}

/// Says it, after what is being said; silent unless the voice is on.
pub fn say(till: Till, sentence: Sentence) {
    #[cfg(target_arch = "wasm32")]
    browser::say(till, sentence);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = (till, sentence);
}

/// Stops speaking until [`allow`].
pub fn mute(till: Till) {
    #[cfg(target_arch = "wasm32")]
    browser::mute(till);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = till;
}

/// Where the voice was on when the page was left, the first tap anywhere brings it back.
#[cfg(target_arch = "wasm32")]
pub fn wait_for_tap(till: Till) {
    browser::wait_for_tap(till);
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use js_sys::{Promise, Uint8Array};
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{AudioBuffer, AudioContext, AudioContextState};

    use crate::Locale;
    use crate::manager::speech::{Sentence, ToSay, clips};
    use crate::mobile::Till;
    use crate::mobile::till::Voice;
    use crate::ui::browser::{remember, remembered};

    /// Where this browser remembers whether the voice was on.
    const REMEMBERED: &str = "voice";

    /// Between clips of one sentence nothing, between sentences a breath.
    const BREATH_S: f64 = 0.35;

    #[derive(Default)]
    struct Speaker {
        context: Option<AudioContext>,
        clips: HashMap<&'static str, AudioBuffer>,
        to_say: ToSay,
        is_speaking: bool,
    }

    thread_local! {
        static SPEAKER: RefCell<Speaker> = RefCell::default();
    }

    pub fn allow(till: Till, first: Option<Sentence>) {
        // Making and resuming the context must happen inside the tap itself.
        let context = SPEAKER.with_borrow_mut(|speaker| {
            if speaker.context.is_none() {
                speaker.context = AudioContext::new().ok();
            }
            speaker.context.clone()
        });
        let Some(context) = context else { return till.voice.set(Voice::Failed) };
        let _ = context.resume();
        till.voice.set(Voice::Loading);
        remember(REMEMBERED, "on");
        leptos::task::spawn_local(async move {
            if load(&context, till.locale).await.is_err() {
                return till.voice.set(Voice::Failed);
            }
            // Muted while the clips were on their way.
            if till.voice.get_untracked() != Voice::Loading {
                return;
            }
            till.voice.set(Voice::On);
            match first {
                Some(sentence) => say(till, sentence),
                None => speak(till),
            }
        });
    }

    pub fn mute(till: Till) {
        SPEAKER.with_borrow_mut(|speaker| speaker.to_say.clear());
        till.voice.set(Voice::Muted);
        remember(REMEMBERED, "muted");
    }

    pub fn wait_for_tap(till: Till) {
        match remembered(REMEMBERED).as_deref() {
            Some("on") => till.voice.set(Voice::Blocked),
            Some("muted") => till.voice.set(Voice::Muted),
            _ => {}
        }
        window_event_listener(leptos::ev::click, move |_| {
            if till.voice.get_untracked() == Voice::Blocked {
                allow(till, None);
            }
        });
    }

    pub fn say(till: Till, sentence: Sentence) {
        if !matches!(till.voice.get_untracked(), Voice::On | Voice::Loading | Voice::Blocked) {
            return;
        }
        SPEAKER.with_borrow_mut(|speaker| speaker.to_say.push(sentence));
        speak(till);
    }

    /// Says what waits, unless that is being done already.
    fn speak(till: Till) {
        let free = SPEAKER.with_borrow_mut(|speaker| !std::mem::replace(&mut speaker.is_speaking, true));
        if !free {
            return;
        }
        leptos::task::spawn_local(async move {
            while let Some((context, sentence)) = next(till) {
                let length_s = play(&context, &sentence.clips(till.locale));
                pause(length_s + BREATH_S).await;
            }
            SPEAKER.with_borrow_mut(|speaker| speaker.is_speaking = false);
        });
    }

    /// The next sentence, when it can be heard now; otherwise it keeps waiting, and the screen says that a tap is needed.
    fn next(till: Till) -> Option<(AudioContext, Sentence)> {
        if till.voice.get_untracked() != Voice::On {
            return None;
        }
        let context = SPEAKER.with_borrow(|speaker| speaker.context.clone())?;
        if context.state() != AudioContextState::Running {
            // Some browsers allow a page that was allowed before to go on without a tap; this asks, and the tap is the sure way.
            let _ = context.resume();
            till.voice.set(Voice::Blocked);
            return None;
        }
        let sentence = SPEAKER.with_borrow_mut(|speaker| speaker.to_say.pop())?;
        Some((context, sentence))
    }

    /// Starts the clips one after the other; how long they take in seconds.
    fn play(context: &AudioContext, names: &[&'static str]) -> f64 {
        let begin = context.current_time() + 0.02;
        let mut at = begin;
        for name in names {
            let Some(clip) = SPEAKER.with_borrow(|speaker| speaker.clips.get(name).cloned()) else { continue };
            let Ok(source) = context.create_buffer_source() else { continue };
            source.set_buffer(Some(&clip));
            let _ = source.connect_with_audio_node(&context.destination());
            let _ = source.start_with_when(at);
            at += clip.duration();
        }
        at - begin
    }

    /// Fetches what is missing, all at once.
    async fn load(context: &AudioContext, locale: Locale) -> Result<(), JsValue> {
        let language = if locale == Locale::zh { "zh" } else { "en" };
        let missing = clips(locale).iter().filter(|name| SPEAKER.with_borrow(|speaker| !speaker.clips.contains_key(*name)));
        let on_their_way: Vec<_> = missing.map(|name| (*name, fetch(context, format!("/voice/{language}/{name}.mp3")))).collect();
        for (name, clip) in on_their_way {
            let clip = JsFuture::from(clip).await?.dyn_into::<AudioBuffer>()?;
            SPEAKER.with_borrow_mut(|speaker| speaker.clips.insert(name, clip));
        }
        Ok(())
    }

    /// A promise of the decoded clip. It starts at once, so that many clips travel together.
    fn fetch(context: &AudioContext, address: String) -> Promise {
        let context = context.clone();
        wasm_bindgen_futures::future_to_promise(async move {
            let answer = gloo_net::http::Request::get(&address).send().await.map_err(|error| JsValue::from_str(&error.to_string()))?;
            if !answer.ok() {
                return Err(JsValue::from_str(&address));
            }
            let bytes = answer.binary().await.map_err(|error| JsValue::from_str(&error.to_string()))?;
            JsFuture::from(context.decode_audio_data(&Uint8Array::from(bytes.as_slice()).buffer())?).await
        })
    }

    async fn pause(seconds: f64) {
        let wait = Promise::new(&mut |done, _| {
            let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&done, (seconds * 1000.0) as i32);
        });
        // A timer cannot fail.
        let _ = JsFuture::from(wait).await;
    }
}
