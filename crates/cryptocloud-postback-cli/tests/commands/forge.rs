//! Verdicts about endpoints, each with a fault of its own. Real ones are attacked in the workspace's
//! package `e2e`.

use cryptocloud_postback::ErrorKind;
use serde_json::{Value, json};

use crate::{
    endpoint::Endpoint,
    program::{Ended, call, program, run},
    shops::{self, Fault, Kinds},
};

/// Attacks a shop, and returns the exit code and the results.
pub(crate) fn attack(fault: Fault, arguments: &[&str]) -> (Option<i32>, Value) {
    let ended = shown(fault, &[arguments, &["--json"]].concat());
    (ended.code, ended.json())
}

fn shown(fault: Fault, arguments: &[&str]) -> Ended {
    let timeout = if fault == Fault::Hangs { "5" } else { "60" };
    attack_at(&shops::start(fault), timeout, arguments)
}

pub(crate) fn attack_at(origin: &str, timeout: &str, arguments: &[&str]) -> Ended {
    let url = format!("{origin}/postback");
    let page = format!("{origin}/orders/{{order_id}}");
    let mut command = program(&["send", "--url", &url, "--pause", "0", "--timeout", timeout]);
    if arguments.contains(&"--check-text") {
        command.args(["--check-url", &page]);
    }
    if !arguments.contains(&"--forge") {
        command.args(["--forge", "all"]);
    }
    run(command.args(arguments), b"")
}

/// The conclusions without their attacks.
pub(crate) fn conclusions(results: &Value) -> Vec<[&str; 2]> {
    let conclusions = results["conclusions"].as_array().into_iter().flatten();
    conclusions
        .map(|one| ["class", "text"].map(|name| one[name].as_str().unwrap_or_default()))
        .collect()
}

/// The names of the attacks with this verdict.
pub(crate) fn with_verdict<'a>(results: &'a Value, verdict: &str) -> Vec<&'a str> {
    let rows = ["controls", "attacks"]
        .iter()
        .filter_map(|list| results[list].as_array());
    let rows = rows.flatten().filter(|row| row["verdict"] == verdict);
    rows.filter_map(|row| row["name"].as_str()).collect()
}

pub(crate) const EFFECTS: [&str; 7] = [
    "changed-amount",
    "changed-currency",
    "changed-order",
    "replay",
    "resend",
    "other-fields",
    "copies",
];
pub(crate) const LOOK: [&str; 2] = [
    "review",
    "Only you can see the effect: look at the orders above.",
];

/// The whole verdict, without times and texts.
fn verdict(fault: Fault) -> Value {
    let (code, results) = attack(fault, &[]);
    let conclusions = results["conclusions"].as_array().into_iter().flatten();
    let conclusions = conclusions.map(|one| {
        let names = one["attacks"].as_array().into_iter().flatten();
        let names: Vec<_> = names.filter_map(Value::as_str).collect();
        format!(
            "{}: {}",
            one["class"].as_str().unwrap_or_default(),
            names.join(" ")
        )
    });
    json!({
        "code": code,
        "passed": results["passed"],
        "not_sent": results["not_sent"],
        "verdicts": results["verdicts"],
        "conclusions": conclusions.collect::<Vec<_>>(),
    })
}

#[test]
fn each_endpoint_gets_its_verdict() {
    let sound = json!({
        "code": 0,
        "passed": true,
        "not_sent": 0,
        "verdicts": { "ok": 74, "review": 7 },
        "conclusions": [format!("review: {}", EFFECTS.join(" "))],
    });
    // A slow endpoint is no silent one, and what is limited is sent again.
    for fault in [Fault::None, Fault::Slow, Fault::Limits] {
        assert_eq!(verdict(fault), sound, "{fault:?}");
    }
    let everything = json!({
        "code": 1,
        "passed": false,
        "not_sent": 76,
        "verdicts": { "bypass": 3, "ok": 2 },
        "conclusions": ["bypass: token-missing other-secret empty"],
    });
    assert_eq!(verdict(Fault::AcceptsEverything), everything);
    let refuses = json!({
        "code": 1,
        "passed": false,
        "not_sent": 78,
        "verdicts": { "inconclusive": 1, "ok": 2 },
        "conclusions": ["inconclusive: token-missing", "stopped: "],
    });
    for fault in [Fault::Bans, Fault::BansBriefly, Fault::Hangs] {
        assert_eq!(verdict(fault), refuses, "{fault:?}");
    }
    let limits = json!({
        "code": 1,
        "passed": false,
        "not_sent": 77,
        "verdicts": { "inconclusive": 1, "ok": 3 },
        "conclusions": ["inconclusive: other-secret", "stopped: "],
    });
    assert_eq!(verdict(Fault::LimitsForGood), limits);
}

