//! The smallest receiver of postbacks on actix-web, to run or to mount.
//!
//! Run with
//!
//! ```sh
//! CRYPTOCLOUD_SECRET_KEY=not-a-real-key-only-for-this-example cargo run -p actix-basic
//! ```
//!
//! and see what it answers to a postback without a token, which is 401:
//!
//! ```sh
//! curl -i http://127.0.0.1:3000/postback -d 'status=success&invoice_id=1&amount_crypto=1&currency=TON'
//! ```
#![forbid(unsafe_code)]

use actix_web::web;
use cryptocloud_postback_actix_web::{Received, VerifiedPostback, core::Verifier};

/// `/postback`, to mount with `App::configure` or `Scope::configure`.
pub fn configure(config: &mut web::ServiceConfig, verifier: Verifier) {
    // Every method, since the extractor answers other ones than POST with 405.
    let route = web::route().to(paid);
    config.service(web::resource("/postback").app_data(verifier).route(route));
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
