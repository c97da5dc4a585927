//! `--check-url`: the page of a shop shows what an attack did.

use serde_json::json;

use crate::{
    forge::{EFFECTS, LOOK, attack, attack_at, conclusions, with_verdict},
    program::{program, run},
    shops::{self, Fault},
};

#[test]
fn a_page_of_the_shop_tells_what_an_attack_did() {
    let check = ["--check-text", "credited by"];
    let (code, results) = attack(Fault::None, &check);
    assert_eq!(conclusions(&results), [[""; 2]; 0]);
    assert_eq!(
        (code, &results["verdicts"]),
        (Some(0), &json!({ "ok": 81 }))
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
    let hidden = [&["changed-currency"], repeated].concat();
    assert_eq!(with_verdict(&results, "review"), hidden);
    assert_eq!(code, Some(1));

    // The first genuine postback pays the only invoice, and what comes later cannot.
    let one = [&check[..], &["--invoice-id", "ABCD1234"]].concat();
    let (_, results) = attack(Fault::None, &one);
    assert_eq!(with_verdict(&results, "review"), repeated);
    // An attack pays it, and the page cannot show what the next ones do.
    let (code, results) = attack(Fault::BelievesOnce, &one);
    assert_eq!(with_verdict(&results, "weakness"), ["changed-amount"]);
    assert_eq!(with_verdict(&results, "review"), EFFECTS[1..]);
    assert_eq!(code, Some(1));
    // It was paid before.
    let origin = shops::start(Fault::None);
    for expected in [repeated, &EFFECTS] {
        let ended = attack_at(&origin, "60", &[&one[..], &["--json"]].concat());
        assert_eq!(with_verdict(&ended.json(), "review"), *expected);
        assert_eq!(ended.code, Some(0));
    }

    let (code, results) = attack(
        Fault::FormsOnly,
        &[&check[..], &["--format", "form"]].concat(),
    );
    assert_eq!(
        (code, &results["verdicts"]),
        (Some(0), &json!({ "ok": 81 }))
    );

    let (code, results) = attack(Fault::ShowsNothing, &check);
    let stopped = "The page of --check-url does not show a genuine payment, so that it proves nothing: check the URL, the text, the order and the amount.";
    let expected = [
        [
            "inconclusive",
            "These prove nothing: see the reasons above.",
        ],
        ["stopped", stopped],
    ];
    assert_eq!(conclusions(&results), expected);
    assert_eq!(results["verdicts"], json!({ "inconclusive": 5, "ok": 2 }));
    assert_eq!(code, Some(1));
}

/// What shows after the pause is the attack's payment, and not that of the genuine postback.
#[test]
fn a_shop_that_credits_later_than_the_pause_has_not_passed() {
    let origin = shops::start(Fault::Late);
    let (url, page) = (
        format!("{origin}/postback"),
        format!("{origin}/orders/{{order_id}}"),
    );
    let mut command = program(&["send", "--url", &url, "--forge", "changed-amount", "--json"]);
    let check = [
        "--pause",
        "1",
        "--check-url",
        &page,
        "--check-text",
        "credited by",
    ];
    let ended = run(command.args(check), b"");
    assert_eq!(
        with_verdict(&ended.json(), "inconclusive"),
        ["changed-amount"]
    );
    assert_eq!(ended.code, Some(1));
}
