//! A disk that is full for a while.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use durability::Options;
use tempfile::TempDir;

use crate::{
    TestResult,
    books::Books,
    fleet::Fleet,
    place::{Kind, Place},
    sender::Response,
};

/// A file system of a few megabytes; dropping it unmounts it.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one. Returns `None`, and prints one line, if this process may not.
    fn mount(size: &str) -> io::Result<Option<Self>> {
        let folder = TempDir::with_prefix("small-disk-")?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", size, "tmpfs"])
            .arg(folder.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Ok(Some(Self(folder)));
        }
        // It needs the privilege to mount, which containers of CI services often lack.
        eprintln!("skipped: a small file system cannot be mounted");
        Ok(None)
    }

    /// Writes until there is no room for a single page.
    fn fill(&self) -> io::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        loop {
            match ballast.write_all(&[1; 4096]) {
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                result => result?,
            }
        }
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a process may not have ended yet.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

async fn check(kind: Kind, size: &str) -> TestResult {
    let Some(disk) = SmallDisk::mount(size)? else {
        return Ok(());
    };
    let Some(place) = Place::in_folder(kind, disk.0.path()).await? else {
        return Ok(());
    };
    let fleet = Fleet::start(&place, |options| Options {
        lease: Duration::from_secs(3),
        ..options
    })
    .await?;
    let (books, urls) = (Books::new()?, fleet.urls());
    assert_eq!(books.send(&urls[0], "WARM").await, Response::Accepted);
    disk.fill()?;
    let mut number = 0;
    // Pages that are allocated already may still have room.
    while books.counts().later < 3 {
        books
            .send(&urls[number % 2], &format!("FULL{number}"))
            .await;
        number += 1;
        assert!(number < 10_000, "the disk is never full");
    }
    fs::remove_file(disk.ballast())?;
    for number in 0..10 {
        let response = books
            .send(&urls[number % 2], &format!("AFTER{number}"))
            .await;
        assert_eq!(response, Response::Accepted);
    }
    let balance = books.close(&place).await?;
    assert!(balance.logged > 0, "{balance:?}");
    fleet.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_disk_full() -> TestResult {
    check(Kind::Postgres, "size=32m").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_disk_full() -> TestResult {
    check(Kind::Sqlite, "size=8m").await
}
