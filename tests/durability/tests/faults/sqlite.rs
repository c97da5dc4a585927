//! A SQLite file that cannot be written for a while.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    process::Command,
};

use cryptocloud_postback_sqlx::sqlx::{Connection as _, SqliteConnection};
use durability::{Framework, Mode};
use tempfile::TempDir;

use super::{Stand, options};
use crate::{
    TestResult,
    place::{Kind, Place},
    receiver::Receiver,
    sender::{Response, Sender, postback},
};

/// A file system of a few megabytes; dropping it unmounts it.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one. Returns `None`, and prints one line, if this process may not.
    fn mount() -> io::Result<Option<Self>> {
        let folder = TempDir::with_prefix("small-disk-")?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(folder.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Ok(Some(Self(folder)));
        }
        throw_away_servers::skip("a small file system cannot be mounted");
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
        // Lazily, because the receiver may not have ended yet.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

async fn check_full(mode: Mode, framework: Framework) -> TestResult {
    let Some(disk) = SmallDisk::mount()? else {
        return Ok(());
    };
    let place = Place::in_folder(mode, disk.0.path()).await?;
    let receiver = Receiver::start(&options(&place, framework)).await?;
    let (sender, urls) = (Sender::new()?, [receiver.url().to_owned()]);
    sender.send_until_paid(&urls, &postback("WARM", 0)).await;
    disk.fill()?;
    // The write-ahead log may still have room.
    let mut numbers = 0..1_000;
    let refused = loop {
        let invoice = format!("FULL{}", numbers.next().ok_or("the disk never fills up")?);
        match sender.send(receiver.url(), &postback(&invoice, 0)).await {
            Response::Paid => {}
            response => {
                assert_eq!(response, Response::Later);
                break invoice;
            }
        }
    };
    let before = place.ledger.effects().await?;
    if mode == Mode::Transaction {
        assert_eq!(before.get(&refused), None);
    }
    fs::remove_file(disk.ballast())?;
    sender.send_until_paid(&urls, &postback(&refused, 1)).await;
    let after = place.ledger.effects().await?;
    for number in 0..numbers.start {
        let effects = after.get(&format!("FULL{number}")).map_or(0, Vec::len);
        // The claim may have found room, but the completion not.
        let limit = if mode == Mode::Lease && number + 1 == numbers.start {
            2
        } else {
            1
        };
        assert!((1..=limit).contains(&effects), "{number}: {effects}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disk_full() -> TestResult {
    check_full(Mode::Lease, Framework::Axum).await
}

/// Another writer holds the lock until it rolls back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locked() -> TestResult {
    for mode in [Mode::Lease, Mode::Transaction] {
        let Some(stand) = Stand::start(Kind::Sqlite, mode, Framework::Axum).await? else {
            return Ok(());
        };
        let mut connection = SqliteConnection::connect(&stand.place.store_url).await?;
        let transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        stand
            .pays_only_after(async || Ok(transaction.rollback().await?))
            .await?;
    }
    Ok(())
}
