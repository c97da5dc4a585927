//! An order is paid after one POST, whatever fails: real processes, real servers, real faults.
//!
//! No test sends a postback again, unless resends are its subject.
#![forbid(unsafe_code)]

mod books;
mod crash;
mod faults;
mod fleet;
mod flood;
mod load;
mod migrate;
mod place;
mod proxy;
mod random;
mod receiver;
mod retention;
mod retry;
mod sender;
mod slow;
mod stop;
mod store_first;
mod trace;

use std::{error::Error, time::Duration};

use tokio::time;

type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Asks again until the condition holds, for as long as no healthy machine needs.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> TestResult<bool>) -> TestResult {
    let wait = async {
        while !holds().await? {
            // Neither a store nor a log sends a signal.
            time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    match time::timeout(HANG, wait).await {
        Ok(result) => result,
        Err(_) => Err(format!("never: {what}").into()),
    }
}

/// Far longer than anything here takes.
const HANG: Duration = Duration::from_secs(120);
