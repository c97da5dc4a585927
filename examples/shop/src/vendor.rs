use std::{num::NonZero, sync::Arc, time::Duration};

use cryptocloud_postback_api::{
    Api, ApiError, ApiKey, BaseUrl, Invoice, InvoiceSource, NewInvoice,
};

use crate::{NewOrder, settings::setting};

/// Whom the inbox of a project asks whether invoices are paid.
#[derive(Clone, Debug)]
pub struct Source {
    /// The vendor's API, with the API KEY of the project.
    pub api: Arc<dyn InvoiceSource>,
    /// The time between two looks for payments whose postback never came.
    pub interval: Duration,
}

/// The vendor's API, with which the shop creates invoices.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// With the API KEY of the project.
    pub api: Api,
    /// The id of the project.
    pub shop_id: String,
}

impl Vendor {
    /// Reads the settings. Returns `None` if there is no API KEY.
    pub(crate) fn from_env() -> Result<Option<Self>, String> {
        let Some(key) = setting("CRYPTOCLOUD_API_KEY", ApiKey::new)? else {
            return Ok(None);
        };
        let url = setting("CRYPTOCLOUD_API_URL", |url| BaseUrl::parse(&url))?;
        let url = url.ok_or("set CRYPTOCLOUD_API_URL, such as to https://api.trybit.com")?;
        let shop_id = setting("CRYPTOCLOUD_SHOP_ID", |id| match id.trim() {
            "" => Err("it is empty"),
            _ => Ok(id),
        })?;
        Ok(Some(Self {
            api: Api::builder(key, url)
                .build()
                .map_err(|error| error.to_string())?,
            shop_id: shop_id.ok_or("set CRYPTOCLOUD_SHOP_ID to the id of your project")?,
        }))
    }

    /// Creates the invoice of an order.
    ///
    /// # Errors
    ///
    /// Returns an error if the call of the API fails.
    pub async fn create_invoice(&self, order: &NewOrder) -> Result<Invoice, ApiError> {
        let invoice = NewInvoice::new(&*self.shop_id, order.amount)
            .currency(order.currency.as_str())
            .order_id(&*order.id);
        self.api.create_invoice(&invoice).await
    }
}

/// How often a shop with an API KEY looks for payments without a postback.
pub(crate) fn interval() -> Result<Duration, String> {
    let seconds = setting("RECONCILE_SECONDS", |text| {
        let seconds = text.parse::<NonZero<u32>>();
        seconds.map_err(|_| "not a whole number of seconds from 1 on, such as 300")
    })?;
    let seconds = seconds.map_or(300, NonZero::get);
    Ok(Duration::from_secs(seconds.into()))
}
