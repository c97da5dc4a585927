//! Help, version, completions and colours.

use std::{env, process::Command};

use crate::program::{call, program, run};

#[test]
fn help_has_examples_and_exit_codes() {
    for command in ["send", "sign", "verify", "api"] {
        let ended = call(&[command, "--help"]);
        assert_eq!(ended.code, Some(0));
        assert_eq!(ended.stderr, "");
        assert!(
            ended.stdout.contains("Examples:\n  ccpostback "),
            "{ended:?}"
        );
        let explains = ended.stdout.contains("\nExit code: 0");
        assert!(explains || command == "sign", "{ended:?}");
        assert!(ended.stdout.contains("--secret-file <FILE>"));
    }
    let ended = call(&["--help"]);
    assert!(
        ended
            .stdout
            .contains("Examples:\n  export CRYPTOCLOUD_SECRET_KEY=..."),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("\nExit code: 0"), "{ended:?}");
    let mut commands = vec![
        "send",
        "sign",
        "verify",
        "listen",
        "api",
        "completions",
        "man",
    ];
    if cfg!(feature = "inbox") {
        commands.push("inbox");
    }
    for command in commands {
        assert!(
            ended.stdout.contains(&format!("\n  {command} ")),
            "{ended:?}"
        );
    }
}

#[test]
fn version() {
    let expected = format!("ccpostback {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(call(&["--version"]).stdout, expected);
}

#[test]
fn completions_are_scripts() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = call(&["completions", shell]);
        assert_eq!(ended.code, Some(0));
        assert!(ended.stdout.contains("--secret-file") || ended.stdout.contains("secret-file"));
        if shell == "bash" {
            let checked = run(
                Command::new("bash").args(["-n", "/dev/stdin"]),
                ended.stdout.as_bytes(),
            );
            assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
        }
    }
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let folder = folder.path().join("man1");
    let written = call(&["man", folder.to_str().expect("UTF-8")]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    assert!(page("ccpostback-send.1").contains("\\-\\-replay"));
    assert!(page("ccpostback.1").contains("ccpostback\\-verify(1)"));
    if cfg!(feature = "inbox") {
        assert!(page("ccpostback-inbox-accept.1").contains("\\-\\-amount"));
    }
    call(&["man", "/dev/null/x"]).fails("cannot write to /dev/null/x");
}

/// Every line that the program itself writes fits a terminal.
#[test]
fn rows_fit_80_columns() {
    let signed = call(&["sign", "--order-id", "ORDER_93223"]).stdout;
    let verified = run(&mut program(&["verify"]), signed.as_bytes());
    let refused = run(&mut program(&["verify"]), b"invoice_id=1&status=success");
    let list = call(&["send", "--forge", "list"]);
    let help = call(&["send", "--help"]);
    let (_, examples) = help.stdout.split_once("Examples:").expect("examples");
    assert!(examples.lines().all(|line| line.len() <= 80), "{examples}");
    for shown in [&verified, &refused, &list] {
        let long = shown.stdout.lines().find(|line| line.chars().count() > 80);
        // A transaction is as long as it is.
        let is_hash = long.is_some_and(|line| line.contains("tx_list"));
        assert!(long.is_none() || is_hash, "{long:?}");
    }
}

/// The output on a terminal, through util-linux's `script`.
fn on_a_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let found = Command::new("script").arg("--version").output().is_ok();
    assert!(found || env::var_os("CI").is_none(), "script is missing");
    if !found {
        eprintln!("skipped: script is not installed");
        return None;
    }
    let program = program(arguments);
    let words: Vec<_> = [program.get_program()]
        .into_iter()
        .chain(program.get_args())
        .collect();
    let words: Vec<_> = words
        .iter()
        .map(|word| format!("'{}'", word.display()))
        .collect();
    let mut script = Command::new("script");
    script.args([
        "--quiet",
        "--return",
        "--command",
        &words.join(" "),
        "/dev/null",
    ]);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    script
        // If CI is set, anstream uses colours on a dumb terminal too.
        .env_remove("CI")
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied());
    Some(run(&mut script, b"").stdout)
}

#[test]
fn colours_need_a_terminal_that_supports_them() {
    let arguments = ["send", "--forge", "list"];
    assert!(!call(&arguments).stdout.contains('\u{1b}'));
    let Some(coloured) = on_a_terminal(&arguments, &[]) else {
        return;
    };
    assert!(coloured.contains("\u{1b}[1mtoken-missing"), "{coloured:?}");
    for variables in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = on_a_terminal(&arguments, &[variables]).expect("a terminal");
        assert!(plain.contains("token-missing"), "{plain:?}");
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
    }
    let json = on_a_terminal(&["send", "--forge", "list", "--json"], &[]);
    assert!(!json.expect("a terminal").contains('\u{1b}'));
}

#[test]
fn progress_needs_a_terminal() {
    let endpoint = crate::endpoint::Endpoint::with_status("200 OK", "");
    let url = endpoint.url();
    let Some(shown) = on_a_terminal(&["send", "--url", &url, "--repeat", "30"], &[]) else {
        return;
    };
    assert!(shown.contains("/30"), "{shown:?}");
    assert!(
        shown.contains("sent                          30"),
        "{shown:?}"
    );
}

#[test]
fn a_terminal_is_told_that_a_body_is_awaited() {
    // `script` ends the input at once.
    if let Some(shown) = on_a_terminal(&["verify"], &[]) {
        let text = "ccpostback: type or paste the body, and end it with Ctrl-D\r\n";
        assert!(shown.contains(text), "{shown:?}");
    }
}

#[test]
fn a_body_ends_with_a_line_break_only_on_a_terminal() {
    if let Some(shown) = on_a_terminal(&["sign"], &[]) {
        assert!(shown.ends_with("}\r\n"), "{shown:?}");
    }
}
