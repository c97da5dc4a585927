//! A store breaks while payments come in.

mod cuts;
mod flood;
mod postgres;
mod redis;
mod sqlite;

use std::time::Duration;

use durability::{Framework, Mode, Options};

use crate::{
    TestResult,
    place::{Kind, Place},
    proxy::Proxy,
    receiver::Receiver,
    sender::{Response, Sender, postback},
};

/// A receiver with a proxy between it and its store.
struct Stand {
    place: Place,
    proxy: Proxy,
    receiver: Receiver,
    sender: Sender,
}

impl Stand {
    /// Starts with one payment, so that connections are open and statements prepared.
    async fn start(
        kind: Kind,
        mode: Mode,
        framework: Framework,
    ) -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let Some(place) = Place::new(kind, mode).await? else {
            return Ok(None);
        };
        let proxy = Proxy::start(place.port).await?;
        let mut options = options(&place, framework);
        let (own, other) = (format!(":{}/", place.port), format!(":{}/", proxy.port));
        options.store = options.store.replace(&own, &other);
        let stand = Self {
            receiver: Receiver::start(&options).await?,
            place,
            proxy,
            sender: Sender::new()?,
        };
        stand.send_until_paid("WARM").await;
        Ok(Some(stand))
    }

    async fn send(&self, invoice: &str) -> Response {
        self.sender
            .send(self.receiver.url(), &postback(invoice, 0))
            .await
    }

    async fn send_until_paid(&self, invoice: &str) {
        let urls = [self.receiver.url().to_owned()];
        self.sender
            .send_until_paid(&urls, &postback(invoice, 1))
            .await;
    }

    async fn effects(&self, invoice: &str) -> usize {
        let effects = self.place.ledger.effects().await.expect("the ledger");
        effects.get(invoice).map_or(0, Vec::len)
    }

    /// Asserts that a broken store means no 200 and no effect, and after the repair exactly one effect.
    async fn pays_only_after(&self, repair: impl AsyncFnOnce() -> TestResult) -> TestResult {
        for invoice in ["BROKEN1", "BROKEN2", "BROKEN3"] {
            assert_eq!(self.send(invoice).await, Response::Later, "{invoice}");
        }
        repair().await?;
        for invoice in ["BROKEN1", "BROKEN2", "BROKEN3"] {
            assert_eq!(self.effects(invoice).await, 0, "{invoice}");
            self.send_until_paid(invoice).await;
            assert_eq!(self.effects(invoice).await, 1, "{invoice}");
        }
        Ok(())
    }
}

/// A short lease, because it has to end if a reply of the store was lost.
fn options(place: &Place, framework: Framework) -> Options {
    Options {
        lease: Duration::from_secs(2),
        timeout: Duration::from_secs(1),
        ..place.options(framework)
    }
}
