//! Settings of the API.

use tokio::{process::Command, time::timeout};

use crate::{API_KEY, HANG, Kind, TestResult, World};

on_both!(
    a_bad_setting_is_named_in_one_line,
    an_interval_is_checked_without_a_key,
    a_shop_without_a_key_says_what_that_means,
);

async fn a_bad_setting_is_named_in_one_line(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    for (name, value, text) in [
        (
            "CRYPTOCLOUD_API_KEY",
            Some(""),
            "CRYPTOCLOUD_API_KEY: api key is empty",
        ),
        (
            "CRYPTOCLOUD_API_KEY",
            Some("a-secret-key-of-at-least-32-bytes"),
            "CRYPTOCLOUD_API_KEY: an api key is a JWT",
        ),
        ("CRYPTOCLOUD_API_URL", None, "set CRYPTOCLOUD_API_URL"),
        ("CRYPTOCLOUD_API_URL", Some(""), "CRYPTOCLOUD_API_URL: "),
        (
            "CRYPTOCLOUD_API_URL",
            Some("http://api.trybit.com"),
            "CRYPTOCLOUD_API_URL: address of the API does not begin with https://",
        ),
        ("CRYPTOCLOUD_SHOP_ID", None, "set CRYPTOCLOUD_SHOP_ID"),
        (
            "CRYPTOCLOUD_SHOP_ID",
            Some(" "),
            "CRYPTOCLOUD_SHOP_ID: it is empty",
        ),
        ("RECONCILE_SECONDS", Some("0"), SECONDS),
        ("RECONCILE_SECONDS", Some("5m"), SECONDS),
        (
            "RUST_LOG",
            Some("shop=loud"),
            "RUST_LOG: not a filter, such as info",
        ),
    ] {
        let mut command = world.command();
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
        let error = refused(&mut command).await?;
        assert!(error.starts_with(text), "{name}={value:?}: {error}");
        let value = value.filter(|value| value.len() > 2);
        assert!(!value.is_some_and(|value| error.contains(value)), "{error}");
    }
    Ok(())
}

/// It would be refused on the day on which the key is added.
async fn an_interval_is_checked_without_a_key(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let mut command = world.command();
    command.env_remove("CRYPTOCLOUD_API_KEY");
    let error = refused(command.env("RECONCILE_SECONDS", "0")).await?;
    assert!(error.starts_with(SECONDS), "{error}");
    Ok(())
}

async fn a_shop_without_a_key_says_what_that_means(kind: Kind) -> TestResult {
    let Some(world) = World::new(kind).await? else {
        return Ok(());
    };
    let warning = "amounts are compared with what the postback reports, unsigned";
    let mut command = world.command();
    command.env_remove("CRYPTOCLOUD_API_KEY");
    let shop = world.start(command).await?;
    let log = shop.process.log()?;
    let lines: Vec<_> = log.lines().filter(|line| line.contains(warning)).collect();
    assert!(
        matches!(lines[..], [line] if line.contains("WARN")),
        "{log}"
    );

    let shop = world.shop().await?;
    let log = shop.process.log()?;
    assert!(!log.contains(warning) && !log.contains(API_KEY), "{log}");
    Ok(())
}

/// The one line with which a shop does not start.
async fn refused(command: &mut Command) -> TestResult<String> {
    let output = timeout(HANG, command.kill_on_drop(true).output()).await??;
    let error = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(output.stdout.is_empty());
    Ok(error)
}

const SECONDS: &str = "RECONCILE_SECONDS: not a whole number of seconds from 1 on, such as 300";
