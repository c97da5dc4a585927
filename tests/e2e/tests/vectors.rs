//! Every vector of `tests/vectors` through the core and both adapters.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use cryptocloud_postback::{Format, SecretKey, Verifier};
use serde::Deserialize;

use crate::receivers::{Request, Seen, send};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    source: String,
    key: String,
    now: u64,
    vectors: Vec<Vector>,
}

impl File {
    /// The kinds of error that its vectors expect.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        let kinds = self
            .vectors
            .iter()
            .map(|vector| vector.expect.kind.as_deref());
        kinds.flatten()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    why: String,
    content_type: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
    body_repeat: Option<Repeat>,
    key: Option<String>,
    #[serde(default)]
    keys: Vec<String>,
    now: Option<u64>,
    #[serde(default)]
    require_live_payment: bool,
    content_encoding: Option<String>,
    method: Option<String>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    prefix: String,
    unit: String,
    count: usize,
    suffix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    status: u16,
    kind: Option<String>,
    amount_crypto: Option<String>,
    currency: Option<String>,
    format: Option<String>,
    invoice_id: Option<String>,
    order_id: Option<String>,
}

#[actix_web::test]
async fn core_axum_and_actix_agree_on_every_vector() {
    let mut count = 0;
    let mut failures = Vec::new();
    for file in files() {
        for vector in &file.vectors {
            failures.extend(run(&file, vector).await);
            count += 1;
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count >= 1_000, "only {count} vectors were found");
}

/// All files of vectors.
pub(crate) fn files() -> Vec<File> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    fs::read_dir(folder)
        .expect("the folder of vectors")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a file of vectors");
            let file: File =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            assert!(!file.source.is_empty(), "{path:?} does not name its source");
            file
        })
        .collect()
}

/// A vector to send for another purpose than its expected response.
pub(crate) struct Case {
    pub(crate) keys: Vec<String>,
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) verifier: Verifier,
}

/// Every vector of every file.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for file in files() {
        for vector in &file.vectors {
            let keys = [&file.key]
                .into_iter()
                .chain(&vector.key)
                .chain(&vector.keys);
            cases.push(Case {
                keys: keys.cloned().collect(),
                name: vector.name.clone(),
                request: request(vector),
                verifier: verifier(&file, vector),
            });
        }
    }
    cases
}

/// What is wrong with the response, if anything.
async fn run(file: &File, vector: &Vector) -> Option<String> {
    let name = &vector.name;
    assert!(!vector.why.is_empty(), "{name} has no reason");
    let (response, kind) = send(&verifier(file, vector), &request(vector)).await;
    let kind = kind.map(|kind| format!("{kind:?}"));
    let is_right = response.status == vector.expect.status
        && kind == vector.expect.kind
        && response.seen == seen(&vector.expect);
    (!is_right).then(|| format!("{name}: {} {kind:?} {:?}", response.status, response.seen))
}

fn verifier(file: &File, vector: &Vector) -> Verifier {
    let now = Duration::from_secs(vector.now.unwrap_or(file.now));
    let secret = |text: &str| SecretKey::allow_short(text).expect("a key");
    let first = vector
        .key
        .as_ref()
        .or(vector.keys.first())
        .unwrap_or(&file.key);
    let builder = Verifier::builder(secret(first))
        .clock(move || SystemTime::UNIX_EPOCH + now)
        .require_live_payment(vector.require_live_payment);
    let others = vector.keys.iter().skip(1);
    others
        .fold(builder, |builder, key| builder.also_accept(secret(key)))
        .build()
        .expect("a verifier")
}

fn request(vector: &Vector) -> Request {
    let body = match (&vector.body, &vector.body_base64, &vector.body_repeat) {
        (Some(text), None, None) => text.clone().into_bytes(),
        (None, Some(text), None) => STANDARD.decode(text).expect("base64"),
        (None, None, Some(repeat)) => format!(
            "{}{}{}",
            repeat.prefix,
            repeat.unit.repeat(repeat.count),
            repeat.suffix
        )
        .into(),
        _ => panic!("{} does not have exactly one body", vector.name),
    };
    Request {
        body: body.into(),
        content_encoding: vector.content_encoding.clone(),
        content_type: vector.content_type.clone().map(String::into_bytes),
        method: vector.method.clone().unwrap_or_else(|| "POST".to_owned()),
    }
}

fn seen(expect: &Expect) -> Option<Seen> {
    (expect.status == 200).then(|| {
        let text = |text: &Option<String>| text.clone().expect("a field that the handler sees");
        Seen {
            amount_crypto: expect.amount_crypto.clone(),
            currency: expect.currency.clone(),
            format: match text(&expect.format).as_str() {
                "form" => Format::Form,
                "json" => Format::Json,
                other => panic!("{other} is not a format"),
            },
            invoice_id: text(&expect.invoice_id),
            order_id: expect.order_id.clone(),
            // Default settings accept no other status.
            status: "success".to_owned(),
        }
    })
}
