use std::{fmt, sync::Arc, time::Duration};

use cryptocloud_postback::{Amount, Currency, Decimal, InvoiceId};

use crate::{
    Accepted, Attempt, Claim, ClaimQuery, Decision, Failure, Fields, Handler, Hold, HoldKind,
    Identity, Limits, Payment, Receipt, Record, Refusal, Report, ReportId, Settled, Settles, Start,
    State, StoreError,
};

/// What a test works with: a store and a project that no other test has.
pub(super) struct Case<S> {
    pub(super) store: Arc<S>,
    pub(super) project: String,
}

/// A handler that succeeds.
pub(super) struct Succeeds;

impl<Tx: Send> Handler<Tx> for Succeeds {
    async fn handle(&self, _: &Payment, _: &mut Tx) -> Result<(), Failure> {
        Ok(())
    }
}

/// A handler that fails.
pub(super) struct Fails;

impl<Tx: Send> Handler<Tx> for Fails {
    async fn handle(&self, _: &Payment, _: &mut Tx) -> Result<(), Failure> {
        Err(Failure::hold("no such order"))
    }
}

impl<S: Settles> Case<S> {
    pub(super) fn new(name: &str, store: Arc<S>) -> Self {
        Self {
            store,
            project: format!("{name} {:x}", rand::random::<u64>()),
        }
    }

    pub(super) fn identity(&self, invoice: &str) -> Identity {
        Identity::new(&self.project, invoice_id(invoice))
    }

    /// A report of an invoice with an amount.
    pub(super) fn report(&self, invoice: &str, amount: u32) -> Report {
        Report::new(self.identity(invoice), fields(amount))
    }

    /// Receives a new report that nothing blocks.
    pub(super) async fn start(
        &self,
        report: &Report,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        Ok(claimed(
            self.store.receive(report, Start::Claimed(lease)).await?,
        ))
    }

    /// Receives a report and learns its id and state.
    pub(super) async fn receive(&self, report: &Report) -> Result<(ReportId, State), StoreError> {
        Ok(match self.store.receive(report, Start::Stored).await? {
            Receipt::Claimed(claim) => (claim.id, State::Running),
            Receipt::Stored { id, state, .. } => (id, state),
        })
    }

    pub(super) async fn claim(&self, limit: u32) -> Result<Vec<Claim>, StoreError> {
        let query = ClaimQuery {
            limit,
            lease: LONG,
            retry_span: LONG,
        };
        Ok(self.store.claim(&self.project, query).await?.claims)
    }

    /// Claims the only report that is due.
    pub(super) async fn claim_one(&self) -> Result<Claim, StoreError> {
        let mut claims = self.claim(10).await?;
        assert_eq!(claims.len(), 1, "{claims:?}");
        Ok(claims.remove(0))
    }

    pub(super) async fn settle(&self, claim: &Claim) -> Settled {
        let payment = Payment::new(claim.clone());
        let limits = Limits::default();
        self.store
            .settle(Attempt::new(&Succeeds, &limits, &payment))
            .await
    }

    pub(super) async fn finish(&self, report: &Report) -> Result<ReportId, StoreError> {
        let claim = self.start(report, LONG).await?;
        assert!(matches!(self.settle(&claim).await, Settled::Done));
        Ok(claim.id)
    }

    /// Receives a report and holds it.
    pub(super) async fn held(&self, report: &Report) -> Result<ReportId, StoreError> {
        let claim = self.start(report, LONG).await?;
        self.store.hold(&claim, &reason()).await?;
        Ok(claim.id)
    }

    /// Receives a report, and lets an operator decide about it: it is accepted and done, or discarded.
    pub(super) async fn decided(
        &self,
        report: &Report,
        is_accepted: bool,
    ) -> Result<ReportId, StoreError> {
        let (store, project) = (&self.store, &*self.project);
        let id = self.held(report).await?;
        if is_accepted {
            store
                .accept(project, id, &Accepted::new(amount(1)), &operator())
                .await?;
            let claim = self.claim_one().await?;
            assert!(matches!(self.settle(&claim).await, Settled::Done));
        } else {
            store.discard(project, id, &operator()).await?;
        }
        Ok(id)
    }

    pub(super) async fn get(&self, id: ReportId) -> Result<Record, StoreError> {
        let record = self.store.get(&self.project, id).await?;
        Ok(record.unwrap_or_else(|| panic!("report {id} should be stored")))
    }

    #[track_caller]
    pub(super) fn assert_state(&self, record: &Record, state: State) {
        assert_eq!(record.state, state, "{record:?}");
    }
}

pub(super) fn invoice_id(text: &str) -> InvoiceId {
    InvoiceId::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

pub(super) fn amount(number: u32) -> Amount {
    Amount::try_from(Decimal::from(number)).unwrap_or_else(|error| panic!("{error}"))
}

/// What an operator names when accepting: an amount and an order.
pub(super) fn accepted(number: u32, order_id: &str) -> Accepted {
    let accepted = Accepted::new(amount(number)).order(order_id);
    accepted.unwrap_or_else(|error| panic!("{order_id:?}: {error}"))
}

pub(super) fn fields(number: u32) -> Fields {
    Fields {
        amount_crypto: Some(amount(number)),
        currency: Some(Currency::Bnb),
        order_id: Some("ORDER_1".into()),
        invoice_info: None,
    }
}

pub(super) fn operator() -> Decision {
    Decision::by("anna")
}

pub(super) fn reason() -> Hold {
    Hold::new(HoldKind::Handler, "no such order")
}

pub(super) fn rest() -> Hold {
    Hold::new(HoldKind::PaidMore, "more than an operator accepted")
}

#[track_caller]
pub(super) fn claimed(receipt: Receipt) -> Claim {
    match receipt {
        Receipt::Claimed(claim) => claim,
        receipt => panic!("should have been claimed: {receipt:?}"),
    }
}

#[track_caller]
pub(super) fn assert_refused<T: fmt::Debug>(result: Result<T, StoreError>, refusal: Refusal) {
    match result {
        Ok(value) => panic!("should have been refused: {value:?}"),
        Err(error) => assert_eq!(error.refusal(), Some(refusal), "{error:?}"),
    }
}

/// A lease or a delay that no test outlives.
pub(super) const LONG: Duration = Duration::from_secs(3_600);
/// A lease or a delay that is over at once.
pub(super) const NONE: Duration = Duration::ZERO;
