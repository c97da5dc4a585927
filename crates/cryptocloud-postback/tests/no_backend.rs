//! Without a backend there is no verifier, and that is known at the start and not at the first
//! postback.
#![cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]

use cryptocloud_postback::{BuildError, SecretKey, SecretKeyError, Verifier};

#[test]
fn no_verifier() -> Result<(), SecretKeyError> {
    let secret = SecretKey::new("not-a-real-key-only-for-these-tests")?;
    let error = Verifier::new(secret).err();
    assert_eq!(error, Some(BuildError::NoBackend));
    Ok(())
}
