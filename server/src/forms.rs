//! What an operator does with forms: adding one, and giving the codes that ask one another version of it (rows E9, E21).

use domain::form::{FieldError, FormSchema};
use domain::{Millis, TenantId};
use serde_json::json;
use uuid::Uuid;

use crate::store::audit::{Act, Actor, Deed};
use crate::store::forms::AskingCode;
use crate::store::{Command, StoreError, Tx, audit, codes, forms};

/// Why a form was not added, or not replaced. Nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotStored {
    /// The organisation has no such form.
    NoForm,
    /// This form of the organisation asks exactly the same.
    Known(Uuid),
    /// Codes answer something by themselves that the form does not take.
    Presets(Vec<(AskingCode, Vec<FieldError>)>),
}

/// Adds a form that administrators can choose from now on.
#[derive(Debug, Clone)]
pub struct AddForm {
    /// The organisation.
    pub tenant: TenantId,
    /// The form's identity.
    pub form: Uuid,
    /// What it asks.
    pub schema: FormSchema,
    /// Who adds it.
    pub by: Actor,
    /// When.
    pub now: Millis,
}

impl Command for AddForm {
    type Done = Result<(), NotStored>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let AddForm { tenant, form, schema, by, now } = self;
        forms::take_turn(tx, *tenant).await?;
        if let Some(known) = forms::asking(tx, *tenant, schema).await? {
            return Ok(Err(NotStored::Known(known)));
        }
        codes::insert_form(tx, *tenant, *form, &FormSchema { version: 1, ..schema.clone() }, *now).await?;
        let detail = json!({"fields": schema.fields.len()});
        audit::append(tx, *tenant, &Deed::new(*now, *by, Act::AddForm, form.simple(), &detail)).await?;
        Ok(Ok(()))
    }
}

/// Gives a form another version, for every code that asks it. Payments that were opened before keep what their payers saw.
#[derive(Debug, Clone)]
pub struct ReplaceForm {
    /// The organisation.
    pub tenant: TenantId,
    /// The form.
    pub form: Uuid,
    /// What it asks from now on.
    pub schema: FormSchema,
    /// Who replaces it.
    pub by: Actor,
    /// When.
    pub now: Millis,
}

impl Command for ReplaceForm {
    /// How many codes ask it.
    type Done = Result<usize, NotStored>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Done, StoreError> {
        let ReplaceForm { tenant, form, schema, by, now } = self;
        forms::take_turn(tx, *tenant).await?;
        let Some((_, same)) = forms::with_same(tx, *tenant, *form).await? else { return Ok(Err(NotStored::NoForm)) };
        // Two forms that ask the same could not be told apart afterwards.
        if let Some(known) = forms::asking(tx, *tenant, schema).await? {
            return Ok(Err(NotStored::Known(known)));
        }
        let mut asking = vec![];
        for form in &same {
            asking.extend(forms::codes_of(tx, *tenant, *form).await?);
        }
        let codes = asking.len();
        let misfit = |code: AskingCode| schema.check_presets(&code.presets).err().map(|errors| (code, errors));
        let misfits: Vec<_> = asking.into_iter().filter_map(misfit).collect();
        if !misfits.is_empty() {
            return Ok(Err(NotStored::Presets(misfits)));
        }
        for form in &same {
            forms::replace(tx, *tenant, *form, schema, *now).await?;
        }
        let detail = json!({"fields": schema.fields.len(), "codes": codes});
        audit::append(tx, *tenant, &Deed::new(*now, *by, Act::ReplaceForm, form.simple(), &detail)).await?;
        Ok(Ok(codes))
    }
}
