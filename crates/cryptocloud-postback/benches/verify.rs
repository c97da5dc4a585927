//! The cost of a verification, compared with the least that it could cost.
//!
//! ```sh
//! cargo bench -p cryptocloud-postback --features testing
//! ```
//!
//! The floor is a bare scan of the same body by serde_json, and a bare HMAC of the same backend over
//! the same token.
//! After divan's table the ratio is measured again, with floor and verification taking turns, so that
//! other load on the machine slows both.
#![forbid(unsafe_code)]

use std::{
    hint::black_box,
    io::{self, Write},
    time::{Duration, Instant},
};

use bytes::Bytes;
use cryptocloud_postback::{
    ErrorKind, RequestHead, SecretKey, Verified, Verifier,
    testing::{NOW, PostbackBuilder, SignedPostback},
};
use divan::Bencher;
use jsonwebtoken::{Algorithm, DecodingKey, crypto::CryptoProvider};
use serde::de::IgnoredAny;

#[cfg(feature = "aws-lc-rs")]
static PROVIDER: &CryptoProvider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
#[cfg(not(feature = "aws-lc-rs"))]
static PROVIDER: &CryptoProvider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

const SECRET: &str = "not-a-real-key-only-for-this-benchmark";

fn main() {
    divan::main();
    let ratio = ratio(&Case::new(genuine().json()));
    let _ = writeln!(io::stdout(), "\naccept_json / floor: {ratio:.2}");
}

#[divan::bench]
fn floor(bencher: Bencher<'_, '_>) {
    let case = Case::new(genuine().json());
    bencher.bench_local(|| case.floor());
}

#[divan::bench]
fn accept_json(bencher: Bencher<'_, '_>) {
    let case = Case::new(genuine().json());
    bencher.bench_local(|| case.accept());
}

#[divan::bench]
fn accept_form(bencher: Bencher<'_, '_>) {
    let case = Case::new(genuine().form());
    bencher.bench_local(|| case.accept());
}

#[divan::bench]
fn refuse_bad_signature(bencher: Bencher<'_, '_>) {
    let forged = PostbackBuilder::new("some-other-key-of-thirty-two-bytes").at(NOW);
    let case = Case::new(forged.json());
    bencher.bench_local(|| case.refuse(ErrorKind::TokenSignature));
}

#[divan::bench]
fn refuse_missing_token(bencher: Bencher<'_, '_>) {
    let case = Case::new(genuine().remove("token").json());
    bencher.bench_local(|| case.refuse(ErrorKind::TokenMissing));
}

fn genuine() -> PostbackBuilder {
    PostbackBuilder::new(SECRET).at(NOW).order_id("ORDER_93223")
}

struct Case {
    body: Bytes,
    content_type: &'static [u8],
    key: DecodingKey,
    mac: Vec<u8>,
    signing_input: String,
    verifier: Verifier,
}

impl Case {
    fn new(postback: SignedPostback) -> Self {
        let token = genuine().signed_token();
        let (signing_input, _) = token.rsplit_once('.').expect("a token has dots");
        Self {
            body: postback.body(),
            content_type: postback.content_type(),
            key: DecodingKey::from_secret(SECRET.as_bytes()),
            mac: vec![0; 32],
            signing_input: signing_input.to_owned(),
            verifier: SecretKey::new(SECRET)
                .map(|secret| Verifier::new(secret).expect("a backend is compiled in"))
                .expect("the secret is good"),
        }
    }

    fn floor(&self) -> bool {
        let scanned = serde_json::from_slice::<IgnoredAny>(black_box(&self.body));
        let verifier = (PROVIDER.verifier_factory)(&Algorithm::HS256, &self.key);
        let message = black_box(self.signing_input.as_bytes());
        verifier.is_ok_and(|verifier| verifier.verify(message, &self.mac).is_ok()) & scanned.is_ok()
    }

    fn accept(&self) -> Verified {
        self.verify().expect("the postback is genuine")
    }

    fn refuse(&self, kind: ErrorKind) {
        assert_eq!(self.verify().err(), Some(kind));
    }

    fn verify(&self) -> Result<Verified, ErrorKind> {
        let head = RequestHead::from_content_type(Some(self.content_type));
        self.verifier
            .verify_at(head, black_box(&self.body).clone(), NOW)
            .map_err(|error| error.kind())
    }
}

/// The median over many rounds of verification against floor.
fn ratio(case: &Case) -> f64 {
    const ROUNDS: usize = 401;
    const TIMES: u32 = 500;
    fn time<T>(mut run: impl FnMut() -> T) -> Duration {
        let start = Instant::now();
        for _ in 0..TIMES {
            black_box(run());
        }
        start.elapsed()
    }
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let floor = time(|| case.floor());
            time(|| case.accept()).as_secs_f64() / floor.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}
