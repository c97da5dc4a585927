//! The public API of the core, apart from what the vectors cover.

use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback::{
    BuildError, Check, Currency, Error, ErrorKind, Format, MAX_BODY_BYTES, Postback, RequestHead,
    SecretKey, Status, UnixTime, Unverified, Verified, Verifier, VerifierBuilder,
    testing::{NOW, PostbackBuilder, SignedPostback},
};
use sha2::{Digest, Sha256};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const SECRET: &str = "not-a-real-key-only-for-these-tests";
const OTHER: &str = "not-a-real-key-either-only-for-tests";

fn builder() -> Result<VerifierBuilder, Box<dyn std::error::Error>> {
    Ok(Verifier::builder(SecretKey::new(SECRET)?))
}

fn head(postback: &SignedPostback) -> RequestHead {
    RequestHead::from_content_type(Some(postback.content_type()))
}

fn verify(verifier: &Verifier, postback: &SignedPostback) -> Result<Verified, ErrorKind> {
    verifier
        .verify_at(head(postback), postback.body(), NOW)
        .map_err(|error| error.kind())
}

#[track_caller]
fn accepts(verifier: &Verifier, postback: &SignedPostback) {
    assert_eq!(verify(verifier, postback).err(), None);
}

#[track_caller]
fn refuses(verifier: &Verifier, postback: &SignedPostback, kind: ErrorKind) {
    assert_eq!(verify(verifier, postback).err(), Some(kind));
}

#[test]
fn proven_and_reported() -> TestResult {
    let verifier = builder()?.build()?;
    let signed = PostbackBuilder::new(SECRET)
        .at(NOW)
        .order_id("ORDER_93223")
        .amount("1e-05")
        .currency("USDT_TRC20");
    for postback in [signed.json(), signed.form()] {
        let verified = verifier.verify_at(head(&postback), postback.body(), NOW)?;
        assert_eq!(verified.invoice_id().as_str(), "ILRAJE1Q");
        assert_eq!(verified.expires_at().as_secs(), NOW.as_secs() + 240);
        assert_eq!(verified.body(), &postback.body());
        let reported = verified.reported();
        assert_eq!(reported.status, Status::Success);
        assert_eq!(reported.amount_crypto, Some("0.00001".parse()?));
        assert_eq!(reported.currency, Some(Currency::UsdtTrc20));
        assert_eq!(reported.order_id.as_deref(), Some("ORDER_93223"));
        assert_eq!(reported.format(), postback.format());
    }
    Ok(())
}

#[test]
fn the_same_token_has_the_same_digest_and_a_resend_another() -> TestResult {
    let verifier = builder()?.build()?;
    let first = PostbackBuilder::new(SECRET).at(NOW);
    let resend = first
        .clone()
        .expires_at(NOW.saturating_add(Duration::from_secs(241)));
    let digest = |postback: SignedPostback| {
        verify(&verifier, &postback).map(|verified| verified.token_digest())
    };
    assert_eq!(digest(first.json()), digest(first.form()));
    assert_ne!(digest(first.json()), digest(resend.json()));
    let token = first.signed_token();
    let (_, mac) = token.rsplit_once('.').ok_or("a token has dots")?;
    let mac = URL_SAFE_NO_PAD.decode(mac)?;
    assert_eq!(digest(first.json()), Ok(Sha256::digest(mac).into()));
    Ok(())
}

#[test]
fn any_of_four_secrets_and_no_fifth() -> TestResult {
    let with = |count: usize| {
        (1..count).try_fold(builder()?, |builder, index| {
            let secret = SecretKey::new(format!("{OTHER}-{index}"))?;
            Ok::<_, Box<dyn std::error::Error>>(builder.also_accept(secret))
        })
    };
    let verifier = with(4)?.build()?;
    accepts(&verifier, &PostbackBuilder::new(SECRET).at(NOW).json());
    accepts(
        &verifier,
        &PostbackBuilder::new(format!("{OTHER}-1")).at(NOW).json(),
    );
    accepts(
        &verifier,
        &PostbackBuilder::new(format!("{OTHER}-3")).at(NOW).form(),
    );
    refuses(
        &verifier,
        &PostbackBuilder::new(format!("{OTHER}-4")).at(NOW).json(),
        ErrorKind::TokenSignature,
    );
    assert_eq!(with(5)?.build().err(), Some(BuildError::TooManySecrets));
    Ok(())
}

