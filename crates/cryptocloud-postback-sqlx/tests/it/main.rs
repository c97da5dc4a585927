//! The stores on real databases.

mod ages;
mod postgres;
mod sqlite;

use std::{fs, path::PathBuf, process};

use cryptocloud_postback::{Amount, Currency};
use cryptocloud_postback_inbox::{Key, Report};

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn report(invoice: &str, amount: &str) -> Report {
    let amount = Amount::parse(amount).unwrap_or_else(|error| panic!("{error}"));
    let key = Key::new("shop", invoice, "success");
    Report::new(key, amount, Currency::Bnb, Some("ORDER_1".into()))
}

/// A file's folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("{name}-{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    fn file(&self) -> PathBuf {
        self.0.join("inbox.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
