use std::fs;

use cryptocloud_postback_sqlx::{PostgresStore, SqliteStore, sqlx};
use tempfile::TempDir;
use throw_away_servers::PostgresServer;

use crate::{PASSWORD, TestResult, call, program, run};

#[tokio::test]
async fn sqlite() -> TestResult {
    let folder = TempDir::new()?;
    let file = folder.path().join("shop.db");
    let url = format!("sqlite://{}", file.display());
    let created = call(&["migrate", "--database-url", &url]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let version = SqliteStore::connect(&file).await?.schema_version().await?;
    let expected = format!("store             SQLite file {}\n", file.display());
    assert!(created.stdout.starts_with(&expected), "{created:?}");

    let again = call(&["migrate", "--json", "--database-url", &url]).json();
    assert_eq!(
        (&again["from_version"], &again["to_version"]),
        (&version.into(), &version.into())
    );
    Ok(())
}

#[tokio::test]
async fn sqlite_that_cannot_be_opened() -> TestResult {
    let folder = TempDir::new()?;
    let path = folder.path().join("missing/shop.db");
    let url = format!("sqlite:{}", path.display());
    call(&["migrate", "--database-url", &url]).fails("check the path and its permissions");
    let path = folder.path().join("no-database");
    fs::write(&path, "x".repeat(4096))?;
    let url = format!("sqlite:{}", path.display());
    call(&["migrate", "--database-url", &url]).fails("file is not a database");
    Ok(())
}

#[tokio::test]
async fn postgres() -> TestResult {
    let Some(server) = PostgresServer::start() else {
        return Ok(());
    };
    let port = server.port();
    let url =
        |role: &str, name: &str| format!("postgres://{role}:{PASSWORD}@127.0.0.1:{port}/{name}");
    let owner = url("postgres", "postgres");
    let migrate = |url: &str| {
        run(
            program(&["migrate", "--json"]).env("DATABASE_URL", url),
            b"",
        )
    };

    let store = PostgresStore::connect(&owner).await?;
    sqlx::raw_sql("CREATE ROLE shop LOGIN; CREATE ROLE locked NOLOGIN")
        .execute(store.pool())
        .await?;
    migrate(&url("shop", "postgres"))
        .fails_in_json("permission denied for database postgres: use a role that may do this");
    assert_eq!(store.schema_version().await?, 0);
    migrate(&url("locked", "postgres")).fails_in_json("not permitted to log in: check the user");
    migrate(&url("postgres", "missing")).fails_in_json("create the database, or correct its name");

    let versions = || {
        let json = migrate(&owner).json();
        (json["from_version"].clone(), json["to_version"].clone())
    };
    let first = versions();
    let version = store.schema_version().await?;
    assert_eq!(first, (0.into(), version.into()));
    assert_eq!(versions(), (version.into(), version.into()));

    server.crash()?;
    let expected = format!("PostgreSQL at 127.0.0.1:{port}: ");
    let ended = migrate(&owner);
    ended.fails_in_json(&expected);
    ended.fails_in_json(
        "Connection refused (os error 111): check the URL, and that the server is running",
    );
    Ok(())
}

#[test]
fn wrong_urls() {
    call(&["migrate"]).fails("no store is named: set DATABASE_URL");
    let check = |url: &str, problem: &str| {
        let url = url.replace("PASSWORD", PASSWORD);
        call(&["migrate", "--database-url", &url]).fails(problem);
        run(program(&["migrate"]).env("DATABASE_URL", &url), b"").fails(problem);
    };
    check(
        "mysql://u:PASSWORD@db/x",
        "must begin with postgres://, sqlite:, redis:// or rediss://",
    );
    check(
        "postgres://u:PASSWORD/@db/x",
        "the URL is malformed: in a password",
    );
    check(
        "postgres://u:PASSWORD@db/x?sslmode=PASSWORD",
        "the URL is malformed",
    );
    check(
        "postgres://u:PASSWORD@127.0.0.1:1/x",
        "PostgreSQL at 127.0.0.1:1: ",
    );
    check(
        "postgresql://127.0.0.1:1/x?password=PASSWORD",
        "PostgreSQL at 127.0.0.1:1: ",
    );
    check("redis://u:PASSWORD@cache:x/", "the URL is malformed");
    check("sqlite::memory:", "name a file");
    check("sqlite:", "name a file");
    let redis = format!("redis://u:{PASSWORD}@127.0.0.1:1/");
    call(&["migrate", "--redis-url", &redis]).fails("Redis at 127.0.0.1:1: store is unavailable");
    // clap quotes an argument that it does not expect.
    for arguments in [
        &["migrate", &redis][..],
        &["migrate", "--database-url", &redis, "--redis-url", &redis],
        &["import", &redis, &redis],
        &["import", &redis],
        &["import", "--limit", &redis],
    ] {
        let ended = call(arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(!ended.stderr.is_empty());
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    for command in [&["import", "--help"][..], &["--help"]] {
        let ended = call(command);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        for text in [
            "Examples:\n  ",
            ":PASSWORD@",
            "\nExit code: 0",
            "--database-url <URL>",
        ] {
            assert!(ended.stdout.contains(text), "{text}: {ended:?}");
        }
    }
}
