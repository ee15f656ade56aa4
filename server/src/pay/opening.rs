//! Opening a payment: what a payer sent is checked, and the same submit is the same payment.

use app::pay::AmountError;
use aws_lc_rs::digest;
use domain::code::CodeRefusal;
use domain::form::{Answer, AnswerValue, FieldError, FormSchema, Typed};
use domain::receivable::{Debtor, Receivable};
use domain::{Code, CodeId, Fen, Millis, Payment, PaymentId, PaymentState, TenantId};

use super::Payments;
use crate::fresh;
use crate::hex::hex;
use crate::store::codes::{self, FoundCode};
use crate::store::payments::{self, Stored};
use crate::store::{Command, StoreError, Tx, photos};

/// How many payments of one debt are looked through for a form that is sent again, newest first.
const MOST_SENT_BEFORE: i64 = 200;

/// What a payer sent.
#[derive(Debug, Clone)]
pub struct Submit {
    /// The amount as typed, in yuan; empty for codes of a fixed amount.
    pub amount: String,
    /// The form as typed.
    pub typed: Typed,
    /// The number that the browser gave this submit: the same number and content is the same payment.
    pub idem: String,
    /// Who pays, if the browser is known already.
    pub payer: Option<String>,
    /// When the page was opened that sends this, if that is proved.
    pub opened_at: Option<Millis>,
}

/// Why no payment was opened.
#[derive(Debug)]
pub enum OpenRefusal {
    /// The code cannot be paid through.
    Code(CodeRefusal),
    /// Something typed is wrong; everything typed is shown again.
    Fields {
        /// The amount.
        amount: Option<AmountError>,
        /// The form.
        fields: Vec<FieldError>,
    },
    /// The store did not take it.
    Store(StoreError),
}

impl Payments {
    /// Opens a payment through `found`, or finds the one that the same submit opened before.
    ///
    /// # Errors
    /// [`OpenRefusal`] with everything that is wrong at once.
    pub async fn open(&self, found: &FoundCode, submit: &Submit) -> Result<(TenantId, PaymentId), OpenRefusal> {
        let now = (self.clock)();
        let (amount_fen, answers) = self.check(found, submit)?;
        let new = self.new_payment(found, submit, amount_fen, answers, now);
        let (tenant, code) = (new.payment.tenant, new.payment.code);
        let idem = new.idem.clone();
        match self.store.write(Open { new }).await {
            Ok(payment) => Ok((tenant, payment)),
            // Another instance stored the same submit between our look and our insert.
            Err(StoreError::Duplicate) => {
                self.earlier(tenant, code, &idem).await.map(|payment| (tenant, payment)).map_err(OpenRefusal::Store)
            }
            Err(error) => Err(OpenRefusal::Store(error)),
        }
    }

