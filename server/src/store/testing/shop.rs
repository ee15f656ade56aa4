//! A canteen with one manager and one code, and people who pay there.

use domain::account::Phone;
use domain::code::{CodeState, Validity};
use domain::form::{Answer, FormSchema, Typed};
use domain::payment::{self, Attempt, AttemptKind, AttemptState, Trade};
use domain::receivable::{Debtor, Movement, MovementKind, Receivable, Source};
use domain::refund::{self, RefundWord};
use domain::{
    AccountId, AmountRule, Code, CodeId, Fen, Millis, OutRefundNo, OutTradeNo, Payment, PaymentId, PaymentState, ReceivableId, Role,
    TenantId,
};
use uuid::Uuid;

use super::super::codes::CodeKind;
use super::super::payments::{self, Event, Stored};
use super::super::{Command, Store, StoreError, Tx, accounts, codes, receivables, tenants, tokens};

/// Noon of a day in Shanghai.
pub const NOON: Millis = Millis::of(1_795_233_600_000);

/// The canteen.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The organisation.
    pub tenant: TenantId,
    /// The manager.
    pub payee: AccountId,
    /// The code.
    pub code: Code,
    /// The code's token.
    pub token: String,
    /// The manager's number.
    pub phone: Phone,
}

impl Shop {
    /// A canteen with ids of its own, stored.
    pub async fn open(store: &Store) -> Shop {
        let tenant = TenantId::of(Uuid::now_v7());
        let payee = AccountId::of(Uuid::now_v7());
        let code = Code {
            tenant,
            id: CodeId::of(Uuid::now_v7()),
            payee,
            name: "门口码牌".into(),
            amount: AmountRule::Free,
            form: FormSchema { version: 1, fields: vec![] },
            presets: Typed::default(),
            state: CodeState::Active,
            validity: Validity::default(),
        };
        let digits = Uuid::now_v7().as_u128() % 100_000_000;
        let phone = Phone::parse(&format!("138{digits:08}")).unwrap();
        let shop = Shop { tenant, payee, token: format!("t{}", code.id), code, phone };
        store.write(OpenShop(shop.clone())).await.unwrap();
        shop
    }

    /// An unpaid payment of `fen` by somebody who gives `name`, with its first attempt.
    pub fn unpaid(&self, id: Uuid, fen: i64, name: &str, at: Millis) -> Stored {
        let id = PaymentId::of(id);
        let attempt = Attempt {
            no: OutTradeNo::first(id),
            kind: AttemptKind::Jsapi,
            state: AttemptState::Ready,
            transaction: None,
            received_fen: None,
        };
        let answer = Answer::plain("student", "姓名", name);
        Stored {
            payment: Payment {
                tenant: self.tenant,
                id,
                code: self.code.id,
                payee: self.payee,
                amount_fen: Fen::of(fen),
                state: PaymentState::Open,
                opened_at_ms: at,
                expires_at_ms: at.plus_ms(600_000),
                paid_at_ms: None,
                refunding_fen: Fen::ZERO,
                refunded_fen: Fen::ZERO,
                refund_count: 0,
                attempts: vec![attempt],
            },
            answers: vec![answer],
            form_version: 1,
            code_token: self.token.clone(),
            idem: id.to_string(),
            payer: None,
            subject: "食堂-门口码牌".into(),
            receipt_token: format!("r{id}"),
            tickets: vec![],
            revision: 0,
        }
    }

    /// Somebody pays `fen`; the payment.
    pub async fn paid(&self, store: &Store, fen: i64, name: &str, at: Millis) -> PaymentId {
        let unpaid = self.unpaid(Uuid::now_v7(), fen, name, at);
        let (id, no) = (unpaid.payment.id, unpaid.payment.attempts[0].no.clone());
        store.write(Insert(unpaid)).await.unwrap();
        store.write(Hear::paid(&no, fen, at)).await.unwrap();
        id
    }

    /// Somebody owes `fen`; the debt, and the shop as it is reached by the debt's own code.
    pub async fn owed(&self, store: &Store, fen: i64, name: &str, at: Millis) -> (ReceivableId, Shop) {
        let id = ReceivableId::of(Uuid::now_v7());
        let code = Code { id: CodeId::of(Uuid::now_v7()), name: "学费".into(), ..self.code.clone() };
        let shop = Shop { token: format!("t{}", code.id), code, ..self.clone() };
        let debtor = Debtor { name: name.to_owned(), reference: "S2026001".into(), phone: Phone::parse("13900001111") };
        let receivable = Receivable {
            tenant: self.tenant,
            id,
            payee: self.payee,
            code: shop.code.id,
            debtor,
            title: "学费".into(),
            amount_fen: Fen::of(fen),
            due: Some(at.day()),
            in_parts: true,
            remark: String::new(),
            source: Source::Entered,
            raised_at_ms: at,
        };
        store.write(Owe { shop: shop.clone(), receivable, seed: Uuid::now_v7() }).await.unwrap();
        (id, shop)
    }

    /// Asks for `fen` of a payment to go back; the refund's number.
    pub async fn refund(&self, store: &Store, payment: PaymentId, fen: i64, at: Millis) -> OutRefundNo {
        let no = OutRefundNo::of_request(Uuid::now_v7());
        let ask = AskRefund { tenant: self.tenant, payment, no: no.clone(), fen, seed: Uuid::now_v7(), at };
        store.write(ask).await.unwrap();
        no
    }

