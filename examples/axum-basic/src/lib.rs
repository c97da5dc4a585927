//! The smallest receiver of postbacks on axum, to run or to mount.
//!
//! Run with
//!
//! ```sh
//! CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example cargo run -p axum-basic
//! ```
//!
//! and see what it answers to a postback without a token, which is 401:
//!
//! ```sh
//! curl -i http://127.0.0.1:3000/postback -d 'status=success&invoice_id=1&amount_crypto=1&currency=TON'
//! ```
#![forbid(unsafe_code)]

use axum::{Router, routing::any};
use cryptocloud_postback_axum::{Received, VerifiedPostback, core::Verifier};

/// `/postback`, to mount with [`Router::merge`] or [`Router::nest`].
pub fn router(verifier: Verifier) -> Router {
    // `any`, since the extractor answers other methods than POST with 405.
    Router::new()
        .route("/postback", any(paid))
        .with_state(verifier)
}

/// Runs for genuine postbacks only.
///
/// The invoice is proven, the rest is reported: before you credit anything, compare it with your own
/// order (`postback.check(&Expected::order(..))`), do that once for an invoice, and answer only when
/// it is stored.
async fn paid(VerifiedPostback(postback): VerifiedPostback) -> Received {
    let reported = postback.reported();
    tracing::info!(
        invoice_id = ?postback.invoice_id().as_str(),
        amount = %reported.amount_crypto,
        currency = ?reported.currency.as_str(),
        order_id = ?reported.order_id,
        "paid"
    );
    Received
}
