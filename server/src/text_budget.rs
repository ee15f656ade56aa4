//! Most text messages that an organisation causes on a day (reliability 3.5). Each costs money, and whoever knows the numbers of many
//! managers, or imports a wrong list of debts, could cause many.

use domain::{Millis, TenantId};

use crate::store::{StoreError, Tx, text_days};

/// The most on one day (Asia/Shanghai), codes and reminders together.
#[derive(Debug, Clone, Copy)]
pub struct TextBudget {
    /// At least one.
    pub per_day: u32,
}

impl TextBudget {
    /// Takes one message out of the day's budget; `false` when nothing is left, and the message must not go. Whoever takes the last one
    /// raises the alarm, once a day.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn take(self, tx: &mut Tx<'_>, tenant: TenantId, now: Millis) -> Result<bool, StoreError> {
        let most = i64::from(self.per_day);
        let sent = text_days::count_one(tx, tenant, now.day(), most).await?;
        if sent == Some(most) {
            tracing::error!(tenant = %tenant, most, "an organisation used up its text messages of today; more go tomorrow (sms.per_day)");
            metrics::counter!("shouma_alarms_total", "alarm" => "text_budget").increment(1);
        }
        Ok(sent.is_some())
    }
}
