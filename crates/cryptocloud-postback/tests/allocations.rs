//! Verification allocates only what the returned value owns, and what two libraries need.

use allocation_counter::measure;
use cryptocloud_postback::{
    Format, RequestHead, SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder},
};

/// Invoice id, order id, and the token's MAC.
const OWNED: u64 = 3;
/// jsonwebtoken boxes its verifier, which is not `Sync` and so cannot be kept with the key, and
/// serde_json has a stack of brackets for objects that it skips.
const OF_LIBRARIES: [(Format, u64); 2] = [(Format::Json, 2), (Format::Form, 1)];
/// The labels of each metric.
const OF_METRICS: u64 = if cfg!(feature = "metrics") { 4 } else { 0 };

#[test]
fn nothing_that_the_returned_value_does_not_own() -> Result<(), Box<dyn std::error::Error>> {
    let secret = "not-a-real-key-only-for-these-tests";
    let verifier = Verifier::new(SecretKey::new(secret)?)?;
    let signed = PostbackBuilder::new(secret).at(NOW).order_id("ORDER_93223");
    for (format, of_libraries) in OF_LIBRARIES {
        let postback = match format {
            Format::Form => signed.form(),
            Format::Json => signed.json(),
        };
        let verify = || {
            let head = RequestHead::from_content_type(Some(postback.content_type()));
            verifier.verify_at(head, postback.body(), NOW)
        };
        // The first run sets up what the backend and the thread need once.
        let _ = verify()?;
        let mut verified: Option<Verified> = None;
        let counted = measure(|| verified = verify().ok());
        assert!(verified.is_some());
        let expected = OWNED + of_libraries + OF_METRICS;
        assert_eq!(counted.count_total, expected, "{format}");
        assert_eq!(counted.count_current, 3, "{format}");
    }
    Ok(())
}
