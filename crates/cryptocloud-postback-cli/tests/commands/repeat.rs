use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    thread,
};

use crate::{
    endpoint::Endpoint,
    program::{Ended, call, program},
};

#[test]
fn requests_are_summarized() {
    let endpoint = Endpoint::with_status("200 OK", "");
    let url = endpoint.url();
    let ended = call(&[
        "send",
        "--url",
        &url,
        "--repeat",
        "50",
        "--concurrency",
        "4",
        "--json",
    ]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // Without a terminal there is no progress bar.
    assert_eq!(ended.stderr, "");
    let summary = ended.json();
    assert_eq!(summary["sent"], 50);
    assert_eq!(summary["statuses"]["200"], 50);
    assert_eq!(summary["errors"], serde_json::json!({}));
    let time = |name: &str| summary[name].as_f64().expect("a time");
    assert!(0.0 < time("p50_milliseconds"));
    assert!(time("p50_milliseconds") <= time("p99_milliseconds"));
    assert!(time("per_second") > 0.0);
    let invoices: BTreeSet<_> = endpoint
        .requests
        .try_iter()
        .map(|request| invoice(&request.body))
        .collect();
    assert_eq!(invoices.len(), 1, "a resend has the same invoice");
}

fn invoice(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    body["invoice_id"].to_string()
}

#[test]
fn the_summary_as_text() {
    let endpoint = Endpoint::with_status("401 Unauthorized", "");
    let ended = call(&["send", "--url", &endpoint.url(), "--repeat", "3"]);
    assert_eq!(ended.code, Some(1));
    for line in [
        "  sent                          3",
        "  statuses.401                  3",
        "  wanted                        3",
    ] {
        assert!(ended.stdout.lines().any(|known| known == line), "{ended:?}");
    }
}

#[test]
fn an_unreachable_endpoint() {
    let ended = call(&[
        "send",
        "--url",
        "http://127.0.0.1:1/",
        "--repeat",
        "3",
        "--json",
    ]);
    assert_eq!(ended.code, Some(2));
    let summary = ended.json();
    let errors = summary["errors"].as_object().expect("errors");
    assert_eq!(
        errors
            .values()
            .map(|count| count.as_u64())
            .collect::<Vec<_>>(),
        [Some(3)]
    );
    assert_eq!(summary["p50_milliseconds"], serde_json::Value::Null);
}

#[test]
fn an_interrupt_prints_the_summary() {
    let endpoint = Endpoint::with_status("200 OK", "");
    let url = endpoint.url();
    let arguments = ["send", "--url", &url, "--repeat", "100000000", "--json"];
    let child = program(&arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    for _ in 0..20 {
        endpoint.request();
    }
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(status.expect("kill").success());
    // Drains further requests, so that the endpoint does not block.
    let output = thread::scope(|scope| {
        let end = scope.spawn(|| child.wait_with_output().expect("an end"));
        while !end.is_finished() {
            endpoint.requests.try_iter().for_each(drop);
            thread::yield_now();
        }
        end.join().expect("an end")
    });
    let ended = Ended::from(output);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let summary = ended.json();
    let sent = summary["sent"].as_u64().expect("a number");
    assert!((19..100_000_000).contains(&sent), "{sent}");
    assert_eq!(summary["wanted"], 100_000_000);
    assert_eq!(summary["statuses"]["200"], sent);
}
