//! Errors and warnings at the start.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
};

use crate::{
    TestResult,
    listener::{Listener, command},
};

/// Asserts that it ends at once with this text on standard error and no output.
#[track_caller]
fn refused(arguments: &[&str], secret: Option<&str>, text: &str) -> TestResult {
    let mut command = command(arguments);
    if let Some(secret) = secret {
        command.env("CRYPTOCLOUD_SECRET_KEY", secret);
    }
    let mut child = command.spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no pipe")?).read_line(&mut line)?;
    // If it had started, it would have printed its URL, and would not end by itself.
    if !line.is_empty() {
        child.kill()?;
    }
    let output = child.wait_with_output()?;
    let error = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(text), "{error}");
    assert_eq!(line, "");
    Ok(())
}

#[test]
fn errors() -> TestResult {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    refused(&["--addr", &address], None, "cannot listen on 127.0.0.1:")?;
    let name = address.replace("127.0.0.1", "localhost");
    refused(&["--addr", &name], None, "cannot listen on localhost:")?;
    for odd in ["nowhere", ":4000", "127.0.0.1:x", "127.0.0.1:70000"] {
        refused(&["--addr", odd], None, "an address has a port")?;
    }
    refused(&["--path", "/api/x"], None, "under /api")?;
    refused(&["--path", "/page"], None, "and /page are reserved")?;
    for odd in ["", "/", "postback", "/{x}", "/a?b", "/a b", "/ü"] {
        refused(&["--path", odd], None, "a path is / and what follows")?;
    }
    refused(&["--keep", "0"], None, "--keep")?;
    refused(&["--forward", "ftp://127.0.0.1/"], None, "--forward")?;
    refused(
        &["--addr", "127.0.0.1:0"],
        Some("super-secret"),
        "no usable secret",
    )
}

#[test]
fn an_address_that_other_machines_reach() -> TestResult {
    let mut open = Listener::start(&["--addr", "0.0.0.0:0"])?;
    // The address that is shown works on this machine.
    assert!(open.url.starts_with("http://127.0.0.1:"), "{}", open.url);
    open.signal("TERM")?;
    let output = open.rest()?;
    assert!(output.contains("every machine that can reach"), "{output}");
    let mut own = Listener::start(&[])?;
    own.signal("TERM")?;
    assert!(!own.rest()?.contains("every machine"));
    Ok(())
}

#[test]
fn a_name_is_resolved() -> TestResult {
    let listener = Listener::start(&["--addr", "localhost:0"])?;
    let start = "http://127.0.0.1:";
    assert!(listener.url.starts_with(start), "{}", listener.url);
    let listener = Listener::start(&["--addr", "[::1]:0"])?;
    let start = "http://[::1]:";
    assert!(listener.url.starts_with(start), "{}", listener.url);
    Ok(())
}
