use cryptocloud_postback::{Amount, Currency, TraceContext};

use super::case::{Case, LONG, amount, fields, invoice_id, operator, reason};
use crate::{
    Accepted, Counts, Fields, Identity, Receipt, Report, ReportId, Settles, Start, State,
    StoreError,
};

pub(super) async fn fields_come_back<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let exact = ["0", "0.000000000000000001", "79228162514264337593543950335"];
    for (number, text) in exact.into_iter().enumerate() {
        let fields = Fields {
            amount_crypto: Amount::parse(text).ok(),
            currency: "NEW_COIN".parse::<Currency>().ok(),
            order_id: Some("ORDER_93223".into()),
            invoice_info: Some(r#"{"uuid": "INV-A", "tx_list": ["0x1"]}"#.into()),
        };
        let report = Report::new(case.identity(&format!("A{number}")), fields);
        let claim = case.start(&report, LONG).await?;
        assert_eq!(claim.report, report);
        let record = case.get(claim.id).await?;
        assert_eq!(record.report, report);
        assert_eq!((record.attempts, record.state), (1, State::Running));
        assert!(record.due_at > Some(record.received_at), "{record:?}");
        assert!(record.received_at <= case.store.now().await?);
        assert_eq!((record.settled_at, record.accepted), (None, None));
    }
    Ok(())
}

pub(super) async fn trace_comes_back<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let longest = format!("a={0},b={1}", "x".repeat(256), "\\".repeat(251));
    let states = [None, Some("rojo='; --,congo=\"{$1}"), Some(&*longest)];
    for (number, state) in states.into_iter().enumerate() {
        let report = Report {
            trace: trace("00f067aa0ba902b7", state),
            ..case.report(&format!("A{number}"), 1)
        };
        assert!(report.trace.is_some());
        let (id, _) = case.receive(&report).await?;
        assert_eq!(case.get(id).await?.report.trace, report.trace);
        // That of the first postback stays.
        let resend = Report {
            trace: trace("b7ad6b7169203331", None),
            ..report.clone()
        };
        assert_eq!(case.receive(&resend).await?, (id, State::Received));
        let claim = case.claim_one().await?;
        assert_eq!(claim.report.trace, report.trace);
        case.store.fail(&claim, "", LONG).await?;
    }
    Ok(())
}

fn trace(parent_id: &str, state: Option<&str>) -> Option<TraceContext> {
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{parent_id}-01");
    TraceContext::parse(&parent, state)
}

pub(super) async fn forms_and_missing_fields<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let report = Report::new(case.identity("A"), Fields::default());
    let claim = case.start(&report, LONG).await?;
    assert_eq!(case.get(claim.id).await?.report, report);
    assert_eq!(case.receive(&report).await?, (claim.id, State::Running));
    let order = Fields {
        order_id: Some("".into()),
        ..Fields::default()
    };
    let other = Report::new(case.identity("A"), order);
    assert_eq!(case.receive(&other).await?.1, State::Conflict);
    Ok(())
}

pub(super) async fn resend_is_known<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let report = case.report("A", 1);
    let first = case.store.receive(&report, Start::Stored).await?;
    let Receipt::Stored { id, state, is_new } = first else {
        panic!("should be stored: {first:?}");
    };
    assert_eq!((state, is_new), (State::Received, true));
    // The info can change between two sends.
    let mut resend = report.clone();
    resend.fields.invoice_info = Some("{}".into());
    let again = case.store.receive(&resend, Start::Claimed(LONG)).await?;
    assert!(
        matches!(again, Receipt::Stored { id: known, state: State::Received, is_new: false } if known == id),
        "{again:?}"
    );
    Ok(())
}

pub(super) async fn found_by_invoice<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let first = case.finish(&case.report("A", 1)).await?;
    let (second, _) = case.receive(&case.report("A", 2)).await?;
    case.finish(&case.report("AB", 1)).await?;
    let found = case.store.find(&case.project, "A").await?;
    let ids: Vec<ReportId> = found.iter().map(|record| record.id).collect();
    assert_eq!(ids, [first, second]);
    assert!(case.store.find(&case.project, "a").await?.is_empty());
    Ok(())
}

