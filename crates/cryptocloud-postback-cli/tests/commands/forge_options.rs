//! Options and output of `send --forge`.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    endpoint::Endpoint,
    program::{call, program, run},
    shops::{self, Fault},
};

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