#[test]
fn each_attack_is_refused_for_its_own_reason() {
    let expected = include_str!("../attacks.txt").lines();
    let expected: Vec<_> = expected.filter_map(|line| line.split_once(' ')).collect();
    for format in ["json", "form"] {
        let kinds = Kinds::default();
        let origin = shops::recorded(Fault::None, kinds.clone());
        let results = attack_at(&origin, "60", &["--format", format, "--json"]).json();
        let attacks = results["attacks"].as_array().expect("attacks").iter();
        let refused = attacks.filter(|row| row["status"] != 200);
        let refused: Vec<_> = refused.map(|row| &row["name"]).collect();
        let kinds = kinds.lock().expect("no panic with the lock");
        assert_eq!(
            (kinds.len(), refused.len()),
            (expected.len(), expected.len())
        );
        for (kind, name) in kinds.iter().zip(refused) {
            let (_, expected) = expected.iter().find(|row| *name == row.0).expect("a row");
            let expected = ErrorKind::ALL
                .iter()
                .find(|kind| format!("{kind:?}") == *expected);
            let expected = expected.expect("a kind");
            // A form spells null and numbers differently, so that only the status is the same.
            if format == "json" {
                assert_eq!(kind, expected, "{name}");
            }
            let [kind, expected] = [kind, expected].map(|kind| kind.response().status());
            assert_eq!(kind, expected, "{name}");
        }
    }
}

#[test]
fn what_only_the_shop_can_see_is_named() {
    let (_, results) = attack(Fault::None, &["--only", "changed-order"]);
    assert_eq!(conclusions(&results), [LOOK]);
    let look = results["attacks"].as_array().expect("attacks");
    let look = look
        .iter()
        .find(|row| row["name"] == "changed-order")
        .expect("a row");
    let look = look["note"].as_str().expect("a text");
    assert!(
        look.ends_with(" must not have paid order ORDER_OTHER"),
        "{look}"
    );
}

#[test]
fn an_endpoint_that_bans_has_not_passed() {
    let (_, results) = attack(Fault::Bans, &["--only", "empty"]);
    let bans = "After an attack the endpoint refuses genuine postbacks too: it bans or limits senders. Attack a deployment that does not.";
    let expected = [
        [
            "inconclusive",
            "These prove nothing: see the reasons above.",
        ],
        ["stopped", bans],
    ];
    assert_eq!(conclusions(&results), expected);
}

