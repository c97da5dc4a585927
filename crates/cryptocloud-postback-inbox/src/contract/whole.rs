//! The store below an [`Inbox`].

use std::{convert::Infallible, sync::Arc};

use cryptocloud_postback::{
    SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder, SignedPostback},
};

use super::Case;
use crate::{ClaimId, Inbox, InboxError, KeyPolicy, Outcome, Report, StoreError, StoreErrorKind};

type Result<T = Outcome<()>, E = InboxError<Infallible>> = std::result::Result<T, E>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";

fn postback() -> PostbackBuilder {
    PostbackBuilder::new(SECRET)
        .order_id("ORDER_1")
        .amount("100")
}

fn verified(signed: &SignedPostback) -> Verified {
    let verifier = SecretKey::new(SECRET).map(Verifier::new);
    let Ok(Ok(verifier)) = verifier else {
        panic!("turn on a backend of cryptocloud-postback");
    };
    verifier
        .verify_at(Some(signed.content_type()), signed.body(), NOW)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn inbox(project: &str, case: &Case) -> Inbox {
    Inbox::builder_shared(project, Arc::clone(&case.fixture.store))
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn handle(inbox: &Inbox, signed: &SignedPostback) -> Result {
    inbox
        .handle(&verified(signed), async |_| Ok::<_, Infallible>(()))
        .await
}

#[track_caller]
fn assert_conflict(result: Result) {
    assert!(matches!(result, Err(InboxError::Conflict)), "{result:?}");
}

pub(crate) async fn first_resend_and_conflict(case: &Case) -> Result<(), StoreError> {
    let inbox = inbox(&case.project, case);
    let done = |result: Result, expected: Outcome<()>| match result {
        Ok(outcome) => assert_eq!(outcome, expected),
        Err(error) => panic!("{error:?}"),
    };
    done(
        handle(&inbox, &postback().json()).await,
        Outcome::Handled(()),
    );
    done(handle(&inbox, &postback().json()).await, Outcome::Duplicate);
    // Another token, the other format, and the same amount in another spelling.
    let later = NOW.saturating_add(std::time::Duration::from_secs(299));
    let resend = postback().expires_at(later).amount("1.00e2");
    assert_ne!(
        verified(&resend.json()).token_digest(),
        verified(&postback().json()).token_digest()
    );
    done(handle(&inbox, &resend.json()).await, Outcome::Duplicate);
    done(handle(&inbox, &resend.form()).await, Outcome::Duplicate);

    assert_conflict(handle(&inbox, &postback().amount("101").json()).await);
    assert_conflict(handle(&inbox, &postback().currency("ETH").form()).await);
    assert_conflict(handle(&inbox, &postback().order_id("ORDER_2").json()).await);
    assert_eq!(inbox.conflicts(None, 10).await?.len(), 3);
    done(handle(&inbox, &resend.json()).await, Outcome::Duplicate);
    Ok(())
}

async fn kept(case: &Case) -> Result<(Inbox, ClaimId, SignedPostback), StoreError> {
    let inbox = inbox(&case.project, case);
    let changed = postback().amount("101").json();
    if let Err(error) = handle(&inbox, &postback().json()).await {
        panic!("{error:?}");
    }
    assert_conflict(handle(&inbox, &changed).await);
    let id = ClaimId::from(&inbox.report(&verified(&changed)));
    Ok((inbox, id, changed))
}

pub(crate) async fn accept_and_discard(case: &Case) -> Result<(), StoreError> {
    let (inbox, id, changed) = kept(case).await?;
    let amount = async |report: Report| Ok::<_, Infallible>(report.amount_crypto().to_string());
    let failed = inbox.accept(&id, async |_| Err::<(), _>("no")).await;
    assert!(
        matches!(failed, Err(InboxError::Handler("no"))),
        "{failed:?}"
    );
    let accepted = inbox.accept(&id, amount).await;
    let expected = Outcome::Handled("101".to_owned());
    assert!(matches!(accepted, Ok(outcome) if outcome == expected));
    let again = inbox.accept(&id, amount).await;
    let is_gone = |error: &StoreError| error.kind() == StoreErrorKind::NotFound;
    assert!(
        matches!(&again, Err(InboxError::Store(error)) if is_gone(error)),
        "{again:?}"
    );
    let resend = handle(&inbox, &changed).await;
    assert!(matches!(resend, Ok(Outcome::Duplicate)), "{resend:?}");

    let refused = postback().amount("102").json();
    assert_conflict(handle(&inbox, &refused).await);
    let id = ClaimId::from(&inbox.report(&verified(&refused)));
    inbox.discard(&id).await?;
    assert_conflict(handle(&inbox, &refused).await);
    assert_eq!(inbox.conflicts(None, 10).await?, []);
    Ok(())
}

pub(crate) async fn another_project_cannot_settle(case: &Case) -> Result<(), StoreError> {
    let (own, id, _) = kept(case).await?;
    let other = inbox(&format!("{}2", case.project), case);
    super::assert_kind(other.conflict(&id).await, StoreErrorKind::NotFound);
    super::assert_kind(other.discard(&id).await, StoreErrorKind::NotFound);
    let accepted = other.accept(&id, async |_| Ok::<_, Infallible>(())).await;
    assert!(
        matches!(accepted, Err(InboxError::Store(_))),
        "{accepted:?}"
    );
    own.conflict(&id).await?;
    Ok(())
}

pub(crate) async fn deposits_of_a_static_wallet(case: &Case) -> Result<(), StoreError> {
    let inbox = Inbox::builder_shared(&case.project, Arc::clone(&case.fixture.store))
        .key_policy(KeyPolicy::InvoiceStatusAndFields)
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    for expected in [Outcome::Handled(()), Outcome::Duplicate] {
        for amount in ["1", "2"] {
            let deposit = postback().amount(amount).json();
            let outcome = handle(&inbox, &deposit).await;
            assert!(
                matches!(outcome, Ok(ref outcome) if *outcome == expected),
                "{outcome:?}"
            );
        }
    }
    assert_eq!(inbox.conflicts(None, 10).await?, []);
    Ok(())
}
