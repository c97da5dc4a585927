use cryptocloud_postback::{SecretKey, Verifier};

pub(crate) const SECRET: &str = "not-a-real-key-only-for-these-tests";

pub(crate) fn verifier(secret: &str) -> Verifier {
    Verifier::new(SecretKey::new(secret).expect("a key")).expect("a verifier")
}
