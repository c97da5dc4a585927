use std::{fmt, slice, sync::Arc, time::Duration};

use cryptocloud_postback::{Amount, InvoiceId, Verified};
use moka::future::Cache;
use tokio::time;

use crate::{
    ApiError, ApiErrorKind, Confirmed, Invoice, InvoiceSource, NotConfirmed, NotConfirmedKind,
    circuit::Circuit,
    policy::{Policy, Reported},
};

/// Confirms postbacks by asking the vendor.
///
/// Asked about the same invoice within five seconds, as by resends, it asks the vendor once.
/// After five failures in a row it asks only once in 30 s, until that succeeds.
/// A clone costs an `Arc` and shares all of that.
#[derive(Clone)]
pub struct Confirmer(Arc<Inner>);

struct Inner {
    cache: Cache<InvoiceId, Option<Arc<Invoice>>>,
    circuit: Circuit,
    setup: ConfirmerBuilder,
}

/// Why the vendor could not be asked.
enum Outage {
    Failed(Arc<ApiError>),
    Paused(Duration),
}

impl Confirmer {
    /// Begins to set up a confirmer that asks this source: an [`Api`](crate::Api), or your own.
    pub fn builder(source: impl InvoiceSource) -> ConfirmerBuilder {
        ConfirmerBuilder {
            cache: Duration::from_secs(5),
            policy: Policy::default(),
            source: Box::new(source),
            timeout: Duration::from_secs(5),
        }
    }

    /// Asks the vendor about this postback's invoice, and compares.
    ///
    /// It emits one `tracing` event: at `INFO` if the payment is confirmed or pending, at `WARN` if it
    /// is refused, at `ERROR` if the vendor could not be asked.
    ///
    /// # Errors
    ///
    /// Returns an error if the payment must not be credited, now or at all; its kind tells why.
    pub async fn confirm(&self, postback: &Verified) -> Result<Confirmed, NotConfirmed> {
        let reported = postback.reported();
        let reported = Reported {
            amount: reported.amount_crypto,
            currency: reported.currency.as_ref(),
            order_id: reported.order_id.as_deref(),
        };
        let result = self.ask(postback.invoice_id(), reported).await;
        let invoice_id = postback.invoice_id().as_str();
        macro_rules! refused {
            ($level:ident, $error:ident) => {
                tracing::$level!(
                    ?invoice_id,
                    kind = ?$error.kind,
                    cause = $error.source.as_ref().map(tracing::field::display),
                    "payment not confirmed: {}",
                    $error
                )
            };
        }
        match &result {
            Ok(_) => tracing::info!(?invoice_id, "payment confirmed"),
            Err(error) => match error.kind {
                NotConfirmedKind::Pending => refused!(info, error),
                NotConfirmedKind::Unavailable => refused!(error, error),
                _ => refused!(warn, error),
            },
        }
        Ok(Confirmed::new(postback.clone(), result?))
    }

    /// The vendor's statement, if it confirms what was reported.
    pub(crate) async fn ask(
        &self,
        invoice_id: &InvoiceId,
        reported: Reported<'_>,
    ) -> Result<Arc<Invoice>, NotConfirmed> {
        match self.state(invoice_id).await {
            Ok(stated) => self.judge(invoice_id, reported, stated),
            Err(outage) => Err(outage.of(invoice_id)),
        }
    }

    /// The source that is asked.
    #[cfg(feature = "inbox")]
    pub(crate) fn source(&self) -> &dyn InvoiceSource {
        &*self.0.setup.source
    }

    /// What counts as paid.
    #[cfg(feature = "inbox")]
    pub(crate) fn policy(&self) -> &Policy {
        &self.0.setup.policy
    }

    fn judge(
        &self,
        invoice_id: &InvoiceId,
        reported: Reported<'_>,
        stated: Option<Arc<Invoice>>,
    ) -> Result<Arc<Invoice>, NotConfirmed> {
        let refuse = |kind| NotConfirmed::new(kind, invoice_id.clone());
        let stated = stated.ok_or_else(|| refuse(NotConfirmedKind::Pending))?;
        let policy = &self.0.setup.policy;
        let differences = match policy.judge(&stated) {
            Ok(()) => policy.compare(reported, &stated),
            Err(kind) => {
                return Err(NotConfirmed {
                    stated: Some(stated),
                    ..refuse(kind)
                });
            }
        };
        if differences.is_empty() {
            return Ok(stated);
        }
        Err(NotConfirmed {
            differences,
            stated: Some(stated),
            ..refuse(NotConfirmedKind::Differs)
        })
    }

