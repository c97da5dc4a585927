use std::{env, error::Error, fmt, num::NonZero, time::Duration};

use async_trait::async_trait;
use cryptocloud_postback_api::{Api, ApiKey, BaseUrl, OpenInvoices};
use cryptocloud_postback_axum::core::InvoiceId;
use sqlx::SqlitePool;

/// The vendor's API, with which the shop creates invoices and asks whether they are paid.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// With the API KEY of the project.
    pub api: Api,
    /// The time between two looks for payments whose postback never came.
    pub interval: Duration,
    /// The id of the project.
    pub shop_id: String,
}

impl Vendor {
    /// Reads the settings. Returns `None` if there is no API KEY.
    ///
    /// # Errors
    ///
    /// Returns an error that names the setting if one is missing or malformed.
    pub fn from_env() -> Result<Option<Self>, Box<dyn Error>> {
        let Some(key) = setting("CRYPTOCLOUD_API_KEY", ApiKey::new)? else {
            return Ok(None);
        };
        let url = setting("CRYPTOCLOUD_API_URL", |url| BaseUrl::parse(&url))?;
        let url = url.ok_or("set CRYPTOCLOUD_API_URL, such as to https://api.trybit.com")?;
        let shop_id = setting("CRYPTOCLOUD_SHOP_ID", |id| match id.trim() {
            "" => Err("it is empty"),
            _ => Ok(id),
        })?;
        let seconds = setting("RECONCILE_SECONDS", |text| text.parse::<NonZero<u32>>())?;
        Ok(Some(Self {
            api: Api::builder(key, url).build()?,
            interval: Duration::from_secs(seconds.map_or(300, |seconds| seconds.get().into())),
            shop_id: shop_id.ok_or("set CRYPTOCLOUD_SHOP_ID to the id of your project")?,
        }))
    }
}

/// An error names the setting, and never holds its value.
fn setting<T, E: fmt::Display>(
    name: &str,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Result<Option<T>, String> {
    let Some(value) = env::var_os(name) else {
        return Ok(None);
    };
    let value = value
        .into_string()
        .map_err(|_| format!("{name}: not UTF-8"))?;
    let parsed = parse(value).map_err(|error| format!("{name}: {error}"))?;
    Ok(Some(parsed))
}

/// The invoices of unpaid orders. An invoice can be paid for far less than 30 days.
#[derive(Debug)]
pub(crate) struct Unpaid(pub(crate) SqlitePool);

#[async_trait]
impl OpenInvoices for Unpaid {
    async fn open_invoices(&self) -> Result<Vec<InvoiceId>, Box<dyn Error + Send + Sync>> {
        let sql = "SELECT invoice_id FROM orders WHERE paid_by IS NULL AND invoice_id IS NOT NULL \
                   AND created_at > strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days')";
        let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.0).await?;
        Ok(ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?)
    }
}
