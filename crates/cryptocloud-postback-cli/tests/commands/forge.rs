//! Verdicts about endpoints, each with a fault of its own. Real ones are attacked in the workspace's
//! package `e2e`.

use serde_json::{Value, json};

use crate::{
    endpoint::Endpoint,
    program::{Ended, call, program, run},
    shops::{self, Fault},
};

/// Attacks a shop, and returns the exit code and the results.
fn attack(fault: Fault, arguments: &[&str]) -> (Option<i32>, Value) {
    let ended = shown(fault, &[arguments, &["--json"]].concat());
    (ended.code, ended.json())
}

fn shown(fault: Fault, arguments: &[&str]) -> Ended {
    let origin = shops::start(fault);
    let url = format!("{origin}/postback");
    let page = format!("{origin}/orders/{{order_id}}");
    let timeout = if fault == Fault::Hangs { "5" } else { "60" };
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
fn conclusions(results: &Value) -> Vec<[&str; 2]> {
    let conclusions = results["conclusions"].as_array().into_iter().flatten();
    conclusions
        .map(|one| ["class", "text"].map(|name| one[name].as_str().unwrap_or_default()))
        .collect()
}

/// The names of the attacks with this verdict.
fn with_verdict<'a>(results: &'a Value, verdict: &str) -> Vec<&'a str> {
    let rows = ["controls", "attacks"]
        .iter()
        .filter_map(|list| results[list].as_array());
    let rows = rows.flatten().filter(|row| row["verdict"] == verdict);
    rows.filter_map(|row| row["name"].as_str()).collect()
}

const EFFECTS: [&str; 7] = [
    "changed-amount",
    "changed-currency",
    "changed-order",
    "replay",
    "resend",
    "other-fields",
    "copies",
];
const LOOK: [&str; 2] = [
    "review",
    "Only you can see the effect: look at the orders above.",
];

#[test]
fn a_sound_shop_passes() {
    let (code, results) = attack(Fault::None, &[]);
    assert_eq!(conclusions(&results), [LOOK]);
    assert_eq!(with_verdict(&results, "review"), EFFECTS);
    assert_eq!(results["verdicts"], json!({ "ok": 79, "review": 7 }));
    assert_eq!((code, &results["passed"]), (Some(0), &json!(true)));
    let look = results["attacks"].as_array().expect("attacks");
    let look = look
        .iter()
        .find(|row| row["name"] == "changed-order")
        .expect("a row");
    let look = look["look"].as_str().expect("a text");
    assert!(
        look.starts_with("order ORDER_OTHER must not be paid by it; invoice "),
        "{look}"
    );
}

#[test]
fn a_page_of_the_shop_tells_what_an_attack_did() {
    let check = ["--check-text", "credited by"];
    let (code, results) = attack(Fault::None, &check);
    assert_eq!(conclusions(&results), [[""; 2]; 0]);
    assert_eq!(
        (code, &results["verdicts"]),
        (Some(0), &json!({ "ok": 86 }))
    );

    let (code, results) = attack(Fault::Believes, &check);
    let expected = [
        [
            "weakness",
            "Fields that the token does not sign are believed: compare the order, the amount, the currency and the status with your own record.",
        ],
        [
            "weakness",
            "A payment that arrives twice is credited twice.",
        ],
    ];
    assert_eq!(conclusions(&results), expected);
    assert_eq!(with_verdict(&results, "weakness"), EFFECTS);
    assert_eq!(code, Some(1));

    // Seen because it comes before a genuine postback.
    let (code, results) = attack(Fault::ShowsStatus, &check);
    assert_eq!(conclusions(&results), [expected[0], LOOK]);
    assert_eq!(
        with_verdict(&results, "weakness"),
        ["changed-amount", "changed-order"]
    );
    // The page shows no second payment of an order that is paid.
    let (_, repeated) = EFFECTS.split_at(3);
    assert_eq!(with_verdict(&results, "review"), repeated);
    assert_eq!(code, Some(1));

    // The first genuine postback pays the only invoice, and what comes later cannot.
    let one = [&check[..], &["--invoice-id", "ABCD1234"]].concat();
    let (_, results) = attack(Fault::None, &one);
    assert_eq!(with_verdict(&results, "review"), repeated);

    // Sent before it is known which format the shop accepts.
    let (code, results) = attack(Fault::FormsOnly, &check);
    let (early, _) = EFFECTS.split_at(3);
    let unsigned = [early, &["status-canceled", "status-created"]].concat();
    assert_eq!(with_verdict(&results, "inconclusive"), unsigned);
    assert_eq!(code, Some(1));
    let (code, results) = attack(
        Fault::FormsOnly,
        &[&check[..], &["--format", "form"]].concat(),
    );
    assert_eq!(
        (code, &results["verdicts"]),
        (Some(0), &json!({ "ok": 84 }))
    );

    let (code, results) = attack(Fault::ShowsNothing, &check);
    let stopped = "The page of --check-url does not show a genuine payment, so that it proves nothing: check the URL, the text, the order and the amount.";
    assert_eq!(conclusions(&results)[1..], [["stopped", stopped]]);
    assert_eq!(results["verdicts"], json!({ "inconclusive": 5, "ok": 4 }));
    assert_eq!(code, Some(1));
}