    /// What the vendor states about an invoice; `None` if it does not know it.
    async fn state(&self, invoice_id: &InvoiceId) -> Result<Option<Arc<Invoice>>, Arc<Outage>> {
        let inner = &self.0;
        let ask = async {
            inner.circuit.check().map_err(Outage::Paused)?;
            let ask = inner.setup.source.invoices(slice::from_ref(invoice_id));
            let asked = time::timeout(inner.setup.timeout, ask).await;
            let result = asked.unwrap_or_else(|_| Err(ApiError::new(ApiErrorKind::TimedOut)));
            inner.circuit.record(result.is_ok());
            let stated = result.map_err(|error| Outage::Failed(Arc::new(error)))?;
            let mut stated = stated.into_iter();
            Ok(stated
                .find(|invoice| invoice.id() == invoice_id)
                .map(Arc::new))
        };
        // One call for all who ask at the same time. Errors are not kept.
        inner.cache.try_get_with_by_ref(invoice_id, ask).await
    }
}

impl Outage {
    fn of(&self, invoice_id: &InvoiceId) -> NotConfirmed {
        let (retry_after, source) = match self {
            Self::Failed(error) => (error.retry_after, Some(Arc::clone(error))),
            Self::Paused(wait) => (Some(*wait), None),
        };
        NotConfirmed {
            retry_after,
            source,
            ..NotConfirmed::new(NotConfirmedKind::Unavailable, invoice_id.clone())
        }
    }
}

impl fmt::Debug for Confirmer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmer")
            .field("policy", &self.0.setup.policy)
            .field("source", &self.0.setup.source)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Confirmer`].
#[derive(Debug)]
#[must_use]
pub struct ConfirmerBuilder {
    cache: Duration,
    policy: Policy,
    source: Box<dyn InvoiceSource>,
    timeout: Duration,
}

impl ConfirmerBuilder {
    /// Whether a test counts as a payment. Defaults to no: a test, and what the vendor does not rule
    /// out as one, is [`Test`](NotConfirmedKind::Test).
    pub fn accept_test(mut self, accept: bool) -> Self {
        self.policy.accepts_test = accept;
        self
    }

    /// How long a statement of the vendor is used again. Defaults to 5 s.
    pub fn cache(mut self, duration: Duration) -> Self {
        self.cache = duration;
        self
    }

    /// Refuses payments of which the merchant received less than this in US dollars, after the fees.
    /// Defaults to any amount: that of a paid invoice is decided by [`Confirmed::check`].
    pub fn minimum_received_usd(mut self, amount: Amount) -> Self {
        self.policy.minimum_received_usd = Some(amount);
        self
    }

    /// Refuses invoices of other projects than the one with this id, which the vendor states as
    /// `project.id`. Defaults to any project that the API KEY gives access to.
    pub fn project_id(mut self, id: i64) -> Self {
        self.policy.project_id = Some(id);
        self
    }

    /// The limit for asking the vendor, with all retries. Defaults to 5 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// By which part a reported amount may be outside of what the vendor states: `0.005` is half a
    /// percent. Defaults to zero.
    ///
    /// What is reported may be the invoiced amount, the received one, or between them, and any higher
    /// one if the invoice is `overpaid`. It only decides whether the postback is forged or odd: the
    /// amounts of a [`Confirmed`] are the stated ones.
    pub fn tolerance(mut self, part: Amount) -> Self {
        self.policy.tolerance = part.as_decimal();
        self
    }

    /// Builds the confirmer.
    #[must_use]
    pub fn build(self) -> Confirmer {
        let cache = Cache::builder()
            .max_capacity(MAX_CACHED)
            .time_to_live(self.cache);
        Confirmer(Arc::new(Inner {
            cache: cache.build(),
            circuit: Circuit::default(),
            setup: self,
        }))
    }
}

/// Invoices in the cache.
const MAX_CACHED: u64 = 10_000;
