//! What the payer sees: the payment page, the waiting page, the receipt.
