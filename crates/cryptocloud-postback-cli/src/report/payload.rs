use cryptocloud_postback::{Amount, InvoiceInfo, OffsetDateTime, Postback};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

/// The fields of a postback. Amounts are strings in JSON, so that no reader turns them into floats.
///
/// The token signs only the invoice.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Payload {
    pub(crate) format: String,
    pub(crate) status: String,
    pub(crate) invoice_id: String,
    pub(crate) amount_crypto: Amount,
    pub(crate) currency: String,
    pub(crate) order_id: Option<String>,
    pub(crate) invoice_info: Option<Info>,
    /// Why `invoice_info` could not be read; that alone never refuses a postback.
    pub(crate) invoice_info_error: Option<String>,
}

/// The fields of `invoice_info` that matter to a merchant.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Info {
    pub(crate) status: Option<String>,
    pub(crate) invoice_status: Option<String>,
    pub(crate) test_mode: Option<bool>,
    pub(crate) created: Option<String>,
    pub(crate) date_finished: Option<String>,
    pub(crate) expiry_date: Option<String>,
    pub(crate) amount: Option<Amount>,
    pub(crate) amount_usd: Option<Amount>,
    pub(crate) amount_in_fiat: Option<Amount>,
    pub(crate) amount_paid: Option<Amount>,
    pub(crate) amount_paid_usd: Option<Amount>,
    pub(crate) fee: Option<Amount>,
    pub(crate) service_fee: Option<Amount>,
    pub(crate) received: Option<Amount>,
    pub(crate) received_usd: Option<Amount>,
    pub(crate) to_surcharge: Option<Amount>,
    pub(crate) address: Option<String>,
    pub(crate) network: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) tx_list: Option<Vec<String>>,
}

impl Payload {
    pub(crate) fn of(postback: &Postback) -> Self {
        let (info, error) = match postback.invoice_info() {
            Ok(info) => (info.map(Info::from), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            format: postback.format().to_string(),
            status: postback.status.to_string(),
            invoice_id: postback.invoice_id.to_string(),
            amount_crypto: postback.amount_crypto,
            currency: postback.currency.to_string(),
            order_id: postback.order_id.as_deref().map(Into::into),
            invoice_info: info,
            invoice_info_error: error.map(|error| format!("{:#}", anyhow::Error::new(error))),
        }
    }
}

impl From<InvoiceInfo> for Info {
    fn from(info: InvoiceInfo) -> Self {
        Self {
            status: info.status.map(|status| status.to_string()),
            invoice_status: info.invoice_status.map(|status| status.to_string()),
            test_mode: info.test_mode,
            created: info.created.and_then(timestamp),
            date_finished: info.date_finished.and_then(timestamp),
            expiry_date: info.expiry_date.and_then(timestamp),
            amount: info.amount,
            amount_usd: info.amount_usd,
            amount_in_fiat: info.amount_in_fiat,
            amount_paid: info.amount_paid,
            amount_paid_usd: info.amount_paid_usd,
            fee: info.fee,
            service_fee: info.service_fee,
            received: info.received,
            received_usd: info.received_usd,
            to_surcharge: info.to_surcharge,
            address: info.address,
            network: info
                .currency
                .and_then(|currency| currency.network)
                .and_then(|network| network.fullname.or(network.code)),
            project: info.project.and_then(|project| project.name),
            tx_list: info.tx_list,
        }
    }
}

fn timestamp(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}