#[test]
fn an_endpoint_that_bans_has_not_passed() {
    let (code, results) = attack(Fault::Bans, &[]);
    let bans = "After an attack the endpoint refuses genuine postbacks too: it bans or limits senders. Attack a deployment that does not.";
    let expected = [
        ["inconclusive", "Refused, but perhaps for another reason."],
        ["stopped", bans],
    ];
    assert_eq!(conclusions(&results), expected);
    assert_eq!(results["verdicts"], json!({ "inconclusive": 3, "ok": 4 }));
    assert_eq!((code, &results["not_sent"]), (Some(1), &json!(79)));

    // It recovers each time, and refuses what follows each attack.
    let (code, results) = attack(Fault::BansBriefly, &[]);
    assert_eq!(conclusions(&results), expected);
    assert_eq!(results["verdicts"], json!({ "inconclusive": 3, "ok": 4 }));
    assert_eq!((code, &results["not_sent"]), (Some(1), &json!(79)));
    // What it accepts is certain all the same.
    let (code, results) = attack(Fault::BansBriefly, &["--only", "empty,replay"]);
    assert_eq!(with_verdict(&results, "review"), ["replay"]);
    assert_eq!(with_verdict(&results, "inconclusive"), ["empty"]);
    assert_eq!(code, Some(1));
}

#[test]
fn limited_requests_are_sent_again() {
    let (code, results) = attack(Fault::Limits, &[]);
    assert_eq!(results["verdicts"], json!({ "ok": 79, "review": 7 }));
    assert_eq!(code, Some(0));

    let (code, results) = attack(Fault::LimitsForGood, &[]);
    let classes: Vec<_> = conclusions(&results)
        .iter()
        .map(|one| one[0].to_owned())
        .collect();
    assert_eq!(classes, ["inconclusive", "stopped"]);
    assert_eq!((code, &results["not_sent"]), (Some(1), &json!(79)));
}

#[test]
fn an_endpoint_that_accepts_everything_gets_one_sentence() {
    let everything = "The endpoint accepts everything, even an empty body: it verifies nothing, or decides after its response. Look at what became of the orders.";
    let (code, results) = attack(Fault::AcceptsEverything, &[]);
    assert_eq!(conclusions(&results), [["stopped", everything]]);
    assert_eq!((code, &results["attacks"]), (Some(1), &json!([])));
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
    let lines = ended.stdout.lines().skip(5);
    let expected = [
        "",
        "4 ok",
        "stopped      The endpoint accepts everything, even an empty body: it verifies",
        "             nothing, or decides after its response. Look at what became of the",
        "             orders.",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn an_endpoint_that_hangs_is_left_at_once() {
    let (code, results) = attack(Fault::Hangs, &[]);
    let silent = "A genuine postback got no response, so the run ended.";
    assert!(
        conclusions(&results).contains(&["stopped", silent]),
        "{results}"
    );
    assert_eq!((code, &results["not_sent"]), (Some(1), &json!(80)));
    // The system accepts connections, and no request gets a response.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let silent = ["send", "--url", &url, "--timeout", "1", "--forge", "all"];
    call(&silent).fails("no response within 1 s");
}

#[test]
fn an_endpoint_that_refuses_everything_proves_nothing() {
    let endpoint = Endpoint::with_status("404 Not Found", "");
    let ended = call(&["send", "--url", &endpoint.url(), "--forge", "all", "--json"]);
    let results = ended.json();
    let classes = conclusions(&results)
        .iter()
        .map(|one| one[0])
        .collect::<Vec<_>>();
    assert_eq!(classes, ["refused", "stopped"]);
    assert_eq!((ended.code, &results["attacks"]), (Some(1), &json!([])));
    // What was sent before the genuine postbacks proves nothing either.
    let page = format!("{}/{{order_id}}", endpoint.url());
    let check = ["--pause", "0", "--check-text", "paid", "--check-url", &page];
    let forge = ["send", "--url", &endpoint.url(), "--forge", "all", "--json"];
    let ended = call(&[&forge[..], &check].concat());
    let results = ended.json();
    assert_eq!(
        results["verdicts"],
        json!({ "inconclusive": 5, "refused": 4 })
    );
    let reason = "genuine postbacks had no effect either";
    assert_eq!(results["attacks"][0]["reason"], reason);
    assert_eq!((ended.code, &results["not_sent"]), (Some(1), &json!(77)));
}
