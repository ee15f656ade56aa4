//! The list of debts, newest first, a page at a time.

use domain::receivable::{Ageing, Claim, Receivable, Reminded, ReminderMark};
use domain::{Day, Fen, Millis, PaymentId, ReceivableId};
use leptos::prelude::*;

use super::HERE;
use super::words::{items, reminded_name, reminder_line, stop_tag, tag};
use crate::Locale;
use crate::i18n::*;
use crate::receipts::Cursor;
use crate::ui::moments::date;
use crate::ui::parts::{Bar, Empty};
use crate::ui::{fill, icons, yuan};

/// Debts on a page.
pub const PAGE_ROWS: usize = 15;

/// The longest words that are looked for.
const MOST_WORDS: usize = 60;

/// Which debts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Of which something is owed.
    #[default]
    Open,
    /// Of which something is overdue.
    Overdue,
    /// Paid, or more than that.
    Paid,
    /// Written off.
    Off,
    /// All.
    All,
}

impl Show {
    pub(crate) const ALL: [Show; 5] = [Show::Open, Show::Overdue, Show::Paid, Show::Off, Show::All];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Show::Open => "open",
            Show::Overdue => "overdue",
            Show::Paid => "paid",
            Show::Off => "off",
            Show::All => "all",
        }
    }

    pub(crate) fn name(self, locale: Locale) -> &'static str {
        match self {
            Show::Open => td_string!(locale, receivables.show_open),
            Show::Overdue => td_string!(locale, receivables.show_overdue),
            Show::Paid => td_string!(locale, receivables.show_paid),
            Show::Off => td_string!(locale, receivables.show_off),
            Show::All => td_string!(locale, receivables.show_all),
        }
    }
}

/// What a list's address says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    /// Which debts.
    pub show: Show,
    /// Words that are written on them.
    pub words: String,
    /// With which reminders.
    pub reminded: Option<Reminded>,
    /// From which place on: when it was raised, and which.
    pub before: Option<(Millis, ReceivableId)>,
}

impl ListQuery {
    /// Reads the fields of a query; what is unknown is passed over.
    pub fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> ListQuery {
        let mut query = ListQuery::default();
        for (name, value) in pairs {
            match name {
                "show" => query.show = Show::ALL.into_iter().find(|show| show.word() == value).unwrap_or_default(),
                "reminded" => query.reminded = Reminded::ALL.into_iter().find(|reminded| reminded.word() == value),
                "q" => query.words = value.trim().chars().take(MOST_WORDS).collect(),
                "before" => {
                    let place = value.parse::<Cursor>().ok();
                    query.before = place.map(|place| (place.at_ms, ReceivableId::of(place.payment.get())));
                }
                _ => {}
            }
        }
        query
    }

    /// The list's address.
    pub fn url(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        if self.show != Show::Open {
            pairs.append_pair("show", self.show.word());
        }
        if let Some(reminded) = self.reminded {
            pairs.append_pair("reminded", reminded.word());
        }
        if !self.words.is_empty() {
            pairs.append_pair("q", &self.words);
        }
        if let Some((at_ms, id)) = self.before {
            pairs.append_pair("before", &Cursor { at_ms, payment: PaymentId::of(id.get()) }.to_string());
        }
        let query = pairs.finish();
        if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{query}") }
    }
}

/// A debt with what it has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debt {
    /// The debt.
    pub receivable: Receivable,
    /// What it has come to.
    pub claim: Claim,
    /// What there is to say of its reminders.
    pub mark: ReminderMark,
}

/// A page of debts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebtList {
    /// The debts.
    pub rows: Vec<Debt>,
    /// Where the next page begins.
    pub next: Option<(Millis, ReceivableId)>,
    /// What is owed in all.
    pub ageing: Ageing,
    /// Whether the words are too short to be looked for.
    pub is_too_short: bool,
    /// How many an import raised just now, and how many were there before.
    pub imported: Option<(u64, u64)>,
    /// How many fit into a file, where the list was to be one and is longer.
    pub too_many: Option<usize>,
    /// Whether anybody can be reminded here.
    pub has_reminders: bool,
    /// The day on which it is shown.
    pub today: Day,
}

/// The title of the list.
pub fn list_title(locale: Locale) -> &'static str {
    td_string!(locale, receivables.title)
}