#[test]
fn an_endpoint_that_accepts_everything_gets_one_sentence() {
    let everything = "Anyone can confirm any invoice: the endpoint accepts everything, even an empty body. It verifies nothing, or decides after its response: look at what became of the orders.";
    let (_, results) = attack(Fault::AcceptsEverything, &[]);
    assert_eq!(conclusions(&results), [["bypass", everything]]);
    let (_, some) = attack(
        Fault::AcceptsEverything,
        &["--only", "token-missing,token-null,token-empty"],
    );
    let anyone = "Anyone can confirm any invoice: a postback without a token is accepted.";
    assert_eq!(conclusions(&some), [["bypass", anyone]]);
    assert_eq!(
        some["conclusions"][0]["attacks"],
        json!(["token-missing", "token-null", "token-empty"])
    );
    let ended = shown(Fault::AcceptsEverything, &[]);
    let lines = ended.stdout.lines().skip(6);
    let expected = [
        "",
        "3 bypass, 2 ok",
        "bypass       Anyone can confirm any invoice: the endpoint accepts everything,",
        "             even an empty body. It verifies nothing, or decides after its",
        "             response: look at what became of the orders.",
        "             token-missing, other-secret, empty",
        "not passed   See above.",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn the_last_line_says_whether_all_passed() {
    let last = |fault: Fault, arguments: &[&str]| {
        let ended = shown(fault, arguments);
        assert!(
            ended.stdout.lines().all(|line| line.chars().count() <= 80),
            "{ended:?}"
        );
        ended.stdout.lines().last().unwrap_or_default().to_owned()
    };
    let passed = |sent| {
        format!("passed       No attack that matters was accepted. {sent} of 79 attacks were sent.")
    };
    assert_eq!(last(Fault::None, &["--skip", "weakness"]), passed(60));
    let review = "passed       As far as responses tell: what is for review only you can see.";
    assert_eq!(last(Fault::None, &[]), review);
    assert_eq!(last(Fault::Limits, &["--only", "bypass"]), passed(25));
    assert_eq!(last(Fault::Bans, &[]), "not passed   See above.");
}

#[test]
fn an_endpoint_that_hangs_is_left_at_once() {
    let (_, results) = attack(Fault::Hangs, &["--only", "bypass"]);
    let silent = "A genuine postback got no response, so the run ended.";
    assert!(
        conclusions(&results).contains(&["stopped", silent]),
        "{results}"
    );
    // The system accepts connections, and no request gets a response.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let silent = ["send", "--url", &url, "--timeout", "1", "--forge", "all"];
    call(&silent).fails("no response within 1 s");
}

#[test]
fn an_endpoint_that_refuses_everything_proves_nothing() {
    for (status, advice) in [
        (
            "401 x",
            "Genuine postbacks get 401 or 403, so that refusals prove nothing: set the endpoint's SECRET KEY here too, compare the clocks, and look for a firewall or a login before it.",
        ),
        (
            "404 x",
            "Genuine postbacks get 404 or 405: either nothing takes a POST at this URL, or the shop does not know the invoice or the order: set --invoice-id and --order-id.",
        ),
        (
            "429 x",
            "Genuine postbacks get 429: the endpoint limits requests. Attack a deployment that does not, or wait longer with --pause.",
        ),
        (
            "302 x",
            "Genuine postbacks are redirected, and the vendor's sender may lose the body on the way: respond at this URL.",
        ),
        (
            "500 x",
            "Genuine postbacks get a server error: see the endpoint's log.",
        ),
        (
            "422 x",
            "Genuine postbacks are refused, so that refusals prove nothing: check the secret, the URL, the order, the amount and --format. A shop that asks the vendor's API refuses invoices that the vendor does not know: run one that does not.",
        ),
    ] {
        let endpoint = Endpoint::with_status(status, "");
        let ended = call(&[
            "send",
            "--url",
            &endpoint.url(),
            "--pause",
            "0",
            "--forge",
            "all",
            "--json",
        ]);
        let results = ended.json();
        assert_eq!(conclusions(&results), [["stopped", advice]]);
        assert_eq!((ended.code, &results["attacks"]), (Some(1), &json!([])));
        let verdicts = match status {
            "429 x" => json!({"inconclusive": 2}),
            "302 x" | "500 x" => json!({"error": 2}),
            _ => json!({"refused": 2}),
        };
        assert_eq!(
            (&results["verdicts"], &results["not_sent"]),
            (&verdicts, &json!(79))
        );
    }
    // What was sent before the genuine postbacks proves nothing either.
    let endpoint = Endpoint::with_status("404 Not Found", "");
    let page = format!("{}/{{order_id}}", endpoint.url());
    let check = ["--pause", "0", "--check-text", "paid", "--check-url", &page];
    let forge = ["send", "--url", &endpoint.url(), "--forge", "all", "--json"];
    let ended = call(&[&forge[..], &check].concat());
    let results = ended.json();
    assert_eq!(
        results["verdicts"],
        json!({ "inconclusive": 5, "refused": 2 })
    );
    let reason = "genuine postbacks were refused too";
    assert_eq!(results["attacks"][0]["note"], reason);
    assert_eq!((ended.code, &results["not_sent"]), (Some(1), &json!(74)));
}
