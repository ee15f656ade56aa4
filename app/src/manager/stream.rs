//! The live stream `GET /m/live` in the browser: opened once per visible page, closed while hidden, opened again after a loss.
//!
//! The server sends `arrival` ([`Arrival`]), `code` ([`CodeChanged`]), `beat` ([`Beat`]: at once after what a resumed stream repeats, when there is more or
//! less to look at, and every 15 s) and `bye` (the session is over). What is news is decided by [`crate::manager::live`].

use crate::mobile::Till;

/// Keeps the stream open for as long as the page lives. Nothing happens where nobody is signed in.
pub fn begin(till: Till) {
    #[cfg(target_arch = "wasm32")]
    browser::begin(till);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = till;
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::time::Duration;

    use domain::{Fen, Millis};
    use leptos::leptos_dom::helpers::TimeoutHandle;
    use leptos::prelude::*;
    use serde::Deserialize;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{EventSource, MessageEvent};

    use crate::Refusal;
    use crate::manager::live::{Link, pause_ms};
    use crate::manager::{Arrival, Beat, Bye, CodeChanged, api, voice};
    use crate::mobile::till::News;
    use crate::mobile::{Till, Updating};
    use crate::ui::browser::now;

    /// Two beats and a bit: a line that says nothing for so long is dead, even when the browser has not noticed.
    const SILENCE: Duration = Duration::from_secs(40);

    /// After this long what came is told, even when no beat said yet that nothing more follows of what the stream repeats.
    const CATCHING_UP: Duration = Duration::from_secs(10);

    type Listener = Closure<dyn FnMut(MessageEvent)>;

    struct Line {
        till: Till,
        source: RefCell<Option<EventSource>>,
        listeners: RefCell<Vec<(&'static str, Listener)>>,
        tries: Cell<u32>,
        again: Cell<Option<TimeoutHandle>>,
        silence: Cell<Option<TimeoutHandle>>,
        catching_up: Cell<Option<TimeoutHandle>>,
        /// What came since the stream was resumed; `None` once it is up to date.
        meanwhile: RefCell<Option<(Vec<Arrival>, Fen)>>,
        was_open: Cell<bool>,
    }

    pub fn begin(till: Till) {
        voice::wait_for_tap(till);
        let owner = Owner::current();
        leptos::task::spawn_local(async move {
            if till.feed.with_untracked(Option::is_none) {
                // A page without a seed, or one whose figures could not be read, asks for them; the sign-in page has none.
                if crate::ui::browser::here().starts_with("/m/sign-in") {
                    return;
                }
                match api::load_today().await {
                    Ok(today) => till.today_is(today),
                    Err(Refusal::SignIn) => return crate::mobile::sign_in(),
                    Err(_) => {}
                }
            }
            let line = Line::new(till);
            line.open();
            // Whoever asks for news does not wait for the next try.
            if let Some(owner) = owner {
                owner.with(|| {
                    Effect::new(move |_| {
                        if till.updating.get() == Updating::Asking {
                            line.resume();
                        }
                    })
                });
            }
        });
    }

    impl Line {
        fn new(till: Till) -> Rc<Line> {
            let line = Rc::new(Line {
                till,
                source: RefCell::default(),
                listeners: RefCell::default(),
                tries: Cell::new(0),
                again: Cell::default(),
                silence: Cell::default(),
                catching_up: Cell::default(),
                meanwhile: RefCell::default(),
                was_open: Cell::new(false),
            });
            line.listen("open", Line::opened);
            line.listen("arrival", Line::arrived);
            line.listen("code", Line::code_changed);
            line.listen("beat", Line::beat);
            line.listen("bye", |line, said| line.end(read::<Bye>(&said).and_then(|bye| bye.elsewhere)));
            line.listen("error", |line, _| line.lost());
            line.watch_page();
            line
        }

        /// The line lives as long as the page, so its listeners may hold it.
        fn listen(self: &Rc<Line>, event: &'static str, act: impl Fn(&Rc<Line>, MessageEvent) + 'static) {
            let line = self.clone();
            let listener = Closure::new(move |said| act(&line, said));
            self.listeners.borrow_mut().push((event, listener));
        }

        fn watch_page(self: &Rc<Line>) {
            let line = self.clone();
            let seen = Closure::<dyn FnMut()>::new(move || if document().hidden() { line.close() } else { line.resume() });
            let _ = document().add_event_listener_with_callback("visibilitychange", seen.as_ref().unchecked_ref());
            seen.forget();
            let line = self.clone();
            window_event_listener_untyped("online", move |_| line.resume());
            let line = self.clone();
            window_event_listener_untyped("offline", move |_| {
                line.close();
                line.till.link.set(Link::Offline { since_ms: now() });
            });
        }

        fn resume(self: &Rc<Line>) {
            self.tries.set(0);
            if self.source.borrow().is_none() {
                self.open();
            }
        }

        fn open(self: &Rc<Line>) {
            self.close();
            if document().hidden() || matches!(self.till.link.get_untracked(), Link::Ended { .. }) {
                return;
            }
            let place = self.till.feed.with_untracked(|feed| feed.as_ref().and_then(|feed| feed.resume()));
            let address = place.map_or_else(|| "/m/live".to_owned(), |place| format!("/m/live?after={place}"));
            let Ok(source) = EventSource::new(&address) else { return self.lost() };
            for (event, listener) in self.listeners.borrow().iter() {
                let _ = source.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
            }
            *self.source.borrow_mut() = Some(source);
        }

        fn close(&self) {
            if let Some(source) = self.source.borrow_mut().take() {
                source.close();
            }
            for timer in [self.again.take(), self.silence.take()].into_iter().flatten() {
                timer.clear();
            }
            self.caught_up();
        }

        fn opened(self: &Rc<Line>, _: MessageEvent) {
            self.tries.set(0);
            self.till.link.set(Link::Connected);
            if self.was_open.replace(true) {
                *self.meanwhile.borrow_mut() = Some((Vec::new(), Fen::ZERO));
                let line = self.clone();
                self.catching_up.set(set_timeout_with_handle(move || line.caught_up(), CATCHING_UP).ok());
            }
            self.hear_silence();
        }

        /// From here on nothing said for too long means that the line is dead.
        fn hear_silence(self: &Rc<Line>) {
            let line = self.clone();
            let timer = set_timeout_with_handle(move || line.lost(), SILENCE).ok();
            if let Some(earlier) = self.silence.replace(timer) {
                earlier.clear();
            }
        }

        fn arrived(self: &Rc<Line>, event: MessageEvent) {
            let Some(arrival) = read::<Arrival>(&event) else { return };
            let mut meanwhile = self.meanwhile.borrow_mut();
            if !self.till.take(arrival.clone(), meanwhile.is_none()) {
                return;
            }
            if let Some((arrivals, sum_fen)) = meanwhile.as_mut() {
                *sum_fen = sum_fen.plus(arrival.amount_fen).unwrap_or(*sum_fen);
                arrivals.push(arrival);
            }
        }

        /// The code was refreshed or cut, perhaps elsewhere: what is shown is read anew. A screen that was not opened yet reads it
        /// when it is.
        fn code_changed(self: &Rc<Line>, event: MessageEvent) {
            let Some(CodeChanged { changed_at_ms }) = read(&event) else { return };
            let till = self.till;
            if till.desk.with_untracked(|desk| matches!(desk, Some(Ok(desk)) if desk.changed_at_ms < changed_at_ms)) {
                leptos::task::spawn_local(async move {
                    // What failed is asked again with the next stream, which begins by saying what changed.
                    if let Ok(desk) = api::load_desk().await {
                        till.desk_is(desk);
                    }
                });
            }
        }

        fn beat(self: &Rc<Line>, event: MessageEvent) {
            self.caught_up();
            self.hear_silence();
            let stale = |as_of: Millis| self.till.feed.with_untracked(|feed| feed.as_ref().is_some_and(|feed| feed.is_of_yesterday(as_of)));
            let Some(beat) = read::<Beat>(&event) else { return };
            if let Some(count) = beat.concerns {
                self.till.concerns.set(count);
            }
            if let Some(hindrance) = beat.hindrance {
                self.till.hindrance.set(hindrance);
            }
            if stale(beat.as_of_ms) {
                self.ask_for_today();
            }
        }

        /// Tells what came meanwhile, all at once.
        fn caught_up(&self) {
            if let Some(timer) = self.catching_up.take() {
                timer.clear();
            }
            let Some((mut arrivals, sum_fen)) = self.meanwhile.borrow_mut().take() else { return };
            match (arrivals.pop(), arrivals.len() as u64) {
                (None, _) => {}
                (Some(only), 0) => self.till.tell(News::Arrived(only)),
                (Some(_), others) => self.till.tell(News::Meanwhile { count: others + 1, sum_fen }),
            }
        }

        fn lost(self: &Rc<Line>) {
            self.close();
            let tries = self.tries.get() + 1;
            self.tries.set(tries);
            let luck = (js_sys::Math::random() * 255.0) as u8;
            self.till.link.update(|link| *link = std::mem::take(link).after_failure(tries, now()));
            let line = self.clone();
            self.again.set(set_timeout_with_handle(move || line.open(), Duration::from_millis(pause_ms(tries, luck).into())).ok());
            // A refused stream does not say why; an ordinary question does.
            if tries == 2 {
                self.ask_for_today();
            }
        }

        fn ask_for_today(self: &Rc<Line>) {
            let line = self.clone();
            leptos::task::spawn_local(async move {
                match api::load_today().await {
                    Ok(today) => line.till.today_is(today),
                    Err(Refusal::SignIn) => line.end(None),
                    Err(_) => {}
                }
            });
        }

        fn end(self: &Rc<Line>, elsewhere: Option<String>) {
            self.close();
            self.till.link.set(Link::Ended { elsewhere });
        }
    }

    fn read<T: for<'a> Deserialize<'a>>(event: &MessageEvent) -> Option<T> {
        serde_json::from_slice(event.data().as_string()?.as_bytes()).ok()
    }
}
