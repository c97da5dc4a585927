//! Verdicts about endpoints, each with a fault of its own. Real ones are attacked in the workspace's
//! package `e2e`.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

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
    assert_eq!(conclusions(&results), [expected[0]]);
    assert_eq!(
        with_verdict(&results, "weakness"),
        ["changed-amount", "changed-order"]
    );
    assert_eq!(code, Some(1));

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
    let reason = "genuine postbacks had no effect then, either";
    assert_eq!(results["attacks"][0]["reason"], reason);
    assert_eq!((ended.code, &results["not_sent"]), (Some(1), &json!(77)));
}

/// An endpoint that accepts genuine postbacks of one format, and has one status for an attack.
#[track_caller]
fn check(status: u16, attack: &str, verdict: &str, code: i32) {
    let (ended, results) = single(status, attack);
    assert_eq!(results["attacks"][0]["verdict"], verdict, "{results}");
    assert_eq!(results["controls"].as_array().map(Vec::len), Some(2));
    assert_eq!(ended, Some(code), "{results}");
}

fn single(status: u16, attack: &str) -> (Option<i32>, Value) {
    // Genuine JSON, genuine form, the attack, genuine JSON.
    in_turn([200, 200, status, 200], attack)
}

/// Sends one attack to an endpoint that responds with these statuses.
fn in_turn<const N: usize>(statuses: [u16; N], attack: &str) -> (Option<i32>, Value) {
    let endpoint = Endpoint::responding_in_turn(statuses.map(|status| {
        format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }));
    let url = endpoint.url();
    let ended = call(&[
        "send", "--url", &url, "--pause", "0", "--forge", attack, "--json",
    ]);
    (ended.code, ended.json())
}

#[test]
fn what_is_inconclusive_alone_is_sent_again() {
    // Limited four times, although genuine postbacks are accepted.
    let statuses = [200, 200, 429, 429, 429, 429, 200, 200, 401, 200];
    let (code, results) = in_turn(statuses, "token-missing");
    assert_eq!(results["attacks"][0]["status"], 401, "{results}");
    assert_eq!(code, Some(0));
    // The genuine postback of a replay is refused, so that nothing was replayed.
    let (code, results) = in_turn([200, 200, 403, 200, 200, 200, 200, 409, 200], "replay");
    assert_eq!(results["attacks"][0]["status"], 409, "{results}");
    assert_eq!(
        (code, &results["attacks"][0]["verdict"]),
        (Some(0), &json!("ok"))
    );
}

#[test]
fn verdicts() {
    check(401, "token-missing", "ok", 0);
    // Other receivers may refuse with another status.
    check(403, "token-missing", "ok", 0);
    check(200, "token-missing", "bypass", 1);
    check(202, "other-invoice", "bypass", 1);
    check(200, "expired", "weakness", 1);
    check(200, "invoice-operator", "weakness", 1);
    check(202, "large", "strictness", 0);
    check(500, "token-missing", "error", 1);
    check(302, "token-missing", "error", 1);
    // Refused, though not well.
    check(500, "json-deep", "error", 0);
    check(200, "changed-amount", "review", 0);
    check(401, "changed-amount", "ok", 0);
    check(503, "changed-amount", "error", 1);
}

#[test]
fn closing_the_connection_refuses_only_a_large_body() {
    let good = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (attack, verdict, code) in [("large", "ok", 0), ("token-missing", "error", 1)] {
        let endpoint = Endpoint::responding_in_turn([good, good, "", good].map(str::to_owned));
        let ended = call(&[
            "send",
            "--url",
            &endpoint.url(),
            "--forge",
            attack,
            "--json",
        ]);
        assert_eq!(ended.json()["attacks"][0]["verdict"], verdict);
        assert_eq!(ended.code, Some(code));
    }
}

