use cryptocloud_postback::UnixTime;

use crate::Fence;

/// The right of one process to reconcile a project, until its lease ends.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Turn {
    /// The project.
    pub project: Box<str>,
    /// The fencing token of this turn.
    pub fence: Fence,
    /// When reconciliation first ran for this project, by the store's clock. It ignores what was
    /// paid before.
    pub started_at: UnixTime,
    /// How far the last turn came: the cursor with which it [ended](crate::InboxStore::end_reconciliation).
    pub cursor: Option<UnixTime>,
}

/// When a process wants to reconcile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Begin {
    /// When it is due, and no other process is reconciling.
    IfDue,
    /// Now, because an operator asks for it. It takes the turn away from a process that has it.
    Now,
}
