use std::{io::Read, net::TcpListener, thread};

use cryptocloud_postback::{SecretKey, SecretKeyError};

use crate::program::{TempFile, call, program, run};

#[test]
fn secrets() {
    let without = |arguments: &[&str]| {
        run(
            program(arguments).env_remove("CRYPTOCLOUD_SECRET_KEY"),
            b"x",
        )
    };
    for arguments in [
        &["sign"][..],
        &["verify"],
        &["send", "--url", "http://127.0.0.1:1/"],
        &["send", "--url", "http://127.0.0.1:1/", "--forge", "all"],
    ] {
        without(arguments).fails("set CRYPTOCLOUD_SECRET_KEY to the SECRET KEY");
    }
    without(&["sign", "--secret-file", "/nonexistent"])
        .fails("cannot read the secret in /nonexistent: No such file");
    let api_key = TempFile::new("eyJ0eXAiOiJKV1QifQ.eyJpZCI6MTN9.aGVsbG8");
    without(&["verify", "--secret-file", api_key.path()]).fails("this is an API KEY");
    for secret in [
        "",
        "super-secret",
        "a-short-secret",
        " a-secret-of-thirty-two-bytes-or-more",
    ] {
        let problem = match SecretKey::new(secret).expect_err("a refusal") {
            SecretKeyError::TooShort => "32 bytes: use --allow-short-secret".to_owned(),
            error => error.to_string(),
        };
        for command in ["sign", "verify"] {
            let ended = run(
                program(&[command]).env("CRYPTOCLOUD_SECRET_KEY", secret),
                b"x",
            );
            ended.fails(&problem);
            assert!(secret.is_empty() || !ended.stderr.contains(secret));
        }
    }
    let five = [["--secret-file", api_key.path()]; 5].concat();
    without(&[&["verify"], &five[..]].concat()).fails("API KEY");
}

#[test]
fn a_secret_is_not_accepted_as_an_argument() {
    let secret = "a-secret-on-the-command-line-is-visible";
    let ended = call(&["sign", "--secret", secret]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stdout, "");
}

#[test]
fn files() {
    call(&["verify"]).fails("the body is empty");
    call(&["verify", "/nonexistent"]).fails("cannot read /nonexistent: No such file");
    call(&["verify", "/"]).fails("cannot read /: ");
    call(&["sign", "--body", "/nonexistent"]).fails("cannot read /nonexistent");
    let body = |text: &str| run(&mut program(&["sign", "--body", "-"]), text.as_bytes());
    body("").fails("neither JSON nor a form");
    body("{}").fails("names no invoice");
    body(r#"{"invoice_id":"CLIFILE1"}"#).fails("exactly one token field");
    body("invoice_id=CLIFILE1&token=1&token=2").fails("exactly one token field");
    // A file name is shown, but cannot control the terminal.
    call(&["verify", "\u{1b}[2J\n"]).fails(r"cannot read \u{1b}[2J\n");
}

#[test]
fn addresses() {
    call(&["send", "--url", "http://127.0.0.1:1/"])
        .fails("http://127.0.0.1:1/: Connection refused");
    // A label of 64 characters fails without a DNS query.
    let unknown = format!("http://{}/", "a".repeat(64));
    call(&["send", "--url", &unknown]).fails("failed to lookup address");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 1_000]);
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    call(&["send", "--url", &url])
        .fails("if the server does not speak TLS, use http:// in the URL");
}

#[test]
fn a_url_without_a_scheme_says_what_to_write() {
    for url in [
        "localhost:3000",
        "127.0.0.1:3000/postback",
        "example.com",
        "ftp://a/",
    ] {
        let ended = call(&["send", "--url", url]);
        assert_eq!(ended.code, Some(2));
        let text = "must start with http:// or https://, as in http://127.0.0.1:3000/postback";
        assert!(ended.stderr.contains(text), "{ended:?}");
    }
}

#[test]
fn passwords_of_urls_are_hidden() {
    for (argument, shown) in [
        ("http://u:p/a@ss@host/x", "'http://[redacted]@host/x'"),
        (
            "postgres://host/x?password=a@b",
            "'postgres://host/x?password=[redacted]'",
        ),
        ("redis://:p@host", "'redis://[redacted]@host'"),
    ] {
        let ended = call(&["send", "--url", argument]);
        assert!(ended.stderr.contains(shown), "{ended:?}");
        let ended = call(&["send", "--json", "--url", argument]);
        let error = &ended.json()["error"];
        assert!(error.as_str().is_some_and(|error| error.contains(shown)));
        assert!(ended.stderr.contains(shown), "{ended:?}");
        call(&["verify", argument]).fails(&format!("cannot read {}", shown.trim_matches('\'')));
    }
}

#[test]
fn a_failure_is_an_object_too() {
    for (arguments, problem) in [
        (
            &["send", "--json", "--url", "http://127.0.0.1:1/"][..],
            "refused",
        ),
        (
            &[
                "send",
                "--json",
                "--url",
                "http://127.0.0.1:1/",
                "--forge",
                "all",
            ],
            "refused",
        ),
        (&["verify", "--json", "/nonexistent"], "cannot read"),
        (
            &["send", "--json"],
            "the following required arguments were not provided: --url",
        ),
        (
            &["verify", "--json", "--leeway", "x"],
            "invalid value 'x' for '--leeway",
        ),
        #[cfg(feature = "inbox")]
        (
            &[
                "inbox",
                "migrate",
                "--json",
                "--database-url",
                "sqlite:/nonexistent/x",
            ],
            "check the path",
        ),
        #[cfg(feature = "inbox")]
        (
            &["inbox", "import", "--json", "--dry-run", "/nonexistent"],
            "cannot read",
        ),
    ] {
        call(arguments).fails_in_json(problem);
    }
}

#[test]
fn an_amount_is_a_number_that_is_not_negative() {
    for (amount, problem) in [
        ("-5", "amount is negative"),
        ("NaN", "amount is not a decimal number"),
        ("1,5", "amount is not a decimal number"),
    ] {
        for option in ["--amount", "--paid", "--usd"] {
            let ended = call(&["sign", option, amount]);
            assert_eq!(ended.code, Some(2));
            let text = format!("{problem}: write a number of at least 0, such as 0.5");
            assert!(ended.stderr.contains(&text), "{ended:?}");
        }
    }
}

#[test]
fn usage() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["send"],
        &["send", "--url", "nonsense"],
        &["send", "--url", "ftp://localhost/"],
        &["send", "--url", "http://user:password@localhost/"],
        &["send", "--url", "http://localhost/", "--repeat", "0"],
        &["send", "--url", "http://localhost/", "--concurrency", "2"],
        &["send", "--url", "http://localhost/", "--timeout", "0"],
        &["sign", "--format", "xml"],
        &["sign", "--invoice-id", ""],
        &["sign", "--body", "-", "--amount", "1"],
        &["verify", "--at", "yesterday"],
        &["completions", "nonsense"],
    ] {
        let ended = call(arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(!ended.stderr.is_empty());
    }
    run(&mut program(&["verify", "--leeway", "301"]), b"x").fails("leeway is over 300 seconds");
}