pub(super) async fn listed_by_cursor<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(case.held(&case.report(&format!("A{number}"), 1)).await?);
        case.finish(&case.report(&format!("B{number}"), 1)).await?;
    }
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = case
            .store
            .list(&case.project, State::Held, after, 3)
            .await?;
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        assert_eq!(last.hold, Some(reason()));
        after = Some(last.id);
        listed.extend(page.iter().map(|record| record.id));
    }
    assert_eq!(listed, ids);
    assert!(ids.is_sorted(), "ids grow: {ids:?}");
    Ok(())
}

pub(super) async fn counted<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let store = &case.store;
    assert_eq!(store.counts(&case.project).await?, Counts::default());
    case.finish(&case.report("DONE", 1)).await?;
    for number in 2..6 {
        case.receive(&case.report("DONE", number)).await?;
    }
    case.receive(&case.report("RECEIVED", 1)).await?;
    for invoice in ["R1", "R2"] {
        drop(case.start(&case.report(invoice, 1), LONG).await?);
    }
    for invoice in ["F1", "F2", "F3"] {
        let claim = case.start(&case.report(invoice, 1), LONG).await?;
        store.fail(&claim, "", LONG).await?;
    }
    for number in 0..5 {
        case.held(&case.report(&format!("H{number}"), 1)).await?;
    }
    let expected = Counts {
        received: 1,
        running: 2,
        failed: 3,
        held: 5,
        conflict: 4,
    };
    assert_eq!(store.counts(&case.project).await?, expected);
    Ok(())
}

pub(super) async fn oldest_unfinished<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let oldest = || case.store.oldest_unfinished(&case.project);
    assert_eq!(oldest().await?, None);
    case.finish(&case.report("A", 1)).await?;
    case.held(&case.report("B", 1)).await?;
    assert_eq!(oldest().await?, None);
    case.receive(&case.report("C", 1)).await?;
    assert!(oldest().await?.is_some_and(|age| age < LONG));
    Ok(())
}

pub(super) async fn two_projects_do_not_meet<S: Settles>(case: &Case<S>) -> Result<(), StoreError> {
    let other = Case::new("other", case.store.clone());
    let id = case.finish(&case.report("A", 1)).await?;
    let theirs = other.finish(&other.report("A", 2)).await?;
    assert_ne!(id, theirs);
    case.receive(&case.report("B", 1)).await?;
    assert!(other.claim(10).await?.is_empty());
    assert!(other.store.get(&other.project, id).await?.is_none());
    let listed = other
        .store
        .list(&other.project, State::Done, None, 10)
        .await?;
    assert_eq!(listed.len(), 1);
    let age = other.store.oldest_unfinished(&other.project).await?;
    assert_eq!(age, None);
    Ok(())
}

pub(super) async fn deposits_of_a_static_wallet<S: Settles>(
    case: &Case<S>,
) -> Result<(), StoreError> {
    let deposit = |hash: &str| {
        let identity = Identity::new(&case.project, invoice_id("WALLET"));
        Report::new(identity.with_transactions([hash]), fields(1))
    };
    let first = case.finish(&deposit("0x1")).await?;
    let second = case.finish(&deposit("0x2")).await?;
    assert_ne!(first, second);
    assert_eq!(case.receive(&deposit("0x1")).await?, (first, State::Done));
    assert_eq!(case.get(second).await?.report, without_info(deposit("0x2")));
    let unknown = Report {
        is_unidentified: true,
        ..case.report("WALLET", 1)
    };
    let (id, state) = case.receive(&unknown).await?;
    assert_eq!(state, State::Held);
    let by = operator();
    case.store
        .accept(&case.project, id, &Accepted::new(amount(1)), &by)
        .await?;
    assert_eq!(case.claim_one().await?.id, id);
    Ok(())
}

fn without_info(mut report: Report) -> Report {
    report.fields.invoice_info = None;
    report
}
