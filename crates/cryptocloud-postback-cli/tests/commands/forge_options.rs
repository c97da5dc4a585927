//! Options and output of `send --forge`.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::{
    endpoint::{Endpoint, HANGS},
    program::{Ended, call, program, run},
};

/// Interrupts a run that waits for the response to its second attack.
fn interrupted(arguments: &[&str]) -> Ended {
    let with = |status: &str| {
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        head.into_bytes()
    };
    let genuine = with("200");
    let attack = with("400");
    let responses = [&genuine, &genuine, &attack, &genuine, HANGS].map(<[u8]>::to_vec);
    let endpoint = Endpoint::responding_in_turn(responses);
    let url = endpoint.url();
    let forge = ["send", "--url", &url, "--forge", "all", "--timeout", "3600"];
    let child = program(&[&forge, arguments].concat())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    for _ in 0..5 {
        endpoint.request();
    }
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(status.expect("kill").success());
    child.wait_with_output().expect("an end").into()
}

#[test]
fn an_interrupt_prints_what_is_known() {
    let ended = interrupted(&[]);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("verdict"));
    assert!(
        lines[1..3]
            .iter()
            .all(|line| line.starts_with("ok           genuine"))
    );
    let expected = [
        "ok           token-missing         400 no token",
        "",
        "3 ok",
        "stopped      Interrupted.",
        "not passed   See above.",
    ];
    assert_eq!(lines[3..], expected);
    assert_eq!(ended.code, Some(130));

    let ended = interrupted(&["--json"]);
    let results = ended.json();
    assert_eq!((ended.code, &results["not_sent"]), (Some(130), &json!(78)));
    assert_eq!(results["verdicts"], json!({"ok": 3}));
}

#[test]
fn the_list_needs_neither_a_secret_nor_a_url() {
    let mut command = program(&["send", "--forge", "list"]);
    let ended = run(command.env_remove("CRYPTOCLOUD_SECRET_KEY"), b"");
    assert_eq!(ended.code, Some(0));
    for line in [
        "token-missing         bypass      no token",
        "changed-amount        weakness    genuine token, only 0.000001 paid",
    ] {
        assert!(ended.stdout.lines().any(|known| known == line), "{ended:?}");
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80));
    let list = call(&["send", "--forge", "list", "--json"]).json();
    let list = list.as_array().expect("attacks").clone();
    assert_eq!(list.len() + 1, ended.stdout.lines().count());
    let large = list.iter().find(|attack| attack["name"] == "large");
    let large = large.expect("an attack");
    assert_eq!(large["class"], "strictness");
    // Each name is unique, and none is a class.
    let names: Vec<_> = list.iter().map(|attack| &attack["name"]).collect();
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "{name}");
        assert!(
            !list.iter().any(|attack| attack["class"] == **name),
            "{name}"
        );
    }
}

#[test]
fn the_nearest_name_is_suggested() {
    for (misspelt, nearest) in [
        ("expird", Some("expired")),
        ("missing-token", Some("token-missing")),
        ("NO_TOKEN", Some("form-no-token")),
        ("replays", Some("replay")),
        ("amount", Some("amount-nan")),
        ("al", Some("all")),
        ("signature", None),
        ("x", None),
    ] {
        let ended = call(&["send", "--url", "http://127.0.0.1:1/", "--forge", misspelt]);
        let tip = nearest.map(|name| format!("a similar value exists: '{name}'"));
        let tip = tip
            .as_deref()
            .unwrap_or("tip: `ccpostback send --forge list` shows");
        assert!(ended.stderr.contains(tip), "{ended:?}");
        assert_eq!(ended.stderr.contains("similar"), nearest.is_some());
    }
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
        let tips = "tip: a similar value exists: 'expired'\n  tip: `ccpostback send --forge list`";
        assert!(ended.stderr.contains(tips), "{ended:?}");
        assert!(
            ended.stderr.lines().all(|line| line.len() <= 80),
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
    let [first, no_order, attack] = &new[..] else {
        panic!("{new:?}")
    };
    assert_ne!(first["invoice_id"], attack["invoice_id"]);
    assert_ne!(no_order["invoice_id"], attack["invoice_id"]);
    assert_eq!(no_order["order_id"], Value::Null);
    for body in [first, attack] {
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
