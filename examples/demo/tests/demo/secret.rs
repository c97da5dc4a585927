use std::{fs, os::unix::fs::PermissionsExt, thread};

use cryptocloud_postback_axum::core::SecretKey;
use demo::DemoSecret;
use tempfile::TempDir;

use crate::TestResult;

#[test]
fn made_once_for_its_owner_alone() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    let secret = DemoSecret::new(folder.path());
    let first = secret.get()?;
    assert_eq!((first.len(), &first[..5]), (69, "demo-"));
    SecretKey::new(first.as_str())?;
    assert_eq!(DemoSecret::new(folder.path()).get()?, first);
    let mode = fs::metadata(secret.path())?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Nothing half written is left beside it.
    let files = fs::read_dir(folder.path())?.filter_map(Result::ok);
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    assert!(names.into_iter().all(|name| name == "demo-secret"));
    fs::remove_file(secret.path())?;
    assert_ne!(secret.get()?, first);
    Ok(())
}

#[test]
fn processes_that_start_at_once_find_the_same() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    let secret = DemoSecret::new(folder.path());
    let found = thread::scope(|scope| {
        let threads = [(); 16].map(|()| scope.spawn(|| secret.get().ok()));
        threads.map(|thread| thread.join().ok().flatten())
    });
    assert!(found[0].is_some());
    assert!(found.iter().all(|one| *one == found[0]));
    Ok(())
}

#[test]
fn a_damaged_one_is_an_error_and_stays() -> TestResult {
    let folder = TempDir::with_prefix("demo-")?;
    let secret = DemoSecret::new(folder.path());
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