/// The list.
pub fn list_screen(locale: Locale, query: &ListQuery, list: &DebtList) -> AnyView {
    let imported = list.imported;
    view! {
        <Bar title=list_title(locale) back=Some(("/m/settings", td_string!(locale, manager.settings_title)))/>
        <main id="main" class="list" tabindex="-1">
            {sums(locale, &list.ageing)}
            {imported.map(|(new, known)| {
                let said = fill(td_string!(locale, receivables.said_imported), &[("new", &new), ("known", &known)]);
                view! { <p class="note" role="status">{said}</p> }
            })}
            {list.too_many.map(|most| {
                let said = fill(td_string!(locale, receivables.export_too_many), &[("most", &most)]);
                view! { <p class="note note-bad" role="alert">{said}</p> }
            })}
            <a class="button" href=format!("{HERE}/new")>{td_string!(locale, receivables.new)}</a>
            <nav class="pills" aria-label=td_string!(locale, receivables.title)>
                <a class="pill" href=format!("{HERE}/import")>{td_string!(locale, receivables.import)}</a>
                <a class="pill" href=format!("{HERE}/matches")>{td_string!(locale, receivables.matches)}</a>
                <a class="pill" href=format!("{HERE}/ageing")>{td_string!(locale, receivables.ageing)}</a>
            </nav>
            {narrow(locale, query)}
            {by_reminders(locale, query, list.has_reminders)}
            {rows(locale, query, list)}
        </main>
    }
    .into_any()
}

fn sums(locale: Locale, ageing: &Ageing) -> AnyView {
    let ((count, sum), (late_count, late)) = (ageing.total(), ageing.overdue());
    let counted = |count: u64| items(locale, count);
    let figure = |name: &'static str, sum: Fen, count: u64| {
        view! { <div class="card"><dt>{name}</dt><dd>{yuan(sum)}</dd><dd class="quiet">{counted(count)}</dd></div> }
    };
    view! {
        <dl class="figures debts">
            {figure(td_string!(locale, receivables.owed_sum), sum, count)}
            {figure(td_string!(locale, receivables.overdue_sum), late, late_count)}
        </dl>
    }
    .into_any()
}

fn narrow(locale: Locale, query: &ListQuery) -> AnyView {
    let choice = |show: Show| {
        let href = ListQuery { show, before: None, ..query.clone() }.url();
        let current = (show == query.show).then_some("true");
        view! { <a class="pill" href=href aria-current=current>{show.name(locale)}</a> }
    };
    let clear = (!query.words.is_empty()).then(|| {
        let href = ListQuery { words: String::new(), before: None, ..query.clone() }.url();
        view! { <a class="quiet-link" href=href>{td_string!(locale, receivables.clear)}</a> }
    });
    view! {
        <form class="search" role="search" method="get" action=HERE>
            <input type="hidden" name="show" value=query.show.word()/>
            {query.reminded.map(|reminded| view! { <input type="hidden" name="reminded" value=reminded.word()/> })}
            <input type="search" name="q" value=query.words.clone() maxlength="60" enterkeyhint="search"
                aria-label=td_string!(locale, receivables.search) placeholder=td_string!(locale, receivables.search)/>
            <button class="plain" type="submit">{td_string!(locale, receivables.search_do)}</button>
        </form>
        <nav class="pills" aria-label=td_string!(locale, receivables.show)>{Show::ALL.map(choice).collect_view()} {clear}</nav>
    }
    .into_any()
}

/// With which reminders: none where nobody can be reminded and nothing was asked for.
fn by_reminders(locale: Locale, query: &ListQuery, has_reminders: bool) -> AnyView {
    if !has_reminders && query.reminded.is_none() {
        return ().into_any();
    }
    let choice = |reminded: Option<Reminded>| {
        let href = ListQuery { reminded, before: None, ..query.clone() }.url();
        let current = (reminded == query.reminded).then_some("true");
        view! { <a class="pill" href=href aria-current=current>{reminded_name(locale, reminded)}</a> }
    };
    let choices = [None].into_iter().chain(Reminded::ALL.map(Some)).map(choice).collect_view();
    view! { <nav class="pills" id="by-reminders" aria-label=td_string!(locale, reminders.narrow)>{choices}</nav> }.into_any()
}

