//! Public test data about JSON, forms, tokens and hostile strings.
//!
//! None of it is part of this repository. Each test reads its corpus from a folder beside the
//! checkout, and is skipped with one line if it is absent.

mod bodies;
mod tokens;

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use cryptocloud_postback::{
    ErrorKind, SecretKey, Verifier,
    testing::{NOW, SignedPostback},
};
use serde::de::DeserializeOwned;

use crate::{
    receivers::{Request, Response, send},
    skip,
};

const SECRET: &str = "not-a-real-key-only-for-these-tests";

/// Reads a corpus, or prints one line if it is absent.
fn read<T: DeserializeOwned>(name: &str) -> Option<T> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let Ok(text) = fs::read_to_string(folder.join(name)) else {
        skip::say(&format!("the corpus {name} is absent"));
        return None;
    };
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn verifier_at(now: u64, leeway: u64, secret: &str) -> Verifier {
    Verifier::builder(SecretKey::allow_short(secret).expect("a key"))
        .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now))
        .leeway(Duration::from_secs(leeway))
        .build()
        .expect("a verifier")
}

fn verifier() -> Verifier {
    verifier_at(NOW.as_secs(), 60, SECRET)
}

async fn post(verifier: &Verifier, postback: &SignedPostback) -> (Response, Option<ErrorKind>) {
    let request = Request::post(Some(postback.content_type()), postback.body());
    send(verifier, &request).await
}
