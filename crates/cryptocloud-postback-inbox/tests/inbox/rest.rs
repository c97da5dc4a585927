//! What the vendor states as paid beyond what an operator decided about, and what was credited already.

use std::time::Duration;

use cryptocloud_postback::{Amount, InvoiceId};
use cryptocloud_postback_inbox::{
    Accepted, Credited, Decision, Failure, Fields, Handler, HoldKind, Identity, Inbox, Payment,
    Record, Refusal, Report, State,
};

use crate::{Clock, Result, Shop, record, send};

/// Credits what an operator has accepted.
#[derive(Clone, Copy)]
struct Careful;

impl Handler<()> for Careful {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> std::result::Result<(), Failure> {
        match payment.accepted() {
            Some(_) => Ok(()),
            None => Err(Failure::hold("no such order")),
        }
    }
}

fn identity() -> Result<Identity> {
    Ok(Identity::new("shop", InvoiceId::parse("A")?))
}

fn amount(number: &str) -> Result<Option<Amount>> {
    Ok(Some(number.parse()?))
}

/// An inbox whose only report was accepted by Anna, for order B.
async fn accepted(clock: &Clock, fields: Fields) -> Result<Inbox> {
    let inbox = Inbox::builder("shop", clock.store(), Careful).build()?;
    inbox.import(&Report::new(identity()?, fields)).await?;
    inbox.run_once().await?;
    let held = record(&inbox, "A").await?;
    let accepted = Accepted::new("5".parse()?).order("B")?;
    inbox
        .accept(held.id, &accepted, &Decision::by("anna"))
        .await?;
    inbox.run_once().await?;
    assert_eq!(record(&inbox, "A").await?.state, State::Done);
    Ok(inbox)
}

async fn reconcile(inbox: &Inbox, paid: &str) -> Result<Option<Refusal>> {
    let (stated, paid) = (Fields::default(), amount(paid)?);
    let report = Report::reconciled(identity()?, stated);
    let stored = inbox.reconcile(&report, |_| paid).await;
    Ok(stored.err().and_then(|error| error.refusal()))
}

async fn newest(inbox: &Inbox) -> Result<Record> {
    Ok(inbox.find("A").await?.pop().ok_or("no report")?)
}

#[tokio::test]
async fn it_comes_back_only_if_more_is_stated_however_it_compares() -> Result {
    let inbox = accepted(&Clock::new(), Fields::default()).await?;
    for paid in ["25", "26"] {
        assert_eq!(reconcile(&inbox, paid).await?, None);
        let rest = newest(&inbox).await?;
        assert_eq!(rest.report.fields.amount_crypto, amount(paid)?);
        assert_eq!(rest.state, State::Conflict);
        let hold = rest.hold.ok_or("no reason")?;
        assert_eq!(hold.kind, HoldKind::PaidMore);
        let reason =
            format!("vendor states {paid} as paid, and an operator accepted a report of no amount");
        assert_eq!(*hold.reason, *reason);
        assert_eq!(reconcile(&inbox, paid).await?, Some(Refusal::Blocked));
        inbox.discard(rest.id, &Decision::by("anna")).await?;
        assert_eq!(reconcile(&inbox, paid).await?, Some(Refusal::Blocked));
    }
    Ok(())
}

/// A report that said nothing is less than any payment; one whose fields are gone may have said all.
#[tokio::test]
async fn what_the_retention_has_cleared_is_known() -> Result {
    let fields = Fields {
        order_id: Some("A".into()),
        ..Fields::default()
    };
    let clock = Clock::new();
    let inbox = accepted(&clock, fields).await?;
    clock.add(Duration::from_secs(401 * 86_400));
    assert_eq!(inbox.purge().await?, 1);
    assert_eq!(reconcile(&inbox, "25").await?, Some(Refusal::Blocked));
    Ok(())
}

#[tokio::test]
async fn what_an_operator_has_credited_names_the_operator() -> Result {
    let inbox = accepted(&Clock::new(), Fields::default()).await?;
    reconcile(&inbox, "25").await?;
    let rest = newest(&inbox).await?;
    let Some(credited) = inbox.credited(&rest).await? else {
        return Err("nothing".into());
    };
    let Credited {
        id, order_id, by, ..
    } = &credited;
    assert_eq!(
        (order_id.as_deref(), by.as_deref()),
        (Some("B"), Some("anna"))
    );
    assert_eq!((credited.amount, &credited.currency), (amount("5")?, &None));
    let done = inbox.get(*id).await?.ok_or("no report")?;
    assert_eq!((done.state, done.settled_at), (State::Done, credited.at));
    // It is no other report of itself.
    assert_eq!(inbox.credited(&done).await?, None);
    Ok(())
}

#[tokio::test]
async fn what_the_handler_has_credited_names_what_was_reported() -> Result {
    let inbox = Shop::default().builder().build()?;
    send(&inbox, "A", "hold").await?;
    let held = record(&inbox, "A").await?;
    assert_eq!(inbox.credited(&held).await?, None);
    send(&inbox, "A", "ORDER_1").await?;
    let credited = inbox.credited(&held).await?.ok_or("nothing")?;
    let fields = newest(&inbox).await?.report.fields;
    assert_eq!(credited.order_id.as_deref(), Some("ORDER_1"));
    assert_eq!(
        (credited.amount, credited.currency, credited.by),
        (fields.amount_crypto, fields.currency, None)
    );
    Ok(())
}
