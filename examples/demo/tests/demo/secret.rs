use std::{fs, os::unix::fs::PermissionsExt, thread};

use axum_shop::DemoSecret;
use cryptocloud_postback_axum::core::SecretKey;

use crate::{Server, TestResult};

#[tokio::test]
async fn made_once_for_its_owner_alone() -> TestResult {
    let server = Server::start("secret").await?;
    let secret = DemoSecret::new(&server.folder);
    let first = secret.get()?;
    assert_eq!((first.len(), &first[..5]), (69, "demo-"));
    SecretKey::new(first.as_str())?;
    assert_eq!(DemoSecret::new(&server.folder).get()?, first);
    let mode = fs::metadata(secret.path())?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nothing half written is left beside it.
    let files = fs::read_dir(&server.folder)?.filter_map(Result::ok);
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    assert!(
        names
            .into_iter()
            .all(|name| name.starts_with("shop.sqlite") || name == "demo-secret")
    );
    fs::remove_file(secret.path())?;
    assert_ne!(secret.get()?, first);
    Ok(())
}

#[tokio::test]
async fn processes_that_start_at_once_find_the_same() -> TestResult {
    let server = Server::start("secrets").await?;
    let secret = DemoSecret::new(&server.folder);
    let found = thread::scope(|scope| {
        let threads = [(); 16].map(|()| scope.spawn(|| secret.get().ok()));
        threads.map(|thread| thread.join().ok().flatten())
    });
    assert!(found[0].is_some());
    assert!(found.iter().all(|one| *one == found[0]));
    Ok(())
}

#[tokio::test]
async fn a_damaged_one_is_an_error_and_stays() -> TestResult {
    let server = Server::start("damaged").await?;
    let secret = DemoSecret::new(&server.folder);
    let whole = secret.get()?;
    for text in [
        "",
        "\n",
        "demo-",
        &whole[..68],
        &whole[5..],
        "demo-secret",
        &"x".repeat(4096),
    ] {
        fs::write(secret.path(), text)?;
        let error = secret.get().err().ok_or("accepted")?.to_string();
        assert!(error.contains("delete the file for a new one"), "{error}");
        assert_eq!(fs::read_to_string(secret.path())?, text);
    }
    fs::write(secret.path(), [0xff; 69])?;
    assert!(secret.get().is_err());
    Ok(())
}
