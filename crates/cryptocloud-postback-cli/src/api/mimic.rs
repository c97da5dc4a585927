use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::bail;

use super::{Args, calls::looks_like_api_key, fault::Fault, invoice::Invoice};
use crate::{
    client::Client,
    secret::{self, Secret},
};

/// The state that all requests share.
pub(super) struct Mimic {
    pub(super) fault: Mutex<Option<Fault>>,
    /// By id, and so in no order that means anything, as the vendor promises none.
    invoices: Mutex<BTreeMap<String, Invoice>>,
    /// The only API KEY that is accepted, if there is one.
    pub(super) key: Option<Secret>,
    pub(super) origin: String,
    pub(super) shop: Option<Shop>,
}

/// Where postbacks are sent, and what signs them.
pub(super) struct Shop {
    pub(super) client: Client,
    pub(super) secret: Secret,
}

impl Mimic {
    pub(super) fn new(origin: String, args: Args) -> anyhow::Result<Self> {
        let shop = match args.postback_url {
            Some(url) => Some(Shop {
                client: Client::new(url, TIMEOUT)?,
                secret: args.secret.signing()?,
            }),
            None => None,
        };
        let key = secret::api_key()?;
        if key
            .as_ref()
            .is_some_and(|key| !looks_like_api_key(key.as_str()))
        {
            bail!(
                "CRYPTOCLOUD_API_KEY is not an API KEY, which is a JWT: three parts with dots between"
            );
        }
        Ok(Self {
            fault: Mutex::new(args.fault),
            invoices: Mutex::default(),
            key,
            origin,
            shop,
        })
    }

    pub(super) fn invoices(&self) -> MutexGuard<'_, BTreeMap<String, Invoice>> {
        // No panic leaves the map inconsistent, so poisoning is ignored.
        self.invoices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const TIMEOUT: Duration = Duration::from_secs(10);