    /// The channel says `word` about a refund.
    pub async fn hear_refund(&self, store: &Store, no: &OutRefundNo, word: RefundWord, at: Millis) {
        store.write(HearRefund { tenant: self.tenant, no: no.clone(), word, seed: Uuid::now_v7(), at }).await.unwrap();
    }
}

struct OpenShop(Shop);

impl Command for OpenShop {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Shop { tenant, payee, code, token, phone } = &self.0;
        tenants::insert(tx, *tenant, "第一食堂", NOON).await?;
        accounts::insert(tx, *payee, phone, "王经理", NOON).await?;
        accounts::add_member(tx, *tenant, *payee, Role::Manager, NOON).await?;
        let form = code.id.get();
        codes::insert_form(tx, *tenant, form, &code.form, NOON).await?;
        codes::insert(tx, code, CodeKind::App, form, NOON).await?;
        tokens::insert(tx, code, token, None, NOON).await
    }
}

struct Owe {
    shop: Shop,
    receivable: Receivable,
    seed: Uuid,
}

impl Command for Owe {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Shop { tenant, payee, code, token, .. } = &self.shop;
        let form = receivables::form_of(*tenant);
        codes::insert_form_once(tx, *tenant, form, &code.form, NOON).await?;
        codes::insert(tx, code, CodeKind::Receivable, form, NOON).await?;
        tokens::insert(tx, code, token, None, NOON).await?;
        receivables::insert(tx, &self.receivable, *payee, &mut payments::Ids(self.seed)).await
    }
}

/// Writes a debt off.
#[derive(Debug, Clone)]
pub struct WriteOff {
    /// The organisation.
    pub tenant: TenantId,
    /// The debt.
    pub id: ReceivableId,
    /// Ids for the rows that follow.
    pub seed: Uuid,
}

impl Command for WriteOff {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let stored = receivables::load(tx, self.tenant, self.id).await?.unwrap();
        let off = Movement { kind: MovementKind::WrittenOff, amount_fen: stored.claim.outstanding() };
        receivables::moved(tx, &stored, off, receivables::Decided::default(), &mut payments::Ids(self.seed), NOON).await.map(drop)
    }
}

/// Stores an unpaid payment.
#[derive(Debug, Clone)]
pub struct Insert(pub Stored);

impl Command for Insert {
    type Done = PaymentId;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<PaymentId, StoreError> {
        payments::insert(tx, &self.0).await?;
        Ok(self.0.payment.id)
    }
}

/// The channel says something about an attempt, once or again.
#[derive(Debug, Clone)]
pub struct Hear {
    /// The attempt.
    pub no: OutTradeNo,
    /// What it says.
    pub trade: Trade,
    /// Ids for the rows that follow.
    pub seed: Uuid,
    /// When.
    pub at: Millis,
}

impl Hear {
    /// That `fen` came, under one transaction number per attempt.
    pub fn paid(no: &OutTradeNo, fen: i64, at: Millis) -> Hear {
        let trade = Trade::Paid { transaction: format!("4200{no}"), amount_fen: Fen::of(fen), is_cny: true, at_ms: at };
        Hear { no: no.clone(), trade, seed: Uuid::now_v7(), at }
    }
}

impl Command for Hear {
    /// Whether it was news.
    type Done = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Some((tenant, id)) = payments::by_trade_no(tx, &self.no).await? else { return Ok(false) };
        let event = Event { channel: "wechat", id: self.seed.to_string(), kind: "TRANSACTION.SUCCESS".into(), body: "{}".into() };
        if !payments::keep_event(tx, &event, Some(tenant), self.at).await? {
            return Ok(false);
        }
        let Some(stored) = payments::load(tx, tenant, id).await? else { return Ok(false) };
        let next = payment::settle(&stored.payment, &self.no, &self.trade, self.at);
        payments::save_settlement(tx, &stored, &next, self.seed, self.at).await?;
        Ok(next.payment != stored.payment)
    }
}

struct AskRefund {
    tenant: TenantId,
    payment: PaymentId,
    no: OutRefundNo,
    fen: i64,
    seed: Uuid,
    at: Millis,
}

impl Command for AskRefund {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let stored = payments::load(tx, self.tenant, self.payment).await?.unwrap();
        let opening = refund::open(&stored.payment, self.no.clone(), Fen::of(self.fen), "退款", self.at).unwrap();
        payments::save_refund_opening(tx, &stored, &opening, None, self.seed, self.at).await
    }
}

struct HearRefund {
    tenant: TenantId,
    no: OutRefundNo,
    word: RefundWord,
    seed: Uuid,
    at: Millis,
}

impl Command for HearRefund {
    type Done = ();

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let refund = payments::load_refund(tx, self.tenant, &self.no).await?.unwrap().refund;
        let stored = payments::load(tx, self.tenant, refund.payment).await?.unwrap();
        let next = refund::settle(&stored.payment, &refund, &self.word);
        payments::save_refund(tx, &stored, &refund, &next, self.seed, self.at).await.map(drop)
    }
}
