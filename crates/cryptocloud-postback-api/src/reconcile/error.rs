use std::{error, fmt};

use cryptocloud_postback_inbox::StoreError;

use crate::ApiError;

/// Why a turn of a [`Reconciler`](crate::Reconciler) or a backfill ended early. What it had found by
/// then is stored.
#[derive(Debug)]
pub struct ReconcileError {
    kind: ReconcileErrorKind,
    source: Box<dyn error::Error + Send + Sync>,
}

/// What failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ReconcileErrorKind {
    /// The vendor's API, or the source that stands for it: the source is an [`ApiError`].
    Api,
    /// Your own [`OpenInvoices`](crate::OpenInvoices).
    OpenInvoices,
    /// The inbox's store: the source is a [`StoreError`].
    Store,
}

impl ReconcileError {
    pub(super) fn new(
        kind: ReconcileErrorKind,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> ReconcileErrorKind {
        self.kind
    }
}

impl From<ApiError> for ReconcileError {
    fn from(error: ApiError) -> Self {
        Self::new(ReconcileErrorKind::Api, error)
    }
}

impl From<StoreError> for ReconcileError {
    fn from(error: StoreError) -> Self {
        Self::new(ReconcileErrorKind::Store, error)
    }
}

impl fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ReconcileErrorKind::Api => "vendor's API failed",
            ReconcileErrorKind::OpenInvoices => "open invoices cannot be read",
            ReconcileErrorKind::Store => "store failed",
        })
    }
}

impl error::Error for ReconcileError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}
