use std::sync::Arc;

use sqlx::AssertSqlSafe;

use crate::{TableName, table::DEFAULT};

/// The text of one statement, which sqlx also uses to find the prepared one.
#[derive(Clone, Debug)]
pub(crate) struct Statement(Arc<str>);

impl Statement {
    /// Puts the table's name in, which holds letters, digits and `_` only.
    pub(crate) fn new(text: &str, table: &TableName) -> Self {
        Self(text.replace(DEFAULT, table.as_str()).into())
    }

    pub(crate) fn text(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(Arc::clone(&self.0))
    }
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The texts of one dialect, with the table's default name. The parameters are the same in all.
        #[derive(Clone, Copy)]
        pub(crate) struct Texts {
            $($(#[$doc])* pub(crate) $name: &'static str,)*
        }

        /// The statements of a store.
        #[derive(Debug)]
        pub(crate) struct Statements {
            $(pub(crate) $name: Statement,)*
        }

        impl Statements {
            pub(crate) fn new(texts: &Texts, table: &TableName) -> Self {
                Self { $($name: Statement::new(texts.$name, table),)* }
            }
        }
    };
}

statements! {
    /// Key, fingerprint, lead, fence, owner, milliseconds.
    acquire,
    /// Key, fingerprint, owner, fence.
    complete,
    /// Key, fingerprint.
    conflict,
    /// Project, key and fingerprint to begin after, limit.
    conflicts,
    /// Key, fingerprint.
    demote,
    /// Key, fingerprint.
    discard,
    /// Key, fingerprint, lead, fence, owner.
    finish,
    /// Key, fingerprint to keep.
    forget_other_free,
    /// Key, fingerprint, project, invoice, status, owner, milliseconds.
    insert_claim,
    /// Key, fingerprint, project, invoice, status, owner.
    insert_done,
    /// Key, fingerprint, project, invoice, status, amount, currency, order.
    keep,
    /// Project, milliseconds, limit.
    purge,
    /// Key.
    records,
    /// Key; nobody else changes them until the transaction ends.
    records_locked,
    /// Key, fingerprint, owner, fence.
    release,
    /// Key, fingerprint, owner, fence, milliseconds.
    renew,
    schema,
}
