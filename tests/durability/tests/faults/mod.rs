//! A store breaks while payments come in.

mod cuts;
mod disk;
mod outage;
mod servers;

use std::time::Duration;

use durability::{Framework, Options};

use crate::{
    TestResult,
    place::{Kind, Place},
    proxy::Proxy,
    receiver::Receiver,
};

/// A receiver with a proxy between it and its store, and a worker that has none.
pub(crate) struct Stand {
    pub(crate) place: Place,
    pub(crate) proxy: Proxy,
    /// It has no workers, so that nothing but postbacks causes its messages.
    pub(crate) receiver: Receiver,
    /// It handles what the other one leaves behind.
    pub(crate) worker: Receiver,
}

impl Stand {
    pub(crate) async fn start(kind: Kind, framework: Framework) -> TestResult<Option<Self>> {
        let Some(place) = Place::new(kind).await? else {
            return Ok(None);
        };
        let proxy = Proxy::start(place.server.port()).await?;
        let (own, other) = (
            format!(":{}/", place.server.port()),
            format!(":{}/", proxy.port),
        );
        let options = Options {
            // It has to end if a reply of the store was lost.
            lease: Duration::from_secs(3),
            ..place.options(framework)
        };
        let worker = Options {
            name: "worker".to_owned(),
            ..options.clone()
        };
        let options = Options {
            store: options.store.replace(&own, &other),
            workers: 0,
            ..options
        };
        Ok(Some(Self {
            receiver: place.start(&options).await?,
            worker: place.start(&worker).await?,
            place,
            proxy,
        }))
    }
}
