//! An inbox that is used from another runtime than the one it was built on, as by actix-web.

use std::{sync::Arc, thread, time::Duration};

use cryptocloud_postback::Verified;
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment, State};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
};

use crate::{Result, Shop, log::Log, postback, record};

/// Waits in the middle of a payment.
#[derive(Clone, Default)]
struct Gate {
    go_on: Arc<Notify>,
    started: Arc<Notify>,
}

impl Handler<()> for Gate {
    async fn handle(&self, _: &Payment, _: &mut ()) -> std::result::Result<(), Failure> {
        self.started.notify_one();
        self.go_on.notified().await;
        Ok(())
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
}

/// Receives on a runtime of its own, which ends before the handler does.
fn receive_and_end(inbox: Inbox, postback: Verified, gate: Gate) {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        tokio::select! {
            response = inbox.receive(&postback) => panic!("{response:?} came too early"),
            () = gate.started.notified() => (),
        }
    });
}

#[test]
fn work_goes_on_when_the_caller_s_runtime_ends() -> Result {
    let (gate, main) = (Gate::default(), runtime()?);
    let build = async { Inbox::builder("shop", MemoryStore::new(10), gate.clone()).build() };
    let inbox = main.block_on(build)?;
    let (caller, postback) = (inbox.clone(), postback("A", "ORDER_1")?);
    let worker = gate.clone();
    let worker = thread::spawn(move || receive_and_end(caller, postback, worker));
    assert!(worker.join().is_ok());
    gate.go_on.notify_one();
    let record = main.block_on(async {
        inbox.drain(Duration::from_secs(60)).await;
        record(&inbox, "A").await
    })?;
    assert_eq!(record.state, State::Done);
    Ok(())
}

#[test]
fn a_postback_after_the_end_of_the_runtime_is_in_the_log() -> Result {
    let (log, _guard) = Log::install();
    let (shop, main) = (Shop::default(), runtime()?);
    let inbox = main.block_on(async { shop.builder().build() })?;
    drop(main);
    let postback = postback("A", "ORDER_1")?;
    let response = runtime()?.block_on(inbox.receive(&postback));
    assert_eq!(response.status(), 503);
    assert_eq!(shop.started(), 0);
    assert_eq!(log.lost()?.0.invoice_id().as_str(), "A");
    Ok(())
}
