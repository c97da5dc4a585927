//! The whole threat list at TRACE: neither the log nor the metrics have a secret, a token, a part of
//! one, or a piece of a body.

use std::collections::{BTreeSet, HashSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::{
    log,
    receivers::{Request, send},
    vectors::{self, Case},
};

struct Shop;

impl Handler<()> for Shop {
    async fn handle(&self, _: &Payment, (): &mut ()) -> Result<(), Failure> {
        Err(Failure::hold("no order has this invoice"))
    }
}

#[actix_web::test]
async fn nothing_secret_is_logged_or_measured() {
    log::start();
    let recorder = PrometheusBuilder::new()
        .set_buckets(cryptocloud_postback::metrics::SECONDS)
        .expect("buckets")
        .build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    cryptocloud_postback_inbox::metrics::describe();
    // Half of what is genuine is held, and the rest is not stored.
    let inbox = |capacity| Inbox::builder("shop", MemoryStore::new(capacity), Shop).build();
    let inboxes = [10, 0].map(|capacity| inbox(capacity).expect("an inbox"));

    let (mut needles, mut count, mut stored) = (BTreeSet::new(), 0, 0);
    for case in vectors::cases() {
        let _ = send(&case.verifier, &case.request).await;
        if let Some(verified) = verified(&case) {
            for inbox in &inboxes {
                let _ = inbox.receive(&verified).await;
            }
            stored += 1;
        }
        let lines = log::lines();
        assert!(lines.len() >= 3, "{}: {lines:#?}", case.name);
        let secret = secrets(&case);
        let pieces: HashSet<&[u8]> = case.request.body.windows(PIECE).collect();
        for line in &lines {
            for text in [line.clone(), report(line)] {
                let found = secret.iter().find(|needle| text.contains(needle.as_str()));
                assert!(found.is_none(), "{}: {found:?} in {text}", case.name);
            }
            for part in without_fields(line) {
                let mut read = part.as_bytes().windows(PIECE);
                let piece = read.find(|piece| pieces.contains(piece));
                let piece = piece.map(String::from_utf8_lossy);
                assert!(piece.is_none(), "{}: {piece:?} in {line}", case.name);
            }
        }
        needles.extend(secret);
        count += 1;
    }
    assert!(
        count >= 1_000 && stored >= 100,
        "{count} vectors, {stored} genuine"
    );

    let rendered = recorder.handle().render();
    for metric in cryptocloud_postback::metrics::METRICS {
        assert!(rendered.contains(metric.name), "{} is missing", metric.name);
    }
    let held = r#"cryptocloud_postback_inbox_held_total{project="shop",kind="Handler"} 10"#;
    assert!(rendered.contains(held), "{rendered}");
    let unsafe_text = needles
        .iter()
        .map(String::as_str)
        .chain(["ILRAJE1Q", "eyJ"]);
    for needle in unsafe_text {
        assert!(!rendered.contains(needle), "{needle} was measured");
    }
}

/// The postback, if it is genuine. Its event is one more of the lines that are searched.
fn verified(case: &Case) -> Option<cryptocloud_postback::Verified> {
    let Request {
        body, content_type, ..
    } = &case.request;
    let content_type = content_type.as_deref().map(|value| ("content-type", value));
    let head = case.verifier.check_head("POST", content_type).ok()?;
    case.verifier.verify(head, body.clone()).ok()
}

/// The keys, and the tokens of the body with their parts. What is shorter could be a word of ours.
fn secrets(case: &Case) -> BTreeSet<String> {
    let body = String::from_utf8_lossy(&case.request.body);
    let is_token = |text: char| text.is_ascii_alphanumeric() || "-_.".contains(text);
    let tokens = body
        .split(|text| !is_token(text))
        .filter(|text| text.contains("eyJ"));
    let parts = tokens.flat_map(|token| token.split('.').chain([token]));
    let all = parts
        .map(ToOwned::to_owned)
        .chain(case.keys.iter().cloned());
    all.filter(|text| text.len() >= SHORTEST).collect()
}

/// What is in the report of a postback that was not stored.
fn report(line: &str) -> String {
    let report = line.split_once(REPORT).map_or("", |(_, report)| report);
    let encoded = report.split('.').next().unwrap_or_default();
    let decoded = URL_SAFE_NO_PAD.decode(encoded).expect("a report");
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The parts of a line without the reported fields that are logged on purpose: the invoice id, and the
/// report of a postback that was not stored.
fn without_fields(line: &str) -> Vec<&str> {
    let (mut rest, mut parts) = (line, Vec::new());
    while let Some((before, after)) = rest.split_once("invoice_id=") {
        parts.push(before);
        rest = after_value(after);
    }
    parts.push(rest.split(REPORT).next().unwrap_or_default());
    parts
}

/// What comes after a value of the log, in quotes or not.
fn after_value(text: &str) -> &str {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split_once([' ', '}']).map_or("", |(_, rest)| rest);
    };
    let mut is_escaped = false;
    let end = quoted.find(|text| {
        let is_end = text == '"' && !is_escaped;
        is_escaped = text == '\\' && !is_escaped;
        is_end
    });
    end.and_then(|end| quoted.get(end + 1..))
        .unwrap_or_default()
}

const REPORT: &str = "report=ccpostback-report:1:";
const SHORTEST: usize = 12;
const PIECE: usize = 16;
