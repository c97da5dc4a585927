//! Given bodies, of which only the token or one field may change.

use crate::program::{program, run};

/// Signs a body, and returns it with `NEW` in place of the new token.
fn signed(format: &str, body: &str, arguments: &[&str]) -> Result<String, String> {
    let sign = ["sign", "--format", format, "--invoice-id", "CLIBODY1"];
    let sign = [&sign[..], &["--body", "-"], arguments].concat();
    let ended = run(&mut program(&sign), body.as_bytes());
    if ended.code != Some(0) {
        return Err(ended.stderr);
    }
    let start = ended.stdout.find("eyJ").expect("a token");
    let (before, rest) = ended.stdout.split_at(start);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    Ok(format!("{before}NEW{}", rest.trim_start_matches(is_part)))
}

#[test]
fn only_the_token_changes() {
    #[track_caller]
    fn check(format: &str, body: &str, expected: Option<&str>) {
        match (signed(format, body, &[]), expected) {
            (Err(error), None) => assert!(error.contains("exactly one token field"), "{error}"),
            (signed, expected) => assert_eq!(signed.ok().as_deref(), expected, "{body}"),
        }
    }
    check(
        "json",
        "{ \"token\" :\n \"old\" , \"token \":\"old\", \"x\":1e-05}",
        Some("{ \"token\" :\n \"NEW\" , \"token \":\"old\", \"x\":1e-05}"),
    );
    check(
        "json",
        r#"{"to\u006ben":null}"#,
        Some(r#"{"to\u006ben":"NEW"}"#),
    );
    check("json", r#"{"token":1,"token":2}"#, None);
    check("json", r#"{"x":{"token":1}}"#, None);
    check("json", "x", None);
    check("form", "a=%zz&token=old&b", Some("a=%zz&token=NEW&b"));
    check("form", "%74oken", Some("token=NEW"));
    check("form", "token=1&token=2", None);
    check("form", "xtoken=1", None);
}

#[test]
fn a_field_is_set_at_its_path() {
    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let body = r#"{"token":1, "a":{"b": 1e-05,"c":{}}, "d":[1] }"#;
        let signed = signed("json", body, &["--set", &format!("{path}=2")]);
        assert_eq!(signed.ok().as_deref(), expected, "{path}");
    }
    check(
        "a.b",
        Some(r#"{"token":"NEW", "a":{"b": 2,"c":{}}, "d":[1] }"#),
    );
    check(
        "a.c.x",
        Some(r#"{"token":"NEW", "a":{"b": 1e-05,"c":{"x":2}}, "d":[1] }"#),
    );
    check(
        "e",
        Some(r#"{"token":"NEW", "a":{"b": 1e-05,"c":{}}, "d":[1] ,"e":2}"#),
    );
    check("a", Some(r#"{"token":"NEW", "a":2, "d":[1] }"#));
    check("a.b.x", None);
    check("d.0", None);
    check("x.y", None);
}