#[test]
fn results_are_printed_as_they_come_and_an_interrupt_prints_the_summary() {
    let url = format!("{}/postback", shops::start(Fault::Hangs));
    let child = program(&["send", "--url", &url, "--forge", "all", "--timeout", "3600"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().expect("a line").expect("UTF-8");
    assert!(line().starts_with("verdict"));
    for _ in 0..4 {
        assert!(line().starts_with("ok           genuine-"));
    }
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(status.expect("kill").success());
    assert_eq!(
        ["", "4 ok", "stopped      Interrupted."].map(str::to_owned),
        [line(), line(), line()]
    );
    assert_eq!(child.wait().expect("an end").code(), Some(1));
}

#[test]
fn the_list_needs_neither_a_secret_nor_a_url() {
    let mut command = program(&["send", "--forge", "list"]);
    let ended = run(command.env_remove("CRYPTOCLOUD_SECRET_KEY"), b"");
    assert_eq!(ended.code, Some(0));
    for line in [
        "token-missing         bypass     401  no token",
        "changed-amount        weakness   -    genuine token, only 0.000001 paid",
    ] {
        assert!(ended.stdout.lines().any(|known| known == line), "{ended:?}");
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80));
    let list = call(&["send", "--forge", "list", "--json"]).json();
    let list = list.as_array().expect("attacks").clone();
    assert_eq!(list.len() + 1, ended.stdout.lines().count());
    let large = list.iter().find(|attack| attack["name"] == "large");
    let large = large.expect("an attack");
    assert_eq!(
        (&large["expected"], &large["class"]),
        (&json!(413), &json!("strictness"))
    );
}

#[test]
fn attacks_are_chosen_by_name_and_by_class() {
    let names = |arguments: &[&str]| -> Vec<String> {
        let list = call(&[&["send", "--json", "--forge"], arguments].concat()).json();
        let list = list.as_array().expect("attacks").iter();
        list.map(|attack| attack["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(
        names(&["list", "--only", "expired,replay"]),
        ["expired", "replay"]
    );
    let all = names(&["list"]);
    let [bypass, weakness, strictness] =
        ["bypass", "weakness", "strictness"].map(|class| names(&["list", "--only", class]).len());
    assert_eq!(bypass + weakness + strictness, all.len());
    let skipped = names(&[
        "list",
        "--skip",
        "strictness,weakness",
        "--skip",
        "alg-none",
    ]);
    assert_eq!(skipped.len(), bypass - 1);
    let url = ["send", "--url", "http://127.0.0.1:1/"];
    let none = ["--forge", "expired", "--skip", "expired"];
    call(&[&url[..], &none].concat()).fails("no attack is left");
    for option in ["--only", "--skip"] {
        let misspelt = ["--forge", "all", option, "expird"];
        let ended = call(&[&url[..], &misspelt].concat());
        assert_eq!(ended.code, Some(2));
        assert!(
            ended.stderr.contains("similar value exists: 'expired'"),
            "{ended:?}"
        );
    }
    let help = call(&["send", "--help"]).stdout;
    assert!(!help.contains("token-four-segments"), "{help}");
    let completions = call(&["completions", "bash"]).stdout;
    assert!(completions.contains("token-four-segments"));
}

#[test]
fn each_attack_has_the_given_order_and_a_new_or_the_given_invoice() {
    let bodies = |arguments: &[&str]| -> Vec<Value> {
        let endpoint = Endpoint::with_status("200 OK", "");
        let forge = ["send", "--url", &endpoint.url(), "--forge", "expired"];
        let order = ["--format", "json", "--order-id", "MINE", "--usd", "5"];
        call(&[&forge[..], &order, arguments].concat());
        let requests = endpoint.requests.try_iter();
        requests
            .map(|request| serde_json::from_slice(&request.body).expect("JSON"))
            .collect()
    };
    let new = bodies(&[]);
    let [first, attack, last] = &new[..] else {
        panic!("{new:?}")
    };
    assert_ne!(first["invoice_id"], attack["invoice_id"]);
    assert_ne!(attack["invoice_id"], last["invoice_id"]);
    for body in &new {
        assert_eq!(body["order_id"], "MINE");
        assert_eq!(body["invoice_info"]["amount_usd"], 5);
    }
    for body in bodies(&["--invoice-id", "INV-GIVEN123"]) {
        assert_eq!(body["invoice_id"], "GIVEN123");
    }
}

#[test]
fn invalid_arguments() {
    let url = ["send", "--url", "http://127.0.0.1:1/", "--forge"];
    call(&[&url[..], &["all"]].concat()).fails("refused");
    call(&[&url[..], &["expired"]].concat()).fails("refused");
    call(&["send", "--forge", "all"]).fails("--url");
    for (page, problem) in [
        (
            "http://127.0.0.1/orders",
            "needs {order_id} or {invoice_id}",
        ),
        ("127.0.0.1/{order_id}", "--check-url is not a URL"),
    ] {
        let check = ["all", "--check-text", "paid", "--check-url", page];
        call(&[&url[..], &check].concat()).fails(problem);
    }
    for arguments in [
        &["nonsense"][..],
        &["all", "--repeat", "2"],
        &["all", "--check-url", "http://127.0.0.1/{order_id}"],
        &["all", "--check-text", "paid"],
    ] {
        assert_eq!(call(&[&url[..], arguments].concat()).code, Some(2));
    }
    for option in [
        ["--only", "expired"],
        ["--skip", "expired"],
        ["--pause", "1"],
    ] {
        let ended = call(&[&url[..3], &option].concat());
        assert!(ended.stderr.contains("--forge <ATTACK>"), "{ended:?}");
    }
}