fn rows(locale: Locale, query: &ListQuery, list: &DebtList) -> AnyView {
    if list.is_too_short {
        return view! { <p class="note" role="status">{td_string!(locale, receivables.too_short)}</p> }.into_any();
    }
    if list.rows.is_empty() && query.before.is_none() {
        let is_search = !query.words.is_empty() || query.reminded.is_some();
        let title = if is_search { td_string!(locale, receivables.empty_found) } else { td_string!(locale, receivables.empty) };
        let hint = (!is_search).then(|| view! { <p class="quiet">{td_string!(locale, receivables.empty_hint)}</p> });
        return view! { <Empty title>{hint}</Empty> }.into_any();
    }
    let newest = query.before.is_some().then(|| {
        let href = ListQuery { before: None, ..query.clone() }.url();
        view! { <p class="newest"><a class="pill" href=href>{icons::up()} {td_string!(locale, receivables.newest)}</a></p> }
    });
    let older = match list.next {
        Some(next) => {
            let href = ListQuery { before: Some(next), ..query.clone() }.url();
            view! { <a class="button button-quiet" href=href>{td_string!(locale, receivables.older)}</a> }.into_any()
        }
        None => view! { <p class="quiet" role="status">{td_string!(locale, receivables.the_end)}</p> }.into_any(),
    };
    let lines = list.rows.iter().map(|debt| row(locale, debt, query, list.today)).collect_view();
    view! {
        {newest}
        <ul class="card rows">{lines}</ul>
        <div class="older">{older}</div>
        {export(locale, query)}
    }
    .into_any()
}

/// The debts that are shown, as a file.
fn export(locale: Locale, query: &ListQuery) -> AnyView {
    let href =
        |kind: &str| ListQuery { before: None, ..query.clone() }.url().replacen(HERE, &format!("{HERE}/export/receivables.{kind}"), 1);
    view! {
        <nav class="pills" aria-label=td_string!(locale, receivables.export)>
            <a class="pill" rel="external" href=href("xlsx")>{icons::save()} {td_string!(locale, receivables.export_xlsx)}</a>
            <a class="pill" rel="external" href=href("csv")>{icons::save()} {td_string!(locale, receivables.export_csv)}</a>
        </nav>
    }
    .into_any()
}

fn row(locale: Locale, debt: &Debt, query: &ListQuery, today: Day) -> AnyView {
    let Debt { receivable, claim, mark } = debt;
    let (kind, words) = tag(locale, receivable, *claim, today);
    let due = match receivable.due {
        Some(due) => fill(td_string!(locale, receivables.due_line), &[("day", &date(locale, due, today))]),
        None => td_string!(locale, receivables.no_due).to_owned(),
    };
    let owed = claim.outstanding();
    let sum = if owed.is_positive() { owed } else { receivable.amount_fen };
    let of = (sum != receivable.amount_fen)
        .then(|| fill(td_string!(locale, receivables.of_amount), &[("amount", &yuan(receivable.amount_fen))]));
    // Of what is paid nobody has to know how often it was reminded of, unless they ask.
    let reminded = (owed.is_positive() || query.reminded.is_some()).then(|| reminded(locale, mark, today));
    let what = match receivable.debtor.reference.as_str() {
        "" => receivable.title.clone(),
        reference => format!("{} · {reference}", receivable.title),
    };
    view! {
        <li>
            <a class="row" href=format!("{HERE}/{}", receivable.id)>
                <span class="row-title">{receivable.debtor.name.clone()}</span>
                <span class="row-sum">{yuan(sum)}</span>
                <span class="row-below">{what}</span>
                <span class="row-time">{of}</span>
                <span class="row-below">{due}</span>
                <span class="row-time"><span class="tag" data-kind=kind>{words}</span></span>
                {reminded}
            </a>
        </li>
    }
    .into_any()
}

/// What there is to say of a debt's reminders: the last one, and whether there will be more.
fn reminded(locale: Locale, mark: &ReminderMark, today: Day) -> AnyView {
    let (last, stop) = (reminder_line(locale, mark, today), stop_tag(locale, mark));
    if last.is_none() && stop.is_none() {
        return ().into_any();
    }
    view! {
        <span class="row-below">{last}</span>
        <span class="row-time">{stop.map(|words| view! { <span class="tag">{words}</span> })}</span>
    }
    .into_any()
}
