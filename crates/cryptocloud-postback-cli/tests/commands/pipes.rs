//! Output to a closed pipe.

use std::{
    io::{self, Write},
    process::Stdio,
};

use crate::{
    endpoint::Endpoint,
    program::{Ended, program},
};

#[track_caller]
fn check(arguments: &[&str], input: &[u8], code: i32) {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut child = program(arguments)
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("a pipe");
    let _ = stdin.write_all(input);
    drop(stdin);
    let ended = Ended::from(child.wait_with_output().expect("an end"));
    assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
    assert_eq!(ended.stderr, "", "{arguments:?}");
}

#[test]
fn a_closed_output_is_not_an_error() {
    let endpoint = Endpoint::with_status("200 OK", "");
    let url = endpoint.url();
    check(&["sign"], b"", 0);
    check(&["sign", "--token"], b"", 0);
    check(&["verify"], b"x=1", 1);
    check(&["verify", "--json"], b"x=1", 1);
    check(&["send", "--url", &url], b"", 0);
    check(&["send", "--url", &url, "--json"], b"", 0);
    check(&["send", "--url", &url, "--repeat", "2"], b"", 0);
    check(&["send", "--url", &url, "--forge", "expired"], b"", 1);
    check(&["send", "--forge", "list"], b"", 0);
    check(&["completions", "bash"], b"", 0);
    check(&["--version"], b"", 0);
    check(&["send", "--help"], b"", 0);
}

#[test]
fn a_closed_error_output_keeps_the_exit_code() {
    for arguments in [&["verify"][..], &["nonsense"], &["verify", "/nonexistent"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let status = program(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(writer)
            .status()
            .expect("the program");
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

/// Unlike a closed pipe, a full disk is an error.
#[test]
fn a_full_disk_is_reported() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let output = program(&["sign"])
        .stdout(full)
        .output()
        .expect("the program");
    Ended::from(output).fails("cannot write to standard output: No space left");
}
