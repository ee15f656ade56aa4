//! The rules of payments and refunds, proven: tables for each word in each state, properties over any sequence of events, and
//! an exhaustive exploration of everything that can happen around one payment.

#[cfg(test)]
mod books;
#[cfg(test)]
mod concern;
#[cfg(test)]
mod events;
#[cfg(test)]
mod explore;
#[cfg(test)]
mod given;
#[cfg(test)]
mod order;
#[cfg(test)]
mod payment;
#[cfg(test)]
mod refund;
#[cfg(test)]
mod right;
