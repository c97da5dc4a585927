use cryptocloud_postback::{Amount, InvoiceInfo, OffsetDateTime, Postback};
use serde::Serialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

/// The fields of a postback. Amounts are strings in JSON, so that no reader turns them into floats.
///
/// The token signs only the invoice.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Payload {
    pub(crate) format: String,
    pub(crate) status: String,
    pub(crate) invoice_id: String,
    pub(crate) amount_crypto: Option<Amount>,
    pub(crate) currency: Option<String>,
    pub(crate) order_id: Option<String>,
    /// The fields that matter to a merchant.
    pub(crate) invoice_info: Option<Value>,
    /// What is odd about `invoice_info`; it never refuses a postback.
    pub(crate) notes: Vec<String>,
}

impl Payload {
    pub(crate) fn of(postback: &Postback) -> Self {
        let info = postback.invoice_info();
        let uuid = "invoice_info.uuid names another invoice";
        let uuid = postback.uuid_differs().then(|| uuid.to_owned());
        let faults = info.as_ref().map(InvoiceInfo::faults).unwrap_or_default();
        let faults = faults.iter().map(|name| match *name {
            "invoice_info" => "invoice_info is not an object".to_owned(),
            name => format!("invoice_info.{name} cannot be read"),
        });
        Self {
            format: postback.format().to_string(),
            status: postback.status.to_string(),
            invoice_id: postback.invoice_id.to_string(),
            amount_crypto: postback.amount_crypto,
            currency: postback.currency.as_ref().map(ToString::to_string),
            order_id: postback.order_id.as_deref().map(Into::into),
            notes: uuid.into_iter().chain(faults).collect(),
            invoice_info: info.map(fields),
        }
    }
}

fn fields(info: InvoiceInfo) -> Value {
    let network = info.currency.and_then(|currency| currency.network);
    json!({
        "address": info.address,
        "amount": info.amount,
        "amount_in_fiat": info.amount_in_fiat,
        "amount_paid": info.amount_paid,
        "amount_paid_usd": info.amount_paid_usd,
        "amount_usd": info.amount_usd,
        "created": info.created.and_then(timestamp),
        "date_finished": info.date_finished.and_then(timestamp),
        "expiry_date": info.expiry_date.and_then(timestamp),
        "fee": info.fee,
        "fiat_currency": info.fiat_currency,
        "invoice_status": info.invoice_status.map(|status| status.to_string()),
        "network": network.and_then(|network| network.fullname.or(network.code)),
        "project": info.project.and_then(|project| project.name),
        "received": info.received,
        "received_usd": info.received_usd,
        "service_fee": info.service_fee,
        "status": info.status.map(|status| status.to_string()),
        "test_mode": info.test_mode,
        "to_surcharge": info.to_surcharge,
        "tx_list": info.tx_list,
    })
}

fn timestamp(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}
