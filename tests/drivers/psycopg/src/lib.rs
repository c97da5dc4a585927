//! A handler that lets a Python program pay the order, in a transaction of psycopg.
#![forbid(unsafe_code)]

use std::{io, path::PathBuf, process::Stdio};

use cryptocloud_postback_inbox::{Failure, Handler, Limits, Payment};
use cryptocloud_postback_sqlx::postgres;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

/// The program that pays orders.
#[derive(Debug)]
pub struct Orders {
    database_url: String,
    python: PathBuf,
}

impl Orders {
    /// Uses this interpreter, which must have psycopg.
    #[must_use]
    pub fn new(database_url: impl Into<String>, python: impl Into<PathBuf>) -> Self {
        Self {
            database_url: database_url.into(),
            python: python.into(),
        }
    }

    /// What a service in another language needs to know, by a pipe or by HTTP.
    async fn call(&self, payment: &Value) -> io::Result<Value> {
        let mut child = Command::new(&self.python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/pay.py"))
            .env("DATABASE_URL", &self.database_url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(payment.to_string().as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Handler<()> for Orders {
    async fn handle(&self, payment: &Payment, _: &mut ()) -> Result<(), Failure> {
        let claim = payment.claim();
        let outcome = self
            .call(&json!({
                "invoice_id": payment.invoice_id().as_str(),
                "order_id": payment.order_id(),
                "amount": payment.amount(),
                "currency": payment.currency(),
                "is_accepted": payment.accepted().is_some(),
                "mark": postgres::mark(claim, &Limits::default()),
                "claim_id": claim.id.number(),
                "claim_fence": claim.fence.number(),
            }))
            .await?;
        match outcome["hold"].as_str() {
            Some(reason) => Err(Failure::hold(reason)),
            None => Ok(()),
        }
    }
}
