//! The API KEY is in no Debug, no error and no log, not even at TRACE.

use std::{
    error::Error,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use cryptocloud_postback_api::{ApiKey, NewInvoice};
use cryptocloud_postback_mimic::{Fault, KEY, Mimic};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::{TestResult, api, builder, id, ids, invoice};

/// The log of this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(log.clone())
            .finish();
        // hyper and reqwest log by `log`, if they do.
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().expect("a lock");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// No part of the key that would be of use.
#[track_caller]
fn is_secret(text: &str) {
    for part in KEY.split('.') {
        assert!(!text.contains(part), "the key is in: {text}");
    }
}

#[tokio::test]
async fn the_key_is_nowhere() -> TestResult {
    let (log, guard) = Log::start();
    let server = Mimic::start().await?;
    server.add(invoice("A", "paid"));
    let api = api(&server);
    is_secret(&format!(
        "{:?} {api:?} {:?}",
        ApiKey::new(KEY)?,
        builder(&server)
    ));
    let echo = format!(
        r#"{{"status":"error","result":{{"validate_error":{{"amount":"{KEY}","{KEY}":"amount"}}}}}}"#
    );
    for fault in [
        Fault::status(500),
        Fault::status(401),
        Fault::Cut,
        Fault::respond(200, "<h1>Welcome</h1>"),
        Fault::respond(400, echo),
        Fault::status(308).header("location", &format!("{}/{KEY}", server.url())),
        Fault::respond(200, format!(r#"{{"status":"{KEY}"}}"#)),
        Fault::respond(200, format!(r#"{{"status":"success","result":"{KEY}"}}"#)),
    ] {
        server.fail_always(fault);
        let new = NewInvoice::new("shop", "1".parse()?);
        let errors = [
            api.create_invoice(&new).await.err(),
            api.invoices(&ids(["A"])).await.err(),
            api.cancel(&id("A")).await.err(),
        ];
        for error in errors.into_iter().flatten() {
            is_secret(&format!("{error} {error:?} {error:#?}"));
            let mut cause = error.source();
            while let Some(error) = cause {
                is_secret(&format!("{error} {error:?}"));
                cause = error.source();
            }
        }
    }
    server.recover();
    server.fail([Fault::status(500)]);
    api.invoices(&ids(["A"])).await?;
    server.fail_always(Fault::Slow(Duration::MAX));
    let impatient = builder(&server)
        .response_timeout(Duration::from_nanos(1))
        .build()?;
    let error = impatient.invoices(&ids(["A"])).await.unwrap_err();
    is_secret(&format!("{error:?}"));
    drop(guard);
    let log = log.text();
    assert!(log.contains("trying the API again"), "{log}");
    is_secret(&log);
    Ok(())
}
