use std::{fmt, sync::Arc};

use async_trait::async_trait;
use cryptocloud_postback::InvoiceId;
use futures_util::stream::BoxStream;
use time::Date;

use crate::{Api, ApiError, Invoice};

/// Who is asked what the vendor states about invoices: an [`Api`], or a source of your own.
///
/// A source of your own makes its invoices by [`Invoice::parse`] and its errors by
/// [`ApiError::other`].
/// **Whatever it says is taken as the vendor's word.**
#[async_trait]
pub trait InvoiceSource: fmt::Debug + Send + Sync + 'static {
    /// The invoices of these ids, without those that are not known: see [`Api::invoices`].
    ///
    /// # Errors
    ///
    /// Returns an error if the source cannot be asked.
    async fn invoices(&self, ids: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError>;

    /// The invoices of these days: see [`Api::list`].
    ///
    /// # Errors
    ///
    /// An item is an error if the source cannot be asked; the stream ends after it.
    fn list(&self, from: Date, to: Date) -> BoxStream<'_, Result<Invoice, ApiError>>;
}

#[async_trait]
impl InvoiceSource for Api {
    async fn invoices(&self, ids: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        self.invoices(ids).await
    }

    fn list(&self, from: Date, to: Date) -> BoxStream<'_, Result<Invoice, ApiError>> {
        self.list(from, to)
    }
}

#[async_trait]
impl<T: InvoiceSource + ?Sized> InvoiceSource for Arc<T> {
    async fn invoices(&self, ids: &[InvoiceId]) -> Result<Vec<Invoice>, ApiError> {
        (**self).invoices(ids).await
    }

    fn list(&self, from: Date, to: Date) -> BoxStream<'_, Result<Invoice, ApiError>> {
        (**self).list(from, to)
    }
}
