//! Only a `Verifier` creates a `Verified`.
use cryptocloud_postback::{Postback, Verified};

fn forge(reported: Postback, other: Verified) -> Verified {
    Verified { reported, ..other }
}

fn main() {}