#[test]
fn the_first_check_that_fails_is_named() -> TestResult {
    let verifier = builder()?.build()?;
    let failed = |content_type: &[u8], postback: &PostbackBuilder| {
        let body = postback.json().body();
        let head = RequestHead::from_content_type(Some(content_type));
        let result = verifier.verify_at(head, body, NOW);
        result.err().and_then(|error| error.kind().failed_check())
    };
    let json = b"application/json";
    // Each has the faults of those before it too.
    let status = PostbackBuilder::new(SECRET).at(NOW).status("canceled");
    assert_eq!(failed(json, &status), Some(Check::Status));
    let exp = NOW.as_secs() + 240;
    let invoice = status.claims(format!(r#"{{"id":"OTHER","exp":{exp}}}"#));
    assert_eq!(failed(json, &invoice), Some(Check::Invoice));
    let time = invoice.claims(r#"{"id":"OTHER","exp":1}"#);
    assert_eq!(failed(json, &time), Some(Check::Time));
    let claims = time.claims(r#"{"id":"OTHER"}"#);
    assert_eq!(failed(json, &claims), Some(Check::Claims));
    let signature = claims.secret(OTHER);
    assert_eq!(failed(json, &signature), Some(Check::Signature));
    let token = signature.header(r#"{"alg":"none"}"#);
    assert_eq!(failed(json, &token), Some(Check::Token));
    let fields = token.remove("status");
    assert_eq!(failed(json, &fields), Some(Check::Fields));
    assert_eq!(
        failed(b"text/plain; charset=utf-16", &fields),
        Some(Check::Format)
    );
    let request = fields.order_id(&"x".repeat(MAX_BODY_BYTES));
    assert_eq!(
        failed(b"text/plain; charset=utf-16", &request),
        Some(Check::Request)
    );
    Ok(())
}

#[test]
fn settings_have_bounds() -> TestResult {
    let leeway = |seconds| builder().map(|b| b.leeway(Duration::from_secs(seconds)).build().err());
    assert_eq!(leeway(0)?, None);
    assert_eq!(leeway(300)?, None);
    assert_eq!(leeway(301)?, Some(BuildError::Leeway));
    let lifetime =
        |seconds| builder().map(|b| b.max_lifetime(Duration::from_secs(seconds)).build().err());
    assert_eq!(lifetime(0)?, Some(BuildError::MaxLifetime));
    assert_eq!(lifetime(1)?, None);
    assert_eq!(lifetime(86_400)?, None);
    assert_eq!(lifetime(86_401)?, Some(BuildError::MaxLifetime));
    Ok(())
}

#[test]
fn leeway_and_lifetime_move_the_borders() -> TestResult {
    let verifier = builder()?
        .leeway(Duration::from_secs(5))
        .max_lifetime(Duration::from_secs(10))
        .build()?;
    let expires_in = |seconds: i64| {
        let time = UnixTime::from_secs(NOW.as_secs().saturating_add_signed(seconds));
        PostbackBuilder::new(SECRET).at(NOW).expires_at(time).json()
    };
    accepts(&verifier, &expires_in(-4));
    refuses(&verifier, &expires_in(-5), ErrorKind::TokenExpired);
    accepts(&verifier, &expires_in(15));
    refuses(&verifier, &expires_in(16), ErrorKind::TokenLifetime);
    Ok(())
}

#[test]
fn the_clock_can_be_replaced() -> TestResult {
    let postback = PostbackBuilder::new(SECRET).at(NOW).json();
    let at = |time: SystemTime| -> Result<Option<ErrorKind>, Box<dyn std::error::Error>> {
        let verifier = builder()?.clock(move || time).build()?;
        let outcome = verifier.verify(head(&postback), postback.body());
        Ok(outcome.err().map(|error| error.kind()))
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    assert_eq!(at(now)?, None);
    assert_eq!(
        at(now + Duration::from_secs(300))?,
        Some(ErrorKind::TokenExpired)
    );
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(at(before_1970)?, Some(ErrorKind::ClockBeforeEpoch));
    // The vendor's example is of the past for the real clock.
    let outcome = builder()?.build()?.verify(head(&postback), postback.body());
    assert_eq!(
        outcome.err().map(|error| error.kind()),
        Some(ErrorKind::TokenExpired)
    );
    Ok(())
}

#[test]
fn the_end_of_time_does_not_overflow() -> TestResult {
    let verifier = builder()?.build()?;
    let postback = PostbackBuilder::new(SECRET)
        .at(NOW)
        .claims(r#"{"id":"ILRAJE1Q","exp":18446744073709551615}"#)
        .json();
    let end = UnixTime::from_secs(u64::MAX);
    let outcome = verifier.verify_at(head(&postback), postback.body(), end);
    assert_eq!(
        outcome.err().map(|error| error.kind()),
        Some(ErrorKind::TokenExpired)
    );
    Ok(())
}

#[test]
fn other_statuses_need_the_opt_in() -> TestResult {
    let postback = PostbackBuilder::new(SECRET).at(NOW).status("fail").form();
    refuses(&builder()?.build()?, &postback, ErrorKind::StatusRefused);
    let verified = verify(&builder()?.accept_any_status(true).build()?, &postback)
        .map_err(|kind| kind.to_string())?;
    assert_eq!(verified.reported().status.as_str(), "fail");
    Ok(())
}

#[test]
fn an_order_id_can_be_required() -> TestResult {
    let strict = builder()?.require_order_id(true).build()?;
    accepts(
        &strict,
        &PostbackBuilder::new(SECRET).at(NOW).order_id("1").form(),
    );
    for order_id in ["null", "\"\""] {
        let postback = PostbackBuilder::new(SECRET)
            .at(NOW)
            .field("order_id", order_id);
        accepts(&builder()?.build()?, &postback.json());
        refuses(&strict, &postback.json(), ErrorKind::MissingId);
    }
    refuses(
        &strict,
        &PostbackBuilder::new(SECRET).at(NOW).form(),
        ErrorKind::MissingId,
    );
    Ok(())
}

#[test]
fn the_dangerous_switch_skips_the_token_s_invoice_and_nothing_else() -> TestResult {
    let unbound = PostbackBuilder::new(SECRET)
        .at(NOW)
        .claims(format!(r#"{{"exp":{}}}"#, NOW.as_secs() + 60));
    refuses(
        &builder()?.build()?,
        &unbound.json(),
        ErrorKind::InvoiceMismatch,
    );
    let dangerous = builder()?.dangerous_skip_invoice_binding(true).build()?;
    accepts(&dangerous, &unbound.json());
    let unsigned = unbound.token("");
    refuses(&dangerous, &unsigned.json(), ErrorKind::TokenMissing);
    Ok(())
}

#[test]
fn a_body_can_wait_for_its_verifier() -> TestResult {
    let postback = PostbackBuilder::new(SECRET).at(NOW).json();
    let unverified = head(&postback).body(postback.body())?;
    assert_eq!(unverified.format(), Format::Json);
    assert_eq!(unverified.body(), &postback.body());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.as_secs());
    let ours = builder()?.clock(move || now).build()?;
    let other = Verifier::builder(SecretKey::new(OTHER)?)
        .clock(move || now)
        .build()?;
    assert!(unverified.clone().verify(&ours).is_ok());
    let refused = unverified.verify(&other).err().map(|error| error.kind());
    assert_eq!(refused, Some(ErrorKind::TokenSignature));
    let too_large = head(&postback).body(vec![b'a'; 65_537].into());
    assert_eq!(
        too_large.err().map(|error| error.kind()),
        Some(ErrorKind::BodyTooLarge)
    );
    Ok(())
}

#[test]
fn neither_secret_nor_token_nor_body_is_printed() -> TestResult {
    let signed = PostbackBuilder::new(SECRET).at(NOW);
    let verifier = builder()?.build()?;
    let token = signed.signed_token();
    let (json, form) = (signed.json(), signed.form());
    let verified = verifier.verify_at(head(&json), json.body(), NOW)?;
    let unverified = head(&form).body(form.body())?;
    let forged = PostbackBuilder::new(OTHER).at(NOW).json();
    let refused = verifier.verify(head(&forged), forged.body());
    for text in [
        format!("{:?}", builder()?),
        format!("{signed:?} {:?}", signed.json()),
        format!("{unverified:?}"),
        format!("{verified:?}"),
        format!("{verifier:?}"),
        format!("{refused:?}"),
    ] {
        let parts = token
            .split('.')
            .chain([SECRET, OTHER, "invoice_info", "order_id="]);
        for part in parts {
            assert!(!text.contains(part), "{part} is in {text}");
        }
    }
    Ok(())
}

#[test]
fn types_fit_into_any_framework_s_state() {
    fn check<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
    check::<Verifier>();
    check::<Verified>();
    check::<Unverified>();
    check::<Postback>();
    fn check_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    check_unwind_safe::<Verifier>();
    check_unwind_safe::<Verified>();
    fn check_error<T: std::error::Error + Send + Sync + 'static>() {}
    check_error::<Error>();
}
