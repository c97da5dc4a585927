//! Runs `verify` on every vector of the workspace.

use std::{fs, path::PathBuf, thread};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::program::{TempFile, program, run};

#[test]
fn all_vectors() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let mut vectors = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of vectors") {
        let path = entry.expect("an entry").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(path).expect("a file of vectors");
            let file: Value = serde_json::from_str(&text).expect("JSON");
            let list = file["vectors"].as_array().expect("vectors");
            vectors.extend(list.iter().map(|vector| (file.clone(), vector.clone())));
        }
    }
    assert!(vectors.len() >= 1_081, "only {} were found", vectors.len());
    let half = vectors.len().div_ceil(2);
    let failures: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = vectors
            .chunks(half)
            .map(|part| {
                let checks = || part.iter().filter_map(|(file, vector)| check(file, vector));
                scope.spawn(move || checks().collect::<Vec<_>>())
            })
            .collect();
        let results = threads
            .into_iter()
            .map(|thread| thread.join().expect("an end"));
        results.flatten().collect()
    });
    assert!(failures.is_empty(), "{failures:#?}");
}

/// A message if the program disagrees with the vector.
fn check(file: &Value, vector: &Value) -> Option<String> {
    let first = |name| vector.get(name).filter(|value| !value.is_null());
    let now = first("now").unwrap_or(&file["now"]).to_string();
    let body = body(vector);
    let mut command = program(&["verify", "--json", "--at", &now, "--allow-short-secret"]);
    let keys = match first("keys").and_then(Value::as_array) {
        Some(keys) => keys.clone(),
        None => vec![first("key").unwrap_or(&file["key"]).clone()],
    };
    let files: Vec<TempFile> = keys
        .iter()
        .map(|key| TempFile::new(key.as_str().expect("a key")))
        .collect();
    for file in &files {
        command.args(["--secret-file", file.path()]);
    }
    for name in ["content_type", "content_encoding", "method"] {
        let option = format!("--{}", name.replace('_', "-"));
        match first(name) {
            Some(value) => command.arg(format!("{option}={}", value.as_str().expect("text"))),
            // An empty body without a Content-Type would be reported as a mistake of the caller.
            None if name == "content_type" && body.is_empty() => command.arg("--content-type="),
            None => &mut command,
        };
    }
    if vector["require_live_payment"] == true {
        command.arg("--require-live-payment");
    }
    let ended = run(&mut command, &body);
    let expect = &vector["expect"];
    let report = serde_json::from_str(&ended.stdout).unwrap_or(Value::Null);
    let payload = &report["postback"];
    let is_accepted = expect["status"] == 200;
    let is_right = report["verified"] == is_accepted
        && report["status"] == expect["status"]
        && report["kind"] == expect["kind"]
        && ended.code == Some(i32::from(!is_accepted))
        && ended.stderr.is_empty()
        && (!is_accepted
            || [
                "amount_crypto",
                "currency",
                "format",
                "invoice_id",
                "order_id",
            ]
            .iter()
            .all(|name| payload[name] == expect[name]));
    // No part of a token may be shown.
    let shows_token = ended.stdout.contains("eyJ");
    let checks = report["checks"].as_array().into_iter().flatten();
    let mut hints = checks.filter_map(|check| check["hint"].as_str());
    let is_explained = is_accepted || hints.any(|hint| !hint.is_empty());
    (!is_right || !is_explained || shows_token).then(|| format!("{}: {ended:?}", vector["name"]))
}

fn body(vector: &Value) -> Vec<u8> {
    if let Some(text) = vector["body"].as_str() {
        return text.into();
    }
    if let Some(text) = vector["body_base64"].as_str() {
        return STANDARD.decode(text).expect("base64");
    }
    let repeat = &vector["body_repeat"];
    let text = |name: &str| repeat[name].as_str().expect("text");
    let count = repeat["count"].as_u64().expect("a count");
    let unit = text("unit").repeat(count.try_into().expect("a size"));
    format!("{}{unit}{}", text("prefix"), text("suffix")).into()
}
