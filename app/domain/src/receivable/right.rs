//! Who may say that a debt is demanded no more.

use serde::{Deserialize, Serialize};

use crate::{Fen, Role};

/// What an organisation lets its managers write off by themselves, of debts that they collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "managers", rename_all = "snake_case")]
pub enum ManagerWriteOffs {
    /// Nothing: they ask an administrator.
    #[default]
    Never,
    /// Debts of which no more than this is still owed.
    UpTo {
        /// The most of one debt.
        limit_fen: Fen,
    },
    /// Any.
    Whole,
}

/// Why somebody may not write a debt off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "right", rename_all = "snake_case")]
pub enum NoWriteOff {
    /// Not in this role, or not somebody else's debt.
    #[error("not allowed")]
    NotAllowed,
    /// More is owed than they may write off.
    #[error("more than the role's limit")]
    AboveLimit {
        /// The most of one debt.
        limit_fen: Fen,
    },
}

/// Whether somebody in `role` may write off a debt of which `owed` is still owed. `is_payee`: it is theirs to collect.
/// Administrators may always.
///
/// # Errors
/// [`NoWriteOff`].
pub fn may_write_off(role: Role, is_payee: bool, managers: ManagerWriteOffs, owed: Fen) -> Result<(), NoWriteOff> {
    match (role, managers) {
        (Role::Administrator, _) => Ok(()),
        (Role::Manager, ManagerWriteOffs::Whole) if is_payee => Ok(()),
        (Role::Manager, ManagerWriteOffs::UpTo { limit_fen }) if is_payee && owed <= limit_fen => Ok(()),
        (Role::Manager, ManagerWriteOffs::UpTo { limit_fen }) if is_payee => Err(NoWriteOff::AboveLimit { limit_fen }),
        _ => Err(NoWriteOff::NotAllowed),
    }
}