    /// The payment that the same submit opened before, whatever its code takes by now: the payer went back and sent the form again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sent_before(&self, found: &FoundCode, submit: &Submit) -> Result<Option<Stored>, StoreError> {
        let (tenant, code) = (found.code.tenant, found.code.id);
        let mut conn = self.store.read().await?;
        let tx = &mut conn.tx();
        if found.debt.is_some() {
            // How much the form asked for is not known any more: what is owed changed with the payment. Each payment's own content
            // tells whether it was opened under this number.
            let typed = Some(submit.amount.trim()).filter(|typed| !typed.is_empty()).map(Fen::parse_yuan);
            let opened = payments::of_code(tx, tenant, code, MOST_SENT_BEFORE).await?;
            let same = opened.into_iter().find(|(_, idem, amount_fen, answers)| {
                typed.is_none_or(|typed| typed == Ok(*amount_fen)) && identity(&submit.idem, *amount_fen, answers) == *idem
            });
            return match same {
                Some((payment, ..)) => payments::load(tx, tenant, payment).await,
                None => Ok(None),
            };
        }
        let answers = found.code.form.check_with_presets(&submit.typed, &found.code.presets);
        let (Ok(amount_fen), Ok(answers)) = (amount_of(&found.code, &submit.amount), answers) else { return Ok(None) };
        match payments::by_idem(tx, tenant, code, &identity(&submit.idem, amount_fen, &answers)).await? {
            Some(payment) => payments::load(tx, tenant, payment).await,
            None => Ok(None),
        }
    }

    /// The form that a page asked whose payer sends `version` as its number, where the code asks another one by now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn asked_before(&self, found: &FoundCode, version: &str) -> Result<Option<FormSchema>, StoreError> {
        let code = &found.code;
        let Some(version) = version.parse().ok().filter(|version| *version != code.form.version) else { return Ok(None) };
        let mut conn = self.store.read().await?;
        let before = codes::form_version(&mut conn.tx(), code.tenant, code.id, version).await?;
        Ok(before.filter(|before| before.fields != code.form.fields))
    }

    /// Whether a submit could be opened: the amount to collect and the answers to keep.
    ///
    /// # Errors
    /// [`OpenRefusal`] with everything that is wrong at once.
    pub fn check(&self, found: &FoundCode, submit: &Submit) -> Result<(Fen, Vec<Answer>), OpenRefusal> {
        let code = &found.code;
        let now = (self.clock)();
        found.takes(submit.opened_at, now).map_err(OpenRefusal::Code)?;
        match (amount_of(code, &submit.amount), code.form.check_with_presets(&submit.typed, &code.presets)) {
            (Ok(amount), Ok(mut answers)) => {
                answers.extend(found.debt.as_ref().map(|debt| debtor_answer(&debt.receivable)));
                Ok((amount, answers))
            }
            (amount, answers) => Err(OpenRefusal::Fields { amount: amount.err(), fields: answers.err().unwrap_or_default() }),
        }
    }

    fn new_payment(&self, found: &FoundCode, submit: &Submit, amount_fen: Fen, answers: Vec<Answer>, now: Millis) -> Stored {
        let code = &found.code;
        let payment = Payment {
            tenant: code.tenant,
            id: PaymentId::of(fresh::uuid(now)),
            code: code.id,
            payee: code.payee,
            amount_fen,
            state: PaymentState::Open,
            opened_at_ms: now,
            expires_at_ms: now.plus_ms(self.expires_ms),
            paid_at_ms: None,
            refunding_fen: Fen::ZERO,
            refunded_fen: Fen::ZERO,
            refund_count: 0,
            attempts: vec![],
        };
        Stored {
            payment,
            idem: identity(&submit.idem, amount_fen, &answers),
            answers,
            form_version: code.form.version,
            code_token: found.token.clone(),
            payer: submit.payer.clone(),
            subject: subject(&found.merchant.name, &code.name),
            receipt_token: fresh::token(),
            tickets: vec![],
            revision: 0,
        }
    }

    async fn earlier(&self, tenant: TenantId, code: CodeId, idem: &str) -> Result<PaymentId, StoreError> {
        let mut conn = self.store.read().await?;
        payments::by_idem(&mut conn.tx(), tenant, code, idem).await?.ok_or(StoreError::Duplicate)
    }
}

/// The amount to collect: the fixed one when the code has one and nothing else was sent.
fn amount_of(code: &Code, typed: &str) -> Result<Fen, AmountError> {
    match code.amount {
        domain::AmountRule::Fixed { amount_fen } if typed.trim().is_empty() => Ok(amount_fen),
        rule => rule.check(Fen::parse_yuan(typed).map_err(AmountError::Typed)?).map_err(AmountError::Refused),
    }
}

/// What makes a submit the same submit: the browser's number together with the content, so that going back and typing another amount
/// is another payment.
fn identity(number: &str, amount: Fen, answers: &[Answer]) -> String {
    let content = format!("{number}\n{amount}\n{answers:?}");
    hex(digest::digest(&digest::SHA256, content.as_bytes()).as_ref())
}

/// Who owes, on the receipt of a debt's payment: whole for those who collect and look for it, masked for whoever is given the receipt. The
/// label is Chinese like all.
fn debtor_answer(debt: &Receivable) -> Answer {
    let Debtor { name, reference, .. } = &debt.debtor;
    let text = [name.as_str(), reference].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let value = AnswerValue::Debtor { shown: debt.debtor.masked_name(), about: debt.title.clone() };
    Answer { value, ..Answer::plain("debtor", "应缴人", &text) }
}

/// What the payer reads at the channel, within its 127 bytes.
fn subject(merchant: &str, code: &str) -> String {
    let mut text = format!("{merchant}-{code}");
    while text.len() > 120 {
        text.pop();
    }
    text
}

/// Stores a new payment, or finds the one that the same submit opened before. What every payer's submit writes.
#[derive(Debug, Clone)]
pub struct Open {
    /// The payment.
    pub new: Stored,
}

impl Command for Open {
    type Done = PaymentId;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PaymentId, StoreError> {
        let payment = &self.new.payment;
        if !payments::insert_once(tx, &self.new).await? {
            let earlier = payments::by_idem(tx, payment.tenant, payment.code, &self.new.idem).await?;
            return earlier.ok_or(StoreError::Duplicate);
        }
        for photo in self.new.photos() {
            photos::attach(tx, payment.tenant, photo, payment.id).await?;
        }
        Ok(payment.id)
    }
}
